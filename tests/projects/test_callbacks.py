"""Tasks that bring an address of their own are told of there: checked when they are loaded, and again on sending."""

import io
import json

import pytest

from benchmarks.webhooks.receiver import receiving
from projects.data import importing
from projects.data.reading.readers.jsonl import read_jsonl
from projects.models import Task, TaskCallback, WebhookDelivery
from projects.workflow import batches, task_actions
from tests.support import cast as people
from tests.support import make
from tests.support.projects.hooks import delivered, hurried, subscribed, told
from tests.support.projects.judging import said

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def allowed(settings) -> None:
    settings.OUTBOUND, settings.OUTBOUND_PRIVATE = ["http://127.0.0.1", "*.example.com"], ["127.0.0.1"]


@pytest.fixture
def everybody():
    return people.assemble()


@pytest.fixture
def project(everybody):
    return make.project(everybody.riverside, wanted=1)


def loaded(everybody, batch, *rows: tuple[str, object]):
    """Rows of these names, each with its address."""
    lines = [
        json.dumps({"external_id": name, "payload": {"text": make.TEXT}, "callback_url": url}) for name, url in rows
    ]
    items = read_jsonl(io.BytesIO("\n".join(lines).encode()))
    return importing.load_all(batch, items, by=everybody.mina)


def test_each_task_is_told_at_its_own_address(everybody, project) -> None:
    with receiving() as receiver:
        jobs, _secret = subscribed(project, receiver.at("/"), everybody.mina, callbacks=True)
        done = loaded(
            everybody,
            make.batch(project),
            ("a", receiver.at("/ok?job=a")),
            ("b", receiver.at("/ok?job=b")),
            ("c", None),
        )
        assert (done.loaded, done.faults) == (3, [])
        for task in Task.objects.order_by("external_id"):
            said(everybody.alice, task, make.MARIA)
        task_actions.requeue(Task.objects.get(external_id="a"), by=everybody.mina)
        told()
        delivered()
        came = [(one.path, one.said["type"], one.said["data"]["external_id"]) for one in receiver.messages]
    assert sorted(came) == [
        ("/ok?job=a", "task.decided", "a"),
        ("/ok?job=a", "task.reopened", "a"),
        ("/ok?job=b", "task.decided", "b"),
    ]
    assert jobs.url == receiver.at("")


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("https://elsewhere.org/", "host-not-allowed"),
        ("https://hooks.example.com:8443/", "no-callbacks"),
        ("https://other.example.com/", "no-callbacks"),
        ("http://hooks.example.com/", "scheme-not-allowed"),
        ("https://hooks.example.com@127.0.0.1/", "bad-address"),
        ("http://169.254.169.254/latest", "host-not-allowed"),
        (7, "wrong-shape"),
    ],
)
def test_an_address_that_may_not_be_told_refuses_its_row_and_no_other(everybody, project, url, code) -> None:
    subscribed(project, "https://hooks.example.com/", everybody.mina, callbacks=True)
    done = loaded(everybody, make.batch(project), ("bad", url), ("good", "https://hooks.example.com/in"))
    (fault,) = done.faults
    assert (done.loaded, fault.code, fault.place) == (1, code, "line 1, callback_url")
    assert TaskCallback.objects.get().url == "https://hooks.example.com/in"


def test_an_address_that_is_gone_is_told_nothing_more_and_the_others_are(everybody, project) -> None:
    with receiving() as receiver:
        jobs, _secret = subscribed(project, receiver.at("/"), everybody.mina, callbacks=True)
        batch = make.batch(project)
        loaded(everybody, batch, ("a", receiver.at("/410")), ("b", receiver.at("/ok")))
        for task in Task.objects.order_by("external_id"):
            said(everybody.alice, task, make.MARIA)
        last = told()
        while hurried():
            delivered()
        jobs.refresh_from_db()
        assert (jobs.state, TaskCallback.objects.get().url) == ("on", receiver.at("/ok"))
        for task in Task.objects.order_by("external_id"):
            task_actions.requeue(task, by=everybody.mina)
        told(last)
        assert list(WebhookDelivery.objects.filter(kind="task.reopened").values_list("url", flat=True)) == [
            receiver.at("/ok")
        ]


def test_tasks_that_are_cancelled_with_their_batch_are_told_at_their_addresses(everybody, project) -> None:
    subscribed(project, "https://hooks.example.com/", everybody.mina, callbacks=True)
    batch = make.batch(project)
    loaded(everybody, batch, ("a", "https://hooks.example.com/a"), ("b", None))
    batches.move(batch, "cancelled", by=everybody.mina)
    told()
    assert list(WebhookDelivery.objects.values_list("kind", "url")) == [
        ("task.cancelled", "https://hooks.example.com/a")
    ]


def test_what_a_row_calls_so_among_its_fields_stays_its_own(everybody, project) -> None:
    line = json.dumps({"external_id": "a", "text": "A line.", "callback_url": "whatever"}).encode()
    importing.load_all(make.batch(project), read_jsonl(io.BytesIO(line)), by=everybody.mina)
    assert Task.objects.get().payload["meta"] == {"callback_url": "whatever"}
    assert not TaskCallback.objects.exists()
