"""Label Studio's results, put together: what has one id is about one region, or about the whole task."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from projects.data.reading.readers.spans import score_of
from projects.data.reading.rows import Said, seconds_of
from projects.task_types.shape import clipped
from taskers.errors import Word, sentence

CLASSES = ("choices", "taxonomy", "number", "rating", "text", "datetime")
WRITTEN = ("textarea", "text", "datetime")
NO_PLACE = ("relation", "ranker", "video", "audio", "timeseries", "table")
SHORT = ("id", "annotator", "annotation_id", "created_at", "updated_at", "lead_time")
MAX_DATE_LENGTH = 100  # characters
PLACED = {"x", "start", "points", "rle", "vertices", "startOffset"}


class Answer(NamedTuple):
    """What somebody handed in, or a model predicted."""

    results: list[Any]
    by: str
    score: float | None
    predicted: bool
    place: str
    answered_at: str = ""
    seconds: float | None = None

    def timed(self, said: Iterable[Said]) -> tuple[Said, ...]:
        """What it says, with when it was given and how long it took."""
        return tuple(answer._replace(answered_at=self.answered_at, seconds=self.seconds) for answer in said)


def answers_of(task: Mapping[str, Any], told: Any) -> Iterator[Answer]:
    """What was handed in and predicted, one by one; what was cancelled or skipped is told, and left out."""
    for key, predicted in (("annotations", False), ("completions", False), ("predictions", True)):
        found = task.get(key)
        for index, one in enumerate(found if isinstance(found, list) else ()):
            at = f"{key}[{index}]"
            results = _results(one.get("result"), predicted) if isinstance(one, dict) else None
            if results is None:
                told.lose(at, "wrong-shape", "An answer is an object with its result.")
                continue
            by = str(one.get("model_version") or "")[:200] if predicted else _person(one)
            if one.get("was_cancelled") or one.get("skipped"):
                told.lose(at, "cancelled", _cancelled(by))
                continue
            if one.get("ground_truth") is True:
                told.lose(
                    at, "ground-truth", "It was marked as ground truth, which isn't kept; load it as right answers."
                )
            score = score_of(one.get("score"), f"{at}.score", told) if predicted else None
            if predicted:  # a model's run is nobody's work
                yield Answer(results, by, score, predicted, at)
            else:
                date = str(one.get("created_at") or "")[:MAX_DATE_LENGTH]
                yield Answer(results, by, score, predicted, at, date, seconds_of(one.get("lead_time")))
    drafts = task.get("drafts")
    if isinstance(drafts, list) and drafts:
        text = sentence("Drafts are not taken over; there are %(number)s.", number=len(drafts))
        told.lose("drafts", "no-place", text)


def _results(value: Any, predicted: bool) -> list[Any] | None:
    """The results of an answer; a prediction may be one value alone, or only the option that is chosen."""
    if isinstance(value, list):
        return value
    if predicted and isinstance(value, dict) and value:
        return [_short("", 0, value)]
    return [_plain_result("", [value])] if predicted and isinstance(value, str | int | float) else None


def _cancelled(by: str) -> str:
    if by:
        return sentence("This answer of %(by)s was skipped or cancelled.", by=by)
    return sentence("This answer was skipped or cancelled.")


def _person(one: Mapping[str, Any]) -> str:
    who = one.get("completed_by")
    if isinstance(who, dict):
        who = who.get("email") or who.get("id")
    return "" if who is None else str(who)[:200]


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
    classes: list[tuple[str, Any, str]] = field(default_factory=list)  # field, value, and “text” where it was written
    pair: str | None = None  # which of two is better: "left" or "right"
    other: str = ""  # a kind of result that has no place here


def expanded(task: Any) -> Any:
    """A task of the short export (JSON_MIN), whose answer stands between the task's id and who gave it, as the long one
    has it. One option, or one text, is a word like any other there: the field that has its name says which."""
    if not isinstance(task, dict) or "data" in task or "annotation_id" not in task:
        return task
    names = list(task)
    before = names.index("id") if "id" in task else -1
    behind = names.index("annotator") if "annotator" in task else -1
    # Where the id comes first it is a part of the data, too, and the order tells nothing.
    answered = set(names[before + 1 : behind]) if 0 < before < behind else set()
    data: dict[str, Any] = {}
    results: list[dict[str, Any]] = []
    for name, value in task.items():
        parts = value if isinstance(value, list) else [value]
        if name in SHORT:
            continue
        if name in answered or (parts and not answered and all(isinstance(one, dict) for one in parts)):
            results += [_short(name, at, one) for at, one in enumerate(parts) if isinstance(one, dict)]
            plain = [one for one in parts if isinstance(one, str | int | float)]
            results += [_plain_result(name, plain)] if plain else []
        else:
            data[name] = value
    answer = {"id": task["annotation_id"], "completed_by": task.get("annotator"), "result": results}
    answer |= {name: task.get(name) for name in ("created_at", "lead_time")}
    return {"id": task.get("id"), "data": data, "annotations": [answer]}


def _short(name: str, index: int, value: dict[str, Any]) -> dict[str, Any]:
    labels = next((key for key in value if key.endswith("labels")), "")
    kind = labels or next((key for key in CLASSES if key in value and not value.keys() & PLACED), "")
    kind = kind or ("pairwise" if "selected" in value else "")
    return {"id": f"{name} {index}", "from_name": name, "type": kind, "value": value}


def _plain_result(name: str, values: list[Any]) -> dict[str, Any]:
    """Options or texts of a field; which of them they are is for the field to say."""
    return {"id": f"{name} plain", "from_name": name, "type": "choices", "value": {"choices": values}}


def is_result(part: Any) -> bool:
    """Whether a value is one of a result's, by what it says."""
    names = {"labels" if name.endswith("labels") else name for name in part} if isinstance(part, dict) else set()
    return not names.isdisjoint({*CLASSES, *PLACED, "labels", "selected", "ranker"})


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
            what = clipped(kind, 40) or Word("result without a value")
            lose(place, "no-place", sentence("There is no place here for a “%(what)s”.", what=what))
            continue
        id = one.get("id")
        key = id if isinstance(id, str | int) else f"#{index}"
        _add(found.setdefault(key, Group(place)), one, kind, value)
    for group in found.values():
        if group.value and group.classes:  # what is asked of a region is its attribute
            group.attributes |= {name: _plain(value) for name, value, _ in group.classes}
        yield group


def _add(group: Group, one: dict[str, Any], kind: str, value: dict[str, Any]) -> None:
    said = one.get("from_name")
    name = str(kind if said is None else said)[:60]  # "" is the first field that takes choices
    asks = kind in CLASSES or kind == "textarea"
    if value.keys() & PLACED and not asks:
        group.value |= {key: part for key, part in value.items() if not key.endswith("labels")}
        group.kind = group.kind or kind
    labels = next((part for key, part in value.items() if key.endswith("labels")), None)
    if isinstance(labels, list):
        group.labels += [label for label in labels if isinstance(label, str) and label not in group.labels]
    elif kind == "pairwise":
        group.pair = str(value.get("selected"))
    elif asks:
        held = value.get("text" if kind == "textarea" else kind)
        group.classes.append((name, held, "text" if kind in WRITTEN else ""))
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


def classes(group: Group, lose: Callable[[str, str, str], None]) -> Iterator[tuple[str, Any, str]]:
    """What is said of the whole task, by field: one option or several, a path, a number or a text; and “text” of what
    was written."""
    for name, value, kind in group.classes:
        if isinstance(value, list) and value and isinstance(value[0], list):
            yield name, [str(step) for step in value[0]], kind
            for path in value[1:]:
                other = clipped(" > ".join(map(str, path)), 80)
                text = sentence("One path is kept of each field, not “%(path)s”.", path=other)
                lose(group.place, "more-than-one", text)
        elif isinstance(value, list):
            plain = [one for one in value if isinstance(one, str | int | float)]
            if len(plain) < len(value):
                lose(group.place, "wrong-shape", "An option is a word or a number.")
            yield name, plain[0] if len(plain) == 1 else plain, kind
        else:
            yield name, value, kind
