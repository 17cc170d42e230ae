"""Tokens of a text with their offsets, for formats that label tokens instead of characters. Pure.

The rules, the same for every such format:
- A token is a number with its inner punctuation, a word with its inner apostrophes, or one other character.
- Tokens are cut where a span starts or ends, so no span is moved to fit a token.
- These formats hold one label per token. Of spans that overlap, the longest is kept, among equals the one
  that starts first, then the one whose label comes first in the alphabet; the JSON Lines export has all.
"""

import re
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

TOKEN = re.compile(r"\d+(?:[.,:/-]\d+)*\w*|[^\W\d](?:[\w\u0300-\u036f]|['’](?=\w))*|[^\s]")

Bounds = tuple[int, int]


def tokenize(text: str, cuts: Iterable[int] = ()) -> list[Bounds]:
    """Half-open offsets of the tokens, in order; together they cover all but white space."""
    wanted = sorted(set(cuts))
    tokens: list[Bounds] = []
    at = 0
    for match in TOKEN.finditer(text):
        start, end = match.span()
        while at < len(wanted) and wanted[at] <= start:
            at += 1
        while at < len(wanted) and wanted[at] < end:
            tokens.append((start, wanted[at]))
            start = wanted[at]
            at += 1
        tokens.append((start, end))
    return tokens


def without_overlaps(spans: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The spans that a format with one label per token can hold, in the order of the text."""
    kept: list[Mapping[str, Any]] = []
    starts: list[int] = []
    for span in sorted(spans, key=lambda one: (one["start"] - one["end"], one["start"], one["label"])):
        at = bisect_left(starts, span["start"])
        before_fits = at == 0 or kept[at - 1]["end"] <= span["start"]
        if before_fits and (at == len(kept) or kept[at]["start"] >= span["end"]):
            kept.insert(at, span)
            starts.insert(at, span["start"])
    return kept


def cuts_of(spans: Iterable[Mapping[str, Any]]) -> set[int]:
    """Where tokens must end, so that spans are made of whole tokens."""
    return {span[side] for span in spans for side in ("start", "end")}


def bio(tokens: Sequence[Bounds], spans: Sequence[Mapping[str, Any]]) -> list[str]:
    """One tag per token: "B-label" at the start of a span, "I-label" within it, "O" outside. The spans
    must not overlap, and be in the order of the text."""
    tags = []
    at, begun = 0, False
    for start, _ in tokens:
        while at < len(spans) and spans[at]["end"] <= start:
            at, begun = at + 1, False
        if at < len(spans) and spans[at]["start"] <= start:
            tags.append(f"{'I' if begun else 'B'}-{spans[at]['label']}")
            begun = True
        else:
            tags.append("O")
    return tags


def bioes(tokens: Sequence[Bounds], spans: Sequence[Mapping[str, Any]]) -> list[str]:
    """The same with the ends told: "E-label" for the last token of a span, "S-label" for one of a single token."""
    tags = bio(tokens, spans)
    for at, tag in enumerate(tags):
        goes_on = at + 1 < len(tags) and tags[at + 1].startswith("I-")
        if tag != "O" and not goes_on:
            tags[at] = f"{'S' if tag.startswith('B-') else 'E'}-{tag[2:]}"
    return tags
