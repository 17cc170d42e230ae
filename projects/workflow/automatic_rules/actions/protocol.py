"""What an action is."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from projects.models import RuleConsequence


def nothing_to_end(consequence: RuleConsequence) -> None:
    """For what ends by itself."""


@dataclass(frozen=True)
class Action:
    """`act` does it and returns what it tells of itself; `end` takes back what still lasts, where an appeal is upheld.
    `told` says whether the person is told of it: what only has their work looked at more closely isn't. `lasts` says
    whether it ends with the rule's hours. One that found nothing to do tells {"already": True}."""

    title: object  # lazy
    act: Callable[[RuleConsequence, str], dict[str, Any]]
    end: Callable[[RuleConsequence], None] = nothing_to_end
    told: bool = True
    lasts: bool = True
