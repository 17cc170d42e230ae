"""Detectors in ONNX files: what a family answers is said by a decode spec (detections.py), so most need no code."""

import numpy as np

from assist.adapters import Boxes, detections
from assist.adapters.bundle import Bundle
from assist.adapters.detections import Undecodable
from assist.adapters.devices import Device
from assist.adapters.onnx_image import OnnxImage
from assist.errors import CopilotError


def load(bundle: Bundle, device: Device) -> "OnnxDetector":
    """From its file. Raises RuntimeMissing."""
    return OnnxDetector(bundle)


class OnnxDetector:
    """Boxes with the model's own labels."""

    device = "cpu"

    def __init__(self, bundle: Bundle) -> None:
        self._model = OnnxImage(bundle)
        self._labels = list(bundle.terms.labels)
        options = bundle.terms.options
        self._least = options.get("score", detections.LEAST_SCORE)
        self._overlap = options.get("overlap", 1 if options["decode"] in {"rt-detr", "ssd"} else detections.OVERLAP)

    def boxes(self, image: np.ndarray, size: tuple[int, int] | None = None) -> Boxes:
        """Raises CopilotError "no-answer"."""
        outputs, placed = self._model.run(image)
        try:
            corners, scores, numbers = detections.decode(outputs, self._model.options, len(self._labels))
        except Undecodable as problem:
            raise CopilotError("no-answer", str(problem)) from None
        height, width = size or image.shape[:2]
        across, down = placed.across * width / image.shape[1], placed.down * height / image.shape[0]
        corners = (corners - np.array([placed.left, placed.top] * 2)) * np.array([across, down] * 2)
        return detections.cleaned(
            (corners, scores, numbers), (int(height), int(width)), self._labels, self._least, self._overlap
        )
