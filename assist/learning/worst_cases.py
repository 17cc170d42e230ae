"""The tasks of an evaluation at which a model did worst, with what was decided and what both models said then.

Of most tasks only the scores are kept. Of the worst the answers are kept as well: those at which the candidate loses
most against the model in place, and those at which either did worst by itself.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from assist.learning import confused, erased
from assist.learning.asked import NO_ANSWER, Heard
from assist.models import Evaluation, EvaluationAnswer, EvaluationConfusions, EvaluationScore
from projects.models import Task, Verdict

MOST = 30  # by each order
LARGEST = 50_000  # characters of an answer
TOO_LARGE = "too-large"

Key = Callable[[EvaluationScore], float]
# What comes first under each: where the candidate loses most, where it is worst, where the model in place is worst.
ORDERS: Mapping[str, Key] = {
    "lost": lambda one: one.candidate - one.champion,
    "candidate": lambda one: one.candidate,
    "champion": lambda one: one.champion,
}


@dataclass(frozen=True)
class Case:
    """One of them. Task and verdict are None once they were archived or removed."""

    score: EvaluationScore
    task: Task | None
    verdict: Verdict | None
    candidate: Mapping[str, Any]  # as answers are, or {"fault": code}
    champion: Mapping[str, Any]


@dataclass(frozen=True)
class Confusion:
    """A label that a model gave where another was decided: {"field", "decided", "said", "number"}, the tasks whose
    answers are kept, and all of them that are listed: what was erased isn't."""

    line: Mapping[str, Any]
    drawn: Sequence[EvaluationScore]
    tasks: Sequence[Task]


def kept(
    rows: Sequence[EvaluationScore], heard: tuple[Heard, Heard], confusions: EvaluationConfusions
) -> list[EvaluationAnswer]:
    """The answers to the worst of these tasks and to a few of each confusion, a bounded number and size, not written
    yet. A task at which a model did all that was asked is none of its worst."""
    chosen: dict[int, EvaluationScore] = {}
    for name in ORDERS:
        chosen |= {one.task: one for one in _first(rows, name)[:MOST]}
    some = {key for line in (*confusions.candidate, *confusions.champion) for key in line["tasks"][: confused.FEW]}
    chosen |= {one.task: one for one in rows if one.task in some}
    ours, theirs = heard
    return [
        EvaluationAnswer(score=one, candidate=_bounded(ours.get(key)), champion=_bounded(theirs.get(key)))
        for key, one in sorted(chosen.items())
    ]


def listed(evaluation: Evaluation, order: str) -> list[EvaluationScore]:
    """The scores of the tasks whose answers are kept, the worst first; empty for evaluations from before any were."""
    return _first(list(evaluation.scores.filter(answers__isnull=False).order_by("pk")), order)[:MOST]


def of_confusion(evaluation: Evaluation, side: str, number: int) -> Confusion | None:
    """The `number`-th line of a model's confusions, with those of its tasks that are here, the ones to draw first;
    None where there is no such line."""
    found = EvaluationConfusions.objects.filter(evaluation=evaluation).first()
    lines = getattr(found, side) if found is not None and side in ("candidate", "champion") else []
    if not 0 <= number < len(lines):
        return None
    line = lines[number]
    rows = evaluation.scores.filter(task__in=line["tasks"], answers__isnull=False).order_by("pk")
    rest = Task.objects.exclude(pk__in=erased.tasks(evaluation.project))
    tasks = rest.select_related("batch").in_bulk(line["tasks"])
    return Confusion(line, list(rows), [tasks[key] for key in line["tasks"] if key in tasks])


def case(score: EvaluationScore) -> Case:
    """One of those that are listed, with all that is drawn of it."""
    rows = Task.objects.select_related("project__organization", "batch", "asset", "other_asset")
    task = rows.filter(pk=score.task).first()
    verdict = Verdict.objects.filter(pk=score.verdict).first()
    answers = EvaluationAnswer.objects.get(score=score)
    return Case(score, task, verdict, answers.candidate, answers.champion)


def _first(rows: Sequence[EvaluationScore], order: str) -> list[EvaluationScore]:
    """In the order in which they were written where two are as bad."""
    key = ORDERS[order]
    bound = 0.0 if order == "lost" else 1.0
    return sorted((one for one in rows if key(one) < bound), key=key)


def _bounded(answer: Mapping[str, Any] | None) -> Mapping[str, Any]:
    if answer is None:
        return {"fault": NO_ANSWER}
    return answer if len(json.dumps(answer)) <= LARGEST else {"fault": TOO_LARGE}
