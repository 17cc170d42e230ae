"""What a manager types, as forms: every field with its words, and the way between people's units and ours."""

from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from projects.configuration import configure, methods
from projects.configuration.one_key import UNDO_MINUTES, submits_by_one_key
from projects.configuration.presets import FIRST_TERMS
from projects.errors import Refused
from projects.models import ProjectSettings, limits
from projects.models.limits import RATE, SETTINGS
from projects.reports.settings_effect import NAMES
from projects.task_types import TASK_TYPES, asked_fields
from projects.task_types.preference import OWN_LABELS, TIE
from projects.web.manager.forms.languages import IN_LANGUAGE, InLanguages, Markdown
from projects.web.manager.forms.method_select import MethodSelect
from projects.web.manager.forms.preference import PairFields, pair_initial
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
from taskers.models import Organization

SPAN_MATCH = (("exact", _("Exactly the same stretch")), ("overlap", _("Overlapping stretches")))
# What some task types ask of a project and others don't: which, says each type.
OF_TYPES = {name for task_type in TASK_TYPES.values() for name in task_type.settings_asked}
PAID = ("rate", "unit_rate", "hourly_rate", "review_rate")


CORRECTING = _(
    "A tasker may take back or correct what they handed in for so long; until then nothing of it is decided or paid."
    " 0: not at all."
)


class SettingsForm(InLanguages, PairFields):
    """What every project asks for, whatever its type."""

    asked: Collection[str] = OF_TYPES  # which of them are looked at

    instructions = Markdown(
        label=_("Instructions"),
        help_text=_(
            "Markdown. Say what to mark, what not to, and show examples of hard cases. "
            "Whoever reads none of the languages below is shown this."
        ),
    )
    wanted = forms.IntegerField(
        label=_("Judgements per task"),
        **SETTINGS["wanted"].bounds,
        help_text=_("How many people should answer each task."),
    )
    rate = amount(
        _("Pay per accepted judgement"), RATE, help_text=_("Earned by everybody whose answer is accepted, for each.")
    )
    unit_rate = amount(
        _("and per region or word"),
        RATE,
        required=False,
        help_text=_(
            "Of images by the region, as many as are in the verdict at most; of texts by the word. 5 regions at 0.02"
            " add 0.10 to the pay of the task."
        ),
    )
    hourly_rate = amount(
        _("and per hour of active time"),
        RATE,
        required=False,
        help_text=_("Time without a key or a move of the mouse doesn't count. 90 seconds at 12.00 add 0.30."),
    )
    paid_seconds = forms.IntegerField(
        label=_("Seconds of a task that are paid, at most"),
        required=False,
        **SETTINGS["paid_seconds"].bounds,
        help_text=_("Whoever takes longer is paid so much of it."),
    )
    review_rate = amount(
        _("Pay per review"), RATE, required=False, help_text=_("Earned by whoever decides a task, once for each.")
    )
    raise_percent = forms.IntegerField(
        label=_("More for accuracy, %"),
        required=False,
        **SETTINGS["raise_percent"].bounds,
        help_text=_("Of the pay per judgement, for whoever is shown to be accurate here. 0: the same for everybody."),
    )
    raise_from = percent(
        _("Accurate from, %"),
        _(
            "Where the 90 % interval of their accuracy begins, as they are shown it themselves: what they are promised"
            " when they take a task is paid."
        ),
        within=SETTINGS["raise_from"],
        required=False,
    )
    lease_minutes = time_for_a_task()
    file_order = forms.BooleanField(
        label=_("Hand out in file order"),
        required=False,
        help_text=_("Else shuffled. In file order no gold can be mixed in: it would stand out."),
    )
    depth_first = forms.BooleanField(
        label=_("Finish tasks"),
        required=False,
        help_text=_("A task that somebody has begun is handed out before new ones, so verdicts come early."),
    )
    copilot = forms.BooleanField(
        label=_("Copilot"), required=False, help_text=_("Taskers may ask the model for suggestions.")
    )
    empty_usual = forms.BooleanField(
        label=_("Empty answers are usual"),
        required=False,
        help_text=_("The studio doesn't ask before a task is handed in without a mark."),
    )
    agreement = percent(_("Agreement that decides, %"), _("Answers this alike decide a task by themselves."))
    iou = percent(_("IoU threshold, %"), _("Two regions that overlap this much are the same one."))
    span_match = forms.ChoiceField(
        label=_("Same span if"),
        choices=SPAN_MATCH,
        help_text=_("What must be the same of two people's spans that agree, beside the label."),
    )
    aggregation = forms.ChoiceField(
        label=_("Method"),
        choices=[(one.key, one.title) for one in methods.TOLD.values()],
        required=False,
        widget=MethodSelect,
        help_text=_("How answers become a verdict. Each verdict keeps the method that made it."),
    )
    most = forms.IntegerField(
        label=_("Maximum overlap"),
        required=False,
        **SETTINGS["most"].bounds,
        help_text=_("While the answers aren't sure enough, one more person is asked, up to this. Empty: never."),
    )
    target = percent(
        _("Target confidence, %"),
        _(
            "The confidence that more people are asked for; as far as gold bears it out. Empty: 90, and by"
            " majority what two of three reach who agree; more asks for fewer who disagree."
        ),
        within=SETTINGS["target"],
        required=False,
    )
    budget = forms.FloatField(
        label=_("Judgements on average, at most"),
        required=False,
        **SETTINGS["budget"].bounds,
        widget=forms.NumberInput(attrs={"step": "any"}),
        help_text=_(
            "What a task may cost on average: the judgements beyond go to the least sure. Empty: to all unsure."
        ),
    )
    audit_share = percent(
        _("Verdicts audited, %"),
        _(
            "Drawn by chance, whatever was answered, and shown to a reviewer: by these and by gold a project"
            " learns how far to believe its method. 0: none."
        ),
        required=False,
    )
    pay_floor = percent(_("Minimum agreement for pay, %"), _("The least agreement with the verdict that is paid."))
    minimum_score = percent(
        _("Suggestions from, %"),
        _("Spans and classes that the model is less sure of aren't shown; masks always are."),
    )

    shows_verdicts = forms.BooleanField(
        label=_("Taskers see answers and verdicts"),
        required=False,
        help_text=_("In My work: their own answer beside what was decided, so that nobody contests blind."),
    )

    correction_minutes = forms.IntegerField(
        label=_("Time to correct, in minutes"),
        required=False,
        initial=0,
        **SETTINGS["correction_minutes"].bounds,
        help_text=CORRECTING,
    )

    fields_asked = forms.CharField(
        label=_("Fields"),
        required=False,
        max_length=limits.LISTED,
        widget=forms.Textarea(attrs={"rows": 6, "spellcheck": "false"}),
    )
    grid = forms.IntegerField(
        label=_("Images on one screen"),
        required=False,
        **SETTINGS["grid"].bounds,
        help_text=_("From 2 on, many images are looked over at once and the wrong ones flipped. Needs one choice."),
    )

    def __init__(self, *args: Any, organization: Organization, known: Sequence[Mapping] = (), **kwargs: Any) -> None:
        """`known` are the fields that the project asks for now: what is called the same keeps its key."""
        super().__init__(*args, **kwargs)
        self.known = known
        for name in PAID:
            self.fields[name].label = in_currency(self.fields[name].label, organization)

    @property
    def methods_told(self) -> list[tuple[methods.Method, str]]:
        """The methods that may be chosen here, each with the task types that it is for."""
        offered = [key for key, _title in self.fields["aggregation"].choices]  # type: ignore[attr-defined]
        return [(methods.TOLD[key], " ".join(methods.types_of(key))) for key in offered if key in methods.TOLD]

    def clean_fields_asked(self) -> str:
        text = self.cleaned_data["fields_asked"]
        try:
            read = asked_fields.read(text, known=self.known) if text.strip() else asked_fields.usual()
        except Refused as problem:
            self.blame_row(problem.place)
            raise forms.ValidationError(problem.text) from None
        self.cleaned_data["fields"] = read
        return text

    def clean_grid(self) -> int:
        return self.cleaned_data["grid"] or 1

    def terms(self, task_type: str) -> dict[str, Any]:
        """The settings as configure's verbs take them: those that the type asks. Call when valid."""
        data = self.cleaned_data
        asked = TASK_TYPES[task_type].settings_asked
        thresholds: dict[str, Any] = {"agreement": of_percent(data["agreement"])}
        if "iou" in asked:
            thresholds["iou"] = of_percent(data["iou"])
        if "span_match" in asked:
            thresholds["span_match"] = data["span_match"]
        found: dict[str, Any] = {"thresholds": thresholds}
        if "fields_asked" in asked:
            found["fields"] = data["fields"]
        if "also_asked" in asked:
            found["fields"] = data["also"]
        found |= {name: data[name] for name in ("copilot", "grid", "empty_usual") if name in asked}
        for name in ("minimum_score", "target", "audit_share", "pay_floor", "raise_from"):
            if (name in asked or name not in OF_TYPES) and data[name] is not None:
                found[name] = of_percent(data[name])
        if data["aggregation"]:
            found["aggregation"] = data["aggregation"]
        return found | {
            "instructions": data["instructions"],
            "instructions_by_language": self.said_in_languages(),
            "wanted": data["wanted"],
            "rate": to_millionths(data["rate"]),
            **{name: to_millionths(data[name] or Decimal(0)) for name in ("unit_rate", "hourly_rate", "review_rate")},
            **({"paid_seconds": data["paid_seconds"]} if data["paid_seconds"] else {}),
            "raise_percent": data["raise_percent"] or 0,
            "lease_seconds": of_minutes(data["lease_minutes"]),
            "file_order": data["file_order"],
            "depth_first": data["depth_first"],
            "shows_verdicts": data["shows_verdicts"],
            "correction_minutes": data["correction_minutes"] or 0,
            "most": data["most"],
            "budget": data["budget"],
        }


def settings_initial(settings: ProjectSettings) -> dict[str, Any]:
    """What the form of a project shows at first."""
    thresholds = configure.THRESHOLDS | settings.thresholds
    translated = {IN_LANGUAGE + code: text for code, text in settings.instructions_by_language.items()}
    own = translated | pair_initial(settings)
    return own | {
        "instructions": settings.instructions,
        "wanted": settings.wanted,
        "rate": in_units(settings.rate),
        "unit_rate": in_units(settings.unit_rate),
        "hourly_rate": in_units(settings.hourly_rate),
        "paid_seconds": settings.paid_seconds,
        "review_rate": in_units(settings.review_rate),
        "raise_percent": settings.raise_percent,
        "raise_from": in_percent(settings.raise_from),
        "lease_minutes": in_minutes(settings.lease_seconds),
        "file_order": settings.file_order,
        "depth_first": settings.depth_first,
        "copilot": settings.copilot,
        "agreement": in_percent(thresholds["agreement"]),
        "iou": in_percent(thresholds["iou"]),
        "span_match": thresholds["span_match"],
        "aggregation": settings.aggregation,
        "most": settings.most,
        "target": in_percent(settings.target),
        "budget": settings.budget,
        "audit_share": in_percent(settings.audit_share),
        "pay_floor": in_percent(settings.pay_floor),
        "minimum_score": in_percent(settings.minimum_score),
        "shows_verdicts": settings.shows_verdicts,
        "correction_minutes": settings.correction_minutes,
        "fields_asked": asked_fields.written(settings.fields or asked_fields.usual()),
        "grid": settings.grid,
        "empty_usual": settings.empty_usual,
    }


class ChangedSettingsForm(SettingsForm):
    """The settings of a project that is there: what its task type doesn't ask isn't in it. What past work tells the
    effect of asks `effects_at` for it while it is typed."""

    # What was shown is sent with it, so that a page that was opened before a change of the name doesn't undo that.
    name = forms.CharField(label=_("Name"), max_length=limits.NAME, required=False, show_hidden_initial=True)

    def __init__(self, *args: Any, task_type: str, effects_at: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if effects_at:
            ask_while_typed(self, NAMES, effects_at)
        self.asked = TASK_TYPES[task_type].settings_asked
        for name in OF_TYPES - set(self.asked):
            del self.fields[name]
        choice: Any = self.fields["aggregation"]
        choice.choices = [(key, title) for key, title in choice.choices if task_type in methods.types_of(key)]
        choice.widget.now = {one.key for one in methods.fitting(task_type, self._fields_now())}

    def renamed(self) -> str | None:
        """What the project is called from now on; None where its name was left as it was shown."""
        return self.cleaned_data["name"] if "name" in self.changed_data else None

    def _fields_now(self) -> Sequence[Mapping]:
        """What the form asks as it stands; what the project does where that can't be read."""
        if "fields_asked" not in self.fields:
            return self.known
        try:
            return asked_fields.read(str(self["fields_asked"].value() or "")) or self.known
        except Refused:
            return self.known


class NewProjectForm(SettingsForm):
    """A project that isn't there yet. It shows what any type may ask, and looks at what the chosen one does."""

    name = forms.CharField(label=_("Name"), max_length=limits.NAME)
    task_type = forms.ChoiceField(
        label=_("Task type"),
        choices=[(key, _(task_type.title)) for key, task_type in TASK_TYPES.items()],
        widget=forms.RadioSelect,
        initial=next(iter(TASK_TYPES)),
    )
    field_order = ("name", "task_type")

    def __init__(self, *args: Any, pattern: Mapping[str, Any] | None = None, **kwargs: Any) -> None:
        """It shows at first what `pattern` says (workflow/project_copies.py)."""
        said = {name: value for name, value in (pattern or {}).get("settings", {}).items() if name in configure.FIELDS}
        initial = settings_initial(ProjectSettings(**FIRST_TERMS | said)) | {"ties": _has_ties(pattern)}
        for name in ("target", "correction_minutes"):
            if name not in said:
                initial[name] = None
        if pattern:
            initial["task_type"] = pattern["task_type"]
        super().__init__(*args, initial=initial, **kwargs)
        undo = _("Empty: one minute where a single key chooses and submits, else none.")
        self.fields["correction_minutes"].help_text = format_lazy("{} {}", CORRECTING, undo)

    def terms(self, task_type: str) -> dict[str, Any]:
        """The same; where one key chooses and submits, a minute to take that back, unless the form says more."""
        terms = super().terms(task_type)
        if self.cleaned_data["correction_minutes"] is None and submits_by_one_key(task_type, terms.get("fields", ())):
            terms["correction_minutes"] = UNDO_MINUTES
        return terms

    def clean(self) -> dict[str, Any]:
        """What the chosen type doesn't ask has no faults."""
        data = super().clean() or {}
        if task_type := TASK_TYPES.get(data.get("task_type", "")):
            self.asked = task_type.settings_asked
        for name in OF_TYPES - set(self.asked):
            self.errors.pop(name, None)
        return data


def _has_ties(pattern: Mapping[str, Any] | None) -> bool:
    """Whether neither of a pair may be better: so it is where nothing else is said."""
    keys = {one.get("key") for one in (pattern or {}).get("labels", ())}
    return TIE in keys or not keys & set(OWN_LABELS)
