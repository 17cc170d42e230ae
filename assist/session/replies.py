"""From what the runtime says to what the page hears and what is written down. Pure."""

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from uuid import uuid4, uuid5

from assist.errors import CopilotError
from assist.registry.registry import TERMS
from assist.session.protocol import (
    BoxesFound,
    ClassesFound,
    MasksFound,
    OfferedBox,
    OfferedClass,
    OfferedMask,
    OfferedRegion,
    OfferedShape,
    OfferedSpan,
    Prompt,
    RegionsFound,
    SpansFound,
)
from assist.suggestions import leading_words, planted_errors, seen_boxes, sureness
from assist.suggestions.decided_terms import Find
from assist.suggestions.label_map import project_label
from assist.suggestions.leading_words import Leading
from assist.suggestions.offers import EVERYTHING, Binding, Imported, Offer, Picture
from assist.suggestions.prototypes import Guess

WANTS_POINTS = "This task takes a prompt with points or a box."
NO_DETECTOR = "No model that finds boxes answers for this task."
NO_WORDS = "No model has words for this attribute."
NOTHING_APART = "Nothing stands apart here that the copilot is sure of."
WANTS_TEXT = "This task takes a prompt with text: true."


def check(prompt: Prompt, binding: Binding) -> None:
    """Raises CopilotError "bad-prompt" if the task is of another kind, "outside-image" if it points beside it."""
    picture = None if binding.capability in {"classify-image", "embed-image"} else binding.picture
    if prompt.imported:
        if binding.imported is None or picture is None:
            raise CopilotError("bad-prompt", WANTS_POINTS if picture else WANTS_TEXT)
        return
    if prompt.words:
        known = prompt.words.attribute in binding.worded.get(prompt.words.label, ()) and binding.words_by
        if not known or (prompt.words.box is None) != (binding.picture is None):
            raise CopilotError("bad-prompt", NO_WORDS)
        return
    if prompt.boxes:
        if not binding.detector:
            raise CopilotError("bad-prompt", NO_DETECTOR)
        return
    if prompt.everything and picture is not None:
        return
    if prompt.text != (picture is None):
        raise CopilotError("bad-prompt", WANTS_TEXT if picture is None else WANTS_POINTS)
    if picture is None:
        return
    for x, y, _ in prompt.points:
        if not (0 <= x <= picture.width and 0 <= y <= picture.height):
            raise CopilotError("outside-image")
    inside(prompt.box, picture)


def inside(box: tuple[float, float, float, float] | None, picture: Picture) -> list[float] | None:
    """The part of a box that lies within the image: a drag may end beyond its edge. Raises "outside-image"."""
    if box is None:
        return None
    left, top = max(0.0, box[0]), max(0.0, box[1])
    right, bottom = min(picture.width, box[0] + box[2]), min(picture.height, box[1] + box[3])
    if right <= left or bottom <= top:
        raise CopilotError("outside-image")
    return [left, top, right - left, bottom - top]


def masks(
    prompt: Prompt,
    binding: Binding,
    model: str,
    reply: dict[str, Any],
    latency_ms: int,
    first: dict[str, Any] | None = None,
) -> tuple[MasksFound, list[Offer]]:
    """The message with the masks, and the one offer that they are. `first`: the mask that the model led with when it
    was asked before, if this is told in its place."""
    if binding.planted:
        reply = planted_errors.spoil_masks(reply, first)
    found = tuple(
        OfferedMask((mask["size"][0], mask["size"][1]), mask["counts"], mask["score"], mask["handle"])
        for mask in reply["masks"]
    )
    offer = Offer(
        prompt={
            "points": [[x, y, int(include)] for x, y, include in prompt.points],
            "box": list(prompt.box) if prompt.box else None,
            "previous": prompt.previous,
        },
        output={
            "masks": [{"size": list(mask.size), "counts": mask.counts, "score": mask.score} for mask in found],
            "best": reply["best"],
            "image_size": reply["image_size"],
        },
        score=found[reply["best"]].score,
        latency_ms=latency_ms,
        planted=binding.planted,
    )
    height, width = reply["image_size"]
    more = bool(binding.sharpens and reply.get("small"))
    size = (height, width)
    message = MasksFound(prompt.id, str(offer.public_id), model, found, reply["best"], size, latency_ms, more)
    return message, [offer]


def led_by_rating(reply: dict[str, Any]) -> dict[str, Any]:
    """A runtime's masks, of which the best is the one that is rated best: people see the ratings, and expect that one.
    Of equal ones it is the one that the model leads with."""
    own = reply["best"]
    best = max(range(len(reply["masks"])), key=lambda n: (reply["masks"][n]["score"], n == own))
    return reply | {"best": best}


def span_offers(
    binding: Binding, model: str, found: Sequence[Sequence[Any]], latency_ms: int, leading: Leading | None = None
) -> list[Offer]:
    """An offer for each span that the project has a label for, and that is as sure as the project asks.

    `leading`: words that verdicts leave out before such spans.

    The same answer for the same work gives the same offers by the same names, whether or not they were written down.
    """
    offers = []
    named = [
        (start, end, label, model_label, own)
        for start, end, model_label, own in found
        if (label := project_label(model_label, binding.mapping, binding.labels, binding.own_map))
    ]
    for start, end, label, model_label, own in leading_words.trimmed(binding.text, named, leading or {}):
        score = sureness.of(own, binding.measured, label)
        if score is not None and score < _least(binding, label):
            continue
        output = {"start": start, "end": end, "label": label, "model_label": model_label}
        if binding.measured is not None and own is not None:
            output["own_score"] = own
        offers.append(Offer({"text": True}, output, score, latency_ms))
    if binding.planted:
        offers = planted_errors.spoil_spans(offers, sorted(binding.labels), _seed(binding))
    return [_named(binding, model, offer) for offer in offers]


def remembered_offers(binding: Binding, beside: Sequence[Offer], found: Sequence[Find], latency_ms: int) -> list[Offer]:
    """An offer for each name that was decided before, where no other offer lies over it: so none gives away what is
    wrong on purpose, and none is missing where something is. Named as spans are."""
    taken = [(one.output["start"], one.output["end"]) for one in beside]
    offers = []
    for start, end, label, score in found:
        free = all(end <= begun or ended <= start for begun, ended in taken)
        if free and label in binding.labels and score >= _least(binding, label):
            output = {"start": start, "end": end, "label": label, "model_label": label}
            offers.append(Offer({"text": True}, output, score, latency_ms, model=TERMS))
    return [_named(binding, TERMS, offer) for offer in offers]


def box_offers(binding: Binding, found: Sequence[Sequence[Any]], latency_ms: int) -> list[Offer]:
    """An offer for each box that the project has a label for, and that is as sure as the project asks. Named as spans
    are, once their masks are known (`named`)."""
    offers = []
    seen = seen_boxes.named(found, binding.mapping, binding.labels, binding.detector_map, binding.written)
    for one in seen:
        score = sureness.of(one.score, binding.measured, one.label)
        if score is not None and score < _least(binding, one.label):
            continue
        output: dict[str, Any] = {"box": list(one.box), "label": one.label, "model_label": one.model_label}
        if one.attributes:
            output["attributes"] = dict(one.attributes)
        if binding.measured is not None and one.score is not None:
            output["own_score"] = one.score
        offers.append(Offer({"boxes": True}, output, score, latency_ms))
    if binding.planted and binding.picture is not None:
        size = (binding.picture.height, binding.picture.width)
        offers = planted_errors.spoil_boxes(offers, size, _seed(binding))
    return offers


def wants_mask(binding: Binding, offer: Offer) -> bool:
    """Whether the label takes masks and no boxes."""
    shapes = binding.shapes.get(offer.output["label"], ())
    return "mask" in shapes and "box" not in shapes


def with_mask(offer: Offer, reply: dict[str, Any]) -> Offer:
    """The offer of a box with the best of the masks that were made of it."""
    reply = led_by_rating(reply)
    best = reply["masks"][reply["best"]]
    mask = {"size": list(best["size"]), "counts": best["counts"], "score": best["score"]}
    return replace(offer, output=offer.output | {"masks": [mask], "best": 0, "image_size": reply["image_size"]})


def named(binding: Binding, model: str, offers: Sequence[Offer]) -> list[Offer]:
    """Under names that stay the same for the same answer."""
    return [_named(binding, model, offer) for offer in offers]


def class_offers(binding: Binding, model: str, guesses: Sequence[Guess], latency_ms: int) -> list[Offer]:
    """An offer for each guess that is as sure as the project asks; where it asks for that, an unknown score is not.

    Named as spans are.
    """
    fields = {choices.field: choices for choices in binding.choices}
    offers = []
    for one in guesses:
        choices = fields[one.field]
        if not sureness.known_from(_least(binding, one.label), one.score):
            continue
        output = {"field": one.field, "kind": choices.kind, "label": one.label, "value": choices.value(one.label)}
        offers.append(Offer({"text": True}, output, one.score, latency_ms))
    if binding.planted:
        offers = planted_errors.spoil_classes(offers, fields, _seed(binding))
    return [_named(binding, model, offer) for offer in offers]


def imported_offers(binding: Binding, latency_ms: int) -> list[Offer]:
    """An offer for each part of what was imported for the task that is under a label in use, and sure enough.

    Named as others are. A part's score is its source's for all of it.
    """
    found = binding.imported
    assert found is not None
    offers = []
    for output in _outputs(found):
        least = _least(binding, output["label"])
        known = output["label"] in binding.labels
        if known and (found.score is None or found.score >= least):
            offers.append(Offer(_asked(output), output, found.score, latency_ms))
    if binding.planted and binding.capability == "spans":
        offers = planted_errors.spoil_spans(offers, sorted(binding.labels), _seed(binding))
    return [_named(binding, found.model, offer) for offer in offers]


def _asked(output: dict[str, Any]) -> dict[str, Any]:
    return {"imported": True} if "shape" in output else {"text": True}


def _brought(region: dict[str, Any]) -> dict[str, Any]:
    """Its attributes, without the defaults that it was filled up with: the studio begins with those by itself."""
    untouched = (region.get("provenance") or {}).get("untouched", ())
    return {name: value for name, value in region["attributes"].items() if name not in untouched}


def _outputs(found: Imported) -> list[dict[str, Any]]:
    """The parts of an answer as they are offered: spans, regions, and the fields that take one label."""
    answer = found.answer
    spans = [{name: one[name] for name in ("start", "end", "label")} for one in answer.get("spans", ())]
    regions = [
        {"label": one["label"], "shape": one["shape"], "attributes": _brought(one)} for one in answer.get("regions", ())
    ]
    fields = []
    for one in answer.get("fields", ()):
        if one["kind"] in ("choice", "tree"):
            label = one["value"] if one["kind"] == "choice" else one["value"][-1]
            fields.append({"field": one["field"], "kind": one["kind"], "label": label, "value": one["value"]})
    return [*spans, *regions, *fields]


def _named(binding: Binding, model: str, offer: Offer) -> Offer:
    """Under a name that nobody can guess who doesn't know the assignment's, and that is the same at each asking."""
    what = json.dumps([model, offer.output], sort_keys=True)
    return replace(offer, public_id=uuid5(binding.assignment_id or uuid4(), what))


def _least(binding: Binding, label: str) -> float:
    return binding.minimums.get(label, binding.minimum_score)


def _seed(binding: Binding) -> str:
    return str(binding.assignment_key)


def spans(
    prompt: Prompt, model: str, offers: list[Offer], latency_ms: int, measured: sureness.Measured | None = None
) -> SpansFound:
    """The message with the spans. `measured`: of the model; what others offer has no band."""
    found = tuple(
        OfferedSpan(
            str(offer.public_id),
            offer.output["start"],
            offer.output["end"],
            offer.output["label"],
            offer.score,
            offer.model or model,
            None if offer.model else sureness.band_of(offer.score, measured, offer.output["label"]),
        )
        for offer in offers
    )
    return SpansFound(prompt.id, model, found, latency_ms)


def classes(
    prompt: Prompt, model: str, offers: Sequence[Offer], latency_ms: int, *, more: bool = False
) -> ClassesFound:
    """The message with the classes; `more`: words follow in another."""
    found = tuple(
        OfferedClass(
            str(offer.public_id), offer.output["field"], offer.output["label"], offer.score, offer.model or model
        )
        for offer in offers
    )
    return ClassesFound(prompt.id, model, found, latency_ms, more)


def regions(prompt: Prompt, model: str, offers: list[Offer], latency_ms: int) -> RegionsFound:
    """The message with the imported regions."""
    found = tuple(
        OfferedRegion(
            str(offer.public_id), offer.output["label"], offer.output["shape"], offer.output["attributes"], offer.score
        )
        for offer in offers
    )
    return RegionsFound(prompt.id, model, found, latency_ms)


def boxes(
    prompt: Prompt,
    model: str,
    offers: Sequence[Offer],
    dropped: dict[str, int],
    latency_ms: int,
    measured: sureness.Measured | None = None,
) -> BoxesFound:
    """The message with the boxes. `measured`: of the model that found them."""
    found = tuple(
        OfferedBox(
            str(offer.public_id),
            _four(offer.output["box"]),
            offer.output["label"],
            offer.score,
            _mask(offer),
            offer.output.get("attributes", {}),
            sureness.band_of(offer.score, measured, offer.output["label"]),
        )
        for offer in offers
    )
    return BoxesFound(prompt.id, model, found, _note(dropped), latency_ms)


def things(binding: Binding, model: str, reply: dict[str, Any], latency_ms: int) -> list[Offer]:
    """An offer for each mask of all that stands apart; what it is, a person says."""
    offers = []
    for one in reply["masks"]:
        mask = {name: one[name] for name in ("size", "counts", "score")}
        output = {"around": one["box"], "masks": [mask], "best": 0, "image_size": reply["image_size"]}
        offers.append(Offer(dict(EVERYTHING), output, one["score"], latency_ms))
    return named(binding, model, offers)


def everything(prompt: Prompt, model: str, offers: Sequence[Offer], latency_ms: int) -> BoxesFound:
    """The message with the masks of all that stands apart."""
    found = tuple(
        OfferedBox(str(one.public_id), _four(one.output["around"]), "", one.score, _mask(one)) for one in offers
    )
    return BoxesFound(prompt.id, model, found, "" if found else NOTHING_APART, latency_ms)


def _four(box: Sequence[float]) -> tuple[float, float, float, float]:
    x, y, width, height = box
    return x, y, width, height


def _mask(offer: Offer) -> OfferedShape | None:
    masks = offer.output.get("masks")
    return OfferedShape((masks[0]["size"][0], masks[0]["size"][1]), masks[0]["counts"]) if masks else None


def _note(dropped: dict[str, int]) -> str:
    """What of a detector's answer could not be used."""
    told = [f"{count:,} {REASONS.get(why, why)}" for why, count in dropped.items()]
    return f"Of what the model found, this can’t be used: {', '.join(told)}." if told else ""


REASONS = {
    "not-a-number": "without numbers",
    "score-above-one": "with a score above 1",
    "unknown-label": "with a label that it doesn’t have",
    "outside": "outside of the image",
    "too-many": "beyond the surest",
}
