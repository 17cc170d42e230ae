"""Numbers about a person's work, in words that don't judge harder than the number does. Pure but for translation."""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from taskers.standing.grades import Estimate


@dataclass(frozen=True)
class Wording:
    """Words, and the tone a badge gives them: "good", "warn", "bad" or "" for neither."""

    text: str
    tone: str


def agreement(value: float) -> Wording:
    """How far an answer agrees with what was decided; `value` in [0, 1]."""
    if value >= 0.95:
        return Wording(_("Full agreement"), "good")
    if value >= 0.75:
        return Wording(_("Good agreement"), "good")
    if value >= 0.5:
        return Wording(_("Partial agreement"), "warn")
    return Wording(_("Little agreement"), "bad")


def standing(known: Estimate) -> Wording:
    """A standing: what is likely of the next piece of work, as an interval, and how sure that is."""
    if known.evidence <= 0:
        return Wording(_("Not judged yet"), "")
    low, high = f"{100 * known.low:.0f}", f"{100 * known.high:.0f}"
    if known.evidence < 5:
        return Wording(_("Early days: between %(low)s and %(high)s %% good") % {"low": low, "high": high}, "")
    tone = "good" if known.low >= 0.7 else "bad" if known.high < 0.6 else "warn" if known.mean < 0.7 else ""
    return Wording(_("Between %(low)s and %(high)s %% good") % {"low": low, "high": high}, tone)
