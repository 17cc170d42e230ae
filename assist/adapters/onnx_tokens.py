"""A model that reads pieces of text, as Hugging Face exports it: an ONNX file beside a tokenizer.json. What a text is
to such a model: windows of pieces that overlap, each of which it is asked about by itself.
"""

import numpy as np
from tokenizers import Encoding, Tokenizer

from assist.adapters import RuntimeMissing
from assist.adapters.bundle import Bundle
from assist.adapters.onnx_session import failed, opened
from assist.errors import CopilotError

TOKENIZER = "tokenizer.json"
USUAL_WINDOW = 512  # pieces
OVERLAP = 0.25  # of a window


class OnnxTokens:
    """One session and its tokenizer; they may be shared by threads."""

    def __init__(self, bundle: Bundle) -> None:
        """From its files. Raises RuntimeMissing."""
        self._key = bundle.key
        with bundle.folder() as folder:
            self._session = opened(folder / bundle.one(".onnx"), bundle.key)
            try:
                self._tokenizer = Tokenizer.from_file(str(folder / TOKENIZER))
                self._set(bundle.terms.options.get("window", USUAL_WINDOW))
            except (RuntimeMissing, KeyboardInterrupt, SystemExit):
                raise
            except BaseException as problem:  # the library throws nothing narrower; its panics are no Exception
                raise RuntimeMissing(f"The {TOKENIZER} of {bundle.key} can't be read: {problem}.") from None
        self._asked = [one.name for one in self._session.get_inputs()]
        self.outputs = [one.name for one in self._session.get_outputs()]
        if unknown := set(self._asked) - {"input_ids", "attention_mask", "token_type_ids"}:
            raise RuntimeMissing(f"{bundle.key} asks for {sorted(unknown)[0]!r}, which no text has.")

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

    def run(self, window: Encoding, output: str | None = None) -> np.ndarray:
        """float64: what it says of one window, by its first output or the one of this name. Raises CopilotError
        "no-answer"."""
        told = {"input_ids": window.ids, "attention_mask": window.attention_mask, "token_type_ids": window.type_ids}
        try:
            said = self._session.run(
                [output] if output else None, {name: np.array([told[name]], np.int64) for name in self._asked}
            )
            return np.asarray(said[0][0], np.float64)
        except Exception as problem:
            raise failed("text", problem) from None

    def check(self, numbers: np.ndarray, shape: tuple[int, ...]) -> None:
        """That they are numbers, and so many. Raises CopilotError "no-answer"."""
        if numbers.shape != shape:
            found, wanted = (" × ".join(map(str, one)) or "single" for one in (numbers.shape, shape))
            raise CopilotError("no-answer", f"{self._key} answers with {found} numbers where {wanted} are asked for.")
        if not np.isfinite(numbers).all():
            raise CopilotError("no-answer", "The model's answer is not made of numbers. Go on without it.")
