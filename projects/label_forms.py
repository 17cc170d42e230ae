"""The label table that a manager fills in: a form for each row, and what is in it at first."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.forms import BaseFormSet, formset_factory
from django.utils.translation import gettext_lazy as _

from projects import label_attributes, label_colours
from projects.errors import Refused

SHAPE_NAMES = (
    ("mask", _("Masks")),
    ("box", _("Boxes")),
    ("polygon", _("Polygons")),
    ("polyline", _("Lines")),
    ("point", _("Points")),
)
MAX_LABELS = 200


class LabelForm(forms.Form):
    """One label: a row of the label table."""

    key = forms.CharField(required=False, max_length=60, widget=forms.HiddenInput)
    name = forms.CharField(label=_("Name"), required=False, max_length=80)
    colour = forms.RegexField(
        r"^#[0-9a-fA-F]{6}$", label=_("Colour"), required=False, widget=forms.TextInput(attrs={"type": "color"})
    )
    hotkey = forms.CharField(
        label=_("Key"),
        required=False,
        max_length=1,
        widget=forms.TextInput(attrs={"maxlength": 1, "autocomplete": "off", "autocapitalize": "none"}),
    )
    model_names = forms.CharField(
        label=_("What the model calls it"),
        required=False,
        max_length=300,
        widget=forms.TextInput(attrs={"placeholder": _("such as PERSON, or: praise, thanks"), "spellcheck": "false"}),
    )
    shapes = forms.MultipleChoiceField(
        label=_("Marked as"),
        required=False,
        choices=SHAPE_NAMES,
        initial=["mask"],
        widget=forms.CheckboxSelectMultiple,
    )
    attributes = forms.CharField(
        label=_("Asked of each mark"),
        required=False,
        max_length=10_000,
        widget=forms.Textarea(
            attrs={"rows": 3, "spellcheck": "false", "placeholder": _("Pose (standing, sitting)\nOccluded (flag)")}
        ),
    )

    field = forms.CharField(
        label=_("Answers the field"),
        required=False,
        max_length=80,
        widget=forms.TextInput(attrs={"spellcheck": "false"}),
    )
    parent = forms.CharField(
        label=_("Lies under"), required=False, max_length=80, widget=forms.TextInput(attrs={"spellcheck": "false"})
    )

    def clean_attributes(self) -> list[dict[str, Any]]:
        try:
            return label_attributes.read(self.cleaned_data["attributes"])
        except Refused as problem:
            raise forms.ValidationError(problem.text) from None


class Labels(BaseFormSet):
    """The rows of the label table; rows without a name are passed over."""

    colours = " ".join(label_colours.COLOURS)  # what the page gives to rows that are added

    def filled(self) -> list[dict[str, Any]]:
        """Labels as configure takes them. Call when valid."""
        rows = [form.cleaned_data for form in self.ordered_forms if form.cleaned_data.get("name", "").strip()]
        return [
            {key: row.get(key, "") for key in ("key", "name", "colour", "hotkey")}
            | {"shapes": row.get("shapes") or ["mask"], "attributes": row.get("attributes") or []}
            | {"field": row.get("field", ""), "parent": row.get("parent", "")}
            for row in rows
        ]

    def mapping(self, keys: Sequence[str]) -> dict[str, str]:
        """The model's names -> label keys, `keys` being those of the filled rows. Call when valid."""
        rows = [form.cleaned_data for form in self.ordered_forms if form.cleaned_data.get("name", "").strip()]
        pairs = zip(rows, keys, strict=True)
        return {
            name.strip(): key for row, key in pairs for name in row.get("model_names", "").split(",") if name.strip()
        }


LabelFormSet = formset_factory(
    LabelForm, formset=Labels, extra=0, can_order=True, max_num=MAX_LABELS, validate_max=True
)


def label_rows(labels: Sequence[Mapping], mapping: Mapping[str, str]) -> list[dict[str, Any]]:
    """What the label table of a project shows at first."""
    names: dict[str, list[str]] = {}
    for model_name, key in sorted(mapping.items()):
        names.setdefault(key, []).append(model_name)
    return [
        dict(label)
        | {
            "model_names": ", ".join(names.get(label["key"], [])),
            "attributes": label_attributes.written(label.get("attributes", [])),
        }
        for label in labels
    ]


def blank_rows(number: int = 3) -> list[dict[str, Any]]:
    """Rows of a project that has no labels yet, each in a colour of its own."""
    return [{"colour": colour} for colour in label_colours.fresh([], number)]
