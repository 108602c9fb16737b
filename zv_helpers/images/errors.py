"""What can be wrong with a picture, and how it is said in one sentence."""

import codecs
import re

HEIC = "an HEIC picture, the format of many telephones"
BEGINNINGS = {
    rb".{4}ftyp(heic|heix|heim|heis|hevc|hevx|heif|mif1|msf1)": HEIC,
    rb"\xff\xd8": "a JPEG that is damaged or cut short",
    rb"\x89PNG": "a PNG that is damaged or cut short",
    rb"GIF8": "a GIF that is damaged or cut short",
    rb"%PDF": "a PDF document",
    rb"%!PS": "a PostScript document",
    rb"PK\x03\x04": "a zip archive or an office document",
}


class ImageError(ValueError):
    """A picture cannot be used: one sentence with what was expected, what came, what to do."""


class SmallImageWarning(UserWarning):
    """The photograph has fewer pixels than the network's input, so fine details are not there."""


def refused(expected: str, came: str, advice: str) -> ImageError:
    """Make the error that says what was expected, what came and what to do."""
    return ImageError(f"Expected {expected}, but {came}: {advice}.")


def shown(value: object) -> str:
    """Write any value into a sentence: on one line, and cut in the middle where it is long."""
    try:
        text = repr(value).replace("\n", " ")
    except Exception:  # an object that cannot even be written down
        return f"a value of type {type(value).__name__}"
    return text if len(text) <= 200 else f"{text[:120]} … {text[-60:]}"


def printable(name: str) -> str:
    """Write "?" for what cannot be shown in the name of a file, such as bytes that are no text."""
    return "".join(character if character.isprintable() else "?" for character in name)


def kind_of_file(head: bytes) -> str:
    """Name what a file holds that could not be opened as a picture, from its first bytes.

    >>> kind_of_file(b"<html><body>Not found</body></html>")
    'a web page or other text with tags'
    """
    for beginning, kind in BEGINNINGS.items():
        if re.match(beginning, head, re.DOTALL):
            return kind
    try:  # the head may end in the middle of a character of several bytes
        text = codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        text = "\0"
    if not all(character.isprintable() or character.isspace() for character in text):
        return "no picture of a format that is read here"
    return "a web page or other text with tags" if text.lstrip().startswith("<") else "plain text"
