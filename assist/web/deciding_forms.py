"""What is asked of a model before it decides alone, and the wish that it does all the same, as forms."""

from dataclasses import asdict
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from assist.learning import deciding
from assist.models import ModelVersion
from assist.suggestions.bindings import capability_of
from assist.web.forms import DeployForm
from projects.models import ModelAnnotator, Project, limits
from projects.models.limits import DECIDING
from projects.web.shared.units import in_percent, of_percent, percent

IN_PERCENT = ("least_score", "most_miscalibration")


class EvaluateForm(DeployForm):
    """Which version is measured; and why it may decide alone though it be no better than what answers."""

    refresh = forms.CharField(
        label=_("A refresh, because (optional)"),
        required=False,
        max_length=limits.REASON,
        help_text=_("To decide alone it has to be better than the model in place; with a reason, as good is enough."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["share"].required = False  # nothing is deployed by it

    @classmethod
    def of(cls, project: Project, data: Any = None) -> "EvaluateForm":
        """With the models that can do what this project's tasks need."""
        capability = capability_of(project.task_type, project.settings_now())
        return cls(data, project=project, capability=capability)


class FloorsForm(forms.Form):
    """What a project asks of a model before it decides alone."""

    least_score = percent(_("Score of at least, %"), within=DECIDING["least_score"])
    most_miscalibration = percent(
        _("Calibration error of at most, points"),
        _("How far what it says of its sureness may lie from what is right."),
        within=DECIDING["most_miscalibration"],
    )
    most_seconds = forms.FloatField(
        label=_("95 % of answers within, seconds"),
        widget=forms.NumberInput(attrs={"step": "any"}),
        **DECIDING["most_seconds"].bounds,
    )
    most_memory = forms.IntegerField(label=_("Memory of at most, MB"), **DECIDING["most_memory"].bounds)

    def __init__(self, data: Any = None, *, project: Project | None = None) -> None:
        floors = asdict(deciding.floors_of(project)) if project else {}
        shown = {name: in_percent(value) if name in IN_PERCENT else value for name, value in floors.items()}
        super().__init__(data, initial=shown, prefix="floors")

    def floors(self) -> dict[str, Any]:
        """As deciding.set_floors takes them. Call when valid."""
        told = self.cleaned_data
        return {name: of_percent(value) if name in IN_PERCENT else value for name, value in told.items()}


class DecideForm(forms.Form):
    """Which model annotator is to decide alone, with the reason, which a second person reads."""

    version = forms.ModelChoiceField(
        label=_("Model"), queryset=ModelVersion.objects.none(), to_field_name="public_id", empty_label=None
    )
    reason = forms.CharField(
        label=_("Reason"),
        max_length=limits.REASON,
        help_text=_("A second person reads it and confirms; both names stay with the model wherever it is shown."),
    )

    def __init__(self, data: Any = None, *, project: Project) -> None:
        super().__init__(data, prefix="decide")
        rows = ModelVersion.objects.filter(annotator_versions__annotator__project=project)
        rows = rows.exclude(annotator_versions__annotator__in=_deciding(project))
        self.fields["version"].queryset = rows.order_by("name", "version")  # type: ignore[attr-defined]


def _deciding(project: Project) -> Any:
    return ModelAnnotator.objects.filter(project=project, mode=ModelAnnotator.Mode.DECIDE)
