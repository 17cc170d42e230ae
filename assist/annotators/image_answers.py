"""What a model makes of a whole image by itself: regions of what it finds or reads there, or the class of all of it.

Each is as a text's answer is: how far its scores may be believed is learnt from the model annotator's blind answers.
"""

from collections.abc import Callable, Mapping, Sequence
from math import prod
from typing import Any, NamedTuple

import numpy as np
from django.conf import settings
from PIL import Image

from assist.annotators.autonomous_answers import UNSCORED, of_guess, provenance
from assist.errors import CopilotError
from assist.learning import label_vectors, measured_scores
from assist.models import ModelVersion
from assist.registry import resolution
from assist.runtime.client import serving, status_now
from assist.runtime.operations import sharper_mask
from assist.suggestions import choices, judged, precompute, prototypes, seen_boxes, sureness
from assist.suggestions.bindings import SEERS, picture_of, read_picture, subject_of, written_in
from assist.suggestions.offers import Picture
from assist.suggestions.vector_encoding import unpacked
from projects.errors import Refused
from projects.inference.geometry import bitmap_from_mask, mask_from_bitmap
from projects.models import Assignment, Label, ProjectSettings

Ask = Callable[..., dict[str, Any]]
Answer = tuple[dict[str, Any], float]

SURE = 0.5  # a box that is no likelier than this is handed in only where the project asks for less
# Of one image: a detector that finds more is asked about something that it doesn't know; a page may be full of lines.
MOST_REGIONS = {"detect": 100, "read": 500}
DRAWN = {"box", "mask"}
OF_IMAGES = (*SEERS, "classify-image", "embed-image")
UNREADABLE = {"no-image", "no-answer"}
SIDES = ("type", "x", "y", "width", "height")
Box = tuple[float, ...]


class Kept(NamedTuple):
    """A box that is handed in."""

    box: Box
    label: str
    attributes: Mapping[str, str]


def answer(version: ModelVersion, mine: Assignment, terms: ProjectSettings, ask: Ask) -> Answer:
    """What the model says to the image of a task, and how sure it is. Raises Refused where it says nothing, and
    CopilotError where the next one would fare no better."""
    picture = picture_of(mine.task)
    if picture is None:
        raise Refused("There is no image here to look at.", code="no-image")
    try:
        if version.capability in SEERS:
            return _regions(version, mine, picture, terms, ask)
        return _class(version, mine, picture, terms, ask)
    except CopilotError as problem:
        if problem.code in UNREADABLE:
            raise Refused("The model can make nothing of this image.", code="no-answer") from None
        raise


def _regions(version: ModelVersion, mine: Assignment, picture: Picture, terms: ProjectSettings, ask: Ask) -> Answer:
    found = precompute.found(mine.task_id, str(version))
    if found is None:
        found = ask("boxes", image=picture.sha256, data=read_picture(picture))
    labels = {one.key: one for one in mine.task.project.labels.in_use()}
    measured = measured_scores.of(mine.task.project.public_id, str(version))
    kept, right = _kept(found["boxes"], version, terms, labels, measured)
    cut = version.capability == "read" and found.get("dropped", {}).get("too-many")
    if cut or len(kept) > MOST_REGIONS[version.capability]:
        raise Refused("The model finds more here than can be meant.", code="no-answer")
    masks = _masks([one.box for one in kept if "box" not in _shapes(labels[one.label])], picture, mine, terms, ask)
    regions = [
        {
            "id": f"m{n}",
            "label": one.label,
            "shape": masks.get(one.box) or dict(zip(SIDES, ("box", *one.box), strict=True)),
            "attributes": one.attributes,
            "provenance": provenance(str(version)),
        }
        for n, one in enumerate(kept, start=1)
    ]
    return {"regions": regions}, right


def _kept(
    boxes: Sequence[Sequence[Any]],
    version: ModelVersion,
    terms: ProjectSettings,
    labels: Mapping[str, Label],
    measured: sureness.Measured | None,
) -> tuple[list[Kept], float]:
    """The boxes that the project has a label for that takes any, and that the model is sure of, in its order; and the
    chance, by its own word, that all of them are there, and that those that it isn't sure of are not."""
    own, written = version.terms.get("label_map"), written_in(labels.values())
    kept, chances = dict[tuple[Box, str], Kept](), dict[tuple[Box, str], float]()
    for one in seen_boxes.named(boxes, terms.label_mapping, labels, own, written):
        if not DRAWN & _shapes(labels[one.label]):
            continue
        place, sure = (one.box, one.label), UNSCORED if one.score is None else float(one.score)
        chances[place] = max(sure, chances.get(place, 0.0))
        least = terms.label_minimums.get(one.label, terms.minimum_score) or SURE
        if sureness.suffices(measured, {}, least, one.label, one.score):
            kept[place] = Kept(one.box, one.label, one.attributes)
    right = prod(sure if place in kept else 1 - sure for place, sure in chances.items())
    return list(kept.values()), right if kept else min(right, UNSCORED)


def _masks(
    boxes: Sequence[Box], picture: Picture, mine: Assignment, terms: ProjectSettings, ask: Ask
) -> dict[Box, dict[str, Any]]:
    """The mask that the mask model makes of each box, of a small one from near."""
    if not boxes:
        return {}
    prompt = {"model": _mask_model(mine), "image": picture.sha256, "owner": f"place-{mine.pk}", "points": []}
    size = mine.task.payload["height"], mine.task.payload["width"]
    made = {}
    for box in boxes:
        reply = _shown(ask, "segment", picture, **prompt, box=list(box))
        best = reply["masks"][reply["best"]]
        if terms.sharpens and reply.get("small"):
            first = {"mask": best, "previous": best["handle"], "image_size": reply["image_size"]}
            sharper = _shown(ask, "sharpen", picture, **prompt, **first, box=list(box))
            best = sharper_mask(sharper) or best
        made[box] = _whole(best, size)
    return made


def _shown(ask: Ask, op: str, picture: Picture, **fields: Any) -> dict[str, Any]:
    """The image goes along where the runtime hasn't what is asked about: once, however many boxes it has."""
    try:
        return ask(op, **fields)
    except CopilotError as problem:
        if problem.code != "need-image":
            raise
    return ask(op, **fields, data=read_picture(picture))


def _mask_model(mine: Assignment) -> str:
    """The version that answers for masks of this work, else the runtime's own, which is the first that nobody brought:
    who else had the runtime load one has nothing to say here. Raises CopilotError where it is away."""
    status = status_now(settings.RUNTIME_ADDRESS, 2.0)
    if status is None:
        raise CopilotError("copilot-down")
    if deployed := resolution.chosen(mine.task.project.public_id, "segment", subject_of(mine)):
        return serving(status, "segment", deployed)
    brought = ModelVersion.objects.filter(capability="segment").exclude(smoke=ModelVersion.Smoke.NOT_ASKED)
    others = {str(one) for one in brought}
    able = (key for key, one in status["models"].items() if one["capability"] == "segment" and key not in others)
    own = next(able, "")
    if not own:
        raise CopilotError("model-missing")
    return serving(status, "segment", own)


def _whole(mask: Mapping[str, Any], size: tuple[int, int]) -> dict[str, Any]:
    """A mask as it travels, at the image's own (height, width), its edges as smooth as the studio makes them."""
    if tuple(mask["size"]) == size:
        return {"type": "mask", "size": list(size), "counts": mask["counts"]}
    grey = Image.fromarray(np.ascontiguousarray(bitmap_from_mask(mask), np.uint8) * 255)
    grown = grey.resize(size[::-1], Image.Resampling.BILINEAR)
    return mask_from_bitmap(np.asarray(grown) >= 128)


def _class(version: ModelVersion, mine: Assignment, picture: Picture, terms: ProjectSettings, ask: Ask) -> Answer:
    field = terms.fields[0]["key"]
    asked = next((one for one in choices.of(mine.task.project, terms, mine.task.payload) if one.field == field), None)
    if asked is None:
        raise Refused("There is nothing to choose between.", code="not-able")
    ahead = precompute.found(mine.task_id, str(version))
    image = {} if ahead else {"image": picture.sha256, "data": read_picture(picture)}
    if version.capability == "classify-image":
        shares = (ahead or ask("image_shares", labels=judged.phrases_of([asked]), **image))["shares"]
        guesses = judged.guesses([asked], shares or {}, terms.label_mapping, version.terms.get("label_map", {}))
    else:
        row = unpacked(ahead) if ahead else np.frombuffer(ask("image_vector", **image)["vector"], "<f4")
        taught = label_vectors.learnt(mine.task.project.public_id, str(version))
        guesses = prototypes.by_examples([asked], taught, row)
    if not guesses:
        raise Refused("The model gave no answer to this one.", code="no-answer")
    return of_guess(guesses[0], asked.value(guesses[0].label), asked.kind, str(version))


def _shapes(label: Label) -> set[str]:
    return set(label.shapes or ("mask",))
