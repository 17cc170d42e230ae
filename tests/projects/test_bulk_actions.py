"""One verb for many tasks: chosen, counted, done once each however often the worker dies, and what can't be is told."""

import random
from collections import Counter

import pytest
from django.db import transaction
from django.utils import translation
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from projects import queue
from projects.models import Assignment, BulkAction, Project, Task, Verdict, VerdictGone
from projects.quality.gold import authoring, grading
from projects.queue import slots
from projects.reports import verdict_index
from projects.workflow import bulk_actions, bulk_preview, task_actions
from taskers.models import Event, Transfer
from tests.support import make
from tests.support.projects.judging import given as handed
from tests.support.projects.judging import said
from tests.support.projects.pipeline import Api, refused
from tests.support.rounds import rounds

pytestmark = pytest.mark.django_db


@pytest.fixture
def mina(cast) -> Api:
    return Api(cast.mina, cast.riverside)


@pytest.fixture
def project(cast) -> Project:
    return make.project(cast.riverside, wanted=2)


def run(action: BulkAction) -> BulkAction:
    """All of it, as a worker does."""
    while bulk_actions.go_on(action.pk) == bulk_actions.PIECE:
        pass
    action.refresh_from_db()
    return action


def withheld(project: Project) -> Counter:
    return Counter(Task.objects.filter(project=project).values_list("withheld", flat=True))


def test_mina_counts_them_first_and_then_holds_them_back(cast, mina: Api, project: Project) -> None:
    first, second = make.batch(project, "First"), make.batch(project, "Second")
    make.tasks(first, 3), make.tasks(second, 4)
    body = {"verb": "hold", "note": "Wrong camera", "filter": {"batch": str(second.public_id)}}
    told = mina.post("bulk", project.public_id, body=body | {"dry_run": True})
    assert (told.status_code, told.json()["total"]) == (200, 4)
    assert told.json()["external_ids"] == [f"Second-{i}" for i in range(4)]
    assert not BulkAction.objects.exists() and withheld(project) == {"": 7}
    begun = mina.post("bulk", project.public_id, body=body)
    assert (begun.status_code, begun.json()["state"], begun.json()["total"]) == (202, "running", 4)
    run(BulkAction.objects.get())
    ended = mina.get("bulk-action", project.public_id, begun.json()["id"]).json()
    assert (ended["state"], ended["done"], ended["skipped"], ended["faults"]) == ("done", 4, 0, [])
    assert withheld(project) == {"": 3, "manager": 4}
    assert queue.audit().breaches == []
    kinds = list(Event.objects.filter(kind__startswith="bulk_action").order_by("pk").values_list("kind", flat=True))
    assert kinds == ["bulk_action_begun", "bulk_action_ended"]


def test_what_a_task_refuses_is_told_and_passed_by(cast, mina: Api, project: Project) -> None:
    tasks = make.tasks(make.batch(project), 3)
    for tasker in (cast.alice, cast.bob):
        said(tasker, tasks[0], make.MARIA)  # decided
    task_actions.withhold(tasks[1], by=cast.mina)
    ids = [str(one.public_id) for one in tasks]
    begun = mina.post("bulk", project.public_id, body={"verb": "hold", "tasks": ids}).json()
    run(BulkAction.objects.get())
    ended = mina.get("bulk-action", project.public_id, begun["id"]).json()
    assert (ended["done"], ended["skipped"]) == (1, 2)
    assert [(one["external_id"], one["code"]) for one in ended["faults"]] == [
        (tasks[0].external_id, "already-decided"),
        (tasks[1].external_id, "state-conflict"),
    ]
    with translation.override("es"):
        assert BulkAction.objects.get().refusals[0]["text"] == "Esta tarea ya tiene un veredicto."


def test_each_task_is_done_once_however_often_the_worker_dies(cast, project: Project, monkeypatch) -> None:
    tasks = make.tasks(make.batch(project), 12)
    twice = [one.pk for one in tasks] * 2
    action = bulk_actions.start(project, "overlap", twice, by=cast.mina, terms={"wanted": 3})
    dice, lock = random.Random(11), queue.lock

    class Killed(BaseException):
        pass

    def dying(key: int) -> Task:
        found = lock(key)
        if dice.random() < 0.4:
            raise Killed
        return found

    monkeypatch.setattr(queue, "lock", dying)
    deaths = 0
    while action.state == "running":
        try:
            with transaction.atomic():
                bulk_actions.go_on(action.pk)
        except Killed:
            deaths += 1
        action.refresh_from_db()
    assert deaths > 2 and (action.done, action.skipped) == (12, 0)
    assert set(Task.objects.filter(project=project).values_list("wanted", flat=True)) == {3}
    assert Event.objects.filter(kind="overlap_raised").count() == 12
    assert queue.audit().breaches == []


def test_two_workers_at_one_action_do_no_task_twice(cast, project: Project) -> None:
    tasks = make.tasks(make.batch(project), 3)
    action = bulk_actions.start(project, "overlap", [one.pk for one in tasks], by=cast.mina, terms={"wanted": 3})
    asked = bulk_actions.Ask("overlap", {"wanted": 3}, cast.mina)
    assert bulk_actions._step(action.pk, 0, tasks[0].pk, asked) is False
    with pytest.raises(bulk_actions.Overtaken):
        bulk_actions._step(action.pk, 0, tasks[0].pk, asked)
    action.refresh_from_db()
    assert (action.position, action.done, action.skipped) == (1, 1, 0)


def test_stopped_it_goes_no_further_and_what_is_done_stays(cast, mina: Api, project: Project, monkeypatch) -> None:
    monkeypatch.setattr(bulk_actions, "PIECE", 2)
    make.tasks(make.batch(project), 5)
    begun = mina.post("bulk", project.public_id, body={"verb": "hold", "filter": {}}).json()
    action = BulkAction.objects.get()
    assert bulk_actions.go_on(action.pk) == 2
    stopped = mina.post("bulk-stop", project.public_id, begun["id"]).json()
    assert (stopped["state"], stopped["done"]) == ("stopped", 2)
    assert bulk_actions.go_on(action.pk) == 0 and withheld(project) == {"": 3, "manager": 2}
    refused(mina.post("bulk-stop", project.public_id, begun["id"]), 409, "state-conflict")


def test_cancelled_tasks_are_asked_no_more_and_what_came_in_is_paid(cast, mina: Api) -> None:
    project = make.project(cast.riverside, wanted=2, rate=50_000)
    tasks = make.tasks(make.batch(project), 3)
    said(cast.alice, tasks[0], make.MARIA)
    held = handed(cast.bob, tasks[1])
    body = {"verb": "cancel", "filter": {}}
    mina.post("bulk", project.public_id, body=body)
    ended = run(BulkAction.objects.get())
    assert (ended.done, ended.skipped) == (2, 1)
    assert ended.faults[0]["task"] == str(held.task.public_id) and ended.faults[0]["code"] == "in-work"
    assert withheld(project) == {"": 1, "cancelled": 2}
    assert Transfer.objects.get().amount == 50_000, "Alice's answer"
    verdict_index.add(Event.objects.all())
    assert VerdictGone.objects.filter(why="cancelled").count() == 2
    assert queue.audit().breaches == []


def test_nobody_takes_a_task_while_it_is_cancelled(cast, project: Project, monkeypatch) -> None:
    """A claim locks no task: one that comes between the count and the end would never be paid."""
    task = make.task(make.batch(project))
    found, counted = [], slots.ask

    def claims_then(statement: str, terms: dict) -> list:
        rows = counted(statement, terms)
        if statement == slots.CAME_IN:
            found.append(queue.claim(cast.alice, project))
        return rows

    monkeypatch.setattr(slots, "ask", claims_then)
    assert task_actions.cancel(task, by=cast.mina).withheld == "cancelled"
    assert isinstance(found[0], queue.Nothing)
    task_actions.hand_out_again(task, by=cast.mina)
    assert Assignment.objects.filter(task=task, state="open").count() == 2 and queue.audit().breaches == []


def test_released_and_requeued_they_are_handed_out_again(cast, mina: Api, project: Project) -> None:
    one, other = make.tasks(make.batch(project), 2)
    task_actions.withhold(one, by=cast.mina)
    task_actions.cancel(other, by=cast.mina)
    run(bulk_actions.start(project, "release", [one.pk, other.pk], by=cast.mina))
    assert withheld(project) == {"": 2}
    assert Assignment.objects.filter(task__project=project, state="open").count() == 4
    again = run(bulk_actions.start(project, "release", [one.pk], by=cast.mina))
    assert again.faults[0]["code"] == "not-held"
    refused(mina.post("task-act", one.public_id, body={"verb": "requeue"}), 409, "state-conflict")
    assert mina.post("task-act", one.public_id, body={"verb": "hold"}).json()["withheld"] == "manager"


def test_metadata_is_amended_and_the_row_is_still_known(cast, mina: Api, project: Project) -> None:
    batch = make.batch(project)
    rows = [{"external_id": "a", "payload": {"text": "A line.", "meta": {"city": "Oslo", "old": 1}}}]
    assert mina.post("batch-tasks", batch.public_id, body=rows).json()["loaded"] == 1
    body = {"verb": "amend", "meta": {"city": "Bergen", "old": None, "seen": True}, "external_ids": ["a"]}
    mina.post("bulk", project.public_id, body=body)
    assert run(BulkAction.objects.get()).done == 1
    assert Task.objects.get().payload == {"text": "A line.", "meta": {"city": "Bergen", "seen": True}}
    assert mina.post("batch-tasks", batch.public_id, body=rows).json()["known"] == 1
    found = mina.get("tasks", project.public_id, meta='{"city": "Bergen"}').json()["results"]
    assert [one["external_id"] for one in found] == ["a"]
    assert mina.get("tasks", project.public_id, meta='{"city": "Oslo"}').json()["results"] == []


@pytest.mark.parametrize(
    ("body", "code", "place"),
    [
        ({"verb": "explode", "filter": {}}, "invalid", "verb"),
        ({"verb": "hold"}, "invalid", ""),
        ({"verb": "hold", "filter": {}, "tasks": []}, "invalid", ""),
        ({"verb": "overlap", "filter": {}}, "missing", "wanted"),
        ({"verb": "amend", "filter": {}}, "missing", "meta"),
        ({"verb": "hold", "external_ids": ["nowhere"]}, "unknown-task", "external_ids"),
        ({"verb": "hold", "filter": {"state": "nonsense"}}, "invalid", "filter.state"),
        ({"verb": "hold", "filter": {"label": "nonsense"}}, "unknown-filter", "label"),
        ({"verb": "cancel", "filter": {"bacth": "March"}}, "unknown-field", "filter.bacth"),
        ({"verb": "hold", "filter": {"external_id": "zzz"}}, "no-tasks", "tasks"),
        ({"verb": "amend", "meta": {"a": "x" * 30_000}, "filter": {}}, "bad-meta", "meta"),
    ],
)
def test_what_can_not_be_is_refused_with_its_place(mina: Api, project: Project, body, code: str, place: str) -> None:
    make.tasks(make.batch(project), 2)
    answer = mina.post("bulk", project.public_id, body=body)
    refused(answer, answer.status_code, code, place)
    assert answer.status_code in {400, 422} and not BulkAction.objects.exists()


def test_gold_is_left_alone(cast, project: Project) -> None:
    task = make.task(make.batch(project))
    queue.set_aside(task, by=cast.mina)
    grading.stock(task, make.MARIA, by=cast.mina, dice=random.Random(5))
    for verb, terms in (("cancel", {}), ("overlap", {"wanted": 3})):
        ended = run(bulk_actions.start(project, verb, [task.pk], by=cast.mina, terms=terms))
        assert (ended.done, ended.faults[0]["code"]) == (0, "in-gold-pool")


def test_a_judgement_of_gold_is_not_done_again(cast, project: Project) -> None:
    """Else its task would be opened, and judged while it is handed out as a known answer."""
    task = make.task(make.batch(project))
    for tasker in (cast.alice, cast.bob):
        said(tasker, task, make.MARIA)
    authoring.keep_decided(task, by=cast.mina, dice=random.Random(1))
    terms = {"tasker": str(cast.alice.public_id), "note": "Spam"}
    assert bulk_preview.of([task.pk], "void", terms) == (0, {"gold": 1})
    ended = run(bulk_actions.start(project, "void", [task.pk], by=cast.mina, terms=terms))
    assert (ended.done, ended.faults[0]["code"]) == (0, "in-gold-pool")
    assert Verdict.objects.current().exists() and not Assignment.objects.filter(task=task, state="open").exists()


VERBS = st.lists(st.sampled_from(["cancel", "hold", "release", "requeue", "overlap"]), min_size=1, max_size=6)


@settings(max_examples=rounds(15), deadline=None, suppress_health_check=list(HealthCheck))
@given(verbs=VERBS, seed=st.integers(0, 1000))
def test_whatever_is_done_in_whatever_order_what_is_promised_adds_up(cast, verbs: list[str], seed: int) -> None:
    with transaction.atomic():
        dice = random.Random(seed)
        project = make.project(cast.riverside, f"Of {seed}", wanted=2)
        tasks = make.tasks(make.batch(project), 4)
        for task in dice.sample(tasks, 2):
            said(cast.alice, task, make.MARIA)
        said(cast.bob, dice.choice(tasks), make.MARIA)
        for verb in verbs:
            chosen = [one.pk for one in dice.sample(tasks, 3)]
            run(bulk_actions.start(project, verb, chosen, by=cast.mina, terms={"wanted": dice.randint(2, 6)}))
            assert queue.audit().breaches == []
        transaction.set_rollback(True)
