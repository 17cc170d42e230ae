"""Reads one set by Datumaro, item by item, as values of JSON.

It runs in the sandboxed process of an import (process.py): what Datumaro and the decoders beneath it take up, or break,
ends with that. Python itself sees that no file is opened that only the set names: Datumaro checks most of such names,
and each of its importers reads on its own.
"""

import math
import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

MOST_FAULTS = 10_000
PACKAGES = ("projects", "taskers")
DENIED = ("socket.", "subprocess.", "os.exec", "os.fork", "os.posix_spawn", "os.system", "urllib.")
WITHOUT_A_PLACE = ("/dev/null", "/dev/urandom")
DERIVED = {"segment_anything": ("bbox",)}  # what an importer makes up of a mask
CERTAIN = ("open_images", "kitti_detection")  # which say 1 as the score of what people drew
ELSE = {"voc": ("voc_segmentation",)}  # importers of sets of which there is only a part
# What the pixels are called in which there is nothing.
NOTHING = dict.fromkeys(("kitti_segmentation", "camvid"), "background")
ONE_BASED = re.compile(rb"<counted_from>1<|\bVOC20\d\d\b")  # as the reader of VOC has it, too


def each_item(folder: Path, importer: str, media: Path) -> Iterator[dict[str, Any]]:
    """The items of the set in a folder, by Datumaro's importer of this name, behind what was wrong with some: {"fault",
    "item"}. Pictures that lie inside other files are laid down in `media`. Raises whatever Datumaro does."""
    faults: list[dict[str, Any]] = []
    found = _dataset(folder, importer, faults)
    yield from faults
    for number, item in enumerate(sorted(found, key=lambda one: (one.subset, one.id))):
        try:
            value = _item(found, item, folder, media, number, importer)
        except OutsideSet as problem:
            value = {"fault": str(problem), "item": str(item.id)[:500]}
        yield value


class OutsideSet(PermissionError):
    """What a set names leads out of it."""

    def __init__(self, path: str) -> None:
        """`path` is where to."""
        super().__init__(f"The path “{path[:200]}” leads out of the set")


class _Confinement:
    """What Python may open while Datumaro is at work, by a hook that stays for good and denies nothing in between."""

    def __init__(self) -> None:
        self.writable: list[str] = []  # none: nothing is denied
        self._readable: list[str] = []
        self._is_installed = False

    @contextmanager
    def __call__(self, *folders: Path) -> Iterator[None]:
        """Meanwhile no file is opened but below these folders and where Python's modules and ours lie, nothing is
        connected to, and no process is started. Whoever tries gets OutsideSet, or a PermissionError that names what was
        tried. The sandbox denies the same, and cannot say it so well."""
        if not self._is_installed:
            self._is_installed = True
            ours = [os.path.dirname(os.path.realpath(sys.modules[name].__file__ or "")) for name in PACKAGES]
            modules = [os.path.realpath(path) for path in sys.path if path and os.path.isdir(path)]
            self._readable = [path for path in modules if path not in map(os.path.dirname, ours)] + ours
            sys.addaudithook(self._audit)
        self.writable = [os.path.realpath(folder) for folder in folders]
        try:
            yield
        finally:
            self.writable = []

    def _audit(self, event: str, given: tuple[Any, ...]) -> None:
        if not self.writable:
            return
        if event.startswith(DENIED):
            raise PermissionError(f"No set may cause “{event}”")
        if event != "open" or isinstance(given[0], int):
            return
        name = os.fsdecode(given[0])
        mode, flags = given[1] or "", given[2] or 0
        writes = any(letter in mode for letter in "wxa+") or flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
        places = self.writable if writes else self.writable + self._readable
        if name not in WITHOUT_A_PLACE and not is_inside(name, places):
            raise OutsideSet(name)


confined = _Confinement()


def is_inside(path: str, places: list[str]) -> bool:
    """Whether a path leads to below one of these places, all links followed."""
    real = os.path.realpath(path)
    return any(real == place or real.startswith(place + os.sep) for place in places)


def _dataset(folder: Path, importer: str, faults: list[dict[str, Any]]) -> Any:
    """The set: in the folder, or in the only one in it. What is wrong with items is added to the faults."""
    from datumaro.components.contexts.importer import ImportErrorPolicy
    from datumaro.components.dataset import Dataset

    class Telling(ImportErrorPolicy):
        """What is wrong with an item or an annotation is written down, and the rest goes on."""

        def _tell(self, error: Any) -> None:
            if len(faults) < MOST_FAULTS:
                faults.append({"fault": reason(error.__cause__ or error, folder), "item": str(error.item_id[0])[:500]})

        _handle_item_error = _handle_annotation_error = _tell

    problem: Exception | None = None
    inside = [one for one in folder.iterdir() if one.is_dir()]
    roots = [folder, *(inside if len(inside) == 1 else [])]
    for root, name in ((root, name) for name in (importer, *ELSE.get(importer, ())) for root in roots):
        try:
            found = Dataset.import_from(str(root), name, error_policy=Telling(), **_options(root, importer))
            if len(found):
                return found
        except Exception as failed:
            problem = failed
    raise problem or ValueError("Nothing was found in these files")


def _options(root: Path, importer: str) -> dict[str, Any]:
    """What an importer is told of the files: where VOC's corners are counted from, as the first of them says."""
    first = next(iter(sorted(root.glob("**/Annotations/*.xml"))), None) if importer == "voc" else None
    if first is None:
        return {}
    with first.open("rb") as file:
        return {"coordinate_mode": "voc-one-based"} if ONE_BASED.search(file.read(4096)) else {}


def reason(problem: BaseException, folder: Path) -> str:
    """What Datumaro says of a fault, without the folder's name."""
    while problem.__cause__ is not None:
        problem = problem.__cause__
    text = f"{type(problem).__name__}: {problem}".replace(str(folder) + "/", "").replace(str(folder), "")
    return " ".join(text.split())[:300]


def _item(found: Any, item: Any, folder: Path, media: Path, number: int, importer: str) -> dict[str, Any]:
    names = _Names(found)
    marks, lost = [], []
    masked = any(one.type.name == "mask" for one in item.annotations)
    for index, annotation in enumerate(item.annotations):
        if masked and annotation.type.name in DERIVED.get(importer, ()):
            continue
        try:
            marks += [one for one in _marks(annotation, names, index) if one["label"] != NOTHING.get(importer, "")]
        except Exception as problem:
            lost.append({"at": index, "text": reason(problem, folder)})
    for one in marks:
        _mend(one, importer)
    return {
        "id": str(item.id),
        "subset": item.subset,
        "path": _picture(item, folder, media, number),
        "marks": marks,
        "lost": lost,
        "attributes": _plain(item.attributes),
    }


def _mend(told: dict[str, Any], importer: str) -> None:
    """Set right what an importer makes of what a file says."""
    if importer in CERTAIN and told["score"] == 1:
        told["score"] = None
    if importer == "voc" and told["kind"] == "bbox":  # it counts boxes from 0, and their masks from 1
        group = told["attributes"].get("group", 0)
        if isinstance(group, int):  # else it is an attribute that somebody called so
            told["attributes"]["group"] = group + 1


class _Names:
    """What the numbers of labels and of points stand for."""

    def __init__(self, found: Any) -> None:
        from datumaro.components.annotation import AnnotationType

        categories = found.categories()
        self._labels = categories.get(AnnotationType.label)
        self._points = categories.get(AnnotationType.points)

    def label(self, number: int | None) -> str | None:
        if number is None:
            return None
        known = self._labels is not None and 0 <= number < len(self._labels)
        return str(self._labels[number].name) if known else str(number)

    def points(self, number: int | None) -> list[str]:
        found = self._points.items.get(number) if self._points is not None else None
        return [str(one) for one in found.labels] if found else []


def _picture(item: Any, folder: Path, media: Path, number: int) -> str | None:
    """Where the item's picture lies: below the folder or, with a "/" before it, among those taken out of files."""
    found = item.media
    if found is None:
        return None
    path = getattr(found, "path", None)
    if path and os.path.isfile(path):
        if not is_inside(path, [os.path.realpath(folder)]):
            raise OutsideSet(path)
        return os.path.relpath(path, folder)
    data = found.bytes if getattr(found, "has_data", True) else None
    if not data:
        return None
    (media / str(number)).write_bytes(data)
    return f"/{number}"


def _marks(annotation: Any, names: _Names, index: int) -> list[dict[str, Any]]:
    """What an annotation comes to, each part with its shape."""
    from datumaro.components.annotation import AnnotationType as Kind

    attributes = _plain(annotation.attributes)
    score = attributes.pop("score", None)
    if annotation.group:
        attributes["group"] = annotation.group
    if annotation.object_id > 0:
        attributes["object"] = annotation.object_id
    label = names.label(getattr(annotation, "label", None))
    told = {"at": index, "kind": annotation.type.name, "label": label, "attributes": attributes, "score": score}
    if annotation.type == Kind.points:
        return _points(annotation, told, names)
    if annotation.type == Kind.mask:
        return [told | {"mask": _run_lengths(annotation.image)}]
    if annotation.type == Kind.bbox:
        return [told | {"numbers": [float(one) for one in annotation.get_bbox()]}]
    if annotation.type == Kind.rotated_bbox:
        numbers = [annotation.cx, annotation.cy, annotation.w, annotation.h, annotation.r]
        return [told | {"numbers": [float(one) for one in numbers]}]
    if annotation.type in (Kind.polygon, Kind.polyline, Kind.ellipse):
        return [told | {"numbers": [float(one) for one in annotation.points]}]
    if annotation.type == Kind.caption:
        return [told | {"text": annotation.caption[:1000]}]
    return [told]


def _points(annotation: Any, told: dict[str, Any], names: _Names) -> list[dict[str, Any]]:
    called = names.points(annotation.label)
    found = []
    for number, seen in enumerate(annotation.visibility):
        if int(seen):
            x, y = annotation.points[2 * number : 2 * number + 2]
            label = called[number] if number < len(called) else told["label"]
            more = {"instance": told["at"] + 1} if len(annotation.visibility) > 1 else {}
            point = {"label": label, "numbers": [float(x), float(y)], "visible": int(seen) == 2}
            found.append(told | point | {"attributes": told["attributes"] | more})
    return found


def _run_lengths(pixels: Any) -> dict[str, Any]:
    import numpy as np
    from pycocotools import mask

    found = mask.encode(np.asfortranarray(np.asarray(pixels) > 0, dtype=np.uint8))
    return {"size": [int(side) for side in found["size"]], "counts": found["counts"].decode()}


def _plain(attributes: dict[str, Any]) -> dict[str, Any]:
    """Attributes as JSON has them."""
    found: dict[str, Any] = {}
    for name, value in (attributes or {}).items():
        value = value.item() if hasattr(value, "item") else value
        if isinstance(value, float) and not math.isfinite(value):
            value = str(value)
        if value is not None and value != "":
            found[str(name)] = value if isinstance(value, str | int | float | bool) else str(value)[:1000]
    return found
