"""What managers type about models at work: shares in percent."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from projects.models import ModelAnnotator, limits
from projects.models.limits import ANNOTATOR
from projects.web.shared.units import in_percent, of_percent, percent

MODES = (
    (ModelAnnotator.Mode.WATCH, _("Watch: its answers count for nothing and are compared with people's")),
    (ModelAnnotator.Mode.COUNT, _("Count: its answers are weighed with those of people, never without one")),
    (ModelAnnotator.Mode.DECIDE, _("Decide: where it is sure enough, its answer alone is the verdict")),
    (ModelAnnotator.Mode.OFF, _("Off: it gets no work, and what it said of undecided tasks is asked of people")),
)


class TermsForm(forms.Form):
    """On which terms a model works."""

    target_error = percent(
        _("Errors allowed, in %"), _("Of what it decides alone."), within=ANNOTATOR["target_error"], initial=5
    )
    assurance = percent(
        _("Assurance, in %"),
        _("How sure we must be that it keeps to that; the rest is the risk that a sound model is switched off."),
        within=ANNOTATOR["assurance"],
        initial=95,
    )
    audit_share = percent(
        _("Audits, in %"),
        _("Of all tasks, drawn by chance: people answer these without any model, at least 2 %."),
        within=ANNOTATOR["audit_share"],
        initial=10,
    )

    def terms(self) -> dict[str, float]:
        """As lifecycle.py takes them."""
        return {name: of_percent(self.cleaned_data[name]) for name in ANNOTATOR}


class RegisterForm(TermsForm):
    """A new model."""

    name = forms.CharField(label=_("Name"), max_length=limits.NAME, help_text=_("With its version, as “Spans 4”."))
    field_order = ("name",)


class MoveForm(TermsForm):
    """What a model may do from now on."""

    mode = forms.ChoiceField(label=_("What it may do"), choices=MODES, widget=forms.RadioSelect)
    reason = forms.CharField(
        label=_("Reason"), max_length=limits.REASON, required=False, help_text=_("Stays in its history.")
    )
    field_order = ("mode",)

    def __init__(self, data: Any = None, *, annotator: ModelAnnotator) -> None:
        now = {name: in_percent(getattr(annotator, name)) for name in ANNOTATOR} | {"mode": annotator.mode}
        super().__init__(data, initial=now, prefix=f"m{annotator.pk}", auto_id="id_%s")
