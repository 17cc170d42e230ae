"""Who may work, on what first, and how they are told why not."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.utils import timezone

from projects import queue
from projects.errors import Refused
from projects.models import BatchPace, BatchProgress, DayTally, Exclusion
from projects.queue import Nothing, local_time
from projects.reports import progress
from projects.workflow import batches, submission
from projects.workforce import qualified_people, rules
from taskers.models import Event, Grade, Skill
from taskers.skills import skills
from taskers.standing import grades
from tests.support import make
from tests.support.projects.leases import run_out

pytestmark = pytest.mark.django_db


@pytest.fixture
def project(cast):
    return make.project(cast.riverside, wanted=1)


@pytest.fixture
def batch(project):
    made = make.batch(project)
    make.tasks(made, 6)
    return made


def refusal(tasker, project) -> Nothing:
    found = queue.claim(tasker, project)
    assert isinstance(found, Nothing), found
    return found


@pytest.mark.parametrize(
    ("comparator", "terms", "enough", "short"),
    [
        ("at_least", {"value": 4}, 4.0, 3.9),
        ("in", {"values": [2, 5]}, 5.0, 4.0),
        ("exists", {}, 0.0, None),
        ("missing", {}, None, 1.0),
    ],
)
def test_a_skill_opens_the_project_and_its_lack_is_named(
    cast, project, batch, comparator, terms, enough, short
) -> None:
    spanish = skills.define(cast.riverside, "Spanish", kind=Skill.Kind.LANGUAGE)
    rules.ask_for(project, spanish, by=cast.mina, comparator=comparator, **terms)
    for tasker, value in ((cast.alice, enough), (cast.bob, short)):
        if value is not None:
            skills.grant(tasker, spanish, value, by=cast.mina)
    make.held(cast.alice, project)
    nothing = refusal(cast.bob, project)
    assert nothing.code == ("has-skill" if comparator == "missing" else "lacks-skill")
    assert "language Spanish" in nothing.text


def test_a_skill_that_ran_out_counts_no_more(cast, project, batch) -> None:
    spanish = skills.define(cast.riverside, "Spanish")
    rules.ask_for(project, spanish, by=cast.mina)
    skills.grant(cast.alice, spanish, by=cast.mina, expires_at=timezone.now() - timedelta(seconds=1))
    assert refusal(cast.alice, project).code == "lacks-skill"
    skills.grant(cast.alice, spanish, by=cast.mina, expires_at=timezone.now() + timedelta(days=1))
    make.held(cast.alice, project)


def test_the_neighbours_skill_cannot_be_asked_for(cast, project) -> None:
    with pytest.raises(Refused, match="another organization"):
        rules.ask_for(project, skills.define(cast.hilltop, "Knots"), by=cast.mina)


def test_the_paused_are_told_why_and_until_when(cast, project, batch) -> None:
    until = datetime(2100, 5, 3, 9, 30, tzinfo=UTC)
    made = rules.exclude(cast.alice, project=project, by=cast.mina, reason="Please read the new rules", until=until)
    nothing = refusal(cast.alice, project)
    assert nothing.code == "paused"
    assert nothing.text == "You are paused here until 3 May 2100, 09:30 UTC: Please read the new rules."
    rules.lift(made, by=cast.mina)
    make.held(cast.alice, project)


def test_the_blocked_of_an_organization_enter_none_of_its_projects(cast, project, batch) -> None:
    rules.exclude(
        cast.alice, organization=cast.riverside, by=cast.mina, reason="A relative", kind=Exclusion.Kind.BLOCKED
    )
    assert refusal(cast.alice, project).code == "blocked"
    make.held(cast.bob, project)


def test_a_pause_that_is_over_holds_nobody(cast, project, batch) -> None:
    made = rules.exclude(
        cast.alice, project=project, by=cast.mina, reason="x", until=timezone.now() + timedelta(days=1)
    )
    refusal(cast.alice, project)
    Exclusion.objects.filter(pk=made.pk).update(until=timezone.now() - timedelta(seconds=1))
    make.held(cast.alice, project)
    with pytest.raises(Refused, match="over already"):
        rules.exclude(cast.bob, project=project, by=cast.mina, reason="x", until=timezone.now() - timedelta(seconds=1))


def test_a_low_standing_closes_the_project_once_there_is_evidence(cast, project, batch) -> None:
    rules.change(project, cast.mina, standing_floor=0.7, standing_evidence=3)

    def grade(number: int) -> None:
        grades.record(
            key=f"g{number}",
            subject=f"s{number}",
            organization=cast.riverside,
            project_key=project.public_id,
            tasker=cast.alice,
            source=Grade.Source.GOLD,
            value=0.0,
            blind=True,
        )

    grade(1)
    grade(2)
    queue.release(mine := make.held(cast.alice, project), cast.alice, mine.token)
    grade(3)
    nothing = refusal(cast.alice, project)
    assert (nothing.code, nothing.text) == (
        "standing-too-low",
        "This project asks for a standing of 70%; yours is lower now.",
    )


def test_the_days_cap_is_counted_by_the_taskers_own_clock(cast, project, batch) -> None:
    rules.change(project, cast.mina, daily_tasks=2)
    make.judged(cast.alice, project, make.MARIA)
    make.judged(cast.alice, project, make.MARIA)
    nothing = refusal(cast.alice, project)
    assert nothing.code == "daily-cap" and nothing.retry_seconds
    make.held(cast.bob, project)
    before = local_time.today(cast.alice).begins - timedelta(seconds=1)
    DayTally.objects.filter(tasker=cast.alice).update(day=before.date(), at=before)  # that was yesterday
    make.held(cast.alice, project)


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Pacific/Pago_Pago"])  # one is always on another day than UTC
def test_who_sets_their_clock_to_another_day_gets_no_other_day_by_it(cast, project, batch, zone) -> None:
    rules.change(project, cast.mina, daily_tasks=2)
    make.judged(cast.alice, project, make.MARIA)
    cast.alice.time_zone = zone
    make.judged(cast.alice, project, make.MARIA)
    assert refusal(cast.alice, project).code == "daily-cap"
    cast.alice.time_zone = "UTC"
    assert refusal(cast.alice, project).code == "daily-cap"
    cast.alice.save()
    assert [(one.code, one.number) for one in qualified_people.look_over(project).kept] == [("daily-cap", 1)]


def test_late_work_counts_towards_the_days_cap(cast, project, batch) -> None:
    rules.change(project, cast.mina, daily_tasks=1)
    mine = make.held(cast.alice, project)
    run_out(mine)
    queue.expire_due()
    submission.submit(mine, cast.alice, mine.token, make.MARIA)
    assert refusal(cast.alice, project).code == "daily-cap"


def test_the_days_earnings_never_pass_the_cap(cast, project, batch) -> None:
    rules.change(project, cast.mina, daily_earnings=120_000)  # two at 5 cents fit, a third doesn't
    make.judged(cast.alice, project, make.MARIA)
    make.judged(cast.alice, project, make.MARIA)
    assert refusal(cast.alice, project).code == "daily-cap"


def test_rules_out_of_range_are_refused_by_name(cast, project) -> None:
    with pytest.raises(Refused) as refused:
        rules.change(project, cast.mina, gold_share=0.9)
    assert refused.value.place == "gold_share"
    with pytest.raises(Refused, match="There is no rule"):
        rules.change(project, cast.mina, moon=1)


def test_the_earliest_deadline_that_can_be_met_comes_first(cast, project) -> None:
    def due(name: str, hours: float, left: int):
        made = batches.create(project, name, by=cast.mina, deadline=timezone.now() + timedelta(hours=hours))
        make.task(batches.move(made, "live", by=cast.mina))
        BatchProgress.objects.filter(batch=made).update(wanted=left)
        return made

    hopeless, near, far = due("Hopeless", 1, 10_000), due("Near", 5, 10), due("Far", 9, 10)
    undated = make.batch(project, "Undated")
    make.task(undated)
    BatchPace.objects.create(batch=near, hourly=10.0)
    order = [make.held(who, project).batch for who in (cast.alice, cast.bob, cast.carol, make.person("Dora"))]
    assert order == [near, far, hopeless, undated]


def test_work_that_waits_long_is_served_in_between(cast, project) -> None:
    urgent = batches.move(batches.create(project, "Urgent", by=cast.mina, priority=3), "live", by=cast.mina)
    patient = make.batch(project, "Patient")
    for one in (urgent, patient):
        make.tasks(one, 3)
        BatchPace.objects.create(batch=one, served_at=timezone.now())
    assert make.held(cast.alice, project).batch == urgent
    BatchPace.objects.filter(batch=patient).update(served_at=timezone.now() - timedelta(minutes=41))
    assert make.held(cast.bob, project).batch == patient


def test_serving_is_seen_by_the_rollups(cast, project, batch) -> None:
    make.judged(cast.alice, project, make.MARIA)
    progress.pace(Event.objects.order_by("pk"))
    pace = BatchPace.objects.get(batch=batch)
    assert pace.served_at is not None and pace.hourly > 0


def test_any_gives_the_most_urgent_then_the_best_paid_that_one_may_do(cast) -> None:
    plain = make.project(cast.riverside, "Plain", rate=10_000)
    paid = make.project(cast.riverside, "Paid", rate=90_000)
    closed = make.project(cast.riverside, "For experts", rate=900_000)
    for one in (plain, paid, closed):
        make.tasks(make.batch(one), 2)
    rules.ask_for(closed, skills.define(cast.riverside, "Expert"), by=cast.mina)
    every = [plain, paid, closed]

    def project_of(tasker) -> str:
        return queue.claim_any(tasker, cast.riverside, every).task.project.name

    assert project_of(cast.alice) == "Paid"
    type(plain).objects.filter(pk=plain.pk).update(priority=1)
    assert project_of(cast.bob) == "Plain"
    assert project_of(cast.alice) == "Paid"  # what she holds already


def test_any_never_leaves_the_organization(cast) -> None:
    theirs = make.project(cast.hilltop, "Theirs")
    make.task(make.batch(theirs))
    assert queue.claim_any(cast.alice, cast.riverside, [theirs]).code == "all-done"


def test_a_grid_is_one_lease_under_one_token(cast, project, batch) -> None:
    grid = queue.claim_group(cast.alice, project, 4)
    assert len(grid) == 4 and len({one.token for one in grid}) == 1
    assert [one.pk for one in queue.claim_group(cast.alice, project, 4)] == [one.pk for one in grid]
    before = [one.deadline for one in grid]
    queue.renew(grid[0], cast.alice, grid[0].token)
    for one, deadline in zip(grid, before, strict=True):
        one.refresh_from_db()
        assert one.deadline > deadline
    assert queue.audit().breaches == []


def test_a_grid_goes_on_in_the_next_slot_where_one_holds_too_few(cast, project) -> None:
    project = make.project(cast.riverside, "Two each", wanted=2)
    tasks = make.tasks(make.batch(project), 6)
    for _ in tasks[:5]:
        make.judged(cast.bob, project, make.MARIA)
    grid = queue.claim_group(cast.alice, project, 4)
    assert len(grid) == 4 and len({one.token for one in grid}) == 1
    assert sorted(one.slot for one in grid) == [0, 1, 1, 1]
    assert len({one.task_id for one in grid}) == 4
    assert queue.claim_group(cast.alice, project, 4) == grid
    assert queue.audit().breaches == []


@pytest.mark.parametrize(("cap", "most"), [({"daily_tasks": 3}, 3), ({"daily_earnings": 100_000}, 2)])
def test_a_grid_is_no_larger_than_what_the_day_has_room_for(cast, project, batch, cap, most) -> None:
    rules.change(project, cast.mina, **cap)
    assert len(queue.claim_group(cast.alice, project, 4)) == most


def test_a_clock_set_back_on_a_web_machine_changes_no_lease(cast, project, batch, monkeypatch) -> None:
    monkeypatch.setattr(timezone, "now", lambda: datetime(1990, 1, 1, tzinfo=UTC))
    mine = make.held(cast.alice, project)
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp() < %s", [mine.deadline])
        assert cursor.fetchone() == (True,)
    assert queue.expire_due() == 0
