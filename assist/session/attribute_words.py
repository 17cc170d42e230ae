"""Words for an attribute of a span or a region that somebody marked: written by a model that writes, of what stands
around the span; or what a reader reads within the region. Asked for one at a time, by whoever wants them, since words
cost; what was written or read ahead is there at once."""

import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict
from typing import Any

from assist.errors import CopilotError
from assist.learning.line_matches import Region, lying_in, plain
from assist.runtime.client import RuntimeClient
from assist.session import replies
from assist.session.protocol import Prompt, Wanted, WordsFound
from assist.suggestions import written
from assist.suggestions.offers import Binding, Offer
from assist.suggestions.written import LONGEST

SEEN = {"boxes": True}

Known = Callable[[Binding, str, dict[str, Any]], Awaitable[tuple[list[Offer], Any]]]
Read = Callable[[], Awaitable[bytes]]
Lines = dict[str, list[Region]]  # what a reader read in an image, by its sha256: it is asked once


async def find(
    runtime: RuntimeClient, known: Known, read: Read, prompt: Prompt, binding: Binding, lines: Lines, asker: str
) -> tuple[WordsFound, Sequence[Offer]]:
    """The message, and what of it is to be written down. What was offered for just this before costs nothing again.
    Raises CopilotError."""
    started, wanted = time.monotonic(), prompt.words
    assert wanted is not None
    asked = {"words": {name: value for name, value in asdict(wanted).items() if value}}
    if wanted.box is not None:
        asked["words"]["box"] = list(wanted.box)
    kept, ahead = await known(binding, binding.words_by, asked)
    if kept:
        return _message(prompt, binding, kept[0]), ()
    if binding.picture is None:
        said = await _written(runtime, binding, wanted, ahead, asker)
    else:
        read_there = await _lines(runtime, known, read, binding, lines, asker)
        said = _within(read_there, wanted)
    if not said:
        raise CopilotError("no-answer")
    output = {"part": wanted.part, "label": wanted.label, "attributes": {wanted.attribute: said}}
    latency_ms = round((time.monotonic() - started) * 1000)
    offer = Offer(asked, output, None, latency_ms, model=binding.words_by)
    named = replies.named(binding, binding.words_by, [offer])
    return _message(prompt, binding, named[0]), named


def _message(prompt: Prompt, binding: Binding, offer: Offer) -> WordsFound:
    (words,) = offer.output["attributes"].values()
    return WordsFound(prompt.id, str(offer.public_id), binding.words_by, words, offer.latency_ms)


async def _written(runtime: RuntimeClient, binding: Binding, wanted: Wanted, ahead: Any, asker: str) -> str:
    name = binding.worded[wanted.label][wanted.attribute]
    one = written.of_span(binding.text, wanted.start, wanted.end, wanted.label, wanted.attribute, name)
    if said := written.in_advance(ahead, one):
        return said
    return await runtime.written(binding.words_by, one.text, one.asked, one.longest, f"words:{asker}")


async def _lines(
    runtime: RuntimeClient, known: Known, read: Read, binding: Binding, lines: Lines, asker: str
) -> list[Region]:
    """What the reader reads in the image: as it was offered, or read ahead, or else by asking."""
    picture = binding.picture
    assert picture is not None
    if picture.sha256 not in lines:
        kept, found = await known(binding, binding.words_by, SEEN)
        if kept:
            told = [(tuple(one.output["box"]), one.output.get("attributes", {})) for one in kept]
            lines[picture.sha256] = [Region(box, plain(words)) for box, said in told for words in said.values()]
        else:
            found = found or await runtime.boxes(binding.words_by, picture.sha256, read, f"words:{asker}")
            lines[picture.sha256] = [
                Region(tuple(box), plain(words)) for *box, _label, _score, words in found["boxes"] if words
            ]
    return lines[picture.sha256]


def _within(lines: Sequence[Region], wanted: Wanted) -> str:
    """Those lines that lie in the box by half or more, one after the other."""
    assert wanted.box is not None
    places = lying_in(lines, [Region(wanted.box, "")])
    return plain(" ".join(line.words for line, (place, _) in zip(lines, places, strict=True) if place >= 0))[:LONGEST]
