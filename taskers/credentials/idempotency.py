"""Requests that may be sent again: each with a key of its maker's choice is done once, and answered the same each time.

The answer is kept in the transaction of what was done, so that whoever is killed in between has done neither; whoever
asks again does it then. It is kept sealed, since some answers hold a secret that is shown once.
"""

import hashlib
import json
import re
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import NamedTuple

from django.db import connection, transaction
from django.utils import timezone

from taskers.credentials import secret_box
from taskers.errors import Problem
from taskers.models import IdempotencyKey, Organization, Person

KEPT = timedelta(hours=24)
KEY = re.compile(r"[\x21-\x7e]{1,255}")
PURPOSE = "idempotency"
TAKE = "SELECT pg_try_advisory_xact_lock(%s)"


class BadKey(Problem):
    """An Idempotency-Key is 1 to 255 visible characters of ASCII."""

    code = "bad-idempotency-key"
    status = 400


class KeyOfAnother(Problem):
    """This Idempotency-Key came with another request before: take a new one for each thing that is to be done."""

    code = "idempotency-key-reused"
    status = 422


class KeyInUse(Problem):
    """The request with this Idempotency-Key is being done right now; ask again in a moment."""

    code = "idempotency-key-in-use"
    status = 409
    headers = {"Retry-After": "1"}


class Answer(NamedTuple):
    """What is answered, as JSON text; `again` where it was done before."""

    status: int
    text: str
    again: bool = False


def once(
    organization: Organization, person: Person, key: str, digest: str, do: Callable[[], tuple[int, str]]
) -> Answer:
    """What `do` answers, done now or up to KEPT ago under the same key by the same person.

    `digest` stands for all that was asked. What `do` raises is raised, and nothing is kept. Raises BadKey, KeyInUse
    while the same is being done elsewhere, and KeyOfAnother where the key came with something else.
    """
    if not KEY.fullmatch(key):
        raise BadKey()
    rows = IdempotencyKey.objects.filter(organization=organization, person=person, key=key)
    with transaction.atomic():
        _take(organization, person, key)
        kept = rows.first()
        if kept is not None and kept.made_at > timezone.now() - KEPT:
            if kept.digest != digest:
                raise KeyOfAnother()
            return Answer(kept.status, secret_box.unseal(kept.answer, PURPOSE), again=True)
        status, text = do()
        rows.delete()
        IdempotencyKey.objects.create(
            organization=organization,
            person=person,
            key=key,
            digest=digest,
            status=status,
            answer=secret_box.seal(text, PURPOSE),
        )
    return Answer(status, text)


def _take(organization: Organization, person: Person, key: str) -> None:
    """Hold the key to the end of the transaction, or raise KeyInUse."""
    said = hashlib.sha256(json.dumps(["idempotency", organization.pk, person.pk, key]).encode()).digest()
    with connection.cursor() as cursor:
        cursor.execute(TAKE, [int.from_bytes(said[:8], "big", signed=True)])
        if not cursor.fetchone()[0]:  # type: ignore[index]
            raise KeyInUse()


def clean() -> int:
    """Throw away the keys that are too old to mean anything; returns how many."""
    return IdempotencyKey.objects.filter(made_at__lt=timezone.now() - KEPT).delete()[0]


def used() -> Counter[str]:
    """How many answers each key of the secret box has sealed."""
    return Counter(secret_box.key_of(one) for one in IdempotencyKey.objects.values_list("answer", flat=True).iterator())


def reseal() -> int:
    """Bring them under its first key; returns how many."""
    first, done = secret_box.keys()[0].name, 0
    for pk, answer in IdempotencyKey.objects.values_list("pk", "answer").iterator():
        if secret_box.key_of(answer) != first:
            again = secret_box.seal(secret_box.unseal(answer, PURPOSE), PURPOSE)
            done += IdempotencyKey.objects.filter(pk=pk, answer=answer).update(answer=again)
    return done


PLACE = secret_box.Place("idempotency keys", used, reseal)
