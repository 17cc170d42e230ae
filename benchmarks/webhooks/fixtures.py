"""An organization with subscriptions and messages for them, all rows written straight into the tables."""

import json
from collections.abc import Sequence
from uuid import uuid4

from projects.models import Subscription, WebhookDelivery
from projects.webhooks import signing
from taskers.models import Organization


def subscription(
    organization: Organization, url: str, name: str = "Pipeline", kinds: Sequence[str] = ("task.decided",)
) -> Subscription:
    """One that is told of tasks."""
    secret = signing.sealed(signing.new_secret())
    return Subscription.objects.create(organization=organization, name=name, url=url, kinds=list(kinds), secret=secret)


def messages(to: Subscription, number: int, *, streams: int) -> None:
    """So many messages of about a kilobyte, of so many tasks by turns."""
    tasks = [uuid4() for _ in range(streams)]
    rows = (_message(to, str(tasks[place % streams]), place) for place in range(number))
    WebhookDelivery.objects.bulk_create(rows, batch_size=2000)


def _message(to: Subscription, task: str, place: int) -> WebhookDelivery:
    spans = [{"id": f"s{one}", "start": one * 10, "end": one * 10 + 7, "label": "person"} for one in range(12)]
    said = {"type": "task.decided", "data": {"task": task, "place": place, "answer": {"spans": spans}}}
    return WebhookDelivery(
        subscription=to, key=f"{place}:{task}", kind="task.decided", stream=f"task:{task}", body=json.dumps(said)
    )
