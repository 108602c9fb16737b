"""What takes seconds says how far it is, and ends when it is cancelled or outdated."""

import pytest
from looking import at_rest, complaint, unescaped, until

import zv_helpers as zv
from zv_helpers.explorers import atlas_explorer, heatmap_explorer, overlay_explorer


@pytest.fixture(scope="module")
def features():
    """Of a small input: its occlusion takes a second or two, in five batches."""
    network = zv.load_model("vgg16-conv", input_size=(96, 96))
    return zv.extract_features(network, zv.load_image("tabby_cat", network))


@pytest.fixture(params=[(heatmap_explorer, "Method"), (overlay_explorer, "Heatmap")])
def explorer(request, features):
    make, label = request.param
    explorer = make(features)
    explorer.method = explorer.controls[label]
    return explorer


def begun(explorer):
    until(lambda: explorer.cancel in explorer.said.children)
    assert "of 5, about" in unescaped(explorer) and 'max="5"' in explorer.line.value


def test_it_is_done_beside_and_says_how_far(explorer):
    explorer.method.value = "occlusion"
    assert explorer.view.state.method == "relevance"  # the callback did not wait
    begun(explorer)
    until(at_rest)
    assert explorer.view.state.method == "occlusion"
    assert explorer.said.children == (explorer.line,)
    assert "method occlusion" in explorer.text or "occlusion" in unescaped(explorer)


def test_cancelling_leaves_what_was_there(explorer):
    picture = explorer.picture.value
    explorer.method.value = "occlusion"
    begun(explorer)
    explorer.cancel.click()
    until(at_rest, 10)
    assert "Not done:</b> Cancelled; the picture is the one from before." in complaint(explorer)
    assert explorer.method.value == "relevance" and explorer.picture.value == picture
    assert explorer.said.children == (explorer.line,)
    explorer.method.value = "gradcam"  # and it goes on to work
    assert explorer.view.state.method == "gradcam"


def test_something_newer_ends_it(explorer):
    explorer.method.value = "occlusion"
    begun(explorer)
    explorer.method.value = "gradcam"
    until(at_rest, 10)
    assert explorer.view.state.method == explorer.method.value == "gradcam"
    assert "Not done" not in unescaped(explorer)
    assert not explorer.context.kept or not any(
        "occlusion" in key[1] for key in explorer.context.kept
    )


def test_from_code_it_waits(explorer):
    explorer.show(method="occlusion")
    assert explorer.view.state.method == "occlusion" and at_rest()
    explorer.method.value = "relevance"
    explorer.method.value = "occlusion"  # at hand now
    assert explorer.view.state.method == "occlusion" and at_rest()


def test_a_projection_of_an_atlas_that_takes_long_is_cancelled(squeezenet):
    explorer = atlas_explorer(squeezenet, layer="fire5", channel=195)
    explorer.show()
    picture, rule, explorer.patience = explorer.picture.value, explorer.controls["Rule"], 0.05
    with squeezenet.lock:  # the first one waits for it
        rule.value = "guided"
        until(lambda: explorer.cancel in explorer.said.children, 10)
        explorer.cancel.click()
    until(at_rest, 10)
    assert "Not done:</b> Cancelled; the picture is the one from before." in complaint(explorer)
    assert rule.value == "deconvnet" and explorer.picture.value == picture
    assert explorer.said.children == (explorer.line,)


def test_who_waits_until_a_picture_is_there_does_not_write_over_its_text(explorer, monkeypatch):
    put = type(explorer)._put

    def put_while_somebody_waits(self, view, *about):
        put(self, view, *about)
        self._offer("Working out the picture …")

    monkeypatch.setattr(type(explorer), "_put", put_while_somebody_waits)
    explorer.method.value = "gradcam"
    until(at_rest)
    assert "Working" not in unescaped(explorer) and explorer.said.children == (explorer.line,)
    assert explorer.view.state.method == "gradcam"
