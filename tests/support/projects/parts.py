"""What a project makes of its tasks, part by part, once an estimate over all of them is there."""

from collections.abc import Sequence

from benchmarks.truth.by_part import REGIONS, SPANS, Answers, known_by, merged
from projects.inference.instance_level import Merged

Span = tuple[int, int, str]


def texts_decided(texts: Sequence[str], answers: Sequence[Answers]) -> list[list[Span]]:
    """The spans of each text."""
    return [spans_of(one) for one in texts_merged(texts, answers)]


def texts_merged(texts: Sequence[str], answers: Sequence[Answers]) -> list[Merged]:
    """Each text, with how likely each of its spans is right."""
    known = known_by(SPANS, answers, texts)
    return [merged(SPANS, one, known, text) for one, text in zip(answers, texts, strict=True)]


def images_merged(answers: Sequence[Answers]) -> list[Merged]:
    """Each image, with how likely each of its regions is right."""
    known = known_by(REGIONS, answers)
    return [merged(REGIONS, one, known) for one in answers]


def spans_of(one: Merged) -> list[Span]:
    return [(span["start"], span["end"], span["label"]) for span in one.answer["spans"]]


def labels_of(one: Merged) -> list[str]:
    return sorted(region["label"] for region in one.answer["regions"])
