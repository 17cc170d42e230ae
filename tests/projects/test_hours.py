"""What happened hour by hour and day by day: added up from the outbox and the books, it equals a new count of
everything, whatever happened."""

import pytest
from django.db.models import Count, Sum
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from projects import queue
from projects.models import Annotation, BatchHour, LabelTally, Verdict, VerdictEntry
from projects.quality import consensus
from projects.reports import progress, verdict_index
from projects.workflow import submission, task_actions, void_work
from taskers.errors import Problem
from taskers.models import EarningDay, Transfer
from taskers.money import earning_days
from tests.support import make
from tests.support.projects.judging import all_settled, known_answers
from tests.support.rounds import rounds

pytestmark = pytest.mark.django_db(transaction=True)

ANSWERS = (make.MARIA, make.OSLO, make.MARIA_AND_OSLO)
STEPS = st.lists(
    st.tuples(st.sampled_from(("judge", "judge", "judge", "review", "reopen", "rework", "read")), st.integers(0, 11)),
    min_size=4,
    max_size=14,
)


def caught_up() -> None:
    while progress.catch_up():
        pass
    while verdict_index.catch_up():
        pass


def hours() -> list[dict]:
    rows = BatchHour.objects.order_by("batch", "hour").values()
    return [{key: value for key, value in row.items() if key != "id"} for row in rows if any_of(row)]


def any_of(row: dict) -> bool:
    """Whether something is left in it: a new count makes no row of nothing."""
    return any(value for key, value in row.items() if key not in ("id", "batch_id", "hour"))


def days() -> list[tuple]:
    return list(
        EarningDay.objects.order_by("project_key", "tasker", "day").values_list("project_key", "tasker", "amount")
    )


def step(what: str, number: int, cast, project) -> None:
    """One thing that happens, as far as it can at that moment."""
    tasks = list(project.tasks.order_by("pk"))
    task = tasks[number % len(tasks)]
    if what == "judge":
        tasker = (cast.alice, cast.bob, cast.carol)[number % 3]
        mine = queue.claim(tasker, project)
        if not isinstance(mine, queue.Nothing):
            submission.submit(mine, tasker, mine.token, ANSWERS[number % 3], active_ms=1000 * number)
    elif what == "review":
        held = queue.claim_review(task, cast.rita)
        submission.decide(held, cast.rita, held.token, ANSWERS[number % 2])
    elif what == "reopen":
        task_actions.requeue(task, by=cast.mina)
    elif what == "rework":
        done = Annotation.objects.counting().filter(task=task).first()
        if done is not None:
            void_work.rework(done.assignment, "Again.", by=cast.mina)
    else:
        caught_up()


@settings(max_examples=rounds(6), phases=[Phase.generate], suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_what_is_added_up_equals_a_new_count(cast, steps) -> None:
    project = make.project(
        cast.riverside, f"Project {BatchHour.objects.count()} {Transfer.objects.count()} {id(steps)}"
    )
    make.tasks(make.batch(project), 3)
    for what, number in steps:
        try:
            step(what, number, cast, project)
        except Problem:
            continue  # not now
    caught_up()
    kept, earned = hours(), days()
    progress.rebuild()
    earning_days.rebuild()
    assert hours() == kept
    assert days() == earned
    lines = VerdictEntry.objects.filter(project=project).exclude(label="")
    counted = dict(lines.values_list("label").annotate(number=Count("pk")))
    tallied = dict(LabelTally.objects.filter(project=project).exclude(tasks=0).values_list("label", "tasks"))
    assert tallied == counted


def test_each_hour_says_who_did_how_much_and_what_came_of_it(cast) -> None:
    project = make.project(cast.riverside, wanted=2)
    batch = make.batch(project)
    first, second = make.tasks(batch, 2)
    known_answers(
        cast, project, make.batch(project, "Known"), [(cast.alice, make.MARIA), (cast.bob, make.OSLO)], 2, make.MARIA
    )
    for tasker, answers in ((cast.alice, (make.MARIA, make.OSLO)), (cast.bob, (make.MARIA, make.OSLO))):
        for answer in answers:
            mine = make.held(tasker, project)
            submission.submit(mine, tasker, mine.token, answer, active_ms=20_000)
    all_settled(project)
    consensus.reopen(second, by=cast.mina)
    caught_up()
    sums = BatchHour.objects.filter(batch__project=project).aggregate(
        **{name: Sum(name) for name in ("people", "by_answers", "reopened", "compared", "agreed", "known", "right")}
    )
    assert sums == {
        "people": 4,
        "by_answers": 2,
        "reopened": 1,
        "compared": 4,
        "agreed": 4_000_000,
        "known": 4,
        "right": 2_000_000,
    }
    assert Verdict.objects.count() == 2
    spent = earning_days.spent(cast.riverside, [project.public_id])[project.public_id]
    assert spent == sum(earning_days_of(cast, project)) == (4 + 2) * 50_000


def earning_days_of(cast, project) -> list[int]:
    rows = EarningDay.objects.filter(project_key=project.public_id, tasker__in=[cast.alice, cast.bob])
    return list(rows.values_list("amount", flat=True))
