"""Classifiers of whole texts that read the text itself: pipelines of scikit-learn in one ONNX file, as skl2onnx writes
them. Their vectorizer is part of the graph, so there is no tokenizer beside the file."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from assist.adapters import RuntimeMissing
from assist.adapters.answers import or_none
from assist.adapters.bundle import Bundle
from assist.adapters.class_numbers import BROKEN, shares_of
from assist.adapters.devices import Device
from assist.adapters.library_faults import failed
from assist.adapters.onnx_session import opened
from assist.errors import CopilotError

STRINGS = "tensor(string)"
SHARES = ("tensor(float)", "tensor(double)", "seq(map(string,", "seq(map(int64,")  # how the types of outputs begin
SHAPES = {1: (1,), 2: (1, 1)}  # of one text, by how many dimensions the input has


def load(bundle: Bundle, device: Device) -> "OnnxTextPipeline":
    """From its file. Raises RuntimeMissing."""
    return OnnxTextPipeline(bundle)


class OnnxTextPipeline:
    """A share for each of the model's own labels. It may be shared by threads."""

    device = "cpu"

    def __init__(self, bundle: Bundle) -> None:
        self._bundle = bundle
        with bundle.folder() as folder:
            self._session = opened(folder / bundle.one(".onnx"), bundle.key)
        inputs = self._session.get_inputs()
        if len(inputs) != 1 or inputs[0].type != STRINGS or len(inputs[0].shape) not in SHAPES:
            raise RuntimeMissing(
                f"{bundle.key} doesn't take one text: convert it with one input, StringTensorType([None, 1])."
            )
        self._input, self._shape = inputs[0].name, SHAPES[len(inputs[0].shape)]
        self._output = self._named_output(bundle.terms.options.get("output", ""))

    def shares(self, subjects: Sequence[str], labels: Sequence[str]) -> list[dict[str, float | None] | None]:
        """`labels` are the project's, which this model doesn't know. None where it has no answer."""
        return [or_none(self._shares, text) for text in subjects]

    def _named_output(self, name: str) -> str:
        """The output that holds shares: the one of this name, or else the first of such a type."""
        outputs = [output.name for output in self._session.get_outputs() if output.type.startswith(SHARES)]
        if not outputs or name not in {"", *outputs}:
            raise RuntimeMissing(f"{self._bundle.key} has no output with a share for each label.")
        return name or outputs[0]

    def _shares(self, text: str) -> dict[str, float | None]:
        """Raises CopilotError "no-answer"."""
        try:
            (answer,) = self._session.run([self._output], {self._input: np.full(self._shape, text, object)})
        except Exception as problem:
            raise failed("text", problem) from None
        numbers = self._in_order(answer[0]) if isinstance(answer, list) else answer
        return shares_of(numbers, self._bundle, usual="none")

    def _in_order(self, by_class: Mapping[Any, float]) -> list[float]:
        """The shares of a map, as skl2onnx writes them without `zipmap=False`: by label, or by the label's place."""
        labels = self._bundle.terms.labels
        keys: Sequence[Any] = labels if isinstance(next(iter(by_class), ""), str) else range(len(labels))
        if by_class.keys() != set(keys):
            raise CopilotError("no-answer", BROKEN if not by_class else "The model has other labels than its manifest.")
        return [by_class[key] for key in keys]
