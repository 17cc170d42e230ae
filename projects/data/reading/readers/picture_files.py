"""Pictures among some files: found by the names that labels have for them, read one at a time."""

import io
import re
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any, BinaryIO

from projects.data.connectors.files import Entry, Files
from projects.data.media.pictures import MAX_BYTES, Picture, read_picture
from projects.data.reading.readers.listing import wanted, whole

# What folders of pictures are called beside folders of labels.
FOLDERS = ("images", "JPEGImages", "img", "image", "imgs", "photos")
UPLOAD_PREFIX = re.compile("^[0-9a-f]{8}-")
ALIKE = 20  # names with the same last step that are looked at
ENDINGS = (".png", ".jpg", ".jpeg", ".webp", ".gif", ".bmp", ".tif", ".tiff")


def is_picture(name: str) -> bool:
    """Whether a file's name is that of a picture."""
    return name.lower().endswith(ENDINGS)


def picture_of(files: Files, name: str) -> Picture:
    """The picture in a file, checked. Raises Refused."""
    return read_picture(whole(files, name, MAX_BYTES))


def sized(picture: Picture, name: str) -> dict[str, Any]:
    """What a task's payload says of its picture."""
    return {"asset": picture.sha256, "width": picture.width, "height": picture.height, "name": name}


def stem(name: str) -> str:
    """A name without its last ending."""
    path = PurePosixPath(name)
    return str(path.with_suffix("")) if path.suffix else name


class Inside:
    """One picture that stands in a file of labels itself."""

    def __init__(self, name: str, data: bytes) -> None:
        self._name, self._data = name, data

    def entries(self) -> Iterator[Entry]:
        return iter([Entry(self._name, len(self._data))])

    def open(self, name: str) -> BinaryIO:
        return io.BytesIO(self._data)


class PictureNames:
    """The names of all pictures among some files, and which of them is meant by a name in a file of labels."""

    def __init__(self, files: Files) -> None:
        self.names: dict[str, None] = {}
        self._by_last: dict[str, list[str]] = {}  # the last step of a name -> the first few names that end so
        self._by_stem: dict[str, list[str]] = {}
        self._by_path: dict[str, str] = {}  # a whole path without its ending -> the name
        for entry in wanted(files):
            if is_picture(entry.name):
                self.names[entry.name] = None
                self._by_path.setdefault(stem(entry.name), entry.name)
                path = PurePosixPath(entry.name)
                for known, key in ((self._by_last, path.name), (self._by_stem, path.stem)):
                    found = known.setdefault(key, [])
                    if len(found) < ALIKE:
                        found.append(entry.name)

    def of(self, name: str, near: str = "") -> str | None:
        """The picture that is called so in a file at `near`: by that path, from there or from the top, else by its
        last step, else by its name without an ending, where only one of those is likely."""
        steps = [step for step in name.replace("\\", "/").split("/") if step not in ("", ".", "..")]
        if not steps or len(name) > 2000:
            return None
        path = "/".join(steps)
        folder = PurePosixPath(near).parent
        for base in (folder, *folder.parents):
            for middle in ("", "images/"):
                found = path if str(base) == "." else f"{base}/{path}"
                if middle:
                    found = f"{middle}{path}" if str(base) == "." else f"{base}/{middle}{path}"
                if found in self.names:
                    return found
        alike = self._by_last.get(steps[-1]) or self._by_stem.get(PurePosixPath(steps[-1]).stem)
        return _likeliest(alike or [], near)

    def beside(self, name: str) -> str | None:
        """The picture that a file of labels is about by its own name: in the same folder, or in one of pictures that
        stands in the place of one of labels, or the only one that is called so."""
        return self._beside(name) or self._beside(without_upload_prefix(name))

    def _beside(self, name: str) -> str | None:
        path = stem(name)
        if path in self._by_path:
            return self._by_path[path]
        steps = path.split("/")
        for at in range(len(steps) - 2, -1, -1):
            for folder in FOLDERS:
                found = self._by_path.get("/".join([*steps[:at], folder, *steps[at + 1 :]]))
                if found:
                    return found
        return _likeliest(self._by_stem.get(steps[-1], []), name)


def without_upload_prefix(name: str) -> str:
    """A path without what Label Studio puts before the name of a file that was uploaded to it."""
    folder, slash, last = name.rpartition("/")
    return folder + slash + UPLOAD_PREFIX.sub("", last)


def _likeliest(names: list[str], near: str) -> str | None:
    """Of several names, the only one that lies among pictures, or else in a folder that is named at `near`."""
    for likely in (FOLDERS, re.split(r"[/_.-]", near)):
        if len(names) < 2:
            break
        names = [name for name in names if set(name.split("/")[:-1]) & set(likely)] or names
    return names[0] if len(names) == 1 else None
