"""How well a model does on tasks that people decided without its help: one score in [0, 1] for each of them, or None
where a task asks nothing that such a model could tell, since that two models know nothing of it makes neither as good.

A kind of model is one line of MEASURES: its metric, which is one function, and figures that are told beside. All models
are asked through the runtime, behind people's questions.
"""

import asyncio
import dataclasses
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple, TypeVar

import numpy as np

from assist.adapters.kinds import outside
from assist.errors import CopilotError
from assist.learning import boundary_scores, box_scores, class_scores, reading_scores, span_scores
from assist.learning.asked import NO_ANSWER, NO_IMAGE, UNREADABLE, Asked, Metric, Scores, patiently
from assist.learning.blind_verdicts import Decided
from assist.learning.figures import Kind
from assist.learning.region_masks import as_mask, middle
from assist.learning.span_scores import Place
from assist.models import ModelVersion
from assist.runtime.client import RuntimeClient
from assist.suggestions import class_vectors, edit_distance, judged, leading_words, prototypes
from assist.suggestions.bindings import picture_of, read_picture
from assist.suggestions.label_map import project_label
from assist.suggestions.offers import Picture
from assist.suggestions.prototypes import Choices
from projects.inference.fields import value_agreement
from projects.inference.geometry import bitmap_from_mask, mask_box

PORTION = 64  # texts at once, so that people's own questions come in between
MOST_REGIONS = 5  # of a picture, from its first
T = TypeVar("T")
Guessed = Mapping[str, tuple[str, float | None]]  # by field the label, and its share where that may be believed


def _portions(version: ModelVersion, work: Sequence[Decided]) -> list[Sequence[Decided]]:
    """What is asked at once: of another host one text, so that the time of each answer is its own, and one that takes
    long costs no other."""
    size = 1 if outside(version.terms) else PORTION
    return [work[at : at + size] for at in range(0, len(work), size)]


async def _in_time(ask: Callable[[], Awaitable[Sequence[T]]], texts: int) -> list[T | None]:
    """What is said of so many texts; nothing of a single one that took too long twice."""
    if texts > 1:
        return [*await ask()]
    try:
        return [*await patiently(ask)]
    except CopilotError as problem:
        if problem.code != NO_ANSWER:
            raise
        return [None]


async def spans(client: RuntimeClient, version: ModelVersion, asked: Asked, decided: Sequence[Decided]) -> Scores:
    """F1 of each blind text by the spans that would be offered: one counts where place and label are the same. Nothing
    for nothing is 1; no answer is 0, also where there was nothing to find."""
    work = [one for one in decided if one.blind]
    found: list[list[Any] | None] = []
    for some in _portions(version, work):
        texts = [str(one.task.payload.get("text", "")) for one in some]
        asked.about(*(one.task.pk for one in some))
        found += await _in_time(partial(client.spans_of, str(version), texts), len(some))
    offered = [
        _offered(said or (), asked, version, str(one.task.payload.get("text", "")))
        for said, one in zip(found, work, strict=True)
    ]
    for said, own, one in zip(found, offered, work, strict=True):
        asked.was_sure(one.task.pk, ((score, place in _places(one.answer)) for place, score in own.items()))
        asked.evidence[one.task.pk] = span_scores.compared(own, _places(one.answer))
        places = [{"start": start, "end": end, "label": label} for start, end, label in sorted(own)]
        asked.heard[one.task.pk] = {"fault": NO_ANSWER} if said is None else {"spans": places}
    return [
        (0.0 if said is None else span_scores.text_f1(own, _places(one.answer)))
        if one.task.payload.get("text")
        else None
        for said, own, one in zip(found, offered, work, strict=True)
    ]


def _offered(
    said: Sequence[Sequence[Any]], asked: Asked, version: ModelVersion, text: str
) -> Mapping[Place, float | None]:
    """The spans of a text that would be offered, each with how sure the model is of it, as far as it tells."""
    own, found = version.terms.get("label_map"), dict[Place, float | None]()
    for start, end, theirs, score in said:
        label = project_label(theirs, asked.mapping, asked.labels, own)
        sure = asked.sure(version, score, label or "")
        if label and asked.offers(label, sure):
            first = leading_words.trimmed_start(text, int(start), int(end), asked.leading.get(label, {}))
            found[first, int(end), label] = sure
    return found


def _places(answer: Mapping[str, Any]) -> set[Place]:
    return {(one["start"], one["end"], one["label"]) for one in answer["spans"]}


async def classes(client: RuntimeClient, version: ModelVersion, asked: Asked, decided: Sequence[Decided]) -> Scores:
    """The share of each blind text's fields that are guessed right: by a model that says itself how likely each label
    is, or by what all the other verdicts teach."""
    if judged.gives_shares(version):
        return await _judged(client, version, asked, [one for one in decided if one.blind])
    work = [one for one in decided if one.task.payload.get("text")]
    texts = [str(one.task.payload["text"]) for one in work]
    if not texts or not asked.fields:
        return [None for one in decided if one.blind]
    phrases = await class_vectors.phrases(client, str(version), asked.fields)
    portions = [work[at : at + PORTION] for at in range(0, len(work), PORTION)]
    vectors = np.concatenate([await _vectors(client, version, asked, some) for some in portions])
    words = {field.field: class_vectors.words(field, phrases) for field in asked.fields}
    found = _by_the_others(asked.fields, work, vectors, words)
    return [_scored(asked, found[one.task.pk], one) if one.task.pk in found else None for one in decided if one.blind]


async def _vectors(client: RuntimeClient, version: ModelVersion, asked: Asked, some: Sequence[Decided]) -> np.ndarray:
    asked.about(*(one.task.pk for one in some))
    return await client.vectors(str(version), [str(one.task.payload["text"]) for one in some])


def _by_the_others(
    fields: Sequence[Choices], work: Sequence[Decided], vectors: np.ndarray, words: Mapping[str, np.ndarray]
) -> Mapping[int, Guessed]:
    """By task the label of each field, as all other `work` teaches it; a vector for each."""
    guessed: dict[int, dict[str, tuple[str, float | None]]] = {one.task.pk: {} for one in work}
    for field in fields:
        places = {label: place for place, label in enumerate(field.phrases)}
        own = np.array([places.get(_label(one.answer, field.field), -1) for one in work])
        used = own >= 0
        blind = np.array([one.blind for one in work])[used]
        cosines = prototypes.left_out(words[field.field], vectors[used], own[used], blind)
        tasks = [one.task.pk for one, kept in zip(work, used, strict=True) if kept and one.blind]
        shares = prototypes.shares_of_left_out(cosines, own[used][blind])
        for at, (task, best) in enumerate(zip(tasks, cosines.argmax(1), strict=True)):
            guessed[task][field.field] = list(places)[best], None if shares is None else float(shares[at, best])
    return guessed


async def _judged(client: RuntimeClient, version: ModelVersion, asked: Asked, work: Sequence[Decided]) -> Scores:
    """Texts, of a model that gives shares. One that it has no answer to is guessed wrong."""
    labels, found = judged.phrases_of(asked.fields), list[judged.Shares | None]()
    for some in _portions(version, work):
        texts = [str(one.task.payload.get("text") or "") for one in some]
        asked.about(*(one.task.pk for one in some))
        found += await _in_time(partial(client.shares, str(version), texts, labels), len(some))
    return [
        _right(version, asked, shares, one) if one.task.payload.get("text") else None
        for shares, one in zip(found, work, strict=True)
    ]


async def pictures(client: RuntimeClient, version: ModelVersion, asked: Asked, decided: Sequence[Decided]) -> Scores:
    """The share of each blind picture's fields that are guessed right; None of what can't be read."""
    labels, found = judged.phrases_of(asked.fields), Scores()
    for one in (one for one in decided if one.blind):
        picture = picture_of(one.task)
        if picture is None:
            found.append(None)
            continue
        try:
            asked.about(one.task.pk)
            supply = partial(asyncio.to_thread, read_picture, picture)
            shares = await patiently(partial(client.image_shares, str(version), picture.sha256, supply, labels))
        except CopilotError as problem:
            if problem.code not in UNREADABLE:
                raise
            if problem.code == NO_IMAGE:
                found.append(None)
                continue
            shares = {}
        found.append(_right(version, asked, shares, one))
    return found


async def examples(client: RuntimeClient, version: ModelVersion, asked: Asked, decided: Sequence[Decided]) -> Scores:
    """The share of each blind picture's fields that are guessed right by what all the other verdicts show: no words lie
    near to an image. Where fewer than two labels were seen nothing is guessed. None of what can't be read."""
    rows = [(one, row) for one in decided if (row := await _vector(client, version, asked, one)) is not None]
    work, vectors = [one for one, _ in rows], np.array([row for _, row in rows])
    fields = [seen for field in asked.fields if len((seen := _seen(field, work)).phrases) > 1]
    words = {field.field: np.zeros((len(field.phrases), vectors.shape[1]), np.float32) for field in fields}
    found = _by_the_others(fields, work, vectors, words)
    blind = [one for one in decided if one.blind]
    told = [picture_of(one.task) is not None and not asked.unread(one.task.pk) for one in blind]
    return [
        _scored(asked, found.get(one.task.pk), one) if known else None for one, known in zip(blind, told, strict=True)
    ]


def _seen(field: Choices, work: Sequence[Decided]) -> Choices:
    """With those of its labels alone that were decided of some of these."""
    said = {_label(one.answer, field.field) for one in work}
    return dataclasses.replace(field, phrases={key: one for key, one in field.phrases.items() if key in said})


async def _vector(client: RuntimeClient, version: ModelVersion, asked: Asked, one: Decided) -> np.ndarray | None:
    """Where a picture lies; None where there is none, or none that can be read."""
    picture = picture_of(one.task)
    if picture is None:
        return None
    if (known := asked.vectors.get(str(version), {}).get(one.task.pk)) is not None:
        return known
    try:
        asked.about(one.task.pk)
        supply = partial(asyncio.to_thread, read_picture, picture)
        return await patiently(partial(client.image_vector, str(version), picture.sha256, supply))
    except CopilotError as problem:
        if problem.code not in UNREADABLE:
            raise
        asked.heard[one.task.pk] = {"fault": problem.code}
        return None


def _right(version: ModelVersion, asked: Asked, shares: judged.Shares | None, one: Decided) -> float | None:
    own = version.terms.get("label_map") or {}
    guesses = judged.guesses(asked.fields, shares or {}, asked.mapping, own)
    return _scored(asked, {guess.field: (guess.label, guess.score) for guess in guesses} if shares else None, one)


def _scored(asked: Asked, guessed: Guessed | None, one: Decided) -> float | None:
    """The share of a task's fields that were guessed right; `guessed`: None where nothing was said."""
    said = [_as_answer(field, guessed[field.field][0]) for field in asked.fields if guessed and field.field in guessed]
    asked.heard[one.task.pk] = {"fault": NO_ANSWER} if guessed is None else {"fields": said}
    true = {field.field: _label(one.answer, field.field) for field in asked.fields}
    wanted = [field.field for field in asked.fields if true[field.field] in field.phrases]
    told = {field: (guessed or {}).get(field, (None, None)) for field in wanted}
    known = {field: told[field][0] == true[field] for field in wanted}
    asked.was_sure(one.task.pk, zip((share for _, share in told.values()), known.values(), strict=True))
    asked.evidence[one.task.pk] = [(field, true[field], told[field][0]) for field in wanted]
    return asked.mean(known) if known else None


def _as_answer(field: Choices, label: str) -> dict[str, Any]:
    return {"field": field.field, "kind": field.kind, "value": field.value(label)}


def _label(answer: Mapping[str, Any], field: str) -> str:
    """The label that was decided; of a path its end."""
    value = next((one["value"] for one in answer["fields"] if one["field"] == field), "")
    return value[-1] if isinstance(value, list) and value else str(value)


async def words(client: RuntimeClient, version: ModelVersion, asked: Asked, decided: Sequence[Decided]) -> Scores:
    """How much of what was decided of a blind text's fields is in the words that are written for them; 0 without an
    answer, None where no such field was filled in."""
    return [await _words(client, version, asked, one) for one in decided if one.blind]


async def _words(client: RuntimeClient, version: ModelVersion, asked: Asked, one: Decided) -> float | None:
    text, fields = str(one.task.payload.get("text") or ""), {field.field: field for field in asked.texts}
    decided = {part["field"]: part["value"] for part in one.answer.get("fields", ())}
    wanted = {field: decided[field] for field in fields if decided.get(field)}
    if not text.strip() or not wanted:
        return None
    asked.about(one.task.pk)
    said: dict[str, str] = {}
    for field in wanted:
        ask = partial(client.written, str(version), text, fields[field].name, fields[field].longest)
        try:
            said[field] = await patiently(ask)
        except CopilotError as problem:
            if problem.code != NO_ANSWER:
                raise
    heard = [{"field": field, "kind": "text", "value": value} for field, value in said.items()]
    asked.heard[one.task.pk] = {"fields": heard} if heard else {"fault": NO_ANSWER}
    shares = {key: value_agreement("text", said[key], wanted[key]) if key in said else 0.0 for key in wanted}
    return asked.mean(shares)


async def masks(client: RuntimeClient, version: ModelVersion, asked: Asked, decided: Sequence[Decided]) -> Scores:
    """Mean overlap with the regions of each blind picture, each asked for by a click in its middle and by its box: 0
    without an answer, None of what can't be read."""
    return [await _picture(client, version, asked, one) for one in decided if one.blind]


async def _picture(client: RuntimeClient, version: ModelVersion, asked: Asked, one: Decided) -> float | None:
    picture = picture_of(one.task)
    if picture is None:
        return None
    asked.about(one.task.pk)
    size = (picture.height, picture.width)
    found = [(part["label"], made) for part in one.answer["regions"] if (made := as_mask(part["shape"], *size))]
    try:
        told = [
            (label, await _drawn(client, version, picture, region, one.task.pk))
            for label, region in found[:MOST_REGIONS]
        ]
    except CopilotError as problem:
        if problem.code not in UNREADABLE:
            raise
        asked.heard[one.task.pk] = {"fault": problem.code}
        asked.evidence[one.task.pk] = [0.0] * len(found[:MOST_REGIONS])
        return None if problem.code == NO_IMAGE else 0.0
    clicked = [{"label": label, "shape": {"type": "mask", **mask}} for label, (mask, *_) in told]
    asked.heard[one.task.pk] = {"regions": clicked, "labels": "told"}
    asked.evidence[one.task.pk] = [fit for _, (*_, fits) in told for fit in fits]
    return float(np.mean([share for _, (_, shares, _) in told for share in shares])) if told else None


async def _drawn(
    client: RuntimeClient, version: ModelVersion, picture: Picture, region: Mapping[str, Any], task: int
) -> tuple[dict[str, Any], list[float], list[float]]:
    """The mask of a click in a region's middle; how much of the region it and that of its box overlap, and how well
    they follow its edge. Nobody waits for it. Raises CopilotError."""
    supply, owner = partial(asyncio.to_thread, read_picture, picture), f"evaluation:{task}:{version.pk}"
    ask = partial(client.segment, str(version), picture.sha256, supply, asker=None, owner=owner)
    wanted = bitmap_from_mask(region)
    clicked = await patiently(partial(ask, points=[[*middle(wanted), 1]]))
    boxed = await patiently(partial(ask, points=[], box=list(mask_box(region))))
    best = [one["masks"][one["best"]] for one in (clicked, boxed)]
    drawn = [edit_distance.pixels_at(mask, wanted.shape) for mask in best]
    overlaps = [edit_distance.overlap(wanted.astype(bool), one) for one in drawn]
    return best[0], overlaps, [boundary_scores.boundary_f(wanted.astype(bool), one) for one in drawn]


class Measure(NamedTuple):
    """A kind of model's metric, under the key that evaluations keep, and the figures that are told beside it.
    `regions`: the labels whose regions are told of where one is taken for another; all where None. `asked_alike`: other
    kinds are asked the same way, and may be measured by this."""

    key: str
    metric: Metric
    figures: Sequence[Kind] = ()
    regions: Callable[[Asked], frozenset[str]] | None = None
    asked_alike: bool = False


MEASURES: Mapping[str, Measure] = {
    one.key: one
    for one in (
        Measure("spans", spans, span_scores.FIGURES),
        Measure("classify", classes, class_scores.FIGURES),
        Measure("classify-image", pictures, class_scores.FIGURES),
        Measure("embed-image", examples, class_scores.FIGURES),
        Measure("segment", masks, boundary_scores.FIGURES),
        Measure("generate", words),
        Measure("detect", box_scores.boxes, box_scores.FIGURES, box_scores.nameable, asked_alike=True),
        Measure("read", reading_scores.written, reading_scores.FIGURES, lambda _: frozenset(), asked_alike=True),
    )
}


def measured_by(version: ModelVersion, champion: ModelVersion, asked: Asked) -> Measure:
    """The measure that holds for a version beside a champion: its own kind's; or the champion's, where both are asked
    alike, so that what the champion does isn't lost to one that does something else. Where no label keeps what is
    written, all that counts of a reader is where it reads."""
    own, beside = MEASURES[version.capability], MEASURES[champion.capability]
    if not (own.asked_alike and beside.asked_alike):
        return own
    return beside if asked.written else MEASURES[ModelVersion.Capability.DETECT]
