"""In-house: people get what is on their list, one may open a task by its name, and the promises hold as in the pool."""

from collections import Counter

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from projects import queue
from projects.errors import HoldsAnother, NotAllowedNow, NotFree, NotListed, Refused
from projects.models import Assignment, BulkAction, Project, Reservation, Task
from projects.quality import consensus
from projects.queue import Nothing, work_lists
from projects.reports import stalls
from projects.workflow import bulk_actions, submission, task_actions
from projects.workforce import availability, rules
from taskers.errors import StateConflict
from taskers.models import Person, Skill
from taskers.skills import skills
from tests.support import make
from tests.support.projects.leases import run_out
from tests.support.projects.managing import signed_in
from tests.support.projects.pipeline import Api

pytestmark = pytest.mark.django_db


@pytest.fixture
def project(cast) -> Project:
    made = make.project(cast.riverside, wanted=1)
    rules.change(made, cast.mina, mode="lists")
    return made


@pytest.fixture
def tasks(project) -> list[Task]:
    return make.tasks(make.batch(project), 4)


def listed(task: Task, *people: Person, teams: tuple[Skill, ...] = ()) -> None:
    with transaction.atomic():
        work_lists.put_on(queue.lock(task.pk), people, teams, by=None)


def hand_in(mine: Assignment) -> None:
    submission.submit(mine, mine.tasker, mine.token, make.MARIA)


def test_alice_gets_what_is_on_her_list_in_its_order_and_bob_nothing(cast, project, tasks) -> None:
    listed(tasks[2], cast.alice)
    listed(tasks[0], cast.alice)
    assert queue.claim(cast.bob, project).code == "nothing-listed"
    first = queue.claim(cast.alice, project)
    assert first.task == tasks[2] and first.rate == 50_000
    assert queue.claim(cast.alice, project) == first, "two tabs show the same task"
    hand_in(first)
    second = queue.claim(cast.alice, project, done=first)
    assert second.task == tasks[0]
    hand_in(second)
    assert queue.claim(cast.alice, project).code == "nothing-listed"
    assert not Reservation.objects.filter(over_at=None).exists(), "what is done is looked at no more"
    assert queue.audit().breaches == []


def test_what_she_gives_back_or_lets_run_out_is_on_her_list_again(cast, project, tasks) -> None:
    listed(tasks[1], cast.alice)
    mine = queue.claim(cast.alice, project)
    queue.release(mine, cast.alice, mine.token)
    again = queue.claim(cast.alice, project)
    run_out(again)
    queue.expire_due()
    third = queue.claim(cast.alice, project)
    assert {again.task, third.task} == {tasks[1]} and third != again
    queue.skip(third, cast.alice, third.token, reason="unclear")
    assert queue.claim(cast.alice, project).code == "nothing-listed"
    assert queue.audit().breaches == []


def test_a_team_shares_a_list_and_each_task_of_it_is_done_once(cast, project, tasks) -> None:
    north = skills.define(cast.riverside, "North")
    for one in (cast.alice, cast.bob):
        skills.grant(one, north, by=cast.mina)
    listed(tasks[0], teams=(north,))
    listed(tasks[1], cast.bob, teams=(north,))
    mine, his = queue.claim(cast.alice, project), queue.claim(cast.bob, project)
    assert (mine.task, his.task) == (tasks[0], tasks[1])
    hand_in(mine)
    assert isinstance(queue.claim(cast.alice, project), Nothing)
    assert isinstance(queue.claim(cast.carol, project), Nothing), "who isn't in the team has nothing of it"
    hand_in(his)
    assert queue.audit().breaches == []


def test_many_entries_that_others_did_are_passed(cast, project) -> None:
    """What was decided is tidied away by whoever comes by next."""
    found = make.tasks(make.batch(project, "Long"), 7)
    for one in found:
        listed(one, cast.alice, cast.bob)
    for _time in range(6):
        hand_in(queue.claim(cast.bob, project))
    assert queue.claim(cast.alice, project).task == found[6]


def test_a_paused_batch_is_on_nobodys_list_meanwhile(cast, project, tasks) -> None:
    listed(tasks[0], cast.alice)
    project.batches.update(state="paused")
    assert isinstance(queue.claim(cast.alice, project), Nothing)
    project.batches.update(state="live")
    assert queue.claim(cast.alice, project).task == tasks[0]


def test_one_opens_a_task_of_her_list_by_name_and_no_other(cast, project, tasks) -> None:
    listed(tasks[3], cast.alice)
    listed(tasks[1], cast.alice)
    mine = queue.claim_named(cast.alice, tasks[1])
    assert mine.task == tasks[1] and queue.claim(cast.alice, project) == mine
    assert queue.claim_named(cast.alice, tasks[1]) == mine
    with pytest.raises(HoldsAnother):
        queue.claim_named(cast.alice, tasks[3])
    with pytest.raises(NotListed):
        queue.claim_named(cast.bob, tasks[1])
    hand_in(mine)
    with pytest.raises(NotFree):
        queue.claim_named(cast.alice, tasks[1])


def test_a_group_is_taken_by_name_under_one_token_and_nothing_of_it_twice(cast, project, tasks) -> None:
    wanted = [tasks[at].pk for at in (3, 0, 2, 1)]
    with pytest.raises(NotListed):
        queue.claim_named_group(cast.alice, project, wanted, 3)
    rules.change(project, cast.mina, mode="choice")
    theirs = queue.claim_named(cast.bob, tasks[0])
    elsewhere = make.task(make.batch(make.project(cast.riverside, "Another")))
    mine = queue.claim_named_group(cast.alice, project, [elsewhere.pk, *wanted], 2)
    assert {one.task_id for one in mine} == {tasks[3].pk, tasks[2].pk}, "in their order, but for what Bob has"
    assert len({one.token for one in mine}) == 1 and {one.tasker_id for one in mine} == {cast.alice.pk}
    assert queue.claim_named_group(cast.alice, project, wanted, 4) == mine, "another tab shows the same"
    assert queue.claim_named(cast.alice, tasks[2]) in mine
    with pytest.raises(HoldsAnother):
        queue.claim_named_group(cast.alice, project, [tasks[1].pk], 4)
    with pytest.raises(NotFree):
        queue.claim_named_group(cast.carol, project, [tasks[0].pk, tasks[3].pk], 4)
    make.tasks(project.batches.get(), 3)
    rules.change(project, cast.mina, daily_tasks=2)
    every = list(Task.objects.filter(project=project).order_by("pk").values_list("pk", flat=True))
    assert len(queue.claim_named_group(cast.carol, project, every, 9)) == 2, "the day has no more"
    assert theirs.task == tasks[0] and queue.audit().breaches == []


def test_reviewers_open_any_free_task_and_taskers_where_the_project_lets_them(cast, project, tasks) -> None:
    listed(tasks[0], cast.alice)
    theirs = queue.claim_named(cast.rita, tasks[0])
    assert isinstance(queue.claim(cast.alice, project), Nothing), "it was free, and is the reviewer's now"
    queue.release(theirs, cast.rita, theirs.token)
    rules.change(project, cast.mina, mode="choice")
    assert queue.claim_named(cast.bob, tasks[2]).task == tasks[2]
    assert queue.claim(cast.alice, project).task == tasks[0]
    rules.exclude(cast.carol, reason="Away", by=cast.mina, project=project)
    with pytest.raises(NotAllowedNow, match="Away"):
        queue.claim_named(cast.carol, tasks[3])
    rules.change(project, cast.mina, mode="pool")
    with pytest.raises(NotListed):
        queue.claim_named(cast.rita, tasks[1])
    assert queue.claim(cast.carol, make.project(cast.riverside, "Another")).code == "empty"
    assert queue.audit().breaches == []


def test_a_reopened_task_is_on_its_lists_again(cast, project, tasks) -> None:
    listed(tasks[0], cast.alice, cast.bob)
    hand_in(queue.claim(cast.alice, project))
    assert isinstance(queue.claim(cast.bob, project), Nothing)
    consensus.reopen(tasks[0], by=cast.mina)
    assert queue.claim(cast.bob, project).task == tasks[0]


def test_work_of_any_project_begins_with_ones_list_and_goes_on_with_the_pool(cast, project, tasks) -> None:
    pool = make.project(cast.riverside, "Pool", wanted=1)
    make.tasks(make.batch(pool, "Pooled"), 1)
    listed(tasks[0], cast.alice)
    first = queue.claim_any(cast.alice, cast.riverside, [pool, project])
    assert first.task == tasks[0]
    hand_in(first)
    assert queue.claim_any(cast.alice, cast.riverside, [pool, project]).task.project == pool


def test_no_gold_is_mixed_into_lists_and_what_is_open_is_said(cast, project, tasks) -> None:
    rules.change(project, cast.mina, gold_share=0.5)
    listed(tasks[0], cast.alice)
    listed(tasks[1], cast.alice)
    stands = availability.of(cast.alice, [project])[project.pk]
    assert (stands.left.tasks, stands.left.whole, stands.nothing) == (2, True, None)
    assert stands.terms.gold_share == 0
    assert availability.of(cast.bob, [project])[project.pk].nothing.code == "nothing-listed"
    assert queue.peek(queue.claim(cast.alice, project)) == []


# --- pages, programs, many at once --------------------------------------------------------------------------------


def run(action: BulkAction) -> BulkAction:
    while bulk_actions.go_on(action.pk) == bulk_actions.PIECE:
        pass
    action.refresh_from_db()
    return action


def test_mina_shares_tasks_out_evenly_from_the_browser_and_takes_it_back(cast, project, tasks) -> None:
    mina = signed_in(cast.mina)
    sent = {"which": "all", "query": "", "verb": "list", "lists": "alice@example.org, bob@example.org", "how": "turns"}
    page = mina.post(reverse("bulk-preview", args=[project.public_id]), sent).content.decode()
    assert "4 tasks are meant" in page and "alice@example.org, bob@example.org" in page
    mina.post(reverse("bulk-start", args=[project.public_id]), sent)
    action = run(BulkAction.objects.get())
    assert (action.done, action.skipped) == (4, 0)
    shares = Counter(Reservation.objects.values_list("person__name", flat=True))
    assert shares == {"Alice": 2, "Bob": 2}
    again = run(bulk_actions.start(project, "list", [tasks[0].pk], by=cast.mina, terms=action.terms))
    assert again.faults[0]["code"] == "listed"
    run(bulk_actions.undo(action, by=cast.mina))
    assert not Reservation.objects.exists()


def test_undoing_brings_lists_back_as_they_were(cast, project, tasks) -> None:
    listed(tasks[0], cast.carol)
    both = {"people": [str(cast.alice.public_id), str(cast.carol.public_id)]}
    off = run(bulk_actions.start(project, "unlist", [tasks[0].pk, tasks[1].pk], by=cast.mina, terms=both))
    assert (off.done, off.faults[0]["code"]) == (1, "not-listed")
    run(bulk_actions.undo(off, by=cast.mina))
    assert [one.person for one in Reservation.objects.all()] == [cast.carol]


@pytest.mark.parametrize("terms", [{}, {"people": []}, {"teams": ["nobody"], "how": "often"}])
def test_lists_need_somebody_and_a_way(cast, project, tasks, terms) -> None:
    with pytest.raises(Refused):
        bulk_actions.start(project, "list", [tasks[0].pk], by=cast.mina, terms=terms)


def test_nobody_from_elsewhere_is_put_on_a_list(cast, project, tasks) -> None:
    terms = {"people": [str(cast.ned.public_id)]}
    with pytest.raises(StateConflict, match=f"Not found here: {cast.ned.public_id}"):
        bulk_actions.start(project, "list", [tasks[0].pk], by=cast.mina, terms=terms)
    assert not Reservation.objects.exists()


def test_alice_looks_at_her_list_and_opens_the_second_of_it(cast, project, tasks) -> None:
    listed(tasks[0], cast.alice)
    listed(tasks[2], cast.alice)
    alice = signed_in(cast.alice)
    assert reverse("my-list", args=[project.public_id]) in alice.get(reverse("home")).content.decode()
    with CaptureQueriesContext(connection) as queries:
        page = alice.get(reverse("my-list", args=[project.public_id])).content.decode()
    assert len(queries) <= 10
    assert page.count("Maria Lopez") == 2 and tasks[1].code not in page
    went = alice.post(reverse("my-list-open", args=[project.public_id]), {"task": tasks[2].public_id})
    assert went.url == reverse("studio", args=[project.public_id])
    assert Assignment.objects.get(state="held").task == tasks[2]
    refused = alice.post(reverse("my-list-open", args=[project.public_id]), {"task": tasks[0].public_id}, follow=True)
    assert "another task of this project in hand" in refused.content.decode()


def test_rita_who_reviews_may_do_a_task_herself_where_people_work_by_list(cast, project, tasks) -> None:
    rita = signed_in(cast.rita)
    page = rita.get(reverse("my-list", args=[project.public_id])).content.decode()
    assert all(one.code in page for one in tasks)
    rita.post(reverse("my-list-open", args=[project.public_id]), {"task": tasks[1].public_id})
    assert rita.get(reverse("studio", args=[project.public_id])).status_code == 200
    pool = make.project(cast.riverside, "Pool")
    assert rita.get(reverse("my-list", args=[pool.public_id])).status_code == 403


def test_a_program_reads_its_list_and_claims_by_name(cast, project, tasks) -> None:
    listed(tasks[1], cast.alice)
    alice = Api(cast.alice, cast.riverside)
    told = alice.get("work-list", project.public_id).json()
    assert [(one["task"], one["opens"]) for one in told["results"]] == [(str(tasks[1].public_id), True)]
    claimed = alice.post("claim-named", project.public_id, body={"task": str(tasks[1].public_id)}).json()
    assert claimed["assignment"]["task"]["id"] == str(tasks[1].public_id)
    refusal = alice.post("claim-named", project.public_id, body={"task": str(tasks[0].public_id)})
    assert (refusal.status_code, refusal.json()["code"]) == (409, "holds-another")


def test_mina_finds_what_is_on_bobs_list_and_on_nobodys(cast, project, tasks) -> None:
    listed(tasks[1], cast.bob)
    mina, address = signed_in(cast.mina), reverse("tasks", args=[project.public_id])
    found = {
        said: [
            one.external_id for one in tasks if f">{one.external_id}<" in mina.get(f"{address}?{said}").content.decode()
        ]
        for said in ("list=bob@example.org", "list=nobody", "state=open&list=nobody", "list=x@example.org")
    }
    others = [one.external_id for one in (tasks[0], tasks[2], tasks[3])]
    assert found == {
        "list=bob@example.org": [tasks[1].external_id],
        "list=nobody": others,
        "state=open&list=nobody": others,
        "list=x@example.org": [],
    }


def test_what_is_over_goes_on_no_list_and_the_preview_says_so(cast, project, tasks) -> None:
    done(tasks[0], cast.bob)
    Reservation.objects.all().delete()
    task_actions.cancel(tasks[1], by=cast.mina)
    mina = Api(cast.mina, cast.riverside)
    body = {"verb": "list", "people": [str(cast.alice.public_id)], "filter": {}}
    told = mina.post("bulk", project.public_id, body=body | {"dry_run": True}).json()
    assert (told["would"], told["left"]) == (2, {"decided": 1, "cancelled": 1})
    mina.post("bulk", project.public_id, body=body)
    action = run(BulkAction.objects.get())
    assert sorted(one["code"] for one in action.faults) == ["already-decided", "cancelled"]
    assert set(Reservation.objects.values_list("task", flat=True)) == {tasks[2].pk, tasks[3].pk}


def done(task: Task, tasker: Person) -> None:
    listed(task, tasker)
    hand_in(queue.claim_named(tasker, task))


def test_the_list_of_somebody_who_may_not_work_there_is_nobodys_for_the_page_and_the_browser(
    cast, project, tasks
) -> None:
    listed(tasks[0], cast.bob)
    listed(tasks[1], cast.alice)
    rules.exclude(cast.bob, project=project, reason="A break.", by=cast.mina)
    address = reverse("tasks", args=[project.public_id]) + "?state=open&list=nobody"
    assert stalls.look(project).unlisted == 3
    page = signed_in(cast.mina).get(address).content.decode()
    assert [one for one in tasks if f">{one.external_id}<" in page] == [tasks[0], tasks[2], tasks[3]]


def test_a_list_shows_what_tasks_are_about_with_ones_own_marks_and_nobody_elses(cast, project) -> None:
    task = make.task(make.batch(project), wanted=2)
    listed(task, cast.alice)
    done(task, cast.bob)
    address = reverse("my-list", args=[project.public_id])
    seen = {one: signed_in(one).get(address) for one in (cast.alice, cast.bob)}
    looks = {one: page.context["view"] for one, page in seen.items()}
    marks = {one: view["tasks"][str(task.public_id)]["answer"].get("spans", []) for one, view in looks.items()}
    assert marks[cast.alice] == [] and [(one["start"], one["label"]) for one in marks[cast.bob]] == [(0, "person")]
    assert "person" in looks[cast.bob]["labels"]
    assert f'data-look="{task.public_id}"' in seen[cast.alice].content.decode()


def test_what_is_on_nobodys_list_is_told_with_its_remedy(cast, project, tasks) -> None:
    listed(tasks[1], cast.bob)
    assert stalls.look(project).unlisted == 3
    page = signed_in(cast.mina).get(reverse("project", args=[project.public_id])).content.decode()
    assert "3 open tasks are on nobody" in page and "list=nobody" in page
    rules.change(project, cast.mina, mode="pool")
    assert stalls.look(project).unlisted == 0
