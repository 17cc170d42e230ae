"""All answers of a project together, as the estimates take them, and what is known of some of them.

Known answers are gold, and what reviewers decided or confirmed. All of them tell of the taskers. How far a method is to
be believed is asked of gold and audits alone, a sample that nothing in the answers chose, without telling it any.
"""

from collections import defaultdict, deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from itertools import groupby
from uuid import UUID

import numpy as np
from django.db.models import Q

from projects.configuration import methods
from projects.configuration.terms import Terms
from projects.inference import BY_PART
from projects.inference.classification import Estimate, estimate
from projects.inference.copying import find_copies
from projects.inference.incremental import accuracy_model_of, newcomer, parameters_of
from projects.inference.instance_level import SIDES, Asked, Ints, Judges, Told, as_labels, decide
from projects.inference.majority import largest_group, pairwise
from projects.inference.naming import Naming, learn_naming
from projects.inference.reliability import estimate_chances
from projects.inference.span_words import Words
from projects.models import Annotation, Gold, Task
from projects.quality.aggregation import agreement_in, naming_of, threshold_of, weigh
from projects.quality.audits import Reviewed
from projects.quality.more_people import MorePeople, forecast
from projects.quality.questions import asked
from projects.quality.votes import Vote, as_it_counts, known_answer
from taskers.models import Grade, Standing
from taskers.standing import grades as quality

GOLD, AUDIT = "gold", "audit"
MOST_AUDITS = 2000  # that the method is asked about, the newest
MOST_COMPARED = 1500  # taskers, each with each, for copies
MOST_PER_GOLD = 3  # groups of answers to one known answer that are asked about; more would only repeat themselves


@dataclass(frozen=True)
class Judged:
    """The method's word on a task whose answer is known: how sure it was, and whether it was right."""

    source: str
    confidence: float
    right: bool


@dataclass(frozen=True)
class Known:
    """A task that the method is asked about, since its answer is known: with the answers that people gave to it."""

    source: str
    task: Task
    truth: dict
    votes: Sequence[Vote]


@dataclass(frozen=True)
class Copied:
    """Two taskers, by their keys, who say the same more often than chance lets expect (aggregation/copying.py)."""

    who: int
    of: int
    shared: int
    differed: int
    expected: float
    surprise: float


@dataclass(frozen=True)
class Crowded:
    """What an estimate found: of classes an `estimate` with `taskers` in its order, else each tasker's chance; and
    what each method that may be asked, the one that decides first of all, said of the known answers."""

    labels: Sequence[str] = ()
    taskers: Sequence[int] = ()
    estimate: Estimate | None = None
    chances: dict[int, float] = field(default_factory=dict)
    judged: Mapping[str, Sequence[Judged]] = field(default_factory=dict)
    copies: Sequence[Copied] = ()
    words: Mapping[str, Words] = field(default_factory=dict)
    naming: Naming = Naming()
    more_people: MorePeople | None = None


@dataclass(frozen=True)
class Row:
    """A task made small: what `_small` makes of its votes, the right label where it is known and answers are one, and
    whether its taskers were graded by a reviewer's answer."""

    task: int
    said: Sequence
    label: str
    graded: bool


class Ballots:
    """The answers of a project that have a vote, task by task, made small as they come; and its known answers.

    `tasks` gives each task with its votes and, where a reviewer decided or confirmed it, what is right.
    """

    def __init__(self, terms: Terms, tasks: Iterable[tuple[Task, list[Vote], Reviewed | None]]) -> None:
        self.terms = terms
        self.rows: list[Row] = []
        self.answers = 0
        choice = methods.choice_in(terms.project.task_type)
        audits: deque[Known] = deque(maxlen=MOST_AUDITS)
        for task, votes, reviewed in tasks:
            if not votes:
                continue
            self.answers += len(votes)
            truth = known_answer(terms, task, reviewed.answer) if reviewed else None
            label = choice(truth) or "" if choice and truth is not None else ""
            graded = reviewed is not None and reviewed.anew
            self.rows.append(Row(task.pk, _small(terms, votes, truth), label, graded))
            if truth is not None and reviewed is not None and reviewed.drawn:
                audits.append(Known(AUDIT, task, truth, votes))
        gold, self.contradictory = _gold(terms)
        self.known = [*audits, *gold]

    @property
    def tasks(self) -> int:
        return len(self.rows)


def _small(terms: Terms, votes: Sequence[Vote], truth: dict | None) -> Sequence:
    """Groups of taskers that agree; for classes, (tasker, label); part by part, what was asked and answered."""
    choice = methods.choice_in(terms.project.task_type)
    if terms.settings.aggregation in BY_PART:
        called = BY_PART[terms.settings.aggregation].called([one.answer for one in votes], terms.settings.thresholds)
        return [replace(asked(terms, votes, truth), called=called)]
    if choice is None or terms.estimated_by != methods.CATEGORICAL:
        return _groups(terms, votes)
    return [(one.annotation.tasker_id, choice(one.answer) or "") for one in votes]


def estimate_groups(ballots: Ballots) -> Crowded:
    """For answers without classes: each tasker's chance to be right, by known answers and by the others."""
    terms = ballots.terms
    groups = [one.said for one in ballots.rows if not one.graded]
    return Crowded(chances=estimate_chances(groups, _evidence(terms)), judged=_judged(ballots))


def estimate_classes(ballots: Ballots) -> Crowded:
    """For classes: the pooled confusion models, told the known answers; and again without, to be judged by them beside
    the method that decides."""
    labels = sorted({key for key, into in ballots.terms.labels.items() if key == into})
    cases = _cases(ballots, {label: index for index, label in enumerate(labels)})
    triples = [(index, tasker, label) for index, case in enumerate(cases) for tasker, label in case.said]
    decides = {} if ballots.terms.settings.aggregation == methods.CATEGORICAL else _judged(ballots)
    if not triples:
        return Crowded(labels, judged=decides | {methods.CATEGORICAL: []})
    taskers = sorted({tasker for _, tasker, _ in triples})
    number = {key: index for index, key in enumerate(taskers)}
    task, worker, label = np.array([(t, number[w], k) for t, w, k in triples], dtype=np.int64).T
    known = np.array([one.truth for one in cases], dtype=np.int64)
    sizes = (len(cases), len(taskers), len(labels))
    columns = _Columns(task, worker, label, sizes, known)
    judged = _judged_by_class(cases, columns) if (known >= 0).any() else []
    told = columns.estimate(known)
    copies = _copies(task, worker, label, sizes, taskers)
    more = forecast(ballots.terms, told, (task, label), known)
    judged_by = decides | {methods.CATEGORICAL: judged}
    return Crowded(labels, taskers, told, judged=judged_by, copies=copies, more_people=more)


@dataclass(frozen=True)
class _Columns:
    """All labels of a project, and the class of each task where it is known, else -1."""

    task: Ints
    worker: Ints
    label: Ints
    sizes: tuple[int, int, int]
    known: Ints

    def estimate(self, known: Ints | None) -> Estimate:
        return estimate(self.task, self.worker, self.label, self.sizes, known)


def _copies(task: Ints, worker: Ints, label: Ints, sizes: tuple[int, int, int], taskers: Sequence[int]) -> list[Copied]:
    if len(taskers) > MOST_COMPARED:
        return []
    found = find_copies(task, worker, label, sizes)
    return [Copied(**asdict(one) | {"who": taskers[one.who], "of": taskers[one.of]}) for one in found]


def estimate_parts(ballots: Ballots) -> Crowded:
    """Part by part: the two-class models over all that was marked, told the known answers; and again without, to be
    judged by them."""
    gold = [asked(ballots.terms, one.votes, one.truth) for one in ballots.known if one.source == GOLD]
    rows: list[Asked] = [*(one for row in ballots.rows for one in row.said), *gold]
    taskers = sorted({tasker for one in rows for tasker in one.taskers})
    labels = as_labels(rows, taskers)
    if not labels.task.size:
        return Crowded(SIDES, judged={ballots.terms.settings.aggregation: []})
    key = ballots.terms.settings.aggregation
    told = BY_PART[key].estimate(rows, labels)
    naming = learn_naming((one.taskers, one.called) for one in rows)
    judged: list[Judged] = []
    if ballots.known:
        untold = BY_PART[key].estimate(rows, labels._replace(known=np.full_like(labels.known, -1)))
        judged = _judged_apart(ballots, untold, naming, taskers)
    return Crowded(SIDES, taskers, told.estimate, judged={key: judged}, words=told.words, naming=naming)


def _judged_apart(ballots: Ballots, untold: Told, naming: Naming, taskers: Sequence[int]) -> list[Judged]:
    """The method's word on each known answer, by people and words estimated without any of them."""
    terms, agree, accuracy_model = ballots.terms, agreement_in(ballots.terms), accuracy_model_of(untold.estimate)
    parameters = {key: parameters_of(untold.estimate, place) for place, key in enumerate(taskers)}
    method, stranger, found = BY_PART[terms.settings.aggregation], newcomer(accuracy_model), []
    for one in ballots.known:
        if len(one.votes) < min(2, terms.settings.wanted):
            continue
        known = [parameters.get(vote.annotation.tasker_id, stranger) for vote in one.votes]
        standings, named = zip(*((vote.standing, naming_of(naming, vote)) for vote in one.votes), strict=True)
        judges = Judges(accuracy_model, known, standings, one.votes[0].text, untold.words, named)
        answers = [vote.answer for vote in one.votes]
        outcome = decide(method, answers, judges, agree, threshold_of(terms), terms.settings.thresholds)
        if outcome.decided and outcome.answer is not None:
            right = agree(outcome.answer, one.truth) >= threshold_of(terms)
            found.append(Judged(one.source, outcome.confidence, right))
    return found


@dataclass(frozen=True)
class _Case:
    said: Sequence[tuple[int, int]]  # tasker, class
    truth: int  # a class, or -1 where it isn't known
    source: str  # "" where the method isn't asked about it


def _cases(ballots: Ballots, place: Mapping[str, int]) -> list[_Case]:
    choice = methods.choice_in(ballots.terms.project.task_type)
    audits = {one.task.pk for one in ballots.known if one.source == AUDIT}
    rows = [(one.said, one.label, AUDIT if one.task in audits else "") for one in ballots.rows]
    for one in ballots.known:
        if one.source == GOLD:
            rows.append((_small(ballots.terms, one.votes, None), (choice and choice(one.truth)) or "", GOLD))
    found = []
    for said, truth, source in rows:
        placed = [(tasker, place[label]) for tasker, label in said if label in place]
        if placed:
            found.append(_Case(placed, place.get(truth, -1), source))
    return found


def _judged_by_class(cases: Sequence[_Case], columns: _Columns) -> list[Judged]:
    """The pooled models on each known answer, told none of them; where the crowd alone doesn't tell what is true, each
    half of them is judged by an estimate that is told the other."""
    untold, known = columns.estimate(None), columns.known
    places = np.flatnonzero(known >= 0)
    judges = [(untold, places)]
    if not untold.identified:
        halves = [np.isin(np.arange(known.size), half) for half in (places[::2], places[1::2])]
        judges = [(columns.estimate(np.where(half, -1, known)), np.flatnonzero(half)) for half in halves]
    return [
        Judged(cases[i].source, float(found.confidence[i]), bool(found.answer[i] == known[i]))
        for found, half in judges
        for i in half.tolist()
        if cases[i].source
    ]


def _judged(ballots: Ballots) -> dict[str, Sequence[Judged]]:
    """The method that decides on each known answer that it decides, by its name."""
    terms, agree = ballots.terms, agreement_in(ballots.terms)
    found = []
    for one in ballots.known:
        outcome = weigh(terms, one.votes).outcome
        if outcome.decided and outcome.answer is not None and len(one.votes) >= min(2, terms.settings.wanted):
            right = agree(outcome.answer, one.truth) >= threshold_of(terms)
            found.append(Judged(one.source, outcome.confidence, right))
    return {terms.settings.aggregation: found}


def _groups(terms: Terms, votes: Sequence[Vote]) -> list[list[int]]:
    """A task's taskers in the groups that agree, the largest first; the order of the answers is nothing."""
    ordered = sorted(votes, key=lambda one: one.annotation.tasker_id)
    table = pairwise([one.answer for one in ordered], agreement_in(terms))
    left, groups = list(range(len(ordered))), []
    while left:
        found = {left[i] for i in largest_group(table[np.ix_(left, left)], threshold_of(terms))}
        groups.append([ordered[i].annotation.tasker_id for i in sorted(found)])
        left = [i for i in left if i not in found]
    return groups


def _evidence(terms: Terms) -> dict[int, tuple[float, float]]:
    """What known answers and reviewers say of each tasker, as weights (good, poor); the newest of each subject.

    Gold that is suspect now, or whose answer was voided, says nothing.
    """
    of_gold = Annotation.objects.filter(task__project=terms.project, assignment__kind="gold")
    untold = of_gold.filter(Q(task__gold__stock__suspect_at__isnull=False) | Q(assignment__voided_at__isnull=False))
    subjects = {f"annotation:{pk}" for pk in untold.values_list("pk", flat=True)}
    rows = Grade.objects.filter(project_key=terms.project.public_id).order_by("tasker", "subject", "-pk")
    sums: dict[int, list[float]] = defaultdict(lambda: [0.0, 0.0])
    newest = rows.distinct("tasker", "subject").values_list("tasker", "subject", "source", "value")
    for tasker, subject, source, value in newest:
        if source != Grade.Source.VERDICT and subject not in subjects:
            weight = quality.WEIGHTS[source]
            sums[tasker][0] += weight * value
            sums[tasker][1] += weight * (1 - value)
    return {key: (good, poor) for key, (good, poor) in sums.items()}


def _gold(terms: Terms) -> tuple[list[Known], int]:
    """Answers given to known ones unseen, in groups as large as a task's; and how many known answers tell nothing.

    Groups of one gold repeat each other, so only a few are asked about.
    """
    truths = _truths(terms)
    rows = Annotation.objects.current().filter(
        task__project=terms.project, assignment__kind="gold", assignment__state="submitted", assignment__voided_at=None
    )
    rows = rows.select_related("assignment", "tasker", "task").order_by("task", "pk")
    size = max(terms.settings.wanted, 1)
    worth = _worth(terms)
    found = []
    for key, some in groupby(rows.iterator(chunk_size=500), key=lambda one: one.task_id):
        truth = truths.get(key)
        if truth is None:
            continue
        answers = list(some)[: size * MOST_PER_GOLD]
        for start in range(0, len(answers), size):
            votes = [one for one in (_vote(terms, each, worth) for each in answers[start : start + size]) if one.votes]
            if votes:
                found.append(Known(GOLD, answers[0].task, truth, votes))
    return found, sum(truth is None for truth in truths.values())


def _truths(terms: Terms) -> dict[int, dict | None]:
    """Task -> its known answer, None where that is suspect (teaching/contradictions.py), is none any more, or no longer
    fits its task."""
    rows = Gold.objects.filter(task__project=terms.project).select_related("task")
    unsure = set(rows.filter(stock__suspect_at__isnull=False).values_list("pk", flat=True))
    unsure |= {one.pk for one in rows if one.retired_at}
    return {one.task_id: None if one.pk in unsure else known_answer(terms, one.task, one.answer) for one in rows}


def _vote(terms: Terms, one: Annotation, worth: Mapping[str, float]) -> Vote:
    answer, why = as_it_counts(terms, one.task, one.answer)
    return Vote(one, answer, why, worth.get(f"annotation:{one.pk}", quality.mean(0.0, 0.0)))


def _worth(terms: Terms) -> dict[str, float]:
    """Each answer to a known one -> its tasker's standing without the grade that this very answer got."""
    key = terms.project.public_id
    whole = {tasker: (good, poor) for tasker, good, poor in _standings(key)}
    grades = Grade.objects.filter(project_key=key, source=Grade.Source.GOLD)
    weight = quality.WEIGHTS[Grade.Source.GOLD.value]
    return {
        subject: quality.mean(
            max(whole[tasker][0] - weight * value, 0.0), max(whole[tasker][1] - weight * (1 - value), 0.0)
        )
        for tasker, subject, value in grades.values_list("tasker", "subject", "value")
        if tasker in whole
    }


def _standings(project_key: UUID) -> Iterable[tuple[int, float, float]]:
    return Standing.objects.filter(project_key=project_key).values_list("tasker", "good", "poor")
