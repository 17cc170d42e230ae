"""The pages of webhooks: a manager adds one, sees every message and what came back, and has it sent again."""

import pytest
from django.test import Client
from django.urls import reverse

from projects.models import Subscription, WebhookDelivery
from tests.support import make
from tests.support.projects.hooks import subscribed, told
from tests.support.projects.judging import said

pytestmark = pytest.mark.django_db
URL = "https://hooks.example.com/in"


@pytest.fixture(autouse=True)
def allowed(settings) -> None:
    settings.OUTBOUND = ["hooks.example.com"]


@pytest.fixture
def project(cast):
    return make.project(cast.riverside, wanted=1)


@pytest.fixture
def mina(cast) -> Client:
    return signed_in(cast.mina)


def signed_in(person) -> Client:
    client = Client()
    assert client.post("/accounts/login/", {"login": person.email, "password": make.PASSWORD}).status_code == 302
    return client


def shown(client: Client, name: str, *keys: object, **asked: str) -> str:
    return client.get(reverse(name, args=keys), asked).content.decode()


def test_a_manager_adds_one_and_sees_its_secret_once(mina, project) -> None:
    form = {"name": "Pipeline", "url": URL, "kinds": ["task.decided", "batch.done"]}
    page = mina.post(reverse("project-webhooks", args=[project.public_id]), form).content.decode()
    assert "whsec_" in page and "Pipeline is subscribed." in page
    again = shown(mina, "project-webhooks", project.public_id)
    assert "whsec_" not in again and "Pipeline" in again
    assert "whsec_" not in shown(mina, "webhook", Subscription.objects.get().public_id)


def test_what_may_not_be_asked_is_said_beside_its_field(mina, project) -> None:
    form = {"name": "Pipeline", "url": "https://evil.example.org/", "kinds": ["task.decided"]}
    answer = mina.post(reverse("project-webhooks", args=[project.public_id]), form)
    assert answer.status_code == 422 and "The operator doesn&#x27;t allow the host" in answer.content.decode()


def test_what_is_mended_after_the_password_was_asked_for_again_goes_to_its_own_page(cast, project) -> None:
    """The form was shown at the page that asks for the password, and sent there, where it was lost."""
    old = Client()
    old.force_login(cast.mina)
    address = reverse("project-webhooks", args=[project.public_id])
    asked = old.post(address, {"name": "Pipeline", "url": "https://evil.example.org/", "kinds": ["task.decided"]})
    refused = old.post(asked["Location"], {"password": make.PASSWORD}).content.decode()
    assert "The operator doesn&#x27;t allow the host" in refused and f'method="post" action="{address}"' in refused


def test_without_the_operators_word_the_page_says_whose_it_is(mina, project, settings) -> None:
    settings.OUTBOUND = []
    assert "TANDEM_OUTBOUND" in shown(mina, "project-webhooks", project.public_id)


def test_every_message_is_listed_with_what_came_back_escaped(cast, mina, project) -> None:
    mine, _secret = subscribed(project, URL, cast.mina)
    for task in make.tasks(make.batch(project), 60):
        said(cast.alice, task, make.MARIA)
    told()
    WebhookDelivery.objects.update(state="dead", status=500, beginning="<script>oops</script>", tries=20)
    WebhookDelivery.objects.update(tried_at=mine.made_at)
    page = shown(mina, "webhook", mine.public_id)
    assert page.count("&lt;script&gt;oops") == 50 and "<script>oops" not in page
    last = WebhookDelivery.objects.order_by("-pk")[49]
    assert f"before={last.pk}" in page
    assert shown(mina, "webhook", mine.public_id, before=str(last.pk)).count("&lt;script&gt;oops") == 10
    assert "There are none in this state" in shown(mina, "webhook", mine.public_id, state="done")
    assert "External" not in page and str(last.public_id) in page
    one = shown(mina, "delivery", mine.public_id, last.public_id)
    assert "&lt;script&gt;oops" in one and "task.decided" in one and "Tries that failed" not in one
    last.failures.create(status=503, beginning="<b>later</b>", took=0.5)
    last.failures.create(status=None, fault="timed-out", took=10.0)
    one = shown(mina, "delivery", mine.public_id, last.public_id)
    assert "Tries that failed" in one and "&lt;b&gt;later&lt;/b&gt;" in one and "timed-out" in one


@pytest.mark.parametrize("odd", [{"before": "x"}, {"before": "9" * 30}, {"before": "-1"}, {"state": "eaten"}])
def test_odd_pages_are_the_first(cast, mina, project, odd: dict) -> None:
    mine, _secret = subscribed(project, URL, cast.mina)
    assert mina.get(reverse("webhook", args=[mine.public_id]), odd).status_code == 200


def test_the_levers_do_what_they_say(cast, mina, project) -> None:
    mine, _secret = subscribed(project, URL, cast.mina)

    def done(address: str, *more: object, **form: str) -> str:
        answer = mina.post(reverse(address, args=[mine.public_id, *more]), form, follow=True)
        assert answer.status_code == 200
        mine.refresh_from_db()
        return answer.content.decode()

    assert "A ping is on its way" in done("webhook-ping")
    ping = WebhookDelivery.objects.get()
    assert "on its way already" in done("delivery-again", ping.public_id)
    WebhookDelivery.objects.update(state="dead")
    assert "Sent again: 1." in done("webhook-again")
    done("webhook-switch", state="off")
    assert mine.state == "off" and "switch it on first" in done("webhook-ping")
    assert "whsec_" in done("webhook-rotate") and mine.old_secret
    done("webhook", name="Other", url=URL, kinds="batch.done")
    assert (mine.name, mine.kinds) == ("Other", ["batch.done"])
    page = mina.post(reverse("webhook-remove", args=[mine.public_id]), follow=True).content.decode()
    assert "Other is removed." in page and not Subscription.objects.exists()


def test_the_organizations_own_are_offered_by_role(cast, project) -> None:
    for person, offered, hidden in (
        (cast.olga, ("payout.paid", "task.decided"), ()),
        (cast.mina, ("task.decided",), ("payout.paid",)),
        (cast.finn, ("payout.paid",), ("task.decided",)),
    ):
        page = shown(signed_in(person), "webhooks")
        assert all(f'value="{one}"' in page for one in offered)
        assert not [one for one in hidden if f'value="{one}"' in page]


def test_addresses_of_tasks_are_told_of_tasks_alone(mina, project) -> None:
    form = {"name": "Jobs", "url": "https://hooks.example.com", "kinds": ["task.decided", "batch.done"]}
    mina.post(reverse("project-webhooks", args=[project.public_id]), form | {"callbacks": "on"})
    made = Subscription.objects.get()
    assert (made.callbacks, made.kinds, made.url) == (True, ["task.decided"], "https://hooks.example.com")
