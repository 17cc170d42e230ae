"""Linear heads in one file, one for each field: from rows of numbers to a share for each label. Written by recipes."""

from collections.abc import Sequence

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load_file

from assist.adapters import RuntimeMissing
from assist.adapters.bundle import Bundle
from assist.adapters.library_faults import UnusableWeights, reason

Shares = dict[str, float | None]


class Head:
    """One field's: its labels, a row of weights and a number for each."""

    def __init__(self, labels: np.ndarray, weights: np.ndarray, bias: np.ndarray) -> None:
        self.labels = labels.tobytes().decode().split("\n")
        if weights.shape != (len(self.labels), weights.shape[-1]) or bias.shape != (len(self.labels),):
            raise UnusableWeights("its arrays don't fit each other")
        if not (np.isfinite(weights).all() and np.isfinite(bias).all()):
            raise UnusableWeights("it holds what is no number")
        self.weights, self.bias = weights, bias

    def shares(self, vectors: np.ndarray) -> np.ndarray:
        """A row of shares for each vector."""
        logits = vectors @ self.weights.T + self.bias
        powers = np.exp(logits - logits.max(1, keepdims=True))
        return powers / powers.sum(1, keepdims=True)


def read(bundle: Bundle) -> list[Head]:
    """From the model's file. Raises RuntimeMissing for one that holds no such heads."""
    try:
        arrays = load_file(bundle.files[bundle.one(".safetensors")])
        fields = sorted({name.rpartition("/")[0] for name in arrays})
        return [Head(*(arrays[f"{field}/{part}"] for part in ("labels", "weights", "bias"))) for field in fields]
    except (SafetensorError, KeyError, ValueError) as problem:
        raise RuntimeMissing(f"{bundle.key} is no head that loads here: {reason(problem)}.") from None


def told(heads: Sequence[Head], vectors: np.ndarray) -> list[Shares | None]:
    """For each vector a share for each label of each field."""
    found: list[Shares] = [{} for _ in vectors]
    for head in heads:
        for one, row in zip(found, head.shares(vectors), strict=True):
            one.update({label: round(float(share), 4) for label, share in zip(head.labels, row, strict=True)})
    return list(found)
