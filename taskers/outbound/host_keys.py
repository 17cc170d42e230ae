"""Which key goes with a request to another host: the operator's, for one address and one owner, and no other.

`TANDEM_MODEL_KEYS` lists `OWNER=URL=KEY`. OWNER is an organization's public id, or `everybody` for the models that the
operator brought for all; URL says scheme, host, port and how the path begins. A key never goes to another address, and
never for a model of another organization: whoever may bring a model could spend what the key pays for.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from taskers.errors import Problem
from taskers.outbound import destination
from taskers.outbound.destination import BadAddress, Destination

VARIABLE = "TANDEM_MODEL_KEYS"
EVERYBODY = "everybody"
# Servers undo these in ways of their own, and could be led out of the path that a key is for.
AMBIGUOUS = re.compile(r"%|//|\\|;|(?:^|/)\.{1,2}(?:/|$)")


class KeyNotYours(Problem):
    """The operator's key for %(host)s isn't for this organization's models. The operator can add one for it."""

    code = "key-not-yours"
    status = 403


class KeyElsewhere(Problem):
    """The operator's key for %(host)s isn't for this address: its path begins otherwise."""

    code = "key-elsewhere"
    status = 403


class BadKeys(ValueError):
    """The operator's list can't be read. What it says is what to write, and repeats no key."""


@dataclass(frozen=True)
class HostKey:
    """A key, whom it is for, and where it may go."""

    owner: str  # 32 hexadecimal digits of an organization's public id, or EVERYBODY
    address: Destination
    key: str

    def is_for(self, owner: str) -> bool:
        """`owner`: as many digits of the public id as are known, or EVERYBODY."""
        return self.owner == owner if owner == EVERYBODY else bool(owner) and self.owner.startswith(owner)

    def is_at(self, wanted: Destination) -> bool:
        """Whether it is for this server."""
        mine = self.address
        return (mine.scheme, mine.host, mine.port) == (wanted.scheme, wanted.host, wanted.port)

    def covers(self, wanted: Destination) -> bool:
        """Whether this address of the server lies below the key's path."""
        path, prefix = wanted.path.partition("?")[0], self.address.path.rstrip("/")
        return AMBIGUOUS.search(path) is None and (path == prefix or path.startswith(f"{prefix}/"))


def read(words: Sequence[str]) -> list[HostKey]:
    """The operator's list. Raises BadKeys."""
    return [_key(word, place) for place, word in enumerate(words, 1)]


def key_for(keys: Sequence[HostKey], wanted: Destination, owner: str) -> str:
    """The key that goes with a request for a model of this owner; "" where the server has none. Raises KeyNotYours and
    KeyElsewhere where it has one that may not go along."""
    at_server = [key for key in keys if key.is_at(wanted)]
    if not at_server:
        return ""
    owned = [key for key in at_server if key.is_for(owner)]
    if not owned:
        raise KeyNotYours(host=wanted.host)
    covering = [key for key in owned if key.covers(wanted)]
    if not covering:
        raise KeyElsewhere(host=wanted.host)
    return max(covering, key=lambda key: len(key.address.path)).key


def _key(word: str, place: int) -> HostKey:
    owner, _, rest = word.partition("=")
    url, equals, key = rest.partition("=")
    try:
        if not (equals and key.strip()):
            raise ValueError
        address = destination.read(url.strip())
        if "?" in address.path or AMBIGUOUS.search(address.path):
            raise ValueError
        owner = owner.strip() if owner.strip() == EVERYBODY else UUID(owner.strip()).hex
    except (ValueError, BadAddress):
        raise BadKeys(
            f"Entry {place} of {VARIABLE} must be written as ID=https://host/path=key, where ID is the public id of "
            f"the organization that may use the key, or {EVERYBODY!r} for models that were brought for all. "
            "A key for a host alone (host=key) was usable by every organization, and is no longer read."
        ) from None
    return HostKey(owner, address, key.strip())
