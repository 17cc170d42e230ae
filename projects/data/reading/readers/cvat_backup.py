"""CVAT's backups of tasks and projects, with the pictures in them: JSON beside a folder `data`.

Tracks are followed from one key frame to the next: boxes, points and ellipses move in a straight line, other shapes
stay as they were last drawn.
"""

from collections.abc import Iterator
from contextlib import closing
from functools import partial
from typing import Any

from projects.data.connectors.files import Files
from projects.data.reading.format import ImportFormat, Reading
from projects.data.reading.readers import cvat_shapes
from projects.data.reading.readers.gathered import Gathered
from projects.data.reading.readers.going_on import Later, after
from projects.data.reading.readers.json_parts import loads, parts
from projects.data.reading.readers.labelled import Size, labelled, size_of
from projects.data.reading.readers.lines import numbered
from projects.data.reading.readers.listing import listed, shown, text_of, wanted
from projects.data.reading.readers.marks import REGIONS, Marks
from projects.data.reading.readers.picture_files import PictureNames
from projects.data.reading.rows import Fault, Item, Said
from projects.errors import Refused
from taskers.errors import sentence

NO_IMAGES = (
    "The task has no pictures: videos are not taken apart here. Export it from CVAT as “CVAT for video 1.1” with its "
    "images."
)
MAX_TASK = 32 * 1024 * 1024
MAX_FRAMES = 2_000_000
VERSION = 1
JOB = ("tags", "shapes", "tracks")
MOVING = ("rectangle", "points", "ellipse")


def read(files: Files, reading: Reading) -> Iterator[Item]:
    """A row for each frame of each task."""
    return after(_items(files, reading.task_type), reading.skip)


def _items(files: Files, task_type: str) -> Iterator[Item | Later]:
    pictures = PictureNames(files)
    for entry in wanted(files):
        folder, _, last = entry.name.rpartition("/")
        if last != "task.json":
            continue
        try:
            yield from _task(files, pictures, task_type, f"{folder}/" if folder else "")
        except Refused as refused:
            yield Fault.of(refused, shown(entry.name))


def _task(files: Files, pictures: PictureNames, task_type: str, folder: str) -> Iterator[Item | Later]:
    told = loads(text_of(files, f"{folder}task.json", MAX_TASK))
    _check_version(told)
    data = told.get("data") if isinstance(told, dict) else None
    subset = told.get("subset") if isinstance(told, dict) else None
    meta = {"subset": subset} if isinstance(subset, str) and subset not in ("", "default") else {}
    start, step = _first_and_step(data if isinstance(data, dict) else {})
    images = sum(1 for _ in _images(files, pictures, folder))
    deleted = _listed(data.get("deleted_frames")) if isinstance(data, dict) else []
    gone = {one for one in deleted if isinstance(one, int)}
    faults: list[Fault] = []
    with closing(Gathered()) as shapes:
        _gather(files, f"{folder}annotations.json", shapes, faults, max(0, images - start + step - 1) // step)
        yield from faults
        seen: set[int] = set()
        for number, (called, size) in enumerate(_images(files, pictures, folder)):
            frame, rest = divmod(number - start, step)
            if rest or frame < 0 or frame in gone:
                continue
            seen.add(frame)
            mark = partial(_mark, shapes.of(frame))
            picture = pictures.of(called, f"{folder}data/manifest.jsonl") or pictures.of(called, folder)
            yield Later(partial(labelled, files, task_type, picture, called, mark, size=size, meta=meta))
        if not seen:
            raise Refused(NO_IMAGES, code="no-images")
        for frame in sorted(shapes.owners() - seen):
            text = "This frame was deleted there." if frame in gone else "The task has no picture for this frame."
            yield Fault(f"{shown(folder)}annotations.json, frame {frame}", "no-picture", text)


def _check_version(told: Any) -> None:
    """Refused where the task says that its backup is of a version that isn't known here."""
    version = str(told.get("version", VERSION)) if isinstance(told, dict) else ""
    number = version.partition(".")[0]
    if number.isdecimal() and int(number[:9]) > VERSION:
        text = "This backup is of version %(version)s; here 1 is read. Export the task as “CVAT for images 1.1”."
        raise Refused(text, code="newer-version", place="version", version=version[:20])


def _first_and_step(data: dict[str, Any]) -> tuple[int, int]:
    """The first of the task's pictures, and every how manieth is a frame."""
    start = data.get("start_frame")
    _, _, step = str(data.get("frame_filter") or "").partition("step=")
    return (
        start if isinstance(start, int) and start >= 0 else 0,
        int(step) if step.isdigit() and len(step) < 9 and int(step) else 1,
    )


def _images(files: Files, pictures: PictureNames, folder: str) -> Iterator[tuple[str, Size | None]]:
    """The task's pictures in the order of their frames: as the manifest has them, or by name where there is none."""
    names = {entry.name for entry in wanted(files) if entry.name.endswith("manifest.jsonl")}
    manifest = f"{folder}data/manifest.jsonl"
    if manifest not in names:
        inside = sorted(name for name in pictures.names if name.startswith(f"{folder}data/"))
        yield from ((name, None) for name in inside)
        return
    with files.open(manifest) as file:
        for number, line in numbered(file):
            told = loads((line or b"{}").decode("utf-8", "replace"), f"manifest.jsonl, line {number}")
            if isinstance(told, dict) and isinstance(told.get("name"), str):
                extension = told.get("extension")
                yield (
                    told["name"] + (extension if isinstance(extension, str) else ""),
                    size_of(told.get("width"), told.get("height")),
                )
            if number > MAX_FRAMES:
                raise Refused("There are too many pictures; split the task.", code="too-large")


def _gather(files: Files, name: str, shapes: Gathered, faults: list[Fault], frames: int) -> None:
    """What the task's jobs say, by frame."""
    try:
        with files.open(name) as file:
            for part in parts(file):
                for key, place, one in _told(part.value, part.place):
                    if key not in JOB:
                        text = sentence("There is no place here for “%(what)s”.", what=key)
                        faults.append(Fault(f"{shown(name)}, {place}", "no-place", text))
                        continue
                    for where in _without_frame(one, place):
                        faults.append(Fault(f"{shown(name)}, {where}", "wrong-shape", "It has no frame."))
                    if key == "tracks":
                        _follow(shapes, one if isinstance(one, dict) else {}, place, frames)
                    elif _framed(one):
                        shapes.add(one["frame"], {"at": place, "key": key, "it": one})
    except Refused as refused:
        faults.append(Fault.of(refused, shown(name)))


def _told(job: Any, place: str) -> Iterator[tuple[str, str, Any]]:
    """What a job says, one by one: under which key, where, and what."""
    for key, found in job.items() if isinstance(job, dict) else ():
        for index, one in enumerate(_listed(found)):
            yield key[:60], f"{place}.{key[:60]}[{index}]", one


def _without_frame(one: Any, place: str) -> Iterator[str]:
    """Where, in a part and in what it is made of, the number of a frame is missing."""
    if not _framed(one):
        yield place
    for at, shape in enumerate(_listed(one.get("shapes")) if isinstance(one, dict) else ()):
        if not _framed(shape):
            yield f"{place}.shapes[{at}]"


def _follow(shapes: Gathered, track: dict[str, Any], place: str, frames: int) -> None:
    """Add a track's shape to each frame in which it is in sight: of so many, to the last where nothing ends it."""
    found = track.get("shapes")
    keys = [one for one in _listed(found) if _framed(one) and one.get("type") != "skeleton"]
    keys.sort(key=lambda one: one["frame"])
    more = {"label": track.get("label"), "track": place.rpartition("[")[2].removesuffix("]")}
    more |= {name: track[name] for name in ("group", "source") if track.get(name)}
    always = _listed(track.get("attributes"))
    for before, behind in zip(keys, [*keys[1:], None], strict=False):
        if before.get("outside"):
            continue
        last = behind["frame"] if behind else frames
        told = before | more | {"attributes": [*always, *_listed(before.get("attributes"))]}
        for frame in range(max(0, before["frame"]), min(last, frames)):
            shape = told | {"points": _between(before, behind, frame)}
            shapes.add(frame, {"at": place, "key": "shapes", "it": shape})
    for element in _listed(track.get("elements")):
        if isinstance(element, dict):  # a joint of a skeleton, which moves by itself
            joint = {name: track[name] for name in ("group", "source") if track.get(name)} | element
            _follow(shapes, joint | {"attributes": [*always, *_listed(element.get("attributes"))]}, place, frames)


def _framed(one: Any) -> bool:
    return isinstance(one, dict) and isinstance(one.get("frame"), int) and 0 <= one["frame"] < MAX_FRAMES


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _between(before: dict[str, Any], behind: dict[str, Any] | None, frame: int) -> Any:
    start, end = before.get("points"), behind.get("points") if behind else None
    if not behind or behind.get("outside") or before.get("type") not in MOVING:
        return start
    if not isinstance(start, list) or not isinstance(end, list) or len(start) != len(end):
        return start
    part = (frame - before["frame"]) / (behind["frame"] - before["frame"])
    try:
        return [a + (b - a) * part for a, b in zip(start, end, strict=True)]
    except TypeError:
        return start


def _mark(found: list[dict[str, Any]], marks: Marks) -> tuple[Said, ...]:
    sources = set()
    for one in sorted(found, key=lambda one: cvat_shapes.depth(one["it"].get("z_order"))):
        sources.add(one["it"].get("source", "manual"))
        if one["key"] == "tags":
            marks.choose(one["at"], one["it"].get("label"), kind="multiple")
            for name in _attributes(one["it"]) if marks.task_type != REGIONS else ():
                marks.lose(f"{one['at']}, {name[:60]}", "no-place", "There is no place here for attributes of a tag.")
        else:
            _shape(marks, one["it"], one["at"])
    return marks.said(predicted=sources == {"auto"})


def _shape(marks: Marks, shape: dict[str, Any], place: str) -> None:
    kind, label = str(shape.get("type") or ""), shape.get("label")
    if shape.get("outside") is True:
        return
    if kind == "skeleton":
        for element in shape.get("elements") or ():
            if isinstance(element, dict):
                tied = [{"name": "instance", "value": place}, {"name": "skeleton", "value": label}]
                mine = [*tied, *_listed(shape.get("attributes")), *_listed(element.get("attributes"))]
                told = {"group": shape.get("group")} | element | {"attributes": mine}
                _shape(marks, told, f"{place}, {element.get('label')}")
        return
    points = shape.get("points")
    turn = shape.get("rotation") or 0
    if not isinstance(label, str) or not isinstance(points, list) or not isinstance(turn, int | float):
        marks.lose(place, "wrong-shape", "A shape has a label and points.")
        return
    score = shape.get("score")
    cvat_shapes.mark(marks, place, kind, label, _numbers(kind, points), turn, _attributes(shape), _own(score, shape))


def _own(score: Any, shape: dict[str, Any]) -> Any:
    """A score where a model gave one: CVAT writes 1 beside what people drew."""
    return score if shape.get("source") == "auto" else None


def _numbers(kind: str, points: list[Any]) -> list[Any]:
    """A shape's numbers: of an ellipse CVAT keeps the middle, then how far right and how far up it goes."""
    if kind == "ellipse" and len(points) == 4:
        x, y, right, top = points
        return [x, y, right - x, y - top]
    return points


def _attributes(shape: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name in ("occluded", "group", "track"):
        if shape.get(name) not in (None, 0, False, ""):
            found[name] = shape[name]
    given = shape.get("attributes")
    for one in given if isinstance(given, list) else ():
        if isinstance(one, dict) and "value" in one:
            found[str(one.get("name", one.get("spec_id", "")))] = one["value"]
    return found


def _recognises(files: Files) -> bool:
    names = {entry.name for entry in listed(files)}
    return any(
        name.rpartition("/")[2] == "task.json" and f"{name.removesuffix('task.json')}annotations.json" in names
        for name in names
    )


FORMAT = ImportFormat(
    key="cvat_backup",
    title="CVAT backup",
    note="Tasks and projects with their pictures; jobs, people, comments, cuboids and videos are lost.",
    task_types=("image_regions", "classification"),
    endings=(),
    recognises=_recognises,
    read=read,
)
