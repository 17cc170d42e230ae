"""The label table that a manager fills in: a form for each row, and what is in it at first."""

import json
import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from django import forms
from django.forms import BaseFormSet, formset_factory
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from projects.configuration import label_attributes, label_colours
from projects.errors import Refused
from projects.models import limits
from projects.task_types import TASK_TYPES, asked_fields
from projects.web.shared import storable

SHAPE_NAMES = (
    ("mask", _("Masks")),
    ("box", _("Boxes")),
    ("polygon", _("Polygons")),
    ("polyline", _("Lines")),
    ("point", _("Points")),
)
# What some task types ask of a label and others don't: which, says each type.
OF_TYPES = {name for task_type in TASK_TYPES.values() for name in task_type.labels_asked}
LISTED_NAME = re.compile(r'\s*"((?:[^"]|"")*)"\s*(?=,|$)|([^,]+)')


class LabelForm(forms.Form):
    """One label: a row of the label table."""

    present_key = forms.CharField(required=False, max_length=limits.KEY, widget=forms.HiddenInput)
    name = forms.CharField(label=_("Name"), required=False, max_length=limits.LABEL_NAME)
    colour = forms.RegexField(
        r"^#[0-9a-fA-F]{6}$", label=_("Colour"), required=False, widget=forms.TextInput(attrs={"type": "color"})
    )
    key = forms.CharField(
        label=_("Key"),
        required=False,
        max_length=limits.KEY,
        widget=forms.TextInput(
            attrs={"placeholder": _("from the name"), "spellcheck": "false", "autocapitalize": "none"}
        ),
    )
    hotkey = forms.CharField(
        label=_("Hotkey"),
        required=False,
        max_length=1,
        widget=forms.TextInput(attrs={"maxlength": 1, "autocomplete": "off", "autocapitalize": "none"}),
    )
    model_names = forms.CharField(
        label=_("What the model calls it"),
        required=False,
        max_length=limits.LISTED,
        widget=forms.TextInput(
            attrs={"placeholder": _('such as PERSON, or: praise, "tall, slim"'), "spellcheck": "false"}
        ),
    )
    shapes = forms.MultipleChoiceField(
        label=_("Marked as"),
        required=False,
        choices=SHAPE_NAMES,
        initial=["mask"],
        widget=forms.CheckboxSelectMultiple,
    )
    # As JSON, in the form in which they are held: pages/attributes.js has a box for each thing that is in it.
    attributes = forms.CharField(label=_("Attributes"), required=False, max_length=limits.LISTED)
    attribute_at_fault = ""  # where in them, such as "[2].choices"
    field = forms.CharField(
        label=_("Answers the field"),
        required=False,
        max_length=asked_fields.NAME,
        widget=forms.TextInput(attrs={"spellcheck": "false", "list": "fields-of-choices", "autocomplete": "off"}),
    )
    parent = forms.CharField(
        label=_("Lies under"),
        required=False,
        max_length=limits.LABEL_NAME,
        widget=forms.TextInput(attrs={"spellcheck": "false", "list": "labels-above", "autocomplete": "off"}),
    )

    def __init__(
        self,
        *args: Any,
        asked: Collection[str],
        shown: Collection[str],
        keys_may_change: bool = True,
        **kwargs: Any,
    ) -> None:
        """Of OF_TYPES those in `shown` are there, those in `asked` are looked at. Keys stay once
        there is data."""
        super().__init__(*args, **kwargs)
        self.asked = asked
        for name in OF_TYPES - set(shown):
            del self.fields[name]
        if not keys_may_change:
            self.fields["key"].widget.attrs["readonly"] = True

    @property
    def is_meant(self) -> bool:
        """Whether it says a label: rows without a name are passed over. Call when valid."""
        return bool(self.cleaned_data.get("name", "").strip())

    def clean_key(self) -> str:
        key = self.cleaned_data["key"].strip()
        if key and key != self.cleaned_data.get("present_key") and not re.fullmatch(r"[-\w]+", key):
            raise forms.ValidationError(_("A key has letters, digits, - and _ only."))
        return key

    def clean_attributes(self) -> list[dict[str, Any]]:
        try:
            said = json.loads(self.cleaned_data["attributes"] or "[]")
        except (ValueError, RecursionError):
            raise forms.ValidationError(_("These attributes can't be read.")) from None
        if fault := storable.fault(said):
            raise forms.ValidationError(gettext(fault))
        try:
            return label_attributes.checked(said, place="")
        except Refused as problem:
            self.attribute_at_fault = problem.place
            raise forms.ValidationError(problem.text) from None

    def blame(self, name: str, inside: str, text: str) -> None:
        """Say a verb's refusal at the field of that name, or at the label's own where it has none; `inside` says where
        in it."""
        if name == "attributes":
            self.attribute_at_fault = inside
        self.add_error(name if name in self.fields else "name", text)

    def clean(self) -> dict[str, Any]:
        """A label that is there keeps a name, or its row is taken away; a region has a shape."""
        data = super().clean() or {}
        for name in OF_TYPES - set(self.asked):
            self.errors.pop(name, None)
            data.pop(name, None)
        if data.get("present_key") and not data.get("name", "").strip() and "name" not in self.errors:
            self.add_error("name", _("Give it a name, or take its row away."))
        if "shapes" in self.asked and data.get("name", "").strip() and not data.get("shapes"):
            self.add_error("shapes", _("Choose at least one shape."))
        return data


class Labels(BaseFormSet):
    """The rows of the label table; rows without a name are passed over."""

    colours = " ".join(label_colours.COLOURS)  # what the page gives to rows that are added

    @property
    def meant(self) -> list[LabelForm]:
        """The rows that say a label, in their order. Call when valid."""
        return [form for form in self.ordered_forms if form.is_meant]

    def filled(self) -> list[dict[str, Any]]:
        """Labels as configure takes them; what isn't asked isn't said. Call when valid."""
        names = ("present_key", "key", "name", "colour", "hotkey", "shapes", "attributes", "field", "parent")
        return [{key: form.cleaned_data[key] for key in names if key in form.cleaned_data} for form in self.meant]

    def mapping(self, keys: Sequence[str]) -> dict[str, str]:
        """The model's names -> label keys, `keys` being those of the filled rows. Call when valid."""
        pairs = zip(self.meant, keys, strict=True)
        said = [(form.cleaned_data.get("model_names", ""), key) for form, key in pairs]
        return {name: key for names, key in said for name in names_in(names)}


LabelFormSet = formset_factory(
    LabelForm, formset=Labels, extra=0, can_order=True, max_num=limits.LABELS, validate_max=True
)


def names_in(line: str) -> list[str]:
    """Names with commas between them; one that has a comma itself stands in quotation marks."""
    said = (found[1].replace('""', '"') if found[1] is not None else found[2] for found in LISTED_NAME.finditer(line))
    return [name.strip() for name in said if name.strip()]


def in_one_line(names: Sequence[str]) -> str:
    """The same names as `names_in` reads them."""
    marked = ['"' + name.replace('"', '""') + '"' if {",", '"'} & set(name) else name for name in names]
    return ", ".join(marked)


def label_rows(
    labels: Sequence[Mapping], mapping: Mapping[str, str], fields: Sequence[Mapping] = ()
) -> list[dict[str, Any]]:
    """What the label table of a project shows at first: fields and labels by their names, where these tell them."""
    called = {one["key"]: one["name"] for one in fields if asked_fields.key_of(one["name"]) == one["key"]}
    often = Counter(label["name"].casefold() for label in labels)
    above = {label["key"]: label["name"] for label in labels if often[label["name"].casefold()] == 1}
    names: dict[str, list[str]] = {}
    for model_name, key in sorted(mapping.items()):
        names.setdefault(key, []).append(model_name)
    return [
        dict(label)
        | {
            "present_key": label["key"],
            "model_names": in_one_line(names.get(label["key"], [])),
            "attributes": json.dumps(label.get("attributes", []), ensure_ascii=False),
            "field": called.get(label.get("field", ""), label.get("field", "")),
            "parent": above.get(label.get("parent", ""), label.get("parent", "")),
        }
        for label in labels
    ]


def blank_rows(number: int = 3) -> list[dict[str, Any]]:
    """Rows of a project that has no labels yet, each in a colour of its own."""
    return [{"colour": colour} for colour in label_colours.fresh([], number)]
