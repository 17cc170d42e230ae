"""What work earns: by the task, the word, the region and the hour; reviews; a project that has spent what it may."""

from datetime import timedelta

import pytest
from django.utils import timezone

from projects import queue
from projects.configuration import configure, spending_limit
from projects.errors import Refused
from projects.models import (
    Annotation,
    Assignment,
    BatchHour,
    BatchProgress,
    DayTally,
    Project,
    ProjectSettings,
    SpendingLimit,
    Task,
)
from projects.quality.gold import grading
from projects.quality.pay import worth
from projects.queue import Nothing
from projects.reports import earned, earnings, pay_estimate
from projects.workflow import submission, void_preview
from projects.workforce import rules
from taskers.audit.trail import Kind
from taskers.models import AuditRecord, Person, Standing, Transfer
from taskers.money import earning_days, ledger, statements
from taskers.skills import skills
from taskers.standing import grades
from tests.support import make
from tests.support.projects.answers import region, regions
from tests.support.projects.courses import course
from tests.support.projects.managing import page, signed_in

pytestmark = pytest.mark.django_db
WORDS = len(make.TEXT.split())


def owed(organization) -> dict[str, int]:
    return {tasker.name: amount for tasker, amount in ledger.owed(organization)}


def answered(tasker, project, answer: dict, seconds: float = 0.0) -> Annotation:
    """Handed in after so many seconds of work, as the studio counts them."""
    mine = make.held(tasker, project)
    Assignment.objects.filter(pk=mine.pk).update(held_at=mine.held_at - timedelta(hours=1))
    mine.refresh_from_db()
    return submission.submit(mine, tasker, mine.token, answer, active_ms=round(seconds * 1000))


def reviewed(cast, task: Task, answer: dict):
    review = queue.claim_review(task, cast.rita)
    return submission.decide(review, cast.rita, review.token, answer)


def test_words_and_minutes_earn_beside_the_task_and_a_long_pause_earns_no_more_than_is_paid(cast) -> None:
    terms = {"rate": 10_000, "unit_rate": 1_000, "hourly_rate": 12_000_000, "paid_seconds": 90}
    project = make.project(cast.riverside, wanted=2, **terms)
    make.task(make.batch(project))
    answered(cast.alice, project, make.MARIA, seconds=30)
    answered(cast.bob, project, make.MARIA, seconds=600)
    by_task = 10_000 + WORDS * 1_000
    assert owed(cast.riverside) == {"Alice": by_task + 100_000, "Bob": by_task + 300_000}
    assert ledger.audit() == []


def test_what_was_promised_when_the_work_was_taken_is_paid_whatever_the_settings_say_by_then(cast) -> None:
    project = make.project(cast.riverside, wanted=2, rate=0, unit_rate=1_000)
    make.task(make.batch(project))
    answered(cast.alice, project, make.MARIA)
    configure.change(project, cast.mina, unit_rate=9_000)
    answered(cast.bob, project, make.MARIA)
    assert owed(cast.riverside) == {"Alice": WORDS * 1_000, "Bob": WORDS * 9_000}


def test_a_day_counts_words_and_minutes_as_they_will_be_paid(cast) -> None:
    each = 10_000 + WORDS * 1_000 + 100_000  # 30 seconds at 12.00 an hour
    project = make.project(cast.riverside, rate=10_000, unit_rate=1_000, hourly_rate=12_000_000, wanted=2)
    make.tasks(make.batch(project), 3)
    rules.change(project, cast.mina, daily_earnings=2 * each)
    for _piece in range(2):
        answered(cast.alice, project, make.MARIA, seconds=30)
    told = queue.claim(cast.alice, project)
    assert isinstance(told, Nothing) and told.code == "daily-cap"
    rules.change(project, cast.mina, daily_earnings=None)
    for _piece in range(3):
        answered(cast.bob, project, make.MARIA, seconds=30)
    assert owed(cast.riverside) == {"Alice": 2 * each, "Bob": 2 * each}, "the ledger counts the same"


def test_work_that_pays_by_the_word_alone_has_a_daily_cap_too(cast) -> None:
    project = make.project(cast.riverside, rate=0, unit_rate=1_000, wanted=2)
    make.tasks(make.batch(project), 3)
    rules.change(project, cast.mina, daily_earnings=WORDS * 1_000)
    answered(cast.alice, project, make.MARIA)
    told = queue.claim(cast.alice, project)
    assert isinstance(told, Nothing) and told.code == "daily-cap"


def test_a_course_counts_its_rate_into_the_day_and_nothing_beside_as_it_is_paid(cast) -> None:
    terms = {"rate": 10_000, "unit_rate": 1_000, "hourly_rate": 12_000_000, "raise_percent": 20}
    project = make.project(cast.riverside, wanted=1, **terms)
    skill = skills.define(cast.riverside, "Names", kind="qualification")
    batch = make.batch(project)
    make.task(batch)
    course(batch, skill, cast, 2, training_rate=20_000)
    assert answered(cast.alice, project, make.MARIA, seconds=30).assignment.kind == "training"
    answered(cast.alice, project, make.MARIA, seconds=30)
    told = DayTally.objects.get(tasker=cast.alice)
    assert (told.judgements, told.promised) == (0, owed(cast.riverside)["Alice"]) == (0, 40_000)
    found = [earned.of(cast.riverside, one.pk).parts for one in Transfer.objects.all()]
    assert found == 2 * [[("The task", 20_000)]], "none of it for accuracy"


def test_a_grid_takes_no_more_than_the_day_has_room_for_where_only_words_are_paid(cast) -> None:
    project = make.project(cast.riverside, rate=0, unit_rate=1_000, wanted=2)
    make.tasks(make.batch(project), 9)
    rules.change(project, cast.mina, daily_earnings=4 * WORDS * 1_000)
    first = queue.claim_group(cast.alice, project, 5)
    assert isinstance(first, list) and len(first) == 1, "nobody knows yet what one earns"
    submission.submit(first[0], cast.alice, first[0].token, make.MARIA)
    more = queue.claim_group(cast.alice, project, 5)
    assert isinstance(more, list) and len(more) == 3


def test_what_a_ban_would_void_and_what_an_hour_earns_count_words_and_minutes(cast) -> None:
    each = 10_000 + WORDS * 1_000 + 100_000
    project = make.project(cast.riverside, rate=10_000, unit_rate=1_000, hourly_rate=12_000_000, wanted=2)
    make.tasks(make.batch(project), pay_estimate.ENOUGH)
    for _piece in range(pay_estimate.ENOUGH):
        answered(cast.alice, project, make.MARIA, seconds=30)
    found = void_preview.of(cast.alice, cast.riverside, None)
    assert (found.voided, found.promised) == (pay_estimate.ENOUGH, pay_estimate.ENOUGH * each)
    hourly = pay_estimate.of(cast.alice, [(project, project.settings_now(), project.settings_now().rate)])[project.pk]
    assert (hourly.own, hourly.seconds) == (True, 30.0)
    assert abs(hourly.amount - 120 * each) <= 50_000, "to ten cents"


def test_what_an_hour_earns_by_the_word_is_told_of_a_quiet_project_too_and_never_without_its_words(
    cast, monkeypatch
) -> None:
    terms = {"rate": 10_000, "unit_rate": 1_000}
    quiet, busy, new = (make.project(cast.riverside, name, wanted=2, **terms) for name in ("Quiet", "Busy", "New"))
    for project in (quiet, busy):
        make.task(make.batch(project))
        answered(cast.alice, project, make.MARIA, seconds=30)
    hour = timezone.now().replace(minute=0, second=0)
    for batch in (quiet.batches.get(), busy.batches.get(), make.batch(new)):
        BatchHour.objects.create(batch=batch, hour=hour, people=20, timed=20, timed_ms=600_000)
    monkeypatch.setattr(pay_estimate, "LOOKED_AT", 1)
    told = pay_estimate.of(
        cast.carol, [(one, one.settings_now(), one.settings_now().rate) for one in (quiet, busy, new)]
    )
    assert told.keys() == {quiet.pk, busy.pk}, "of the new one nothing is known of what its work holds"
    each = 120 * (10_000 + WORDS * 1_000)
    assert all(abs(one.amount - each) <= 50_000 for one in told.values())


def test_gold_earns_as_any_other_work_does(cast) -> None:
    terms = {"rate": 10_000, "unit_rate": 1_000, "hourly_rate": 12_000_000}
    project = make.project(cast.riverside, wanted=1, **terms)
    make.task(make.batch(project))
    work = answered(cast.alice, project, make.MARIA, seconds=30)
    usual = owed(cast.riverside)["Alice"]
    Transfer.objects.get(key__startswith="verdict:")
    grading.pay(work.assignment, work)
    assert Transfer.objects.get(key=grading.key_of(work)).amount == usual


def test_regions_are_paid_as_far_as_they_are_right(cast) -> None:
    """Three of which one is in the verdict: more boxes earn nothing more."""
    project = Project(task_type="image_regions")
    promised = ProjectSettings(unit_rate=1_000)
    task = Task(project=project, payload={"width": 60, "height": 60})
    one = Annotation(answer=regions(*(region(at, at, 9) for at in (0, 20, 40))), assignment=Assignment(rate=500))
    one.tasker = Person(kind=Person.Kind.HUMAN)
    assert worth(one, task, promised, regions(region(0, 0, 9))) == 1_500
    assert worth(one, task, promised, None) == 3_500
    one.tasker = Person(kind=Person.Kind.MODEL)
    assert worth(one, task, promised, None) == 0


def test_a_reviewer_is_paid_for_each_review_and_keeps_it(cast) -> None:
    project = make.project(cast.riverside, wanted=2, review_rate=70_000)
    task = make.task(make.batch(project))
    make.judged(cast.alice, project, make.MARIA)
    make.judged(cast.bob, project, make.OSLO)
    reviewed(cast, task, make.MARIA)
    assert owed(cast.riverside) == {"Alice": 50_000, "Rita": 70_000}
    reviewed(cast, task, make.OSLO)
    assert owed(cast.riverside) == {"Bob": 50_000, "Rita": 140_000}
    assert Transfer.objects.filter(key__startswith="review:").count() == 2
    assert ledger.audit() == []


def test_work_without_units_is_not_paid_by_them(cast) -> None:
    with pytest.raises(Refused, match="no units"):
        make.project(cast.riverside, "Kinds", task_type="classification", unit_rate=1_000)


# --- a project that has spent what it may


def test_a_project_that_has_spent_what_it_may_hands_out_nothing_until_more_is_allowed(cast) -> None:
    project = make.project(cast.riverside, wanted=1)
    make.tasks(make.batch(project), 5)
    spending_limit.allow(project, cast.mina, 100_000)
    held = make.held(cast.bob, project)
    for _twice in range(2):
        make.judged(cast.alice, project, make.MARIA)
    earning_days.add(Transfer.objects.values_list("pk", flat=True))
    assert spending_limit.look() == 1
    assert spending_limit.look() == 0
    nothing = queue.claim(cast.alice, project)
    assert isinstance(nothing, Nothing) and nothing.code == "spending-limit"
    submission.submit(held, cast.bob, held.token, make.MARIA)
    assert owed(cast.riverside) == {"Alice": 100_000, "Bob": 50_000}, "what is in people's hands is still paid"
    spending_limit.allow(project, cast.mina, 300_000)
    assert isinstance(queue.claim(cast.alice, project), Assignment)
    records = AuditRecord.objects.filter(kind=Kind.LIMIT_CHANGED).order_by("pk")
    assert [(one.actor, one.detail["before"], one.detail["after"]) for one in records] == [
        (cast.mina, None, 100_000),
        (cast.mina, 100_000, 300_000),
    ]


def test_what_is_handed_in_and_not_decided_yet_counts_as_promised(cast) -> None:
    project = make.project(cast.riverside, wanted=2)
    batch = make.batch(project)
    make.tasks(batch, 3)
    for _twice in range(2):
        make.judged(cast.alice, project, make.MARIA)
    BatchProgress.objects.update_or_create(batch=batch, defaults={"submitted": 2, "spent": 0})
    (spent,) = spending_limit.of([project]).values()
    assert (spent.earned, spent.promised) == (0, 100_000)
    spending_limit.allow(project, cast.mina, 100_000)
    assert SpendingLimit.objects.get(project=project).reached_at
    spending_limit.allow(project, cast.mina, None)
    assert not SpendingLimit.objects.exists()
    with pytest.raises(Refused):
        spending_limit.allow(project, cast.mina, 0)


def test_whoever_is_shown_to_be_accurate_is_promised_more_and_paid_what_was_promised(cast) -> None:
    project = make.project(cast.riverside, wanted=1, rate=100_001, raise_percent=20, raise_from=0.8)
    make.tasks(make.batch(project), 6)
    Standing.objects.bulk_create(
        [
            Standing(tasker=cast.alice, organization=cast.riverside, project_key=project.public_id, shown_good=40),
            Standing(tasker=cast.bob, organization=cast.riverside, project_key=project.public_id, shown_good=4),
        ]
    )
    mine, theirs = make.held(cast.alice, project), make.held(cast.bob, project)
    assert (mine.rate, theirs.rate) == (120_001, 100_001), "rounded down; Bob is good, but not shown to be"
    told = {one.name: earnings.openings(one, [project])[0] for one in (cast.alice, cast.bob)}
    assert (told["Alice"].rate, told["Alice"].raised_from, told["Bob"].offered) == (120_001, 100_001, 120_001)
    configure.change(project, cast.mina, raise_percent=0)
    again = queue.claim(cast.alice, project)
    assert isinstance(again, Assignment) and again.rate == 120_001, "what she holds was promised"
    for tasker, held in ((cast.alice, mine), (cast.bob, theirs)):
        submission.submit(held, tasker, held.token, make.MARIA)
    assert owed(cast.riverside) == {"Alice": 120_001, "Bob": 100_001}
    transfer = Transfer.objects.get(amount=120_001)
    found = earned.of(cast.riverside, transfer.pk)
    assert found.parts == [("The task", 100_001), ("More for accuracy", 20_000)] and found.says == [("Person", 1)]
    assert signed_in(cast.finn).get(page("money-earning", transfer.pk)).status_code == 200
    assert transfer.detail["raised"] == 20_000 and make.held(cast.alice, project).rate == 100_001
    now = timezone.now()
    (line,) = statements.of(cast.alice, cast.riverside, now - timedelta(days=1), now + timedelta(days=1)).lines
    assert (line.amount, line.raised) == (120_001, 20_000) and ledger.audit() == []


def test_a_budget_reckons_with_a_rise_and_no_step_of_the_rate_is_younger_than_what_is_shown(cast, settings) -> None:
    settings.SHOWN_EVERY = 3600
    project = make.project(cast.riverside, wanted=2, rate=100_000, raise_percent=50, raise_from=0.5)
    batch = make.batch(project)
    make.tasks(batch, 12)
    for _time in range(10):
        make.judged(cast.alice, project, make.MARIA)
        make.judged(cast.bob, project, make.MARIA)
    assert (
        grades.standing(cast.alice, project.public_id).evidence >= 4 and make.held(cast.alice, project).rate == 100_000
    )
    settings.SHOWN_EVERY = 0
    assert make.held(cast.bob, project).rate == 150_000
    BatchProgress.objects.update_or_create(batch=batch, defaults={"submitted": 2, "spent": 0})
    assert spending_limit.of([project])[project.pk].promised == 300_000
