"""The demo's past: the rules hold in it, it lies in the past, and every page has what it is for."""

from collections import Counter
from datetime import timedelta

from django.core.management import call_command
from django.db import connection
from django.db.models import Max, Min
from django.utils import timezone

from assist.models import Suggestion
from assist.suggestions import record
from assist.web import figures
from config.demo.projects import CALLS, MINUTES
from projects import queue
from projects.models import (
    Annotation,
    Asset,
    Assignment,
    Batch,
    BatchProgress,
    BrokenReport,
    Comment,
    Estimation,
    Exclusion,
    Project,
    SecondLook,
    Task,
    Verdict,
)
from projects.quality import estimating
from projects.queue.no_work import Nothing
from projects.reports import agreement_reports, annotator_accuracy, earnings, progress, verdict_index
from taskers.audit import trail
from taskers.models import (
    Account,
    AuditRecord,
    Dispute,
    Event,
    Grade,
    Membership,
    Organization,
    Payout,
    Person,
    Transfer,
)
from taskers.money import ledger
from taskers.standing import grades

BOUND = "SELECT pg_get_expr(adbin, adrelid) FROM pg_attrdef WHERE pg_get_expr(adbin, adrelid) LIKE '%demo_clock%'"
# What is made by loading; each file that comes again is written down as another import, of which nothing is new.
ONCE = (
    Annotation,
    Asset,
    Assignment,
    Batch,
    Dispute,
    Event,
    Exclusion,
    Grade,
    Membership,
    Payout,
    Person,
    Project,
    Comment,
    SecondLook,
    Suggestion,
    Task,
    Transfer,
    Verdict,
)


def test_three_weeks_of_the_organization(transactional_db, tmp_path, settings) -> None:
    """Loaded once for all that is asked of it: that takes longest."""
    settings.DATA_DIR, settings.MEDIA_ROOT = tmp_path, tmp_path / "media"
    call_command("load_demo", verbosity=0)
    riverside = Organization.objects.get()
    calls, minutes = (Project.objects.get(name=terms["name"]) for terms in (CALLS, MINUTES))
    what_follows(calls, minutes)

    rules_hold_and_the_books_sum_to_zero()
    it_lies_in_the_past_and_the_clock_goes_right_again(riverside)
    work_goes_on_and_waits_at_every_desk(calls, minutes)
    the_careless_one_was_found_by_the_rules(calls)
    one_payout_is_paid_one_waits_and_a_dispute_is_open(riverside)
    the_copilots_help_is_measured_in_both_arms(calls, minutes)
    the_demos_other_taskers_find_their_work_untouched(calls, minutes)
    loading_again_changes_nothing()


def what_follows(*projects: Project) -> None:
    """What readers of the outbox and jobs make of it."""
    for catch_up in (progress.catch_up, verdict_index.catch_up):
        while catch_up():
            pass
    record.sweep()
    for estimation in Estimation.objects.all():
        estimating.run(estimation.pk)
    for project in projects:
        agreement_reports.make(project.pk)


def person(name: str) -> Person:
    return Person.objects.get(email=f"{name}@riverside.example")


def rules_hold_and_the_books_sum_to_zero() -> None:
    assert queue.audit().breaches == [] and ledger.audit() == []
    balances = ledger.balances(Account.objects.all())
    assert balances and sum(balances.values()) == 0


def it_lies_in_the_past_and_the_clock_goes_right_again(riverside: Organization) -> None:
    now = timezone.now()
    for times in (Event, Annotation, Verdict, Grade, Transfer, AuditRecord):
        found = times.objects.filter(pk__gt=0).aggregate(first=Min("at"), last=Max("at"))
        assert timedelta(days=15) < now - found["first"] < timedelta(days=25), times
        assert found["last"] <= now, times
    days = {at.date() for at in Annotation.objects.values_list("at", flat=True)}
    assert len(days) >= 14
    with connection.cursor() as cursor:
        cursor.execute(BOUND)
        assert cursor.fetchall() == []
    trail.record(trail.Kind.AUDIT_READ, organization=riverside, actor=person("ingrid"))
    with connection.cursor() as cursor:
        cursor.execute("SELECT statement_timestamp(), clock_timestamp()")
        assert all(abs(at - now) < timedelta(minutes=5) for at in cursor.fetchone())


def work_goes_on_and_waits_at_every_desk(calls: Project, minutes: Project) -> None:
    sums: Counter[str] = Counter()
    for one in BatchProgress.objects.filter(batch__project__in=[calls, minutes]):
        sums.update(decided=one.decided, tasks=one.tasks, in_review=one.in_review)
    assert 180 <= sums["decided"] < sums["tasks"]
    assert sums["decided"] == Verdict.objects.current().count()
    assert sums["in_review"] == Task.objects.filter(withheld="review").count() >= 3
    states = Counter(Assignment.objects.filter(batch__project=calls, kind="judge").values_list("state", flat=True))
    assert states["held"] and states["open"] and states["skipped"] and states["submitted"] >= 300
    assert Verdict.objects.filter(method="review_v1").count() >= 10
    looks = Counter(SecondLook.objects.values_list("reason", "state"))
    assert looks["audit", "open"] and looks["audit", "answered"]
    assert {one.outcome for one in BrokenReport.objects.all()} >= {"", "broken"}
    questions = Comment.objects.questions().filter(project=calls)
    assert questions.filter(answered_at=None).exists() and questions.exclude(answered_at=None).exists()
    assert Comment.objects.filter(to=Comment.To.REVIEWER).exists()


def the_careless_one_was_found_by_the_rules(calls: Project) -> None:
    brian = person("brian")
    (out,) = Exclusion.objects.filter(project=calls, lifted_at=None)
    assert out.tasker == brian and out.kind == Exclusion.Kind.BANNED
    found = {
        one.tasker: grades.mean(one.good, one.poor)
        for one in grades.Standing.objects.filter(project_key=calls.public_id)
    }
    assert min(found, key=found.__getitem__) == brian and found[brian] < 0.65
    assert sorted(found.values())[1] > found[brian] + 0.1
    assert isinstance(nothing := queue.claim(brian, calls), Nothing) and nothing.code == "banned"
    assert Grade.objects.filter(source="gold").count() >= 20
    report = annotator_accuracy.of(calls)
    assert len(report.taskers) == 7
    assert agreement_reports.current(calls).made_at and agreement_reports.current(calls).numbers


def one_payout_is_paid_one_waits_and_a_dispute_is_open(riverside: Organization) -> None:
    settled, proposed = Payout.objects.order_by("made_at")
    assert (settled.state, proposed.state) == ("settled", "proposed")
    assert settled.made_by != settled.approved_by and settled.reference
    assert sorted(Dispute.objects.values_list("state", flat=True)) == ["open", "refused"]
    mine = earnings.totals(person("sofia"), riverside)
    assert mine.owed and mine.in_payout and mine.paid


def the_copilots_help_is_measured_in_both_arms(calls: Project, minutes: Project) -> None:
    # Three in ten tasks go without help, drawn by the project's id and the tasks' keys. Of a hundred answers that may
    # be half of them; of all five hundred it is not.
    wholes = [figures.help_of(project).whole for project in (calls, minutes)]
    assert sum(whole.helped for whole in wholes) > sum(whole.control for whole in wholes)
    for whole in wholes:
        assert whole.helped >= 5 and whole.control >= 5 and whole.saved is not None
    assert figures.help_of(calls).whole.finding == "saves"
    assert figures.help_of(calls).planted_errors
    outcomes = Counter(Suggestion.objects.values_list("outcome", flat=True))
    assert all(outcomes[outcome] for outcome in ("accepted", "edited", "refused", "ignored"))


def the_demos_other_taskers_find_their_work_untouched(calls: Project, minutes: Project) -> None:
    others = Project.objects.exclude(pk__in=[calls.pk, minutes.pk])
    assert not Annotation.objects.filter(task__project__in=others).exists()
    for name in ("leo", "amina", "jun"):
        assert isinstance(nothing := queue.claim(person(name), calls), Nothing) and nothing.code == "lacks-skill"


def loading_again_changes_nothing() -> None:
    before = {one: one._default_manager.count() for one in ONCE}
    call_command("load_demo", verbosity=0)
    assert {one: one._default_manager.count() for one in ONCE} == before
