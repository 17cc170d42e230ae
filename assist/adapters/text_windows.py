"""What a text is to a model that reads pieces of it, by its tokenizer.json: windows of pieces that overlap, each of
which it is asked about by itself.
"""

from abc import ABC, abstractmethod
from pathlib import Path

import numpy as np
from tokenizers import Encoding, Tokenizer

from assist.adapters import RuntimeMissing
from assist.adapters.bundle import Bundle
from assist.adapters.library_faults import failed, reason
from assist.errors import CopilotError

TOKENIZER = "tokenizer.json"
USUAL_WINDOW = 512  # pieces
OVERLAP = 0.25  # of a window


class TextWindows(ABC):
    """A model and its tokenizer; they may be shared by threads."""

    def __init__(self, bundle: Bundle, folder: Path) -> None:
        """From its files. Raises RuntimeMissing."""
        self._key = bundle.key
        try:
            self._tokenizer = Tokenizer.from_file(str(folder / TOKENIZER))
            self._set(bundle.terms.options.get("window", USUAL_WINDOW))
        except (RuntimeMissing, KeyboardInterrupt, SystemExit):
            raise
        except BaseException as problem:  # the library throws nothing narrower; its panics are no Exception
            raise RuntimeMissing(f"The {TOKENIZER} of {bundle.key} can't be read: {reason(problem)}.") from None

    def _set(self, window: int) -> None:
        """Read texts in windows of so many pieces. Raises RuntimeMissing where they would never get on."""
        marks, overlap = self._tokenizer.num_special_tokens_to_add(False), int(window * OVERLAP)
        if window <= marks + overlap:
            raise RuntimeMissing(f"A window of {window} pieces has no room for text: {marks} are marks of {self._key}.")
        self._tokenizer.enable_truncation(window, stride=overlap)
        self._tokenizer.no_padding()

    def windows(self, text: str) -> list[Encoding]:
        """In the order of the text. Raises CopilotError "no-answer" where none can be made."""
        try:
            whole = self._tokenizer.encode(text)
        except (KeyboardInterrupt, SystemExit):
            raise
        except BaseException as problem:  # a file that loads may still panic here
            raise failed("text", problem) from None
        return [whole, *whole.overflowing]

    @abstractmethod
    def run(self, window: Encoding) -> np.ndarray:
        """float64: what it says of one window. Raises CopilotError "no-answer"."""

    def check(self, numbers: np.ndarray, shape: tuple[int, ...]) -> None:
        """That they are numbers, and so many. Raises CopilotError "no-answer"."""
        if numbers.shape != shape:
            found, wanted = (" × ".join(map(str, one)) or "single" for one in (numbers.shape, shape))
            raise CopilotError("no-answer", f"{self._key} answers with {found} numbers where {wanted} are asked for.")
        if not np.isfinite(numbers).all():
            raise CopilotError("no-answer", "The model's answer is not made of numbers. Go on without it.")
