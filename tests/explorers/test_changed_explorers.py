"""The explorers of changed photographs: what is hidden or moved is what the network then sees."""

import threading
from dataclasses import replace

import numpy as np
import pytest
from looking import captioned, click, complaint, pictured, shows, unescaped

import zv_helpers as zv
from zv_helpers import explorers
from zv_helpers.draw import strips
from zv_helpers.draw.colours import BLUE, GREY, rgb
from zv_helpers.experiments.moves import Move, moved, moved_image
from zv_helpers.experiments.moving import relative_distance
from zv_helpers.experiments.occluding import hidden_image
from zv_helpers.explorers import hiding, moves
from zv_helpers.explorers.hiding import HideState
from zv_helpers.explorers.moves import MoveState
from zv_helpers.explorers.shell import Context
from zv_helpers.heatmaps import occlude

# What is drawn, against a forward pass of the same pixels


@pytest.mark.parametrize(
    "module, state, change",
    [
        (
            moves,
            MoveState(Move(10, 1.2, 35)),
            lambda cat: moved_image(cat.image, Move(10, 1.2, 35)),
        ),
        (
            moves,
            MoveState(Move(angle=40), "mirror", "fire5", 241),
            lambda cat: moved_image(cat.image, Move(angle=40), "mirror"),
        ),
        (hiding, HideState(40, 50, 56), lambda cat: hidden_image(cat.image, 40, 50, 56)),
        (hiding, HideState(0, 0, 0, "fire5", 7), lambda cat: cat.image),
    ],
)
def test_what_is_shown_is_what_the_network_then_sees(cat, context, module, state, change):
    view, image = module.resolve(context, state), change(cat)
    again, seen = zv.extract_features(cat.network, image), view.seen
    layer, channel = view.layer, seen.now.channel
    assert np.array_equal(seen.pixels, image.pixels)
    if state.layer is None:
        assert (layer, channel) == ("fire9", cat.strongest("fire9").channel)
    else:
        assert (layer, channel) == (state.layer, state.channel)
    np.testing.assert_allclose(seen.maps, again[layer][..., channel], rtol=1e-4, atol=1e-3)
    assert (seen.now.row, seen.now.column) == (
        again.strongest(layer, channel).row,
        again.strongest(layer, channel).column,
    )
    assert seen.before == cat.strongest(layer, channel)
    assert seen.totals[0] == pytest.approx(cat[layer][..., channel].sum(), rel=1e-5)
    assert seen.totals[1] == pytest.approx(again[layer][..., channel].sum(), rel=1e-4)
    expected = zv.project(again, again.strongest(layer, channel))
    assert seen.box == seen.projection.box == expected.box
    np.testing.assert_allclose(seen.projection.pixels, expected.pixels, rtol=1e-3, atol=1e-2)
    for (name, before, now), (index, called, share) in zip(
        seen.values, cat.top_classes(4), strict=False
    ):
        assert (name, before) == (called, pytest.approx(share))
        assert now == pytest.approx(again.probabilities[index], abs=1e-5)
    assert max(seen.values, key=lambda one: one[2])[0] == again.top_classes(1)[0][1]
    assert seen.distance == pytest.approx(relative_distance(cat, again, layer), abs=1e-4)


def test_a_class_that_is_new_at_the_top_joins_the_others(cat, context):
    still = moves.resolve(context, MoveState()).seen
    assert len(still.values) == 4
    for angle in range(0, 360, 60):
        seen = moves.resolve(context, MoveState(Move(angle=angle))).seen
        top = zv.extract_features(cat.network, moved_image(cat.image, Move(angle=angle)))
        first = top.top_classes(1)[0][1]
        known = {name for name, _, _ in still.values}
        assert len(seen.values) == (4 if first in known else 5)
        assert first in {name for name, _, _ in seen.values}
        assert (
            "most probable now:"
            in moves.caption(moves.resolve(context, MoveState(Move(angle=angle))))
        ) is (first != still.values[0][0])


def test_the_picture_keeps_its_size_and_says_what_changed(context):
    sizes = {pictured(moves, context, MoveState(Move(angle=a))).size for a in (0, 30, 180)}
    sizes |= {pictured(hiding, context, HideState(0, 0, s)).size for s in (0, 60)}
    assert len(sizes) == 1
    text = captioned(moves, context, MoveState(Move(-20, 1.5, -30)))
    assert (
        "tabby_cat in squeezenet, 1.5 times as large, turned 30° clockwise, shifted 20 pixels up:"
        in text
    )
    text = captioned(hiding, context, HideState(10, 20, 56))
    assert "rows 10–65, columns 20–75 hidden: Egyptian cat has probability" in text


def test_the_bars_are_as_long_as_the_probabilities(context):
    from zv_helpers.explorers.changed import SIDE, bars

    seen = hiding.resolve(context, HideState(40, 30, 80)).seen
    drawn = np.asarray(bars(seen, SIDE, SIDE))
    for i, (_, before, now) in enumerate(seen.values):
        rows = drawn[i * (SIDE // 5) :][: SIDE // 5]
        for value, colour in ((before, GREY), (now, BLUE)):
            length = (rows == rgb(colour)).all(axis=2).sum(axis=1).max()
            assert length == pytest.approx(1 + value * (SIDE - 1), abs=1)


# Controls


def test_the_move_explorer_moves(cat):
    explorer = explorers.move_explorer(cat)
    state = MoveState()
    shows(explorer, moves, state)
    explorer.controls["Turn"].value = 30
    state = replace(state, move=Move(angle=30))
    shows(explorer, moves, state)
    assert explorer.controls["degrees"].value == 30
    explorer.controls["degrees"].value = -77
    explorer.controls["Enlarge"].value = 0.8
    explorer.controls["Shift down"].value = -20
    state = replace(state, move=Move(-20, 0.8, -77))
    shows(explorer, moves, state)
    explorer.controls["Outside"].value = "mirror"
    state = replace(state, fill="mirror")
    shows(explorer, moves, state)
    explorer.controls["name"].value = "fire5"
    state = replace(state, layer="fire5")
    shows(explorer, moves, state)
    assert explorer.controls["Feature map"].value == cat.strongest("fire5").channel
    explorer.controls["Feature map"].value = 241
    shows(explorer, moves, replace(state, channel=241))
    assert np.array_equal(explorer.view.seen.pixels, moved(cat.image.pixels, state.move, "mirror"))
    explorer.controls["Layer"].value = 2  # its strongest map, not number 241
    shows(explorer, moves, replace(state, layer=cat.layers[2]))


def test_the_hide_explorer_moves_and_the_square_stays_on_the_photograph(cat):
    explorer = explorers.hide_explorer(cat)
    shows(explorer, hiding, HideState(84, 84, 56))
    explorer.controls["Size"].value = 60  # about its middle
    assert explorer.state == HideState(82, 82, 60)
    explorer.controls["Size"].value = 56
    explorer.controls["Top"].value = 168
    shows(explorer, hiding, HideState(168, 84, 56))
    explorer.controls["Left"].value = 0
    shows(explorer, hiding, HideState(168, 0, 56))
    explorer.controls["Size"].value = 100  # about its middle, and not over the border
    shows(explorer, hiding, HideState(124, 0, 100))
    assert explorer.controls["Top"].max == explorer.controls["Left"].max == 124
    explorer.controls["Size"].value = 0
    assert explorer.state == HideState(174, 50, 0)
    shows(explorer, hiding, explorer.state)
    assert np.array_equal(explorer.view.seen.pixels, cat.image.pixels)
    assert explorers.hide_explorer(cat, 60, 500, -3).state == HideState(164, 0, 60)


def test_a_click_on_the_photograph_moves_the_square_there(cat):
    explorer = explorers.hide_explorer(cat, 40)
    left, top, right, bottom = strips.rectangle(0, (224, 224))
    for row, column, expected in ((100, 60, (80, 40)), (3, 220, (0, 184))):
        x = left + (column + 0.5) * (right - left) / 224
        y = top + (row + 0.5) * (bottom - top) / 224
        click(explorer.picture, x, y)
        shows(explorer, hiding, HideState(*expected, 40))
    click(explorer.picture, right + 30, top + 30)  # on the feature map: nothing
    shows(explorer, hiding, HideState(*expected, 40))
    assert np.array_equal(explorer.view.seen.pixels, occlude(cat.image, *expected, 40))


def test_another_photograph_or_network_keeps_what_fits(cat, own_photos, vgg16):
    explorer = explorers.move_explorer(cat, Move(50, 1, 40), "fire5", 241)
    explorer.controls["Photograph"].value = "owl"
    assert complaint(explorer) is None
    assert explorer.state == MoveState(Move(50, 1, 40), "grey", "fire5", 241)
    assert "owl in squeezenet" in unescaped(explorer)
    small = zv.load_model("squeezenet", input_size=(64, 96))
    image = zv.load_image("owl", small)
    state = HideState(150, 150, 70, "fire5", 241)
    view = hiding.fitted(Context(zv.extract_features(small, image)), state)
    assert view == HideState(0, 32, 64, "fire5", 241)
    body = Context(zv.extract_features(vgg16, zv.load_image("owl", vgg16)))
    fitted = moves.fitted(body, MoveState(Move(angle=5), "grey", "fire5", 241))
    assert fitted == MoveState(Move(angle=5))
    shown = moves.resolve(body, fitted)
    assert shown.seen.measure == "activation" and "has activation" in moves.caption(shown)
    assert moves.render(shown).size == pictured(moves, Context(cat), MoveState()).size


def test_the_newest_position_wins(cat):
    """What was asked for meanwhile is drawn once, at its last value."""
    explorer, looked = explorers.move_explorer(cat), []
    resolve = type(explorer).resolve

    def slow(context, state):
        looked.append(state.move.angle)
        if len(looked) == 1:  # while this is worked out, the slider goes on
            others = [
                threading.Thread(
                    target=lambda a=angle: setattr(explorer.controls["Turn"], "value", a)
                )
                for angle in (20, 40, 60)
            ]
            for one in others:
                one.start()
                one.join(10)
        return resolve(context, state)

    explorer.resolve = slow
    explorer.controls["Turn"].value = 10
    assert looked == [10, 60]
    assert explorer.state.move.angle == explorer.controls["Turn"].value == 60


def test_what_is_not_there_is_refused(cat):
    for make in (explorers.move_explorer, explorers.hide_explorer):
        with pytest.raises(KeyError, match="no layer 'fire99'"):
            make(cat, layer="fire99")
        with pytest.raises(IndexError, match="feature maps 0 to 255"):
            make(cat, layer="fire5", channel=256)
    explorer = explorers.move_explorer(cat)
    explorer.show(channel=99999)
    assert "feature map 99999 was asked for" in complaint(explorer)
    assert explorer.state.channel is None
