"""Who may work on what, as managers type it: every field says what it does."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.forms import BaseFormSet, formset_factory
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from projects.models import AssignmentRules, Batch, ConflictOfInterest, Exclusion, Project, Requirement, limits
from projects.models.limits import RULES
from projects.queue.leases import SKIP_MODES, SKIP_REASONS, USUAL_MODES
from projects.reports.rules_effect import TOLD
from projects.web.manager.forms.told import ask_while_typed
from projects.web.shared.units import (
    amount,
    in_currency,
    in_minutes,
    in_percent,
    in_units,
    of_minutes,
    of_percent,
    percent,
    time_for_a_task,
    to_millionths,
)
from taskers.models import Organization, Person, Skill

MODES = {
    "others": _("Others are asked"),
    "me": _("Comes back to them"),
    "review": _("A reviewer decides"),
}
COMPARATORS = (
    (Requirement.Comparator.EXISTS, _("has it")),
    (Requirement.Comparator.AT_LEAST, _("at least")),
    (Requirement.Comparator.IN, _("one of")),
    (Requirement.Comparator.MISSING, _("must not have it")),
)
MOMENT = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
MOMENTS = ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"]


class RulesForm(forms.Form):
    """A project's rules. Fields left empty where that is allowed set no limit."""

    priority = forms.IntegerField(
        label=_("Priority"),
        **limits.PRIORITY.bounds,
        help_text=_("Higher is handed out first. What waits gains one step every ten minutes, so nothing starves."),
    )
    mode = forms.ChoiceField(
        label=_("Who gets which task"),
        choices=AssignmentRules.Mode.choices,
        required=False,
        help_text=_(
            "By list, tasks are put on lists in the task browser. There no gold is mixed in: it would stand out."
        ),
    )
    lease_minutes = time_for_a_task()
    standing_floor = percent(
        _("Least standing, %"),
        _("Who falls below it gets no more work here. 0 asks for nothing."),
    )
    standing_evidence = forms.FloatField(
        label=_("After this much evidence"),
        **RULES["standing_evidence"].bounds,
        help_text=_("Graded work before the floor is asked, so that one bad start shuts nobody out."),
    )
    daily_tasks = forms.IntegerField(
        label=_("Tasks per person and day"),
        required=False,
        **RULES["daily_tasks"].bounds,
        help_text=_("By the clock where they live. Empty: no limit."),
    )
    daily_earnings = amount(
        _("Pay per person and day"),
        limits.DAILY,
        required=False,
        help_text=_("What is promised to one person in a day. Empty: no limit."),
    )
    gold_share = percent(
        _("Gold among the work, %"),
        _("Mixed in unseen, more often for people of whom little is known. At most 50."),
        within=RULES["gold_share"],
    )
    gold_uses = forms.IntegerField(
        label=_("Retire gold after"),
        **RULES["gold_uses"].bounds,
        help_text=_("Uses. A worn one may be known by heart."),
    )

    reporters = forms.IntegerField(
        label=_("People who must report a task"),
        required=False,
        **RULES["reporters"].bounds,
        help_text=_("Then it is withheld as broken; until then others are asked. Empty: as it is."),
    )
    reports_daily = forms.IntegerField(
        label=_("Reports per person and day"),
        required=False,
        **RULES["reports_daily"].bounds,
        help_text=_("At most, so that nobody stops the work alone. Empty: as it is."),
    )
    reports_share = percent(
        _("Reports, % of one's work"), _("Beside the first three of a day, up to the number above."), required=False
    )

    def __init__(self, *args: Any, organization: Organization, effects_at: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["daily_earnings"].label = in_currency(self.fields["daily_earnings"].label, organization)
        for reason, words in SKIP_REASONS.items():
            self.fields[f"skip_{reason}"] = forms.ChoiceField(
                label=_(words), choices=[(mode, MODES[mode]) for mode in SKIP_MODES]
            )
        if effects_at:
            ask_while_typed(self, [*TOLD, "standing_evidence"], effects_at)
            for field in self.skips:  # which say nothing else
                field.field.widget.attrs["aria-describedby"] = f"{field.auto_id}_helptext"

    @property
    def skips(self) -> list[Any]:
        """The fields of the skip reasons, for the page."""
        return [self[f"skip_{reason}"] for reason in SKIP_REASONS]

    def terms(self) -> dict[str, Any]:
        """The rules as `rules.revise` takes them. Call when valid."""
        data = self.cleaned_data
        earnings = data["daily_earnings"]
        reports = {name: data[name] for name in ("reporters", "reports_daily") if data[name] is not None}
        if data["reports_share"] is not None:
            reports["reports_share"] = of_percent(data["reports_share"])
        return reports | {
            "priority": data["priority"],
            "mode": data["mode"] or AssignmentRules.Mode.POOL,
            "lease_seconds": of_minutes(data["lease_minutes"]),
            "standing_floor": of_percent(data["standing_floor"]),
            "standing_evidence": data["standing_evidence"],
            "daily_tasks": data["daily_tasks"],
            "daily_earnings": None if earnings is None else to_millionths(earnings),
            "gold_share": of_percent(data["gold_share"]),
            "gold_uses": data["gold_uses"],
            "skip_modes": {reason: data[f"skip_{reason}"] for reason in SKIP_REASONS},
        }


def rules_initial(project: Project, row: AssignmentRules) -> dict[str, Any]:
    """What the form shows at first."""
    modes = {f"skip_{one}": row.skip_modes.get(one) or USUAL_MODES.get(one, "others") for one in SKIP_REASONS}
    return modes | {
        "priority": project.priority,
        "mode": row.mode,
        "lease_minutes": in_minutes(project.settings_now().lease_seconds),
        "standing_floor": in_percent(row.standing_floor),
        "standing_evidence": row.standing_evidence,
        "daily_tasks": row.daily_tasks,
        "daily_earnings": None if row.daily_earnings is None else in_units(row.daily_earnings),
        "gold_share": in_percent(row.gold_share),
        "gold_uses": row.gold_uses,
        "reporters": row.reporters,
        "reports_daily": row.reports_daily,
        "reports_share": in_percent(row.reports_share),
    }


class RequirementForm(forms.Form):
    """One thing that is asked for; a row without a skill is passed over."""

    skill = forms.ModelChoiceField(
        Skill.objects.none(), label=_("Skill or language"), required=False, empty_label=_("Nothing")
    )
    comparator = forms.ChoiceField(label=_("How"), choices=COMPARATORS, required=False)
    value = forms.CharField(
        label=_("Value"),
        required=False,
        max_length=limits.VALUES_LISTED,
        widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "decimal"}),
    )

    def __init__(self, *args: Any, skills: Any = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["skill"].queryset = skills  # type: ignore[attr-defined]
        self.fields["skill"].label_from_instance = lambda one: f"{one.name} ({one.get_kind_display().lower()})"  # type: ignore[attr-defined]

    def clean_value(self) -> list[float]:
        try:
            return [float(one) for one in self.cleaned_data["value"].replace(";", ",").split(",") if one.strip()]
        except ValueError:
            raise forms.ValidationError(_("A number, or several with commas between.")) from None

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        needs = data.get("comparator") in (Requirement.Comparator.AT_LEAST, Requirement.Comparator.IN)
        if data.get("skill") and needs and not data.get("value") and "value" not in self.errors:
            self.add_error("value", _("How much?"))
        return data


class Requirements(BaseFormSet):
    """All that a project asks for."""

    def wanted(self) -> list[dict[str, Any]]:
        """As `rules.revise` takes them. Call when valid."""
        rows = [form.cleaned_data for form in self.forms if form.cleaned_data.get("skill")]
        return [_wanted(row["skill"], row["comparator"] or Requirement.Comparator.EXISTS, row["value"]) for row in rows]


def _wanted(skill: Skill, comparator: str, values: list[float]) -> dict[str, Any]:
    at_least, one_of = Requirement.Comparator.AT_LEAST, Requirement.Comparator.IN
    return {
        "skill": skill,
        "comparator": comparator,
        "value": values[0] if comparator == at_least and values else None,
        "values": values if comparator == one_of else [],
    }


RequirementFormSet = formset_factory(
    RequirementForm, formset=Requirements, extra=2, max_num=limits.REQUIREMENTS, validate_max=True
)


def requirement_rows(project: Project) -> list[dict[str, Any]]:
    """What the rows show at first."""
    rows = Requirement.objects.filter(project=project).select_related("skill").order_by("pk")
    return [{"skill": one.skill, "comparator": one.comparator, "value": _typed(one)} for one in rows]


def _typed(one: Requirement) -> str:
    values = one.values if one.comparator == Requirement.Comparator.IN else [one.value]
    return ", ".join(f"{value:g}" for value in values if value is not None)


class BatchForm(forms.Form):
    """How soon a batch is wanted."""

    priority = forms.IntegerField(label=_("Priority"), **limits.PRIORITY.bounds)
    deadline = forms.DateTimeField(label=_("Deadline"), required=False, widget=MOMENT, input_formats=MOMENTS)

    @classmethod
    def of(cls, batch: Batch, data: Any = None) -> "BatchForm":
        """The form of one batch among others on a page."""
        initial = {"priority": batch.priority, "deadline": batch.deadline}
        return cls(data, initial=initial, prefix=f"b{batch.public_id.hex}")


class PeopleField(forms.ModelChoiceField):
    """One of some people, by name and address; a program has none."""

    def label_from_instance(self, obj: Any) -> str:
        if obj.kind != Person.Kind.HUMAN:
            return f"{obj.name} ({gettext(obj.get_kind_display())})"
        return f"{obj.name} ({obj.email})" if obj.name else obj.email


class ReasonForm(forms.Form):
    """How somebody is kept out, why, and until when."""

    kind = forms.ChoiceField(
        label=_("How"),
        choices=[
            (Exclusion.Kind.PAUSED, _("Pause: no work for a while")),
            (Exclusion.Kind.BLOCKED, _("Block: no work until lifted")),
            (Exclusion.Kind.BANNED, _("Ban: also take back what isn't decided yet")),
        ],
    )
    reason = forms.CharField(label=_("Reason"), max_length=limits.REASON, help_text=_("They read this sentence."))
    until = forms.DateTimeField(
        label=_("Until"),
        required=False,
        widget=MOMENT,
        input_formats=MOMENTS,
        help_text=_("Empty: until somebody lifts it."),
    )


class ExclusionForm(ReasonForm):
    """Keeping somebody out, with a reason that they read."""

    tasker = PeopleField(Person.objects.none(), label=_("Person"), to_field_name="public_id")
    field_order = ("tasker", "kind", "reason", "until")

    def __init__(self, *args: Any, people: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["tasker"].queryset = people  # type: ignore[attr-defined]


class KeepOutForm(ReasonForm):
    """The same on one person's page: from one of some projects, or from all of them where that may be chosen."""

    project = forms.ChoiceField(label=_("Where"), required=False)
    field_order = ("kind", "project", "reason", "until")

    def __init__(self, *args: Any, projects: Iterable[Project], whole: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        found = [(str(one.public_id), one.name) for one in projects]
        everywhere = [("", _("All projects"))] if whole else []
        self.fields["project"].choices = found + everywhere  # type: ignore[attr-defined]
        self.fields["project"].required = not whole


class PairForm(forms.Form):
    """Two people who must not judge the same task."""

    one = PeopleField(Person.objects.none(), label=_("Person"), to_field_name="public_id")
    other = PeopleField(Person.objects.none(), label=_("And"), to_field_name="public_id")
    relation = forms.ChoiceField(
        label=_("Why"), choices=[(key, _(words)) for key, words in ConflictOfInterest.Relation.choices]
    )
    note = forms.CharField(
        label=_("Note"), required=False, max_length=limits.PAIR_NOTE, help_text=_("For the office only.")
    )

    def __init__(self, *args: Any, people: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("one", "other"):
            self.fields[name].queryset = people  # type: ignore[attr-defined]


def skills_of(organization: Organization):
    """A QuerySet of what an organization's projects may ask for."""
    return Skill.objects.filter(organization=organization).order_by("kind", "name", "pk")
