"""A person's inbox: what they are told, and how they want to be told."""

from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from taskers.models import MailDigest, Notification
from taskers.models.people import Role
from taskers.notifications import inbox
from taskers.web.requests import MemberRequest


@require_GET
@login_required
@never_cache
def page(request: MemberRequest) -> HttpResponse:
    """What they are told, 50 at a time, the newest first."""
    rows = inbox.of(request.user)
    before = request.GET.get("before", "")
    if before.isascii() and before.isdigit() and len(before) < 18:
        rows = rows.filter(pk__lt=int(before))
    found: list[Notification] = list(rows[: inbox.PAGE + 1])
    shown = found[: inbox.PAGE]
    context = {
        "lines": [(one, words) for one in shown if (words := inbox.said(one))],
        "further": shown[-1].pk if len(found) > inbox.PAGE else None,
        "unread": any(one.read_at is None for one in shown),
    }
    return render(request, "taskers/inbox.html", context)


@require_GET
@never_cache
def badge(request: MemberRequest) -> HttpResponse:
    """How much they haven't read, as the bar shows it."""
    number = inbox.unread(request.user) if request.user.is_authenticated else 0
    return render(request, "taskers/_inbox_badge.html", {"number": number, "most": inbox.MOST_COUNTED})


@require_POST
@login_required
def open_one(request: MemberRequest, notification_id: UUID) -> HttpResponse:
    """They read it, and go where it leads."""
    return redirect(inbox.open_one(request.user, notification_id).address)


@require_POST
@login_required
def read_all(request: MemberRequest) -> HttpResponse:
    """They have read all of it."""
    inbox.read_all(request.user)
    return redirect("inbox")


@require_http_methods(["GET", "POST"])
@login_required
def choices(request: MemberRequest) -> HttpResponse:
    """What they want to be told in the page and by mail, and how often they are mailed."""
    office = any(one.role != Role.TASKER for one in request.memberships)
    if request.method == "POST":
        pages, mails = set(request.POST.getlist("page")), set(request.POST.getlist("mail"))
        wanted = {key: (key in pages, key in mails) for key in pages | mails}
        inbox.choose(request.user, wanted, request.POST.get("rhythm", ""), office=office)
        messages.success(request, _("Saved."))
        return redirect("inbox-choices")
    context = {
        "kinds": inbox.choices(request.user, office=office),
        "rhythm": inbox.rhythm(request.user),
        "rhythms": MailDigest.Rhythm.choices,
        "mail": bool(settings.EMAIL_HOST),
    }
    return render(request, "taskers/inbox_choices.html", context)
