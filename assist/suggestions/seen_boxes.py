"""The boxes that a model finds in an image, by the labels of a project. Pure."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

from assist.suggestions.label_map import project_label


class Seen(NamedTuple):
    """A box [x, y, width, height] in pixels, the project's label and the model's, how sure, and, under the attribute
    that holds it, what is written there."""

    box: tuple[float, ...]
    label: str
    model_label: str
    score: float | None
    attributes: Mapping[str, str]


def named(
    found: Sequence[Sequence[Any]],
    mapping: Mapping[str, str],
    labels: Collection[str],
    own: Mapping[str, str] | None,
    written: Mapping[str, str],
) -> list[Seen]:
    """Those that the project has a label for, however sure, in the model's order. `mapping` and `own`: as of
    `project_label`. `written`: by label the attribute that holds what is written there; where there is one such label,
    whatever was read is under it."""
    seen = []
    for x, y, width, height, model_label, score, *read in found:
        label = project_label(model_label, mapping, labels, own)
        if label is None and any(read) and len(written) == 1:
            label = next(iter(written))
        if label is None:
            continue
        words = {written[label]: read[0]} if any(read) and label in written else {}
        seen.append(Seen((x, y, width, height), label, model_label, score, words))
    return seen
