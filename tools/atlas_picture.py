"""Make the README's picture of maps that a person can name: python tools/atlas_picture.py

From the atlases that ship. What breaks a map's name is framed."""

import sys
from pathlib import Path

from PIL import Image, ImageDraw

import zv_helpers as zv
from zv_helpers.atlas.picture import _framed
from zv_helpers.draw.colours import INK, ORANGE, PALE, in_rgb
from zv_helpers.draw.strips import frame, words

TARGET = Path(__file__).resolve().parents[1] / "docs" / "atlas.jpg"
# What to call it, the network, layer and map, and which of the nine break the name.
MAPS = (
    ("Faces?", "vgg16-conv", "block4_conv3", 77, ()),
    ("Eyes?", "squeezenet", "fire5", 241, (8,)),
    ("Tower tops?", "vgg16-conv", "block5_conv1", 56, (6,)),
    ("Arches?", "squeezenet", "fire6", 310, (8,)),
    ("Writing?", "vgg16-conv", "block4_conv3", 109, (3, 4, 6, 7)),
    ("Pointed ears?", "vgg16-conv", "block5_conv1", 98, (2, 4, 5, 6, 7)),
)
TILE, GAP, BLOCKS, MARGIN, HEAD = 82, 3, 12, 14, 44
BLOCK = 3 * TILE + 2 * GAP
CELL = 2 * BLOCK + BLOCKS
SIZE = 2 * CELL + 3 * MARGIN + 8, 3 * (HEAD + BLOCK) + 4 * MARGIN


def main(target=TARGET):
    canvas = Image.new("RGB", SIZE, "white")
    draw = ImageDraw.Draw(canvas)
    atlases = {name: zv.load_atlas(name) for _, name, *_ in MAPS}
    for number, (title, name, layer, channel, breaks) in enumerate(MAPS):
        left = MARGIN + number % 2 * (CELL + MARGIN + 8)
        top = MARGIN + number // 2 * (HEAD + BLOCK + MARGIN)
        words(draw, (left, top - 2), title, 20, INK, bold=True)
        words(draw, (left, top + 23), f"{name}, {layer}, map {channel}", 12, PALE)
        draw_map(canvas, atlases[name], layer, channel, breaks, (left, top + HEAD))
    canvas.save(target, quality=88)
    print(f"{target}: {Path(target).stat().st_size / 1e3:.0f} kB")


def draw_map(canvas, atlas, layer, channel, breaks, place):
    """Draw the nine projections, beside them the nine patches, with frames round some."""
    patches, projections = atlas.patches(layer, channel), atlas.projections(layer, channel)
    scale = max(one.scale for one in projections)
    for i, (patch, one) in enumerate(zip(patches, projections, strict=True)):
        x, y = (place[0] + i % 3 * (TILE + GAP), place[1] + i // 3 * (TILE + GAP))
        tiles = (one.picture(scale), False), (in_rgb(patch.pixels), True)
        for k, (pixels, smooth) in enumerate(tiles):
            at = x + k * (BLOCK + BLOCKS)
            canvas.paste(_framed(pixels, patch.box, patch.frame, (TILE, TILE), smooth), (at, y))
        if i in breaks:
            frame(ImageDraw.Draw(canvas), (at, y, at + TILE, y + TILE), ORANGE)


if __name__ == "__main__":
    main(*sys.argv[1:])
