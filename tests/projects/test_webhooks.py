"""What webhooks tell whom: each kind of event, to those who asked for it and may know it, once and in order."""

import json
from datetime import timedelta

import pytest
from django.core.files.base import ContentFile
from django.utils import timezone, translation

from projects import queue
from projects.data import archive, importing
from projects.data.archive import returning
from projects.errors import Refused
from projects.models import Import, Subscription, Task, WebhookDelivery
from projects.reports import progress, verdict_index
from projects.webhooks import deliveries, signing, subscriptions, telling
from projects.workflow import batches, submission, task_actions
from taskers.credentials import secret_box
from taskers.errors import NotAllowed, NotFound, Problem, StateConflict
from taskers.models import Event
from taskers.money import payouts
from taskers.outbox.events import emit
from tests.support import make
from tests.support.projects.hooks import kinds_of, subscribed, told
from tests.support.projects.judging import said
from tests.support.projects.pipeline import Api
from tests.support.taskers.money import earn

pytestmark = pytest.mark.django_db
URL = "https://hooks.example.com/tandem"


@pytest.fixture(autouse=True)
def allowed(settings, tmp_path) -> None:
    settings.OUTBOUND = ["*.example.com"]
    settings.MEDIA_ROOT = tmp_path / "media"


def reviewed(cast, task: Task, answer: dict) -> None:
    review = queue.claim_review(task, cast.rita)
    submission.decide(review, cast.rita, review.token, answer)


def bodies(subscription: Subscription) -> list[dict]:
    rows = WebhookDelivery.objects.filter(subscription=subscription).order_by("pk")
    return [json.loads(one) for one in rows.values_list("body", flat=True)]


# --- what is told -------------------------------------------------------------------------------------------------


def test_all_that_befalls_a_task_is_told_in_order(cast) -> None:
    project = make.project(cast.riverside, wanted=1)
    mine, _secret = subscribed(project, URL, cast.mina)
    batch = make.batch(project)
    task, given_up = make.tasks(batch, 2)
    said(cast.alice, task, make.MARIA)
    reviewed(cast, task, make.OSLO)
    task_actions.requeue(task, by=cast.mina)
    said(cast.bob, task, make.MARIA)
    queue.withhold(given_up, Task.Withheld.CANCELLED, by=cast.mina)
    task_actions.requeue(given_up, by=cast.mina)
    batches.move(batch, "cancelled", by=cast.mina)
    told()
    archive.archive(batch, by=cast.mina)
    told()
    returning.bring_back(batch, by=cast.mina)
    told()
    rows = WebhookDelivery.objects.filter(subscription=mine).order_by("pk")
    streams = {name: list(rows.filter(stream=f"task:{name}").values_list("kind", flat=True)) for name in names(task)}
    assert streams[str(task.public_id)] == [
        "task.decided",
        "task.superseded",
        "task.reopened",
        "task.superseded",
        "task.archived",
        "task.superseded",
    ]
    of_the_other = list(rows.filter(stream=f"task:{given_up.public_id}").values_list("kind", flat=True))
    assert of_the_other == ["task.cancelled", "task.reopened", "task.cancelled"]
    assert rows.filter(stream=f"batch:{batch.public_id}").values_list("kind", flat=True).get() == "batch.cancelled"


def names(*tasks: Task) -> list[str]:
    return [str(one.public_id) for one in tasks]


def test_reading_the_same_events_again_tells_nothing_twice(cast) -> None:
    project = make.project(cast.riverside, wanted=1)
    mine, _secret = subscribed(project, URL, cast.mina)
    said(cast.alice, make.task(make.batch(project)), make.MARIA)
    told()
    told()
    assert kinds_of(mine) == ["task.decided"]


def test_a_tasks_message_says_what_its_line_of_the_feed_says(cast) -> None:
    project = make.project(cast.riverside, wanted=1)
    mine, _secret = subscribed(project, URL, cast.mina)
    decided, again, cancelled = make.tasks(make.batch(project), 3)
    said(cast.alice, decided, make.MARIA)
    for task in (decided, again):
        reviewed(cast, task, make.OSLO)
    verdict_index.add(Event.objects.all())
    task_actions.requeue(again, by=cast.mina)
    queue.withhold(cancelled, Task.Withheld.CANCELLED, by=cast.mina)
    told()
    verdict_index.add(Event.objects.all())
    feed = Api(cast.mina, cast.riverside).get("verdicts", project.public_id).json()["results"]
    newest = {one["data"]["task"]: one["data"] for one in bodies(mine)}
    assert len(feed) == 3
    for line in feed:
        message = newest[line["task"]]
        beside = {"project", "batch", "answer_left_out", "at"}
        assert {name: line[name] for name in message if name not in beside} == {
            name: value for name, value in message.items() if name not in beside
        }
        assert (message["project"], message["at"][-1]) == (str(project.public_id), "Z")


def test_an_answer_too_long_for_a_message_is_left_to_be_fetched(cast, monkeypatch) -> None:
    monkeypatch.setattr("projects.webhooks.messages.LONGEST", 10)
    project = make.project(cast.riverside, wanted=1)
    mine, _secret = subscribed(project, URL, cast.mina)
    said(cast.alice, make.task(make.batch(project)), make.MARIA)
    told()
    assert (bodies(mine)[0]["data"]["answer"], bodies(mine)[0]["data"]["answer_left_out"]) == (None, True)


def test_a_batch_is_done_once_and_again_after_more_came(cast) -> None:
    project = make.project(cast.riverside, wanted=1)
    mine, _secret = subscribed(project, URL, cast.mina, "batch.done")
    batch, last = make.batch(project), Event.objects.latest("pk").pk

    def read() -> list[dict]:
        nonlocal last
        for events in (list(Event.objects.filter(pk__gt=last).order_by("pk")), None):
            if events:
                progress.add(events)
                progress.tell_done(events)
        last = told(last)
        return bodies(mine)

    first, second = make.tasks(batch, 2)
    said(cast.alice, first, make.MARIA)
    assert read() == []
    said(cast.alice, second, make.MARIA)
    (done,) = read()
    assert (done["type"], done["data"]["name"], done["data"]["tasks"]) == ("batch.done", "First", 2)
    reviewed(cast, second, make.OSLO)
    assert len(read()) == 1, "it still is"
    task_actions.requeue(second, by=cast.mina)
    assert len(read()) == 1
    said(cast.bob, second, make.MARIA)
    assert len(read()) == 2


def test_files_are_told_with_what_became_of_their_rows(cast) -> None:
    project = make.project(cast.riverside, wanted=1)
    mine, _secret = subscribed(project, URL, cast.mina, "import.done", "import.failed")
    batch = make.batch(project, state="draft")
    for name, text in (("good.txt", b"A line.\n"), ("bad.jsonl", b"\xff\xfe{\x00}\x00")):
        made = importing.keep(batch, ContentFile(text), name=name, by=cast.mina)
        importing.run(made.pk)
    Import.objects.filter(pk=made.pk).update(reason="The file is empty.", reason_of={"place": "line 14"})
    with translation.override("es"):
        told()
    good, bad = bodies(mine)
    assert (good["type"], good["data"]["loaded"], good["data"]["name"]) == ("import.done", 1, "good.txt")
    assert (bad["type"], bad["data"]["loaded"]) == ("import.failed", 0)
    assert bad["data"]["reason"] == "The file is empty. (line 14)", "with its place, in English"


def test_payouts_are_told_to_finance_alone(cast) -> None:
    money, _secret = subscribed(cast.riverside, URL, cast.finn)
    work, _secret = subscribed(cast.riverside, URL, cast.mina)
    everything, _secret = subscribed(cast.riverside, URL, cast.olga)
    assert money.kinds == ["payout.paid"] and "payout.paid" not in work.kinds and "payout.paid" in everything.kinds
    earn(cast, cast.alice, 2_500_000)
    run = payouts.propose(cast.riverside, cast.finn)
    payouts.approve(run, cast.fay)
    payouts.settle(run, cast.finn, reference="SEPA 1")
    told()
    (paid,) = bodies(money)
    assert (paid["data"]["total"], paid["data"]["taskers"], paid["data"]["reference"]) == ("2.50", 1, "SEPA 1")
    assert bodies(work) == [] and len(bodies(everything)) == 1


# --- to whom ------------------------------------------------------------------------------------------------------


def test_each_is_told_of_its_own_project_from_when_it_asked(cast) -> None:
    here, there = make.project(cast.riverside, wanted=1), make.project(cast.riverside, "Other", wanted=1)
    elsewhere = make.project(cast.hilltop, wanted=1)
    of_here, _secret = subscribed(here, URL, cast.mina)
    of_all, _secret = subscribed(cast.riverside, URL, cast.olga)
    of_hilltop, _secret = subscribed(cast.hilltop, URL, cast.nora)
    for project in (here, there, elsewhere):
        said(cast.ned if project is elsewhere else cast.bob, make.task(make.batch(project)), make.MARIA)
    told()
    assert len(kinds_of(of_here)) == 1 and len(kinds_of(of_all)) == 2 and len(kinds_of(of_hilltop)) == 1
    Subscription.objects.update(made_at=timezone.now() + timedelta(hours=1))
    WebhookDelivery.objects.all().delete()
    told()
    assert not WebhookDelivery.objects.exists(), "what happened before it asked is nobody's to tell"


def test_who_is_switched_off_is_told_nothing_meanwhile(cast) -> None:
    project = make.project(cast.riverside, wanted=1)
    mine, _secret = subscribed(project, URL, cast.mina)
    batch, last = make.batch(project), told()
    subscriptions.switch(mine, "off", by=cast.mina)
    said(cast.alice, make.task(batch), make.MARIA)
    last = told(last)
    subscriptions.switch(mine, "on", by=cast.mina)
    said(cast.alice, make.task(batch), make.MARIA)
    told(last)
    assert len(kinds_of(mine)) == 1


# --- subscribing --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("https://hooks.other.org/", "host-not-allowed"),
        ("http://hooks.example.com/", "scheme-not-allowed"),
        ("https://user:secret@hooks.example.com/", "bad-address"),
        ("https://127.0.0.1/", "host-not-allowed"),
        ("nonsense", "bad-address"),
    ],
)
def test_an_address_that_may_not_be_asked_is_refused_at_once(cast, url: str, code: str) -> None:
    with pytest.raises(Problem) as refusal:
        subscribed(make.project(cast.riverside), url, cast.mina)
    assert (refusal.value.code, refusal.value.place) == (code, "url")


def test_without_the_operators_word_nobody_subscribes(cast, settings) -> None:
    settings.OUTBOUND = []
    with pytest.raises(Problem) as refusal:
        subscribed(make.project(cast.riverside), URL, cast.mina)
    assert refusal.value.code == "outbound-off"


def test_kinds_that_one_may_not_know_are_refused(cast) -> None:
    project = make.project(cast.riverside)
    for to, by, kind in (
        (project, cast.olga, "payout.paid"),
        (cast.riverside, cast.mina, "payout.paid"),
        (cast.riverside, cast.finn, "task.decided"),
        (project, cast.mina, "task.eaten"),
    ):
        with pytest.raises(Refused) as refusal:
            subscribed(to, URL, by, kind)
        assert refusal.value.code == "bad-kinds"
    with pytest.raises(Refused):
        subscriptions.create(cast.riverside, project, name="None", url=URL, kinds=[], by=cast.mina)


def test_each_sees_those_of_which_they_may_know_all(cast) -> None:
    project = make.project(cast.riverside)
    subscribed(project, URL, cast.mina, name="Of the project")
    money, _secret = subscribed(cast.riverside, URL, cast.finn, name="Money")
    both, _secret = subscribed(cast.riverside, URL, cast.olga, name="Both")
    work, _secret = subscribed(cast.riverside, URL, cast.mina, name="Work")

    def seen(person) -> list[str]:
        return [one.name for one in subscriptions.of(person, cast.riverside, None)]

    assert (seen(cast.olga), seen(cast.mina), seen(cast.finn)) == (["Both", "Money", "Work"], ["Work"], ["Money"])
    assert subscriptions.of(cast.mina, cast.riverside, project)[0].name == "Of the project"
    for person, error in ((cast.mina, NotAllowed), (cast.nora, NotFound), (cast.alice, NotAllowed)):
        with pytest.raises(error):
            subscriptions.one(person, both.public_id)
    assert subscriptions.one(cast.finn, money.public_id) == money
    with pytest.raises(NotAllowed):
        subscriptions.one(cast.finn, work.public_id)


# --- secrets ------------------------------------------------------------------------------------------------------


def test_a_secret_lies_nowhere_in_clear_and_is_known_when_keys_change(cast, settings) -> None:
    settings.SECRET_BOX_KEYS = [secret_box.new_key()]
    mine, secret = subscribed(make.project(cast.riverside), URL, cast.mina)
    row = Subscription.objects.filter(pk=mine.pk).values().get()
    assert secret.startswith("whsec_") and secret.removeprefix("whsec_") not in str(row)
    assert not [one for one in Event.objects.all() if secret[6:] in str(one.data)]
    settings.SECRET_BOX_KEYS = [secret_box.new_key(), *settings.SECRET_BOX_KEYS]
    assert signing.reseal() == 1 and signing.reseal() == 0
    settings.SECRET_BOX_KEYS = settings.SECRET_BOX_KEYS[:1]
    mine.refresh_from_db()
    assert signing.signers(mine, timezone.now())


def test_the_secret_before_signs_beside_the_new_one_for_a_day(cast) -> None:
    mine, _old = subscribed(make.project(cast.riverside), URL, cast.mina)
    subscriptions.rotate(mine, by=cast.mina)
    now = timezone.now()
    assert len(signing.signers(mine, now)) == 2
    assert len(signing.signers(mine, now + timedelta(hours=25))) == 1
    subscriptions.rotate(mine, by=cast.mina)
    assert len(signing.signers(mine, now)) == 2, "the last two"


# --- once more, and no more ---------------------------------------------------------------------------------------


def test_what_waits_is_not_sent_again_by_hand_and_what_is_old_goes(cast, settings) -> None:
    mine, _secret = subscribed(make.project(cast.riverside), URL, cast.mina)
    ping = subscriptions.ping(mine, by=cast.mina)
    with pytest.raises(StateConflict):
        deliveries.redeliver(ping)
    old = timezone.now() - timedelta(days=31)
    WebhookDelivery.objects.update(made_at=old)
    assert deliveries.prune() == 0, "it waits"
    WebhookDelivery.objects.update(state="done")
    assert deliveries.redeliver(ping).state == "waiting"
    WebhookDelivery.objects.update(state="dead")
    settings.KEEP_DELIVERIES = 0
    assert deliveries.prune() == 0
    settings.KEEP_DELIVERIES = 30
    assert deliveries.prune() == 1


def test_who_is_off_is_not_pinged_and_who_is_removed_leaves_nothing(cast) -> None:
    mine, _secret = subscribed(make.project(cast.riverside), URL, cast.mina)
    subscriptions.ping(mine, by=cast.mina)
    subscriptions.switch(mine, "off", by=cast.mina)
    with pytest.raises(StateConflict):
        subscriptions.ping(mine, by=cast.mina)
    subscriptions.remove(mine, by=cast.mina)
    assert not WebhookDelivery.objects.exists() and not Subscription.objects.exists()


def test_events_of_other_sorts_cost_one_look_and_tell_nothing(cast, django_assert_num_queries) -> None:
    subscribed(make.project(cast.riverside), URL, cast.mina)
    emit("claimed", organization_id=cast.riverside.pk)
    event = Event.objects.latest("pk")
    with django_assert_num_queries(0):
        telling.tell([event])
