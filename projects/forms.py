"""What a manager types, as forms: every field with its words, and the way between people's units and ours."""

import re
from decimal import Decimal
from typing import Any

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.utils.translation import gettext_lazy as _

from projects import instructions
from projects.errors import Refused
from projects.language_fields import IN_LANGUAGE, InLanguages
from projects.models import Batch, Project, ProjectSettings
from projects.pair_fields import PairFields, pair_initial
from projects.tasktypes import TASK_TYPES, asked_fields
from projects.tasktypes.classification import Classification
from projects.tasktypes.preference import Preference
from projects.truth import methods
from taskers.ledger import MILLIONTHS
from taskers.models import Organization

SPAN_MATCH = (("exact", _("Exactly the same stretch")), ("overlap", _("Overlapping stretches")))


def to_millionths(amount: Decimal) -> int:
    """An amount in currency units with at most six decimals, exactly, in millionths."""
    return int(amount * MILLIONTHS)


def in_units(millionths: int) -> Decimal:
    """Millionths in currency units, exactly, with at least two decimals."""
    amount = Decimal(millionths) / MILLIONTHS
    short = amount.quantize(Decimal("0.01"))
    return short if short == amount else amount.normalize()


def percent(field_label: object, help_text: object, initial: int) -> forms.IntegerField:
    """A share in whole percent."""
    return forms.IntegerField(
        label=field_label,  # type: ignore[arg-type]
        help_text=help_text,  # type: ignore[arg-type]
        initial=initial,
        validators=[MinValueValidator(0), MaxValueValidator(100)],
        widget=forms.NumberInput(attrs={"min": 0, "max": 100, "inputmode": "numeric"}),
    )


class MethodSelect(forms.Select):
    """Each method says which task types it is for, so that a page can offer only those."""

    def create_option(self, name: str, value: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """Django's, with `data-fits`."""
        option = super().create_option(name, value, *args, **kwargs)
        option["attrs"]["data-fits"] = " ".join(methods.types_of(str(value)))
        return option


class SettingsForm(InLanguages, PairFields):
    """What every project asks for, whatever its type."""

    row_at_fault: int | None = None  # which of the fields couldn't be read, from 0

    instructions = forms.CharField(
        label=_("Instructions"),
        required=False,
        max_length=instructions.LONGEST,
        widget=forms.Textarea(attrs={"rows": 10, "spellcheck": "true"}),
        help_text=_(
            "Markdown. Say what to mark, what not to, and show examples of hard cases. "
            "Whoever reads none of the languages below is shown this."
        ),
    )
    wanted = forms.IntegerField(
        label=_("Judgements per task"),
        initial=2,
        min_value=1,
        max_value=50,
        help_text=_("How many people should answer each task."),
    )
    rate = forms.DecimalField(
        label=_("Pay per accepted judgement"),
        initial=Decimal("0.05"),
        min_value=Decimal(0),
        max_digits=12,
        decimal_places=6,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
    )
    lease_minutes = forms.IntegerField(
        label=_("Time for one task, in minutes"),
        initial=15,
        min_value=1,
        max_value=7 * 24 * 60,
        help_text=_("Who shows no sign of life for this long gives the task back."),
    )
    file_order = forms.BooleanField(
        label=_("Hand out in file order"),
        required=False,
        help_text=_("Else shuffled. In file order no known answers can be mixed in: they would stand out."),
    )
    copilot = forms.BooleanField(
        label=_("Copilot"), required=False, initial=True, help_text=_("Taskers may ask the model for suggestions.")
    )
    empty_usual = forms.BooleanField(
        label=_("Empty answers are usual"),
        required=False,
        help_text=_("The studio doesn't ask before a task is handed in without a mark."),
    )
    agreement = percent(_("Agreement that decides, %"), _("Answers this alike decide a task by themselves."), 75)
    iou = percent(_("Same region from, %"), _("Two regions that overlap this much are the same one."), 50)
    span_match = forms.ChoiceField(label=_("Same span if"), choices=SPAN_MATCH, initial="exact", required=False)
    aggregation = forms.ChoiceField(
        label=_("Method"),
        choices=[(one.key, one.title) for one in methods.TOLD.values()],
        initial=methods.MAJORITY,
        required=False,
        widget=MethodSelect,
        help_text=_("How answers become a verdict. Each verdict keeps the method that made it."),
    )
    most = forms.IntegerField(
        label=_("Judgements at most"),
        required=False,
        min_value=1,
        max_value=50,
        help_text=_("While the answers aren't sure enough, one more person is asked, up to this. Empty: never."),
    )
    target = forms.IntegerField(
        label=_("Sure enough from, %"),
        required=False,
        min_value=50,
        max_value=99,
        help_text=_(
            "The confidence that more people are asked for; as far as known answers bear it out. Empty: 90, and by"
            " majority no more than the judgements per task reach when all agree."
        ),
    )
    budget = forms.FloatField(
        label=_("Judgements on average, at most"),
        required=False,
        min_value=1,
        max_value=50,
        widget=forms.NumberInput(attrs={"step": "0.1"}),
        help_text=_(
            "What a task may cost on average: the judgements beyond go to the least sure. Empty: to all unsure."
        ),
    )
    audit_share = forms.FloatField(
        label=_("Verdicts audited, %"),
        required=False,
        initial=2,
        validators=[MinValueValidator(0), MaxValueValidator(100)],
        widget=forms.NumberInput(attrs={"min": "0", "max": "100", "step": "0.1"}),
        help_text=_(
            "Drawn by chance, whatever was answered, and shown to a reviewer: by these and by known answers a project"
            " learns how far to believe its method. 0: none."
        ),
    )
    pay_floor = percent(_("Paid from, %"), _("The least agreement with the verdict that is paid."), 50)
    minimum_score = percent(
        _("Suggestions from, %"),
        _("Spans and classes that the model is less sure of aren't shown; masks always are."),
        0,
    )

    shows_verdicts = forms.BooleanField(
        label=_("Taskers see answers and verdicts"),
        required=False,
        initial=True,
        help_text=_("In My work: their own answer beside what was decided, so that nobody contests blind."),
    )

    correction_minutes = forms.IntegerField(
        label=_("Time to correct, in minutes"),
        required=False,
        initial=0,
        min_value=0,
        max_value=7 * 24 * 60,
        help_text=_(
            "From My work a tasker may correct what they handed in for so long; until then nothing of it is decided or"
            " paid. 0: not at all."
        ),
    )

    fields_asked = forms.CharField(
        label=_("Fields"),
        required=False,
        max_length=10_000,
        initial=asked_fields.written(asked_fields.usual()),
        widget=forms.Textarea(attrs={"rows": 6, "spellcheck": "false"}),
    )
    grid = forms.IntegerField(
        label=_("Images on one screen"),
        required=False,
        initial=1,
        min_value=1,
        max_value=100,
        help_text=_("From 2 on, many images are looked over at once and the wrong ones flipped. Needs one choice."),
    )

    @property
    def methods_told(self) -> list[tuple[methods.Method, str]]:
        """The methods that may be chosen here, each with the task types that it is for."""
        offered = [key for key, _title in self.fields["aggregation"].choices]  # type: ignore[attr-defined]
        return [(methods.TOLD[key], " ".join(methods.types_of(key))) for key in offered if key in methods.TOLD]

    def clean_fields_asked(self) -> str:
        text = self.cleaned_data["fields_asked"]
        try:
            self.cleaned_data["fields"] = asked_fields.read(text) if text.strip() else asked_fields.usual()
        except Refused as problem:
            place = re.match(r"fields\[(\d+)\]", problem.place or "")
            self.row_at_fault = int(place[1]) if place else None
            raise forms.ValidationError(problem.text) from None
        return text

    def clean_grid(self) -> int:
        return self.cleaned_data["grid"] or 1

    def terms(self, task_type: str) -> dict[str, Any]:
        """The settings as configure's verbs take them. Call when valid."""
        data = self.cleaned_data
        thresholds: dict[str, Any] = {"agreement": data["agreement"] / 100}
        if TASK_TYPES[task_type].media == "image":
            thresholds["iou"] = data["iou"] / 100
        elif TASK_TYPES[task_type].media == "text":
            thresholds["span_match"] = data["span_match"] or "exact"
        fields: dict[str, Any] = {}
        if TASK_TYPES[task_type].media in ("image", "text"):
            fields = {"empty_usual": data["empty_usual"]}
        if task_type == Classification.key:
            fields = {"fields": data["fields"], "grid": data["grid"]}
        elif task_type == Preference.key:
            fields = self.also()
        target = {"target": data["target"] / 100} if data["target"] else {}
        audits = {"audit_share": data["audit_share"] / 100} if data["audit_share"] is not None else {}
        return (
            fields
            | target
            | audits
            | {
                "instructions": data["instructions"].replace("\r\n", "\n"),
                "instructions_by_language": self.said_in_languages(),
                "wanted": data["wanted"],
                "rate": to_millionths(data["rate"]),
                "lease_seconds": data["lease_minutes"] * 60,
                "file_order": data["file_order"],
                "copilot": data["copilot"],
                "thresholds": thresholds,
                "aggregation": data["aggregation"] or methods.MAJORITY,
                "most": data["most"],
                "budget": data["budget"],
                "pay_floor": data["pay_floor"] / 100,
                "minimum_score": data["minimum_score"] / 100,
                "shows_verdicts": data["shows_verdicts"],
                "correction_minutes": data["correction_minutes"] or 0,
            }
        )


def settings_initial(settings: ProjectSettings) -> dict[str, Any]:
    """What the form of a project shows at first."""
    thresholds = settings.thresholds
    translated = {IN_LANGUAGE + code: text for code, text in settings.instructions_by_language.items()}
    own = translated | pair_initial(settings)
    return own | {
        "instructions": settings.instructions,
        "wanted": settings.wanted,
        "rate": in_units(settings.rate),
        "lease_minutes": max(1, round(settings.lease_seconds / 60)),
        "file_order": settings.file_order,
        "copilot": settings.copilot,
        "agreement": round(100 * thresholds.get("agreement", 0.75)),
        "iou": round(100 * thresholds.get("iou", 0.5)),
        "span_match": thresholds.get("span_match", "exact"),
        "aggregation": settings.aggregation,
        "most": settings.most,
        "target": round(100 * settings.target),
        "budget": settings.budget,
        "audit_share": f"{100 * settings.audit_share:.6g}",
        "pay_floor": round(100 * settings.pay_floor),
        "minimum_score": round(100 * settings.minimum_score),
        "shows_verdicts": settings.shows_verdicts,
        "correction_minutes": settings.correction_minutes,
        "fields_asked": asked_fields.written(settings.fields or asked_fields.usual()),
        "grid": settings.grid,
        "empty_usual": settings.empty_usual,
    }


class NewProjectForm(SettingsForm):
    """A project that isn't there yet."""

    name = forms.CharField(label=_("Name"), max_length=120)
    task_type = forms.ChoiceField(
        label=_("Task type"),
        choices=[(key, room.title) for key, room in TASK_TYPES.items()],
        widget=forms.RadioSelect,
        initial=next(iter(TASK_TYPES)),
    )
    field_order = ("name", "task_type")


class LoadForm(forms.Form):
    """A file, and the batch it goes into."""

    file = forms.FileField(label=_("File"), allow_empty_file=True)
    batch = forms.ModelChoiceField(
        Batch.objects.none(), label=_("Batch"), required=False, empty_label=_("A new batch"), to_field_name="public_id"
    )
    batch_name = forms.CharField(
        label=_("Name of the new batch"), required=False, max_length=120, help_text=_("Such as a date or a source.")
    )
    live = forms.BooleanField(label=_("Hand tasks out as soon as they are loaded"), required=False, initial=True)

    def __init__(self, *args: Any, project: Project, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        open_ones = project.batches.filter(state__in=["draft", "live", "paused"]).order_by("-pk")
        self.fields["batch"].queryset = open_ones  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if not data.get("batch") and not data.get("batch_name", "").strip():
            self.add_error("batch_name", _("Name the new batch, or choose one that is there."))
        return data


def rate_label(organization: Organization) -> str:
    """The field's label with the currency it counts in."""
    return str(_("Pay per accepted judgement, in %(currency)s")) % {"currency": organization.currency}
