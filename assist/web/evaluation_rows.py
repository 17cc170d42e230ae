"""Evaluations as the pages show them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from assist.learning import declared, gate, traits
from assist.models import Evaluation, EvaluationConfusions
from projects.models import Project, Task
from projects.web.shared.charts import Mark, Scale
from taskers.errors import NotFound

NEWEST = 10
LINES = 10  # of what is taken for what, of each model
EXCERPT = 160  # characters
REACH = 4  # margins on either side of none
# What each figure is called, in percent as all of them are.
FIGURES: Mapping[str, Any] = {
    "spans-strict": _("F1 of all spans, place and label the same"),
    "spans-relaxed": _("F1 of all spans, by how much of them is covered"),
    "macro-f1": _("Macro F1: the mean of each class’s F1"),
    "average-precision": _("Average precision at IoU .5"),
    "overlap": _("IoU of the boxes that were found"),
    "boundary": _("Boundary F of the masks"),
    "letters-wrong": _("Letters that are wrong (less is better)"),
    "read-exactly": _("Regions read without an error"),
}
# What the score of one task is, by the measure.
SCORES: Mapping[str, Any] = {
    "spans": _("The score of a text is the F1 of the spans that would be offered: by place and label."),
    "classify": _("The score of a text is the share of its fields that are guessed right."),
    "classify-image": _("The score of an image is the share of its fields that are guessed right."),
    "embed-image": _("The score of an image is the share of its fields that are guessed right."),
    "segment": _("The score of an image is the mean overlap with its regions, for a click in each and for its box."),
    "generate": _("The score of a text is how much the words written for its fields agree with those decided."),
    "detect": _("The score of an image is the F1 of the boxes that would be offered, from IoU .5, by label."),
    "read": _("The score of an image is the share of its letters that are read right, of what would be offered."),
}


@dataclass(frozen=True)
class Row:
    """One slice of an evaluation: percents, the interval as it is drawn, and what the gate says of it."""

    slice: str
    tasks: int
    candidate: str
    champion: str
    difference: str
    low: str
    high: str
    missing: int
    outcome: str
    mark: Mark | None


def evaluations_of(project: Project) -> list[Evaluation]:
    """The newest of a project, newest first."""
    rows = Evaluation.objects.filter(project=project).select_related("candidate", "champion", "begun_by")
    return list(rows.order_by("-pk")[:NEWEST])


def evaluation_of(project: Project, key: UUID) -> Evaluation:
    """One of them. Raises NotFound."""
    rows = Evaluation.objects.select_related("project__organization", "candidate", "champion", "begun_by")
    found = rows.filter(project=project, public_id=key).first()
    if found is None:
        raise NotFound("There is no such evaluation here.")
    return found


def confusions_of(evaluation: Evaluation) -> list[dict[str, Any]]:
    """Both models' lines, the candidate's first, by the labels' names; `order` is how the page side by side calls
    one. "" is nothing: missed, or added."""
    found = EvaluationConfusions.objects.filter(evaluation=evaluation).first()
    if found is None or not (found.candidate or found.champion):
        return []
    names = dict(evaluation.project.labels.values_list("key", "name"))
    sides = (("candidate", str(evaluation.candidate)), ("champion", str(evaluation.champion)))
    return [
        {
            "model": model,
            "order": f"{side}-{at}",
            "decided": names.get(one["decided"], one["decided"]),
            "said": names.get(one["said"], one["said"]),
            "number": one["number"],
        }
        for side, model in sides
        for at, one in enumerate(getattr(found, side)[:LINES])
    ]


def scale_of(evaluation: Evaluation) -> Scale:
    """Some margins to the left and to the right of no difference."""
    return Scale(-REACH * evaluation.margin, REACH * evaluation.margin)


def findings_of(evaluation: Evaluation) -> list[Row]:
    """Slice by slice, all tasks first."""
    return [_row(one, scale_of(evaluation)) for one in evaluation.findings]


@dataclass(frozen=True)
class Beside:
    """A figure of both models in one slice, in percent; `interval` is empty where too few groups tell it."""

    name: str
    slice: str
    tasks: int
    candidate: str
    champion: str
    difference: str
    interval: tuple[str, ...]


def figures_of(evaluation: Evaluation) -> list[Beside]:
    """What is told beside the scores, all tasks first."""
    return [
        Beside(
            name=str(FIGURES.get(one["figure"], one["figure"])),
            slice="" if one["slice"] == gate.EVERYTHING else one["slice"],
            tasks=one["tasks"],
            candidate=f"{100 * one['candidate']:.1f}",
            champion=f"{100 * one['champion']:.1f}",
            difference=_signed(one["difference"]),
            interval=() if one["low"] is None else (_signed(one["low"]), _signed(one["high"])),
        )
        for one in evaluation.figures
    ]


def proposed_of(evaluation: Evaluation) -> list[dict[str, Any]]:
    """Kinds of tasks that nobody declared where one of the two is much worse, with whether somebody did since."""
    known = {one.name for one in declared.of(evaluation.project)} if evaluation.proposed else set()
    return [
        one
        | {
            "slice": traits.name_of(one["traits"]),
            "declared": traits.name_of(one["traits"]) in known,
            "model": getattr(evaluation, one["side"]),
        }
        for one in evaluation.proposed
    ]


def score_of(evaluation: Evaluation) -> str:
    """What the score of one task is; "" of what is measured otherwise by now."""
    return str(SCORES.get(evaluation.measure or evaluation.champion.capability, ""))


def excerpt_of(task: Task | None) -> str:
    """What the task shows, in a few words."""
    if task is None:
        return ""
    text = str(task.payload.get("text") or task.payload.get("name") or task.external_id)
    return text if len(text) <= EXCERPT else text[:EXCERPT] + "…"


def _row(one: dict[str, Any], scale: Scale) -> Row:
    return Row(
        slice="" if one["slice"] == gate.EVERYTHING else one["slice"],
        tasks=one["tasks"],
        candidate=f"{100 * one['candidate']:.1f}",
        champion=f"{100 * one['champion']:.1f}",
        difference=_signed(one["difference"]),
        low=_signed(one["low"]),
        high=_signed(one["high"]),
        missing=one["missing"],
        outcome=one["outcome"],
        mark=scale.interval(one["difference"], one["low"], one["high"]),
    )


def _signed(share: float) -> str:
    points = round(100 * share, 1)
    return f"+{points}" if points > 0 else f"−{-points}" if points < 0 else "0"
