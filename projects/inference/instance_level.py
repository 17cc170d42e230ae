"""Answers made of parts, decided part by part: what is there, and how likely the whole is right.

Whatever anybody marked in a task is one question, "is it there?", and everybody who answered the task has answered it,
by marking it or by leaving it out. Those questions of a whole project go to the worker models (`classification`, two
classes), which leave an accuracy model and the parameters of each tasker; here one task is decided by them, at once. So
two careful people can outvote three who miss much, and what everybody marked is kept whatever else they differ about.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

import numpy as np
import scipy
from numpy.typing import NDArray

from projects.inference import arguments
from projects.inference.classification import Estimate
from projects.inference.incremental import AccuracyModel, AnnotatorParameters, posterior
from projects.inference.naming import Called
from projects.inference.outcome import WHY, Agree, Answer, Outcome, Part
from projects.inference.span_words import Words
from projects.inference.standing import SURE

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]

SIDES = ("absent", "there")  # the two classes of every question
LIKELY = 0.5
MOST_PARTS = 20  # of one task that are told one by one


@dataclass(frozen=True)
class Judges:
    """Those who answered a task, in the order of their answers: parameters within an accuracy model of two classes
    (SIDES), `standings`, the chance that each is right, and `naming`, the chance that what each calls a thing is right
    (their standings where it is empty). Beside them, for texts, the `text` and what its `words` tell of each label."""

    accuracy_model: AccuracyModel
    parameters: Sequence[AnnotatorParameters]
    standings: Sequence[float]
    text: str = ""
    words: Mapping[str, Words] = field(default_factory=dict)
    naming: Sequence[float] = ()

    def without(self, which: int) -> Judges:
        """All but one."""
        return replace(
            self,
            parameters=[*self.parameters[:which], *self.parameters[which + 1 :]],
            standings=[*self.standings[:which], *self.standings[which + 1 :]],
            naming=[*self.naming[:which], *self.naming[which + 1 :]],
        )

    def chances_in(self, label: str, starts: Ints, ends: Ints, said: Bools) -> Floats:
        """The same for stretches [start, end) of the text under one label, where words are known to tell something."""
        chances, words = self.chances(said), self.words.get(label)
        if words is None or not self.text or not chances.size:
            return chances
        often = float(posterior(self.accuracy_model, [], [])[1])
        lean = words.lean(self.text, starts.tolist(), ends.tolist())
        inside = np.clip(chances, 1e-9, 1 - 1e-9)
        # The words say how often such a stretch is inside, in the place of how often any is.
        return scipy.special.expit(
            scipy.special.logit(inside) - scipy.special.logit(np.clip(often, 1e-9, 1 - 1e-9)) + lean
        ).round(9)

    def chances(self, said: Bools) -> Floats:
        """(questions, judges) who marked it -> how likely each thing is there."""
        patterns, place = np.unique(said, axis=0, return_inverse=True)
        told = [posterior(self.accuracy_model, self.parameters, [int(one) for one in row])[1] for row in patterns]
        return np.array(told, dtype=float).round(9)[place.reshape(-1)] if len(said) else np.zeros(0)

    def name(
        self, who: Sequence[int], labels: Sequence[str], stretch: tuple[int, int] | None = None
    ) -> tuple[str, float]:
        """What most of the trust calls a thing, `labels[i]` being what judge `who[i]` does, and the chance that this
        is right; none of the names being right is possible. Of a `stretch` [start, end) of the text the words say as
        well which of the names it is, where they tell something of each."""
        given = self.naming or self.standings
        trust = np.clip([given[one] for one in who], 1 - SURE, SURE)
        names = sorted(set(labels))
        called = np.array([[label == name for label in labels] for name in names])
        scores = np.where(called, np.log(trust), np.log(1 - trust)).sum(1)
        if stretch and self.text and all(name in self.words for name in names):
            leans = np.concatenate([self.words[name].lean(self.text, stretch[:1], stretch[1:]) for name in names])
            scores += scipy.special.log_softmax(leans) + np.log(len(names))  # nothing where all are as likely
        chances = np.exp(np.append(scores, np.log(1 - trust).sum()) - scores.max())
        best = int(np.argmax(chances[:-1].round(12)))
        return names[best], float(chances[best] / chances.sum())

    def missed(self) -> float:
        """How likely a thing is overlooked by all, if it were there as often as not."""
        before = float(posterior(self.accuracy_model, [], [])[1])
        after = float(posterior(self.accuracy_model, self.parameters, [0] * len(self.parameters))[1])
        odds = (after / max(1 - after, 1e-12)) * ((1 - before) / max(before, 1e-12))
        return odds / (1 + odds)


@dataclass(frozen=True)
class Merged:
    """One answer from several. `right[i]` is the chance that part i of it is right; `missing` the chances of other
    things, left out of it, to be there. `edge(i)` says how far the edge of part i is in doubt (Part.edge); it is asked
    for what is shown only, since it costs as much as drawing the thing."""

    answer: Answer
    right: Floats
    missing: Floats
    edge: Callable[[int], float | None] = lambda number: None


Where = tuple[str, int, int]  # a label, and the stretch of the text


@dataclass(frozen=True)
class Asked:
    """One task: its taskers, `said` (questions, taskers) who marked each thing, and whether it is there: 1, 0, or -1
    where that isn't known."""

    taskers: Sequence[Any]
    said: Bools
    known: Ints
    text: str = ""
    where: Sequence[Where] = ()  # of each question of a text
    called: Sequence[Sequence[Called]] = ()  # what each thing was called, by which of the taskers


@dataclass(frozen=True)
class Told:
    """What all questions of a project tell: of its taskers, and of the words of each label."""

    estimate: Estimate
    words: Mapping[str, Words] = field(default_factory=dict)


class Labels(NamedTuple):
    """The answers to all questions, as `aggregation.classification.estimate` takes them."""

    task: Ints
    worker: Ints
    said: Ints
    sizes: tuple[int, int, int]
    known: Ints


@dataclass(frozen=True)
class ByParts:
    """A method for one kind of answer: what it asks about a set of answers, and how it merges them.

    `ask(answers, thresholds, text)` gives (questions, answers), who marked what, and where each question is asked (for
    texts). `merge(answers, judges, thresholds)`. `estimate(rows, labels)` takes all questions of a project together.
    `called(answers, thresholds)` gives what each thing was called, by which answers.
    """

    ask: Callable[[Sequence[Answer], Mapping[str, Any], str], tuple[Bools, Sequence[Where]]]
    merge: Callable[[Sequence[Answer], Judges, Mapping[str, Any]], Merged]
    estimate: Callable[[Sequence[Asked], Labels], Told]
    called: Callable[[Sequence[Answer], Mapping[str, Any]], list[list[Called]]]


def as_labels(rows: Sequence[Asked], taskers: Sequence[Any]) -> Labels:
    """All tasks together; a tasker is their place among `taskers`. BadArgument where a task doesn't say of each
    question whether it is known, and of each tasker what they said."""
    number = {key: place for place, key in enumerate(taskers)}
    first, parts = 0, []
    for one in rows:
        arguments.known("known", one.known, len(one.said), len(SIDES))
        if len(one.said) and one.said.shape != (len(one.said), len(one.taskers)):
            raise arguments.BadArgument("said", f"there must be a column for each tasker, not {one.said.shape}")
        who = np.array([number[key] for key in one.taskers], dtype=np.int64)
        question, place = np.indices(one.said.shape)
        parts.append(np.stack([first + question.ravel(), who[place.ravel()], one.said.ravel().astype(np.int64)]))
        first += len(one.said)
    task, worker, said = np.concatenate(parts, axis=1) if parts else np.zeros((3, 0), dtype=np.int64)
    known = np.concatenate([one.known for one in rows]) if rows else np.zeros(0, dtype=np.int64)
    return Labels(task, worker, said, (first, len(taskers), 2), known)


def decide(
    method: ByParts,
    answers: Sequence[Answer],
    judges: Judges,
    agree: Agree,
    threshold: float,
    thresholds: Mapping[str, Any],
) -> Outcome:
    """Decide for the merged answer where it more likely agrees with the truth, by `threshold` or more, than not.

    A lone answer is as likely right as its tasker's are. Each answer is compared with the merge of the others; where
    only one is like the outcome, which rests on it, nobody is compared. BadArgument if judges and answers differ in
    number or a standing is outside [0, 1].
    """
    arguments.chance("threshold", threshold)
    arguments.chances("standings", judges.standings, len(answers))
    if len(judges.parameters) != len(answers):
        raise arguments.BadArgument("parameters", f"there must be {len(answers)}, one for each answer")
    nobody: list[float | None] = [None] * len(answers)
    if not answers:
        return Outcome(False, None, 0.0, [], [], WHY["none"])
    merged = method.merge(answers, judges, thresholds)
    alone = len(answers) == 1
    missing = np.append(merged.missing, judges.missed())
    sure = judges.standings[0] if alone else chance_of_agreement(merged.right, missing, threshold)
    if sure <= LIKELY:
        why = WHY["alone-as-a-whole" if alone else "as-a-whole"] % {"count": len(answers), "sure": f"{sure:.0%}"}
        return Outcome(False, None, 0.0, nobody, [], why, _parts(merged))
    close = [i for i, answer in enumerate(answers) if agree(answer, merged.answer) >= threshold]
    supports = close or list(range(len(answers)))
    agreements = [
        None
        if len(supports) == 1
        else agree(answer, method.merge([*answers[:i], *answers[i + 1 :]], judges.without(i), thresholds).answer)
        for i, answer in enumerate(answers)
    ]
    parts = len(merged.right)
    why = WHY["part" if parts == 1 else "parts"] % {"parts": parts, "sure": f"{sure:.0%}"}
    return Outcome(True, merged.answer, sure, agreements, supports, why, _parts(merged))


def _parts(merged: Merged) -> list[Part]:
    """The most doubtful parts, in the order of their doubt."""
    (kept,) = merged.answer.values()
    most = np.argsort(merged.right, kind="stable")[:MOST_PARTS].tolist()
    return [Part(kept[n]["label"], float(merged.right[n]), merged.edge(n)) for n in most]


def chance_of_agreement(right: Floats, missing: Floats, threshold: float) -> float:
    """The chance that 2 × matched / (size + size of the truth) reaches `threshold`, parts being right one by one.

    A kept part that isn't right stands for one that should be there (other bounds, another label), so the truth holds
    as many as are kept, and those `missing` that are there. BadArgument for one outside [0, 1].
    """
    right, missing = arguments.chances("right", right), arguments.chances("missing", missing)
    arguments.chance("threshold", threshold)
    matched, besides = _counts(right), _counts(missing)
    at_least = np.append(matched[::-1].cumsum()[::-1], 0.0)  # the chance of so many or more
    size = len(right)
    needed = threshold * (2 * size + np.arange(len(besides))) / 2
    enough = np.clip(np.ceil(needed - 1e-9), 0, size + 1).astype(np.int64)
    return float(np.clip(besides @ at_least[enough], 0.0, 1.0))


def _counts(chances: Floats) -> Floats:
    """The distribution of how many of independent things come true."""
    shares = np.zeros(len(chances) + 1)
    shares[0] = 1.0
    for number, chance in enumerate(chances, start=1):
        shares[1 : number + 1] = shares[1 : number + 1] * (1 - chance) + shares[:number] * chance
        shares[0] *= 1 - chance
    return shares
