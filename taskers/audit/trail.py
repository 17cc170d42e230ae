"""Writing and reading the audit trail. One verb writes it, `record`, and `Kind` lists all that is written.

A record stands beside the act, in its transaction where it has one. It holds no secret, and nothing on the path of
claiming and submitting work writes one.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db.models import QuerySet, TextChoices
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from taskers.audit import origin
from taskers.models import AuditRecord, Invitation, Membership, Organization, Person

Outcome = AuditRecord.Outcome
SUBJECT = AuditRecord._meta.get_field("subject").max_length or 0


class Kind(TextChoices):
    """What is written down, and nothing else is."""

    SIGN_IN = "sign_in", _("Sign-in")
    SECOND_STEP = "second_step", _("Second step of a sign-in")
    FRESH_SIGN_IN = "fresh_sign_in", _("Sign-in afresh, before something grave")
    SIGN_OUT = "sign_out", _("Sign-out")
    THROTTLE_LIFTED = "throttle_lifted", _("Sign-in let through again")
    PASSWORD_CHANGED = "password_changed", _("Password changed")
    PASSWORD_LINK_MADE = "password_link_made", _("Password link made")
    PROFILE_CHANGED = "profile_changed", _("Profile changed")
    SECOND_STEP_ADDED = "second_step_added", _("Two-step sign-in: added")
    SECOND_STEP_REMOVED = "second_step_removed", _("Two-step sign-in: removed")
    RECOVERY_CODES_MADE = "recovery_codes_made", _("Two-step sign-in: new recovery codes")
    TOKEN_MADE = "token_made", _("API token made")
    TOKEN_REVOKED = "token_revoked", _("API token revoked")
    TOKENS_LIMITED = "tokens_limited", _("Lifetime of API tokens set")
    SECRET_KEY_ROTATED = "secret_key_rotated", _("Secret key changed, and everybody signed out")
    SERVICE_ACCOUNT_MADE = "service_account_made", _("Service account made")
    SERVICE_ACCOUNT_ENDED = "service_account_ended", _("Service account ended")
    INVITED = "invited", _("Invited")
    INVITATION_WITHDRAWN = "invitation_withdrawn", _("Invitation withdrawn")
    INVITATION_ACCEPTED = "invitation_accepted", _("Invitation accepted")
    ROLE_GIVEN = "role_given", _("Role given")
    ROLE_ENDED = "role_ended", _("Role taken away")
    DEACTIVATED = "deactivated", _("Person deactivated")
    REACTIVATED = "reactivated", _("Person reactivated")
    TOKENS_LISTED = "tokens_listed", _("Looked at API tokens")
    PEOPLE_LISTED = "people_listed", _("Looked at people")
    MONEY_VIEWED = "money_viewed", _("Looked at money")
    PAY_CHANGED = "pay_changed", _("Pay terms changed")
    LIMIT_CHANGED = "limit_changed", _("Spending limit changed")
    PAYEE_CHANGED = "payee_changed", _("Payee details changed")
    PAYEE_VIEWED = "payee_viewed", _("Looked at payee details")
    YEAR_CLOSED = "year_closed", _("Books of a year closed")
    EXPORTED = "exported", _("Exported")
    DELIVERIES_KEPT = "deliveries_kept", _("Time set for which files of deliveries are kept")
    AUDIT_READ = "audit_read", _("Looked at the audit trail")


# By these somebody else's access is shaped: whoever does one can have come to act as that person.
TOUCHES_ACCESS = (
    Kind.PASSWORD_LINK_MADE,
    Kind.PASSWORD_CHANGED,
    Kind.SECOND_STEP_ADDED,
    Kind.SECOND_STEP_REMOVED,
    Kind.RECOVERY_CODES_MADE,
    Kind.ROLE_GIVEN,
    Kind.ROLE_ENDED,
    Kind.DEACTIVATED,
    Kind.REACTIVATED,
)


# By these somebody can come to act as another.
OPENS_ACCOUNT = (
    Kind.PASSWORD_LINK_MADE,
    Kind.PASSWORD_CHANGED,
    Kind.SECOND_STEP_ADDED,
    Kind.SECOND_STEP_REMOVED,
    Kind.RECOVERY_CODES_MADE,
)


def record(
    kind: Kind,
    *,
    organization: Organization | int | None = None,
    actor: Person | None = None,
    person: Person | None = None,
    subject: str = "",
    outcome: str = Outcome.DONE,
    detail: Mapping[str, Any] | None = None,
) -> None:
    """Write down what somebody did or tried. `actor` did it, by default whoever is signed in; `person` is whom it is
    about. Where it comes from is the request in hand.

    What is told of an account, without an organization, goes to each organization that `person` belongs to.
    """
    where = origin.here()
    actor = actor or where.person
    keys: list[int | None]
    if organization is None:
        keys = [*_organizations_of(person or actor)] or [None]
    else:
        keys = [organization if isinstance(organization, int) else organization.pk]
    AuditRecord.objects.bulk_create(
        AuditRecord(
            organization_id=key,
            kind=kind,
            outcome=outcome,
            actor=actor,
            person=person,
            subject=subject,
            address=where.address,
            agent=where.agent,
            detail=dict(detail or {}),
        )
        for key in keys
    )


def saw(request: HttpRequest, kind: Kind, subject: str = "", *, refused: bool = False) -> None:
    """Write down that whoever asks saw a page, or would have. Who isn't signed in saw nothing and is nobody."""
    here = origin.Origin(request=request).person
    organization = getattr(request, "organization", None)
    if here is None or not organization:
        return
    outcome = Outcome.REFUSED if refused else Outcome.DONE
    # An address is what somebody typed: of any length, and with characters that can't be kept.
    subject, page = origin.brief(subject, SUBJECT), origin.brief(request.path)
    record(kind, organization=organization.pk, actor=here, subject=subject, outcome=outcome, detail={"page": page})


def trail(organization: Organization) -> QuerySet[AuditRecord]:
    """What happened at an organization, newest first."""
    return AuditRecord.objects.filter(organization=organization).select_related("actor", "person").order_by("-pk")


def touched_access(by: Person, of: Person, *, since: datetime) -> bool:
    """Whether somebody shaped another's access since then (their password, second step or roles), by their own account
    or by one that they could act as."""
    acts = AuditRecord.objects.filter(person=of, kind__in=TOUCHES_ACCESS, outcome=Outcome.DONE, at__gte=since)
    hands = {key for key in acts.values_list("actor", flat=True) if key not in (None, of.pk)}
    return by.pk in _could_act_as(hands, since)


def could_act_as(person: Person, *, since: datetime) -> set[int]:
    """Who may have come to act as somebody since then: themselves, whoever set their password or second step for them
    or let them in, and whoever could act as one of those. Accounts with one of these in common are no two people."""
    return _could_act_as({person.pk}, since)


def _could_act_as(people: set[int], since: datetime) -> set[int]:
    found, new = set(people), people
    while new:
        acts = AuditRecord.objects.filter(person__in=new, kind__in=OPENS_ACCOUNT, outcome=Outcome.DONE, at__gte=since)
        emails = Person.objects.filter(pk__in=new).values("email")
        let_in = Invitation.objects.filter(email__in=emails, accepted_at__gte=since)
        known = {*acts.values_list("actor", flat=True), *let_in.values_list("invited_by", flat=True)}
        new = {key for key in known if key is not None} - found
        found |= new
    return found


def signed_in_from(person: Person, address: str, *, since: datetime) -> bool:
    """Whether this person came in from this address before."""
    rows = AuditRecord.objects.filter(person=person, kind=Kind.SIGN_IN, outcome=Outcome.DONE)
    return rows.filter(address=address, at__gte=since).exists()


def _organizations_of(person: Person | None) -> list[int]:
    """Where a person belongs; of somebody shown out everywhere, where they belonged."""
    if person is None:
        return []
    rows = Membership.objects.filter(person=person).values_list("organization_id", "ended_at")
    now = {key for key, ended in rows if ended is None}
    return sorted(now or {key for key, _ended in rows})
