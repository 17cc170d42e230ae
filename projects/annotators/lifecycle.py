"""Giving a model a seat in a project, and moving it: watched, counted, deciding, off.

Switched off, a model is kept out like anybody else (an Exclusion says why), so that the queue knows of no seats, and
what it had said of undecided tasks is taken back and asked of people.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID, uuid4

from django.db import transaction
from django.db.models.functions import Now
from procrastinate.contrib.django import app

from projects.errors import Refused
from projects.models import Exclusion, Project, Seat, SeatMove
from projects.workforce import rules
from taskers.credentials import tokens
from taskers.errors import NotFound
from taskers.models import ApiToken, Person
from taskers.models.people import Role
from taskers.outbox.events import emit
from taskers.people import invitations

# What may be asked for, from and to.
LIMITS = {"target_error": (0.001, 0.4), "assurance": (0.5, 0.999), "audit_share": (0.02, 1.0)}
BEGINNING = {"audits": 0, "stakes": []}  # of the vigil


def of_project(project: Project) -> Sequence[Seat]:
    """The models at work in a project, oldest first."""
    rows = Seat.objects.filter(project=project).select_related("project__organization", "tasker", "registered_by")
    return list(rows.order_by("pk"))


def one_of(project: Project, public_id: UUID) -> Seat:
    """One of a project's seats; NotFound for every other."""
    rows = Seat.objects.filter(project=project, public_id=public_id)
    found = rows.select_related("project__organization", "tasker").first()
    if found is None:
        raise NotFound()
    return found


@transaction.atomic
def register(project: Project, *, name: str, by: Person, **terms: float) -> tuple[Seat, str]:
    """Let a model work on a project as its tasker, watched at first; the seat, and its token's secret, shown once.

    `terms`: see LIMITS. Raises Refused with the place of the fault.
    """
    seat = give(project, name=name, by=by, **terms)
    _token, secret = tokens.issue(seat.tasker, project.organization, name=seat.tasker.name[:80])
    return seat, secret


@transaction.atomic
def give(project: Project, *, name: str, by: Person, **terms: float) -> Seat:
    """A seat for a model that needs no token, since it works within Tandem. Raises Refused like register."""
    name = " ".join(name.split())
    if not 0 < len(name) <= 120:
        raise Refused("Give the model a name of at most 120 characters.", code="bad-name", place="name")
    Project.objects.select_for_update(no_key=True).get(pk=project.pk)  # two of one name would come one after another
    if Seat.objects.filter(project=project, tasker__name=name).exists():
        raise Refused("A model of this name is at work here already.", code="name-taken", place="name")
    _check(terms)
    model = Person.objects.create_user(f"{uuid4()}@models.invalid", name=name, kind=Person.Kind.MODEL)
    invitations.grant(project.organization, model, Role.TASKER, by=by, project_key=project.public_id)
    seat = Seat.objects.create(project=project, tasker=model, registered_by=by, **terms)
    _write_down(seat, "", "Registered", by)
    return seat


@transaction.atomic
def new_token(seat: Seat, *, by: Person) -> str:
    """End the model's tokens and make another; its secret, shown once."""
    for token in ApiToken.objects.filter(person=seat.tasker, revoked_at=None).order_by("pk"):
        tokens.revoke(token, by)
    _token, secret = tokens.issue(seat.tasker, seat.project.organization, name=seat.tasker.name[:80])
    return secret


@transaction.atomic
def move(seat: Seat, *, by: Person, mode: str = "", reason: str = "", **terms: float) -> Seat:
    """Change what a model may do, or on which terms; what isn't named stays.

    One that switched itself off is let in again only with a reason. What is known of it stays; the watch over it begins
    anew where it is switched on or its target changes. Raises Refused.
    """
    seat = _locked(seat)
    before, mode, reason = seat.mode, mode or seat.mode, reason.strip()[:300]
    if mode not in Seat.Mode.values:
        raise Refused("Choose one of %(choices)s.", code="bad-mode", place="mode", choices=", ".join(Seat.Mode.values))
    if seat.stopped_at and mode != Seat.Mode.OFF and not reason:
        raise Refused("It switched itself off. Say why it may work again.", code="no-reason", place="reason")
    _check(terms)
    changed: dict[str, Any] = {**terms, "mode": mode}
    if mode != Seat.Mode.OFF:
        changed["stopped_at"] = None
    if (before == Seat.Mode.OFF != mode) or terms.get("target_error", seat.target_error) != seat.target_error:
        changed |= BEGINNING
    if before == Seat.Mode.OFF != mode:
        changed["alone"] = 0
        _let_in(seat, by)
    elif mode == Seat.Mode.OFF != before:
        _keep_out(seat, reason or "Switched off by a manager.", by)
    Seat.objects.filter(pk=seat.pk).update(**changed)
    seat.refresh_from_db()
    _write_down(seat, before, reason, by)
    return seat


def stop(seat: Seat, reason: str) -> None:
    """The model switches itself off. The caller holds the seat's lock, in a transaction."""
    before = seat.mode
    if not Seat.objects.filter(pk=seat.pk, mode=before).update(mode=Seat.Mode.OFF, stopped_at=Now()):
        return
    seat.mode = Seat.Mode.OFF
    _keep_out(seat, reason, seat.tasker)
    _write_down(seat, before, reason, None)


def _locked(seat: Seat) -> Seat:
    rows = Seat.objects.select_for_update(of=("self",)).select_related("project__organization", "tasker")
    return rows.get(pk=seat.pk)


def _keep_out(seat: Seat, reason: str, by: Person) -> None:
    kind = Exclusion.Kind.BANNED
    made = rules.exclude(seat.tasker, reason=reason, by=by, project=seat.project, kind=kind)
    app.configure_task(rules.VOID_WORK, queue="queue").defer(exclusion_key=made.pk)


def _let_in(seat: Seat, by: Person) -> None:
    rows = Exclusion.objects.filter(tasker=seat.tasker, project=seat.project, lifted_at=None)
    for one in rows.select_related("project", "tasker"):
        rules.lift(one, by=by)


def _check(terms: dict[str, float]) -> None:
    for name, value in terms.items():
        low, high = LIMITS[name]
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not low <= value <= high:
            raise Refused(
                "%(name)s is a number from %(low)g to %(high)g.",
                code="bad-terms",
                place=name,
                name=name,
                low=low,
                high=high,
            )


def _write_down(seat: Seat, before: str, reason: str, by: Person | None) -> None:
    terms = {name: getattr(seat, name) for name in LIMITS}
    SeatMove.objects.create(seat=seat, before=before, mode=seat.mode, reason=reason[:300], terms=terms, by=by)
    emit(
        "model_moved",
        organization_id=seat.project.organization_id,
        actor_id=by.pk if by else None,
        project_key=seat.project.public_id,
        subject=f"person:{seat.tasker.public_id}",
        before=before,
        mode=seat.mode,
        reason=reason[:300],
        itself=by is None,
    )
