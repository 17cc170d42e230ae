"""What a manager says of pairs alone: whether neither may be better, and what is asked beside it."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from projects.errors import Refused
from projects.models import Label, ProjectSettings, limits
from projects.task_types import asked_fields
from projects.task_types.preference import OWN_LABELS, PREFERRED, TIE, Preference

TAKES_CHOICES = re.compile(r"\((?:choice|multiple|tree)\b")


class PairFields(forms.Form):
    """The part of a project's form that is for preferences."""

    known: Sequence[Mapping] = ()  # the fields that the project asks for now
    row_at_fault: int | None = None  # which of the fields couldn't be read, from 0

    ties = forms.BooleanField(
        label=_("“About equal” is an answer"),
        required=False,
        initial=True,
        help_text=_("Taskers may say that neither is better."),
    )
    also_asked = forms.CharField(
        label=_("Also ask"),
        required=False,
        max_length=limits.LISTED,
        widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false"}),
        help_text=_("One field a line, such as: Reason (text 500, optional). It decides nothing and grades nobody."),
    )

    def clean_also_asked(self) -> str:
        text = self.cleaned_data["also_asked"]
        try:
            self.cleaned_data["also"] = asked_fields.read(text, known=self.known) if text.strip() else []
        except Refused as problem:
            self.blame_row(problem.place)
            raise forms.ValidationError(problem.text) from None
        return text

    def blame_row(self, place: str, before: int = 0) -> None:
        """Say which of the fields is at fault, by the place that a refusal names; `before` of them have no row."""
        found = re.match(r"fields\[(\d+)\]", place or "")
        self.row_at_fault = int(found[1]) - before if found else None

    @property
    def takes_choices(self) -> bool:
        """Whether any of what is also asked takes labels."""
        return "also_asked" in self.fields and bool(TAKES_CHOICES.search(str(self["also_asked"].value() or "")))

    def own_labels(self, task_type: str) -> list[dict[str, str]]:
        """The labels that a type has by itself, as far as they are wanted. Call when valid."""
        return [one for one in own_labels(task_type) if one["key"] != TIE or self.cleaned_data["ties"]]


def own_labels(task_type: str) -> list[dict[str, str]]:
    """The labels that a type has by itself: the table of labels doesn't show them."""
    return [{"key": key} for key in OWN_LABELS] if task_type == Preference.key else []


def pair_initial(settings: ProjectSettings) -> dict[str, Any]:
    """What that part of a project's form shows at first; nothing where no preference is asked."""
    also = [one for one in settings.fields if one["key"] != PREFERRED]
    if len(also) == len(settings.fields):
        return {}
    ties = Label.objects.in_use().filter(project=settings.project_id, key=TIE).exists()
    return {"also_asked": asked_fields.written(also), "ties": ties}
