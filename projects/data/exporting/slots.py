"""How many exports one web process writes at once: each holds memory for as long as its reader takes."""

import threading
import weakref
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator, Callable

from taskers.errors import Problem

PER_PERSON, PER_ORGANIZATION, IN_ALL = 2, 4, 8


class TooManyExports(Problem):
    """As many exports as may be are being written at the moment; wait until one is done, or stop one."""

    code = "too-many-exports"
    status = 429


class Slots:
    """Places for so many exports at once, of one person, of one organization, and in all."""

    def __init__(self, person: int = PER_PERSON, organization: int = PER_ORGANIZATION, all: int = IN_ALL) -> None:
        self.most = {"person": person, "organization": organization, "all": all}
        self.taken: Counter[tuple[str, int]] = Counter()
        self.lock = threading.Lock()

    def take(self, person: int, organization: int) -> Callable[[], None]:
        """Take a place; what is returned gives it back, once, however often it is called. Raises TooManyExports."""
        wanted = [("person", person), ("organization", organization), ("all", 0)]
        with self.lock:
            if any(self.taken[one] >= self.most[one[0]] for one in wanted):
                raise TooManyExports()
            self.taken.update(wanted)
        held = [wanted]

        def give_back() -> None:
            with self.lock:
                while held:
                    self.taken -= Counter(held.pop())

        return give_back


class Download:
    """Pieces on their way to a reader, in a place of their own until they are all sent, or nobody wants them.

    `length` is how many bytes they are together; None where that isn't known before the last.
    """

    def __init__(
        self, pieces: AsyncGenerator[bytes, None], give_back: Callable[[], None], length: int | None = None
    ) -> None:
        self.pieces, self.length = pieces, length
        self.close = give_back  # Django calls it when the response is over, sent or not
        weakref.finalize(self, give_back)  # and where there never was a response

    async def __aiter__(self) -> AsyncIterator[bytes]:
        try:
            async for piece in self.pieces:
                yield piece
        finally:
            self.close()


SLOTS = Slots()
