"""A program subscribes, looks how its messages fare, and has them sent again."""

import pytest

from projects.models import Subscription, WebhookDelivery
from taskers.models import Event
from tests.support import make
from tests.support.projects import hooks
from tests.support.projects.judging import said
from tests.support.projects.pipeline import Api, Office, refused

pytestmark = pytest.mark.django_db
URL = "https://hooks.example.com/in"


@pytest.fixture(autouse=True)
def allowed(settings) -> None:
    settings.OUTBOUND = ["hooks.example.com"]


@pytest.fixture
def mina(cast) -> Office:
    return Office(cast.mina, cast.riverside)


def subscribed(mina: Office, project, **terms: object) -> dict:
    body = {"name": "Pipeline", "url": URL, "kinds": ["task.decided"]} | terms
    answer = mina.post("project-webhooks", project.public_id, body=body)
    assert answer.status_code == 201, answer.content
    return answer.json()


def test_a_secret_is_told_once(mina, project) -> None:
    made = subscribed(mina, project)
    assert made["secret"].startswith("whsec_") and (made["state"], made["url"]) == ("on", URL)
    listed = mina.get("project-webhooks", project.public_id).json()["results"]
    shown = mina.get("webhook", made["id"]).json()
    assert [one["id"] for one in listed] == [made["id"]] and "secret" not in shown and "secret" not in listed[0]
    again = mina.post("webhook-rotate", made["id"]).json()
    assert again["secret"] != made["secret"] and again["old_secret_until"]


def test_what_can_not_be_subscribed_to_is_refused_with_its_place(mina, project) -> None:
    def asked(status: int, code: str, place: str, **terms: object) -> None:
        body = {"name": "Pipeline", "url": URL, "kinds": ["task.decided"]} | terms
        refused(mina.post("project-webhooks", project.public_id, body=body), status, code, place)

    asked(422, "host-not-allowed", "url", url="https://evil.example.org/")
    asked(422, "scheme-not-allowed", "url", url="http://hooks.example.com/")
    asked(422, "bad-address", "url", url="https://a:b@hooks.example.com/")
    asked(422, "bad-kinds", "kinds[1]", kinds=["task.decided", "payout.paid"])
    asked(400, "invalid", "kinds[0]", kinds=["task.eaten"])
    assert not Subscription.objects.exists()


def test_it_is_changed_switched_off_and_removed(mina, project) -> None:
    made = subscribed(mina, project)
    body = {"name": "Other", "kinds": ["batch.done", "task.reopened"], "state": "off"}
    changed = mina.send("PATCH", "webhook", made["id"], body=body).json()
    assert (changed["name"], changed["state"], changed["kinds"]) == ("Other", "off", ["task.reopened", "batch.done"])
    refused(mina.post("webhook-ping", made["id"]), 409, "subscription-off")
    assert mina.send("DELETE", "webhook", made["id"]).status_code == 204
    refused(mina.get("webhook", made["id"]), 404, "not-found")
    kinds = list(
        Event.objects.filter(subject=f"subscription:{made['id']}").order_by("pk").values_list("kind", flat=True)
    )
    assert kinds == ["subscribed", "subscription_changed", "subscription_off", "unsubscribed"]


def test_messages_are_listed_page_by_page_and_sent_again(cast, mina, project, batch) -> None:
    made = subscribed(mina, project)
    for task in make.tasks(batch, 3):
        said(cast.alice, task, make.MARIA)
    hooks.told()
    page = mina.get("deliveries", made["id"], limit=2).json()
    assert (len(page["results"]), page["more"]) == (2, True)
    rest = mina.get("deliveries", made["id"], limit=2, after=page["next"]).json()
    assert (len(rest["results"]), rest["more"]) == (1, False)
    first = page["results"][0]
    assert (first["kind"], first["state"], first["tries"], first["status"]) == ("task.decided", "waiting", 0, None)
    refused(mina.post("delivery-again", made["id"], first["id"]), 409, "already-waiting")
    WebhookDelivery.objects.update(state="dead", tries=20)
    assert mina.post("delivery-again", made["id"], first["id"]).json()["state"] == "waiting"
    assert len(mina.get("deliveries", made["id"], state="dead").json()["results"]) == 2
    assert mina.post("deliveries", made["id"]).json() == {"messages": 2}


def test_the_neighbour_finds_nothing(cast, mina, nora, project) -> None:
    made = subscribed(mina, project)
    for name in ("webhook", "deliveries"):
        refused(nora.get(name, made["id"]), 404, "not-found")
    there = Api(cast.nora, cast.hilltop)
    assert there.get("webhooks").json() == {"results": []}
