"""What every request learns on its way in, and how named errors find their way out."""

from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.utils import timezone, translation
from django.utils.functional import SimpleLazyObject

from taskers.errors import FormsAlone
from taskers.models import Membership, Organization
from taskers.web import problems


def current_organization(request: HttpRequest) -> Organization | None:
    """The organization a signed-in person is working in: the one they chose, or else the first they belong to."""
    if not request.user.is_authenticated:
        return None
    mine = sorted({one.organization for one in request.memberships}, key=lambda one: (one.name, one.pk))  # type: ignore[attr-defined]
    chosen = request.session.get("organization")
    return next((one for one in mine if str(one.public_id) == chosen), mine[0] if mine else None)


def memberships_of(request: HttpRequest) -> list[Membership]:
    """What a signed-in person is, in every organization they belong to."""
    if not request.user.is_authenticated:
        return []
    return list(Membership.objects.live().filter(person=request.user).select_related("organization"))


class PrivateMiddleware:
    """Whatever says nothing of caches is kept by none: pages tell of people, their work and their pay."""

    def __init__(self, get_response) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers.setdefault("Cache-Control", "private, no-store")
        return response


class OrganizationMiddleware:
    """Gives requests the person's `memberships` and the `organization` they work in, found when first asked for."""

    def __init__(self, get_response) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.memberships = SimpleLazyObject(lambda: memberships_of(request))  # type: ignore[attr-defined]
        request.organization = SimpleLazyObject(lambda: current_organization(request))  # type: ignore[attr-defined]
        return self.get_response(request)


class LanguageMiddleware:
    """Speaks the language that a person chose, wherever they sign in; else the one that Django found."""

    def __init__(self, get_response) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated and request.user.language:
            translation.activate(request.user.language)
            request.LANGUAGE_CODE = translation.get_language()
        return self.get_response(request)


class ClockMiddleware:
    """Tells times by the clock of whoever is asking."""

    def __init__(self, get_response) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.user.is_authenticated:
            return self.get_response(request)
        with timezone.override(request.user.time_zone):
            return self.get_response(request)


class ProblemMiddleware:
    """Turns named errors into answers; everything else stays Django's, but for its empty page: who comes back to where
    a form was sent, after signing in anew or from the address bar, reads that there is nothing to read."""

    def __init__(self, get_response) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if request.method != "GET" or not isinstance(response, HttpResponseNotAllowed) or response.content:
            return response
        told = problems.answer(request, FormsAlone())
        told["Allow"] = response["Allow"]
        return told

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        problem = problems.named(error)
        return problems.answer(request, problem) if problem else None
