"""Where texts lie, by a model as Hugging Face exports it: pooled over its pieces, and of length one.

A model that pools itself has an output of one row, which is often called `sentence_embedding`; of another the pieces'
rows are pooled here, in the way that it was taught: their middle, or the first, which stands for all of them.
"""

from collections.abc import Sequence

import numpy as np
from tokenizers import Encoding

from assist.adapters import RuntimeMissing
from assist.adapters.bundle import Bundle
from assist.adapters.devices import Device
from assist.adapters.label_words import LabelWords
from assist.adapters.onnx_tokens import OnnxTokens
from assist.errors import CopilotError

POOLED = "sentence_embedding"  # the output of a model that pools itself
FIRST = "first"
SHARPNESS = 12.0  # as of the other models of sentences
MOST_WINDOWS = 32  # of one text: some seconds
WIDEST = 8_192  # numbers of a vector: a task each is kept


def load(bundle: Bundle, device: Device) -> "OnnxTextEmbedder":
    """From its files. Raises RuntimeMissing, also where it doesn't say where a text lies."""
    return OnnxTextEmbedder(bundle)


class OnnxTextEmbedder:
    """Texts in, unit vectors or shares of labels out; it may be shared by threads."""

    device = "cpu"

    def __init__(self, bundle: Bundle) -> None:
        options = bundle.terms.options
        self._tokens, self._key = OnnxTokens(bundle), bundle.key
        self._output = POOLED if POOLED in self._tokens.outputs else None
        self._first, self._prefix = options.get("pooling") == FIRST, options.get("prefix", "")
        self._words = LabelWords(self.vectors, SHARPNESS)
        self._width = 0
        try:
            self._width = len(self._row("a"))
        except CopilotError as problem:
            raise RuntimeMissing(problem.text) from None
        if not self._width:
            raise RuntimeMissing(f"The tokenizer of {bundle.key} reads nothing in the letter a.")

    def vectors(self, texts: Sequence[str]) -> np.ndarray:
        """float32, one unit row for each text; of one longer than the model's window the middle of its windows', of one
        in which there is nothing to read zeros. Raises CopilotError "no-answer"."""
        return np.array([self._row(text) for text in texts], np.float32).reshape(len(texts), self._width)

    def classify(self, text: str, labels: Sequence[str]) -> list[float]:
        """A share for each label, in [0, 1], adding up to 1."""
        return self._words.shares(text, labels)

    def _row(self, text: str) -> np.ndarray:
        windows = [one for one in self._tokens.windows(self._prefix + text) if one.ids]
        if len(windows) > MOST_WINDOWS:
            windows = [windows[place] for place in np.linspace(0, len(windows) - 1, MOST_WINDOWS).astype(int)]
        return _unit(np.mean([_unit(self._of(one)) for one in windows], axis=0)) if windows else np.zeros(self._width)

    def _of(self, window: Encoding) -> np.ndarray:
        numbers = self._tokens.run(window, self._output)
        wide = self._width or (numbers.shape[-1] if numbers.ndim else 1)
        pooled = numbers.ndim == 1
        if not 1 <= wide <= WIDEST:
            text = f"{self._key} says where a text lies in {wide:,} numbers; from 1 to {WIDEST:,} can be kept."
            raise CopilotError("no-answer", text)
        self._tokens.check(numbers, (wide,) if pooled else (len(window), wide))
        if pooled:
            return numbers
        return numbers[0] if self._first else numbers.mean(0)


def _unit(row: np.ndarray) -> np.ndarray:
    return row / max(float(np.linalg.norm(row)), 1e-12)
