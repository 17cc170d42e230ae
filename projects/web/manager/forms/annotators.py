"""What managers type about models at work: shares in percent."""

from typing import Any

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.utils.translation import gettext_lazy as _

from projects.annotators.lifecycle import LIMITS
from projects.models import Seat

MODES = (
    (Seat.Mode.WATCH, _("Watch: its answers count for nothing and are compared with people's")),
    (Seat.Mode.COUNT, _("Count: its answers are weighed with those of people, never without one")),
    (Seat.Mode.DECIDE, _("Decide: where it is sure enough, its answer alone is the verdict")),
    (Seat.Mode.OFF, _("Off: it gets no work, and what it said of undecided tasks is asked of people")),
)


def share(name: str, label: object, help_text: object, initial: float) -> forms.FloatField:
    """One of LIMITS, in percent."""
    low, high = (100 * one for one in LIMITS[name])
    return forms.FloatField(
        label=label,  # type: ignore[arg-type]
        help_text=help_text,  # type: ignore[arg-type]
        initial=initial,
        validators=[MinValueValidator(round(low, 1)), MaxValueValidator(round(high, 1))],
        widget=forms.NumberInput(attrs={"min": f"{low:g}", "max": f"{high:g}", "step": "0.1"}),
    )


class TermsForm(forms.Form):
    """On which terms a model works."""

    target_error = share("target_error", _("Errors allowed, in %"), _("Of what it decides alone."), 5)
    assurance = share(
        "assurance",
        _("Assurance, in %"),
        _("How sure we must be that it keeps to that; the rest is the risk that a sound model is switched off."),
        95,
    )
    audit_share = share(
        "audit_share",
        _("Audits, in %"),
        _("Of all tasks, drawn by chance: people answer these without any model, at least 2 %."),
        10,
    )

    def terms(self) -> dict[str, float]:
        """As lifecycle.py takes them."""
        return {name: self.cleaned_data[name] / 100 for name in LIMITS}


class RegisterForm(TermsForm):
    """A new model."""

    name = forms.CharField(label=_("Name"), max_length=120, help_text=_("With its version, as “Spans 4”."))
    field_order = ("name",)


class MoveForm(TermsForm):
    """What a model may do from now on."""

    mode = forms.ChoiceField(label=_("What it may do"), choices=MODES, widget=forms.RadioSelect)
    reason = forms.CharField(label=_("Reason"), max_length=300, required=False, help_text=_("Stays in its history."))
    field_order = ("mode",)

    def __init__(self, data: Any = None, *, seat: Seat) -> None:
        now = {name: f"{100 * getattr(seat, name):g}" for name in LIMITS} | {"mode": seat.mode}
        super().__init__(data, initial=now, prefix=f"m{seat.pk}", auto_id="id_%s")
