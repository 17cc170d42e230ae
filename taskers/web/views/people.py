"""The people of an organization: who is in, in which roles, who is invited; and inviting more."""

from dataclasses import dataclass, field
from itertools import groupby

from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from taskers import access
from taskers.errors import Problem
from taskers.models import Invitation, Membership, Organization, Person
from taskers.models.people import Role
from taskers.notifications import mail
from taskers.organizations.project_names import project_names
from taskers.people import bulk_invite, invitations
from taskers.web.forms import InviteForm, InviteListForm
from taskers.web.requests import MemberRequest, key_asked
from taskers.web.views.access import needs_role

OFFICE = (Role.OWNER, Role.MANAGER)
PAGE = 50


@dataclass
class Member:
    """A person and what they are in this organization; no roles means that they were shown out."""

    person: Person
    roles: list[Membership] = field(default_factory=list)


@require_GET
@needs_role(*OFFICE)
def people(request: MemberRequest) -> HttpResponse:
    """The list, 50 at a time, narrowed by name and role."""
    context = _members(request)
    if request.htmx and request.htmx.target == "members":
        return render(request, "taskers/_members.html", context)
    return _page(request, **context)


@require_POST
@never_cache
@needs_role(*OFFICE)
def invite(request: MemberRequest) -> HttpResponse:
    """Make one invitation and show its link: this once."""
    form = InviteForm(request.user, request.organization, request.POST)
    made = None
    if form.is_valid():
        email, role, project = (form.cleaned_data[name] for name in ("email", "role", "project"))
        try:
            invitation, secret = invitations.invite(
                request.organization, request.user, email=email, role=role, project_key=project
            )
            link = _link(request, secret)
            made = {"invitation": invitation, "link": link, "sent": mail.send_invitation(invitation, link)}
            form = InviteForm(request.user, request.organization)
        except Problem as problem:
            form.add_error("email" if problem.place == "email" else None, problem.text)
    status = 200 if made else 422
    if request.htmx:
        names = {"open": _open_invitations(request.organization), "project_names": project_names(request.organization)}
        return render(request, "taskers/_invite.html", {"invite_form": form, "made": made} | names, status=status)
    return _page(request, **_members(request), invite_form=form, made=made, status=status)


@require_http_methods(["GET", "POST"])
@never_cache
@needs_role(*OFFICE)
def invite_list(request: MemberRequest) -> HttpResponse:
    """Invite everybody in a table; say line by line what became of it."""
    form = InviteListForm(request.POST or None, request.FILES or None)
    lines: list[dict] = []
    if request.method == "POST" and form.is_valid():
        try:
            file = form.cleaned_data["file"]
            text = bulk_invite.text_of(file.read()) if file else form.cleaned_data["text"]
            done = bulk_invite.invite_all(request.organization, request.user, text)
            lines = [_shown(request, line) for line in done]
        except Problem as problem:
            form.add_error(None, f"{problem.place}: {problem.text}" if problem.place else problem.text)
    context = {
        "form": form,
        "lines": lines,
        "made": sum(1 for line in lines if line["link"]),
        "refused": sum(1 for line in lines if not line["link"]),
        "grantable": [
            title for role, title in Role.choices if role in access.grantable(request.user, request.organization)
        ],
    }
    return render(request, "taskers/invite_list.html", context, status=422 if form.errors else 200)


@require_POST
@needs_role(*OFFICE)
def withdraw(request: MemberRequest, invitation_id) -> HttpResponse:
    """Make an invitation's link useless."""
    rows = Invitation.objects.filter(organization=request.organization).select_related("organization")
    invitations.withdraw(get_object_or_404(rows, public_id=invitation_id), request.user)
    if request.htmx:
        context = {
            "open": _open_invitations(request.organization),
            "project_names": project_names(request.organization),
        }
        return render(request, "taskers/_invitations.html", context)
    return redirect("people")


def _page(request: MemberRequest, status: int = 200, **context: object) -> HttpResponse:
    context.setdefault("invite_form", InviteForm(request.user, request.organization))
    context["open"] = _open_invitations(request.organization)
    return render(request, "taskers/people.html", context, status=status)


def _members(request: MemberRequest) -> dict:
    asked, role = request.GET.get("q", "").strip(), request.GET.get("role", "")
    rows = Membership.objects.filter(organization=request.organization)
    if role == "gone":
        rows = rows.exclude(
            person__in=Membership.objects.live().filter(organization=request.organization).values("person")
        )
    elif role in Role.values:
        rows = rows.live().filter(role=role)
    found = Person.objects.filter(pk__in=rows.values("person"))
    if asked:
        found = found.filter(Q(name__icontains=asked) | Q(email__icontains=asked))
    after = found.filter(public_id=key_asked(request, "after")).first()
    if after:
        found = found.filter(Q(name__gt=after.name) | Q(name=after.name, pk__gt=after.pk))
    page = list(found.order_by("name", "pk")[: PAGE + 1])
    return {
        "members": _with_roles(page[:PAGE], request.organization),
        "next": page[PAGE - 1].public_id if len(page) > PAGE else None,
        "project_names": project_names(request.organization),
        "role_choices": [*((key, _(words)) for key, words in Role.choices), ("gone", _("Deactivated"))],
        "asked": {"q": asked, "role": role, "after": bool(after)},
    }


def _with_roles(page: list[Person], organization: Organization) -> list[Member]:
    rows = Membership.objects.live().filter(organization=organization, person__in=page)
    by_person = {
        key: list(group)
        for key, group in groupby(rows.order_by("person", "pk"), key=lambda membership: membership.person_id)
    }
    return [Member(person, by_person.get(person.pk, [])) for person in page]


def _open_invitations(organization: Organization) -> list[Invitation]:
    rows = Invitation.objects.filter(organization=organization, accepted_at=None, withdrawn_at=None)
    found = list(rows.select_related("invited_by").order_by("-pk")[:200])
    now = timezone.now()
    for one in found:
        one.expired = one.expires_at <= now  # type: ignore[attr-defined]
    return found


def _link(request: MemberRequest, secret: str) -> str:
    return request.build_absolute_uri(reverse("invitation", args=[secret]))


def _shown(request: MemberRequest, line: bulk_invite.Line) -> dict:
    link = _link(request, line.secret) if line.invitation else ""
    sent = line.invitation is not None and mail.send_invitation(line.invitation, link)
    return {"number": line.number, "email": line.email, "why": line.why, "link": link, "sent": sent}
