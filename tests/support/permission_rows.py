"""Who may ask what of which address: one line for each address and method, with a body that would be taken.

tests/test_permissions.py sends each body as everybody: whoever may do it succeeds, and it does something; whoever may
not is refused, and it does nothing. The addresses are compared with the URL configuration, so that a new one fails the
test until it has its line here.

What stands in an address, and "@name" in a body, is a thing of full_organization.py; `on` chooses among several.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.support import make

# --- people -------------------------------------------------------------------------------------------------------
#
#   nobody    isn't signed in                            alice   a tasker; holds the work that addresses name
#   sam       signed in, and belongs nowhere             bob     a tasker, too; holds none of it
#   hugo      owns the neighbour, and does tasks there   rita    reviews          finn   pays
#   eve       may do everything in another project       mina    manages          olga   owns
#   pia       manages these projects, and nothing else   emil    looks after models
#   hilltops  (programs alone) may do everything at Riverside, and brings a token for Hilltop

TASKERS = frozenset({"alice", "bob"})
FINANCE = frozenset({"olga", "finn"})
OFFICE = frozenset({"olga", "mina"})
MANAGE = OFFICE | {"pia"}
REVIEW = MANAGE | {"rita"}
MODELS = MANAGE | {"emil"}
DISPUTES = OFFICE | {"rita", "finn"}
MEMBERS = TASKERS | MODELS | REVIEW | FINANCE
INSIDE = MEMBERS | {"eve"}
SIGNED_IN = INSIDE | {"sam", "hugo"}
EVERYBODY = SIGNED_IN | {"nobody"}
OUTSIDE = frozenset({"sam", "hugo", "eve", "hilltops"})
PEOPLE = EVERYBODY
PROGRAMS = PEOPLE | {"hilltops"}
STAFF = SIGNED_IN - TASKERS - {"sam"}  # who may open the admin; what they see there is another matter
# What names nothing of Riverside's: those from elsewhere see their own.
THEIRS = frozenset({"hugo"})
THEIRS_TOO = frozenset({"hugo", "eve"})


def only(*names: str) -> frozenset[str]:
    """These people."""
    return frozenset(names)


# --- bodies -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Body:
    """What is sent: a form, JSON, or the form that stands on the address's own page, with some fields changed."""

    kind: str
    said: Any = field(default_factory=dict)


@dataclass(frozen=True)
class File:
    """A file of a form."""

    name: str
    text: str


def form(**said: Any) -> Body:
    return Body("form", said)


def named(said: Mapping[str, Any]) -> Body:
    """A form with names that Python can't say."""
    return Body("form", dict(said))


def json(said: Any = None, **fields: Any) -> Body:
    return Body("json", fields if said is None else said)


def page(**changes: Any) -> Body:
    """The form as it stands on the page that the address shows."""
    return Body("page", changes)


def octets(said: str) -> Body:
    """The body itself."""
    return Body("octets", said)


NOTHING = form()
TOKEN = json(token="@token")
ANSWER = make.MARIA_AND_OSLO
TILE = {"fields": [{"field": "label", "value": "cat"}]}
DRAFT = json(token="@token", version=0, answer={"tiles": {"@tile": TILE}})
TERMS = {"target_error": "5", "assurance": "95", "audit_share": "10"}
MOVED = {f"@annotator-{name}": value for name, value in (TERMS | {"mode": "count", "reason": "Good"}).items()}
ROLLOUT = {"margin": "10", "quiet_hours": "72", "step_days": "14", "shadow_verdicts": "0"}
OVERRIDE = {"override-version": "@version", "override-share": "40", "override-reason": "Better"}
DECIDE = {"decide-version": "@version", "decide-reason": "Better"}
FLOORS = {
    "floors-least_score": "90",
    "floors-most_miscalibration": "10",
    "floors-most_seconds": "2",
    "floors-most_memory": "512",
}
REMOTE = """name = "far"
version = "1"
capability = "spans"
adapter = "http"
licence = "MIT"
[options]
url = "https://models.example.com"
"""
KEYS = '{"studio.submit": ["ctrl+enter"]}'
PAIR = {"form": "pair", "pair-one": "@alice", "pair-other": "@carol", "pair-relation": "household"}
COURSE = {"training_tasks": "1", "shown": "end", "training_pass": "90", "training_tries": "3", "training_wait": "12"}
BITMAP = File("spot.bmp", make.bitmap().decode())
HOOK = "https://hooks.example.com/in"
BOOKS_FORM = form(name="Books", url=HOOK, kinds="payout.paid")
HOOK_FORM = form(name="New", url=HOOK, kinds="task.decided")
COURSE |= {"skill_name": "Names of ports", "training_days": "30", "training_rate": "0.02"}


# --- lines --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Row:
    """One line: `who` may do this. Outsiders find nothing (404), members are told that they may not (403); `own` things
    of one person nobody else finds; `but` says who is answered otherwise, with the status or the address of the answer.

    `reads`: it changes nothing even for whoever may do it. `by_link`: what it shows is for whoever has the link.
    `asked_by`: these alone ask, since each answer takes a second.
    """

    name: str  # of the address, or its path where it has none
    method: str
    who: frozenset[str]
    body: Body | None = None
    on: str = ""
    own: bool = False
    reads: bool = False
    by_link: bool = False
    asked_by: frozenset[str] | None = None
    but: Mapping[str, int | str] = field(default_factory=dict)

    @property
    def id(self) -> str:
        return " ".join([self.method, self.name, *([self.on] if self.on else [])])


def get(name: str, who: frozenset[str], **terms: Any) -> Row:
    return Row(name, "GET", who, **terms)


def post(name: str, who: frozenset[str], body: Body = NOTHING, **terms: Any) -> Row:
    return Row(name, "POST", who, body, **terms)


def put(name: str, who: frozenset[str], body: Body, **terms: Any) -> Row:
    return Row(name, "PUT", who, body, **terms)


def patch(name: str, who: frozenset[str], body: Body, **terms: Any) -> Row:
    return Row(name, "PATCH", who, body, **terms)


def delete(name: str, who: frozenset[str], **terms: Any) -> Row:
    return Row(name, "DELETE", who, json(), **terms)


# Rita holds this review: other reviewers are told so.
# Rita decided this: nobody else can take it back.
NOT_THEIRS = dict.fromkeys(MANAGE, 409)
ANOTHERS = dict.fromkeys(MANAGE, 409)
BONUS_RULE = {"measure": "agreement", "window": 10, "amount": "5", "each_most": "50", "most": "500", "days": 30}
TRIED = "agreement 0.9 10 5000000 50000000 500000000 30"  # the same, as its preview is known
RULE = {"condition": "speed", "threshold": 1, "window": 5, "action": "message", "hours": 24}
MISTAKE = json(token="@token", answers=["@answer"], reason="label", note="It is a place.")
