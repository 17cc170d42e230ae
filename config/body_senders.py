"""Who may send a large body to which address: asked before it is read, by the same rules as the address itself."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, cast
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, parse_cookie
from django.urls import ResolverMatch
from rest_framework.exceptions import APIException

from projects import access as project_access
from projects.api.endpoint import Endpoint, require_scope
from projects.models import Assignment, Batch, Import, Project, Upload
from taskers import access
from taskers.credentials.sign_in_state import session_request
from taskers.credentials.tokens import TokenAuthentication
from taskers.errors import NotFound, Problem
from taskers.models import ApiToken, Organization, Person
from taskers.models.people import Role
from taskers.web.middleware import current_organization, memberships_of


class SignInFirst(Problem):
    """So much is taken from people who signed in alone."""

    code = "not-signed-in"
    status = 401


@dataclass(frozen=True)
class BodySender:
    """Who sends a body, for which organization: a token's own, or the one chosen in a session."""

    person: Person
    organization: Organization | None
    token: ApiToken | None = None

    def project(self, public_id: UUID, *roles: str) -> Project:
        """The project, if they may act in it. Raises NotFound, NotAllowed."""
        project = project_access.project(self.person, public_id, *roles)
        if self.token is not None and project.organization_id != self.token.organization_id:
            raise NotFound()
        return project

    def acts_as(self, *roles: str) -> None:
        """Raises NotFound, NotAllowed."""
        if self.organization is None:
            raise NotFound()
        access.require(self.person, self.organization, *roles)


def _manages_project(sender: BodySender, project_id: UUID, **_: Any) -> None:
    sender.project(project_id, *project_access.MANAGE)


def _manages_project_of(rows: Any) -> Callable[..., None]:
    def rule(sender: BodySender, **address: UUID) -> None:
        (key,) = address.values()
        project_id = rows(key).first()
        if project_id is None:
            raise NotFound()
        sender.project(project_id, *project_access.MANAGE)

    return rule


_manages_batch = _manages_project_of(
    lambda key: Batch.objects.filter(public_id=key).values_list("project__public_id", flat=True)
)
_manages_import = _manages_project_of(
    lambda key: Import.objects.filter(public_id=key).values_list("batch__project__public_id", flat=True)
)
_manages_upload = _manages_project_of(
    lambda key: Upload.objects.filter(public_id=key).values_list("batch__project__public_id", flat=True)
)


def _manages_organization(sender: BodySender) -> None:
    sender.acts_as(*project_access.MANAGE)


def _brings_models(sender: BodySender) -> None:
    sender.acts_as(*project_access.MANAGE, Role.ML_ENGINEER)


def _has_assignment(sender: BodySender, assignment_id: UUID, **_options: object) -> None:
    assignment = project_access.own_assignment(sender.person, assignment_id)
    if sender.token is not None and assignment.task.project.organization_id != sender.token.organization_id:
        raise NotFound()


def _has_work(sender: BodySender) -> None:
    if not Assignment.objects.filter(tasker=sender.person).exclude(kind=Assignment.Kind.REVIEW).exists():
        raise NotFound()


def _reviews_task(sender: BodySender, task_id: UUID) -> None:
    task = project_access.task(sender.person, task_id, *project_access.REVIEW)
    if not Assignment.objects.filter(task=task, kind=Assignment.Kind.REVIEW, tasker=sender.person).exists():
        raise NotFound()


# By the names of the addresses in config/limits.py.
RULES: Mapping[str, Callable[..., None]] = {
    **dict.fromkeys(
        (
            *("load", "illustration-add", "project-settings", "settings-preview", "project-label-list", "gold-act"),
            *("studio-try-submit", "studio-try-keep", "api-illustrations", "api-predictions", "api-course-items"),
        ),
        _manages_project,
    ),
    **dict.fromkeys(("api-batch-imports", "api-batch-tasks"), _manages_batch),
    **dict.fromkeys(("import-choose", "api-import-choice"), _manages_import),
    "api-upload": _manages_upload,
    **dict.fromkeys(
        (
            *("project-new", "project-new-preview", "project-new-label-list"),
            *("connectors", "api-connectors", "people-invite-list"),
        ),
        _manages_organization,
    ),
    **dict.fromkeys(("model-add", "api-brought-models"), _brings_models),
    **dict.fromkeys(
        ("studio-draft", "studio-submit", "correct-draft", "correct-submit", "api-draft", "api-submit"),
        _has_assignment,
    ),
    **dict.fromkeys(("grid-draft", "grid-submit"), _has_work),
    **dict.fromkeys(("review-draft", "review-decide"), _reviews_task),
}


def admit(match: ResolverMatch, method: str, headers: Mapping[bytes, bytes]) -> Person:
    """Who sends a large body to this address. Raises SignInFirst, or what the address itself would say of them:
    NotFound, NotAllowed, ScopeMissing."""
    endpoint = getattr(match.func, "cls", None)
    is_endpoint = endpoint is not None and issubclass(endpoint, Endpoint)
    sender = _by_token(headers) if is_endpoint else _by_session(headers)
    if sender.token is not None:
        require_scope(sender.token, cast(type[Endpoint], endpoint).scopes.get(method, ()))
    RULES[match.view_name](sender, **match.kwargs)
    return sender.person


def known_sender(headers: Mapping[bytes, bytes]) -> Person | None:
    """Who sends a small body, if that can be told."""
    try:
        return (_by_token(headers) if b"authorization" in headers else _by_session(headers)).person
    except Problem:
        return None


def _by_session(headers: Mapping[bytes, bytes]) -> BodySender:
    cookies = parse_cookie(headers.get(b"cookie", b"").decode("latin-1"))
    request: Any = session_request(cookies.get(settings.SESSION_COOKIE_NAME))
    if not request.user.is_authenticated:
        raise SignInFirst()
    request.memberships = memberships_of(request)
    return BodySender(request.user, current_organization(request))


def _by_token(headers: Mapping[bytes, bytes]) -> BodySender:
    request = HttpRequest()
    request.META["HTTP_AUTHORIZATION"] = headers.get(b"authorization", b"").decode("latin-1")
    try:
        authenticated = TokenAuthentication().authenticate(request)
    except APIException:
        raise SignInFirst() from None
    if authenticated is None:
        raise SignInFirst()
    person, token = authenticated
    return BodySender(person, token.organization, token)
