"""The audit trail, for owners: what happened to access, who looked and who carried data away, narrowed by filters."""

from datetime import timedelta

from django import forms
from django.db.models import Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from taskers.audit.trail import Kind, trail
from taskers.models import AuditRecord, Organization, Person
from taskers.models.people import Role
from taskers.web.requests import MemberRequest, key_in
from taskers.web.views.access import needs_role

PAGE = 100
PERSON = "person:"  # what the subject of a page about somebody begins with


class TrailForm(forms.Form):
    """By what the trail is narrowed; what can't be read narrows nothing."""

    who = forms.CharField(label=_("Name or email"), required=False, max_length=120)
    kind = forms.ChoiceField(label=_("What"), required=False, choices=[("", _("Anything")), *Kind.choices])
    outcome = forms.ChoiceField(
        label=_("Outcome"),
        required=False,
        choices=[("", _("Any")), *((key, _(words)) for key, words in AuditRecord.Outcome.choices)],
    )
    since = forms.DateTimeField(
        label=_("From"), required=False, widget=forms.DateInput(attrs={"type": "date"}), input_formats=["%Y-%m-%d"]
    )
    until = forms.DateTimeField(
        label=_("To"), required=False, widget=forms.DateInput(attrs={"type": "date"}), input_formats=["%Y-%m-%d"]
    )
    before = forms.IntegerField(required=False, min_value=1, max_value=2**62, widget=forms.HiddenInput)


@require_GET
@never_cache
@needs_role(Role.OWNER)
def audit(request: MemberRequest) -> HttpResponse:
    """The newest first, 100 at a time."""
    form = TrailForm(request.GET)
    form.is_valid()
    rows = list(_narrowed(request.organization, form.cleaned_data)[: PAGE + 1])
    people = _people(request.organization, rows)
    for one in rows:
        one.named = one.subject in people  # type: ignore[attr-defined]
        one.person = one.person or people.get(one.subject)
        one.what = Kind(one.kind).label if one.kind in Kind.values else one.kind  # type: ignore[attr-defined]
    asked = request.GET.copy()
    if len(rows) > PAGE:
        asked["before"] = str(rows[PAGE - 1].pk)
    context = {
        "form": form,
        "records": rows[:PAGE],
        "older": asked.urlencode() if len(rows) > PAGE else "",
        "part": "audit",
    }
    return render(request, "taskers/audit.html", context)


def _people(organization: Organization, rows: list[AuditRecord]) -> dict[str, Person]:
    """Whom pages were about that somebody looked at, by the records' subjects; nobody of another organization."""
    keys = [key_in(one.subject.removeprefix(PERSON)) for one in rows if one.subject.startswith(PERSON)]
    found = Person.objects.filter(public_id__in=keys, memberships__organization=organization).distinct()
    return {f"{PERSON}{one.public_id}": one for one in found}


def _narrowed(organization: Organization, asked: dict) -> QuerySet[AuditRecord]:
    rows = trail(organization)
    if who := asked.get("who"):
        called = Person.objects.filter(Q(name__icontains=who) | Q(email__icontains=who))
        called = called.filter(memberships__organization=organization).order_by("pk").distinct()
        seen = [f"{PERSON}{key}" for key in called.values_list("public_id", flat=True)[:PAGE]]
        rows = rows.filter(
            Q(subject__in=seen)
            | Q(actor__name__icontains=who)
            | Q(actor__email__icontains=who)
            | Q(person__name__icontains=who)
            | Q(person__email__icontains=who)
        )
    for field in ("kind", "outcome"):
        if asked.get(field):
            rows = rows.filter(**{field: asked[field]})
    if asked.get("since"):
        rows = rows.filter(at__gte=asked["since"])
    if asked.get("until"):
        rows = rows.filter(at__lt=asked["until"] + timedelta(days=1))
    return rows.filter(pk__lt=asked["before"]) if asked.get("before") else rows
