"""Somebody who wants to know which of their tasks are gold, and looks at everything that Tandem sends them.

Some worlds are drawn and worked through; what is seen of each task becomes numbers, each a channel of its own. A
channel that orders gold and work better than chance in a world has an area under its curve (AUC) other than a half. The
attacker wins where the 99 % interval of the mean over all worlds leaves the half out; to keep chance from failing the
test, only who wins three times in a row with new worlds has won.

Further channels: give `Seen.facts` more numbers in `_work_through`. Planted errors are played for in
tests/assist/test_gold_suggestions.py; moments, money and standing in test_gold_moments.py.
"""

import json
import math
import random
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from projects import queue
from projects.data import importing
from projects.data.reading.rows import Known, Row
from projects.models import Annotation, Asset, Assignment, Correctable, Project, Task
from projects.queue import RequestedTask, broken, complete
from projects.queue.clock import Clock
from projects.reports import earnings
from projects.web.annotator import work_json
from projects.workflow import corrections, submission
from projects.workforce import rules
from taskers.models import Person
from taskers.models.people import Role
from tests.support import make
from tests.support.projects.attackers import FEW, LIKELY, MANY, Interval, Seen, farthest, intervals, measured, winners

# Each world in transactions of its own: one long one would hold up the readers of the outbox in the tests beside.
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

STEPS = 20
REPORTED = 0.4  # of what she gets; the rest is handed in
TURNS = 3  # of a worker that sees to what can't be corrected any more
ANEW = make.spans((0, 3))
WORK, GOLD = 26, 14  # rows of a file; more gold than anybody is dealt
ROW = "Row {number} of the harbour's log: Maria Lopez visited Oslo."


@pytest.mark.parametrize("terms", [{}, {"depth_first": True}], ids=["breadth", "depth"])
@pytest.mark.parametrize("number_of_worlds", [FEW, MANY])
def test_nobody_tells_gold_from_work_better_than_chance(cast, record_property, number_of_worlds, terms) -> None:
    """Order, ids, addresses, names, prefetch: everything in the studio's JSON; reports; corrections."""

    def intervals_of(attempt: int) -> dict[str, Interval]:
        worlds = [_world(cast, random.Random(f"{attempt}/{number}"), **terms) for number in range(number_of_worlds)]
        gold, work = ({one.paths for world in worlds for one in world if one.gold is what} for what in (True, False))
        assert len(gold) == 1 and gold == work, "the same fields in the same places"
        found = intervals(worlds)
        record_property("channels", len(found))
        record_property("farthest from .5", farthest(found))
        return found

    assert not winners(intervals_of), "what an attacker tells gold by"


@pytest.mark.torture
def test_the_attacker_wins_where_work_comes_in_the_files_order_under_its_names(cast) -> None:
    """As it was seen: ordinary work ascends and gold doesn't. So the test above isn't blind."""
    worlds = [_world(cast, random.Random(f"file order/{number}"), shuffled=False) for number in range(15)]
    low, high = intervals(worlds, LIKELY)["content on its longest ascent"]
    assert high < 0.5 or low > 0.5, (low, high)


def test_the_attacker_wins_where_gold_cannot_be_corrected(cast, monkeypatch) -> None:
    monkeypatch.setattr(complete, "ALIKE", ("judge",))
    worlds = [_world(cast, random.Random(f"no correction/{number}")) for number in range(8)]
    low, high = intervals(worlds, LIKELY)["piece: may be corrected"]
    assert high < 0.5, (low, high)


def _world(cast, dice: random.Random, *, shuffled: bool = True, depth_first: bool = False) -> list[Seen]:
    """A file with gold among its rows, loaded as a manager does; the attacker and a neighbour work through it."""
    project = make.project(
        cast.riverside, f"Log {uuid4()}", wanted=1, copilot=False, correction_minutes=30, depth_first=depth_first
    )
    rules.change(project, cast.mina, gold_share=0.3, reports_share=1.0, reports_daily=100)
    batch = make.batch(project)
    kinds = [True] * GOLD + [False] * WORK
    dice.shuffle(kinds)
    rows = [_row(number, gold) for number, gold in enumerate(kinds)]
    assert sum(done.loaded for done in importing.load(batch, rows, by=cast.mina)) == len(rows)
    picture, _made = Asset.objects.get_or_create(
        organization=cast.riverside, sha256="0" * 64, size=1, media_type="image/png", width=9, height=9
    )
    Task.objects.filter(batch=batch).update(asset=picture)
    if not shuffled:
        make.in_order(Task.objects.filter(batch=batch).order_by("pk"))
    attacker, neighbour = (make.person(f"{who}{uuid4().hex[:8]}", cast.riverside, Role.TASKER) for who in "an")
    return _work_through(project, attacker, neighbour, dice)


def _row(number: int, gold: bool) -> Row:
    text = ROW.format(number=number)
    at = text.index("Maria")
    known = Known(make.spans((at, at + 11))) if gold else None
    fields = {"text": text, "meta": {"file": f"log-{number:04}.txt"}}
    return Row(f"line {number}", f"log-{number:04}", fields, known=known)


def _work_through(project: Project, attacker: Person, neighbour: Person, dice: random.Random) -> list[Seen]:
    """The attacker asks for what is ahead, hands in or reports, and brings the wish along, as the studio does."""
    page, seen, handed_in = Client(), list[Seen](), dict[Annotation, Seen]()
    page.force_login(attacker)
    mine, wish = make.held(attacker, project), None
    for _step in range(STEPS):
        facts = dict(measured(work_json.assignment_json(mine, attacker)))
        one = Seen(mine.kind == Assignment.Kind.GOLD, frozenset(facts), facts)
        one.facts["content"] = float(mine.task.payload["text"].split()[1])  # what the attacker reads
        if wish:
            one.facts["comes as it was foreseen"] = float(mine.task.public_id == wish.task)
        seen.append(one)
        if dice.random() < 0.3:
            make.judged(neighbour, project, make.spans())
        ahead = queue.look_ahead(mine, attacker, [project])
        one.facts["something is ahead"] = float(ahead is not None)
        wish = RequestedTask(ahead.task.public_id, ahead.signature) if ahead else None
        may_report = len(seen) - len(handed_in) <= broken.FIRST_FEW + len(handed_in)
        if may_report and dice.random() < REPORTED:
            one.facts |= _reported(page, mine, wish)
        else:
            assert mine.token
            handed_in[submission.submit(mine, attacker, mine.token, make.spans())] = one
        following = queue.claim(attacker, project, requested=wish)
        assert isinstance(following, Assignment), following
        one.facts["what comes next is as foreseen"] = float(wish is not None and following.task.public_id == wish.task)
        assert following.task_id != mine.task_id
        mine = following
    _corrected(page, attacker, project, handed_in)
    return _ordered(seen)


def _reported(page: Client, mine: Assignment, wish: RequestedTask | None) -> dict[str, float]:
    """What answers a report that brings the wish along, and one more of the same work."""
    ahead = {"requested": {"task": str(wish.task), "signature": wish.signature}} if wish else {}
    first, again = (_asked(page, "studio-report", mine, note="It is cut off.", **ahead) for _time in range(2))
    return {
        "reported: status": float(first.status_code),
        "reported: values": float(len(dict(measured(first.json())))),
        "reported again: status": float(again.status_code),
        "reported again: size": float(len(again.content)),
    }


def _corrected(page: Client, attacker: Person, project: Project, handed_in: dict[Annotation, Seen]) -> None:
    """What there is of correcting each piece of work: its page, the work as it comes back, what is said to a correction
    and to leaving it be; and once the time of some is over, when each is decided and what it earned."""
    for number, (annotation, one) in enumerate(handed_in.items()):
        shown = page.get(reverse("my-work-piece", args=[annotation.public_id])).content.decode()
        one.facts["piece: may be corrected"] = float(reverse("my-work-correct", args=[annotation.public_id]) in shown)
        claimed = page.post(reverse("correct-claim", args=[annotation.public_id]), "{}", "application/json").json()
        one.facts["correction: values"] = float(len(dict(measured(claimed))))
        if mine := claimed.get("assignment"):
            lasts = datetime.fromisoformat(mine["deadline"]) - annotation.at
            one.facts["correction: seconds"] = float(round(lasts.total_seconds()))
        told = _asked(page, ("correct-submit", "correct-skip")[number % 2], annotation.assignment, answer=ANEW)
        one.facts["correction: answer"] = float(told.status_code + len(dict(measured(told.json()))))
    works = [(annotation.assignment_id, one) for annotation, one in handed_in.items()]
    correctable = {key for key, one in works if one.facts["piece: may be corrected"]}
    for turn in range(TURNS):
        over = dict(works[: math.ceil(len(works) * (turn + 1) / TURNS)])
        Correctable.objects.filter(assignment__in=over).update(until=Clock())
        corrections.catch_up()
        listed, _before = earnings.entries(attacker, project.organization)
        decided = {entry.annotation.assignment_id: entry for entry in listed if entry.decision}
        for key, one in over.items():
            one.facts["over: turns undecided"] = one.facts.get("over: turns undecided", 0.0) + (key not in decided)
            one.facts["over: earned"] = float(decided[key].earned) if key in decided else -1.0
        assert correctable & decided.keys() <= over.keys(), "nothing that may be corrected is decided before"


def _asked(page: Client, name: str, mine: Assignment, **body: object) -> Any:
    said = json.dumps(body | {"token": str(mine.token)})
    return page.post(reverse(name, args=[mine.public_id]), said, "application/json")


def _ordered(seen: list[Seen]) -> list[Seen]:
    """With how each task lies in the order of every value that differs: above the one before, and on the longest ascent
    of them all."""
    for name in sorted({name for one in seen for name in one.facts}):
        values = [one.facts.get(name, 0.0) for one in seen]
        if len(set(values)) > 2:
            for at, (one, on_it) in enumerate(zip(seen, _on_the_longest_ascent(values), strict=True)):
                one.facts[f"{name} above the one before"] = float(at > 0 and values[at] > values[at - 1])
                one.facts[f"{name} on its longest ascent"] = float(on_it)
    return seen


def _on_the_longest_ascent(values: Sequence[float]) -> list[bool]:
    chains: list[list[int]] = []  # the longest that ends at each place
    for at, value in enumerate(values):
        best = max((chain for chain in chains if values[chain[-1]] < value), key=len, default=[])
        chains.append([*best, at])
    longest = set(max(chains, key=len))
    return [at in longest for at in range(len(values))]
