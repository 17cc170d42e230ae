"""What a model makes of a whole task by itself, and how sure it is. Pure.

Masks wait for somebody's click, so models of masks can't; a detector can, of whose boxes they are made, and what reads
images, which says besides what is written in them. A span finder
marks what the project has a label for; a classifier picks the likeliest of the labels of the one field.
"""

from collections.abc import Callable, Mapping, Sequence
from math import prod
from typing import Any

from assist.suggestions.label_map import project_label
from assist.suggestions.prototypes import Guess

# Which models can answer which tasks without anybody's help.
ABLE = {
    "text_spans": ("spans",),
    "classification": ("classify", "classify-image", "embed-image"),
    "image_regions": ("detect", "read"),
}
# What stands for each span of a model that gives no scores: where all tasks look alike, more spans are more chances to
# err. How far to believe it is learnt from the model annotator's blind answers.
UNSCORED = 0.9

Found = Sequence[Sequence[Any]]  # start, end, the model's label, score or None


def of_spans(
    found: Found,
    model: str,
    mapping: Mapping[str, str],
    labels: Mapping[str, str],
    own: Mapping[str, str] | None = None,
    keeps: Callable[[str, float | None], bool] = lambda label, score: True,
    trim: Callable[[int, int, str], int] = lambda start, end, label: start,
) -> tuple[dict[str, Any], float]:
    """The spans that the project has a label for (`labels`: key -> name) and that it `keeps`, and the chance that all
    of it is right: that what is kept is there, and what isn't kept isn't. `mapping` and `own` as of `project_label`;
    `trim`: where a span begins once leading words are left out."""
    kept, chances = set[tuple[int, int, str]](), dict[tuple[int, int, str], float]()
    for start, end, theirs, score in found:
        label = project_label(theirs, mapping, labels, own)
        if label:
            span, sure = (
                (trim(int(start), int(end), label), int(end), label),
                UNSCORED if score is None else float(score),
            )
            chances[span] = max(sure, chances.get(span, 0.0))
            if keeps(label, score):
                kept.add(span)
    right = prod(sure if span in kept else 1 - sure for span, sure in chances.items())
    spans = [
        {"id": f"m{n}", "start": start, "end": end, "label": label, "attributes": {}, "provenance": provenance(model)}
        for n, (start, end, label) in enumerate(sorted(kept), start=1)
    ]
    return {"spans": spans}, right if kept else min(right, UNSCORED)


def of_classes(
    shares: Sequence[float], model: str, field: str, labels: Mapping[str, str]
) -> tuple[dict[str, Any], float]:
    """The likeliest label (`labels`: key -> name, in the order of the shares) of the one field, and its share."""
    best = max(range(len(shares)), key=lambda n: (shares[n], -n))
    part = {"field": field, "kind": "choice", "value": list(labels)[best], "provenance": provenance(model)}
    return {"fields": [part]}, min(1.0, max(0.0, float(shares[best])))


def of_guess(guess: Guess, value: Any, kind: str, model: str) -> tuple[dict[str, Any], float]:
    """The label that a model gives itself, and its share where it gives one."""
    part = {"field": guess.field, "kind": kind, "value": value, "provenance": provenance(model)}
    return {"fields": [part]}, UNSCORED if guess.score is None else guess.score


def provenance(model: str) -> dict[str, str]:
    """That a part is this model's."""
    return {"source": "suggestion", "model": model}
