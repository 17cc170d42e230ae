"""Image classifiers and embedders in ONNX files."""

from collections.abc import Sequence

import numpy as np

from assist.adapters.bundle import Bundle
from assist.adapters.class_numbers import shares_of, unit_rows
from assist.adapters.devices import Device
from assist.adapters.onnx_image import OnnxImage


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
        self._bundle = bundle

    def shares(self, subjects: Sequence[np.ndarray], labels: Sequence[str]) -> list[dict[str, float | None] | None]:
        """`labels` are the project's, which this model doesn't know. Raises CopilotError "no-answer"."""
        return [shares_of(self._model.run(image)[0][0], self._bundle) for image in subjects]


class OnnxEmbedder:
    """A unit vector for each image."""

    device = "cpu"

    def __init__(self, bundle: Bundle, threads: int = 0) -> None:
        self._model = OnnxImage(bundle, threads)

    def image_vectors(self, images: Sequence[np.ndarray]) -> np.ndarray:
        """float32, a row for each. Raises CopilotError "no-answer"."""
        return unit_rows([self._model.run(one)[0][0] for one in images])
