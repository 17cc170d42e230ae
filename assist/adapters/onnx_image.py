"""What models of images share: a session of ONNX, and an image brought to the size and numbers that it takes."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image

from assist.adapters import RuntimeMissing
from assist.adapters.bundle import Bundle
from assist.adapters.library_faults import failed
from assist.adapters.onnx_session import opened

GREY = 114  # around an image that is narrower than the model's window


@dataclass(frozen=True)
class Placed:
    """How an image was laid into the window: a place there, less `left` and `top`, times these is one here."""

    left: float
    top: float
    across: float
    down: float


class OnnxImage:
    """One session; it may be shared by threads. `threads`: of one question; 0: as many as the machine has cores."""

    device = "cpu"

    def __init__(self, bundle: Bundle, threads: int = 0) -> None:
        self.options: Mapping[str, Any] = bundle.terms.options
        with bundle.folder() as folder:
            self._session = opened(folder / bundle.one(".onnx"), bundle.key, threads)
        names = [one.name for one in self._session.get_inputs()]
        self._input = self.options.get("input") or names[0]
        if self._input not in names:
            raise RuntimeMissing(f"{bundle.key} has no input {self._input!r}; it has {', '.join(names)}.")
        self._outputs = list(self.options.get("outputs", [])) or None
        missing = set(self._outputs or ()) - {one.name for one in self._session.get_outputs()}
        if missing:
            raise RuntimeMissing(f"{bundle.key} has no output {sorted(missing)[0]!r}.")

    def run(self, image: np.ndarray) -> tuple[list[np.ndarray], Placed]:
        """The model's outputs for one RGB image. Raises CopilotError "no-answer"."""
        frame, placed = frame_of(image, self.options)
        try:
            return self._session.run(self._outputs, {self._input: frame}), placed
        except Exception as problem:
            raise failed("image", problem) from None


def frame_of(image: np.ndarray, options: Mapping[str, Any]) -> tuple[np.ndarray, Placed]:
    """float32, one image as the model takes it."""
    window = (options["width"], options["height"])
    laid, placed = _laid(Image.fromarray(image), window, options.get("fit", "stretch"))
    pixels: np.ndarray = np.asarray(laid, np.float32)
    if options.get("colours") == "bgr":
        pixels = pixels[:, :, ::-1]
    mean, std = options.get("mean", [0, 0, 0]), options.get("std", [255, 255, 255])
    pixels = (pixels - np.array(mean, np.float32)) / np.array(std, np.float32)
    frame = pixels if options.get("layout") == "nhwc" else pixels.transpose(2, 0, 1)
    return np.ascontiguousarray(frame[None], np.float32), placed


def _laid(image: Image.Image, window: tuple[int, int], fit: str) -> tuple[Image.Image, Placed]:
    """Stretched over the window; or all of it within, in a ground ("letterbox"); or its middle alone ("crop")."""
    if fit == "stretch":
        wide = image.resize(window, Image.Resampling.BILINEAR)
        return wide, Placed(0, 0, image.width / window[0], image.height / window[1])
    if fit == "crop":
        return _middle(image, window)
    scale = min(window[0] / image.width, window[1] / image.height)
    size = max(1, round(image.width * scale)), max(1, round(image.height * scale))
    left, top = (window[0] - size[0]) // 2, (window[1] - size[1]) // 2
    ground = Image.new("RGB", window, (GREY, GREY, GREY))
    ground.paste(image.resize(size, Image.Resampling.BILINEAR), (left, top))
    return ground, Placed(left, top, image.width / size[0], image.height / size[1])


def _middle(image: Image.Image, window: tuple[int, int]) -> tuple[Image.Image, Placed]:
    """Cut before it is resized: all of a long, thin image at the window's height is more than memory holds."""
    scale = max(window[0] / image.width, window[1] / image.height)
    across, down = min(image.width, window[0] / scale), min(image.height, window[1] / scale)
    left, top = (image.width - across) / 2, (image.height - down) / 2
    cut = image.resize(window, Image.Resampling.BILINEAR, box=(left, top, left + across, top + down))
    return cut, Placed(-left * scale, -top * scale, 1 / scale, 1 / scale)
