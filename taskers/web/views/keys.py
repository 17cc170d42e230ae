"""A person's own keys in the studio: the page that lists them all, and keeping what they chose."""

import json

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from taskers.people import preferences
from taskers.web.requests import MemberRequest


@require_http_methods(["GET", "POST"])
@never_cache
@login_required
def keys(request: MemberRequest) -> HttpResponse:
    """Every action with its key; which there are, the page's own module knows."""
    if request.method == "GET":
        return _page(request, preferences.of(request.user).keys)
    chosen = _read(request.POST.get("keys", ""))
    try:
        preferences.choose_keys(request.user, chosen)
    except preferences.BadKeys as problem:
        return _page(request, preferences.of(request.user).keys, problem)
    messages.success(request, _("Saved. Open studios take these keys with their next task."))
    return redirect("keys")


@require_POST
@login_required
def submit_on_choice(request: MemberRequest) -> HttpResponse:
    """Whether a choice's key hands in at once; asked by the studio."""
    on = _read(request.body.decode(errors="replace"))
    preferences.choose_submit_on_choice(request.user, isinstance(on, dict) and on.get("on") is True)
    return JsonResponse({"saved": True})


def _page(request: MemberRequest, chosen: dict, problem: preferences.BadKeys | None = None) -> HttpResponse:
    context = {"chosen": chosen, "problem": problem}
    return render(request, "taskers/keys.html", context, status=problem.status if problem else 200)


def _read(text: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None
