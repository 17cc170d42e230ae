"""What a session needs of the database, as coroutines: the binding, the image, the record of what was offered."""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, TypeVar
from uuid import UUID

from asgiref.sync import sync_to_async
from channels.db import database_sync_to_async

from assist.errors import CopilotError
from assist.learning import label_vectors, measured_scores, term_memory
from assist.suggestions import precompute, record
from assist.suggestions.bindings import bind, bind_trial, held_now, read_picture
from assist.suggestions.decided_terms import Find
from assist.suggestions.leading_words import Leading
from assist.suggestions.offers import Binding, Offer, Picture
from assist.suggestions.prototypes import Learnt
from assist.suggestions.sureness import Measured

T = TypeVar("T")
FRESH_SECONDS = 3.0


def _look_up(binding: Binding, model: str, asked: dict[str, Any]) -> tuple[list[Offer], Any]:
    kept = record.kept_of_whole(binding, model, asked)
    return kept, None if kept else precompute.found(binding.task_key, model)


class Gateway:
    """One person's claim to one subject (an assignment), looked up again every few seconds at most.

    That they are still signed in is asked each time: a line answers nobody who has left.
    """

    def __init__(self, person_key: int, subject: UUID, signed_in: Callable[[], bool]) -> None:
        self._person_key = person_key
        self._subject = subject
        self._signed_in = signed_in
        self._checked = -FRESH_SECONDS

    async def stay(self) -> None:
        """Raises CopilotError "signed-out" once the sign-in that opened the line has ended."""
        if not await self._query(self._signed_in):
            raise CopilotError("signed-out")

    async def open(self, token: UUID) -> Binding:
        """The binding; raises CopilotError like `bind`."""
        await self.stay()
        binding = await self._query(bind, self._person_key, self._subject, token)
        self._checked = time.monotonic()
        return binding

    async def check(self, token: UUID) -> None:
        """Raises CopilotError if they have signed out, or the assignment is not theirs any more.

        After the assignment it asks at most every few seconds.
        """
        await self.stay()
        if time.monotonic() - self._checked >= FRESH_SECONDS:
            await self._look_again(token)
            self._checked = time.monotonic()

    async def _look_again(self, token: UUID) -> None:
        await self._query(held_now, self._person_key, self._subject, token)

    async def read(self, picture: Picture) -> bytes:
        """The image's file."""
        return await asyncio.to_thread(read_picture, picture)

    async def keep(self, binding: Binding, model: str, offers: Sequence[Offer]) -> None:
        """Write down what was offered."""
        await self._query(record.keep, binding, model, offers)

    async def known(self, binding: Binding, model: str, asked: dict[str, Any]) -> tuple[list[Offer], Any]:
        """What was offered before when just this was asked; if nothing was, what the model said in advance, or None."""
        return await self._query(_look_up, binding, model, asked)

    async def learnt(self, binding: Binding, model: str) -> dict[str, Learnt]:
        """What verdicts taught this model about the project's fields."""
        return await self._query(label_vectors.learnt, binding.project_key, model)

    async def measured(self, binding: Binding, model: str) -> Measured | None:
        """How far this model's scores may be believed in the project; None where nobody knows."""
        return await self._query(measured_scores.of, binding.project_key, model)

    async def leading(self, binding: Binding) -> Leading:
        """Words that the project's verdicts leave out before what they mark."""
        return await self._query(term_memory.leading, binding.project_key)

    async def remembered(self, binding: Binding) -> Sequence[Find]:
        """Names in the text that were decided before in its project."""
        return await self._query(term_memory.find, binding.project_key, binding.text, binding.task_key)

    async def _query(self, read: Callable[..., T], *terms: Any) -> T:
        """Not in the thread that all of Django's synchronous code shares: a slow page must not delay a click, nor the
        reverse."""
        return await database_sync_to_async(read, thread_sensitive=False)(*terms)


class RequestGateway(Gateway):
    """One API request: its token is checked already, and the database is asked on the request's own thread, which
    waits and has a connection."""

    def __init__(self, person_key: int, subject: UUID) -> None:
        super().__init__(person_key, subject, lambda: True)

    async def stay(self) -> None:
        """The API token was checked when the request came."""

    async def open(self, token: UUID) -> Binding:
        """The binding; raises CopilotError like `bind`. Each request opens it anew, so whether the work was shown a
        planted error is looked up: it is shown one at most, as on a line that stays open."""
        binding = await super().open(token)
        if binding.planted and await self._query(record.planted_before, binding):
            return replace(binding, planted=False)
        return binding

    async def _query(self, read: Callable[..., T], *terms: Any) -> T:
        return await sync_to_async(read)(*terms)


class TrialGateway(Gateway):
    """A manager trying a task: the same answers, and nothing written down."""

    async def open(self, token: UUID) -> Binding:
        """The binding; raises CopilotError like `bind_trial`. There is no lease, so the token is not looked at."""
        await self.stay()
        binding = await self._query(bind_trial, self._person_key, self._subject)
        self._checked = time.monotonic()
        return binding

    async def _look_again(self, token: UUID) -> None:
        await self._query(bind_trial, self._person_key, self._subject)

    async def keep(self, binding: Binding, model: str, offers: Sequence[Offer]) -> None:
        """Nothing: a trial leaves no trace."""

    async def known(self, binding: Binding, model: str, asked: dict[str, Any]) -> tuple[list[Offer], Any]:
        """Only what the model said in advance: nothing was kept."""
        return [], await self._query(precompute.found, binding.task_key, model)
