"""An organization's skills and languages: defined, given to people with a value and an end, taken away."""

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from taskers.errors import NotFound, Problem
from taskers.models import Person, Qualification, Skill, limits
from taskers.skills import skills as verbs
from taskers.web.requests import MemberRequest, key_in
from taskers.web.views.access import needs_role
from taskers.web.views.people import OFFICE

MOST = 500


class SkillForm(forms.Form):
    """A skill that isn't there yet."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=limits.SKILL_NAME)
    kind = forms.ChoiceField(
        label=gettext_lazy("Kind"), choices=[(key, gettext_lazy(words)) for key, words in Skill.Kind.choices]
    )


class GrantForm(forms.Form):
    """Giving a skill to somebody."""

    person = forms.ModelChoiceField(Person.objects.none(), label=gettext_lazy("Person"), to_field_name="public_id")
    value = forms.FloatField(
        label=gettext_lazy("Value"),
        initial=1,
        **limits.SKILL_VALUE.bounds,
        help_text=gettext_lazy("How well, by a scale of your own; 1 where having it is enough."),
    )
    expires_at = forms.DateTimeField(
        label=gettext_lazy("Until"),
        required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"],
        help_text=gettext_lazy("Empty: for good."),
    )
    note = forms.CharField(label=gettext_lazy("Note"), required=False, max_length=limits.SKILL_NOTE)

    def __init__(self, *args, people, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.fields["person"].queryset = people  # type: ignore[attr-defined]


@require_http_methods(["GET", "POST"])
@needs_role(*OFFICE)
def skills(request: MemberRequest) -> HttpResponse:
    """All of them, and a form for one more."""
    form = SkillForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            made = verbs.define(request.organization, by=request.user, **form.cleaned_data)
            return redirect("skill", made.key)
        except Problem as problem:
            form.add_error(problem.place if problem.place in form.fields else None, problem.text)
    context = {"form": form, "skills": verbs.skills_of(request.organization), "part": "skills"}
    return render(request, "taskers/skills.html", context, status=422 if request.method == "POST" else 200)


@require_http_methods(["GET", "POST"])
@needs_role(*OFFICE)
def skill(request: MemberRequest, skill_key: str) -> HttpResponse:
    """Who has it, and a form that gives it."""
    found = _skill(request, skill_key)
    form = GrantForm(request.POST or None, people=verbs.people_of(request.organization))
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            verbs.grant(
                data["person"],
                found,
                data["value"],
                by=request.user,
                expires_at=data["expires_at"],
                note=data["note"],
            )
            messages.success(request, _("%(name)s has it now.") % {"name": data["person"]})
            return redirect("skill", found.key)
        except Problem as problem:
            form.add_error(problem.place if problem.place in form.fields else None, problem.text)
    rows: list[Qualification] = list(verbs.held_of(found)[: MOST + 1])
    context = {"skill": found, "form": form, "held": rows[:MOST], "more": len(rows) > MOST, "now": timezone.now()}
    return render(request, "taskers/skill.html", context, status=422 if request.method == "POST" else 200)


@require_POST
@needs_role(*OFFICE)
def withdraw(request: MemberRequest, skill_key: str) -> HttpResponse:
    """Take it away from somebody."""
    found = _skill(request, skill_key)
    person = Person.objects.filter(public_id=key_in(request.POST.get("person")), qualifications__skill=found).first()
    if person is None:
        raise NotFound(_("They haven't got it any more."))
    verbs.withdraw(person, found, by=request.user)
    messages.success(request, _("%(name)s has it no more.") % {"name": person})
    return redirect("skill", found.key)


def _skill(request: MemberRequest, key: str) -> Skill:
    found = Skill.objects.filter(organization=request.organization, key=key).first()
    if found is None:
        raise NotFound()
    return found
