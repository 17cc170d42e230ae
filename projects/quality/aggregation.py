"""How likely each answer to a task is, now: the project's method over the evidence. The only writer of Posterior.

Renewed once all judgements wanted are in, and with every answer after that, in proportion to the answers on the task:
before, nothing could follow.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import partial

import numpy as np

from projects.configuration import methods
from projects.configuration.terms import AGREEMENT, Terms
from projects.inference import AGGREGATIONS, BY_PART, WEIGHTED, Outcome, deadline
from projects.inference.deadline import TooLong
from projects.inference.incremental import AnnotatorParameters, newcomer, posterior
from projects.inference.instance_level import Judges, decide
from projects.inference.naming import Naming
from projects.inference.outcome import WHY
from projects.inference.overlap import gain_of_next
from projects.inference.reliability import gain
from projects.inference.rivals import tempered
from projects.models import Task
from projects.quality.votes import Vote
from projects.task_types import TASK_TYPES
from taskers.database.prepared import array, ask

KEEP = """
INSERT INTO projects_posterior
  (task_id, project_id, method, accuracy_model, answers, raw, confidence, gain, classes, parts, votes, at)
SELECT task, project, method, accuracy_model, answers, raw, confidence, gain, classes, parts, votes, now()
FROM jsonb_to_recordset(%(beliefs)s::jsonb) AS b(task bigint, project bigint, method text, accuracy_model int,
  answers int, raw float, confidence float, gain float, classes jsonb, parts jsonb, votes jsonb)
ORDER BY task
ON CONFLICT (task_id) DO UPDATE SET method = excluded.method, accuracy_model = excluded.accuracy_model,
  answers = excluded.answers, raw = excluded.raw, confidence = excluded.confidence, gain = excluded.gain,
  classes = excluded.classes, parts = excluded.parts, votes = excluded.votes, at = excluded.at
RETURNING task_id
"""
# What waits for a reviewer moves to where it now belongs.
MOVE = """
UPDATE projects_task t SET review_rank = -b.gain FROM projects_posterior b
WHERE t.id = ANY(%(tasks)s::bigint[]) AND b.task_id = t.id AND t.withheld || '' = 'review' AND t.review_rank <> -b.gain
RETURNING t.id
"""
# A label is likely enough to decide once it is likelier than all others together.
HALF = 0.5


@dataclass(frozen=True)
class Weighed:
    """A task's answers and what follows from them.

    `outcome` speaks of `voting`, the answers that have a vote, in their order; `raw` is the method's own confidence in
    its leading answer and `confidence` the same calibrated; `gain` the bits that one more judgement would tell.
    """

    votes: Sequence[Vote]
    outcome: Outcome
    method: str
    raw: float
    confidence: float
    gain: float
    classes: dict[str, float]

    @property
    def voting(self) -> list[Vote]:
        return [one for one in self.votes if one.votes]

    @property
    def supports(self) -> list[Vote]:
        """Those on which the outcome rests."""
        return [self.voting[i] for i in self.outcome.supports]

    def has(self, why: str) -> bool:
        """Whether any answer is uncommon in this way."""
        return any(one.why == why for one in self.votes)


def weigh(terms: Terms, votes: Sequence[Vote], *, method: str = "") -> Weighed:
    """The project's method, or another, over these answers. Reads nothing and writes nothing."""
    method = method or terms.settings.aggregation
    voting = [one for one in votes if one.votes]
    if method == methods.CATEGORICAL:
        return _by_class(terms, votes, voting)
    outcome = (_by_parts if method in BY_PART else _by_groups)(terms, voting, method)
    raw = outcome.confidence if outcome.decided else (0.5 if voting else 0.0)
    sure = _as_sure_as_the_crowd(terms, method, float(terms.calibration(raw))) if outcome.decided else 0.0
    return Weighed(votes, outcome, method, outcome.confidence, sure, gain(sure if outcome.decided else raw), {})


def _as_sure_as_the_crowd(terms: Terms, method: str, sure: float) -> float:
    """The confidence of a method that doesn't know the crowd, where the crowd doesn't tell what is true."""
    if method in BY_PART or terms.accuracy_model.identified:
        return sure
    return float(tempered(np.array([sure, 1 - sure]), terms.accuracy_model.sure)[0])


def weigh_within(seconds: float, terms: Terms, votes: Sequence[Vote]) -> Weighed:
    """The same. Raises TooLong where comparing the answers takes longer, before it is begun if that can be told."""
    answers = [one.answer for one in votes if one.votes]
    if TASK_TYPES[terms.project.task_type].effort(answers, seconds) > seconds:
        raise TooLong
    with deadline.within(2 * seconds):
        return weigh(terms, votes)


def keep(terms: Terms, weighed: Sequence[tuple[Task, Weighed]]) -> None:
    """Store what is held likely of tasks: one statement however many."""
    ask(KEEP, {"beliefs": json.dumps([_belief(terms, task, one) for task, one in weighed])})


def keep_in_order(terms: Terms, weighed: Sequence[tuple[Task, Weighed]]) -> None:
    """The same, and those among them that wait for a reviewer take their new places."""
    keep(terms, weighed)
    ask(MOVE, {"tasks": array([task.pk for task, _ in weighed])})


def agreement_in(terms: Terms):
    """How far two answers of the project agree, as a function of both."""
    return partial(TASK_TYPES[terms.project.task_type].agreement, thresholds=terms.settings.thresholds)


def threshold_of(terms: Terms) -> float:
    """The agreement from which two answers say the same."""
    return float(terms.settings.thresholds.get("agreement", AGREEMENT))


def parameters_of(terms: Terms, votes: Sequence[Vote]) -> list[AnnotatorParameters]:
    """Each one's tasker within the accuracy model; spreads aren't read for weighing."""
    stranger = newcomer(terms.accuracy_model)
    return [AnnotatorParameters.from_json({"mean": one.mean, "spread": []}) if one.mean else stranger for one in votes]


def naming_of(naming: Naming, vote: Vote) -> float:
    """How likely what its tasker calls a thing is right."""
    return naming.chance(vote.annotation.tasker_id, vote.standing)


def labels_of(terms: Terms, votes: Sequence[Vote]) -> list[int | None]:
    """Each answer as a class of the accuracy model; None for what is none of its classes."""
    choice = methods.choice_in(terms.project.task_type)
    place = {label: index for index, label in enumerate(terms.classes)}
    return [place.get(choice(one.answer) or "") if choice else None for one in votes]


def _by_groups(terms: Terms, voting: Sequence[Vote], method: str) -> Outcome:
    room, thresholds = TASK_TYPES[terms.project.task_type], terms.settings.thresholds
    answers = [one.answer for one in voting]
    merge = partial(room.merge, thresholds=thresholds)
    if method in WEIGHTED:
        standings = [one.standing for one in voting]
        return WEIGHTED[method](answers, agreement_in(terms), merge, threshold_of(terms), standings)
    return AGGREGATIONS[method](answers, agreement_in(terms), merge, threshold_of(terms))


def _by_parts(terms: Terms, voting: Sequence[Vote], method: str) -> Outcome:
    answers, thresholds = [one.answer for one in voting], terms.settings.thresholds
    judges = Judges(
        terms.accuracy_model,
        parameters_of(terms, voting),
        [one.standing for one in voting],
        voting[0].text if voting else "",
        terms.words,
        [naming_of(terms.naming, one) for one in voting],
    )
    return decide(BY_PART[method], answers, judges, agreement_in(terms), threshold_of(terms), thresholds)


def _by_class(terms: Terms, votes: Sequence[Vote], voting: Sequence[Vote]) -> Weighed:
    if not terms.classes:
        nothing = Outcome(False, None, 0.0, [None] * len(voting), [], WHY["no-labels"])
        return Weighed(votes, nothing, methods.CATEGORICAL, 0.0, 0.0, 0.0, {})
    placed = labels_of(terms, voting)
    known = [(vote, label) for vote, label in zip(voting, placed, strict=True) if label is not None]
    parameters, labels = parameters_of(terms, [vote for vote, _ in known]), [label for _, label in known]
    chances = posterior(terms.accuracy_model, parameters, labels)
    best = int(chances.round(9).argmax())
    raw = float(chances[best])
    supports = [i for i, label in enumerate(placed) if label == best]
    decided = raw > HALF and bool(supports)
    sure = float(terms.calibration(raw, 1 / len(chances)))
    why = WHY["label"] % {"label": terms.classes[best], "sure": f"{raw:.0%}"} if known else WHY["none"]
    outcome = (
        _class_outcome(terms, voting, supports, raw, why)
        if decided
        else Outcome(False, None, 0.0, [None] * len(voting), [], why)
    )
    more = gain_of_next(terms.accuracy_model, parameters, labels)
    named = {label: round(float(chance), 6) for label, chance in zip(terms.classes, chances, strict=True)}
    return Weighed(votes, outcome, methods.CATEGORICAL, raw, sure if known else 0.0, more, named)


def _class_outcome(terms: Terms, voting: Sequence[Vote], supports: Sequence[int], raw: float, why: str) -> Outcome:
    """A label that decides; where one alone said it, nobody is graded."""
    room, thresholds = TASK_TYPES[terms.project.task_type], terms.settings.thresholds
    answer = room.merge([voting[i].answer for i in supports], thresholds)
    agreements = [
        None if len(supports) == 1 else room.agreement(one.answer, answer, thresholds) for one in voting
    ]  # fmt: skip
    return Outcome(True, answer, raw, agreements, list(supports), why)


def _belief(terms: Terms, task: Task, weighed: Weighed) -> dict:
    return {
        "task": task.pk,
        "project": task.project_id,
        "method": weighed.method,
        "accuracy_model": terms.accuracy_version if weighed.method in {methods.CATEGORICAL, *BY_PART} else 0,
        "answers": len(weighed.voting),
        "raw": weighed.raw,
        "confidence": min(1.0, max(0.0, weighed.confidence)),
        "gain": weighed.gain,
        "classes": weighed.classes,
        "parts": [asdict(one) for one in weighed.outcome.parts],
        "votes": {str(one.annotation.pk): one.why for one in weighed.votes if one.why},
    }
