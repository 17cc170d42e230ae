"""Everybody and everything of the full organization by name."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.urls import reverse

from taskers.models import Organization, Person


@dataclass
class World:
    """Everybody by name, whatever addresses and bodies may name of theirs, and how each is known to be who they are."""

    riverside: Organization
    hilltop: Organization
    people: dict[str, Person] = field(default_factory=dict)
    things: dict[str, Any] = field(default_factory=dict)
    others: dict[str, dict[str, Any]] = field(default_factory=dict)
    sessions: dict[str, str] = field(default_factory=dict)
    secrets: dict[str, str] = field(default_factory=dict)

    def thing(self, name: str, on: str = "") -> Any:
        """What is called that; among those that are named `on`, where one of them is."""
        return self.others.get(on, {}).get(name, self.things.get(name))

    def around(self, on: str) -> Mapping[str, Any]:
        """The same of all."""
        return self.things | self.others.get(on, {})


def address(name: str, arguments: Mapping[str, Any]) -> str:
    """The path of an address with these arguments."""
    return reverse(name, kwargs=dict(arguments))
