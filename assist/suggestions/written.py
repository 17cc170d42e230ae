"""What a model that writes is asked: words for a field of a text, or for an attribute of a span in it. Pure.

The same is asked ahead and live, so what was written ahead stands where somebody asks.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from assist.suggestions.label_map import project_label
from assist.suggestions.offers import TextField

AROUND = 1_000  # characters of the text on either side of a span that are sent along
LONGEST = 1_000  # characters of an attribute
QUOTED = 200  # of the span itself, in the question
MOST = 50  # questions about the spans of one text ahead of the people

Worded = Mapping[str, Mapping[str, str]]  # label key -> its attributes of text, each with its name


@dataclass(frozen=True)
class Question:
    """`key`: under which its answer is kept (see Precomputed.output)."""

    key: str
    text: str
    asked: str
    longest: int


def of_field(field: TextField, text: str) -> Question:
    """Of a whole text."""
    return Question(field.field, text, field.name, field.longest)


def of_span(text: str, start: int, end: int, label: str, attribute: str, name: str) -> Question:
    """Of what stands around the span: one word of a long text costs no more than of a short one."""
    around = text[max(0, start - AROUND) : end + AROUND]
    return Question(f"{start}:{end}:{label}:{attribute}", around, f"{name}: {text[start:end][:QUOTED]}", LONGEST)


def of_spans(
    text: str,
    spans: Sequence[Sequence[Any]],
    worded: Worded,
    least: Mapping[str, float],
    mapping: Mapping[str, str],
    labels: Sequence[str],
    own_map: Mapping[str, str] | None,
) -> list[Question]:
    """Of those that a model found and that will be offered by its own word. `least`: by label key; "": all others."""
    found = []
    for start, end, theirs, score in spans:
        label = project_label(theirs, mapping, labels, own_map)
        if label and label in worded and (score is None or score >= least.get(label, least[""])):
            found += [of_span(text, start, end, label, key, name) for key, name in worded[label].items()]
    return found[:MOST]


def in_advance(ahead: Any, question: Question) -> str:
    """What was written for it ahead of the people, where it is still asked so and not too long; else "".

    No label is told to the model: what was written of a span under one stands for another whose attribute is called the
    same, so that a span whose label is wrong on purpose has its words as soon as others."""
    kept = (ahead or {}).get("words", {}).items()
    same = [said for key, (asked, said) in kept if asked == question.asked and _place(key) == _place(question.key)]
    return next((said for said in same if len(said) <= question.longest), "")


def _place(key: str) -> list[str]:
    """The field, or where the span lies."""
    return key.split(":")[:2]
