"""Service accounts: made, given tokens, ended. They belong to the organization, so nothing of theirs ends when whoever
set them up leaves; and nobody can sign in as one."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID, uuid4

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.db.models.functions import Now

from taskers.access import require_over
from taskers.audit import trail
from taskers.audit.trail import Kind
from taskers.credentials import tokens
from taskers.errors import NotFound, Problem, StateConflict
from taskers.models import ApiToken, Membership, Organization, Person, Scope, ServiceAccount
from taskers.models.limits import NAME, SERVICE_NOTE, TOKEN_NAME
from taskers.models.people import Role, one_line
from taskers.outbox.events import emit
from taskers.people import invitations


class BadAccount(Problem):
    """This service account can't be made as it is."""

    code = "bad-service-account"
    status = 422


def of(organization: Organization) -> QuerySet[ServiceAccount]:
    """Those in use, oldest first."""
    rows = ServiceAccount.objects.filter(organization=organization, ended_at=None)
    return rows.select_related("person", "organization", "made_by").order_by("pk")


def one_of(organization: Organization, public_id: UUID) -> ServiceAccount:
    """One in use; NotFound for every other."""
    found = of(organization).filter(public_id=public_id).first()
    if found is None:
        raise NotFound()
    return found


@transaction.atomic
def create(
    organization: Organization,
    *,
    name: str,
    role: str,
    by: Person,
    note: str = "",
    project_key: UUID | None = None,
) -> ServiceAccount:
    """A program with a role of its own. Raises BadAccount, StateConflict for a name in use, and NotAllowed for a role
    above the asker's."""
    name = one_line(name, NAME)
    if not name:
        raise BadAccount("A name is needed.", place="name")
    if role not in Role.values or role == Role.TASKER:
        raise BadAccount("A service account is of the office: a model annotator does tasks.", place="role")
    require_over(by, organization, [role])
    person = Person.objects.create_user(f"{uuid4()}@services.invalid", name=name, kind=Person.Kind.SERVICE)
    try:
        with transaction.atomic():
            made = ServiceAccount.objects.create(
                organization=organization, person=person, name=name, note=one_line(note, SERVICE_NOTE), made_by=by
            )
    except IntegrityError:
        text = "There is a service account named %(name)s already."
        raise StateConflict(text, code="name-taken", place="name", name=name) from None
    invitations.grant(organization, person, role, by=by, project_key=project_key)
    _tell("service_account_made", made, by)
    trail.record(Kind.SERVICE_ACCOUNT_MADE, organization=organization, actor=by, person=person, detail={"name": name})
    return made


@transaction.atomic
def end(account: ServiceAccount, *, by: Person) -> None:
    """End it, its roles and its tokens. Raises StateConflict when it was ended already, NotAllowed as for a role."""
    require_over(by, account.organization, roles_of(account))
    if not ServiceAccount.objects.filter(pk=account.pk, ended_at=None).update(ended_at=Now()):
        raise StateConflict("This service account was ended already.")
    invitations.deactivate(account.organization, account.person, by=by)
    _tell("service_account_ended", account, by)
    trail.record(Kind.SERVICE_ACCOUNT_ENDED, organization=account.organization, actor=by, person=account.person)


def issue(
    account: ServiceAccount, *, name: str, scopes: Sequence[str], by: Person, expires_at: datetime | None = None
) -> tuple[ApiToken, str]:
    """A token of its own, and its secret. Raises NotAllowed unless the asker may give all of its roles, since whoever
    holds the secret can do what it may; BadAccount and TooLong."""
    require_over(by, account.organization, roles_of(account))
    if not scopes or not set(scopes) <= set(Scope.values):
        raise BadAccount("Say what it opens.", place="scopes")
    label = one_line(name, TOKEN_NAME)
    return tokens.issue(account.person, account.organization, name=label, scopes=scopes, expires_at=expires_at, by=by)


def rotate(account: ServiceAccount, token_id: UUID, *, by: Person) -> tuple[ApiToken, str]:
    """Another token in the place of one of its own; see tokens.rotate."""
    require_over(by, account.organization, roles_of(account))
    token = tokens_of(account).filter(public_id=token_id).select_related("person", "organization").first()
    if token is None:
        raise NotFound()
    return tokens.rotate(token, by=by)


def tokens_of(account: ServiceAccount) -> QuerySet[ApiToken]:
    """Its tokens that weren't revoked, newest first."""
    return ApiToken.objects.filter(person=account.person, revoked_at=None).select_related("replaced_by").order_by("-pk")


def roles_of(account: ServiceAccount) -> list[str]:
    """What it may act as, whether everywhere or in one project."""
    rows = Membership.objects.filter(person=account.person, organization=account.organization, ended_at=None)
    return list(rows.values_list("role", flat=True))


def _tell(kind: str, account: ServiceAccount, by: Person) -> None:
    emit(
        kind,
        organization_id=account.organization_id,
        actor_id=by.pk,
        subject=f"service:{account.public_id}",
        name=account.name,
    )
