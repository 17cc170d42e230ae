"""What a session needs of the database, as coroutines: the binding, the image, the record of what was offered."""

import asyncio
import time
from collections.abc import Sequence
from uuid import UUID

from channels.db import database_sync_to_async

from assist import suggestions
from assist.bindings import bind, bind_trial, read_picture
from assist.facts import Binding, Offer, Picture

FRESH_SECONDS = 3.0

# Not the thread that all of Django's synchronous code shares: a slow page must not delay a click, nor the reverse.
_bind = database_sync_to_async(bind, thread_sensitive=False)
_bind_trial = database_sync_to_async(bind_trial, thread_sensitive=False)
_keep = database_sync_to_async(suggestions.keep, thread_sensitive=False)
_kept_spans = database_sync_to_async(suggestions.kept_spans, thread_sensitive=False)


class Desk:
    """One person's claim to one subject (an assignment), looked up again every few seconds at most."""

    def __init__(self, person_key: int, subject: UUID) -> None:
        self._person_key = person_key
        self._subject = subject
        self._checked = -FRESH_SECONDS

    async def open(self, token: UUID) -> Binding:
        """The binding; raises CopilotError like `bind`."""
        binding = await _bind(self._person_key, self._subject, token)
        self._checked = time.monotonic()
        return binding

    async def check(self, token: UUID) -> None:
        """Raises CopilotError if the assignment is not this person's any more. Asks at most every few seconds."""
        if time.monotonic() - self._checked >= FRESH_SECONDS:
            await self.open(token)

    async def read(self, picture: Picture) -> bytes:
        """The image's file."""
        return await asyncio.to_thread(read_picture, picture)

    async def keep(self, binding: Binding, model: str, offers: Sequence[Offer]) -> None:
        """Write down what was offered."""
        await _keep(binding, model, offers)

    async def kept_spans(self, binding: Binding, model: str) -> list[Offer]:
        """The spans offered here before."""
        return await _kept_spans(binding, model)


class TrialDesk(Desk):
    """A manager trying a task: the same answers, and nothing written down."""

    async def open(self, token: UUID) -> Binding:
        """The binding; raises CopilotError like `bind_trial`. There is no lease, so the token is not looked at."""
        binding = await _bind_trial(self._person_key, self._subject)
        self._checked = time.monotonic()
        return binding

    async def keep(self, binding: Binding, model: str, offers: Sequence[Offer]) -> None:
        """Nothing: a trial leaves no trace."""

    async def kept_spans(self, binding: Binding, model: str) -> list[Offer]:
        """None: nothing was kept."""
        return []
