"""What PostgreSQL can keep of what comes as JSON."""

from collections.abc import Iterator

NUL = "Text can't hold NUL."
HALF = "The text holds half of a surrogate pair."


def fault(data: object) -> str:
    """Why a JSON document can't be kept; empty where it can.

    It is walked rather than written out: a large answer would let nobody else run meanwhile.
    """
    for text in _texts(data):
        if "\0" in text:
            return NUL
        try:
            text.encode()
        except UnicodeEncodeError:
            return HALF
    return ""


def _texts(data: object) -> Iterator[str]:
    """Every text in it, names of values too."""
    waiting = [data]
    while waiting:
        one = waiting.pop()
        if isinstance(one, str):
            yield one
        elif isinstance(one, dict):
            waiting += [*one, *one.values()]
        elif isinstance(one, list):
            waiting += [inner for inner in one if not isinstance(inner, float | int)]
