"""Which lines of a reader say what people wrote down of the region that they lie in. Pure."""

import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from assist.learning.box_matches import score_of
from assist.learning.region_masks import as_box
from assist.suggestions.seen_boxes import Seen

INSIDE = 0.5  # of a line: it is of the region
COVERED = 0.25  # of a region, by its lines together: people draw around words loosely, and leave room between lines
LEEWAY = 0.1  # letters wrong of a line that is still right: one of ten, and none of fewer
GAP = "\x00"  # stands for what a line has read already: no letter is like it


class Region(NamedTuple):
    """A region where words belong: its box, and what people wrote down; "" where nobody said."""

    box: tuple[float, ...]
    words: str


def plain(words: str) -> str:
    """One spelling of each letter, one space between words."""
    return " ".join(unicodedata.normalize("NFC", words).split())


def written_down(regions: Sequence[Mapping[str, Any]], written: Mapping[str, str]) -> list[tuple[str, Region]]:
    """Of an answer's regions those whose label has an attribute for what is written there, and that have a box: their
    label, and what stands in it."""
    return [
        (part["label"], Region(box, plain(str(part["attributes"].get(written[part["label"]], "")))))
        for part in regions
        if part["label"] in written and (box := as_box(part["shape"]))
    ]


def lying_in(lines: Sequence[Region], regions: Sequence[Region]) -> list[tuple[int, float]]:
    """Of each line the place of the region that it lies in most, and the area that they share; -1 where it lies in
    none by half."""
    found = []
    for line, shares in zip(lines, _shared(lines, regions), strict=True):
        best = int(shares.argmax()) if len(regions) else -1
        within = best >= 0 and shares[best] > 0 and shares[best] >= INSIDE * area(line)
        found.append((best, float(shares[best])) if within else (-1, 0.0))
    return found


def area(one: Region) -> float:
    """Of its box, in square pixels."""
    _, _, width, height = one.box
    return width * height


def _shared(lines: Sequence[Region], regions: Sequence[Region]) -> np.ndarray:
    """The area that each line shares with each region."""
    a, b = (np.array([one.box for one in some], float).reshape(-1, 4) for some in (lines, regions))
    low = np.maximum(a[:, None, :2], b[None, :, :2])
    high = np.minimum((a[:, :2] + a[:, 2:])[:, None], (b[:, :2] + b[:, 2:])[None])
    return np.clip(high - low, 0, None).prod(2)


def right_lines(found: Sequence[Seen], regions: Sequence[tuple[str, Region]]) -> list[tuple[Seen, bool]]:
    """Each line that something was read in, and whether a region of its label that it lies in says so: all of it where
    it is the only line there, else a part that no surer line has read. What lies where nobody wrote down what is there
    is left out; a region that its lines cover too little of is read by none."""
    told: list[tuple[Seen, bool]] = []
    for label in sorted({one.label for one in found}):
        own = sorted((one for one in found if one.label == label), key=lambda one: -score_of(one))
        told += _of_label(own, [region for name, region in regions if name == label])
    return told


def _of_label(found: Sequence[Seen], regions: Sequence[Region]) -> list[tuple[Seen, bool]]:
    lines = [Region(one.box, plain(" ".join(one.attributes.values()))) for one in found]
    places = lying_in(lines, regions)
    lies = [[n for n, (place, _) in enumerate(places) if place == at] for at in range(len(regions))]
    right = [False] * len(lines)
    for region, own in zip(regions, lies, strict=True):
        if region.words and sum(places[n][1] for n in own) >= COVERED * area(region):
            for n, says in zip(own, _reading([lines[n].words for n in own], region.words), strict=True):
                right[n] = says
    unsaid = {n for region, own in zip(regions, lies, strict=True) if not region.words for n in own}
    return [(one, right[n]) for n, one in enumerate(found) if n not in unsaid]


def _reading(lines: Sequence[str], words: str) -> list[bool]:
    """Whether each of a region's lines says what stands there, the surest first."""
    if len(lines) == 1:
        return [_near(distance(lines[0], words), lines[0])]
    told = []
    for line in lines:
        start, end, wrong = _likest(line, words)
        told.append(_near(wrong, line))
        if told[-1]:
            words = words[:start] + GAP * (end - start) + words[end:]
    return told


def _near(wrong: int, line: str) -> bool:
    return bool(line) and wrong <= LEEWAY * len(line)


def _likest(line: str, words: str) -> tuple[int, int, int]:
    """The part of the words that a line is likest to, from its first letter to behind its last, and how many letters
    are wrong (Sellers 1980)."""
    ends = _row(line, words, anywhere=True)
    end = int(ends.argmin())
    starts = _row(line[::-1], words[:end][::-1])
    return end - int(starts.argmin()), end, int(ends[end])


def distance(first: str, second: str) -> int:
    """How many letters have to be changed, taken out or put in to make one of the other (Levenshtein 1966)."""
    return int(_row(first, second)[-1])


def _row(first: str, second: str, *, anywhere: bool = False) -> np.ndarray:
    """How far the first is from each beginning of the second; `anywhere`: from what ends there, wherever it begins."""
    there = np.array([ord(letter) for letter in second], int)
    steps = np.arange(len(second) + 1)
    row = np.zeros_like(steps) if anywhere else steps
    for at, letter in enumerate(first, start=1):
        changed = np.concatenate([[at], np.minimum(row[:-1] + (there != ord(letter)), row[1:] + 1)])
        row = np.minimum.accumulate(changed - steps) + steps
    return row
