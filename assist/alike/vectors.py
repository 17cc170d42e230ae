"""Vectors in files, and the nearest of them: a shortlist by signs, then the exact order. Pure numpy.

Of each vector one bit a number is kept, whether it lies above the middle; the fewer bits two differ in, the nearer they
are likely to be (Charikar, "Similarity Estimation Techniques from Rounding Algorithms", 2002). All bits are looked at,
which takes tens of milliseconds for a million; the few that are left are compared as they are, in half precision. All
files are mapped, so that what is looked at is what takes memory.
"""

import fcntl
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np

PLAIN = 20_000  # up to so many, all are compared as they are; from the first so many the middle is taken
SHORTLIST = 2_000
AT_ONCE = 65_536  # rows
SIGNS_AT_ONCE = 16_384  # rows of bits, which stay in a core's own memory meanwhile
KEYS, ROWS, SIGNS, MIDDLE = "keys.i8", "rows.f2", "signs.u8", "middle.f4"


class Vectors:
    """One folder: keys and unit vectors of one width, only ever added to. One writer at a time; readers see what was
    whole when they began."""

    def __init__(self, folder: Path, width: int) -> None:
        if width % 64:
            raise ValueError("a vector has a multiple of 64 numbers")
        self._folder, self.width = folder, width

    def __len__(self) -> int:
        return self._count(KEYS, 8)

    def keys(self) -> np.ndarray:
        """int64, in the order in which they came."""
        return self._mapped(KEYS, "<i8", (len(self),))

    def last(self) -> int:
        """The key that came last; 0 where there is none."""
        return int(self.keys()[-1]) if len(self) else 0

    def add(self, keys: Sequence[int], rows: np.ndarray) -> None:
        """Add vectors under keys that aren't there yet: the keys come last, so what was cut off before them isn't
        there."""
        if rows.shape != (len(keys), self.width):
            raise ValueError(f"{len(keys)} keys, and rows of {rows.shape}")
        with self._locked():
            held = len(self)
            self._append(ROWS, rows.astype("<f2"), held)
            total = held + len(keys)
            if total > PLAIN:
                self._quantise(total)
            self._append(KEYS, np.asarray(keys, "<i8"), held)

    def near(self, vector: np.ndarray, most: int, first: int | None = None) -> list[tuple[int, float]]:
        """The keys of the nearest vectors, each with its cosine, the nearest first; of the `first` so many alone."""
        held = len(self) if first is None else min(first, len(self))
        if not held:
            return []
        rows = self._mapped(ROWS, "<f2", (held, self.width))
        chosen = np.arange(held) if held <= PLAIN else self._shortlist(vector, held)
        near = np.concatenate(
            [np.asarray(rows[some], np.float32) @ vector for some in np.array_split(chosen, -(-len(chosen) // AT_ONCE))]
        )
        best = np.argsort(-near, kind="stable")[:most]
        keys = self.keys()
        return [(int(keys[chosen[n]]), round(float(near[n]), 4)) for n in best]

    def row(self, key: int) -> np.ndarray | None:
        """One vector; None where it isn't there. Keys come in their order, but for those that came late."""
        keys = self.keys()
        at = int(np.searchsorted(keys, key))
        if at >= len(keys) or keys[at] != key:
            found = np.flatnonzero(keys == key)
            if not len(found):
                return None
            at = int(found[0])
        return np.asarray(self._mapped(ROWS, "<f2", (len(keys), self.width))[at], np.float32)

    def rows(self, chosen: np.ndarray) -> np.ndarray:
        """Those at these places, float32 [n, width]."""
        return np.asarray(self._mapped(ROWS, "<f2", (len(self), self.width))[chosen], np.float32)

    def _shortlist(self, vector: np.ndarray, held: int) -> np.ndarray:
        words = self.width // 64
        signs = self._mapped(SIGNS, "<u8", (held, words))
        asked = self._signs(vector[None])[0]
        far = np.zeros(held, np.uint16)
        for start in range(0, held, SIGNS_AT_ONCE):
            part = signs[start : start + SIGNS_AT_ONCE]
            for n in range(words):
                far[start : start + SIGNS_AT_ONCE] += np.bitwise_count(part[:, n] ^ asked[n])
        within = np.cumsum(np.bincount(far))
        bound = np.searchsorted(within, SHORTLIST)
        ties = np.flatnonzero(far == bound)[
            : 9 * SHORTLIST
        ]  # many may be just as far: what is nearer is never left out
        return np.concatenate([np.flatnonzero(far < bound), ties])

    def _quantise(self, total: int) -> None:
        """Signs of all rows that have none yet; the middle is that of the first ones, and stays."""
        rows = self._mapped(ROWS, "<f2", (total, self.width))
        if not (self._folder / MIDDLE).exists():
            part = self._folder / f".{MIDDLE}.part"
            np.asarray(rows[:PLAIN], np.float32).mean(0).astype("<f4").tofile(part)
            os.replace(part, self._folder / MIDDLE)
        start = min(len(self), self._count(SIGNS, self.width // 8))
        for at in range(start, total, AT_ONCE):
            some = np.asarray(rows[at : at + AT_ONCE], np.float32)
            self._append(SIGNS, self._signs(some), at)

    def _signs(self, rows: np.ndarray) -> np.ndarray:
        middle = np.fromfile(self._folder / MIDDLE, "<f4")
        return np.packbits(rows > middle, axis=1).view("<u8")

    def _count(self, name: str, size: int) -> int:
        try:
            return (self._folder / name).stat().st_size // size
        except FileNotFoundError:
            return 0

    def _mapped(self, name: str, kind: str, shape: tuple[int, ...]) -> np.ndarray:
        if not shape[0]:
            return np.zeros(shape, kind)
        return np.memmap(self._folder / name, kind, "r", shape=shape)

    def _append(self, name: str, rows: np.ndarray, at: int) -> None:
        """Behind the first `at` rows: what stands there already was cut off and counts for nothing."""
        with (self._folder / name).open("ab") as file:
            file.truncate(at * (rows.nbytes // max(1, len(rows))) if len(rows) else file.tell())
            file.write(np.ascontiguousarray(rows).tobytes())

    @contextmanager
    def _locked(self) -> Iterator[None]:
        self._folder.mkdir(parents=True, exist_ok=True)
        with (self._folder / ".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
