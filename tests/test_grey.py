"""A grey network as a learner trains it, from the file through all six steps."""

import warnings

import keras
import numpy as np
import pytest
from digits import NAMES, SIDE, digits, trained
from independent import reading, reverse_by_tape, worst
from PIL import Image

import zv_helpers as zv
from zv_helpers import course, explorers
from zv_helpers.__main__ import main
from zv_helpers.course.step1 import figures as step1
from zv_helpers.course.step6 import checks as step6
from zv_helpers.deconvnet import RULES
from zv_helpers.draw import strips
from zv_helpers.draw.signals import signal_picture
from zv_helpers.explorers import chooser, heats, overlay, relevance, steps
from zv_helpers.explorers.neuron_picture import side_of
from zv_helpers.heatmaps import METHODS, coldest_place, occlusion
from zv_helpers.network.weights import first_filters
from zv_helpers.trust import hidden, pixel_order


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    """The network's file, as `model.save` writes it, and its classes' names beside it."""
    path = tmp_path_factory.mktemp("networks") / "mine.keras"
    trained().save(path)
    path.with_suffix(".txt").write_text("\n".join(NAMES), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def network(file):
    return zv.load_model(file)


@pytest.fixture(scope="module")
def three():
    """A three that the network has not seen: uint8 (28, 28)."""
    pictures, labels = digits(40, seed=1)
    return pictures[np.argmax(labels == 3)][..., 0]


@pytest.fixture(scope="module")
def features(network, three):
    return zv.extract_features(network, zv.load_image(three, network))


@pytest.fixture(scope="module")
def photograph(network):
    """What it makes of a colour photograph."""
    return zv.extract_features(network, zv.load_image("tabby_cat", network))


def is_grey(picture):
    """Whether a picture is RGB and its channels are equal, but for a JPEG's rounding."""
    picture = np.asarray(picture).astype(int)
    assert picture.ndim == 3 and picture.shape[2] == 3, picture.shape
    return np.ptp(picture, axis=2).max() <= 2


# ---- step 2


def test_the_network_has_learnt_its_digits(network):
    pictures, labels = digits(60, seed=2)
    said = [
        zv.extract_features(network, zv.load_image(one, network)).top_classes(1)[0][1]
        for one in pictures
    ]
    assert np.mean([one == NAMES[label] for one, label in zip(said, labels, strict=True)]) > 0.8


def test_an_array_of_the_networks_size_passes_bit_for_bit(network, three):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for source in (three, three[..., None], three[None, ..., None], Image.fromarray(three)):
            image = zv.load_image(source, network)
            np.testing.assert_array_equal(image.pixels, three[..., None])
            np.testing.assert_array_equal(image.batch, three[None, ..., None].astype(np.float32))
            assert image.notes == ("already 28x28, so used unresampled",)
            np.testing.assert_array_equal(image.rgb, np.stack([three] * 3, axis=2))
            assert image.original.shape == (SIDE, SIDE, 3)


def test_a_photograph_is_pillows_grey(network, photograph):
    image = photograph.image
    assert image.pixels.shape == (SIDE, SIDE, 1) and image.batch.shape == (1, SIDE, SIDE, 1)
    assert image.notes[0] == "from RGB to grey" and is_grey(image.rgb)
    assert not is_grey(image.original)
    picture = Image.open(zv.photographs()["tabby_cat"]).convert("L").crop((75, 0, 375, 300))
    expected = picture.resize((SIDE, SIDE), Image.Resampling.LANCZOS, reducing_gap=3.0)
    np.testing.assert_array_equal(image.pixels[..., 0], expected)
    bars = zv.load_image("tabby_cat", network, "letterbox").pixels[:4]
    assert bars.shape == (4, SIDE, 1) and (bars == 128).all()


def test_colours_become_grey_by_their_lightness(network):
    for colour, grey in (((255, 0, 0), 76), ((0, 255, 0), 150), ((0, 0, 255), 29)):
        image = zv.load_image(np.full((SIDE, SIDE, 3), colour, np.uint8), network)
        assert (image.pixels == grey).all()


def test_what_the_network_reads_is_read_only_and_refused_elsewhere(network, features, squeezenet):
    with pytest.raises(ValueError, match="read-only"):
        features.image.pixels[0] = 0
    with pytest.raises(ValueError):
        zv.extract_features(squeezenet, features.image)


# ---- step 4


@pytest.mark.parametrize("rule", RULES)
def test_every_rule_agrees_with_automatic_differentiation(features, rule, monkeypatch):
    model = features.network.keras_model
    probe = reading(model, ["edges", "parts", None])
    neurons = [features.strongest(layer) for layer in ("edges", "parts")]
    picks = [(i, (one.row, one.column, one.channel)) for i, one in enumerate(neurons)]
    target = features.target("three")
    monkeypatch.setattr(model.layers[-1], "activation", keras.activations.linear)
    theirs = reverse_by_tape(probe, features.image.batch, [*picks, (2, (3,))], rule)
    starts = [*(one.activation for one in neurons), 1.0]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", zv.ProjectionWarning)
        ours = zv.project(features, [*neurons, target], rule)
    for projection, expected, start in zip(ours, theirs, starts, strict=True):
        assert projection.pixels.shape[2] == 1 and projection.pixels.dtype == np.float32
        assert worst(projection.on_canvas(), start * expected) < 1e-5
        assert is_grey(projection.picture())
        assert is_grey(zv.signal_picture(projection.on_canvas()))


def test_a_signal_of_one_channel_is_drawn_as_the_same_in_three():
    signal = np.random.default_rng(0).normal(size=(5, 6, 1))
    np.testing.assert_array_equal(signal_picture(signal), signal_picture(signal.repeat(3, axis=2)))
    nothing = signal_picture(np.zeros((2, 2, 1)))
    assert nothing.shape == (2, 2, 3) and (nothing == 128).all()


def test_the_relevance_of_the_three_is_that_of_its_gradient(features):
    scores = zv.relevance_scores(features, "three", "parts")
    assert scores.shape == (32,) and np.abs(scores).max() > 0


# ---- steps 5 and 6


@pytest.mark.parametrize("method", METHODS)
def test_every_heatmap_lies_over_the_grey_digit(features, method):
    heat = zv.heatmap(features, "three", method=method)
    assert heat.shape == (SIDE, SIDE) and heat.max() == 1
    laid = zv.overlay(features.image, heat, contour=0.5)
    assert laid.shape == (SIDE, SIDE, 3) and laid.dtype == np.uint8
    assert not is_grey(laid) and is_grey(zv.overlay(features.image, heat, alpha=0))
    np.testing.assert_array_equal(zv.overlay(features.image.pixels, heat, contour=0.5), laid)


def test_a_square_and_deletion_leave_one_channel(network, features):
    heat = zv.heatmap(features, "three", method="occlusion")
    covered = hidden(features.image.pixels, pixel_order(heat), 0.1)
    assert covered.shape == (SIDE, SIDE, 1) and (covered == 128).sum() >= round(0.1 * SIDE**2)
    less = zv.extract_features(network, zv.load_image(covered, network)).probabilities[3]
    assert less < features.probabilities[3]


def test_the_place_of_the_square_is_checked_at_this_size_too(features):
    target = features.target("three")
    _, grid = occlusion(features, target)
    place = coldest_place(grid, 7, 3, (SIDE, SIDE))
    assert step6.check_place(features, target, place).startswith("Right")


# ---- what draws


def test_the_figures_show_grey_as_grey(network, features):
    figure, axes = course.panels(2)
    shown = course.picture(axes[0], features.image.pixels).images[0].get_array()
    np.testing.assert_array_equal(shown, features.image.rgb)
    course.signal(axes[1], zv.project(features, features.strongest("parts")).on_canvas())
    assert is_grey(axes[1].images[0].get_array())
    filters = first_filters(network)
    assert filters.shape == (16, 3, 3, 1) and is_grey(step1.mosaic(filters))


def first_panel(picture, side, more=0):
    """The picture in the first panel of a strip, `more` wider than high: uint8 (side, side, 3)."""
    left, top, right, bottom = strips.rectangle(0, (SIDE, SIDE), side + more, side)
    return np.asarray(picture.convert("RGB"))[top:bottom, left:right]


@pytest.mark.parametrize("source", ["digit", "tabby_cat"])
def test_every_explorer_shows_the_pixels_grey_and_square(features, photograph, source):
    seen = features if source == "digit" else photograph
    last = seen.strongest("parts")
    made = [
        (explorers.relevance_explorer(seen), relevance.SIDE),
        (explorers.heatmap_explorer(seen, method="occlusion"), heats.SIDE),
        (explorers.overlay_explorer(seen, contour=0.5), overlay.SIDES[0]),
        (explorers.step_explorer(seen, last), steps.SIDE),
        (explorers.neuron_explorer(seen), strips.PANEL),
        (forward := explorers.neuron_explorer(seen, panels="forward"), side_of(forward.view)),
        (explorers.move_explorer(seen), strips.PANEL),
        (explorers.hide_explorer(seen, size=0), strips.PANEL),
    ]
    for place, (explorer, side) in enumerate(made):
        wider = 0 if place else relevance.WIDER
        shown = first_panel(explorer.render(explorer.view), side, wider)
        same = (shown == strips.enlarged(seen.image.rgb, side, side)).all(axis=2)
        assert same.all() if place < 3 else same.mean() > 0.85  # but for the frame
    stepping = made[3][0]
    stepping.show(step=stepping.view.last)
    assert stepping.view.moment.pixels.shape == (8, 8, 1)
    drawn = np.asarray(stepping.render(stepping.view))
    left, top, right, bottom = strips.rectangle(2, (8, 8), steps.SIDE, steps.SIDE)
    assert is_grey(drawn[top:bottom, left:right])


def test_the_chooser_says_grey(features, photograph):
    side = chooser.SIDE
    for seen in (features, photograph):
        chosen = explorers.photograph_chooser(seen.network, seen.image)
        drawn = np.asarray(chosen.render(chosen.view))
        left, top, right, bottom = strips.rectangle(1, (SIDE, SIDE), side, side)
        same = drawn[top:bottom, left:right] == strips.enlarged(seen.image.rgb, side, side)
        assert same.all()
    assert "from RGB to grey" in chosen.text


def test_the_terminal_writes_a_grey_sheet(file, three, tmp_path, capsys, monkeypatch):
    path = tmp_path / "three.png"
    Image.fromarray(three).save(path)
    monkeypatch.chdir(tmp_path)
    assert main([str(path), "--model", str(file)]) == 0
    said = capsys.readouterr().out
    assert "mine takes 28 × 28 pixels in grey" in said and "three_mine.png" in said
    shown = first_panel(Image.open(tmp_path / "results" / "three_mine.png"), 300)
    expected = strips.enlarged(np.stack([three] * 3, axis=2), 300, 300)
    assert (shown == expected).all(axis=2).mean() > 0.85  # but for the frame
