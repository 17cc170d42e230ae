"""Low-resolution masks kept for a while, so that the next click can refine one of them by name."""

import secrets
from collections import OrderedDict

import numpy as np


class Handles:
    """The latest masks by handle, each for its own owner only, within a limit in bytes.

    Losing one costs a little quality, never an answer: the next prompt carries all its points anyway.
    """

    def __init__(self, limit_bytes: int = 128 << 20) -> None:
        self._limit = limit_bytes
        self._kept: OrderedDict[tuple[str, str], np.ndarray] = OrderedDict()
        self._bytes = 0

    def keep(self, owner: str, logits: np.ndarray) -> str:
        """A new handle for these logits."""
        handle = secrets.token_urlsafe(9)
        self._kept[owner, handle] = logits
        self._bytes += logits.nbytes
        while self._bytes > self._limit and len(self._kept) > 1:
            _, gone = self._kept.popitem(last=False)
            self._bytes -= gone.nbytes
        return handle

    def find(self, owner: str, handle: str) -> np.ndarray | None:
        """The logits, or None if they are gone or another owner's."""
        return self._kept.get((owner, handle))
