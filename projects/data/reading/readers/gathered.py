"""Parts that stand anywhere in a file, by what they belong to: on disk, so that only numbers are in memory."""

import json
import tempfile
from array import array
from typing import Any, cast

import numpy as np

from projects.errors import Refused

SPOOLED = 8 * 1024 * 1024
MAX_PARTS = 20_000_000  # 24 bytes each


class Gathered:
    """JSON values by the number of their owner, each owner's in the order in which they came."""

    def __init__(self) -> None:
        self._file = tempfile.SpooledTemporaryFile(max_size=SPOOLED)  # noqa: SIM115
        self._owners, self._starts, self._sizes = array("q"), array("q"), array("q")
        self._at = 0
        self._order: np.ndarray | None = None
        self._sorted: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self._owners)

    def close(self) -> None:
        """Give the disk back."""
        self._file.close()

    def add(self, owner: int, value: Any) -> None:
        """Keep one more part of an owner; all are added before the first is asked for. Raises Refused beyond reason."""
        if len(self) >= MAX_PARTS:
            raise Refused("There are too many annotations; split the set.", code="too-large")
        data = json.dumps(value, ensure_ascii=True, separators=(",", ":")).encode()
        self._file.write(data)
        for known, number in ((self._owners, owner), (self._starts, self._at), (self._sizes, len(data))):
            known.append(number)
        self._at += len(data)

    def owners(self) -> set[int]:
        """Those that have a part."""
        return set(self._owners)

    def of(self, owner: int) -> list[Any]:
        """The parts of an owner."""
        if self._order is None:
            owners = np.asarray(self._owners)
            self._order = np.argsort(owners, kind="stable")
            self._sorted = owners[self._order]
        low, high = (int(np.searchsorted(cast(np.ndarray, self._sorted), owner, side)) for side in ("left", "right"))  # type: ignore[call-overload]
        return [self._read(int(number)) for number in self._order[low:high]]

    def _read(self, number: int) -> Any:
        self._file.seek(self._starts[number])
        return json.loads(self._file.read(self._sizes[number]))
