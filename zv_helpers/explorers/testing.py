"""The button "Test this picture": examined beside, and the answer appears under everything."""

import html
from collections.abc import Callable
from dataclasses import replace

import ipywidgets as widgets

from ..draw.strips import jpeg
from ..progress import Cancelled, watching
from ..trust.drawing import describe_scores, describe_verdict, draw_scores, draw_verdict
from ..trust.examining import examine
from ..trust.examining_scores import examine_scores
from .complaints import quietly
from .controls import Control
from .photographs import FeatureExplorer
from .picture import Picture

OUTDATED = 'Another picture is on show now: press "Test this picture" again to test it.'
NOT_PINNED = "Tested is the picture above, not the pinned one."
NOT_ASKED = (
    "It was not asked for another class: by occlusion this takes as long as the picture did, twice."
)

# fmt: off
TEST = Control(None, "Button", "Test this picture", "Hide what this heatmap calls hottest, and as "
               "much elsewhere, and ask for other classes: does it deserve belief?", 150, None,
               lambda explorer, _: explorer.test())
TEST_SCORES = replace(TEST, tip="Remove feature maps, one at a time: does the score fall in the "
                      "order of their relevance?")
# fmt: on


def heat_question(view):
    """Return what decides the answer to a heatmap's test."""
    state = view.state
    layer = None if view.without_layer else view.layer
    asked = view.target, layer, state.method, state.smoothing, state.threshold
    return view.context.features, *asked


def heat_verdict(view):
    """Examine the heatmap of a view. One by occlusion took long: it is not computed again."""
    features, target, layer, method, smoothing, threshold = heat_question(view)
    if method == "occlusion":
        return quietly(examine, features, target, heat=view.heat)
    how = {"smoothing": smoothing, "threshold": threshold}
    return quietly(examine, features, target, method, layer, **how)


def heat_words(view, verdict):
    """Say what was found of a heatmap, what weighs most first."""
    by_occlusion = view.state.method == "occlusion" and view.context.features.network.class_count
    return (*verdict.sentences, *((NOT_ASKED,) if by_occlusion else ()))


def score_question(view):
    """Return what decides the answer to the test of relevance scores."""
    return view.context.features, view.target, view.layer, view.state.rule


def score_verdict(view):
    """Examine the relevance scores of a view."""
    return quietly(examine_scores, *score_question(view))


def score_words(view, verdict):
    """Say what was found of relevance scores, what weighs most first."""
    return verdict.sentences


class TestedExplorer(FeatureExplorer):
    """An explorer whose picture can be tested. By default it shows a heatmap; a subclass with
    another picture names what is asked of it.

    Attributes:
        testing: the `Job` beside; verdict: what it found of the picture on show, or None.
        answer: the line under the explorer, an `ipywidgets.HTML`; evidence: the `Picture` under it.
        question(view): what decides the answer, compared with ==; examined(view): the verdict;
        words(view, verdict): its sentences; drawn(features, verdict, page) and
        described(features, verdict): its picture, and the numbers in it.
    """

    question: Callable = staticmethod(heat_question)
    examined: Callable = staticmethod(heat_verdict)
    words: Callable = staticmethod(heat_words)
    drawn: Callable = staticmethod(draw_verdict)
    described: Callable = staticmethod(describe_verdict)

    def __init__(self, features, state):
        super().__init__(features, state)
        self.verdict, self._asked = None, None
        self.testing = self.job(self._refused, "End the test of this picture")
        self.answer = widgets.HTML(layout=widgets.Layout(width="auto", margin="0 2px"))
        self.answer.add_class("zv-answer")
        self.evidence = Picture(kind="zv-evidence", layout=widgets.Layout(margin="2px"))
        self.under = widgets.VBox([self.answer], layout=widgets.Layout(width="100%"))
        self.arrange(self.picture, [self.testing.row], [self.under])

    def test(self):
        """Test what is on show. Once is enough: while it is tested, and as long as the answer is
        there, nothing is done again."""
        view = self.now()
        question = self.question(view)
        if self._asked == question:
            self.evidence.reveal += 1 if self.verdict else 0
            return
        self._clear()
        self._say(self.text)  # no error of before
        self._asked = question

        def work(tell):
            with watching(tell):
                verdict = self.examined(view)
            about = view.context.features, verdict
            return verdict, jpeg(self.drawn(*about, self.page)), self.described(*about)

        self.testing.start(
            "Testing this picture", "parts", work, lambda one: self._show(view, *one)
        )

    def found(self, view):
        """Return the sentences that were found of a view's picture; () if it was not tested."""
        tested = self.verdict is not None and self._asked == self.question(view)
        return self.words(view, self.verdict) if tested else ()

    def _show(self, view, verdict, picture, described):
        """Put the answer under the picture, if that is still the one that was tested."""
        with self._lock:
            if self._asked != self.question(view):
                return
            self.verdict, sentences = verdict, self.words(view, verdict)
            if getattr(view.state, "pin", None) is not None:
                sentences = *sentences, NOT_PINNED
            self.evidence.value, self.evidence.alt = picture, f"{described} {' '.join(sentences)}"
            self.under.children = self.answer, self.evidence
            self._answer(*sentences)
            self.evidence.reveal += 1

    def _answer(self, first="", *rest):
        """Write the answer, its first sentence bold; nothing for none."""
        text = " ".join([f"<b>{html.escape(first)}</b>", *map(html.escape, rest)])
        line = f'<div role="status" style="line-height:1.3">{text}</div>'
        self.answer.value = line if first else ""

    def _clear(self, said=""):
        self.verdict = self._asked = None
        self.under.children = (self.answer,)
        self._answer(said)

    def after_sync(self):
        """Let the answer go when another picture is shown, and end a test that nobody wants."""
        super().after_sync()
        if self._asked is None or self._asked == self.question(self.view):
            return
        self._clear(OUTDATED if self.testing.stop() else "")

    def repaint(self):
        """Draw what is shown once more, and the answer."""
        super().repaint()
        if self.verdict is not None:
            about = self.view.context.features, self.verdict, self.page
            self.evidence.value = jpeg(self.drawn(*about))

    def _refused(self, error):
        with self._drawing, self._lock:  # else what is drawn now would say something else at once
            self._clear()
            cancelled = isinstance(error, Cancelled)
            self._complain(Cancelled("Cancelled; nothing was tested.") if cancelled else error)
        self._draw_waiting()


class TestedScores(TestedExplorer):
    """An explorer whose relevance scores can be tested."""

    question, examined = staticmethod(score_question), staticmethod(score_verdict)
    words, drawn = staticmethod(score_words), staticmethod(draw_scores)
    described = staticmethod(describe_scores)
