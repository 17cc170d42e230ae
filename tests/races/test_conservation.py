"""DESIGN rules 1 to 4 under anything that people, managers and the clock do, in any order and at the same moment.

Hypothesis draws the story; each step is one to four acts at once, on connections of their own. After every step the
audit must find nothing, and every annotation that was ever acknowledged must still say what it said.
"""

import contextlib
import os
from collections.abc import Callable

import pytest
from django.db import connection
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from projects import queue
from projects.models import Annotation, Assignment, Batch, Correctable, Task, Verdict
from projects.queue.clock import Clock
from projects.workflow import (
    batch_closing,
    batches,
    corrections,
    returned_work,
    submission,
    task_actions,
    void_work,
)
from projects.workforce import rules
from taskers.errors import Problem
from taskers.models import Organization, Person
from taskers.money import ledger
from tests.support import make
from tests.support.connections import Connections
from tests.support.rounds import rounds

pytestmark = pytest.mark.django_db(transaction=True)

HANDS = 4
STORIES = int(os.environ.get("TANDEM_STORIES", rounds(25)))  # raise it for a longer search
ANSWERS = (make.MARIA, make.MARIA, make.OSLO)
ACTS = (
    "claim",
    "claim",
    "submit",
    "submit",
    "submit late",
    "skip",
    "release",
    "report",
    "run out",
    "expire",
    "force release",
    "withhold",
    "requeue",
    "raise overlap",
    "void",
    "rework",
    "ban",
    "review",
    "send back",
    "mend",
    "set aside",
    "wind up",
    "pause",
    "resume",
)
Act = tuple[str, int, int]  # what, who, and a number that picks the task, the answer or the time


class Story(RuleBasedStateMachine):
    """Three taskers, a manager and a reviewer on a handful of tasks."""

    connections: Connections
    organization: Organization
    people: list[Person]
    manager: Person
    reviewer: Person
    told = 0

    @initialize(tasks=st.integers(1, 4), wanted=st.integers(1, 3))
    def load(self, tasks: int, wanted: int) -> None:
        Story.told += 1
        self.project = make.project(self.organization, f"Project {Story.told}", wanted=wanted)
        self.batch = make.batch(self.project)
        self.tasks = make.tasks(self.batch, tasks)
        self.acknowledged: dict[int, dict] = {}
        self.wanted = wanted
        self.raised: list[int] = []  # the task of each time that a manager asked one more person

    @rule(
        acts=st.lists(
            st.tuples(st.sampled_from(ACTS), st.integers(0, HANDS - 2), st.integers(0, 11)), min_size=1, max_size=HANDS
        )
    )
    def act(self, acts: list[Act]) -> None:
        """One to four acts at the same moment."""
        self.connections.at_once([self._call(one) for one in acts])

    @precondition(lambda self: Batch.objects.get(pk=self.batch.pk).state in {"live", "paused"})
    @rule(last=st.integers(0, 9))
    def cancel(self, last: int) -> None:
        """Now and then the batch is cancelled; what is held may still come in."""
        if last == 0:
            batches.move(self.batch, "cancelled", by=self.manager)

    @invariant()
    def nothing_is_wrong(self) -> None:
        if not hasattr(self, "project"):
            return
        assert queue.audit().breaches == []
        assert ledger.audit() == []
        kept = dict(Annotation.objects.filter(pk__in=self.acknowledged).values_list("pk", "answer"))
        assert kept == self.acknowledged
        # A rework, a void, a ban asks somebody else instead, and nobody besides.
        for pk, wanted in Task.objects.filter(batch=self.batch).values_list("pk", "wanted"):
            assert wanted <= self.wanted + self.raised.count(pk)

    def _call(self, act: Act) -> Callable[[], None]:
        what, who, number = act
        verb = getattr(self, "_" + what.replace(" ", "_"))

        def call() -> None:
            # Refused by name: somebody else was first, or there is nothing to do it to.
            with contextlib.suppress(Problem):
                verb(self.people[who], number)

        return call

    def _mine(self, who: Person, state: str = "held") -> Assignment | None:
        rows = Assignment.objects.filter(tasker=who, state=state, kind="judge", batch=self.batch)
        return rows.select_related("task__project__organization").order_by("-pk").first()

    def _claim(self, who: Person, number: int) -> None:
        queue.claim(who, self.project)

    def _submit(self, who: Person, number: int, state: str = "held") -> None:
        if (mine := self._mine(who, state)) and mine.token:
            hand_in = submission.receive if number % 2 else submission.submit  # weighed by a worker, or at once
            annotation = hand_in(mine, who, mine.token, ANSWERS[number % len(ANSWERS)])
            self.acknowledged[annotation.pk] = annotation.answer

    def _submit_late(self, who: Person, number: int) -> None:
        self._submit(who, number, "expired")

    def _skip(self, who: Person, number: int) -> None:
        if (mine := self._mine(who)) and mine.token:
            queue.skip(mine, who, mine.token, reason="too-hard")

    def _release(self, who: Person, number: int) -> None:
        if (mine := self._mine(who)) and mine.token:
            queue.release(mine, who, mine.token)

    def _report(self, who: Person, number: int) -> None:
        if (mine := self._mine(who)) and mine.token:
            queue.report(mine, who, mine.token, note="It is empty.")

    def _run_out(self, who: Person, number: int) -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE projects_assignment SET deadline = clock_timestamp() - interval '1 second'"
                " WHERE batch_id = %s AND state = 'held' AND tasker_id = %s",
                [self.batch.pk, who.pk],
            )

    def _expire(self, who: Person, number: int) -> None:
        queue.expire_due()

    def _force_release(self, who: Person, number: int) -> None:
        if mine := self._mine(who):
            queue.force_release(mine, by=self.manager)

    def _withhold(self, who: Person, number: int) -> None:
        task_actions.withhold(self._task(number), by=self.manager)

    def _requeue(self, who: Person, number: int) -> None:
        self.raised.append(task_actions.requeue(self._task(number), by=self.manager).pk)

    def _raise_overlap(self, who: Person, number: int) -> None:
        task = self._task(number)
        self.raised.append(task_actions.raise_overlap(task, min(task.wanted + 1, 4), by=self.manager).pk)

    def _void(self, who: Person, number: int) -> None:
        if mine := self._mine(who, "submitted"):
            queue.void(mine, "It was careless.", by=self.manager)

    def _rework(self, who: Person, number: int) -> None:
        if mine := self._mine(who, "submitted"):
            void_work.rework(mine, "Please look again.", by=self.manager)

    def _ban(self, who: Person, number: int) -> None:
        made = void_work.ban(who, project=self.project, reason="Spam", by=self.manager)
        after: int | None = 0
        while after is not None:
            after = void_work.void_work(made, by=self.manager, after=after, piece=1)
        rules.lift(made, by=self.manager)  # so that the story goes on

    def _review(self, who: Person, number: int) -> None:
        task = queue.next_review([self.project], self.reviewer) or self._task(number)
        mine = queue.claim_review(task, self.reviewer)
        assert mine.token
        submission.decide(mine, self.reviewer, mine.token, ANSWERS[number % len(ANSWERS)])

    def _send_back(self, who: Person, number: int) -> None:
        task = queue.next_review([self.project], self.reviewer) or self._task(number)
        mine = queue.claim_review(task, self.reviewer)
        assert mine.token
        answers = list(Annotation.objects.counting().filter(task=task).select_related("tasker")[: number % 3])
        returned_work.send_back(mine, self.reviewer, mine.token, answers, reason="label")

    def _mend(self, who: Person, number: int) -> None:
        """Somebody answers what was sent back, or lets the time for it run out."""
        for one in returned_work.waiting_for(who)[:1]:
            if number % 4:
                made = corrections.correct(one.annotation.assignment, ANSWERS[number % len(ANSWERS)])
                self.acknowledged[made.pk] = made.answer
            else:
                Correctable.objects.filter(assignment=one.annotation.assignment_id).update(until=Clock())
                corrections.catch_up()

    def _set_aside(self, who: Person, number: int) -> None:
        if number == 0:  # seldom: nobody judges it afterwards
            queue.set_aside(self._task(0), by=self.manager)

    def _wind_up(self, who: Person, number: int) -> None:
        batch_closing.run(Batch.objects.get(pk=self.batch.pk))

    def _pause(self, who: Person, number: int) -> None:
        batches.move(self.batch, "paused", by=self.manager)

    def _resume(self, who: Person, number: int) -> None:
        batches.move(self.batch, "live", by=self.manager)

    def _task(self, number: int) -> Task:
        pk = self.tasks[number % len(self.tasks)].pk
        return Task.objects.select_related("project__organization", "batch").get(pk=pk)


@pytest.mark.rounds
def test_nothing_that_happens_at_once_breaks_a_promise(cast) -> None:
    connections = Connections(HANDS)
    Story.connections, Story.organization = connections, cast.riverside
    Story.people = [cast.alice, cast.bob, cast.carol]
    Story.manager, Story.reviewer = cast.mina, cast.rita
    try:
        run_state_machine_as_test(
            Story,
            settings=settings(
                max_examples=STORIES,
                stateful_step_count=25,
                deadline=None,
                suppress_health_check=list(HealthCheck),
                print_blob=True,
            ),
        )
    finally:
        connections.close()
    assert Verdict.objects.exists()  # stories went all the way to decisions
