"""What recipes call their settings and figures, in words that people read."""

from decimal import Decimal

from django.utils.formats import number_format
from django.utils.translation import gettext as now
from django.utils.translation import gettext_lazy as _

from assist.learning.recipes.recipe import Value

SETTINGS = {
    "passes": _("Passes"),
    "learn_rate": _("Learning rate"),
    "dropout": _("Dropout"),
    "replay": _("Replay"),
    "rehearsal": _("Rehearsal"),
    "strength": _("Strength"),
    "balanced": _("Balanced"),
}
FIGURES = {
    "model": _("model"),
    "began from": _("began from"),
    "baseline": _("baseline"),
    "kept": _("of what it knew"),
    "texts": _("texts"),
    "images": _("images"),
    "pictures": _("pictures"),
    "f1": _("F1"),
    "accuracy": _("accuracy"),
    "overlap": _("overlap"),
    "share": _("share of what it learnt"),
    "told apart": _("told apart from what it knew"),
    "train": _("to train"),
    "validation": _("to validate"),
    "left out": _("left out"),
    "seconds": _("seconds for an answer"),
    "load seconds": _("seconds to load"),
    "memory MB": _("memory, MB"),
    "train unreadable": _("to train, unreadable"),
    "validation unreadable": _("to validate, unreadable"),
}


def setting(name: str) -> str:
    """What a recipe's setting is called."""
    return str(SETTINGS[name]) if name in SETTINGS else name.replace("_", " ").capitalize()


def figure(name: str) -> str:
    """What was measured, of whom: "model f1" is as much as both words."""
    if name in FIGURES:
        return str(FIGURES[name])
    who = next((one for one in FIGURES if name.startswith(f"{one} ")), "")
    return f"{FIGURES[who]}: {figure(name.removeprefix(who + ' '))}" if who else name


def value(found: Value | None) -> str:
    """A setting's value as one would write it: four digits, without powers of ten."""
    if found is None:
        return "–"
    if isinstance(found, bool):
        return now("yes") if found else now("no")
    return str(found) if isinstance(found, int | str) else number_format(Decimal(f"{found:.4g}"))
