"""What files of tasks are called: paths that lead nowhere but down, each given once."""

import hashlib
import re
from array import array
from pathlib import PurePosixPath

from projects.data.exporting.decided import Decided
from projects.data.media.assets import ENDINGS

PICTURE = re.compile(r"\.(png|jpe?g|webp|gif|bmp|tiff?)$", re.IGNORECASE)
LONGEST = 120  # bytes of one step: room for an ending, below what file systems take


def file_name(name: str, sha256: str) -> str:
    """A picture's name as a path that leads nowhere but down: readers write files by it."""
    steps = [step for step in re.split(r"[\\/]+", name) if step not in {"", ".", ".."} and not step.endswith(":")]
    return "/".join("".join(one if one.isprintable() else "_" for one in step) for step in steps) or sha256


class Given:
    """Which names were given. Of each eight bytes of its hash are kept, in a table that is at least a third empty: a
    million take 16 MiB, where a set takes 80."""

    def __init__(self) -> None:
        self._slots, self._number = array("Q", bytes(8 * 1024)), 0

    def take(self, name: str) -> bool:
        """Whether nobody has it yet; from now on somebody has."""
        key = int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8).digest()) or 1  # 0 is an empty slot
        if not self._put(key):
            return False
        self._number += 1
        if 3 * self._number > 2 * len(self._slots):
            kept, self._slots = self._slots, array("Q", bytes(16 * len(self._slots)))
            for one in filter(None, kept):
                self._put(one)
        return True

    def _put(self, key: int) -> bool:
        """Its own slot, or the next that is empty; False where it is there."""
        slots, last = self._slots, len(self._slots) - 1
        at = key & last
        while slots[at]:
            if slots[at] == key:
                return False
            at = (at + 1) & last
        slots[at] = key
        return True


class Names:
    """Names of tasks in one folder. A task is asked for once; the same tasks in the same order have the same names."""

    def __init__(self) -> None:
        self._given = Given()

    def stem(self, one: Decided) -> str:
        """A task's name without an ending: its picture's, or its external id."""
        payload = one.payload
        name = str(payload.get("name") or "")
        if not name or name == payload.get("asset"):
            name = one.external_id
        stem = self._joined(PICTURE.sub("", file_name(name, one.id)).split("/"))
        stem = stem.rstrip("/ .") or one.id
        if not self._take(stem):
            stem = f"{stem}-{one.id[:8]}"
            if not self._take(stem):
                stem = f"{stem}-{one.id}"
        return stem

    def _joined(self, steps: list[str]) -> str:
        return "/".join(map(_short, steps))

    def _take(self, stem: str) -> bool:
        """Whether nobody has it yet: large and small letters are one, as some file systems have it."""
        return self._given.take(stem.casefold())


class FlatNames(Names):
    """The same for formats that know no folders: each is one step."""

    def _joined(self, steps: list[str]) -> str:
        return _short("__".join(steps))


def ending(one: Decided) -> str:
    """The ending of a task's picture: of what is stored where it goes along, else as it was named."""
    if one.pictures:
        return ENDINGS.get(one.pictures[0].media_type, "")
    found = PICTURE.search(str(one.payload.get("name") or ""))
    return found[0] if found else ".jpg"


def _short(step: str) -> str:
    data = step.encode()
    if len(data) <= LONGEST:
        return step
    kept = data[: LONGEST - 9].decode(errors="ignore")
    return f"{kept}-{hashlib.sha256(data).hexdigest()[:8]}"


def folder(name: str) -> str:
    """A class's name as one step of a path."""
    step = file_name(name.replace("/", "_").replace("\\", "_"), "_").strip(" .")
    return _short(PurePosixPath(step or "_").name)
