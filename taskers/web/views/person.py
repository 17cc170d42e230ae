"""One person: their roles, and showing them out or back in."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from taskers import access
from taskers.errors import NotFound, Problem
from taskers.models import Membership, Organization, Person
from taskers.models.people import Role
from taskers.organizations.project_names import project_names
from taskers.people import invitations
from taskers.web.forms import RoleForm
from taskers.web.requests import MemberRequest, key_in
from taskers.web.views.access import needs_role
from taskers.web.views.people import OFFICE


@require_GET
@needs_role(*OFFICE)
def person(request: MemberRequest, person_id: UUID) -> HttpResponse:
    """The page."""
    return _page(request, _member(request.organization, person_id))


@require_POST
@needs_role(*OFFICE)
def give_role(request: MemberRequest, person_id: UUID) -> HttpResponse:
    """One more role."""
    member = _member(request.organization, person_id)
    form = RoleForm(request.user, request.organization, request.POST)
    if not form.is_valid():
        return _page(request, member, role_form=form, status=422)
    role, project = form.cleaned_data["role"], form.cleaned_data["project"]
    try:
        invitations.give(request.organization, member, role, by=request.user, project_key=project)
    except Problem as problem:
        return _page(request, member, problem=problem)
    messages.success(request, _("%(name)s is now %(role)s.") % {"name": member, "role": _(Role(role).label).lower()})
    return redirect("person", person_id)


@require_POST
@needs_role(*OFFICE)
def end_role(request: MemberRequest, person_id: UUID) -> HttpResponse:
    """One role less."""
    member = _member(request.organization, person_id)
    rows = Membership.objects.filter(organization=request.organization, person=member, ended_at=None)
    membership = rows.filter(role=request.POST.get("role", ""), project_key=_key(request)).first()
    try:
        if membership is None:
            raise NotFound(_("This role was already taken away."))
        invitations.end(membership, by=request.user)
    except Problem as problem:
        return _page(request, member, problem=problem)
    label = _(membership.get_role_display()).lower()
    messages.success(request, _("%(name)s is no longer %(role)s.") % {"name": member, "role": label})
    return redirect("person", person_id)


@require_POST
@needs_role(*OFFICE)
def deactivate(request: MemberRequest, person_id: UUID) -> HttpResponse:
    """Show somebody out: every role ends."""
    member = _member(request.organization, person_id)
    try:
        invitations.deactivate(request.organization, member, by=request.user)
    except Problem as problem:
        return _page(request, member, problem=problem)
    messages.success(request, _("%(name)s can't enter any more. What they did stays.") % {"name": member})
    return redirect("person", person_id)


@require_POST
@needs_role(*OFFICE)
def reactivate(request: MemberRequest, person_id: UUID) -> HttpResponse:
    """Let somebody back in, in one role."""
    member = _member(request.organization, person_id)
    try:
        invitations.reactivate(request.organization, member, request.POST.get("role", ""), by=request.user)
    except Problem as problem:
        return _page(request, member, problem=problem)
    messages.success(request, _("%(name)s is back.") % {"name": member})
    return redirect("person", person_id)


@require_POST
@never_cache
@needs_role(*OFFICE)
def password_link(request: MemberRequest, person_id: UUID) -> HttpResponse:
    """Make a link with which they set a new password, and show it this once."""
    member = _member(request.organization, person_id)
    try:
        path = invitations.password_reset_path(request.organization, member, by=request.user)
    except Problem as problem:
        return _page(request, member, problem=problem)
    return _page(request, member, link=request.build_absolute_uri(path))


def _member(organization: Organization, person_id: UUID) -> Person:
    """Somebody who is or was here; people from elsewhere are not found."""
    here = Membership.objects.filter(organization=organization).values("person")
    found = Person.objects.filter(public_id=person_id, pk__in=here).first()
    if found is None:
        raise Http404
    return found


def _page(
    request: MemberRequest, member: Person, *, problem: Problem | None = None, status: int = 200, **context: object
) -> HttpResponse:
    roles = list(Membership.objects.live().filter(organization=request.organization, person=member).order_by("pk"))
    grants = access.grantable(request.user, request.organization)
    context |= {
        "member": member,
        "roles": [{"row": row, "mine_to_take": row.role in grants} for row in roles],
        "under_me": {row.role for row in roles} <= grants,
        "project_names": project_names(request.organization),
        "problem": problem,
    }
    context.setdefault("role_form", RoleForm(request.user, request.organization))
    return render(request, "taskers/person.html", context, status=problem.status if problem else status)


def _key(request: MemberRequest) -> UUID | None:
    return key_in(request.POST["project"]) if request.POST.get("project") else None
