"""Views that take JSON and give it, over the sign-in of the session; and how a value of a body is read."""

import json
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any
from uuid import UUID

from django.http import HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache

from projects.errors import AlreadySubmitted, Refused, StaleDraft
from projects.web.shared import storable
from taskers.errors import Problem
from taskers.models.limits import Between
from taskers.web import problems
from taskers.web.requests import MemberRequest


class SignedOut(Problem):
    """Your session has ended; sign in again, your work is kept."""

    code = "signed-out"
    status = 401


def json_view(view: Callable[..., dict]) -> Callable[..., HttpResponse]:
    """JSON in, JSON out: the view gets the body as a dict; named errors become problem+json."""

    @wraps(view)
    @never_cache
    def wrapped(request: MemberRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            if not request.user.is_authenticated:
                raise SignedOut()
            return JsonResponse(view(request, _body(request), *args, **kwargs))
        except StaleDraft as problem:
            return problems.as_json(problem, {"draft": problem.newest})
        except AlreadySubmitted as problem:
            return problems.as_json(problem, {"submitted": problem.submitted} if problem.submitted else None)
        except Problem as problem:
            return problems.as_json(problem)

    return wrapped


def _body(request: MemberRequest) -> dict:
    try:
        body = json.loads(request.body or b"{}", parse_constant=_no_number)
    except (ValueError, RecursionError):
        raise Refused("The body isn't JSON.", code="not-json", status=400) from None
    return taken(body)


def _no_number(name: str) -> float:
    raise Refused("%(name)s is no number that can be kept.", code="bad-text", name=name)


def taken(body: object) -> dict:
    """What was sent, if it is an object and can be kept. Raises Refused."""
    if not isinstance(body, dict):
        raise Refused("The body is a JSON object.", code="wrong-shape", status=400)
    if fault := storable.fault(body):
        raise Refused(fault, code="bad-text")
    return body


def read_uuid(body: Mapping[str, object], field: str) -> UUID:
    try:
        return UUID(str(body.get(field)))
    except ValueError:
        raise Refused("%(field)s is missing or isn't a UUID.", code="wrong-shape", place=field, field=field) from None


def read_whole_number(body: Mapping[str, object], field: str, within: Between, default: int | None = None) -> int:
    value = body.get(field, default)
    if not isinstance(value, int) or not within.holds(value):
        raise Refused("%(field)s is a whole number, 0 or more.", code="wrong-shape", place=field, field=field)
    return value


def read_list(body: Mapping[str, object], field: str) -> list:
    value = body.get(field, [])
    if not isinstance(value, list):
        raise Refused("%(field)s is a list.", code="wrong-shape", place=field, field=field)
    return value


def read_flag(body: Mapping[str, object], field: str) -> bool:
    """Yes or no; no where nothing is said."""
    value = body.get(field, False)
    if not isinstance(value, bool):
        raise Refused("%(field)s is true or false.", code="wrong-shape", place=field, field=field)
    return value


def read_text(body: Mapping[str, object], field: str, longest: int) -> str:
    """A text of at most so many characters; empty where there is none."""
    value = body.get(field)
    if value is None:
        return ""
    if not isinstance(value, str) or len(value) > longest:
        text = "%(field)s is a text of at most %(longest)s characters."
        raise Refused(text, code="wrong-shape", place=field, field=field, longest=longest)
    return value
