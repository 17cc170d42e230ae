"""What is suggested for the fields of a classification: labels of a text or an image, and words that a model writes."""

import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from assist.errors import CopilotError
from assist.runtime.client import RuntimeClient
from assist.session import replies
from assist.suggestions import class_vectors, judged, prototypes, vector_encoding
from assist.suggestions import written as questions
from assist.suggestions.offers import Binding, Offer, Picture
from assist.suggestions.prototypes import Guess

WRITTEN = {"written": True}  # what is asked of a model that writes

Known = Callable[[Binding, str, dict[str, Any]], Awaitable[tuple[list[Offer], Any]]]
Read = Callable[[Picture], Awaitable[bytes]]


async def guesses(
    runtime: RuntimeClient, read: Read, binding: Binding, model: str, asker: str, ahead: Any
) -> list[Guess]:
    """The likeliest label of each field; `ahead`: what the model said in advance. Raises CopilotError."""
    if binding.judged:
        return await _judged(runtime, read, binding, model, asker, ahead)
    vector, picture = None if ahead is None else vector_encoding.unpacked(ahead), binding.picture
    if picture is not None:
        if vector is None:
            vector = await runtime.image_vector(model, picture.sha256, partial(read, picture), asker)
        return prototypes.by_examples(binding.choices, binding.learnt, vector)
    return await class_vectors.guesses(runtime, model, binding.choices, binding.learnt, binding.text, asker, vector)


async def _judged(
    runtime: RuntimeClient, read: Read, binding: Binding, model: str, asker: str, ahead: Any
) -> list[Guess]:
    """Of a model that says itself how likely each label is."""
    labels, picture, shares = judged.phrases_of(binding.choices), binding.picture, ahead and ahead["shares"]
    if shares is None and picture is not None:
        shares = await runtime.image_shares(model, picture.sha256, partial(read, picture), labels, asker)
    elif shares is None:
        (shares,) = await runtime.shares(model, [binding.text], labels, asker)
    if shares is None:
        raise CopilotError("no-answer")
    return judged.guesses(binding.choices, shares, binding.mapping, binding.own_map or {})


def writes(binding: Binding) -> bool:
    """Whether a model writes words for fields here."""
    return bool(binding.writer and binding.text.strip())


async def written(
    runtime: RuntimeClient, known: Known, binding: Binding, asker: str, *, alone: bool
) -> tuple[list[Offer], Sequence[Offer]]:
    """Words for each field that takes a text, and what of them is to be written down: those that weren't there before.
    Raises CopilotError where there are none and they are `alone`: labels are told whether or not the model that writes
    is there."""
    if not writes(binding):
        return [], ()
    before, ahead = await known(binding, binding.writer, WRITTEN)
    kept = [replace(one, model=binding.writer) for one in before]
    there, offers, problems = {one.output["field"] for one in kept}, [], []
    for field in binding.writes:
        if field.field in there:
            continue
        started = time.monotonic()
        try:
            said = questions.in_advance(ahead, questions.of_field(field, binding.text)) or await runtime.written(
                binding.writer, binding.text, field.name, field.longest, asker
            )
        except CopilotError as problem:
            problems.append(problem)
            continue
        output = {"field": field.field, "kind": "text", "label": said, "value": said}
        latency_ms = round((time.monotonic() - started) * 1000)
        offers.append(Offer(dict(WRITTEN), output, None, latency_ms, model=binding.writer))
    if alone and problems and not offers and not kept:
        raise problems[0]
    named = replies.named(binding, binding.writer, offers)
    return [*kept, *named], named
