"""How many pixels what a notebook shows takes on a slide of 1280 × 720, about, in the sizes of
book/static/slides.css. `make test-book` measures it in a browser."""

import base64
import io
import math
import re

from PIL import Image

ROOM, WIDTH, TALLEST_PICTURE = 640, 1180, 520
LINE, CODE_LINE, ROW, HEADING, GAP, CELL = 39, 25, 42, 58, 13, 22
PRINTED_LINE, LARGE_LINE = 26, 34
CHARACTERS, PRINTED = 90, 104  # in a line of text, and of what is printed
ZOOM = 1.7  # of pictures: saved for a notebook's column


def is_picture(output):
    return "image/jpeg" in output.get("data", {})


def tags(cell):
    return cell.metadata.get("tags", [])


def blocks(text):
    """List the blocks of a Markdown text: what blank lines part, but <details> whole.

    >>> blocks("one\\n\\n<details>two\\n\\nthree</details>\\n\\nfour")
    ['one', '<details>two\\n\\nthree</details>', 'four']
    """
    found = []
    for block in re.split(r"\n{2,}", text.strip()):
        if found and found[-1].count("<details") > found[-1].count("</details"):
            found[-1] += f"\n\n{block}"
        else:
            found.append(block)
    return found


def text_height(text):
    """How many pixels a Markdown text takes on a slide, about; of <details>, the summary.

    >>> text_height("## A heading") + GAP < text_height("one line\\n\\n" * 3)
    True
    """
    text = re.sub(r"(<details><summary>.*?</summary>).*?</details>", r"\1", text, flags=re.DOTALL)
    total = 0
    for block in blocks(text):
        lines = block.split("\n")
        if block.startswith("#"):
            total += HEADING
        elif block.startswith("!["):
            total += TALLEST_PICTURE + GAP
        elif block.startswith("|"):
            total += ROW * (len(lines) - 1) + GAP
        elif re.match(r"[-*\d]", block):
            total += LINE * sum(rows_of(line) for line in lines) + GAP
        else:
            total += LINE * rows_of(" ".join(lines)) + GAP
    return total


def rows_of(text, characters=CHARACTERS):
    return max(1, math.ceil(len(re.sub(r"\]\([^)]*\)", "]", text)) / characters))


def height(cell):
    """How many pixels a cell takes on a slide, about."""
    if cell.cell_type == "markdown":
        return text_height(cell.source) + CELL
    code = 0 if "remove-input" in tags(cell) else CODE_LINE * len(cell.source.split("\n")) + GAP
    line = LARGE_LINE if "large-print" in tags(cell) else PRINTED_LINE
    return CELL + code + sum(output_height(one, line) for one in cell.get("outputs", []))


def output_height(output, line):
    data = output.get("data", {})
    if is_picture(output):
        picture = Image.open(io.BytesIO(base64.b64decode(data["image/jpeg"])))
        scale = min(ZOOM, WIDTH / picture.width, TALLEST_PICTURE / picture.height)
        return scale * picture.height + GAP
    lines = printed(output).rstrip().split("\n")
    return line * sum(rows_of(one, PRINTED) for one in lines) + GAP


def printed(output):
    """Return the text of an output."""
    return output.get("text", output.get("data", {}).get("text/plain", ""))
