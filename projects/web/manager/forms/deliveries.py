"""What a manager types to order a delivery."""

from typing import Any

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from projects.data import deliveries, exporting
from projects.data.exporting.terms import PARTS
from projects.models import Batch, Project, limits
from projects.task_types import TASK_TYPES
from projects.web.manager.forms.rules import MOMENT
from projects.web.shared.units import of_percent, percent
from taskers.errors import Problem

MASKS: list[tuple[str, str | Promise]] = [
    ("", _("As the format usually does")),
    ("rle", _("Run lengths")),
    ("polygons", _("Polygons")),
    ("png", _("Pictures (PNG)")),
]
# Where a refusal's place has no field of its own name.
FIELDS = {"split": "train", "place": "target", "media": "pictures"}


class KeepForm(forms.Form):
    """How long the files of deliveries are kept."""

    days = forms.IntegerField(
        label=_("Keep files for, days"),
        required=False,
        help_text=_("After a delivery is done. Empty: for ever."),
        **limits.DELIVERY_DAYS.bounds,
    )


class DeliveryForm(forms.Form):
    """A format, its terms, and where it goes."""

    format = forms.ChoiceField(label=_("Format"))
    target = forms.ChoiceField(label=_("Where to"))
    batch = forms.ModelChoiceField(
        Batch.objects.none(), label=_("Batch"), required=False, empty_label=_("All"), to_field_name="public_id"
    )
    confidence = percent(_("Confidence at least, %"), required=False)
    since = forms.DateTimeField(label=_("Decided since"), required=False, widget=MOMENT)
    labels = forms.MultipleChoiceField(
        label=_("Only tasks with one of these labels"), required=False, widget=forms.CheckboxSelectMultiple
    )
    train = forms.IntegerField(label=_("For training, %"), required=False, **limits.PERCENT.bounds)
    val = forms.IntegerField(label=_("For validation, %"), required=False, **limits.PERCENT.bounds)
    test = forms.IntegerField(label=_("For testing, %"), required=False, **limits.PERCENT.bounds)
    group = forms.CharField(
        label=_("Keep together by"),
        required=False,
        max_length=limits.NAME,
        help_text=_("A field that came with the tasks, such as a patient or a street; empty: each task by itself."),
    )
    label_map = forms.CharField(
        label=_("Other names for labels"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false"}),
        help_text=_("One a line: label = name. Labels with one name become one; without a name a label is left out."),
    )
    pictures = forms.BooleanField(label=_("Take the pictures along"), required=False)
    masks = forms.ChoiceField(label=_("Masks"), required=False, choices=MASKS)
    note = forms.CharField(
        label=_("Licence and consent"),
        required=False,
        max_length=limits.NOTE,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("What may be done with it. It stands in the manifest."),
    )

    def __init__(self, data: Any = None, *, project: Project) -> None:
        super().__init__(data)
        self.project = project
        formats = exporting.formats_for(project)
        self.fields["format"].choices = [(one.key, _(one.title)) for one in formats]  # type: ignore[attr-defined]
        places = deliveries.places(project)
        self.fields["target"].choices = [  # type: ignore[attr-defined]
            (f"{target.key}:{place}", f"{_(target.title)}{': ' if place else ''}{place}") for target, place in places
        ]
        drafts = project.batches.exclude(state=Batch.State.DRAFT).order_by("-pk")
        self.fields["batch"].queryset = drafts  # type: ignore[attr-defined]
        labels = project.labels.order_by("position", "id").values_list("key", "name")
        self.fields["labels"].choices = list(labels)  # type: ignore[attr-defined]
        texts = TASK_TYPES[project.task_type].media == "text"
        if texts or not any(one.media for one in formats):
            del self.fields["pictures"]
        if texts or not any(one.masks for one in formats):
            del self.fields["masks"]

    def clean_label_map(self) -> dict[str, str | None]:
        """Label key -> its other name, or None; labels are named by their names or their keys."""
        keys = {name: key for key, name in self.project.labels.values_list("key", "name")}
        keys |= {key: key for key in list(keys.values())}
        found: dict[str, str | None] = {}
        for line in self.cleaned_data["label_map"].splitlines():
            if not line.strip():
                continue
            label, mark, name = line.partition("=")
            if not mark or label.strip() not in keys:
                raise forms.ValidationError(
                    _("“%(line)s” isn't a label of this project, “=” and a name."), params={"line": line[:60]}
                )
            found[keys[label.strip()]] = name.strip() or None
        return found

    def order(self) -> dict[str, Any]:
        """What was typed, as deliveries.order takes it."""
        typed = self.cleaned_data
        shares = {part: typed.get(part) or 0 for part in PARTS}
        target, _colon, place = typed["target"].partition(":")
        said = {
            "batch": str(typed["batch"].public_id) if typed["batch"] else None,
            "labels": typed["labels"],
            "confidence": float(of_percent(typed["confidence"])) if typed["confidence"] is not None else 0,
            "since": typed["since"].isoformat() if typed["since"] else None,
            "split": {"by": typed["group"], "shares": shares} if any(shares.values()) else None,
            "label_map": typed["label_map"],
            "media": typed.get("pictures", False),
            "masks": typed.get("masks", ""),
        }
        return {"format": typed["format"], "said": said, "target": target, "place": place, "note": typed["note"]}

    def refuse(self, refused: Problem) -> None:
        """Say beside the field what can't be."""
        place = FIELDS.get(refused.place, refused.place)
        self.add_error(place if place in self.fields else None, refused.text)
