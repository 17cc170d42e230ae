"""Suggestions that go out with a claim, for clients without a websocket. Whoever suggests plugs in SUGGESTERS."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from taskers.models import Person

# Suggestions for work that this person holds, by its id and its token, as `SuggestionsShape` shows them.
Suggester = Callable[[Person, UUID, UUID], dict[str, Any]]
SUGGESTERS: list[Suggester] = []


def suggestions_for(tasker: Person, assignment_id: UUID, token: UUID) -> dict[str, Any] | None:
    """Suggestions for this work now; None where nothing suggests any."""
    return SUGGESTERS[0](tasker, assignment_id, token) if SUGGESTERS else None
