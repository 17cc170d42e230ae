"""Which verdicts a delivery holds: written down once, in the order of tasks, and compared with another's.

Packed lines of JSON: the task's key, its verdict's, the part of the split, both public ids, the external id.
"""

import csv
import hashlib
import io
import json
import zlib
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from projects.data.deliveries.kept_files import Lost, fetch
from taskers.files.csv_cells import plain

GZIP = 31  # zlib's word for gzip, without a name or a time in it
GATHERED = 1000  # lines packed at a time
UNPACKED = 1024 * 1024  # bytes unpacked at a time, whatever a file says: its sum is known only at its end
MAX_PICK = 64 * 1024  # bytes of one line


class Pick(NamedTuple):
    """One task of a delivery."""

    task: int
    verdict: int
    part: str
    task_id: str
    verdict_id: str
    external_id: str


def packed(picks: Iterable[Pick]) -> Iterator[bytes]:
    """The file, piece by piece."""
    packer, held = zlib.compressobj(wbits=GZIP), []
    for pick in picks:
        held.append(json.dumps(pick, ensure_ascii=False, separators=(",", ":")))
        if len(held) == GATHERED:
            yield packer.compress("".join(f"{line}\n" for line in held).encode())
            held.clear()
    yield packer.compress("".join(f"{line}\n" for line in held).encode())
    yield packer.flush()


def read(name: str, sha256: str) -> Iterator[Pick]:
    """The picks again. Raises Lost where the file is gone, or isn't what was written."""
    seen, rest = hashlib.sha256(), b""
    try:
        for piece in _unpacked(name, seen):
            *lines, rest = (rest + piece).split(b"\n")
            if len(rest) > MAX_PICK:
                raise Lost()
            for line in lines:
                yield Pick(*json.loads(line))
    except (zlib.error, ValueError, TypeError, RecursionError):
        raise Lost() from None
    if rest or seen.hexdigest() != sha256:
        raise Lost()


def _unpacked(name: str, seen: "hashlib._Hash") -> Iterator[bytes]:
    """What is packed in a file, piece by piece; `seen` is told of the file's own bytes."""
    opener = zlib.decompressobj(wbits=GZIP)
    for piece in fetch(name):
        seen.update(piece)
        while piece:
            yield opener.decompress(piece, UNPACKED)
            piece = opener.unconsumed_tail


class Differences:
    """What one delivery has that the one before hadn't, as a table; counted while it is read."""

    def __init__(self, before: Iterable[Pick], now: Iterable[Pick]) -> None:
        self.before, self.now = iter(before), iter(now)
        self.added = self.changed = self.gone = 0

    def table(self) -> Iterator[bytes]:
        """CSV: a line for each task that was added, changed or is gone."""
        yield _line(["change", "external_id", "task", "verdict", "verdict_before"])
        old, new = next(self.before, None), next(self.now, None)
        while old or new:
            if new is None or old is not None and old.task < new.task:
                assert old is not None
                self.gone += 1
                yield _line(["gone", plain(old.external_id), old.task_id, "", old.verdict_id])
                old = next(self.before, None)
                continue
            if old is not None and old.task == new.task:
                if old.verdict != new.verdict:
                    self.changed += 1
                    yield _line(["changed", plain(new.external_id), new.task_id, new.verdict_id, old.verdict_id])
                old = next(self.before, None)
            else:
                self.added += 1
                yield _line(["added", plain(new.external_id), new.task_id, new.verdict_id, ""])
            new = next(self.now, None)


def _line(values: list[str]) -> bytes:
    out = io.StringIO()
    csv.writer(out).writerow(values)
    return out.getvalue().encode()
