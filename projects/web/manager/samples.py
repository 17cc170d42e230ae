"""A task as it looks to whoever does it, for pages that show one without the studio: drawn by a template, no script."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from projects.configuration.presets import Preset
from projects.models import Task
from projects.task_types.preference import PAIR
from projects.web.annotator.work_json import task_json, thumbnail_url

LONGEST = 600  # characters of a text that are shown
PLAIN = {"name": "", "colour": "#868e96"}


@dataclass(frozen=True)
class Piece:
    """A stretch of a text, marked with a label or not."""

    text: str
    label: Mapping[str, str] | None = None


@dataclass(frozen=True)
class Sample:
    """What templates/projects/manager/_sample.html draws."""

    title: str = ""
    prompt: str = ""
    pieces: list[Piece] = field(default_factory=list)
    sides: list[Mapping[str, Any]] = field(default_factory=list)  # of a pair: {"text"} or {"picture"}
    picture: str = ""  # the address of a picture
    scene: str = ""  # or what is drawn in its place, SVG of our own
    width: int = 0
    height: int = 0
    shapes: list[Mapping[str, Any]] = field(default_factory=list)  # of regions, each with its label
    values: list[tuple[str, str]] = field(default_factory=list)  # fields with what is said of them


def of_preset(
    preset: Preset, labels: Sequence[Mapping[str, Any]] | None = None, fields: Sequence[Mapping[str, Any]] | None = None
) -> Sample:
    """A preset's own task with what somebody says of it, under these labels and fields where others are meant."""
    named = {one["key"]: one for one in (preset.labels if labels is None else labels)}
    payload, answer = preset.payload, preset.answer
    asked = {one["key"]: one["name"] for one in (preset.settings.get("fields", ()) if fields is None else fields)}
    return Sample(
        title=payload.get("title", ""),
        prompt=payload.get("prompt", ""),
        pieces=list(_pieces(payload.get("text", ""), answer.get("spans", ()), named)),
        sides=[payload[name] for name in PAIR if name in payload],
        scene=preset.scene,
        width=payload.get("width", 0),
        height=payload.get("height", 0),
        shapes=[_drawn(one, named) for one in answer.get("regions", ()) if one["label"] in named],
        values=list(_values(answer, named, asked)),
    )


def of_task(task: Task) -> Sample:
    """A task as its taskers get it, without an answer."""
    shown = task_json(task)
    payload = shown["payload"]
    picture = thumbnail_url(task) if shown["image"] else ""
    sides = [_side(payload[name], shown.get("images", {}).get(name)) for name in PAIR if name in payload]
    return Sample(
        title=payload.get("title", ""),
        prompt=payload.get("prompt", ""),
        pieces=[Piece(_short(payload["text"]))] if "text" in payload else [],
        sides=sides,
        picture=picture,
        width=payload.get("width", 0),
        height=payload.get("height", 0),
    )


def _side(candidate: Mapping[str, Any], image: Mapping[str, Any] | None) -> Mapping[str, Any]:
    return {"picture": image["url"]} if image else {"text": _short(candidate.get("text", ""))}


def _short(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


def _pieces(text: str, spans: Sequence[Mapping[str, Any]], labels: Mapping[str, Mapping]) -> Iterator[Piece]:
    at = 0
    for one in sorted(spans, key=lambda span: span["start"]):
        if one["start"] < at or one["label"] not in labels:
            continue
        yield Piece(text[at : one["start"]])
        yield Piece(text[one["start"] : one["end"]], labels[one["label"]])
        at = one["end"]
    if text[at:]:
        yield Piece(text[at:])


def _drawn(region: Mapping[str, Any], labels: Mapping[str, Mapping]) -> dict[str, Any]:
    shape = dict(region["shape"])
    if "points" in shape:
        shape["points"] = " ".join(f"{x},{y}" for x, y in shape["points"])
    return shape | {"label": labels.get(region["label"], PLAIN)}


def _values(answer: Mapping[str, Any], labels: Mapping[str, Mapping], asked: Mapping[str, str]) -> Iterator[tuple]:
    for part in answer.get("fields", ()):
        value, known = part["value"], isinstance(part["value"], list)
        said = [str(labels[one]["name"]) if one in labels else str(one) for one in (value if known else [value])]
        if part["field"] != "preferred":
            yield asked.get(part["field"], ""), " · ".join(said)
