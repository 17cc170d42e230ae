"""Places that an organization keeps to load from. The only writer of Connector and SeenFile."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from projects.data.connectors.files import Files
from projects.data.connectors.kinds import KINDS
from projects.errors import Refused
from projects.models import Connector, limits
from projects.task_types.shape import a_text
from taskers.credentials import secret_box
from taskers.errors import StateConflict
from taskers.models import Organization, Person

PURPOSE = "connector"
BUCKETS = [one.key for one in KINDS.values() if one.system is not None]
LONGEST = 20_000_000  # characters of a field


def add(organization: Organization, kind: str, name: str, given: Mapping[str, str], *, by: Person) -> Connector:
    """Keep a place. Raises Refused with the place of the fault, StateConflict where one is called so already."""
    if kind not in KINDS:
        raise Refused("A place is one of: %(choices)s.", code="unknown-kind", place="kind", choices=", ".join(KINDS))
    name = " ".join(name.split())
    if not 1 <= len(name) <= limits.NAME:
        raise Refused("Give it a name of at most %(most)s letters.", code="bad-name", place="name", most=limits.NAME)
    asked = [one.name for one in KINDS[kind].asked]
    if unknown := sorted(given.keys() - asked):
        text = "A place of this kind has no “%(name)s”, but: %(choices)s."
        name = unknown[0][: limits.NAME]
        raise Refused(text, code="unknown-setting", place=name, name=name, choices=", ".join(asked))
    for place, text in [("name", name), *given.items()]:
        a_text(text, place, LONGEST, blank=True)
    settings, secret = KINDS[kind].check(organization, given)
    made = Connector(organization=organization, kind=kind, name=name, settings=settings, made_by=by)
    made.secret = secret_box.seal(json.dumps(secret), PURPOSE) if secret else ""
    try:
        with transaction.atomic():
            made.save()
    except IntegrityError:
        raise StateConflict("A place called “%(name)s” is there already.", name=name, code="name-taken") from None
    return made


def end(connector: Connector) -> None:
    """Load nothing from it any more; its secret is thrown away. Raises StateConflict, also while media lie there that
    were left where they are."""
    if connector.left_media.exists():
        raise StateConflict("Pictures of tasks lie there: they would be seen no more.", code="media-lie-there")
    rows = Connector.objects.filter(pk=connector.pk, ended_at=None)
    if not rows.update(ended_at=timezone.now(), secret=""):
        raise StateConflict("This place is gone already.")


def buckets(organization: Organization) -> list[Connector]:
    """Its buckets that may be written to: those with a key."""
    rows = organization.connectors.filter(kind__in=BUCKETS, ended_at=None).exclude(secret="")
    return list(rows.order_by("name"))


@contextmanager
def as_system(connector: Connector) -> Iterator[tuple[Any, str]]:
    """A bucket as one of fsspec's file systems, and where in it its prefix leads. Raises OutboundRefused, BoxLocked,
    StateConflict where it was ended, or is no bucket."""
    system = KINDS[connector.kind].system
    if system is None:
        raise StateConflict("Nothing can be written to this place.")
    with system(connector.settings, _secret(connector)) as found:
        yield found


def _secret(connector: Connector) -> dict[str, str]:
    if connector.ended_at is not None:
        raise StateConflict("This place is gone already.")
    return json.loads(secret_box.unseal(connector.secret, PURPOSE)) if connector.secret else {}


@contextmanager
def opened(connector: Connector) -> Iterator[Files]:
    """Its files. Raises Refused, BoxLocked, StateConflict where it was ended."""
    secret = _secret(connector)
    with KINDS[connector.kind].opened(connector.organization, connector.settings, secret) as files:
        yield files


def used() -> Counter[str]:
    """How many secrets lie under each key of the box."""
    return Counter(
        secret_box.key_of(text) for text in Connector.objects.exclude(secret="").values_list("secret", flat=True)
    )


def reseal() -> int:
    """Bring them all under the first key; returns how many weren't."""
    first, done = secret_box.keys()[0].name, 0
    for row in Connector.objects.exclude(secret="").order_by("pk"):
        if secret_box.key_of(row.secret) != first:
            again = secret_box.seal(secret_box.unseal(row.secret, PURPOSE), PURPOSE)
            done += Connector.objects.filter(pk=row.pk, secret=row.secret).update(secret=again)
    return done


PLACE = secret_box.Place("connectors", used, reseal)
