"""Subscriptions: made, changed, switched off and on, their secrets rotated, pinged and removed."""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from uuid import UUID, uuid4

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from projects.access import MANAGE
from projects.errors import Refused
from projects.models import Project, Subscription, WebhookDelivery, limits
from projects.queue.clock import Clock
from projects.webhooks import signing
from projects.webhooks.kinds import KINDS, OF_TASKS, PING
from projects.webhooks.messages import Message, body_of
from taskers import access
from taskers.errors import NotFound, Problem, StateConflict
from taskers.models import Organization, Person
from taskers.models.people import Role
from taskers.outbound import destination
from taskers.outbound.guard import guard
from taskers.outbox.events import emit

MOST = 50  # of a project, and of an organization by itself
OVERLAP = timedelta(hours=24)  # that a secret still signs beside the one after it
MONEY = (Role.OWNER, Role.FINANCE)


def offered(person: Person, organization: Organization, project: Project | None) -> list[str]:
    """The kinds that this person may subscribe to here."""
    key = project.public_id if project else None
    manages = access.may(person, organization, *MANAGE, project_key=key)
    pays = project is None and access.may(person, organization, *MONEY)
    return [name for name, kind in KINDS.items() if (pays if kind.money else manages)]


def require(person: Person, subscription: Subscription) -> None:
    """Raises NotFound for people from outside, NotAllowed for members who may not be told all that it is told."""
    key = subscription.project.public_id if subscription.project else None
    money = {KINDS[name].money for name in subscription.kinds}
    if False in money or not money:
        access.require(person, subscription.organization, *MANAGE, project_key=key)
    if True in money:
        access.require(person, subscription.organization, *MONEY)


def of(person: Person, organization: Organization, project: Project | None) -> list[Subscription]:
    """Those of a project, or of the organization itself, that this person may see, by name."""
    rows = Subscription.objects.filter(organization=organization, project=project).order_by("name", "pk")
    allowed = set(offered(person, organization, project))
    return [one for one in rows.select_related("project", "organization") if set(one.kinds) <= allowed]


def one(person: Person, public_id: UUID) -> Subscription:
    """The subscription with that id, if this person may see it."""
    found = Subscription.objects.select_related("project", "organization").filter(public_id=public_id).first()
    if found is None:
        raise NotFound()
    require(person, found)
    return found


@transaction.atomic
def create(
    organization: Organization,
    project: Project | None,
    *,
    name: str,
    url: str,
    kinds: Sequence[str],
    by: Person,
    callbacks: bool = False,
) -> tuple[Subscription, str]:
    """A new subscription with its secret, which is never shown again. Raises Refused, BadAddress, OutboundRefused.

    With `callbacks` its address is where tasks' own addresses must begin: a scheme, a host and a port.
    """
    kinds = _checked_kinds(kinds, offered(by, organization, project), callbacks)
    if callbacks and project is None:
        raise Refused("Addresses of tasks belong to a project.", code="bad-kinds", place="kinds")
    if Subscription.objects.filter(organization=organization, project=project).count() >= MOST:
        raise Refused("There are too many subscriptions here; remove one first.", code="too-many-subscriptions")
    secret = signing.new_secret()
    made = Subscription.objects.create(
        organization=organization,
        project=project,
        name=_checked_name(name),
        url=_checked_url(url, callbacks),
        kinds=kinds,
        callbacks=callbacks,
        secret=signing.sealed(secret),
        made_by=by,
    )
    _tell("subscribed", made, by)
    return made, secret


@transaction.atomic
def change(
    subscription: Subscription,
    *,
    by: Person,
    name: str | None = None,
    url: str | None = None,
    kinds: Sequence[str] | None = None,
) -> Subscription:
    """Change what it is called, where it is and what it is told; what waits is sent to the new address. Raises as
    `create` does."""
    new: dict[str, object] = {}
    if name is not None:
        new["name"] = _checked_name(name)
    if url is not None and url != subscription.url:
        new |= FRESH
        new["url"] = _checked_url(url, subscription.callbacks)
    if kinds is not None:
        allowed = offered(by, subscription.organization, subscription.project)
        new["kinds"] = _checked_kinds(kinds, allowed, subscription.callbacks)
    if new:
        _of(subscription).update(changed_at=Clock(), **new)
        subscription.refresh_from_db()
        _tell("subscription_changed", subscription, by)
    return subscription


FRESH: dict[str, object] = {"failures": 0, "failing_since": None, "retry_at": None}


@transaction.atomic
def switch(subscription: Subscription, state: str, *, by: Person) -> Subscription:
    """Switch it on or off. While it is off nothing new is kept for it; what waits stays. Doing it again changes
    nothing."""
    if state not in {Subscription.State.ON, Subscription.State.OFF}:
        raise Refused("A subscription is switched on or off.", code="bad-state", place="state")
    rows = _of(subscription).exclude(state=state)
    if rows.update(state=state, changed_at=Clock(), **FRESH):
        subscription.refresh_from_db()
        _tell(f"subscription_{state}", subscription, by)
    return subscription


@transaction.atomic
def rotate(subscription: Subscription, *, by: Person) -> str:
    """Another secret, which is never shown again; the one before signs beside it for a day more."""
    secret, until = signing.new_secret(), timezone.now() + OVERLAP
    rows = _of(subscription).filter(secret=subscription.secret)
    new = {"secret": signing.sealed(secret), "old_secret": subscription.secret, "old_until": until}
    if not rows.update(changed_at=Clock(), **new):
        raise StateConflict()
    subscription.refresh_from_db()
    _tell("subscription_rotated", subscription, by)
    return secret


@transaction.atomic
def ping(subscription: Subscription, *, by: Person) -> WebhookDelivery:
    """Send it a message that says nothing, to see whether it arrives. Raises StateConflict where it is off."""
    if subscription.state != Subscription.State.ON:
        raise StateConflict("This subscription is off; switch it on first.", code="subscription-off")
    if subscription.callbacks:
        raise StateConflict("This is no address, only where addresses of tasks begin.", code="only-callbacks")
    key = f"{PING}:{uuid4()}"
    said = {"subscription": str(subscription.public_id), "name": subscription.name}
    message = Message(PING, key, key, timezone.now(), said)
    return WebhookDelivery.objects.create(
        subscription=subscription, key=key, kind=PING, stream=key, body=body_of(message)
    )


@transaction.atomic
def remove(subscription: Subscription, *, by: Person) -> None:
    """Throw it away, with all that was and was to be delivered to it."""
    list(_of(subscription).select_for_update().values_list("pk"))  # what is being written for it comes first
    WebhookDelivery.objects.filter(subscription=subscription).delete()
    _tell("unsubscribed", subscription, by)
    _of(subscription).delete()


def _of(subscription: Subscription) -> QuerySet[Subscription]:
    return Subscription.objects.filter(pk=subscription.pk)


def _checked_name(name: str) -> str:
    name = name.strip()
    if not 0 < len(name) <= limits.NAME:
        raise Refused(
            "Give it a name, of at most %(most)s characters.", code="bad-name", place="name", most=limits.NAME
        )
    return name


def _checked_url(url: str, callbacks: bool) -> str:
    try:
        found = guard().check(url)
        if callbacks and found.path != "/":
            raise destination.BadAddress("This is where addresses begin: a scheme, a host, perhaps a port, no path.")
    except Problem as problem:
        problem.place = "url"
        raise
    return found.origin if callbacks else str(found)


def _checked_kinds(kinds: Iterable[str], allowed: Sequence[str], callbacks: bool) -> list[str]:
    asked = list(dict.fromkeys(kinds))
    for index, name in enumerate(asked):
        place = f"kinds[{index}]"
        if name not in KINDS:
            raise Refused("There is no kind “%(name)s”.", code="bad-kinds", place=place, name=name[:60])
        if name not in allowed:
            text = (
                "You can't subscribe to “%(name)s” here: what is about money is for the organization's own, by finance."
            )
            raise Refused(text, code="bad-kinds", place=place, name=name)
        if callbacks and name not in OF_TASKS:
            raise Refused("Addresses of tasks are told of tasks alone.", code="bad-kinds", place=place)
    if not asked:
        raise Refused("Say of what it is told.", code="bad-kinds", place="kinds")
    return [name for name in KINDS if name in asked]


def _tell(kind: str, subscription: Subscription, by: Person) -> None:
    emit(
        kind,
        organization_id=subscription.organization_id,
        actor_id=by.pk,
        project_key=subscription.project.public_id if subscription.project else None,
        subject=f"subscription:{subscription.public_id}",
        name=subscription.name,
        host=destination.read(subscription.url).host,
    )
