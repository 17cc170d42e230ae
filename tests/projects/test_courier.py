"""The courier and a receiver on this machine: signed, in order, at least once, and nobody waits for anybody else's."""

import asyncio
import json
import re
from collections import defaultdict
from datetime import timedelta
from random import Random
from unittest.mock import Mock

import pytest
from asgiref.sync import sync_to_async
from django.db import connection
from django.db.models import F
from django.utils import timezone
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from benchmarks.webhooks import fixtures
from benchmarks.webhooks.receiver import Message, Receiver, receiving
from projects import queue
from projects.models import Project, Subscription, Task, WebhookDelivery
from projects.webhooks import courier, deliveries, schedule, subscriptions
from projects.workflow import submission, task_actions
from taskers.outbound.sending import Limits
from tests.support import cast as people
from tests.support import make
from tests.support.cast import Cast
from tests.support.projects.hooks import delivered, hurried, subscribed, told
from tests.support.projects.judging import said

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def allowed(settings) -> None:
    settings.OUTBOUND, settings.OUTBOUND_PRIVATE = ["http://127.0.0.1"], ["127.0.0.1"]


@pytest.fixture
def receiver():
    with receiving() as found:
        yield found


@pytest.fixture
def everybody() -> Cast:
    return people.assemble()


@pytest.fixture
def project(everybody) -> Project:
    return make.project(everybody.riverside, wanted=1)


def checked(message: Message, secret: str) -> dict:
    """What a receiver knows after it has checked who says so. Raises WebhookVerificationError."""
    return Webhook(secret).verify(message.body, message.headers)


def history_of(cast: Cast, task: Task) -> None:
    """Decided, decided anew, reopened, decided once more."""
    said(cast.alice, task, make.MARIA)
    review = queue.claim_review(task, cast.rita)
    submission.decide(review, cast.rita, review.token, make.OSLO)
    task_actions.requeue(task, by=cast.mina)
    said(cast.bob, task, make.MARIA)


HISTORY = ["task.decided", "task.superseded", "task.reopened", "task.superseded"]


def by_task(receiver: Receiver) -> dict[str, list[str]]:
    """The kinds that came of each task, each message once, in the order in which it first came."""
    found: dict[str, list[str]] = defaultdict(list)
    seen = set()
    for message in receiver.messages:
        if message.id not in seen:
            seen.add(message.id)
            found[message.said["data"]["task"]].append(message.said["type"])
    return found


def last(subscription: Subscription) -> WebhookDelivery:
    return WebhookDelivery.objects.filter(subscription=subscription).latest("pk")


def test_a_message_is_signed_and_says_what_happened(everybody, project, receiver) -> None:
    mine, secret = subscribed(project, receiver.at("/ok?from=tandem"), everybody.mina)
    said(everybody.alice, make.task(make.batch(project)), make.MARIA)
    told()
    delivered()
    (message,) = receiver.messages
    body = checked(message, secret)
    assert (message.path, message.headers["content-type"]) == ("/ok?from=tandem", "application/json")
    assert (body["type"], body["data"]["external_id"]) == ("task.decided", "First-0")
    assert message.id == str(last(mine).public_id)
    with pytest.raises(WebhookVerificationError):
        Webhook(secret).verify(message.body.replace(b"First-0", b"First-1"), message.headers)
    done = last(mine)
    assert (done.state, done.status, done.beginning, done.tries) == ("done", 200, "ok", 1)


def test_after_a_rotation_both_secrets_open_for_a_day(everybody, project, receiver) -> None:
    mine, before = subscribed(project, receiver.at(), everybody.mina)
    after = subscriptions.rotate(mine, by=everybody.mina)
    subscriptions.ping(mine, by=everybody.mina)
    delivered()
    assert checked(receiver.messages[0], before) == checked(receiver.messages[0], after)
    Subscription.objects.update(old_until=timezone.now())
    subscriptions.ping(mine, by=everybody.mina)
    delivered()
    assert checked(receiver.messages[1], after)["type"] == "ping"
    with pytest.raises(WebhookVerificationError):
        checked(receiver.messages[1], before)


def test_each_task_is_told_in_order_though_every_message_fails_twice(everybody, project, receiver) -> None:
    subscribed(project, receiver.at("/500"), everybody.mina)
    tasks = make.tasks(make.batch(project), 3)
    for task in tasks:
        history_of(everybody, task)
    told()
    while hurried():
        delivered()
    assert by_task(receiver) == {str(one.public_id): HISTORY for one in tasks}
    assert all(number == 3 for number in receiver.tries.values()), "the same id each time"
    assert set(WebhookDelivery.objects.values_list("state", "tries")) == {("done", 3)}


def test_a_receiver_that_hangs_keeps_nobody_waiting(everybody, project, receiver, monkeypatch) -> None:
    monkeypatch.setattr(courier, "LIMITS", Limits(seconds=600.0))
    stuck, _secret = subscribed(project, receiver.at("/hang"), everybody.mina)
    mine, _secret = subscribed(project, receiver.at("/ok"), everybody.mina)
    for task in make.tasks(make.batch(project), 40):
        said(everybody.alice, task, make.MARIA)
    told()

    async def story() -> None:
        running = asyncio.create_task(courier.run())
        waiting = WebhookDelivery.objects.filter(subscription=mine, state="waiting")
        try:
            async with asyncio.timeout(120):
                while await sync_to_async(waiting.exists, thread_sensitive=False)():
                    await asyncio.sleep(0.05)
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)

    asyncio.run(story())
    hanging = [one for one in receiver.messages if one.path == "/hang"]
    assert 0 < len(hanging) <= courier.WIDTH
    assert WebhookDelivery.objects.filter(subscription=stuck, state="waiting").count() == 40


def test_what_is_written_down_is_told_at_once_however_quiet_it_was(everybody, project, receiver, monkeypatch) -> None:
    mine, _secret = subscribed(project, receiver.at("/ok"), everybody.mina)
    looked = Mock(wraps=deliveries.due)
    monkeypatch.setattr(deliveries, "due", looked)
    monkeypatch.setattr(courier, "PAUSE", 600.0)
    monkeypatch.setattr(courier, "QUIET", 600.0)

    async def story() -> None:
        news = asyncio.Event()
        running = asyncio.create_task(courier.run(news))
        async with asyncio.timeout(60):
            while not looked.call_count:
                await asyncio.sleep(0.02)
            await sync_to_async(subscriptions.ping, thread_sensitive=False)(mine, by=everybody.mina)
            news.set()
            while not receiver.messages:
                await asyncio.sleep(0.02)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    asyncio.run(story())


def test_who_is_stopped_leaves_what_was_on_the_way_to_the_next(everybody, project, receiver) -> None:
    mine, _secret = subscribed(project, receiver.at("/hang"), everybody.mina)
    subscriptions.ping(mine, by=everybody.mina)

    async def story() -> None:
        running = asyncio.create_task(courier.run())
        while not receiver.messages:
            await asyncio.sleep(0.02)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    asyncio.run(story())
    mine.refresh_from_db()
    assert mine.held_by is None and deliveries.due() == [mine.pk]
    subscriptions.change(mine, url=receiver.at("/ok"), by=everybody.mina)
    delivered()
    assert [one.path for one in receiver.messages] == ["/hang", "/ok"]
    assert len({one.id for one in receiver.messages}) == 1


def test_each_stream_is_looked_up_however_many_wait_and_however_little_is_known_of_them(everybody, project) -> None:
    """Before PostgreSQL has counted the rows, all that waits was read for each message in hand."""
    to, _secret = subscribed(project, "http://127.0.0.1/ok", everybody.mina)
    fixtures.messages(to, 600, streams=200)
    WebhookDelivery.objects.update(due_at=F("made_at") - timedelta(seconds=1) * F("id"))
    asked = {"subscription": to.pk, "in_hand": [], "limit": 96}
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {deliveries.NEXT}", asked)
        plan = json.dumps(cursor.fetchone())
    read = sum(map(int, re.findall(r'"(?:Actual Rows|Rows Removed by Filter)": (\d+)', plan)))
    assert "delivery_stream" in plan and read < 2 * 600, plan


def test_only_one_worker_at_a_time_delivers_to_a_receiver(everybody, project, receiver) -> None:
    mine, _secret = subscribed(project, receiver.at(), everybody.mina)
    subscriptions.ping(mine, by=everybody.mina)
    Subscription.objects.update(held_until=timezone.now() + timedelta(minutes=1))
    delivered()
    assert receiver.messages == []
    Subscription.objects.update(held_until=timezone.now() - timedelta(seconds=1))  # its worker was killed
    delivered()
    assert len(receiver.messages) == 1


def test_410_ends_a_subscription(everybody, project, receiver) -> None:
    mine, _secret = subscribed(project, receiver.at("/410"), everybody.mina)
    for task in make.tasks(make.batch(project), 2):
        history_of(everybody, task)
    told()
    delivered()
    mine.refresh_from_db()
    assert mine.state == "gone"
    assert set(WebhookDelivery.objects.values_list("state", flat=True)) == {"dead"}
    number = len(receiver.messages)
    delivered()
    assert len(receiver.messages) == number


def test_a_message_is_given_up_after_twenty_tries_and_sent_again_by_hand(everybody, project, receiver) -> None:
    mine, _secret = subscribed(project, receiver.at("/away"), everybody.mina)
    subscriptions.ping(mine, by=everybody.mina)
    for _try in range(schedule.TRIES):
        assert hurried() == 1
        delivered()
    dead = last(mine)
    assert (dead.state, dead.tries, dead.status) == ("dead", 20, 302) and len(receiver.messages) == 20
    assert [one.status for one in deliveries.failures_of(dead)] == 20 * [302]
    assert hurried() == 0
    subscriptions.change(mine, url=receiver.at("/ok"), by=everybody.mina)
    assert deliveries.redeliver_dead(mine) == 1
    delivered()
    assert last(mine).state == "done" and len({one.id for one in receiver.messages}) == 1
    assert deliveries.failures_of(dead).count() == 20, "what failed stays known"


def test_a_redirect_to_a_private_address_is_not_followed(everybody, project, receiver) -> None:
    with receiving() as inside:
        receiver.leads_to = inside.at("/ok")
        mine, _secret = subscribed(project, receiver.at("/away"), everybody.mina)
        subscriptions.ping(mine, by=everybody.mina)
        delivered()
        assert (last(mine).state, last(mine).status, inside.messages) == ("waiting", 302, [])


def test_what_the_operator_forbids_later_is_not_asked(everybody, project, receiver, settings) -> None:
    mine, _secret = subscribed(project, receiver.at(), everybody.mina)
    settings.OUTBOUND_PRIVATE = []
    for allowed_still, fault in ((["http://127.0.0.1"], "private-address"), ([], "outbound-off")):
        settings.OUTBOUND = allowed_still
        subscriptions.ping(mine, by=everybody.mina)
        hurried()
        delivered()
        assert (last(mine).state, last(mine).fault) == ("waiting", fault)
    assert receiver.messages == []


def test_a_receiver_that_is_away_is_asked_ever_more_seldom_and_gets_all_once_it_is_back(
    everybody, project, receiver
) -> None:
    with receiving() as away:
        url = away.at()
    mine, _secret = subscribed(project, url, everybody.mina)
    for task in make.tasks(make.batch(project), 30):
        said(everybody.alice, task, make.MARIA)
    told()
    for _round in range(schedule.BROKEN + 2):
        hurried()
        delivered()
    mine.refresh_from_db()
    assert mine.failures >= schedule.BROKEN and mine.failing_since and mine.retry_at > timezone.now()
    assert WebhookDelivery.objects.filter(fault="no-connection").exists()
    assert deliveries.due() == [], "it is left alone"
    Subscription.objects.update(url=receiver.at(), retry_at=None)
    WebhookDelivery.objects.filter(pk=last(mine).pk).update(due_at=timezone.now())
    delivered()
    mine.refresh_from_db()
    assert (mine.failures, mine.failing_since, mine.retry_at) == (0, None, None)
    assert len(receiver.messages) == 30, "what waited for it didn't wait any longer"


def test_a_receiver_that_asks_for_a_pause_gets_it(everybody, project, receiver) -> None:
    mine, _secret = subscribed(project, receiver.at("/busy"), everybody.mina)
    subscriptions.ping(mine, by=everybody.mina)
    delivered()
    mine.refresh_from_db()
    assert mine.retry_at > timezone.now() + timedelta(minutes=55)


def test_who_never_answers_in_a_day_is_given_up_and_what_is_new_waits(everybody, project) -> None:
    with receiving() as away:
        url = away.at()
    mine, _secret = subscribed(project, url, everybody.mina)
    old, new = (subscriptions.ping(mine, by=everybody.mina) for _ in range(2))
    ages = timezone.now() - timedelta(seconds=schedule.GIVE_UP_AFTER + 1)
    WebhookDelivery.objects.filter(pk=old.pk).update(asked_at=ages)
    delivered()
    assert dict(WebhookDelivery.objects.values_list("pk", "state")) == {old.pk: "dead", new.pk: "waiting"}


def test_the_waits_are_twenty_tries_over_a_day_and_never_the_same() -> None:
    waits = [schedule.wait(tries, Random(1)) for tries in range(1, schedule.TRIES)]
    assert schedule.TRIES == 20 and abs(sum(schedule.WAITS) - 24 * 3600) < 60
    assert waits == sorted(waits) or max(waits) <= 1.1 * max(schedule.WAITS)
    dice = Random(2)
    assert len({schedule.wait(5, dice) for _ in range(50)}) == 50
    assert [schedule.pause(number, dice) is None for number in (0, 1, 2, 3, 40)] == [True, True, True, False, False]
    assert schedule.pause(40, dice) <= schedule.LONGEST_PAUSE
    assert [schedule.asked_for(one) for one in ("120", "99999", "", "Fri, 27 Nov 2026", "-5", "²")] == [
        120,
        3600,
        0,
        0,
        0,
        0,
    ]


def test_bodies_are_the_same_bytes_each_time(everybody, project, receiver) -> None:
    mine, _secret = subscribed(project, receiver.at("/500"), everybody.mina)
    said(everybody.alice, make.task(make.batch(project)), make.MARIA)
    told()
    while hurried():
        delivered()
    assert len({one.body for one in receiver.messages}) == 1 and len(receiver.messages) == 3
    assert json.loads(last(mine).body) == receiver.messages[0].said
