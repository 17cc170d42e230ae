"""Classes of images by a linear head on an image embedder's vectors, one for each field, as a recipe wrote it. The
embedder lies beside the head, so that what was learnt never meets another one's vectors."""

from collections.abc import Sequence

import numpy as np

from assist.adapters import RuntimeMissing, linear_heads
from assist.adapters.bundle import Bundle
from assist.adapters.devices import Device
from assist.adapters.linear_heads import Head, Shares
from assist.adapters.onnx_classifier import OnnxEmbedder
from assist.errors import CopilotError


def load(bundle: Bundle, device: Device) -> "ImageHead":
    """From its two files. Raises RuntimeMissing."""
    heads = linear_heads.read(bundle)
    if not any(name.endswith(".onnx") for name in bundle.files):
        raise RuntimeMissing(f"{bundle.key} has no .onnx file beside its head: bring its embedder with it.")
    return ImageHead(bundle.key, OnnxEmbedder(bundle), heads)


class ImageHead:
    """Images in, a share for each label of each field out."""

    device = "cpu"

    def __init__(self, key: str, embedder: OnnxEmbedder, heads: Sequence[Head]) -> None:
        self._key, self._embedder, self._heads = key, embedder, heads

    def shares(self, subjects: Sequence[np.ndarray], labels: Sequence[str]) -> list[Shares | None]:
        """`labels` are the project's; the head tells of those that it learnt. Raises CopilotError "no-answer"."""
        vectors = self._embedder.image_vectors(subjects)
        for head in self._heads:
            if head.weights.shape[1] != vectors.shape[1]:
                text = f"The head of {self._key} takes {head.weights.shape[1]} numbers; its embedder gives others."
                raise CopilotError("no-answer", text)
        return linear_heads.told(self._heads, vectors)
