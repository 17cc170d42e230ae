"""Which label a model gives where another was decided: a line for each such pair, with its tasks. Pure."""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from assist.learning.asked import Heard
from assist.learning.region_masks import as_box
from projects.inference import label_confusion

MOST = 20  # lines, those that come most often
FEW = 3  # tasks of a line whose answers are kept
Case = tuple[int, Mapping[str, Any]]  # a task's key, and what was decided of it


def lines(decided: Sequence[Case], heard: Heard, labels: Collection[str] | None = None) -> list[dict[str, Any]]:
    """{"field", "decided", "said", "number", "tasks"}, the most frequent first: of fields of classes, of spans, and of
    regions by their boxes; but for a mask model, which is told their labels. "" is nothing: missed, or added. `labels`:
    those whose regions count; all where None."""
    both = [(key, answer, heard[key]) for key, answer in decided if "fault" not in heard.get(key, {"fault": ""})]
    found = _of("", label_confusion.of_spans, [one for one in both if "spans" in one[1] and "spans" in one[2]])
    boxed = [(key, _boxes(one, labels), _boxes(said, labels)) for key, one, said in both if _names_regions(said)]
    found += _of("", label_confusion.of_regions, boxed)
    parts = [part for _key, _decided, said in both for part in said.get("fields", ())]
    named = sorted({part["field"] for part in parts if part.get("kind") != "text"})
    for field in named:
        asked = [one for one in both if None not in (_label(one[1], field), _label(one[2], field))]
        found += _of(field, label_confusion.of_choice(lambda answer, field=field: _label(answer, field)), asked)  # type: ignore[misc]
    wrong = [one for one in found if one["decided"] != one["said"]]
    return sorted(wrong, key=lambda one: -one["number"])[:MOST]


def _of(field: str, compare: Callable[..., Any], both: Sequence[tuple[int, Any, Any]]) -> list[dict[str, Any]]:
    cells = label_confusion.confusion([(key, decided, [said]) for key, decided, said in both], compare)["cells"]
    return [{"field": field, **cell} for cell in cells]


def _names_regions(said: Mapping[str, Any]) -> bool:
    return "regions" in said and said.get("labels") != "told"


def _boxes(answer: Mapping[str, Any], labels: Collection[str] | None) -> Mapping[str, Any]:
    """The regions under these labels that have an area, as the boxes around them."""
    counting = [one for one in answer["regions"] if labels is None or one["label"] in labels]
    made = [(one["label"], as_box(one["shape"])) for one in counting]
    keys = ("x", "y", "width", "height")
    shapes = [(label, dict(zip(keys, box, strict=True))) for label, box in made if box]
    return {"regions": [{"label": label, "shape": {"type": "box", **shape}} for label, shape in shapes]}


def _label(answer: Mapping[str, Any], field: str) -> str | None:
    """The label of a field; of a path its end."""
    value: Any = next((one["value"] for one in answer.get("fields", ()) if one["field"] == field), None)
    return str(value[-1]) if isinstance(value, list) and value else value
