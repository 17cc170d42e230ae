"""Named errors on the wire: problem+json for programs, a notice or a page for people."""

import errno
import sys
from urllib.parse import urlsplit

from django.core.exceptions import PermissionDenied
from django.db import DataError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.http import url_has_allowed_host_and_scheme
from psycopg.errors import CharacterNotInRepertoire, DiskFull, InvalidTextRepresentation, UntranslatableCharacter
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import exception_handler

from taskers.database.away import is_database_away
from taskers.errors import MEDIA_TYPE, DatabaseAway, NotAllowed, NotFound, Problem, StorageFull, Unstorable
from taskers.telemetry import request_ids

NEVER_KEPT = (CharacterNotInRepertoire, InvalidTextRepresentation, UntranslatableCharacter)
READ = {"unknown-field"}  # what a validation says with a code of ours: it was read, and can't be taken
OTHER_TYPE = "This address reads a body whose Content-Type is one of: %(types)s."
NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


def as_json(problem: Problem, extra: dict | None = None) -> JsonResponse:
    """The answer for a program."""
    body = problem.as_json() | (extra or {})
    return JsonResponse(body, status=problem.status, content_type=MEDIA_TYPE, headers=problem.headers)


def named(error: BaseException | None) -> Problem | None:
    """The named error that this is: itself, that a disk is full, ours or the database's, that the database is away, or
    that PostgreSQL can't keep what was sent; None for any other."""
    if isinstance(error, Problem):
        return error
    if isinstance(error, OSError) and error.errno in NO_ROOM:
        return StorageFull()
    if isinstance(error, OperationalError) and isinstance(error.__cause__, DiskFull):
        return StorageFull()
    if is_database_away(error):
        return DatabaseAway()
    if isinstance(error, UnicodeEncodeError) and error.reason == "surrogates not allowed":
        return Unstorable()
    if isinstance(error, DataError) and (isinstance(error.__cause__, NEVER_KEPT) or "NUL (0x00)" in str(error)):
        return Unstorable()
    return None


def server_error(request: HttpRequest) -> HttpResponse:
    """Django's last word, `handler500`: what went wrong outside of a view, in the form that the asker reads."""
    problem = named(sys.exc_info()[1])
    if problem is None and request.path.startswith("/api/"):
        problem = Problem("The fault is on our side and was written to the log.", code="server-error", status=500)
    return answer(request, problem) if problem else _broken()


def _broken() -> HttpResponse:
    return HttpResponse(render_to_string("500.html", {"id": request_ids.current()}), status=500)


def answer(request: HttpRequest, problem: Problem) -> HttpResponse:
    """The answer in the form that the asker reads."""
    if reads_json(request):
        return as_json(problem)
    if isinstance(problem, DatabaseAway):
        return _away(problem, fragment=getattr(request, "htmx", False))
    if getattr(request, "htmx", False):
        page = render(request, "_problem.html", {"problem": problem}, status=problem.status)
    else:
        context = {"problem": problem, "came_from": came_from(request)}
        page = render(request, "problem.html", context, status=problem.status)
    return with_headers(page, problem)


def reads_json(request: HttpRequest) -> bool:
    """Whether a program asks, which reads JSON, and not a person."""
    accepted = request.headers.get("Accept", "")
    return request.path.startswith("/api/") or "json" in accepted or request.content_type == "application/json"


def with_headers(page: HttpResponse, problem: Problem) -> HttpResponse:
    """A page that tells of a problem, with the headers of its answer."""
    for name, value in problem.headers.items():
        page.headers[name] = value
    return page


def _away(problem: Problem, *, fragment: object) -> HttpResponse:
    """Without the request: who signed in, and all that stands around a page, is in the database."""
    template = "_problem.html" if fragment else "503.html"
    page = render_to_string(template, {"problem": problem})
    return HttpResponse(page, status=problem.status, headers=dict(problem.headers))


def came_from(request: HttpRequest) -> str:
    """The page of ours on which a form was sent or a way taken, to go back to; "" where it isn't told."""
    page = request.headers.get("Referer", "")
    ours = url_has_allowed_host_and_scheme(page, {request.get_host()}, require_https=request.is_secure())
    return page if ours and urlsplit(page).path != request.path else ""


def api_exception(error: Exception, context: dict) -> Response | None:
    """DRF's exception handler: every error of the API is problem+json (RFC 9457)."""
    if isinstance(error, Http404):
        error = NotFound()
    elif isinstance(error, PermissionDenied):
        error = NotAllowed()
    if problem := named(error):
        return Response(problem.as_json(), problem.status, headers=dict(problem.headers), content_type=MEDIA_TYPE)
    response = exception_handler(error, context)
    if response is None or not isinstance(error, exceptions.APIException):
        return None
    body = _from_drf(error, context.get("view")).as_json()
    headers = {key: value for key, value in response.items() if key in {"WWW-Authenticate", "Retry-After", "Allow"}}
    return Response(body, status=body["status"], content_type=MEDIA_TYPE, headers=headers)


def _from_drf(error: exceptions.APIException, view: object = None) -> Problem:
    if isinstance(error, exceptions.UnsupportedMediaType):
        read = ", ".join(one.media_type for one in getattr(view, "parser_classes", ()))
        return Problem(OTHER_TYPE, code="unsupported-media-type", status=error.status_code, types=read)
    if isinstance(error, exceptions.NotAuthenticated):
        return Problem("Send a token: Authorization: Bearer tdm_…", code="not-authenticated", status=error.status_code)
    place, detail = _first(error.detail)
    if detail.code in READ:
        return Problem(detail, code=detail.code, place=place, status=422)
    code = "invalid" if isinstance(error, exceptions.ValidationError) else str(error.default_code)
    return Problem(detail, code=code.replace("_", "-"), place=place, status=error.status_code)


def _first(detail: object, place: str = "") -> tuple[str, exceptions.ErrorDetail]:
    """The first message of DRF's nested detail, and where in the input it stands."""
    if isinstance(detail, dict) and detail:
        key, value = next(iter(detail.items()))
        if isinstance(key, int):  # an item of a list
            return _first(value, f"{place}[{key}]")
        name = "" if key == "non_field_errors" else str(key)
        return _first(value, f"{place}.{name}".strip("."))
    if isinstance(detail, list) and detail:
        index = next((i for i, item in enumerate(detail) if item), 0)
        nested = isinstance(detail[index], (dict, list))
        return _first(detail[index], f"{place}[{index}]" if nested else place)
    return place, detail if isinstance(detail, exceptions.ErrorDetail) else exceptions.ErrorDetail(str(detail))
