"""Drafts sent as what has changed: the same on both sides, whatever the changes, and refused when they don't fit."""

import json
import random
from pathlib import Path

import pytest

from projects import queue
from projects.errors import LeaseLost, Refused, StaleDraft
from projects.models import Draft
from projects.queue import draft_merge, drafts
from tests.support import make

CASES = json.loads((Path(__file__).parent.parent / "fixtures" / "draft_changes.json").read_text())
A, B = {"id": "a"}, {"id": "b"}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_changes_make_the_next_version_of_the_one_before(case: dict) -> None:
    assert draft_merge.applied(case["base"], case["changes"] or {}) == case["next"]


@pytest.mark.parametrize(
    "changes",
    [
        [],
        None,
        {"more": {}},
        {"drop": ["a"]},
        {"drop": {"nowhere": ["a"]}},
        {"drop": {"spans": [1]}},
        {"put": {"spans": [[0, A]]}},
        {"put": {"spans": [[None, B]]}},
        {"put": {"spans": [[7, B]]}},
        {"put": {"spans": [[-1, B]]}},
        {"put": {"spans": [[True, B]]}},
        {"put": {"spans": [[0, {"id": 3}]]}},
        {"put": {"spans": [[0, B], [0, {"id": "c"}]]}},
        {"put": {"spans": [[0, B], [1, B]]}},
        {"put": {"spans": "b"}},
        {"order": {"spans": []}},
        {"order": {"spans": ["a", "a"]}},
        {"set": [1]},
        {"unset": {"spans": 1}},
    ],
    ids=str,
)
def test_changes_that_do_not_fit_are_refused(changes: object) -> None:
    with pytest.raises(Refused, match="changes can't be put"):
        draft_merge.applied({"spans": [A]}, changes)


def test_a_thousand_steps_sent_as_changes_are_the_work_itself() -> None:
    chance = random.Random(3)
    base: list[dict] = []
    for step in range(1000):
        gone = {part["id"] for part in base if chance.random() < 0.1}
        following = [part | {"n": step} if chance.random() < 0.2 else part for part in base if part["id"] not in gone]
        new = [(chance.randint(0, len(following)), {"id": f"p{step}"})] if chance.random() < 0.7 else []
        for index, part in new:
            following.insert(index, part)
        known = {part["id"]: part for part in base}
        put = [[None, part] for part in following if part["id"] in known and known[part["id"]] != part]
        changes = {"drop": {"spans": sorted(gone)}, "put": {"spans": put + [list(row) for row in new]}}
        assert draft_merge.applied({"spans": base}, changes) == {"spans": following}
        base = following


@pytest.fixture
def mine(cast):
    project = make.project(cast.riverside)
    make.task(make.batch(project))
    return queue.claim(cast.alice, project)


@pytest.mark.django_db
def test_changes_build_on_the_version_they_name(cast, mine) -> None:
    first = {"spans": [A]}
    drafts.save(mine, cast.alice, mine.token, version=0, answer=first)
    put = {"put": {"spans": [[1, B]]}}
    assert drafts.change(mine, cast.alice, mine.token, version=1, changes=put) == 2
    with pytest.raises(StaleDraft) as stale:
        drafts.change(mine, cast.alice, mine.token, version=1, changes=put)
    assert stale.value.newest["answer"] == {"spans": [A, B]}
    assert Draft.objects.get().answer == {"spans": [A, B]}


@pytest.mark.django_db
def test_nobody_changes_work_that_is_not_theirs(cast, mine) -> None:
    drafts.save(mine, cast.alice, mine.token, version=0, answer={"spans": [A]})
    for version in (1, 9):
        with pytest.raises(LeaseLost):
            drafts.change(mine, cast.bob, mine.token, version=version, changes={})


@pytest.mark.django_db
def test_a_draft_does_not_grow_beyond_what_is_kept(cast, mine, monkeypatch) -> None:
    monkeypatch.setattr(drafts, "LARGEST", 100)
    drafts.save(mine, cast.alice, mine.token, version=0, answer={"spans": []})
    with pytest.raises(Refused, match="too large"):
        drafts.change(mine, cast.alice, mine.token, version=1, changes={"set": {"note": "x" * 200}})
