"""Work by list, as hard as the pool: caps, courses, long lists, what others lock, and what was over and comes back."""

import random

import pytest
from django.db import transaction
from django.urls import reverse

from projects import queue
from projects.models import Assignment, BulkAction, Project, Reservation, Task
from projects.queue import Nothing, list_sql, take, work_lists
from projects.queue.clock import Clock
from projects.reports import stalls
from projects.workflow import bulk_actions, submission
from projects.workforce import rules
from taskers.errors import StateConflict
from taskers.models import Membership, Person, Skill
from taskers.skills import skills
from tests.support import make
from tests.support.projects.courses import course
from tests.support.projects.managing import signed_in
from tests.support.projects.pipeline import Api

pytestmark = pytest.mark.django_db


@pytest.fixture
def project(cast) -> Project:
    return by_list(cast, "Listed")


@pytest.fixture
def tasks(project) -> list[Task]:
    return make.tasks(make.batch(project), 7)


@pytest.fixture
def north(cast) -> Skill:
    """A team: Alice and Bob."""
    made = skills.define(cast.riverside, "North")
    for one in (cast.alice, cast.bob):
        skills.grant(one, made, by=cast.mina)
    return made


@pytest.fixture
def short_looks(monkeypatch) -> None:
    """One look at a list takes in two entries."""
    for name in ("TAKE_LISTED", "PASSED"):
        text = getattr(list_sql, name)
        assert f"LIMIT {list_sql.LOOKED}" in text
        monkeypatch.setattr(list_sql, name, text.replace(f"LIMIT {list_sql.LOOKED}", "LIMIT 2"))
    monkeypatch.setattr(list_sql, "LOOKED", 2)


def by_list(cast, name: str, **terms) -> Project:
    made = make.project(cast.riverside, name, wanted=1)
    rules.change(made, cast.mina, mode="lists", **terms)
    return made


def listed(task: Task, *people: Person, teams: tuple[Skill, ...] = ()) -> None:
    with transaction.atomic():
        work_lists.put_on(queue.lock(task.pk), people, teams, by=None)


def done(tasker: Person, project: Project) -> Task:
    """The next of somebody's list, handed in."""
    mine = make.held(tasker, project)
    submission.submit(mine, tasker, mine.token, make.MARIA)
    return mine.task


def test_a_grid_of_a_list_holds_no_more_than_the_day_has_room_for(cast, project, tasks) -> None:
    rules.change(project, cast.mina, daily_tasks=3)
    for one in tasks:
        listed(one, cast.alice)
    assert done(cast.alice, project) == tasks[0]
    assert {one.task for one in queue.claim_group(cast.alice, project, 24)} == {*tasks[1:3]}


def test_no_list_passes_by_a_course_when_work_of_any_project_is_asked_for(cast, project, tasks) -> None:
    trained = by_list(cast, "Trained")
    batch = make.batch(trained, "Later")
    course(batch, skills.define(cast.riverside, "Course"), cast)
    theirs = make.task(batch)
    listed(theirs, cast.alice, cast.bob)
    both = [project, trained]
    first = queue.claim_any(cast.alice, cast.riverside, both)
    assert (first.task.project, first.kind) == (trained, "training"), "her other list is empty"
    pool = make.project(cast.riverside, "Pool", wanted=1)
    make.tasks(make.batch(pool, "Pooled"), 1)
    assert queue.claim_any(cast.bob, cast.riverside, [pool, *both]).task.project == pool
    assert Assignment.objects.get(task=theirs).state == "open"


def test_entries_that_are_over_hide_none_behind_them(cast, project, tasks, short_looks) -> None:
    for one in tasks:
        listed(one, cast.alice, cast.bob)
    for one in tasks[:2]:
        assert done(cast.bob, project) == one
    assert queue.claim(cast.alice, project).task == tasks[2]
    assert Reservation.objects.filter(person=cast.alice, over_at=None).count() == 5


def test_a_teams_list_goes_on_behind_all_that_others_still_owe(cast, project, north, short_looks, monkeypatch) -> None:
    """Three looks see less than what she did already, however long she goes on."""
    monkeypatch.setattr(take, "LIST_STRIDES", 3)
    tasks = make.tasks(make.batch(project, "Twice"), 12, wanted=2)
    for one in tasks:
        listed(one, teams=(north,))
    assert [done(cast.alice, project) for _each in tasks] == tasks
    assert Reservation.objects.filter(over_at=None).count() == 12, "Bob owes them"
    nothing = queue.claim(cast.alice, project)
    assert (nothing.code, nothing.retry_seconds) == ("ask-again", take.LIST_PAUSE), "not all of it was looked at"
    monkeypatch.setattr(take, "LIST_STRIDES", 50)
    assert queue.claim(cast.alice, project).code == "nothing-listed"


def test_what_comes_back_far_behind_is_found_from_anywhere(cast, project, north, short_looks, monkeypatch) -> None:
    monkeypatch.setattr(take, "LIST_STRIDES", 4)
    skills.grant(cast.carol, north, by=cast.mina)
    tasks = make.tasks(make.batch(project, "Twice"), 12, wanted=2)
    for one in tasks:
        listed(one, teams=(north,))
    in_hand = [queue.claim_named(one, tasks[5]) for one in (cast.bob, cast.carol)]
    assert [done(cast.alice, project) for _each in tasks[1:]] == [*tasks[:5], *tasks[6:]]
    queue.release(in_hand[0], cast.bob, in_hand[0].token)
    found = (queue.claim(cast.alice, project, rng=random.Random(draw)) for draw in range(20))
    assert next(one.task for one in found if not isinstance(one, Nothing)) == tasks[5]


@pytest.mark.parametrize("reason", ["banned", "lacks a skill", "owes a course"])
def test_nobody_reads_lists_or_what_is_free_who_may_not_work_there(cast, project, tasks, reason) -> None:
    rules.change(project, cast.mina, mode="choice")
    listed(tasks[0], cast.alice)
    skill = skills.define(cast.riverside, "Ports")
    match reason:
        case "banned":
            rules.exclude(cast.alice, reason="Away", by=cast.mina, project=project)
        case "lacks a skill":
            rules.ask_for(project, skill, by=cast.mina)
        case "owes a course":
            course(project.batches.get(), skill, cast)
    page = signed_in(cast.alice).get(reverse("my-list", args=[project.public_id])).content.decode()
    assert "Maria Lopez" not in page
    why = {"banned": "Away", "lacks a skill": "Ports", "owes a course": "begins with a course"}[reason]
    assert why in page
    told = Api(cast.alice, cast.riverside).get("work-list", project.public_id)
    assert told.status_code == 409 and why in told.json()["detail"]


def test_what_was_over_is_put_on_a_list_again_and_a_restored_task_by_itself(cast, project, tasks) -> None:
    listed(tasks[0], cast.alice, cast.bob)
    done(cast.bob, project)
    assert all(isinstance(queue.claim(one, project), Nothing) for one in (cast.alice, cast.bob))
    assert not Reservation.objects.filter(over_at=None).exists()
    listed(tasks[0], cast.alice, cast.carol)
    assert set(Reservation.objects.filter(over_at=None).values_list("person__name", flat=True)) == {"Alice", "Carol"}
    assert Reservation.objects.count() == 3
    with pytest.raises(StateConflict, match="already"):
        listed(tasks[0], cast.carol)
    Reservation.objects.update(over_at=Clock())
    queue.withhold(tasks[1], "held")
    listed(tasks[1], cast.bob)
    Reservation.objects.update(over_at=Clock())
    queue.restore(tasks[1])
    assert queue.claim(cast.bob, project).task == tasks[1]


def test_undoing_leaves_what_others_put_on_meanwhile(cast, project, tasks) -> None:
    ids = {one: str(getattr(cast, one).public_id) for one in ("alice", "bob", "carol")}
    listed(tasks[0], cast.carol)
    on = whole(bulk_actions.start(project, "list", [tasks[0].pk], by=cast.mina, terms={"people": [*ids.values()][:2]}))
    listed(tasks[0], cast.rita)
    whole(bulk_actions.undo(on, by=cast.mina))
    assert names_on(tasks[0]) == ["Carol", "Rita"]
    off = whole(bulk_actions.start(project, "unlist", [tasks[0].pk], by=cast.mina, terms={"people": [ids["carol"]]}))
    with transaction.atomic():
        work_lists.take_off(queue.lock(tasks[0].pk), [cast.rita], by=None)
    listed(tasks[0], cast.bob)
    whole(bulk_actions.undo(off, by=cast.mina))
    assert names_on(tasks[0]) == ["Bob", "Carol"]


def whole(action: BulkAction) -> BulkAction:
    while bulk_actions.go_on(action.pk) == bulk_actions.PIECE:
        pass
    action.refresh_from_db()
    assert action.faults == []
    return action


def names_on(task: Task) -> list[str]:
    return sorted(Reservation.objects.filter(task=task).values_list("person__name", flat=True))


def test_only_a_list_of_somebody_who_may_work_there_counts(cast, project, tasks, north) -> None:
    """Alice is away, and so is nobody else of her team; Carol left; Rita of the office may do tasks too."""
    listed(tasks[0], cast.alice)
    listed(tasks[1], teams=(north,))
    listed(tasks[2], cast.carol)
    listed(tasks[3], cast.rita)
    rules.exclude(cast.alice, reason="Away", by=cast.mina, project=project)
    Membership.objects.filter(person=cast.carol).delete()
    assert stalls.look(project).unlisted == 5
    rules.exclude(cast.bob, reason="Away", by=cast.mina, project=project)
    assert stalls.look(project).unlisted == 6
    rules.exclude(cast.rita, reason="Away", by=cast.mina, project=project)
    assert stalls.look(project).unlisted == 7


def test_a_misspelt_name_is_said_and_nothing_is_done(cast, project, tasks, north) -> None:
    mina = signed_in(cast.mina)
    sent = {"which": "all", "query": "", "verb": "list", "how": "each"}
    for lists in ("Alice@example.org, bne@example.org", "North, nroth", "finn@example.org"):
        for address in ("bulk-preview", "bulk-start"):
            page = mina.post(reverse(address, args=[project.public_id]), sent | {"lists": lists}, follow=True)
            assert f"Not found here: {lists.split(', ')[-1]}." in page.content.decode()
    with pytest.raises(StateConflict, match="Not found here: finance"):
        bulk_actions.start(project, "list", [tasks[0].pk], by=cast.mina, terms={"teams": [north.key, "finance"]})
    assert not BulkAction.objects.exists()
    listed(tasks[0], cast.carol)
    Membership.objects.filter(person=cast.carol).delete()
    gone = {"people": [str(cast.carol.public_id)]}
    whole(bulk_actions.start(project, "unlist", [tasks[0].pk], by=cast.mina, terms=gone))
    assert names_on(tasks[0]) == [], "who left can be taken off"


def test_what_a_hidden_field_of_lists_still_holds_hides_no_other_verbs_terms(cast, project, tasks) -> None:
    sent = {"which": "all", "query": "", "verb": "tag", "tag": "harbour", "lists": "alice@example.org"}
    page = signed_in(cast.mina).post(reverse("bulk-preview", args=[project.public_id]), sent).content.decode()
    assert '<input type="hidden" name="tag" value="harbour">' in page and "alice@example.org" not in page
