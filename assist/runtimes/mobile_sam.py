"""The default mask model: MobileSAM's encoder in onnxruntime, SAM's own decoder in torch."""

from pathlib import Path

import numpy as np
import onnxruntime
import torch
from PIL import Image
from torch.nn import functional

from assist.runtimes import Embedding, MaskPrompt, Masks, mask_size
from assist.runtimes.sam_decoder import IMAGE_SIDE, SamDecoder
from assist.runtimes.sam_decoder import load as load_decoder
from assist.weights import DECODER, ENCODER, path_of

# Means and deviations of the pictures SAM was trained on: RGB, 0..255.
MEAN = np.array([123.675, 116.28, 103.53], np.float32)
DEVIATION = np.array([58.395, 57.12, 57.375], np.float32)


def load(folder: Path) -> "MobileSam":
    """The model from its two files, which the registry has verified."""
    options = onnxruntime.SessionOptions()
    # Threads that wait in a loop would take the cores from the decoder, which answers clicks.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    path = str(path_of(ENCODER, folder))
    encoder = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    return MobileSam(encoder, load_decoder(path_of(DECODER, folder)))


def frame_size(image_size: tuple[int, int]) -> tuple[int, int]:
    """(height, width) of the image inside the 1024 frame: longest side 1024, rounded as SAM rounds."""
    height, width = image_size
    scale = IMAGE_SIDE / max(height, width)
    return max(1, int(height * scale + 0.5)), max(1, int(width * scale + 0.5))


def preprocess(image: np.ndarray) -> np.ndarray:
    """RGB uint8 H×W×3 → float32 1×3×1024×1024. The padding is zero *after* normalising, as in training."""
    height, width = frame_size(image.shape[:2])
    resized = Image.fromarray(image).resize((width, height), Image.Resampling.BILINEAR)
    frame = np.zeros((1, 3, IMAGE_SIDE, IMAGE_SIDE), np.float32)
    frame[0, :, :height, :width] = ((np.asarray(resized, np.float32) - MEAN) / DEVIATION).transpose(2, 0, 1)
    return frame


class MobileSam:
    """Both halves. Nothing about any image is kept here: what `embed` makes is the caller's."""

    device = "cpu"

    def __init__(self, encoder: onnxruntime.InferenceSession, decoder: SamDecoder) -> None:
        self._encoder = encoder
        self._decoder = decoder

    def embed(self, image: np.ndarray) -> Embedding:
        """Half a second or more on a few cores. Half precision is what is stored, so it is what everybody uses."""
        (features,) = self._encoder.run(None, {"input": preprocess(image)})
        return Embedding(np.asarray(features, np.float16), (int(image.shape[0]), int(image.shape[1])))

    def decode(self, embedding: Embedding, prompt: MaskPrompt) -> Masks:
        """Fifty milliseconds or so on a few cores."""
        if not prompt.points and prompt.box is None:
            raise ValueError("a prompt needs a point or a box")
        with torch.inference_mode():
            logits, scores = self._decoder(
                torch.from_numpy(embedding.features.astype(np.float32)),
                *_tensors(prompt, embedding.image_size),
            )
            chosen = _offered(scores[0].tolist(), len(prompt.points))
            offered = logits[:, chosen]
            pixels = _grow(offered, embedding.image_size) > 0
        estimates = tuple(min(1.0, max(0.0, float(scores[0, token]))) for token in chosen)
        return Masks(
            pixels=pixels[0].numpy(),
            logits=offered[0].to(torch.float16).numpy(),
            scores=estimates,
            best=0 if chosen[0] == 0 else int(np.argmax(estimates)),
        )


def _offered(scores: list[float], clicks: int) -> list[int]:
    """Which three of the four mask tokens to offer.

    One click or a box is ambiguous, and tokens 1 to 3 are trained to disagree about it. From the second click on,
    token 0 is the one trained to be right; it leads, and the two likeliest of the others stay on offer.
    """
    others = sorted((1, 2, 3), key=lambda token: -scores[token])
    return [0, *others[:2]] if clicks > 1 else [1, 2, 3]


def _tensors(
    prompt: MaskPrompt, image_size: tuple[int, int]
) -> tuple[tuple[torch.Tensor, torch.Tensor] | None, torch.Tensor | None, torch.Tensor | None]:
    """The prompt as the decoder takes it: pixels of the 1024 frame, each side scaled by its own ratio."""
    height, width = frame_size(image_size)
    across, down = width / image_size[1], height / image_size[0]
    points = boxes = masks = None
    if prompt.points:
        places = [[x * across, y * down] for x, y, _ in prompt.points]
        kinds = [1.0 if include else 0.0 for _, _, include in prompt.points]
        points = (torch.tensor([places], dtype=torch.float32), torch.tensor([kinds], dtype=torch.float32))
    if prompt.box is not None:
        x, y, w, h = prompt.box
        corners = [x * across, y * down, (x + w) * across, (y + h) * down]
        boxes = torch.tensor([corners], dtype=torch.float32)
    if prompt.previous is not None:
        masks = torch.from_numpy(prompt.previous.astype(np.float32))[None, None]
    return points, boxes, masks


def _grow(logits: torch.Tensor, image_size: tuple[int, int]) -> torch.Tensor:
    """Logits at the size at which masks travel: up to the 1024 frame, padding cut off, then to a small image's size."""
    height, width = frame_size(image_size)
    frame = functional.interpolate(logits, (IMAGE_SIDE, IMAGE_SIDE), mode="bilinear", align_corners=False)
    frame = frame[..., :height, :width]
    size = mask_size(image_size)
    if size == (height, width):
        return frame
    return functional.interpolate(frame, size, mode="bilinear", align_corners=False)
