"""The secrets of subscriptions, sealed, and what is signed by them, as the Standard Webhooks specification says."""

import base64
import secrets
from collections import Counter
from datetime import datetime

from standardwebhooks.webhooks import Webhook

from projects.models import Subscription
from taskers.credentials import secret_box

PURPOSE = "webhook"
PREFIX = "whsec_"
BYTES = 32


def new_secret() -> str:
    """A secret that nobody has seen, as its receiver keeps it."""
    return PREFIX + base64.b64encode(secrets.token_bytes(BYTES)).decode()


def sealed(secret: str) -> str:
    return secret_box.seal(secret, PURPOSE)


def signers(subscription: Subscription, now: datetime) -> list[Webhook]:
    """What signs its messages now: its secret, and the one before until that ends. Raises BoxLocked."""
    kept = [subscription.secret]
    if subscription.old_secret and subscription.old_until and subscription.old_until > now:
        kept.append(subscription.old_secret)
    return [Webhook(secret_box.unseal(one, PURPOSE)) for one in kept]


def headers(signed_by: list[Webhook], message_id: str, at: datetime, body: str) -> dict[str, str]:
    """The headers by which a receiver knows the message: its id, when this was sent, and who says so."""
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": " ".join(one.sign(message_id, at, body) for one in signed_by),
    }


def used() -> Counter[str]:
    """How many secrets lie under each key of the box."""
    rows = Subscription.objects.values_list("secret", "old_secret")
    return Counter(secret_box.key_of(text) for row in rows for text in row if text)


def reseal() -> int:
    """Bring them all under the first key; returns how many weren't."""
    first, done = secret_box.keys()[0].name, 0
    for row in Subscription.objects.order_by("pk"):
        for name in ("secret", "old_secret"):
            text = getattr(row, name)
            if text and secret_box.key_of(text) != first:
                again = sealed(secret_box.unseal(text, PURPOSE))
                done += Subscription.objects.filter(pk=row.pk, **{name: text}).update(**{name: again})
    return done


PLACE = secret_box.Place("webhooks", used, reseal)
