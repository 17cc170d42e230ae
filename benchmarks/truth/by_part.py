"""spans_v1 and regions_v1 as they decide single tasks, beside the methods that decide whole answers.

Taskers are known by the other documents alone (five folds), as those of a project are by what it decided before.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from benchmarks.truth import data
from benchmarks.truth.span_scores import span_f1
from benchmarks.truth.verdicts import Ledger
from projects.inference import BY_PART, Outcome, geometry, vector_shapes
from projects.inference.agreement import spans_agreement
from projects.inference.calibration import calibration_error
from projects.inference.incremental import (
    AccuracyModel,
    AnnotatorParameters,
    accuracy_model_of,
    newcomer,
    parameters_of,
)
from projects.inference.instance_level import Asked, ByParts, Judges, Merged, as_labels, decide
from projects.inference.majority import majority_v1
from projects.inference.masks import merge_regions
from projects.inference.naming import Naming, learn_naming
from projects.inference.reliability import first_accuracy_model
from projects.inference.span_words import Words
from projects.inference.spans import merge_spans
from projects.inference.standing import standing_v1

FOLDS, STRANGER = 5, 0.75
AGREED = 0.75  # where two answers say the same, unless a project says otherwise
TERMS = {"span_match": "overlap"}  # the taskers of pico agree on bounds too seldom for anything else
SPANS, REGIONS = BY_PART["spans_v1"], BY_PART["regions_v1"]
Answers = Mapping[Any, dict[str, Any]]  # who said what of one task


class Known(NamedTuple):
    """What an estimate leaves: of the crowd, of each tasker, and of the words."""

    accuracy_model: AccuracyModel
    people: Mapping[Hashable, AnnotatorParameters]
    words: Mapping[str, Words]
    naming: Naming


def known_by(
    method: ByParts, answers: Sequence[Answers], texts: Sequence[str] = (), terms: Mapping[str, Any] | None = None
) -> Known:
    """What the estimate of a project learns from all of these tasks."""
    rows = []
    for one, text in zip(answers, texts or [""] * len(answers), strict=True):
        said, where = method.ask(list(one.values()), terms or {}, text)
        called = method.called(list(one.values()), terms or {})
        rows.append(Asked(list(one), said, np.full(len(said), -1), text, where, called))
    taskers = sorted({who for one in answers for who in one}, key=str)
    told = method.estimate(rows, as_labels(rows, taskers))
    people = {who: parameters_of(told.estimate, place) for place, who in enumerate(taskers)}
    naming = learn_naming((one.taskers, one.called) for one in rows)
    return Known(accuracy_model_of(told.estimate), people, told.words, naming)


def judges_of(answers: Answers, known: Known, text: str = "") -> Judges:
    """Those who answered a task; who isn't known is a newcomer, and all are trusted alike with shapes."""
    people = [known.people.get(who, newcomer(known.accuracy_model)) for who in answers]
    naming = [known.naming.chance(who, STRANGER) for who in answers]
    return Judges(known.accuracy_model, people, [STRANGER] * len(answers), text, known.words, naming)


def merged(
    method: ByParts, answers: Answers, known: Known, text: str = "", terms: Mapping[str, Any] | None = None
) -> Merged:
    """What a project makes of one task."""
    return method.merge(list(answers.values()), judges_of(answers, known, text), terms or {})


def nobody_known() -> Known:
    """Before any estimate."""
    return Known(first_accuracy_model(2), {}, {}, Naming())


def run(root: Path, ledger: Ledger) -> None:
    """Both tables."""
    spans(data.documents(root), ledger)
    regions(data.pictures(root), ledger)


def spans(found: Sequence[data.Document], ledger: Ledger) -> None:
    """Span F1 of what is merged from each document's answers, and how many are decided, how sure and how rightly."""
    fold = np.random.default_rng(0).integers(0, FOLDS, len(found))
    unknown = nobody_known()
    known = [_learnt([one for one, at in zip(found, fold, strict=True) if at != number]) for number in range(FOLDS)]
    truth = [one.truth for one in found]
    ledger.say("\n## Part by part: pico, one document at a time")
    plain = [_in_tokens(one, merge_spans(list(one.answers.values()))) for one in found]
    first = [_in_tokens(one, _merged(one, unknown)) for one in found]
    later = [_in_tokens(one, _merged(one, known[at])) for one, at in zip(found, fold, strict=True)]
    for name, said in (("majority_v1", plain), ("spans_v1, strangers", first), ("spans_v1, known taskers", later)):
        relaxed, strict = span_f1(said, truth)
        ledger.say(f"{name:24s} relaxed F1 {relaxed:.1%}, strict F1 {strict:.1%}")
    ledger.say("")
    ways: dict[str, Callable[[data.Document, Known], Outcome]] = {
        "majority_v1": lambda one, _: majority_v1(list(one.answers.values()), _agree, _merge, AGREED),
        "standing_v1": lambda one, _: _by_standing(one),
        "spans_v1": _by_part,
    }
    for name, way in ways.items():
        rows = [(one, way(one, known[at])) for one, at in zip(found, fold, strict=True)]
        decided = [(one, outcome) for one, outcome in rows if outcome.decided]
        right = np.mean([_agree(outcome.answer or {}, _truth(one)) >= AGREED for one, outcome in decided])
        sure = np.mean([outcome.confidence for _, outcome in decided])
        share = len(decided) / len(rows)
        ledger.say(f"{name:24s} decides {share:.0%}; right {right:.0%} of these, said {sure:.0%}")
    gain = span_f1(later, truth)[0] - span_f1(plain, truth)[0]
    ledger.told("spans_v1 against majority_v1, pico, one task at a time", "> 0", f"{gain:+.1%} relaxed F1", gain > 0)


def decided_together(found: Sequence[data.Document]) -> tuple[list[data.Spans], float, float]:
    """What spans_v1 merges of each document after an estimate over all of them, as a project's tasks are weighed again
    every night; the calibration error of how sure it is of each, before anything is known; and the seconds."""
    started = time.process_time()
    return _decided(found, [_learnt(found)] * len(found), started)


def decided_apart(found: Sequence[data.Document]) -> tuple[list[data.Spans], float, float]:
    """The same where taskers and words are known by the other documents alone, as of a task that has just come."""
    started = time.process_time()
    fold = np.random.default_rng(0).integers(0, FOLDS, len(found))
    known = [_learnt([one for one, at in zip(found, fold, strict=True) if at != number]) for number in range(FOLDS)]
    return _decided(found, [known[at] for at in fold], started)


def _decided(
    found: Sequence[data.Document], known: Sequence[Known], started: float
) -> tuple[list[data.Spans], float, float]:
    said = [_in_tokens(one, _merged(one, by)) for one, by in zip(found, known, strict=True)]
    seconds = time.process_time() - started
    rows = [(one, _by_part(one, by)) for one, by in zip(found, known, strict=True)]
    decided = [(one, outcome) for one, outcome in rows if outcome.decided]
    right = np.array([_agree(outcome.answer or {}, _truth(one)) >= AGREED for one, outcome in decided], dtype=float)
    sure = np.array([outcome.confidence for _, outcome in decided])
    return said, calibration_error(sure, right) if sure.size else 0.0, seconds


def regions(found: Sequence[data.Picture], ledger: Ledger) -> None:
    """Mean IoU with the truth of the one thing that each image shows, masks and boxes."""
    ledger.say("\n## Part by part: bubil, one image at a time")
    for kind, shapes, truth in (
        ("masks", [[geometry.mask_from_bitmap(mask) for mask in one.masks] for one in found], _true_mask),
        ("boxes", [[vector_shapes.box(box) for box in one.boxes] for one in found], _true_box),
    ):
        answers = [[{"regions": [_region(shape)]} for shape in some] for some in shapes]
        plain = [_iou(merge_regions(some), truth(one)) for some, one in zip(answers, found, strict=True)]
        parts = [
            _iou(merged(REGIONS, dict(enumerate(some)), nobody_known()).answer, truth(one))
            for some, one in zip(answers, found, strict=True)
        ]
        ledger.say(f"{kind}: majority_v1 {np.mean(plain):.4f}, regions_v1 {np.mean(parts):.4f}")
        gain = float(np.mean(parts) - np.mean(plain))
        ledger.told(f"regions_v1 against majority_v1, bubil {kind}", "≥ 0", f"{gain:+.4f} IoU", gain >= 0)


def _learnt(found: Sequence[data.Document]) -> Known:
    return known_by(SPANS, [one.answers for one in found], [one.text for one in found], TERMS)


def _merged(one: data.Document, known: Known) -> dict[str, Any]:
    return merged(SPANS, one.answers, known, one.text, TERMS).answer


def _by_part(one: data.Document, known: Known) -> Outcome:
    judges = judges_of(one.answers, known, one.text)
    return decide(SPANS, list(one.answers.values()), judges, _agree, AGREED, TERMS)


def _by_standing(one: data.Document) -> Outcome:
    answers = list(one.answers.values())
    return standing_v1(answers, _agree, _merge, AGREED, [STRANGER] * len(answers))


def _merge(answers: Sequence[dict[str, Any]], trust: Sequence[float] | None = None) -> dict[str, Any]:
    return merge_spans(answers)


def _agree(first: dict[str, Any], second: dict[str, Any]) -> float:
    return spans_agreement(first, second, "overlap")


def _in_tokens(one: data.Document, answer: dict[str, Any]) -> list[tuple[int, int, str]]:
    return [(*one.tokens_of(span["start"], span["end"]), span["label"]) for span in answer["spans"]]


def _truth(one: data.Document) -> dict[str, Any]:
    spans = [(int(one.starts[first]), int(one.ends[last - 1]), label) for first, last, label in one.truth]
    return {"spans": [{"start": start, "end": end, "label": label} for start, end, label in spans]}


def _region(shape: dict[str, Any]) -> dict[str, Any]:
    return {"id": "r1", "label": "thing", "shape": shape, "attributes": {}}


def _true_mask(one: data.Picture) -> dict[str, Any]:
    return geometry.mask_from_bitmap(one.truth)


def _true_box(one: data.Picture) -> dict[str, Any]:
    return vector_shapes.box(one.true_box.tolist())


def _iou(answer: dict[str, Any], truth: dict[str, Any]) -> float:
    """Of the largest thing found; 0 for none."""
    shapes = [region["shape"] for region in answer["regions"]]
    if not shapes:
        return 0.0
    if truth["type"] == "mask":
        return float(geometry.mask_ious(shapes, [truth]).max())
    return float(vector_shapes.box_likeness(shapes, [truth]).max())
