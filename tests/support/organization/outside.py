"""What it tells and gives to others: webhooks and deliveries."""

from django.test import override_settings
from procrastinate.contrib.django.models import ProcrastinateJob

from projects.data import deliveries
from projects.models import (
    Delivery,
    Project,
    WebhookDelivery,
)
from projects.webhooks import subscriptions
from tests.support.cast import Cast
from tests.support.organization.world import World
from tests.support.projects.hooks import subscribed


def webhooks(world: World, cast: Cast, project: Project) -> None:
    """A project's, with a message that was given up; the organization's own, and one that is told of payouts."""
    url = "https://hooks.example.com/secret-hook"
    with override_settings(OUTBOUND=["hooks.example.com"]):
        mine, _secret = subscribed(project, url, cast.mina, "task.decided", name="Secret hook")
        whole, _secret = subscribed(cast.riverside, url, cast.mina, "task.decided", name="Secret hook of all")
        money, _secret = subscribed(cast.riverside, url, cast.finn, "payout.paid", name="Secret hook of money")
    given_up = subscriptions.ping(mine, by=cast.mina)
    WebhookDelivery.objects.update(state="dead")
    world.things |= {"subscription_id": mine.public_id, "delivery_id": given_up.public_id}
    world.others |= {"whole hook": {"subscription_id": whole.public_id}, "money": {"subscription_id": money.public_id}}


def delivered(world: World, cast: Cast, project: Project) -> None:
    """One that is done, and one that failed and that nobody is at."""
    done = deliveries.order(project, by=cast.mina, format="jsonl", note="Secret reason")
    failed = deliveries.order(project, by=cast.mina, format="jsonl")
    ProcrastinateJob.objects.filter(task_name="projects.jobs.make_delivery").update(status="failed")
    assert deliveries.run(done.pk).state == "done"
    Delivery.objects.filter(pk=failed.pk).update(state="failed", fault="disk-full")
    world.things["number"] = done.number
    world.others["failed delivery"] = {"number": failed.number}
