"""What people are told: each thing once, to whom it concerns, in the page and by mail as they chose; alerts till they
clear."""

import re
from datetime import timedelta
from uuid import uuid4

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from projects.models import AlertRule, Batch, BatchHour, BatchProgress, Project, Stall
from projects.quality import approvals
from projects.reports import alerts
from projects.workflow import bulk_actions, void_work
from projects.workflow.comments import answering, saying
from taskers.models import Event, Notification, NotificationChoice, Person, Transfer
from taskers.money import bonus_rules, disputes, earning_days, payouts, returns
from taskers.notifications import digests, inbox
from taskers.outbox.events import emit
from tests.support import make
from tests.support.projects.pipeline import Office
from tests.support.taskers.money import earn

pytestmark = pytest.mark.django_db


@pytest.fixture
def project(cast) -> Project:
    return make.project(cast.riverside)


def signed_in(person: Person) -> Client:
    client = Client()
    client.force_login(person)
    return client


def told(person: Person) -> list[str]:
    """What somebody reads, the oldest first, after a worker looked twice."""
    for _again in range(2):
        inbox.tell(Event.objects.order_by("pk"))
    return [inbox.said(one) for one in reversed(inbox.of(person))]


def test_who_asks_is_answered_and_whoever_is_named_is_told(cast, project) -> None:
    make.task(make.batch(project))
    held = make.held(cast.alice, project)
    asked = saying.say(held, cast.alice, uuid4(), to="manager", words="Is a ship a person? @olga @nora")
    answering.answer(asked, cast.mina, "No.", uuid4())
    assert told(cast.mina)[-1] == "A tasker asks in Names in reports: “Is a ship a person? @olga @nora”"
    assert "You were answered in Names in reports: “No.”" in told(cast.alice)
    assert [one.split(":")[0] for one in told(cast.olga)] == [
        "A tasker asks in Names in reports",
        "You are named in Names in reports",
    ]
    assert told(cast.nora) == [] and told(cast.bob) == ["There is new work in Names in reports."]


def test_money_disputes_jobs_and_what_was_taken_back_are_told(cast, project) -> None:
    task = make.task(make.batch(project))
    made = make.judged(cast.alice, project, make.MARIA)
    void_work.rework(made.assignment, "Too fast", by=cast.mina)
    earn(cast, cast.alice, 1_000_000)
    run = payouts.propose(cast.riverside, cast.fay)
    payouts.approve(run, cast.olga), payouts.settle(run, cast.finn, reference="BANK-7")
    dispute = disputes.open(cast.riverside, cast.alice, subject=f"task:{task.public_id}", text="It is a name.")
    disputes.answer(dispute, cast.olga, state="upheld", text="So it is.")
    action = bulk_actions.start(project, "hold", [task.pk], by=cast.mina)
    bulk_actions.go_on(action.pk)
    code = task.code
    assert set(told(cast.alice)) >= {
        f"Work of yours in Names in reports was taken back ({code}): Too fast",
        "You were paid 1.00 USD. Reference: BANK-7",
        "What you contested was upheld: “So it is.”",
    }
    assert set(told(cast.mina)) >= {
        "“Hold back” has ended for 1 task of Names in reports.",
        "Alice contests a judgement: “It is a name.”",
    }
    assert not Notification.objects.filter(person__in=[cast.ned, cast.sam]).exists()


def test_the_bar_counts_what_alice_has_not_read_until_she_opens_it(cast, project) -> None:
    make.batch(project)
    make.tasks(make.batch(project, "Second"))
    assert told(cast.alice) == ["There is new work in Names in reports."], "one a day, not one a batch"
    alice, badge = signed_in(cast.alice), reverse("inbox-badge")
    assert "1 unread" in alice.get(badge).content.decode()
    html = alice.get(reverse("inbox")).content.decode()
    (opens,) = re.findall(r'action="(/inbox/[^"]+/open/)"', html)
    assert signed_in(cast.bob).post(opens).status_code == 404
    assert alice.post(opens)["Location"] == reverse("studio", args=[project.public_id])
    assert alice.get(badge).content.decode().strip() == ""
    assert "All read" not in alice.get(reverse("inbox")).content.decode()


def test_what_alice_wants_by_mail_comes_in_one_letter_and_once(cast, project, settings) -> None:
    settings.EMAIL_HOST, settings.PUBLIC_ADDRESS = "mail", "https://tandem.example.org"
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    make.batch(project)
    alice = signed_in(cast.alice)
    alice.post(reverse("inbox-choices"), {"mail": ["work_available"], "rhythm": "daily"})
    assert told(cast.alice) == [], "by mail alone"
    assert (digests.send_due(), digests.send_due()) == (1, 0)
    (letter,) = mail.outbox
    assert letter.to == [cast.alice.email] and letter.subject == "Tandem: 1 thing to read"
    assert f"https://tandem.example.org/studio/{project.public_id}/" in letter.body
    alice.post(reverse("inbox-choices"), {"rhythm": ""})
    assert not NotificationChoice.objects.filter(person=cast.alice, by_mail=True).exists()
    asked = [one.get(reverse("inbox-choices")).content.decode() for one in (alice, signed_in(cast.mina))]
    assert ["Alerts of projects" in one for one in asked] == [False, True], "what only the office is told"
    assert not NotificationChoice.objects.filter(kind="alert").exists(), "and what nobody asked her is as it was"
    make.batch(make.project(cast.riverside, "Another"))
    assert told(cast.alice) == [] and Notification.objects.filter(person=cast.alice).count() == 1


def test_old_events_are_no_news(cast, project, monkeypatch) -> None:
    make.batch(project)
    later = timezone.now() + timedelta(days=4)
    monkeypatch.setattr(timezone, "now", lambda: later)
    assert told(cast.alice) == []


# --- alerts --------------------------------------------------------------------------------------------


def said_by(project: Project, watches: str) -> bool:
    """Whether an alert stands, after a worker looked."""
    alerts.look(project)
    return AlertRule.objects.get(project=project, watches=watches).raised_at is not None


def gold_week(project: Project, known: int, right: float) -> None:
    """As many answers on gold came in this hour, so many of them right."""
    batch = project.batches.first() or make.batch(project)
    hour = timezone.now().replace(minute=0, second=0, microsecond=0)
    counts = {"known": known, "right": round(right * 1_000_000)}
    BatchHour.objects.update_or_create(batch=batch, hour=hour, defaults=counts)


def test_accuracy_below_is_said_once_until_it_clears_and_not_at_all_without_evidence(cast, project) -> None:
    alerts.arrange(project, {"accuracy": 0.8}, by=cast.mina)
    gold_week(project, 9, 1)
    assert not said_by(project, "accuracy"), "nine answers tell nothing"
    gold_week(project, 20, 10)
    assert said_by(project, "accuracy") and said_by(project, "accuracy")
    (said,) = [one for one in told(cast.mina) if "accuracy" in one]
    assert said.startswith("Names in reports: accuracy on gold is 50") and "below 80" in said
    assert told(cast.alice) == told(cast.alice) and not any("accuracy" in one for one in told(cast.alice))
    gold_week(project, 5, 0)
    assert said_by(project, "accuracy"), "what can't be told clears nothing"
    gold_week(project, 20, 19)
    assert not said_by(project, "accuracy")
    gold_week(project, 20, 5)
    assert said_by(project, "accuracy")
    assert sum("accuracy" in one for one in told(cast.mina)) == 2


def test_a_pace_below_is_said_once_three_whole_days_tell_and_while_something_is_left(cast, project) -> None:
    alerts.arrange(project, {"per_day": 10}, by=cast.mina)
    batch = make.batch(project)
    progress = BatchProgress.objects.update_or_create(batch=batch, defaults={"wanted": 90, "submitted": 12})[0]
    for days in (1, 2, 3):
        hour = (timezone.now() - timedelta(days=days)).replace(minute=0, second=0, microsecond=0)
        assert not said_by(project, "per_day"), "two days tell nothing"
        BatchHour.objects.create(batch=batch, hour=hour, people=4)
    assert said_by(project, "per_day")
    assert any("4.0 judgements a day over the last 3 days, fewer than 10" in one for one in told(cast.mina))
    BatchProgress.objects.filter(pk=progress.pk).update(submitted=90)
    assert not said_by(project, "per_day"), "nothing is left"


def test_that_nobody_does_anything_is_a_pace_as_well_from_three_whole_days_after_work_was_opened(cast, project) -> None:
    alerts.arrange(project, {"per_day": 1_500_000}, by=cast.mina)
    batch = Batch.objects.create(project=project, name="Ships", state="live")
    BatchProgress.objects.update_or_create(batch=batch, defaults={"wanted": 90})
    project.published_at -= timedelta(days=4)
    for days, is_so in ((3, False), (4, True)):
        Batch.objects.filter(pk=batch.pk).update(created_at=timezone.now() - timedelta(days=days))
        assert said_by(project, "per_day") is is_so
    assert any("0.0 judgements a day over the last 3 days, fewer than 1500000." in one for one in told(cast.mina))
    project.state = "paused"
    assert not said_by(project, "per_day"), "nobody is asked for any"
    project.state = "live"
    project.published_at += timedelta(days=4)
    assert not said_by(project, "per_day"), "it was published today"
    project.published_at -= timedelta(days=4)
    emit("batch_live", organization_id=cast.riverside.pk, subject=f"batch:{batch.public_id}")
    assert not said_by(project, "per_day"), "it was a draft until today"


def test_finance_is_told_what_waits_for_their_yes_as_long_as_it_does(cast, project) -> None:
    approvals.propose(project, cast.mina, 7)
    terms = bonus_rules.Terms("agreement", 0.9, 10, amount=1_000_000, each_most=2_000_000, most=3_000_000, days=7)
    bonus_rules.propose(cast.riverside, project.public_id, terms, by=cast.mina)
    said = [
        "Mina asks you to let Names in reports pay unreviewed answers after 7 days.",
        "Mina asks you for a rule that gives bonuses in Names in reports, up to $3.00.",
    ]
    assert told(cast.finn) == said and not set(said) & set(told(cast.mina)) and not set(said) & set(told(cast.alice))
    Notification.objects.all().delete()
    approvals.decline(project, cast.finn)
    assert told(cast.finn) == said[1:]


def test_finance_is_told_of_payouts_that_wait_for_a_second_person(cast) -> None:
    earn(cast, cast.alice, 1_000_000)
    run = payouts.propose(cast.riverside, cast.fay)
    assert told(cast.finn) == ["Fay asks you to approve a payout of $1.00."]
    assert not told(cast.fay) and Notification.objects.get(person=cast.finn).address.endswith(f"/{run.public_id}/")
    payouts.approve(run, cast.olga), payouts.export(run, cast.finn)
    payouts.cancel(run, cast.fay)
    returns.ask(run.items.get(), cast.finn, reason="Account closed")
    assert told(cast.finn)[1:] == ["Fay asks you to call off a payout of $1.00."]
    asked = "Finn says that 1 payment came back, $1.00, and asks you to confirm it."
    assert told(cast.fay) == [asked]
    returns.refuse(run.items.get().returns.get(), cast.finn)
    returns.ask(run.items.get(), cast.finn, reason="Closed for certain")
    assert told(cast.fay) == [asked, asked], "what was told before is answered"
    Notification.objects.all().delete()
    returns.confirm(run.items.get().returns.get(state="asked"), cast.olga), payouts.keep(run, cast.finn)
    assert not told(cast.finn) and asked not in told(cast.fay)


def test_stalls_and_spending_are_watched_from_the_page_and_by_programs(cast, project) -> None:
    mina, address = signed_in(cast.mina), reverse("project-alerts", args=[project.public_id])
    assert mina.post(address, {"accuracy": "", "pace": "140", "spend": "", "stalled": ""}).status_code == 422
    assert mina.post(address, {"accuracy": "", "pace": "", "spend": "0.04", "stalled": "1"}).status_code == 302
    assert not said_by(project, "stalled") and not said_by(project, "spend")
    Stall.objects.update_or_create(project=project, defaults={"tasks": 3, "people": 0})
    make.task(make.batch(project))
    for tasker in (cast.alice, cast.bob):
        make.judged(tasker, project, make.MARIA)
    earning_days.add(Transfer.objects.values_list("pk", flat=True))
    assert said_by(project, "stalled") and said_by(project, "spend")
    html = mina.get(address).content.decode()
    assert "3 tasks wait for answers that nobody may give" in html and "has cost 0.10 USD, more than 0.04" in html
    program = Office(cast.mina, cast.riverside)
    rules = program.send("PATCH", "alerts", project.public_id, body={"spend": None, "stalled": 5}).json()
    assert [(one["watches"], one["bound"], one["raised_at"]) for one in rules] == [("stalled", 5.0, None)]
    program.send("PATCH", "alerts", project.public_id, body={"per_day": 12.5, "stalled": 5.5})
    shown = {"per_day": "12.5", "stalled": "5.5"}
    assert mina.post(address, shown).status_code == 302, "what a program said can be saved again"
