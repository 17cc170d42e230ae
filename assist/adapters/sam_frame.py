"""What SAM's models share: the 1024 frame that images and prompts are put into, and the way back from it."""

import math

import numpy as np
import torch
from PIL import Image
from torch.nn import functional

from assist.adapters import MaskPrompt, Masks, mask_size
from assist.adapters.sam_levels import IMAGE_SIDE, LEVELS
from assist.adapters.specks import without_specks

Tensors = tuple[tuple[torch.Tensor, torch.Tensor] | None, torch.Tensor | None, torch.Tensor | None]


def frame_size(image_size: tuple[int, int]) -> tuple[int, int]:
    """(height, width) of the image inside the 1024 frame: longest side 1024, rounded as SAM rounds."""
    height, width = image_size
    scale = IMAGE_SIDE / max(height, width)
    return max(1, int(height * scale + 0.5)), max(1, int(width * scale + 0.5))


def preprocess(image: np.ndarray, size: tuple[int, int] | None = None) -> np.ndarray:
    """RGB uint8 H×W×3, brought down from `size` or not → float32 1×3×1024×1024.

    The padding is zero *after* normalising, as in training.
    """
    height, width = frame_size(size or (image.shape[0], image.shape[1]))
    resized = image
    if image.shape[:2] != (height, width):
        resized = np.asarray(Image.fromarray(image).resize((width, height), Image.Resampling.BILINEAR))
    frame = np.zeros((1, 3, IMAGE_SIDE, IMAGE_SIDE), np.float32)
    for colour, levels in enumerate(LEVELS):
        np.take(levels, resized[..., colour], out=frame[0, colour, :height, :width], mode="clip")
    return frame


def offered(scores: list[float], clicks: int) -> list[int]:
    """Which three of the four mask tokens to offer.

    One click or a box is ambiguous, and tokens 1 to 3 are trained to disagree about it. From the second click on,
    token 0 is the one trained to be right; it leads, and the two likeliest of the others stay on offer.
    """
    others = sorted((1, 2, 3), key=lambda token: -scores[token])
    return [0, *others[:2]] if clicks > 1 else [1, 2, 3]


def inside(image_size: tuple[int, int], side: int) -> tuple[int, int]:
    """The (height, width) that the image takes of logits of `side` pixels."""
    height, width = frame_size(image_size)
    return math.ceil(height * side / IMAGE_SIDE), math.ceil(width * side / IMAGE_SIDE)


def tensors(prompt: MaskPrompt, image_size: tuple[int, int], device: str = "cpu") -> Tensors:
    """The prompt as the decoder takes it: pixels of the 1024 frame, each side scaled by its own ratio."""
    height, width = frame_size(image_size)
    across, down = width / image_size[1], height / image_size[0]
    points = boxes = masks = None
    if prompt.points:
        places = [[x * across, y * down] for x, y, _ in prompt.points]
        kinds = [1.0 if include else 0.0 for _, _, include in prompt.points]
        points = (_floats([places], device), _floats([kinds], device))
    if prompt.box is not None:
        x, y, w, h = prompt.box
        boxes = _floats([[x * across, y * down, (x + w) * across, (y + h) * down]], device)
    if prompt.previous is not None:
        masks = torch.from_numpy(prompt.previous.astype(np.float32))[None, None].to(device)
    return points, boxes, masks


def masks(logits: torch.Tensor, scores: list[float], prompt: MaskPrompt, image_size: tuple[int, int]) -> Masks:
    """The three offers from all four tokens: `logits` 1×4×256×256, one score each.

    The best is the one that the model itself estimates highest. Specks and pinholes are taken out of what is seen; what
    is given back as `previous` is as the model answered it.
    """
    chosen = offered(scores, len(prompt.points))
    kept = logits[0, chosen].float().cpu().numpy()
    cleaned = torch.from_numpy(_without_specks(kept, prompt, image_size)[None])
    estimates = tuple(min(1.0, max(0.0, scores[token])) for token in chosen)
    return Masks(
        pixels=(grow(cleaned.to(logits.device), image_size) > 0)[0].cpu().numpy(),
        logits=kept.astype(np.float16),
        scores=estimates,
        best=0 if chosen[0] == 0 else int(np.argmax(estimates)),
    )


def _without_specks(logits: np.ndarray, prompt: MaskPrompt, image_size: tuple[int, int]) -> np.ndarray:
    """Where masks are small yet: growing them makes no part that isn't there before."""
    scale = logits.shape[-1] / IMAGE_SIDE
    height, width = frame_size(image_size)
    across, down = width / image_size[1] * scale, height / image_size[0] * scale
    seen = inside(image_size, logits.shape[-1])
    return without_specks(logits, seen, [(x * across, y * down, adds) for x, y, adds in prompt.points])


def grow(logits: torch.Tensor, image_size: tuple[int, int]) -> torch.Tensor:
    """Logits at the size at which masks travel: up to the 1024 frame, padding cut off, then to a small image's size."""
    height, width = frame_size(image_size)
    frame = functional.interpolate(logits, (IMAGE_SIDE, IMAGE_SIDE), mode="bilinear", align_corners=False)
    frame = frame[..., :height, :width]
    size = mask_size(image_size)
    if size == (height, width):
        return frame
    return functional.interpolate(frame, size, mode="bilinear", align_corners=False)


def nearer(logits: np.ndarray, image_size: tuple[int, int], part: tuple[int, int, int, int]) -> np.ndarray:
    """A mask's logits, 256×256, as they are seen in a part of the image: x, y, width, height."""
    x, y, wide, high = part
    whole, near = frame_size(image_size), frame_size((high, wide))
    side = logits.shape[-1]
    middles = (torch.arange(side) + 0.5) * IMAGE_SIDE / side  # of its pixels, in the part's own frame
    across = (x + middles * wide / near[1]) * whole[1] / image_size[1] / IMAGE_SIDE * 2 - 1
    down = (y + middles * high / near[0]) * whole[0] / image_size[0] / IMAGE_SIDE * 2 - 1
    places = torch.stack(torch.meshgrid(across, down, indexing="xy"), -1)[None]
    given = torch.from_numpy(logits.astype(np.float32))[None, None]
    found = functional.grid_sample(given, places, mode="bilinear", padding_mode="border", align_corners=False)
    return found[0, 0].numpy()


def _floats(values: list, device: str) -> torch.Tensor:
    return torch.tensor(values, dtype=torch.float32, device=device)
