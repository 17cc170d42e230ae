"""A model that reads pieces of text, as Hugging Face exports it: an ONNX file beside a tokenizer.json."""

import numpy as np
from tokenizers import Encoding

from assist.adapters import RuntimeMissing
from assist.adapters.bundle import Bundle
from assist.adapters.library_faults import failed
from assist.adapters.onnx_session import opened
from assist.adapters.text_windows import TextWindows


class OnnxTokens(TextWindows):
    """One session and its tokenizer; they may be shared by threads."""

    def __init__(self, bundle: Bundle) -> None:
        """From its files. Raises RuntimeMissing."""
        with bundle.folder() as folder:
            self._session = opened(folder / bundle.one(".onnx"), bundle.key)
            super().__init__(bundle, folder)
        self._asked = [one.name for one in self._session.get_inputs()]
        self.outputs = [one.name for one in self._session.get_outputs()]
        if unknown := set(self._asked) - {"input_ids", "attention_mask", "token_type_ids"}:
            raise RuntimeMissing(f"{bundle.key} asks for {sorted(unknown)[0]!r}, which no text has.")

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
