"""How what others raise gets into a sentence of ours."""

import re

COLOUR = re.compile(r"\x1b\[[0-9;]*m")


def first_line(error: BaseException) -> str:
    """Return what an error says in its first line, at most 200 characters, or else its type. Keras
    says there which layer failed, and why in the next.

    >>> first_line(KeyError())
    'KeyError'
    >>> first_line(ValueError("Exception encountered when calling A.call().\\n\\nNo luck.\\nHere."))
    'Exception encountered when calling A.call(): No luck'
    """
    lines = [one.strip() for one in COLOUR.sub("", str(error)).splitlines() if one.strip()]
    if not lines:
        return type(error).__name__
    if lines[0].startswith("Exception encountered when calling") and len(lines) > 1:
        lines[0] = f"{lines[0].rstrip('.')}: {lines[1]}"
    return lines[0][:200].rstrip(" .:")
