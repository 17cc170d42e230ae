"""Lists in pages, given one by one: the next page is asked for when it is needed."""

from collections.abc import Iterator, Mapping
from typing import TypeVar

from tandem_client.codec import decoded
from tandem_client.errors import UnexpectedAnswer
from tandem_client.transport import Request, Transport

T = TypeVar("T")
PAGE = 200  # the most that the server gives at once


def listed(
    transport: Transport, path: str, shape: type[T], query: Mapping[str, str | int | None] | None = None
) -> Iterator[T]:
    """Everything in a list."""
    for found, _next in pages(transport, path, shape, query):
        yield from found


def pages(
    transport: Transport,
    path: str,
    shape: type[T],
    query: Mapping[str, str | int | None] | None = None,
    after: str | None = None,
) -> Iterator[tuple[list[T], str | None]]:
    """The pages of a list that come after one, each with the place to go on from later."""
    more = True
    while more:
        answer = transport.ask(Request("GET", path, query={**(query or {}), "after": after, "limit": PAGE}))
        if not isinstance(answer, dict) or not isinstance(answer.get("results"), list):
            raise UnexpectedAnswer(f"{transport.server} answered with something that is no list.")
        found = [decoded(shape, one, f"results[{index}]") for index, one in enumerate(answer["results"])]
        after, before = answer.get("next"), after
        more = bool(answer.get("more")) and after != before  # a list without pages says neither
        yield found, after
