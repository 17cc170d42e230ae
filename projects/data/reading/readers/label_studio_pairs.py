"""Label Studio's pairs: which of two texts is better, and what else was asked of them."""

from collections.abc import Mapping
from typing import Any

from projects.data.reading.readers.label_studio_results import answers_of, classes, grouped
from projects.data.reading.readers.picture_files import is_picture
from projects.data.reading.readers.spans import Spans
from projects.data.reading.rows import Fault, Item, Row, Said
from projects.task_types.answer_limits import FIRST, ITEM, PAIR, PREFERRED, SECOND
from taskers.errors import sentence

# How the names of two things end in the data, as "answer1" and "answer2" do.
SIDES = (PAIR, ("left", "right"), ("a", "b"), ("1", "2"), ("one", "two"), ("chosen", "rejected"))
PROMPTS = ("prompt", "question", "query", "instruction")
SELECTED = {"left": FIRST, "right": SECOND}
OURS = {"external_id", "confidence", "method", "task"}  # beside what Tandem's own export shows


def row(task: Mapping[str, Any], place: str, external_id: str | None) -> Item:
    """The row of a task whose data holds two texts."""
    data = {name: value for name, value in task["data"].items() if isinstance(value, str) and name not in OURS}
    keys = _pair(data)
    if keys is None:
        return Fault(place, "no-pair", "The task's data has no two texts that could be compared.")
    if any(is_picture(data[key]) for key in keys):
        return Fault(place, "no-place", "Pairs of pictures are loaded from JSON Lines that name stored pictures.")
    spans = Spans("preference", place, "")
    said: tuple[Said, ...] = ()
    for given in answers_of(task, spans):
        answer = {"fields": _fields(spans, given.results, given.place)}
        said += given.timed([Said(answer, given.by, given.score, given.predicted)])
    prompt = next((name for name in PROMPTS if name in data), None)
    fields: dict[str, Any] = {side: data[key] for side, key in zip(PAIR, keys, strict=True)}
    fields |= {"prompt": data[prompt]} if prompt else {}
    items = {f"{side}_{ITEM}": data[f"{side}_{ITEM}"] for side in PAIR if f"{side}_{ITEM}" in data}
    meta = _meta(task, {*keys, *items, *([prompt] if prompt else [])})
    shown = fields | items | ({"meta": meta} if meta else {})
    said = tuple(one for one in said if one.answer["fields"])
    return Row(place, external_id, shown, size=sum(map(len, data.values())), said=said, lost=tuple(spans.lost))


def _pair(data: Mapping[str, str]) -> tuple[str, str] | None:
    """The keys of what is compared, in its order."""
    for one, other in SIDES:
        for name in data:
            if name.lower().endswith(one):
                second = name[: len(name) - len(one)] + other
                found = next((known for known in data if known.lower() == second.lower()), None)
                if found is not None:
                    return name, found
    texts = [name for name in data if name.lower() not in PROMPTS]
    return (texts[0], texts[1]) if len(texts) == 2 else None


def _meta(task: Mapping[str, Any], shown: set[str]) -> dict[str, Any]:
    meta, ours = task.get("meta"), OURS if task["data"].keys() >= OURS else {"external_id"}
    rest = {name: value for name, value in task["data"].items() if name not in shown and name not in ours}
    return (meta if isinstance(meta, dict) else {}) | rest


def _fields(spans: Spans, results: list[Any], at: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for group in grouped(results, at, spans.lose):
        if group.pair is not None:
            if group.pair in SELECTED:
                found.append({"field": PREFERRED, "value": SELECTED[group.pair]})
            else:
                spans.lose(group.place, "wrong-shape", "Of a pair the left or the right one is selected.")
        elif group.other or group.value:
            what = group.other or group.kind
            spans.lose(group.place, "no-place", sentence("There is no place here for a “%(what)s”.", what=what))
        for name, value, kind in classes(group, spans.lose):
            found.append({"field": name, "value": value} | ({"kind": kind} if kind else {}))
    return found
