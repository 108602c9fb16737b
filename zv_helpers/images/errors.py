"""What can be wrong with a picture, and how a file that is no picture is named."""

import codecs


class ImageError(ValueError):
    """A picture cannot be used: one sentence with what was expected, what came, what to do."""


class SmallImageWarning(UserWarning):
    """The photograph has fewer pixels than the network's input, so fine details are not there."""


HEIC_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"heif", b"mif1", b"msf1")
BEGINNINGS = (
    (b"\xff\xd8", "a JPEG that is damaged or cut short"),
    (b"\x89PNG", "a PNG that is damaged or cut short"),
    (b"GIF8", "a GIF that is damaged or cut short"),
    (b"%PDF", "a PDF document"),
    (b"%!PS", "a PostScript document"),
    (b"PK\x03\x04", "a zip archive or an office document"),
)


def is_heic(head):
    """Say whether the first bytes of a file are those of an HEIC or HEIF picture."""
    return head[4:8] == b"ftyp" and head[8:12] in HEIC_BRANDS


def kind_of_file(head):
    """Name what a file holds that could not be opened as a picture, from its first bytes.

    >>> kind_of_file(b"<html><body>Not found</body></html>")
    'a web page or other text with tags'
    """
    if is_heic(head):
        return "an HEIC picture, the format of many telephones"
    for beginning, kind in BEGINNINGS:
        if head.startswith(beginning):
            return kind
    try:
        # The head may end in the middle of a character of several bytes.
        text = codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        return "something that is no picture"
    if not all(character.isprintable() or character.isspace() for character in text):
        return "something that is no picture"
    return "a web page or other text with tags" if text.lstrip().startswith("<") else "plain text"
