"""Going on where an earlier run stopped, without doing again what it did."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from projects.data.reading.rows import Item


class Later:
    """An item that is worked out only when it is wanted: one that is passed over costs next to nothing."""

    __slots__ = ("_given", "_make")

    def __init__(self, make: Callable[..., Item], *given: Any) -> None:
        self._make = make
        self._given = given

    def __call__(self) -> Item:
        return self._make(*self._given)


def after(items: Iterable[Item | Later], skip: int) -> Iterator[Item]:
    """The items behind the first `skip`."""
    for number, item in enumerate(items):
        if number >= skip:
            yield item() if isinstance(item, Later) else item
