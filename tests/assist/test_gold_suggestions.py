"""Somebody who looks at what the copilot offers for each piece of work, and whether it is wrong, can't tell gold by it.

A planted error says that an answer is compared with something: half of them are on gold, half on work left out of
consensus. So whoever sees one may as well toss a coin, and nothing else of it, nor of the work it is on, says more; nor
does anything of what is offered where none is planted. Played as in tests/projects/test_gold_attacker.py, each tasker a
world.
"""

import json
from collections.abc import Sequence
from uuid import uuid4

import pytest

from assist.errors import CopilotError
from assist.session import protocol, replies
from assist.session.protocol import Prompt
from assist.suggestions.bindings import bind
from projects.configuration import configure
from projects.models import Assignment, Project
from projects.quality.gold import authoring
from projects.queue import gold_dealing
from projects.reports import earnings
from projects.workflow import submission
from projects.workforce import rules
from taskers.models.people import Role
from tests.support import make
from tests.support.assist.work import SPACY
from tests.support.projects.attackers import FEW, MANY, Interval, Seen, farthest, interval, intervals, measured, winners
from tests.support.projects.gold import DICE
from tests.support.projects.judging import said

# Each world in transactions of its own: one long one would hold up the readers of the outbox in the tests beside.
pytestmark = pytest.mark.django_db(transaction=True)

PIECES = 20
FOUND = [[0, 11, "PERSON", 0.9], [40, 44, "GPE", 0.8]]  # what the model says of make.TEXT; right, and both are kept
RIGHT = {(0, 11, "person"), (40, 44, "place")}
COIN = "a planted error is on gold"


@pytest.fixture
def project(cast) -> Project:
    """Decided work, gold and ordinary work, enough for many; what is handed in may be corrected for a while."""
    mapping = {"PERSON": "person", "GPE": "place"}
    made = make.project(cast.riverside, wanted=1, label_mapping=mapping)
    rules.change(made, cast.mina, gold_share=0.3)
    batch = make.batch(made)
    for task in make.tasks(batch, 30):
        said(cast.bob, task, make.MARIA)
    for task in make.tasks(batch, 30):
        authoring.keep(task, make.MARIA, by=cast.mina, dice=DICE)
    return configure.change(made, cast.mina, planted_share=0.5, correction_minutes=30).project


def world(project: Project) -> list[Seen]:
    """What a new tasker sees of each piece of work: what is offered, what of it is wrong, and until when it may be
    corrected."""
    attacker = make.person(f"a{uuid4().hex[:8]}", project.organization, Role.TASKER)
    seen: dict[int, Seen] = {}
    for _piece in range(PIECES):
        mine = make.held(attacker, project)
        facts = offered(mine)
        seen[mine.pk] = Seen(mine.kind == Assignment.Kind.GOLD, frozenset(facts), facts)
        assert mine.token
        submission.submit(mine, attacker, mine.token, make.MARIA)
    for entry in earnings.entries(attacker, project.organization)[0]:
        waits = (entry.until - entry.annotation.at).total_seconds() if entry.until else -1.0
        seen[entry.annotation.assignment_id].facts["seconds to correct it"] = round(waits)
    return list(seen.values())


def offered(mine: Assignment) -> dict[str, float]:
    """The copilot's message as the page gets it, in numbers, and what of it is wrong; or that it doesn't help here."""
    assert mine.tasker and mine.token
    try:
        binding = bind(mine.tasker.pk, mine.public_id, mine.token)
    except CopilotError:
        return {"helped": 0.0}
    offers = replies.span_offers(binding, SPACY, FOUND, 9)
    message = json.loads(protocol.dump(replies.spans(Prompt("p", text=True), SPACY, offers, 9)))
    wrong = [at for at, one in enumerate(message["spans"]) if (one["start"], one["end"], one["label"]) not in RIGHT]
    facts = dict(measured(message)) | {"helped": 1.0, "wrong": float(len(wrong))}
    return facts | ({"which is wrong": float(wrong[0])} if wrong else {})


def told(worlds: Sequence[Sequence[Seen]]) -> dict[str, Interval]:
    """What an attacker makes of it: among the planted errors, and among the rest."""
    planted = [[one for one in world if one.facts.get("wrong")] for world in worlds]
    rest = [[one for one in world if not one.facts.get("wrong")] for world in worlds]
    coin = [sum(one.gold for one in world) / len(world) for world in planted if world]
    assert len(coin) > len(worlds) // 2
    return (
        {COIN: interval(coin)}
        | {f"planted: {name}": at for name, at in intervals(planted).items()}
        | {f"not planted: {name}": at for name, at in intervals(rest).items() if name != "helped"}
    )


def worlds_of(project: Project, number: int) -> list[list[Seen]]:
    make.tasks(project.batches.get(), number * PIECES)
    return [world(project) for _world in range(number)]


@pytest.mark.parametrize("worlds", [FEW, MANY])
def test_nobody_tells_gold_by_what_is_suggested_better_than_chance(project, record_property, worlds) -> None:
    def intervals_of(_attempt: int) -> dict[str, Interval]:
        found = told(worlds_of(project, worlds))
        record_property("channels", len(found))
        record_property("farthest from .5", farthest(found))
        return found

    assert not winners(intervals_of), "what an attacker tells gold by"


def test_the_attacker_wins_where_gold_alone_shows_planted_errors(project, monkeypatch) -> None:
    """What was so before."""
    monkeypatch.setattr(gold_dealing, "left_out", lambda *_terms: None)
    low, high = told(worlds_of(project, 5))[COIN]
    assert low > 0.5, (low, high)
