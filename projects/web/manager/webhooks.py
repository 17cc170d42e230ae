"""Webhooks: who is told of what, every message with how it fared, and the levers."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from projects import access
from projects.models import Project, Subscription, WebhookDelivery
from projects.reports import notices
from projects.task_types import TASK_TYPES
from projects.web.manager.forms.webhooks import NewSubscriptionForm, SubscriptionForm
from projects.web.shared.access import manages, signed_in
from projects.webhooks import deliveries, subscriptions
from projects.webhooks.kinds import KINDS
from taskers.errors import Problem
from taskers.models.people import Role
from taskers.outbound.guard import guard
from taskers.web.requests import MemberRequest
from taskers.web.views.access import needs_role, require_fresh_sign_in

OFFICE = (*access.MANAGE, Role.FINANCE)
SHOWN = 50  # messages of a page
STATES = WebhookDelivery.State.values


@require_http_methods(["GET", "POST"])
@manages
def of_project(request: MemberRequest, project: Project) -> HttpResponse:
    """Those of a project; posting adds another."""
    return _list(request, project)


@require_http_methods(["GET", "POST"])
@signed_in
@needs_role(*OFFICE)
def of_organization(request: MemberRequest) -> HttpResponse:
    """Those of the organization; posting adds another."""
    return _list(request, None)


def _list(request: MemberRequest, project: Project | None) -> HttpResponse:
    organization = project.organization if project else request.organization
    offered = subscriptions.offered(request.user, organization, project)
    form = NewSubscriptionForm(request.POST or None, offered=offered, of_project=project is not None)
    made: dict[str, Any] | None = None
    if request.method == "POST" and form.is_valid():
        require_fresh_sign_in(request)
        try:
            found, secret = subscriptions.create(organization, project, by=request.user, **form.terms())
            made, form = (
                {"subscription": found, "secret": secret},
                NewSubscriptionForm(offered=offered, of_project=project is not None),
            )
        except Problem as problem:
            form.add_error(_field(form, problem), problem.text)
    rows = subscriptions.of(request.user, organization, project)
    context = _around(project) | {
        "rows": deliveries.counted(rows),
        "form": form,
        "made": made,
        "allowed": bool(guard().hosts),
        "worker": notices.worker_alive(),
    }
    return render(request, "projects/manager/webhooks.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@signed_in
def one(request: MemberRequest, subscription_id: UUID) -> HttpResponse:
    """One of them with its messages; posting changes it."""
    found = subscriptions.one(request.user, subscription_id)
    form = _form(request, found, request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            subscriptions.change(found, by=request.user, **form.cleaned_data)
            messages.success(request, _("%(name)s is set.") % {"name": found.name})
            return redirect("webhook", found.public_id)
        except Problem as problem:
            form.add_error(_field(form, problem), problem.text)
    return _page(request, found, form=form)


def _form(request: MemberRequest, found: Subscription, data: Any = None) -> SubscriptionForm:
    offered = subscriptions.offered(request.user, found.organization, found.project)
    return SubscriptionForm(data, offered=offered, of=found)


def _page(
    request: MemberRequest, found: Subscription, *, form: SubscriptionForm | None = None, secret: str = ""
) -> HttpResponse:
    state = request.GET.get("state", "")
    state = state if state in STATES else ""
    before = request.GET.get("before", "")
    rows = deliveries.listed(found, state=state, before=int(before) if before.isdecimal() and len(before) < 19 else 0)
    given = list(rows[: SHOWN + 1])
    form = form or _form(request, found)
    context = _around(found.project) | {
        "subscription": found,
        "kinds": [KINDS[name].title for name in found.kinds],
        "form": form,
        "secret": secret,
        "deliveries": given[:SHOWN],
        "more": given[SHOWN - 1].pk if len(given) > SHOWN else None,
        "state": state,
        "states": [(key, _(words)) for key, words in WebhookDelivery.State.choices],
        "counts": deliveries.counts_of([found])[found.pk],
        "paged": bool(before),
        "worker": notices.worker_alive(),
    }
    return render(request, "projects/manager/webhook.html", context, status=422 if form.errors else 200)


@require_GET
@signed_in
def delivery(request: MemberRequest, subscription_id: UUID, delivery_id: UUID) -> HttpResponse:
    """One message: what is sent, and what came back."""
    found = subscriptions.one(request.user, subscription_id)
    shown = deliveries.one_of(found, delivery_id)
    failures = deliveries.failures_of(shown)
    context = _around(found.project) | {"subscription": found, "delivery": shown, "failures": failures}
    return render(request, "projects/manager/webhook_delivery.html", context)


@require_POST
@signed_in
def again(request: MemberRequest, subscription_id: UUID, delivery_id: UUID) -> HttpResponse:
    """Send one message once more."""
    found = subscriptions.one(request.user, subscription_id)
    with _saying_why_not(request):
        deliveries.redeliver(deliveries.one_of(found, delivery_id))
        messages.success(request, _("It is sent again, under the same id."))
    return redirect("webhook", found.public_id)


@require_POST
@signed_in
def all_again(request: MemberRequest, subscription_id: UUID) -> HttpResponse:
    """Send all once more that was given up."""
    found = subscriptions.one(request.user, subscription_id)
    number = deliveries.redeliver_dead(found)
    messages.success(request, _("Sent again: %(number)s.") % {"number": number})
    return redirect("webhook", found.public_id)


@require_POST
@signed_in
def switch(request: MemberRequest, subscription_id: UUID) -> HttpResponse:
    """Switch one on or off."""
    found = subscriptions.one(request.user, subscription_id)
    with _saying_why_not(request):
        subscriptions.switch(found, request.POST.get("state", ""), by=request.user)
    return redirect("webhook", found.public_id)


@require_POST
@signed_in
def rotate(request: MemberRequest, subscription_id: UUID) -> HttpResponse:
    """Another secret, shown this once."""
    found = subscriptions.one(request.user, subscription_id)
    require_fresh_sign_in(request)
    return _page(request, found, secret=subscriptions.rotate(found, by=request.user))


@require_POST
@signed_in
def ping(request: MemberRequest, subscription_id: UUID) -> HttpResponse:
    """Send a message that says nothing."""
    found = subscriptions.one(request.user, subscription_id)
    with _saying_why_not(request):
        subscriptions.ping(found, by=request.user)
        messages.success(request, _("A ping is on its way; look below in a moment."))
    return redirect("webhook", found.public_id)


@require_POST
@signed_in
def remove(request: MemberRequest, subscription_id: UUID) -> HttpResponse:
    """Throw one away."""
    found = subscriptions.one(request.user, subscription_id)
    subscriptions.remove(found, by=request.user)
    messages.success(request, _("%(name)s is removed.") % {"name": found.name})
    return redirect("project-webhooks", found.project.public_id) if found.project else redirect("webhooks")


@contextmanager
def _saying_why_not(request: MemberRequest) -> Iterator[None]:
    """What is refused is said on the page that comes next."""
    try:
        yield
    except Problem as problem:
        messages.error(request, problem.text)


def _around(project: Project | None) -> dict[str, Any]:
    task_type = TASK_TYPES[project.task_type] if project else None
    return {"project": project, "task_type": task_type, "tab": "export"}


def _field(form: SubscriptionForm, problem: Problem) -> str | None:
    place = problem.place.partition("[")[0]
    return place if place in form.fields else None
