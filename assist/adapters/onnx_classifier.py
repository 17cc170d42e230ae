"""Image classifiers and embedders in ONNX files."""

from collections.abc import Sequence

import numpy as np

from assist.adapters.bundle import Bundle
from assist.adapters.devices import Device
from assist.adapters.onnx_image import OnnxImage
from assist.errors import CopilotError

BROKEN = "The model's answer is not made of numbers. Go on without it."


def load(bundle: Bundle, device: Device) -> "OnnxClassifier":
    """From its file. Raises RuntimeMissing."""
    return OnnxClassifier(bundle)


def load_embedder(bundle: Bundle, device: Device) -> "OnnxEmbedder":
    """From its file. Raises RuntimeMissing."""
    return OnnxEmbedder(bundle)


class OnnxClassifier:
    """A share for each of the model's own labels."""

    device = "cpu"

    def __init__(self, bundle: Bundle) -> None:
        self._model = OnnxImage(bundle)
        self._labels = list(bundle.terms.labels)
        self._key = bundle.key

    def shares(self, subjects: Sequence[np.ndarray], labels: Sequence[str]) -> list[dict[str, float | None] | None]:
        """`labels` are the project's, which this model doesn't know. Raises CopilotError "no-answer"."""
        return [self._of(image) for image in subjects]

    def _of(self, image: np.ndarray) -> dict[str, float | None]:
        numbers = np.asarray(self._model.run(image)[0][0], np.float64).ravel()
        if len(numbers) != len(self._labels):
            text = f"{self._key} answers with {len(numbers)} numbers for {len(self._labels)} labels."
            raise CopilotError("no-answer", text)
        if not np.isfinite(numbers).all():
            raise CopilotError("no-answer", BROKEN)
        if self._model.options.get("activation", "softmax") == "softmax":
            numbers = np.exp(numbers - numbers.max())
            numbers = numbers / numbers.sum()
        elif numbers.min() < 0 or numbers.max() > 1:
            raise CopilotError("no-answer", "The model's shares are not from 0 to 1. Go on without it.")
        return {label: round(float(share), 4) for label, share in zip(self._labels, numbers, strict=True)}


class OnnxEmbedder:
    """A unit vector for each image."""

    device = "cpu"

    def __init__(self, bundle: Bundle, threads: int = 0) -> None:
        self._model = OnnxImage(bundle, threads)

    def image_vectors(self, images: Sequence[np.ndarray]) -> np.ndarray:
        """float32, a row for each. Raises CopilotError "no-answer"."""
        rows = np.array([np.asarray(self._model.run(one)[0][0], np.float32).ravel() for one in images], np.float32)
        if not np.isfinite(rows).all():
            raise CopilotError("no-answer", BROKEN)
        return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)
