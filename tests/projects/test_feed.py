"""The feed of verdicts tells everything that changes an answer, in words that a program needs no table for."""

import contextlib
from collections.abc import Callable

import pytest
from django.db.models import Q
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from projects import queue
from projects.data import archive
from projects.data.archive import returning
from projects.models import Assignment, Batch, Project, Task, Verdict
from projects.reports import verdict_index
from projects.workflow import batch_closing, batches, submission, task_actions, void_work
from taskers.errors import Problem
from taskers.models import Event
from tests.support import make
from tests.support.cast import Cast
from tests.support.projects.feed import Reader, standing
from tests.support.projects.judging import said
from tests.support.projects.pipeline import Api
from tests.support.rounds import rounds

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def folder(tmp_path, settings) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"


def indexed(after: int = 0) -> int:
    """Read on from this event; returns the last."""
    events = list(Event.objects.filter(pk__gt=after).order_by("pk"))
    verdict_index.add(events)
    return events[-1].pk if events else after


def lines(api: Api, project: Project, after: str = "") -> list[dict]:
    indexed()
    return api.get("verdicts", project.public_id, after=after or "0").json()["results"]


def kinds(api: Api, project: Project) -> dict[str, str]:
    return {one["external_id"]: one["kind"] for one in lines(api, project)}


def reviewed(cast: Cast, task: Task, answer: dict) -> Verdict:
    review = queue.claim_review(task, cast.rita)
    return submission.decide(review, cast.rita, review.token, answer)


def test_a_verdict_that_takes_anothers_place_says_whose(cast) -> None:
    project, mina = make.project(cast.riverside, wanted=1), Api(cast.mina, cast.riverside)
    task = make.task(make.batch(project))
    said(cast.alice, task, make.MARIA)
    (first,) = lines(mina, project)
    assert (first["state"], first["kind"], first["supersedes"]) == ("decided", "decided", None)
    reviewed(cast, task, make.OSLO)
    (second,) = lines(mina, project)
    assert (second["state"], second["kind"], second["supersedes"]) == ("decided", "superseded", first["id"])


def test_tasks_that_nobody_is_asked_about_any_more_are_told_and_those_decided_after_all_too(cast) -> None:
    project, mina = make.project(cast.riverside, wanted=1), Api(cast.mina, cast.riverside)
    batch = make.batch(project)
    decided, given_up, late, known = make.tasks(batch, 4)
    queue.set_aside(known, by=cast.mina)
    said(cast.alice, decided, make.MARIA)
    batches.move(batch, "cancelled", by=cast.mina)
    told = {"First-0": "decided", "First-1": "cancelled", "First-2": "cancelled"}
    assert kinds(mina, project) == told, "gold is nobody's to wait for"
    reviewed(cast, late, make.OSLO)
    assert kinds(mina, project) == told | {"First-2": "decided"}


def test_a_task_that_is_cancelled_by_itself_is_told_and_told_to_be_asked_again(cast) -> None:
    project, mina = make.project(cast.riverside, wanted=1), Api(cast.mina, cast.riverside)
    task = make.task(make.batch(project))
    queue.withhold(task, Task.Withheld.CANCELLED, by=cast.mina)
    (line,) = lines(mina, project)
    assert (line["state"], line["answer"], line["id"]) == ("cancelled", None, None)
    task_actions.requeue(task, by=cast.mina)
    assert kinds(mina, project) == {"First-0": "reopened"}
    said(cast.alice, task, make.MARIA)
    assert kinds(mina, project) == {"First-0": "decided"}


# --- whatever happens ---------------------------------------------------------------------------------------------


class Story:
    """A project of two batches, the verbs that befall it, and a customer who reads at their own pace."""

    def __init__(self, cast: Cast, number: int) -> None:
        self.cast, self.project = cast, make.project(cast.riverside, f"Story {number}", wanted=2)
        self.tasks = [task for name in ("A", "B") for task in make.tasks(make.batch(self.project, name), 3)]
        self.reader, self.last = Reader(self.project), Event.objects.latest("pk").pk

    def judge(self, task: Task) -> None:
        for tasker in (self.cast.alice, self.cast.bob, self.cast.carol):
            if Assignment.objects.filter(task=task, kind="judge", state="open").exists() and not (
                Assignment.objects.filter(task=task, tasker=tasker).exists()
            ):
                said(tasker, task, make.MARIA)

    def review(self, task: Task) -> None:
        reviewed(self.cast, task, make.OSLO)

    def requeue(self, task: Task) -> None:
        task_actions.requeue(task, by=self.cast.mina)

    def rework(self, task: Task) -> None:
        done = Assignment.objects.filter(task=task, kind="judge", state="submitted", voided_at=None).first()
        if done:
            void_work.rework(done, "Again", by=self.cast.mina)

    def cancel(self, task: Task) -> None:
        queue.withhold(task, Task.Withheld.CANCELLED, by=self.cast.mina)

    def cancel_batch(self, task: Task) -> None:
        batches.move(Batch.objects.get(pk=task.batch_id), "cancelled", by=self.cast.mina)

    def close_batch(self, task: Task) -> None:
        batches.move(Batch.objects.get(pk=task.batch_id), "closed", by=self.cast.mina)

    def wind_up(self, task: Task) -> None:
        batch_closing.run(Batch.objects.get(pk=task.batch_id))

    def archive(self, task: Task) -> None:
        self.index(task)  # an archive waits for its readers
        archive.archive(Batch.objects.get(pk=task.batch_id), by=self.cast.mina)

    def bring_back(self, task: Task) -> None:
        returning.bring_back(Batch.objects.get(pk=task.batch_id), by=self.cast.mina)

    def index(self, _task: Task | None = None) -> None:
        self.last = indexed(self.last)

    def read(self, _task: Task) -> None:
        self.reader.read()


ACTS = (
    *("judge", "review", "requeue", "rework", "cancel", "cancel_batch", "close_batch", "wind_up", "archive"),
    *("bring_back", "index", "read"),
)
OFTEN = ("judge", "judge", "review", "requeue", "read", "index")


@settings(max_examples=rounds(30), suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(acts=st.lists(st.tuples(st.sampled_from(ACTS + OFTEN), st.integers(0, 5)), max_size=25))
def test_who_follows_holds_exactly_the_current_answers_whatever_happens(cast, acts: list[tuple[str, int]]) -> None:
    story = Story(cast, Project.objects.count())
    for act, place in acts:
        with contextlib.suppress(Problem, Task.DoesNotExist):
            does: Callable[[Task], None] = getattr(story, act)
            does(Task.objects.select_related("project__organization").get(pk=story.tasks[place].pk))
    story.index()
    story.reader.read()
    assert story.reader.answers == standing(story.project)
    live = Task.objects.filter(project=story.project).exclude(pk__in=Verdict.objects.current().values("task"))
    given_up = live.filter(Q(withheld=Task.Withheld.CANCELLED) | Q(batch__state=Batch.State.CANCELLED))
    names = {str(one) for one in given_up.values_list("public_id", flat=True)}
    assert {one for one in story.reader.cancelled if live.filter(public_id=one).exists()} == names
