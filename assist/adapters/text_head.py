"""Classes of texts by a linear head on the sentence model's vectors, one for each field, as a recipe wrote it."""

from collections.abc import Sequence

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load_file

from assist.adapters import RuntimeMissing, minilm
from assist.adapters.bundle import Bundle
from assist.adapters.devices import Device
from assist.adapters.minilm import MiniLm


def load(bundle: Bundle, device: Device) -> "TextHead":
    """From its file. Raises RuntimeMissing for one that is no such head."""
    try:
        arrays = load_file(bundle.files[bundle.one(".safetensors")])
        fields = sorted({name.rpartition("/")[0] for name in arrays})
        heads = [_Head(*(arrays[f"{field}/{part}"] for part in ("labels", "weights", "bias"))) for field in fields]
    except (SafetensorError, KeyError, ValueError) as problem:
        raise RuntimeMissing(f"{bundle.key} is no head that loads here: {problem}") from None
    return TextHead(minilm.load((), device), heads)


class _Head:
    def __init__(self, labels: np.ndarray, weights: np.ndarray, bias: np.ndarray) -> None:
        self.labels = labels.tobytes().decode().split("\n")
        if weights.shape != (len(self.labels), weights.shape[-1]) or bias.shape != (len(self.labels),):
            raise ValueError("its arrays don't fit each other")
        if not (np.isfinite(weights).all() and np.isfinite(bias).all()):
            raise ValueError("it holds what is no number")
        self.weights, self.bias = weights, bias

    def shares(self, vectors: np.ndarray) -> np.ndarray:
        """A row of shares for each vector."""
        logits = vectors @ self.weights.T + self.bias
        powers = np.exp(logits - logits.max(1, keepdims=True))
        return powers / powers.sum(1, keepdims=True)


class TextHead:
    """Texts in, a share for each label of each field out."""

    def __init__(self, model: MiniLm, heads: Sequence[_Head]) -> None:
        self.device = model.device
        self._model, self._heads = model, heads

    def shares(self, subjects: Sequence[str], labels: Sequence[str]) -> list[dict[str, float | None] | None]:
        """`labels` are the project's; the head tells of those that it learnt."""
        vectors = self._model.vectors(subjects)
        found: list[dict[str, float | None] | None] = [{} for _ in subjects]
        for head in self._heads:
            for one, row in zip(found, head.shares(vectors), strict=True):
                if one is not None:
                    one.update({label: round(float(share), 4) for label, share in zip(head.labels, row, strict=True)})
        return found
