"""Alice and Bob disagree, and no reviewer comes: where the project says so, they are paid after a week all the same."""

from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from projects import queue
from projects.configuration import spending_limit
from projects.errors import Refused
from projects.models import AwaitedReview, BatchProgress, Project, ProposedDeadline, ReviewDeadline, Task, Verdict
from projects.quality import approvals, consensus
from projects.reports import dashboard
from projects.workflow import corrections, returned_work, submission, task_actions, void_work
from taskers.audit.trail import Kind
from taskers.database.prepared import ask
from taskers.errors import Problem
from taskers.models import AuditRecord, Event, Membership, Transfer
from taskers.money import bonuses, earning_days, ledger
from taskers.money.independence import SamePerson
from taskers.people import service_accounts
from tests.support import make
from tests.support.connections import all_at_once
from tests.support.projects.judging import given, said
from tests.support.projects.pipeline import Office, refused
from tests.support.taskers.money import balance_of

WEEK = timedelta(days=7)
CENTS = 50_000


def allowed(cast, project: Project, days: int) -> None:
    """Mina asks for it, and Finn of finance says yes."""
    approvals.propose(project, cast.mina, days)
    approvals.agree(project, cast.finn, days=days)


def in_doubt(cast, days: int | None = 7, name: str = "First") -> Task:
    """They say different things of a task, so that a reviewer is waited for."""
    project = make.project(cast.riverside, name)
    task = make.task(make.batch(project))
    said(cast.alice, task, make.MARIA)
    said(cast.bob, task, make.OSLO)
    if days:
        allowed(cast, project, days)
        approvals.look()
    task.refresh_from_db()
    assert task.withheld == "review"
    return task


def owed(cast) -> tuple[int, int]:
    return balance_of(cast.alice, "owed"), balance_of(cast.bob, "owed")


def in_time() -> int:
    """A worker comes round a week later."""
    return approvals.look(timezone.now() + WEEK + timedelta(minutes=1))


def reviewed(cast, task: Task, answer=make.MARIA) -> None:
    mine = queue.claim_review(task, cast.rita)
    submission.decide(mine, cast.rita, mine.token, answer)


@pytest.mark.django_db
def test_it_waits_as_long_as_it_takes_unless_the_project_says_so(cast) -> None:
    in_doubt(cast, days=None)
    assert (in_time(), owed(cast)) == (0, (0, 0))


@pytest.mark.django_db
def test_it_is_paid_once_when_its_day_has_come_and_both_read_so(client, cast, settings) -> None:
    settings.SHOWN_EVERY = 0
    task = in_doubt(cast)
    client.force_login(cast.alice)
    assert "unless reviewed" in client.get("/my-work/").content.decode()
    assert approvals.look(timezone.now() + WEEK - timedelta(hours=1)) == 0
    assert (in_time(), in_time(), owed(cast)) == (1, 0, (CENTS, CENTS))
    told = Event.objects.get(kind="approved_unreviewed")
    assert (told.subject, told.actor_id, told.data["answers"]) == (f"task:{task.public_id}", None, 2)
    page = client.get("/my-work/").content.decode()
    assert "no reviewer had looked by then" in page and "unless reviewed" not in page and "$0.05" in page
    client.force_login(cast.mina)
    spending = client.get(f"/projects/{task.project.public_id}/spending/").content.decode()
    assert "0 tasks wait for a reviewer until their day" in spending and "1 was paid without one" in spending
    assert "Paid without a review" in client.get(f"/projects/tasks/{task.public_id}/").content.decode()
    assert ledger.audit() == []


@pytest.mark.django_db
def test_what_was_paid_so_counts_once_against_the_limit_and_a_bonus_makes_no_judgement_dearer(cast) -> None:
    task = in_doubt(cast)
    in_time()
    bonuses.give(
        cast.riverside,
        cast.finn,
        tasker=cast.alice,
        project_key=task.project.public_id,
        amount=1_000_000,
        reason="Well done.",
    )
    earning_days.add(Transfer.objects.values_list("pk", flat=True))
    BatchProgress.objects.update_or_create(batch=task.batch, defaults={"wanted": 3, "submitted": 3, "spent": 0})
    spending_limit.allow(task.project, cast.mina, 2_000_000)
    (spent,) = spending_limit.of([task.project]).values()
    assert (spent.earned, spent.promised) == (1_000_000 + 2 * CENTS, CENTS)
    budget = dashboard.of(task.project, task.project.settings_now()).money.budget
    assert (budget.earned, budget.promised, budget.planned) == (spent.earned, CENTS, spent.earned + CENTS)


@pytest.mark.django_db
def test_what_was_paid_so_counts_once_also_when_the_project_takes_its_word_back(cast) -> None:
    task = in_doubt(cast)
    in_time()
    earning_days.add(Transfer.objects.values_list("pk", flat=True))
    BatchProgress.objects.update_or_create(batch=task.batch, defaults={"wanted": 3, "submitted": 3, "spent": 0})
    approvals.stop(task.project, cast.mina)
    assert (approvals.look(), AwaitedReview.objects.get().paid) == (0, 2), "it waits still"
    (spent,) = spending_limit.of([task.project]).values()
    assert (spent.earned, spent.promised) == (2 * CENTS, CENTS)
    allowed(cast, task.project, 7)
    assert (in_time(), owed(cast)) == (0, (CENTS, CENTS))
    approvals.stop(task.project, cast.mina)
    Task.objects.filter(pk=task.pk).update(withheld="")
    assert (approvals.look(), AwaitedReview.objects.exists()) == (0, False)


@pytest.mark.django_db
def test_my_work_is_shown_while_a_deadline_is_taken_back(client, cast, settings) -> None:
    settings.SHOWN_EVERY = 0
    task = in_doubt(cast)
    ReviewDeadline.objects.all().delete()
    client.force_login(cast.alice)
    assert client.get("/my-work/").status_code == 200
    AwaitedReview.objects.all().delete()
    assert ask(approvals.BEGIN, {"project": task.project_id}) == [], "a worker that read it before writes none down"


@pytest.mark.django_db
def test_an_answer_that_comes_after_the_others_were_paid_has_its_own_days(cast) -> None:
    task = make.task(make.batch(make.project(cast.riverside, wanted=3)))
    for person, answer in ((cast.alice, make.MARIA), (cast.bob, make.OSLO)):
        said(person, task, answer)
    mine = given(cast.carol, task)
    with transaction.atomic():
        queue.pass_on(queue.lock(task.pk), Task.Withheld.REVIEW, by=cast.mina)
    allowed(cast, task.project, 7)
    approvals.look()
    assert (in_time(), owed(cast)) == (1, (CENTS, CENTS))
    submission.submit(mine, cast.carol, mine.token, make.OSLO)
    assert approvals.look() == 0
    assert approvals.waiting(task.project) == (1, 1)
    assert (in_time(), in_time(), balance_of(cast.carol, "owed"), owed(cast)) == (1, 0, CENTS, (CENTS, CENTS))
    assert AwaitedReview.objects.get().paid == 3


@pytest.mark.django_db
def test_where_nothing_was_paid_nothing_is_said_to_be(cast) -> None:
    project = make.project(cast.riverside, rate=0)
    task = make.task(make.batch(project))
    said(cast.alice, task, make.MARIA)
    said(cast.bob, task, make.OSLO)
    allowed(cast, project, 7)
    approvals.look()
    assert (in_time(), approvals.waiting(project)) == (0, (0, 0))


@pytest.mark.django_db
def test_what_a_verdict_rejected_is_approved_by_nobody_s_silence(cast) -> None:
    task = in_doubt(cast, days=None)
    reviewed(cast, task)
    assert owed(cast) == (CENTS, 0)
    consensus.reopen(task, by=cast.mina)
    with transaction.atomic():
        queue.pass_on(queue.lock(task.pk), Task.Withheld.REVIEW, by=cast.mina)
    allowed(cast, task.project, 7)
    approvals.look()
    assert (in_time(), owed(cast)) == (0, (CENTS, 0))


@pytest.mark.django_db
def test_a_bad_deadline_is_shown_as_it_was_typed(client, cast) -> None:
    task = in_doubt(cast, days=None)
    client.force_login(cast.mina)
    answer = client.post(f"/projects/{task.project.public_id}/spending/reviews/", {"days": "999"})
    assert answer.status_code == 422 and 'value="999"' in answer.content.decode()


@pytest.mark.django_db
def test_a_verdict_that_comes_later_neither_adds_nor_takes_back_and_grades_all_the_same(cast) -> None:
    task = in_doubt(cast)
    in_time()
    reviewed(cast, task)
    assert owed(cast) == (CENTS, CENTS), "Bob was wrong, but nobody looked in time"
    assert cast.bob.grades.get().value < 0.5
    in_time()
    assert not AwaitedReview.objects.exists() and Transfer.objects.count() == 2
    before = in_doubt(cast, name="Second")
    reviewed(cast, before)
    assert (in_time(), owed(cast)) == (0, (2 * CENTS, CENTS)), "who was looked at in time is paid by the verdict"


@pytest.mark.django_db
def test_voiding_takes_it_back_and_what_takes_its_place_is_paid_when_its_own_day_has_come(cast) -> None:
    task = in_doubt(cast)
    in_time()
    void_work.rework(task.assignments.get(tasker=cast.bob, kind="judge"), "Spam", by=cast.mina)
    assert owed(cast) == (CENTS, 0)
    task_actions.cancel(Task.objects.get(pk=task.pk), by=cast.mina)
    assert owed(cast) == (CENTS, 0) and ledger.audit() == [], "Alice is paid once"


@pytest.mark.django_db
def test_what_was_paid_so_and_is_mended_then_earns_nothing_again(cast) -> None:
    task = in_doubt(cast)
    in_time()
    bobs = task.assignments.get(tasker=cast.bob, kind="judge")
    mine = queue.claim_review(task, cast.rita)
    returned_work.send_back(mine, cast.rita, mine.token, [task.annotations.get(tasker=cast.bob)], reason="label")
    corrections.correct(bobs, make.spans((0, 5)))
    assert (in_time(), owed(cast)) == (0, (CENTS, CENTS))
    reviewed(cast, task)
    assert (owed(cast), ledger.audit()) == ((CENTS, CENTS), [])


@pytest.mark.django_db
def test_it_waits_while_a_reviewer_is_at_it_and_starts_anew_when_it_was_switched_off(cast) -> None:
    task = in_doubt(cast)
    mine = queue.claim_review(task, cast.rita)
    assert in_time() == 0
    queue.release(mine, cast.rita, mine.token)
    approvals.stop(task.project, cast.mina)
    allowed(cast, task.project, 7)
    assert not AwaitedReview.objects.exists()
    assert (approvals.look(), AwaitedReview.objects.count(), in_time()) == (0, 1, 1)
    kept = AuditRecord.objects.filter(kind=Kind.PAY_CHANGED).order_by("pk").values_list("detail", flat=True)
    assert [(one["before"], one["after"]) for one in kept] == [(None, 7), (7, None), (None, 7)]


@pytest.mark.django_db
def test_programs_say_after_how_many_days(cast) -> None:
    task = in_doubt(cast)
    api = Office(cast.mina, cast.riverside)
    key = task.project.public_id
    told = {"days": 7, "proposed": None, "waiting": 1, "unreviewed": 0}
    assert api.get("review-deadline", key).json() == told
    in_time()
    asked = api.put("review-deadline", key, body={"days": 3}).json()
    assert asked == told | {"proposed": 3, "waiting": 0, "unreviewed": 1}
    refused(api.put("review-deadline", key, body={"days": 0}), 400, "invalid", "days")
    off = api.put("review-deadline", key, body={"days": None}).json()
    assert (off["days"], off["proposed"]) == (None, None)
    robot = service_accounts.create(cast.riverside, name="robot", role="manager", by=cast.olga)
    with pytest.raises(Refused, match="a program is none"):  # whoever made it could say yes to it
        approvals.propose(task.project, robot.person, 3)


@pytest.mark.django_db
def test_it_takes_two_people_and_neither_is_paid_by_it(client, cast) -> None:
    """Mina, who answers tasks too, asks for it; she can't say yes herself, and Finn does."""
    project = make.project(cast.riverside)
    Membership.objects.create(person=cast.mina, organization=cast.riverside, role="tasker")
    task = make.task(make.batch(project))
    said(cast.mina, task, make.MARIA)
    said(cast.bob, task, make.OSLO)
    client.force_login(cast.mina)
    client.post(f"/projects/{project.public_id}/spending/reviews/", {"days": "7"})
    shown = client.get(f"/projects/{project.public_id}/spending/").content.decode()
    assert "somebody of finance says yes under Money" in shown and not ReviewDeadline.objects.exists()
    assert (approvals.look(), in_time()) == (0, 0), "until then nothing is paid"
    with pytest.raises(SamePerson):
        approvals.agree(project, cast.mina, days=7)
    assert ProposedDeadline.objects.get().days == 7, "it waits still"
    client.force_login(cast.finn)
    assert "paid after 7 days" in client.get("/money/unreviewed/").content.decode()
    approvals.propose(project, cast.mina, 2)  # behind the page that Finn looks at
    act = f"/money/unreviewed/{project.public_id}/"
    answer = client.post(act, {"act": "approve", "days": "7"}, follow=True)
    assert "Another number of days" in answer.content.decode() and not ReviewDeadline.objects.exists()
    approvals.propose(project, cast.mina, 7)
    client.post(act, {"act": "approve", "days": "7"})
    deadline = ReviewDeadline.objects.get()
    assert (deadline.days, deadline.changed_by, deadline.approved_by) == (7, cast.mina, cast.finn)
    kept = AuditRecord.objects.get(kind=Kind.PAY_CHANGED)
    assert (kept.actor, kept.detail["proposed_by"]) == (cast.finn, cast.mina.email)
    approvals.look()
    assert (in_time(), balance_of(cast.mina, "owed"), balance_of(cast.bob, "owed")) == (1, 0, CENTS)
    # Another number waits anew, no is no, and either of them switches it off at once.
    approvals.propose(project, cast.mina, 2)
    assert ReviewDeadline.objects.get().days == 7
    client.post(act, {"act": "decline"})
    assert not ProposedDeadline.objects.exists() and ReviewDeadline.objects.get().days == 7
    answer = client.post(act, {"act": "approve", "days": "2"}, follow=True)
    assert "Nothing is asked any more" in answer.content.decode()
    client.post(act, {"act": "stop"})
    assert not ReviewDeadline.objects.exists()
    kinds = Event.objects.filter(kind__startswith="review_deadline").order_by("pk").values_list("kind", flat=True)
    said_so = ["proposed", "proposed", "proposed", "changed", "proposed", "declined", "changed"]
    assert [one.removeprefix("review_deadline_") for one in kinds] == said_so


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("other", ["review", "void", "another worker"])
def test_at_the_very_moment_of_something_else_exactly_one_of_them_pays(cast, other: str) -> None:
    task = in_doubt(cast)
    bobs = task.assignments.get(tasker=cast.bob, kind="judge")
    later = timezone.now() + WEEK + timedelta(minutes=1)

    def approve() -> int:
        return approvals.approve(task.pk, later)

    def meanwhile() -> int:
        try:
            with transaction.atomic():
                if other == "review":
                    reviewed(cast, Task.objects.get(pk=task.pk))
                elif other == "void":
                    void_work.rework(bobs, "Spam", by=cast.mina)
        except Problem:
            return 0
        return approve() if other == "another worker" else 0

    approved = sum(all_at_once([approve, meanwhile]))
    alices, bobs_pay = owed(cast)
    assert ledger.audit() == [] and Event.objects.filter(kind="approved_unreviewed").count() == approved <= 1
    if other == "review":
        assert Verdict.objects.current().filter(task=task).count() == 1
        assert (alices, bobs_pay) == (CENTS, CENTS * approved)
    elif other == "void":
        assert (alices, bobs_pay) == (CENTS * approved, 0)
    else:
        assert (approved, alices, bobs_pay) == (1, CENTS, CENTS)
