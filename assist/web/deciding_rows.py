"""Whether a model may decide alone, rule by rule, and what it costs, as a page shows it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.formats import number_format
from django.utils.translation import gettext_lazy as _

from assist.learning.deciding_gate import Rule
from assist.learning.gate import EVERYTHING
from assist.models import Evaluation

# By rule: what is asked, how its numbers are shown, and why nothing can be told where the model has no number there.
RULES: Mapping[str, Any] = {
    Rule.SUPERIOR: (_("Better than the model in place, by more than chance"), "points", ""),
    Rule.REFRESH: (_("A refresh was declared: as good is enough"), "points", ""),
    Rule.NOTHING_LOST: (_("Nothing is lost, in any kind of task; the lowest end of an interval"), "points", ""),
    Rule.SCORE: (_("A score of at least"), "percent", ""),
    Rule.CALIBRATION: (
        _("A calibration error of at most"),
        "percent",
        _("It gives no scores, or too little was decided to tell."),
    ),
    Rule.LATENCY: (_("95 % of answers within"), "seconds", _("Nothing was timed: answers were kept from before.")),
    Rule.MEMORY: (_("Memory of at most"), "memory", _("What runs it doesn’t tell.")),
}
COSTS = (
    ("miscalibration", _("Expected calibration error, points"), "percent"),
    ("said", _("Answers with a score that this rests on"), "count"),
    ("p50", _("Half of the answers within"), "seconds"),
    ("p95", _("95 % of answers within"), "seconds"),
    ("timed", _("Answers that were timed"), "count"),
    ("memory", _("Most memory of its process"), "memory"),
)

PER_SLICE = (("miscalibration", "percent"), ("p95", "seconds"))
SIDES = ("candidate", "champion")


@dataclass(frozen=True)
class RuleRow:
    """One rule: what is asked, the candidate's value beside it, and what the gate says."""

    name: str
    slice: str  # "" of all tasks
    value: str
    limit: str
    outcome: str
    missing: int
    why: str  # nothing can be told, "" where that is no wonder


@dataclass(frozen=True)
class CostRow:
    """One figure of both models; "" where it isn't known."""

    name: str
    candidate: str
    champion: str


@dataclass(frozen=True)
class SliceRow:
    """How sure both may be believed and how quick they are in one kind of task; "" where it isn't known."""

    slice: str
    miscalibration: str
    their_miscalibration: str
    p95: str
    their_p95: str


def rulings_of(evaluation: Evaluation) -> list[RuleRow]:
    """Rule by rule."""
    return [_rule(one) for one in evaluation.rulings]


def costs_of(evaluation: Evaluation) -> list[CostRow]:
    """What both cost; empty before that was kept."""
    if not evaluation.costs:
        return []
    ours, theirs = evaluation.costs["candidate"], evaluation.costs["champion"]
    return [CostRow(str(name), _shown(ours[key], unit), _shown(theirs[key], unit)) for key, name, unit in COSTS]


def slice_costs_of(evaluation: Evaluation) -> list[SliceRow]:
    """In each protected kind of task, where anything is known of it."""
    return [
        SliceRow(one["slice"], *(_shown(one[side][key], unit) for key, unit in PER_SLICE for side in SIDES))
        for one in evaluation.slice_costs
        if any(one[side][key] is not None for key, _ in PER_SLICE for side in SIDES)
    ]


def _rule(one: dict[str, Any]) -> RuleRow:
    name, unit, why = RULES[one["rule"]]
    untold = one["outcome"] == Evaluation.Outcome.CANNOT_TELL and one["value"] is None
    value, limit = _shown(one["value"], unit), _shown(one["limit"], unit)
    own = one.get("slice", EVERYTHING)
    which = "" if own == EVERYTHING else own
    return RuleRow(str(name), which, value, limit, one["outcome"], one["missing"], str(why) if untold else "")


def _shown(value: float | None, unit: str) -> str:
    if value is None:
        return ""
    if unit == "points":
        points = round(100 * value, 1)
        return f"+{points}" if points > 0 else f"−{-points}" if points < 0 else "0"
    if unit == "percent":
        return f"{100 * value:.1f}"
    if unit == "seconds":
        return f"{number_format(value, 3)} s"
    return f"{number_format(value, 0, use_l10n=True, force_grouping=True)}{' MB' if unit == 'memory' else ''}"
