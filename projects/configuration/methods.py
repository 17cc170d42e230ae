"""The ways in which answers become a verdict: by name and version, what each needs, and what it is good for.

A project chooses one among those that fit its task type. Methods that work on one task with nothing else, or with the
taskers' standings, are registered in projects.inference; what is said of them to people stands here.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from projects.inference import AGGREGATIONS, BY_PART, WEIGHTED
from projects.inference.calibration import Calibration
from projects.inference.majority import share
from projects.task_types import TASK_TYPES
from projects.task_types.classification import Classification

CATEGORICAL = "categorical_v1"  # classes: needs an accuracy model and each tasker's parameters, see aggregation.py
STANDING = "standing_v1"
MAJORITY = "majority_v1"
# Part by part, for answers that hold their parts in this list: these need an accuracy model with parameters as well.
PARTS = {"spans": "spans_v1", "regions": "regions_v1"}
TARGET = 0.9  # the confidence that is sure enough where a project says nothing else


@dataclass(frozen=True)
class Method:
    """How a method is offered: its name for people, and when to choose it."""

    key: str
    title: Promise | str
    choose: Promise | str

    @property
    def one_choice(self) -> bool:
        """Whether it decides answers that are one label, and no others."""
        return self.key == CATEGORICAL


TOLD: dict[str, Method] = {
    one.key: one
    for one in (
        Method(
            MAJORITY,
            _("Majority"),
            _("More than half must agree. Nothing need be known of the taskers."),
        ),
        Method(
            STANDING,
            _("Weighted vote"),
            _("Taskers count by how often they were right: two trusted ones outweigh three strangers."),
        ),
        Method(
            CATEGORICAL,
            _("Dawid-Skene"),
            _(
                "Learns how able each tasker is, to which labels they lean and which tasks are hard; what is mistaken"
                " for what is learnt of all together. For many tasks with one label each."
            ),
        ),
        Method(
            PARTS["spans"],
            _("Span by span"),
            _("Decides each stretch of text by itself; learns who misses, who marks too much, and what words tell."),
        ),
        Method(
            PARTS["regions"],
            _("Instance-level merge"),
            _("Decides of each thing in the image whether it is there, and draws it from all who drew it."),
        ),
    )
}


# What decided where no method was asked.
BY_HAND: dict[str, Promise | str] = {
    "review_v1": _("By a reviewer"),
    "auto_v1": _("By a model alone"),
    "imported_v1": _("Decided elsewhere"),
}


def title(key: str) -> str:
    """What decided a verdict, for people; a method that is no longer known, by its key."""
    return str(TOLD[key].title if key in TOLD else BY_HAND.get(key, key))


def choice_in(task_type: str) -> Callable[[dict[str, Any]], str | None] | None:
    """What reads the one label out of an answer of this type; None for types whose answers aren't one label."""
    return getattr(TASK_TYPES[task_type], "choice", None)


def one_choice(task_type: str, fields: Sequence[Mapping] = ()) -> bool:
    """Whether what people must agree on is one label: of a classification, of one that asks for these fields."""
    return choice_in(task_type) is not None and [one["kind"] for one in decisive(task_type, fields)] in ([], ["choice"])


def decisive(task_type: str, fields: Sequence[Mapping]) -> Sequence[Mapping]:
    """Those of the asked fields that a method must be able to decide."""
    room = TASK_TYPES[task_type]
    return room.decisive(fields) if isinstance(room, Classification) else ()


def fitting(task_type: str, fields: Sequence[Mapping] = ()) -> list[Method]:
    """The methods that a project of this type may choose; of a classification, of one that asks for these fields.

    Weighing by class needs answers that are one label: it decides nothing where anything else is asked.
    """
    keys = [*AGGREGATIONS, *WEIGHTED]
    if part_by_part := by_part(task_type):
        keys.append(part_by_part)
    if one_choice(task_type, fields):
        keys.append(CATEGORICAL)
    return [TOLD.get(key) or Method(key, key, "") for key in keys]


def by_part(task_type: str) -> str | None:
    """The method that decides answers of this type part by part; None for types whose answers aren't lists of parts."""
    return PARTS.get(TASK_TYPES[task_type].answer_list)


def estimated_by(key: str, task_type: str, fields: Sequence[Mapping] = ()) -> str:
    """By which method the people of a project are estimated that decides by this one: its own where that learns from
    all answers together, else classes where every answer is one label, and groups that agree where they aren't.

    A choice that may be left open isn't always a label: the groups know what leaving it open means, classes don't.
    """
    if key in BY_PART or key == CATEGORICAL:
        return key
    always = all(one.get("required", True) for one in decisive(task_type, fields))
    return CATEGORICAL if one_choice(task_type, fields) and always else STANDING


def surest(key: str, answers: int, calibration: Calibration | None = None) -> float:
    """How sure a method can be of so many answers that all agree. The majority grows slowly, since it knows nobody;
    where people are known there is no such bound."""
    return float((calibration or Calibration())(share(answers, answers))) if key == MAJORITY else 1.0


def usual_target(key: str, wanted: int, most: int | None) -> float:
    """What is sure enough where a new project says nothing else: TARGET, and where more may be asked no more than all
    of the judgements wanted reach when they agree, so that what nobody doubts ends there. By majority two of three
    decide as well: else one who disagrees would leave every task to a reviewer."""
    if most is None:
        return TARGET
    reached = [surest(key, wanted)]
    if key == MAJORITY:
        reached.append(float(Calibration()(share(2, 3))))
    return min(TARGET, int(100 * min(reached)) / 100)


def types_of(key: str) -> list[str]:
    """The task types that may decide by this method."""
    return [task_type for task_type in TASK_TYPES if any(one.key == key for one in fitting(task_type))]
