"""From what the runtime says to what the page hears and what is written down. Pure."""

from typing import Any

from assist.errors import CopilotError
from assist.facts import Binding, Offer, Picture
from assist.mapping import project_label
from assist.protocol import MasksFound, OfferedMask, OfferedSpan, Prompt, SpansFound


def check(prompt: Prompt, binding: Binding) -> None:
    """Raises CopilotError "bad-prompt" if the task is of another kind, "outside-image" if it points beside it."""
    picture = binding.picture
    if prompt.text != (picture is None):
        wanted = "points or a box" if picture is not None else "text: true"
        raise CopilotError("bad-prompt", f"This task takes a prompt with {wanted}.")
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


def masks(prompt: Prompt, model: str, reply: dict[str, Any], latency_ms: int) -> tuple[MasksFound, list[Offer]]:
    """The message with the masks, and the one offer that they are."""
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
    )
    height, width = reply["image_size"]
    message = MasksFound(prompt.id, str(offer.public_id), model, found, reply["best"], (height, width), latency_ms)
    return message, [offer]


def span_offers(binding: Binding, reply: dict[str, Any], latency_ms: int) -> list[Offer]:
    """An offer for each span that the project has a label for, and that is as sure as the project asks."""
    offers = []
    for start, end, model_label, score in reply["spans"]:
        label = project_label(model_label, binding.mapping, binding.labels)
        if label is None or (score is not None and score < binding.minimum_score):
            continue
        output = {"start": start, "end": end, "label": label, "model_label": model_label}
        offers.append(Offer({"text": True}, output, score, latency_ms))
    return offers


def spans(prompt: Prompt, model: str, offers: list[Offer], latency_ms: int) -> SpansFound:
    """The message with the spans."""
    found = tuple(
        OfferedSpan(
            str(offer.public_id), offer.output["start"], offer.output["end"], offer.output["label"], offer.score
        )
        for offer in offers
    )
    return SpansFound(prompt.id, model, found, latency_ms)
