"""Label Studio's results, put together: what has one id is about one region, or about the whole task."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from projects.task_types.shape import clipped

CLASSES = ("choices", "taxonomy", "number", "rating", "text", "datetime")
NO_PLACE = ("relation", "pairwise", "ranker", "video", "audio", "timeseries", "table")
SHORT = ("id", "annotator", "annotation_id", "created_at", "updated_at", "lead_time")
PLACED = {"x", "start", "points", "rle", "vertices", "startOffset"}


@dataclass
class Group:
    """What several results with one id say together."""

    place: str
    kind: str = ""
    value: dict[str, Any] = field(default_factory=dict)
    labels: list[str] = field(default_factory=list)
    attributes: dict[str, Any] = field(default_factory=dict)
    score: Any = None
    turned: bool = False
    classes: list[tuple[str, Any]] = field(default_factory=list)
    other: str = ""  # a kind of result that has no place here


def expanded(task: Any) -> Any:
    """A task of the short export (JSON_MIN), whose answer stands among its data, as the long one has it.

    There one choice is a word like any other of the data, and comes back as meta.
    """
    if not isinstance(task, dict) or "data" in task or "annotation_id" not in task:
        return task
    data: dict[str, Any] = {}
    results: list[dict[str, Any]] = []
    for name, value in task.items():
        parts = value if isinstance(value, list) else [value]
        if all(isinstance(one, dict) for one in parts) and parts:
            results += [_short(name, index, one) for index, one in enumerate(parts)]
        elif name not in SHORT:
            data[name] = value
    answer = {"id": task["annotation_id"], "completed_by": task.get("annotator"), "result": results}
    return {"id": task.get("id"), "data": data, "annotations": [answer]}


def _short(name: str, index: int, value: dict[str, Any]) -> dict[str, Any]:
    labels = next((key for key in value if key.endswith("labels")), "")
    kind = labels or next((key for key in CLASSES if key in value and not value.keys() & PLACED), "")
    return {"id": f"{name} {index}", "from_name": name, "type": kind, "value": value}


def grouped(results: list[Any], at: str, lose: Callable[[str, str, str], None]) -> Iterator[Group]:
    """The groups, in the order in which each begins."""
    found: dict[Any, Group] = {}
    for index, one in enumerate(results):
        place = f"{at}.result[{index}]"
        if not isinstance(one, dict):
            lose(place, "wrong-shape", "A result is an object.")
            continue
        kind = str(one.get("type") or "")
        value = one.get("value")
        if kind.startswith(NO_PLACE) or not isinstance(value, dict):
            lose(place, "no-place", f"There is no place here for a “{clipped(kind, 40) or 'result without a value'}”.")
            continue
        id = one.get("id")
        key = id if isinstance(id, str | int) else f"#{index}"
        _add(found.setdefault(key, Group(place)), one, kind, value)
    for group in found.values():
        if group.value and group.classes:  # what is asked of a region is its attribute
            group.attributes |= {name: _plain(value) for name, value in group.classes}
        yield group


def _add(group: Group, one: dict[str, Any], kind: str, value: dict[str, Any]) -> None:
    name = str(one.get("from_name") or kind)[:60]
    asks = kind in CLASSES or kind == "textarea"
    if value.keys() & PLACED and not asks:
        group.value |= {key: part for key, part in value.items() if not key.endswith("labels")}
        group.kind = group.kind or kind
    labels = next((part for key, part in value.items() if key.endswith("labels")), None)
    if isinstance(labels, list):
        group.labels += [label for label in labels if isinstance(label, str) and label not in group.labels]
    elif asks:
        held = value.get("text" if kind == "textarea" else kind)
        group.classes.append((name, held))
    elif not value.keys() & PLACED:
        group.other = kind or "result without a type"
    if one.get("score") is not None:
        group.score = one["score"]
    if one.get("image_rotation") not in (None, 0):
        group.turned = True
    meta = one.get("meta")
    if isinstance(meta, dict) and isinstance(meta.get("attributes"), dict):  # as Tandem writes it
        group.attributes |= {str(key)[:60]: _plain(part) for key, part in meta["attributes"].items()}
    elif isinstance(meta, dict) and meta:
        group.attributes |= {f"meta {key}"[:60]: _plain(part) for key, part in meta.items()}


def _plain(value: Any) -> Any:
    """What a result holds, as an attribute does."""
    if isinstance(value, list):
        return "; ".join(" > ".join(map(str, one)) if isinstance(one, list) else str(one) for one in value)
    return value


def classes(group: Group) -> Iterator[tuple[str, Any]]:
    """What is said of the whole task, by field: one option or several, a path, a number or a text."""
    for name, value in group.classes:
        if isinstance(value, list) and value and isinstance(value[0], list):
            for path in value[:1]:
                yield name, [str(step) for step in path]
        elif isinstance(value, list):
            plain = [one for one in value if isinstance(one, str | int | float)]
            yield name, plain[0] if len(plain) == 1 else plain
        else:
            yield name, value
