"""Answers to questions that may hang, kept: whoever asks hears the last one rather than wait."""

import threading
import time
from collections.abc import Callable
from typing import Generic, NamedTuple, TypeVar

Found = TypeVar("Found")


class Answer(NamedTuple, Generic[Found]):
    """What was found last, None before anything was, and how many seconds ago; `late`: it should have been found anew,
    and wasn't in time."""

    found: Found | None
    age: float
    late: bool


class Kept(Generic[Found]):
    """One question at a time, however many ask. It is asked anew once its answer is `fresh` seconds old."""

    def __init__(self, ask: Callable[[], Found], *, fresh: float = 5.0, patience: float = 1.5) -> None:
        self.ask = ask
        self.fresh = fresh
        self.patience = patience
        self._lock = threading.Lock()
        self._asking: threading.Thread | None = None
        self._found: Found | None = None
        self._at = time.monotonic()

    def answer(self) -> Answer[Found]:
        """The answer, within patience in any case. A question that raises leaves the last answer standing."""
        asked = time.monotonic()
        with self._lock:
            old = self._found is None or time.monotonic() - self._at >= self.fresh
            if old and (self._asking is None or not self._asking.is_alive()):
                self._asking = threading.Thread(target=self._ask, name="figures", daemon=True)
                self._asking.start()
            asking = self._asking
        if old and asking is not None:
            asking.join(self.patience)
        age = time.monotonic() - self._at
        return Answer(self._found, age, self._found is None or old and self._at < asked)

    def _ask(self) -> None:
        try:
            found = self.ask()
        except Exception:  # whoever asked sees by its age that the answer is an old one
            return
        self._found, self._at = found, time.monotonic()
