"""A small thing's masks once more, seen from near: told behind the first, which nobody waited longer for."""

import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import Any

from assist.errors import CopilotError
from assist.runtime.client import RuntimeClient
from assist.runtime.operations import sharper_mask
from assist.session import replies
from assist.session.protocol import MasksFound, Prompt
from assist.suggestions.offers import Binding, Offer, Picture

Read = Callable[[Picture], Awaitable[bytes]]


async def find(
    runtime: RuntimeClient,
    read: Read,
    prompt: Prompt,
    binding: Binding,
    before: MasksFound,
    said: dict[str, Any],
    asker: str,
    started: float,
) -> tuple[MasksFound, Sequence[Offer]]:
    """The message and the offer that it is; where nothing sharper is found, what was told `before` and no offer.
    `said`: the runtime's reply that this was.

    The sharper mask takes the place of the one that led; the others stay as they were, since from near they would be
    parts of the thing that was found, and what was meant may be another. The offer sets out from the first one, so that
    what becomes of it counts for both. What is wrong on purpose is looked at as it was found, and told again as sharp,
    as late and as far off: nothing tells it apart.
    """
    picture, first = binding.picture, said["masks"][said["best"]]
    assert picture is not None
    last = replace(before, more=False)
    try:
        reply = await runtime.sharpen(
            before.model,
            picture.sha256,
            lambda: read(picture),
            asker=f"sharp:{asker}",
            owner=binding.owner,
            points=[[x, y, int(include)] for x, y, include in prompt.points],
            box=replies.inside(prompt.box, picture),
            previous=first["handle"],
            mask={"size": list(first["size"]), "counts": first["counts"]},
            image_size=list(before.image_size),
        )
    except CopilotError:
        return last, ()
    sharper = sharper_mask(reply)
    if not sharper:
        return last, ()
    masks = list(said["masks"])
    masks[said["best"]] = sharper | {"handle": first["handle"]}
    whole = said | {"masks": masks, "small": False}
    again = replace(prompt, previous=first["handle"])
    return replies.masks(again, binding, before.model, whole, round((time.monotonic() - started) * 1000), first)
