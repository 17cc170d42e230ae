"""A course as managers type it."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from projects.models import AssignmentRules, Project, limits
from projects.models.limits import RULES
from projects.web.manager.forms.rules import skills_of
from projects.web.shared.units import amount, in_currency, in_percent, in_units, of_percent, percent, to_millionths
from taskers.models import Skill
from taskers.models.limits import SKILL_NAME

SHOWN = (
    ("each", _("after each item (training)")),
    ("end", _("at the end of a try (qualification)")),
    ("mixed", _("as set for each item; those kept to the end decide")),
)


class CourseForm(forms.Form):
    """What a course asks, and what passing it gives."""

    training_tasks = forms.IntegerField(
        label=_("Items in a try"),
        **RULES["training_tasks"].bounds,
        help_text=_("0: no course. Where there are fewer, all are asked."),
    )
    shown = forms.ChoiceField(label=_("The right answers are shown"), choices=SHOWN)
    training_pass = percent(_("Pass mark, %"), _("The mean score of a try; partly right answers count in part."))
    training_tries = forms.IntegerField(label=_("Tries"), **RULES["training_tries"].bounds)
    training_wait = forms.IntegerField(
        label=_("Hours between two tries"), **RULES["training_wait"].bounds, help_text=_("0: at once.")
    )
    skill = forms.ModelChoiceField(
        Skill.objects.none(),
        label=_("Passing gives the skill"),
        to_field_name="key",
        required=False,
        empty_label=_("A new one"),
    )
    skill_name = forms.CharField(label=_("Name of the new skill"), required=False, max_length=SKILL_NAME)
    training_days = forms.IntegerField(
        label=_("A pass holds for, in days"),
        required=False,
        **RULES["training_days"].bounds,
        help_text=_("Empty: for good."),
    )
    training_rate = amount(
        _("Pay for an item done well"),
        limits.RATE,
        help_text=_("Once per person and item, however often it is tried. 0: unpaid."),
    )

    def __init__(self, *args: Any, project: Project, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["training_rate"].label = in_currency(self.fields["training_rate"].label, project.organization)
        self.fields["skill"].queryset = skills_of(project.organization)  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("training_tasks") and not data.get("skill") and not data.get("skill_name", "").strip():
            self.add_error("skill_name", _("Name the skill that passing gives."))
        return data

    def terms(self) -> dict[str, Any]:
        """As `courses.set_terms` takes them. Call when valid."""
        data = self.cleaned_data
        return {
            "skill": data["skill"],
            "skill_name": data["skill_name"],
            "shown": {"each": True, "end": False, "mixed": None}[data["shown"]],
            "training_tasks": data["training_tasks"],
            "training_pass": of_percent(data["training_pass"]),
            "training_tries": data["training_tries"],
            "training_wait": data["training_wait"],
            "training_days": data["training_days"],
            "training_rate": to_millionths(data["training_rate"]),
        }


def course_initial(row: AssignmentRules, shown: str) -> dict[str, Any]:
    """What the form shows at first."""
    return {
        "training_tasks": row.training_tasks,
        "shown": shown,
        "training_pass": in_percent(row.training_pass),
        "training_tries": row.training_tries,
        "training_wait": row.training_wait,
        "skill": row.training_skill.key if row.training_skill else None,
        "training_days": row.training_days,
        "training_rate": in_units(row.training_rate),
    }
