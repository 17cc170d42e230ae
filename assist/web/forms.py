"""How a project uses the copilot, as a form: every field with its words."""

from collections.abc import Iterable, Sequence
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from assist.learning import likely_wrong
from assist.learning.recipes import RECIPES
from assist.learning.recipes.recipe import Parameter, Value
from assist.learning.search import searches
from assist.learning.training import recipes_for
from assist.models import ModelVersion, OrganizationDefault, Snapshot, TrainingPlan
from assist.registry.registry import SHARE, usable, usable_by
from assist.suggestions import suited
from assist.suggestions.bindings import MORE
from assist.web import training_words
from projects.models import Label, Project, ProjectSettings, limits
from projects.models.limits import SETTINGS
from projects.web.shared.units import in_percent, of_percent, percent
from taskers.models import Organization

SUGGEST = {
    "segment": _("Masks always wait for a click; each is then shown, however sure the model is."),
    "classify": _("While too little is decided to tell how good they are, they wait to be asked for."),
}
LEAST = {
    "classify": _("Those that the model is less sure of aren’t shown, and none while its scores aren’t measured."),
    "spans": _("Those that are less sure aren’t shown: by what verdicts say of its scores, else by its own word."),
    "detect": _("Those that are less sure aren’t shown: by what verdicts say of its scores, else by its own word."),
}
NEAR = _("Seen from near, half a second after the first, which they replace while nobody touched it.")
# Nothing can be held back by a score: who clicks for a mask sees it before taking it.
WITHOUT_SCORES = ("segment",)
OWN = "least_"  # before a label's key: its own least score


class CopilotForm(forms.Form):
    """What taskers are offered, how sure it must be, and how its help is measured."""

    copilot = forms.BooleanField(
        label=_("Copilot"), required=False, help_text=_("Taskers may ask the model for suggestions.")
    )
    suggest = forms.ChoiceField(
        label=_("Suggestions appear"),
        choices=[(key, _(words)) for key, words in ProjectSettings.Suggest.choices],
    )
    sharpens = forms.BooleanField(label=_("Sharper masks of small things"), required=False, help_text=NEAR)
    confidence = forms.ChoiceField(
        label=_("How sure the model is"), choices=[(key, _(words)) for key, words in ProjectSettings.Confidence.choices]
    )
    minimum_score = percent(_("Suggestions from, %"), _("Those that the model is less sure of aren't shown."))
    control_share = percent(
        _("Without the copilot, %"),
        _("This share of tasks is done without it, to measure what it saves. 10 is a good start."),
        within=SETTINGS["control_share"],
    )
    planted_share = percent(
        _("Gold with a planted error, %"),
        _("One wrong suggestion, to see who looks before accepting; on as many decided tasks too, done once more."),
        within=SETTINGS["planted_share"],
    )

    def __init__(self, *args: Any, labels: Iterable[Label], capability: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["suggest"].help_text = SUGGEST.get(capability, "")
        if capability != "segment":
            del self.fields["sharpens"]
        if capability in WITHOUT_SCORES:
            del self.fields["minimum_score"]
        elif capability in LEAST:
            self.fields["minimum_score"].help_text = LEAST[capability]
        if capability == "classify":
            self.fields["copilot"].help_text = _("Of images only where a model of images is deployed.")
        self.labels = [] if capability in WITHOUT_SCORES else list(labels)
        for label in self.labels:
            self.fields[OWN + label.key] = percent(label.name, required=False)

    @property
    def own_minimums(self) -> list[Any]:
        """The fields of the labels."""
        return [self[OWN + label.key] for label in self.labels]

    def terms(self) -> dict[str, Any]:
        """The settings as configure's verbs take them. Call when valid."""
        data = self.cleaned_data
        own = {label.key: data.get(OWN + label.key) for label in self.labels}
        least: dict[str, Any] = {"sharpens": data["sharpens"]} if "sharpens" in data else {}
        if "minimum_score" in data:
            least["minimum_score"] = of_percent(data["minimum_score"])
        if self.labels:
            least["label_minimums"] = {key: of_percent(value) for key, value in own.items() if value is not None}
        return least | {
            "copilot": data["copilot"],
            "suggest": data["suggest"],
            "confidence": data["confidence"],
            "control_share": of_percent(data["control_share"]),
            "planted_share": of_percent(data["planted_share"]),
        }


def initial(settings: ProjectSettings) -> dict[str, Any]:
    """What the form shows at first."""
    own = {OWN + key: in_percent(value) for key, value in settings.label_minimums.items()}
    return own | {
        "copilot": settings.copilot,
        "suggest": settings.suggest,
        "sharpens": settings.sharpens,
        "confidence": settings.confidence,
        "minimum_score": in_percent(settings.minimum_score),
        "control_share": in_percent(settings.control_share),
        "planted_share": in_percent(settings.planted_share),
    }


class PlaceForm(forms.Form):
    """Which version works here as a tasker."""

    version = forms.ModelChoiceField(
        label=_("Model"), queryset=ModelVersion.objects.none(), to_field_name="public_id", empty_label=None
    )

    def __init__(self, data: Any = None, *, project: Project, capabilities: Sequence[str]) -> None:
        super().__init__(data, prefix="annotator")
        rows = usable(project).filter(capability__in=suited.among(project, capabilities))
        rows = rows.exclude(annotator_versions__annotator__project=project)
        self.fields["version"].queryset = rows  # type: ignore[attr-defined]


class VersionChoice(forms.ModelChoiceField):
    """Models by their names; an organization's own, whose versions say nothing, by when they came as well."""

    def label_from_instance(self, obj: Any) -> str:
        if not obj.organization_id:
            return str(obj)
        return f"{obj} ({date_format(timezone.localtime(obj.added_at), 'j M Y, H:i')})"


class DeployForm(forms.Form):
    """Which version answers, in which share of the work."""

    version = VersionChoice(
        label=_("Model"), queryset=ModelVersion.objects.none(), to_field_name="public_id", empty_label=None
    )
    share = forms.IntegerField(label=_("Share of the work, %"), initial=100, **SHARE.bounds)

    def __init__(self, *args: Any, project: Project, capability: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        able = suited.among(project, (capability, *MORE.get(capability, ())))
        self.fields["version"].queryset = usable(project).filter(capability__in=able)  # type: ignore[attr-defined]


class OverrideForm(DeployForm):
    """The same for a version that hasn't passed: with the reason, which a second person reads."""

    reason = forms.CharField(
        label=_("Reason"),
        max_length=limits.REASON,
        help_text=_("A second person reads it and confirms; both names stay with the model wherever it is shown."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, prefix="override", **kwargs)


class PromoteForm(forms.Form):
    """In which share of the work a version answers that has passed."""

    share = forms.IntegerField(
        label=_("Share of the work, %"),
        help_text=_("A small share first shows how it does in people’s hands."),
        **SHARE.bounds,
    )


class RolloutForm(forms.Form):
    """On what terms a version that passed comes to answer, step by step."""

    margin = percent(
        _("Harm that must be ruled out, points of 100"),
        _("Before it answers all of the work; twice as much before the first step up."),
        within=limits.ROLLOUT["margin"],
    )
    quiet_hours = forms.IntegerField(
        label=_("Held after silence of, hours"),
        help_text=_("As long again, and it goes back."),
        **limits.ROLLOUT["quiet_hours"].bounds,
    )
    step_days = forms.IntegerField(
        label=_("Days for each step"),
        help_text=_("What isn’t shown by then goes back."),
        **limits.ROLLOUT["step_days"].bounds,
    )
    shadow_verdicts = forms.IntegerField(
        label=_("In shadow first, blind verdicts"),
        help_text=_("It is compared on so many before anybody sees it. 0: it begins with 5 % of the work."),
        **limits.ROLLOUT["shadow_verdicts"].bounds,
    )

    def terms(self) -> dict[str, Any]:
        """As canary.begin takes them. Call when valid."""
        return self.cleaned_data | {"margin": of_percent(self.cleaned_data["margin"])}


class SaidForm(forms.Form):
    """A word of whoever holds, lets on or takes back."""

    said = forms.CharField(label=_("Why (optional)"), required=False, max_length=limits.REASON)


class BringForm(forms.Form):
    """A zip with its model.toml, or that page alone where the model lies elsewhere."""

    file = forms.FileField(
        label=_("Zip of its folder"),
        required=False,
        widget=forms.FileInput(attrs={"accept": ".zip"}),
        help_text=_("A model.toml and the files that it names."),
    )
    page = forms.CharField(
        label=_("Or its model.toml"),
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 6, "spellcheck": "false"}),
        help_text=_("Alone, for a model that another host runs."),
    )

    def clean(self) -> dict:
        """One of the two."""
        said = super().clean() or {}
        if not said.get("file") and not said.get("page", "").strip():
            raise forms.ValidationError(_("Choose a zip, or write the model.toml."))
        return said


class BeginWithForm(forms.Form):
    """Which version an organization's projects begin with."""

    version = forms.ModelChoiceField(
        label=_("Model"), queryset=ModelVersion.objects.none(), to_field_name="public_id", empty_label=None
    )

    def __init__(self, data: Any = None, *, organization: Organization) -> None:
        super().__init__(data, prefix="default")
        rows = usable_by(organization)
        taken = OrganizationDefault.objects.live().filter(organization=organization)
        self.fields["version"].queryset = rows.exclude(pk__in=taken.values("version"))  # type: ignore[attr-defined]


class SnapshotChoice(forms.ModelChoiceField):
    """Snapshots by when they were taken; the project is known."""

    def label_from_instance(self, obj: Any) -> str:
        taken = date_format(timezone.localtime(obj.cut), "j M Y, H:i")
        return ngettext("%(taken)s, %(number)d verdict", "%(taken)s, %(number)d verdicts", obj.rows) % {
            "taken": taken,
            "number": obj.rows,
        }

    def of(self, project: Project) -> None:
        """Offer what a project's models may learn from."""
        ready = Snapshot.objects.filter(project=project, state=Snapshot.State.READY, tombstones=None)
        self.queryset = ready.order_by("-pk")
        self.error_messages["required"] = _("Take a snapshot first, or wait until it is ready.")


class TrainForm(forms.Form):
    """What a recipe learns from, and with which parameters: those that are left empty are as usual."""

    snapshot = SnapshotChoice(
        label=_("Snapshot"), queryset=Snapshot.objects.none(), to_field_name="public_id", empty_label=None
    )
    recipe = forms.ChoiceField(label=_("Recipe"))
    seed = forms.IntegerField(
        label=_("Seed"),
        initial=0,
        help_text=_("The same snapshot, parameters and seed give the same model."),
        **limits.SEED.bounds,
    )

    def __init__(self, *args: Any, project: Project, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["snapshot"].of(project)  # type: ignore[attr-defined]
        keys = recipes_for(project)
        self.fields["recipe"].choices = [(key, RECIPES[key].title) for key in keys]  # type: ignore[attr-defined]
        for key in keys:
            for name, known in RECIPES[key].parameters.items():
                self.fields[f"{key}.{name}"] = _parameter(name, known)

    @property
    def by_recipe(self) -> list[tuple[str, list[forms.BoundField]]]:
        """Each recipe's title and the fields of its parameters."""
        keys = [key for key, _title in self.fields["recipe"].choices]  # type: ignore[attr-defined]
        return [(RECIPES[key].title, [self[f"{key}.{name}"] for name in RECIPES[key].parameters]) for key in keys]

    def parameters(self) -> dict[str, Value]:
        """Those of the recipe that were chosen."""
        chosen = f"{self.cleaned_data['recipe']}."
        said = {
            name.removeprefix(chosen): value for name, value in self.cleaned_data.items() if name.startswith(chosen)
        }
        return {name: value for name, value in said.items() if value is not None}


class PlanForm(forms.Form):
    """When a recipe learns anew by itself, and what follows once its model has passed."""

    every_days = forms.IntegerField(label=_("Every, days"), required=False, **limits.PLAN["every_days"].bounds)
    new_verdicts = forms.IntegerField(
        label=_("After new verdicts"),
        required=False,
        help_text=_("Those that people found without a model’s help, since it last learnt."),
        **limits.PLAN["new_verdicts"].bounds,
    )
    on_lost_slice = forms.BooleanField(
        label=_("When a kind of task gets worse"),
        required=False,
        help_text=_("An evaluation says that the model in place does worse there, or drift was seen."),
    )
    minutes = forms.IntegerField(
        label=_("Minutes of training at most"), help_text=_("Each time."), **limits.PLAN["minutes"].bounds
    )
    trials = forms.IntegerField(
        label=_("Search for better settings first, trials"),
        required=False,
        help_text=_("Left empty, it trains with the settings of what answers now."),
        **limits.PLAN["trials"].bounds,
    )
    search_minutes = forms.IntegerField(label=_("Minutes of searching at most"), **limits.PLAN["search_minutes"].bounds)
    when_passed = forms.ChoiceField(
        label=_("Once its model has passed"),
        choices=[(key, _(words)) for key, words in TrainingPlan.Passed.choices],
    )
    most_failures = forms.IntegerField(label=_("Stops after failures in a row"), **limits.PLAN["most_failures"].bounds)


class SelectionForm(forms.Form):
    """How much a model chooses of what is labelled next."""

    share = percent(
        _("Put first, % of the tasks looked at"),
        within=limits.SELECTION["share"],
    )
    random_share = percent(
        _("Chosen by lot alone, %"),
        within=limits.SELECTION["random_share"],
    )

    def shares(self) -> dict[str, float]:
        """By the names of the terms."""
        return {name: of_percent(self.cleaned_data[name]) for name in limits.SELECTION}


class LooksForm(forms.Form):
    """How many second looks are asked for."""

    most = forms.IntegerField(label=_("The likeliest"), initial=20, **likely_wrong.LOOKS.bounds)


class SearchForm(forms.Form):
    """Whose settings are searched for, on what, and for how long."""

    snapshot = SnapshotChoice(
        label=_("Snapshot"), queryset=Snapshot.objects.none(), to_field_name="public_id", empty_label=None
    )
    recipe = forms.ChoiceField(label=_("Recipe"))
    trials = forms.IntegerField(label=_("Trials at most"), initial=searches.TRIALS, **limits.TRIALS.bounds)
    minutes = forms.IntegerField(label=_("Minutes at most"), initial=searches.MINUTES, **limits.SEARCH_MINUTES.bounds)
    at_once = forms.IntegerField(
        label=_("Trials at once"),
        initial=1,
        help_text=_("One after the other, the same seed gives the same settings."),
        **limits.AT_ONCE.bounds,
    )
    seed = forms.IntegerField(label=_("Seed"), initial=0, **limits.SEED.bounds)

    def __init__(self, *args: Any, project: Project, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs | {"auto_id": "search_%s"})
        self.fields["snapshot"].of(project)  # type: ignore[attr-defined]
        keys = recipes_for(project)
        self.fields["recipe"].choices = [(key, RECIPES[key].title) for key in keys]  # type: ignore[attr-defined]


def _parameter(name: str, known: Parameter) -> forms.Field:
    label = training_words.setting(name)
    if isinstance(known.usual, bool):
        return forms.BooleanField(label=label, required=False, initial=known.usual)
    within: dict[str, Any] = {"min_value": known.least, "max_value": known.most, "required": False, "label": label}
    if isinstance(known.usual, int):
        return forms.IntegerField(initial=known.usual, **within)
    return forms.FloatField(initial=known.usual, widget=forms.NumberInput(attrs={"step": "any"}), **within)
