"""The inbox: one row per person and thing, made of the outbox by a worker, so that nobody who works waits for it."""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.db.models.functions import Now
from django.utils import timezone

from taskers.errors import NotFound
from taskers.models import Event, MailDigest, Membership, Notification, NotificationChoice, Person
from taskers.notifications.kinds import KINDS, by_key
from taskers.notifications.told import Kind, Told
from taskers.outbox.events import follow

READER = "inbox"
FRESH = timedelta(days=3)  # what happened before that is no news any more
KEPT = timedelta(days=90)  # after it was read
PAGE = 50
MOST_COUNTED = 100


def catch_up() -> int:
    """Tell what happened since the last look; returns how many events there were."""
    return follow(READER, tell)


def tell(events: Iterable[Event]) -> None:
    """Tell people of these events, each thing once."""
    since = timezone.now() - FRESH
    fresh = [one for one in events if one.at >= since]
    for kind in KINDS:
        heard = [one for one in fresh if one.kind in kind.events]
        if heard:
            _write(kind, list(kind.hear(heard)))


def _write(kind: Kind, told: Sequence[Told]) -> None:
    """A row for each person who is a member there and hasn't said that they don't want this."""
    people = {one.person for one in told}
    members = set(Membership.objects.live().filter(person__in=people).values_list("person", "organization"))
    unwilling = NotificationChoice.objects.filter(person__in=people, kind=kind.key, in_page=False, by_mail=False)
    silent = set(unwilling.values_list("person", flat=True))
    Notification.objects.bulk_create(
        [
            Notification(
                organization_id=one.organization,
                person_id=one.person,
                kind=kind.key,
                thing=f"{kind.key}:{one.thing}"[:160],
                values=dict(one.values),
                address=one.address[:300],
            )
            for one in told
            if (one.person, one.organization) in members and one.person not in silent
        ],
        ignore_conflicts=True,
    )


def of(person: Person) -> QuerySet[Notification]:
    """What somebody is told in the page, the newest first."""
    unwanted = NotificationChoice.objects.filter(person=person, in_page=False).values("kind")
    return Notification.objects.filter(person=person).exclude(kind__in=unwanted).order_by("-pk")


def unread(person: Person) -> int:
    """How much of it they haven't read, as far as MOST_COUNTED."""
    return of(person).filter(read_at=None).order_by()[:MOST_COUNTED].count()


def said(one: Notification) -> str:
    """In words; "" for a kind that there isn't any more."""
    kind = by_key().get(one.kind)
    return kind.words(one.values) if kind else ""


def open_one(person: Person, public_id: UUID) -> Notification:
    """They read it. Raises NotFound for what isn't theirs."""
    found = Notification.objects.filter(person=person, public_id=public_id).first()
    if found is None:
        raise NotFound()
    Notification.objects.filter(pk=found.pk, read_at=None).update(read_at=Now())
    return found


def read_all(person: Person) -> int:
    """They have read all there is; returns how many."""
    return Notification.objects.filter(person=person, read_at=None).update(read_at=Now())


@transaction.atomic
def choose(person: Person, wanted: dict[str, tuple[bool, bool]], rhythm: str, *, office: bool) -> None:
    """How they want to be told: by the kind's key, whether in the page and by mail; and how often they are mailed.
    What they aren't asked about stays as it is."""
    for key in (one.key for one in KINDS if office or not one.office):
        in_page, by_mail = wanted.get(key, (False, False))
        NotificationChoice.objects.update_or_create(
            person=person, kind=key, defaults={"in_page": in_page, "by_mail": by_mail}
        )
    if rhythm in MailDigest.Rhythm.values:
        MailDigest.objects.update_or_create(person=person, defaults={"rhythm": rhythm})
    else:
        MailDigest.objects.filter(person=person).delete()


def choices(person: Person, *, office: bool = True) -> list[tuple[Kind, bool, bool]]:
    """Each kind that they may be told, with whether they are told in the page and by mail; office: all of them."""
    chosen = {one.kind: one for one in NotificationChoice.objects.filter(person=person)}
    return [
        (kind, chosen[kind.key].in_page, chosen[kind.key].by_mail) if kind.key in chosen else (kind, True, kind.by_mail)
        for kind in KINDS
        if office or not kind.office
    ]


def rhythm(person: Person) -> str:
    """How often they are mailed; "" for never."""
    return MailDigest.objects.filter(person=person).values_list("rhythm", flat=True).first() or ""


def clean() -> int:
    """Throw away what was read long ago; returns how many."""
    return Notification.objects.filter(read_at__lt=timezone.now() - KEPT).delete()[0]
