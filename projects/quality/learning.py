"""Taskers' parameters in the accuracy model, moved by each decided task between two estimates, for the methods that use
them.

Each tasker is told by the others' answers, never by their own; by a reviewer's answer where there is one.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from projects.configuration import methods
from projects.configuration.terms import Terms
from projects.inference import BY_PART
from projects.inference.incremental import AnnotatorParameters as Numbers
from projects.inference.incremental import learn, newcomer, posterior
from projects.models import AccuracyModel, AnnotatorParameters
from projects.quality.aggregation import labels_of, parameters_of
from projects.quality.questions import asked
from projects.quality.votes import Vote

MOST_QUESTIONS = 24  # of one task that teach at once; all of them do with the next estimate


@dataclass(frozen=True)
class _Lesson:
    """One answer to one question, and how likely each class is by what the others, or a reviewer, say."""

    tasker: int
    label: int
    told: np.ndarray


def teach(terms: Terms, votes: Sequence[Vote], truth: dict | None) -> None:
    """Learn from one decided task; `truth` is a reviewer's answer, or None where the others' answers tell.

    Three statements however many answers. The caller has locked the taskers' standings, which keeps two of these about
    the same people apart.
    """
    voting = [one for one in votes if one.votes]
    if terms.settings.aggregation in BY_PART:
        lessons = _by_part(terms, voting, truth)
    elif terms.settings.aggregation == methods.CATEGORICAL and methods.choice_in(terms.project.task_type):
        lessons = _by_class(terms, voting, truth)
    else:
        return
    accuracy_model_key = terms.accuracy_model_key or _begin(terms)
    by_tasker: dict[int, list[_Lesson]] = defaultdict(list)
    for one in lessons:
        by_tasker[one.tasker].append(one)
    rows = {
        one.tasker_id: one
        for one in AnnotatorParameters.objects.filter(accuracy_model=accuracy_model_key, tasker__in=list(by_tasker))
    }
    AnnotatorParameters.objects.bulk_create(
        [_learnt(terms, accuracy_model_key, rows.get(key), by_tasker[key]) for key in sorted(by_tasker)],
        update_conflicts=True,
        unique_fields=["accuracy_model", "tasker"],
        update_fields=["mean", "spread", "learnt"],
    )


def _by_class(terms: Terms, voting: Sequence[Vote], truth: dict | None) -> list[_Lesson]:
    choice = methods.choice_in(terms.project.task_type)
    known = [(one, label) for one, label in zip(voting, labels_of(terms, voting), strict=True) if label is not None]
    parameters, labels = parameters_of(terms, [one for one, _ in known]), [label for _, label in known]
    right = None
    if choice and truth is not None:
        right = {label: number for number, label in enumerate(terms.classes)}.get(choice(truth) or "")
        if right is None:
            return []
    return _lessons(terms, [one for one, _ in known], parameters, labels, right)


def _by_part(terms: Terms, voting: Sequence[Vote], truth: dict | None) -> list[_Lesson]:
    """The questions of a task, spread evenly where there are many."""
    found = asked(terms, voting, truth)
    parameters, lessons = parameters_of(terms, voting), []
    chosen = np.unique(np.linspace(0, len(found.said) - 1, MOST_QUESTIONS).round().astype(np.int64))
    for question in chosen[: len(found.said)]:
        labels = found.said[question].astype(int).tolist()
        right = int(found.known[question]) if truth is not None else None
        lessons += _lessons(terms, voting, parameters, labels, right)
    return lessons


def _lessons(
    terms: Terms,
    voting: Sequence[Vote],
    parameters: Sequence[Numbers],
    labels: Sequence[int],
    right: int | None,
) -> list[_Lesson]:
    """What one question teaches of each who answered it: by the class that is right where that is known, else by the
    others; nothing where nobody else answered."""
    lessons = []
    for place, (vote, label) in enumerate(zip(voting, labels, strict=True)):
        others = [one for one in range(len(voting)) if one != place]
        if right is not None:
            told = np.eye(len(terms.classes))[right]
        elif others:
            told = posterior(terms.accuracy_model, [parameters[one] for one in others], [labels[one] for one in others])
        else:
            continue
        lessons.append(_Lesson(vote.annotation.tasker_id, label, told))
    return lessons


def _learnt(
    terms: Terms, accuracy_model_key: int, row: AnnotatorParameters | None, lessons: Sequence[_Lesson]
) -> AnnotatorParameters:
    after = Numbers.from_json({"mean": row.mean, "spread": row.spread}) if row else newcomer(terms.accuracy_model)
    for one in lessons:
        after = learn(terms.accuracy_model, after, one.label, one.told)
    learnt = (row.learnt if row else 0) + 1
    return AnnotatorParameters(
        accuracy_model_id=accuracy_model_key, tasker_id=lessons[0].tasker, learnt=learnt, **after.to_json()
    )


def _begin(terms: Terms) -> int:
    """The crowd of a project of which nothing was estimated yet, or not for its labels of today."""
    newest = (
        AccuracyModel.objects.filter(project=terms.project)
        .order_by("-version")
        .values_list("version", flat=True)
        .first()
    )
    made, _ = AccuracyModel.objects.get_or_create(
        project=terms.project,
        version=(newest or 0) + 1,
        defaults={
            "method": terms.settings.aggregation,
            "labels": list(terms.classes),
            "numbers": terms.accuracy_model.to_json(),
        },
    )
    return made.pk
