"""How what others raise gets into a sentence of ours."""


def first_line(error: BaseException) -> str:
    """Return what an error says in its first line, at most 200 characters, or else its type.

    >>> first_line(KeyError())
    'KeyError'
    """
    return (str(error).strip() or type(error).__name__).splitlines()[0].strip()[:200].rstrip(" .:")
