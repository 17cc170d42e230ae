"""What a detector sees in an image, as offers: each box as it is, or as the mask that the mask model makes of it. And
without a detector, the masks of all that stands apart."""

import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from assist.errors import CopilotError
from assist.runtime.client import RuntimeClient
from assist.session import protocol, replies
from assist.session.protocol import Prompt
from assist.suggestions.offers import EVERYTHING, Binding, Offer

ASKED = {"boxes": True}
MOST_MASKS = 30  # made at once of one image; the other boxes get theirs when somebody takes them

Known = Callable[[Binding, str, dict[str, Any]], Awaitable[tuple[list[Offer], Any]]]
Read = Callable[[], Awaitable[bytes]]


async def find(
    runtime: RuntimeClient, known: Known, read: Read, prompt: Prompt, binding: Binding, segmenter: str, asker: str
) -> tuple[protocol.BoxesFound, Sequence[Offer]]:
    """The message, and what of it is to be written down. Raises CopilotError."""
    started = time.monotonic()
    assert binding.picture is not None
    kept, found = await known(binding, binding.detector, ASKED)
    if kept:
        return replies.boxes(prompt, binding.detector, kept, {}, _since(started), binding.measured), ()
    if found is None:
        found = await runtime.boxes(binding.detector, binding.picture.sha256, read, f"boxes:{asker}")
    offers = replies.box_offers(binding, found["boxes"], _since(started))
    offers = [
        await _masked(runtime, read, binding, segmenter, asker, offer, n) if n < MOST_MASKS else offer
        for n, offer in enumerate(offers)
    ]
    offers = replies.named(binding, binding.detector, offers)
    message = replies.boxes(prompt, binding.detector, offers, found["dropped"], _since(started), binding.measured)
    return message, offers


async def find_all(
    runtime: RuntimeClient, known: Known, read: Read, prompt: Prompt, binding: Binding, segmenter: str, asker: str
) -> tuple[protocol.BoxesFound, Sequence[Offer]]:
    """The same of all that stands apart, whatever it is. Raises CopilotError."""
    started = time.monotonic()
    if binding.picture is None or not segmenter:
        raise CopilotError("copilot-down")
    kept, found = await known(binding, segmenter, EVERYTHING)
    if kept:
        return replies.everything(prompt, segmenter, kept, _since(started)), ()
    if found is None:
        found = await runtime.everything(segmenter, binding.picture.sha256, read, f"all:{asker}")
    offers = replies.things(binding, segmenter, found, _since(started))
    return replies.everything(prompt, segmenter, offers, _since(started)), offers


async def _masked(
    runtime: RuntimeClient, read: Read, binding: Binding, segmenter: str, asker: str, offer: Offer, n: int
) -> Offer:
    """With its mask, where its label wants one and the mask model is there: without, the box itself is offered."""
    picture = binding.picture
    if picture is None or not replies.wants_mask(binding, offer):
        return offer
    try:
        reply = await runtime.segment(
            segmenter,
            picture.sha256,
            read,
            asker=f"box:{asker}:{n}",
            owner=binding.owner,
            points=[],
            box=list(offer.output["box"]),
        )
    except CopilotError:
        return offer
    return replies.with_mask(offer, reply)


def _since(started: float) -> int:
    return round((time.monotonic() - started) * 1000)
