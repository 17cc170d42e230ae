"""What every endpoint of the API does alike: who asks, in which organization, and how it is described."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from functools import partial
from hashlib import sha256
from json import dumps, loads
from typing import Any, TypeVar, cast
from uuid import UUID

from django.core.files import File
from django.utils import timezone, translation
from django.utils.datastructures import MultiValueDict
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.parsers import BaseParser
from rest_framework.permissions import AllowAny
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from projects import access
from projects.api.rows import BoundedJSON
from projects.api.serializers import ProblemShape
from projects.models import Assignment, Batch, Import, Project, Task
from taskers.credentials import idempotency, rate_limits
from taskers.errors import NotAllowed, NotFound, Problem
from taskers.models import ApiToken, Organization, Person, Scope
from taskers.web.problems import MEDIA_TYPE
from taskers.web.requests import MemberRequest

T = TypeVar("T")
Scopes = tuple[Scope, ...]

REASONS = {
    400: "The request can't be read: its body, a parameter or its shape.",
    401: "The token is missing, unknown, expired or revoked.",
    403: "The token's person lacks the role, or the token the scope.",
    404: "There is nothing at this address, or it isn't yours to see.",
    405: "The address doesn't know this method.",
    409: "Somebody or something else was there first.",
    410: "It was there, and is used up or gone.",
    412: "It was changed since it was seen (`If-Match`).",
    413: "The body is too large.",
    415: "The body's media type isn't read here.",
    422: "It was read, and can't be taken; `place` says where.",
    429: "Too much of this is going on at once.",
}


class TokenScheme(OpenApiAuthenticationExtension):
    """How the token is sent, for the API's description."""

    target_class = "taskers.credentials.tokens.TokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer", "bearerFormat": "tdm_…"}


def described(summary: str, responses: dict[Any, Any], *, operation_id: str, **terms: Any) -> Callable[[Any], Any]:
    """`extend_schema` with the problems that any endpoint may answer with, and a chapter: the operation's noun."""
    problems = {(code, MEDIA_TYPE): OpenApiResponse(ProblemShape, reason) for code, reason in REASONS.items()}
    tags = [operation_id.partition("_")[0]]
    return extend_schema(summary=summary, responses=responses | problems, operation_id=operation_id, tags=tags, **terms)


class AlwaysJSON(DefaultContentNegotiation):
    """There is one way to answer, whatever the asker would like best: whoever looks with a browser sees it too."""

    def select_renderer(self, request: Request, renderers: Iterable[Any], format_suffix: str | None = None) -> Any:
        first = next(iter(renderers))
        return first, first.media_type


def digest_of(request: Request) -> str | None:
    """Stands for all that is asked; None for rows that are read as they come, which are known again by their names."""
    data = request.data
    if hasattr(data, "readline"):
        return None
    told = sha256(f"{request.method} {request.get_full_path()}\n".encode())
    if isinstance(data, MultiValueDict):
        for name, values in sorted(data.lists()):
            for value in values:
                told.update(f"\n{name}:".encode())
                for chunk in value.chunks() if isinstance(value, File) else [str(value).encode()]:
                    told.update(chunk)
    else:
        told.update(dumps(data, sort_keys=True).encode())
    return told.hexdigest()


class Encoded(Problem):
    """Send the body as it is: no Content-Encoding is read here."""

    code = "unsupported-media-type"
    status = 415


class ScopeMissing(NotAllowed):
    """This token doesn't open this."""

    code = "scope-missing"


def require_scope(token: ApiToken, needed: Scopes) -> None:
    """Raises ScopeMissing unless the token opens one of these."""
    if not token.opens(needed):
        names = " or ".join(one.value for one in needed) or Scope.EVERYTHING.value
        raise ScopeMissing("This token doesn't open this: it needs the scope %(scopes)s.", scopes=names)


class Endpoint(APIView):
    """A view that knows its asker, and reaches only into the organization that the token belongs to.

    `scopes` says for each method what its token must open, one of them; a method that isn't there takes a token that
    opens everything. A POST that comes with an Idempotency-Key is done once, however often it is sent.
    """

    scopes: Mapping[str, Scopes] = {}
    has_own_key = False  # what is sent is known again by itself, as by the token of a claim
    parser_classes: Sequence[type[BaseParser]] = (BoundedJSON,)
    content_negotiation_class = AlwaysJSON

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """See that the token opens this, and speak the language that its person chose; else the one asked for."""
        super().initial(request, *args, **kwargs)
        if request.headers.get("Content-Encoding", "identity").strip().lower() not in ("", "identity"):
            raise Encoded()
        method = "GET" if request.method == "HEAD" else request.method or ""
        if method != "OPTIONS":
            require_scope(self.token, self.scopes.get(method, ()))
        if method == "POST" and not self.has_own_key and "Idempotency-Key" in request.headers:
            self.post = partial(self._once, self.post)  # type: ignore[attr-defined, has-type]
        if language := getattr(request.user, "language", ""):
            translation.activate(language)

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        """Say how much more may be asked now."""
        if state := getattr(request._request, "rate_limit", None):
            for name, value in rate_limits.headers(state).items():
                response.headers[name] = value
        return super().finalize_response(request, response, *args, **kwargs)

    def _once(self, do: Callable[..., Response], request: Request, *args: Any, **kwargs: Any) -> Response:
        """What `do` answers, now or the first time that this was sent."""
        if (digest := digest_of(request)) is None:
            return do(request, *args, **kwargs)

        def done() -> tuple[int, str]:
            answer = do(request, *args, **kwargs)
            return answer.status_code, JSONRenderer().render(answer.data).decode()

        key = request.headers["Idempotency-Key"]
        answer = idempotency.once(self.organization, self.person, key, digest, done)
        headers = {"Idempotency-Replayed": "true"} if answer.again else None
        return Response(loads(answer.text) if answer.text else None, status=answer.status, headers=headers)

    @property
    def person(self) -> Person:
        return cast(Person, self.request.user)

    @property
    def token(self) -> ApiToken:
        return cast(ApiToken, self.request.auth)

    @property
    def organization(self) -> Organization:
        return cast(MemberRequest, self.request._request).organization  # set by the token

    def on_their_clock(self) -> AbstractContextManager[None]:
        """Days and hours told apart as the asker's pages do; times are answered in UTC all the same, so not in here."""
        return timezone.override(self.person.time_zone)

    def project(self, public_id: UUID, *roles: str) -> Project:
        """The project, if the asker may act in it; NotFound, NotAllowed."""
        return self._here(access.project(self.person, public_id, *roles), lambda found: found)

    def workplace(self, public_id: UUID) -> Project:
        """The project, if the asker may do its tasks; NotFound, NotAllowed."""
        return self._here(access.workplace(self.person, public_id), lambda found: found)

    def batch(self, public_id: UUID) -> Batch:
        """The batch, for managers of its project."""
        found = Batch.objects.select_related("project__organization", "progress").filter(public_id=public_id).first()
        if found is None:
            raise NotFound()
        found.project = self.project(found.project.public_id, *access.MANAGE)
        return found

    def file_import(self, public_id: UUID) -> Import:
        """The import, for managers of its project."""
        found = Import.objects.select_related("batch__project").filter(public_id=public_id).first()
        if found is None:
            raise NotFound()
        found.batch.project = self.project(found.batch.project.public_id, *access.MANAGE)
        return found

    def task(self, public_id: UUID, *roles: str) -> Task:
        """The task, if the asker may act in its project."""
        return self._here(access.task(self.person, public_id, *roles), lambda found: found.project)

    def assignment(self, public_id: UUID) -> Assignment:
        """An assignment of the asker's own, now or before."""
        return self._here(access.own_assignment(self.person, public_id), lambda found: found.task.project)

    def _here(self, found: T, project_of: Callable[[T], Project]) -> T:
        if project_of(found).organization_id != self.organization.pk:
            raise NotFound()
        return found


class Nowhere(APIView):
    """Every other address below the API: not found, said as a problem."""

    permission_classes = (AllowAny,)
    content_negotiation_class = AlwaysJSON

    schema = None

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        if not request.path.endswith("/"):
            raise NotFound("There is nothing at this address. Those of the API end with a slash.")
        raise NotFound()
