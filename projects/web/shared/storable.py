"""What PostgreSQL can keep of what comes as JSON."""

from collections.abc import Iterator
from math import isfinite

from projects.data.limits import MAX_DEPTH
from projects.data.reading.readers.nesting import nests_deeper

NUL = "Text can't hold NUL."
HALF = "The text holds half of a surrogate pair."
ENDLESS = "A number is too large to be kept."
DEEP = "Lists and objects lie deeper within each other than anything that is kept."


def fault(data: object) -> str:
    """Why a JSON document can't be kept; empty where it can.

    It is walked rather than written out: a large answer would let nobody else run meanwhile.
    """
    if nests_deeper(data, MAX_DEPTH):
        return DEEP
    for one in _leaves(data):
        if isinstance(one, float):
            if not isfinite(one):
                return ENDLESS
            continue
        if "\0" in one:
            return NUL
        try:
            one.encode()
        except UnicodeEncodeError:
            return HALF
    return ""


def _leaves(data: object) -> Iterator[str | float]:
    """Every text in it, names of values too, and every number that isn't whole."""
    waiting = [data]
    while waiting:
        one = waiting.pop()
        if isinstance(one, str | float):
            yield one
        elif isinstance(one, dict):
            waiting += [*one, *one.values()]
        elif isinstance(one, list):
            waiting += one
