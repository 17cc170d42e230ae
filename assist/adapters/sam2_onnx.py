"""SAM 2 and 2.1 by file: an encoder and a decoder of images in ONNX, with the names that the usual exports give them.

Ravi and others, "SAM 2: Segment Anything in Images and Videos", 2024. It sees the image drawn out to a square, without
padding; beside the embedding of 64 × 64 places its encoder gives finer features of two sizes, which are kept together
with it, as one array. All sizes of SAM 2 (tiny to large) share these.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import onnxruntime
from PIL import Image

from assist.adapters import Embedding, MaskPrompt, Masks, RuntimeMissing, mask_size
from assist.adapters.bundle import Bundle
from assist.adapters.devices import Device
from assist.adapters.library_faults import failed
from assist.adapters.onnx_session import opened
from assist.adapters.sam_levels import IMAGE_SIDE, LEVELS
from assist.adapters.specks import without_specks
from assist.errors import CopilotError

GRID, SIDE = 64, 256  # the embedding's side; that of masks as they come and go
# What the encoder gives, by the names of the two usual exports, and its channels, height and width.
FEATURES: Mapping[tuple[str, str], tuple[int, int, int]] = {
    ("image_embed", "image_embeddings"): (256, GRID, GRID),
    ("high_res_feats_0", "image_features_0"): (32, 4 * GRID, 4 * GRID),
    ("high_res_feats_1", "image_features_1"): (64, 2 * GRID, 2 * GRID),
}
POINTS, LABELS = "point_coords", "point_labels"
# A further input, under either name.
PREVIOUS, HAS_PREVIOUS, SIZE = (
    ("mask_input", "input_masks"),
    ("has_mask_input", "has_input_masks"),
    ("orig_im_size", "original_image_size"),
)
LOGITS, SCORES = ("low_res_masks", "masks"), "iou_predictions"
TYPES = {"float": np.float32, "float16": np.float16, "int32": np.int32, "int64": np.int64}
OFFERED = 3


def load(bundle: Bundle, device: Device) -> "Sam2":
    """From its two files. Raises RuntimeMissing where they are no such pair."""
    names = sorted(name for name in bundle.files if name.endswith(".onnx"))
    if len(names) != 2:
        raise RuntimeMissing(f"{bundle.key} needs two ONNX files, an encoder and a decoder; it has {len(names)}.")
    with bundle.folder() as folder:
        pair = [opened(folder / name, bundle.key) for name in names]
    pair.sort(key=lambda one: POINTS in _inputs(one))
    return Sam2(bundle.key, *pair)


class Sam2:
    """Both halves; they may be shared by threads. Nothing about any image is kept here."""

    device = "cpu"

    def __init__(self, key: str, encoder: onnxruntime.InferenceSession, decoder: onnxruntime.InferenceSession) -> None:
        self._encoder, self._decoder = encoder, decoder
        self._takes = _inputs(decoder)
        given, told = _outputs(encoder), _outputs(decoder)
        self._features = [_named(key, "encoder", given, names) for names in FEATURES]
        self._places = [_named(key, "decoder", self._takes, names) for names in FEATURES]
        self._logits, self._scores = _named(key, "decoder", told, LOGITS), _named(key, "decoder", told, (SCORES,))
        known = {POINTS, LABELS, *self._places, *PREVIOUS, *HAS_PREVIOUS, *SIZE}
        for name in (*(self._takes.keys() - known), *({POINTS, LABELS} - self._takes.keys())):
            raise RuntimeMissing(f"{key} is no export that is known here: its decoder's input {name!r} isn't expected.")
        if len(_inputs(encoder)) != 1:
            raise RuntimeMissing(f"{key} is no export that is known here: its encoder takes more than an image.")

    def embed(self, image: np.ndarray, size: tuple[int, int] | None = None) -> Embedding:
        """A second or many, by the model's size. Raises CopilotError "no-answer"."""
        ((name, kind),) = _inputs(self._encoder).items()
        try:
            found = self._encoder.run(self._features, {name: _square(image).astype(kind)})
        except Exception as problem:
            raise failed("image", problem) from None
        return Embedding(_packed(found), size or (int(image.shape[0]), int(image.shape[1])))

    def embed_ahead(self, image: np.ndarray, size: tuple[int, int] | None = None) -> Embedding:
        """The same: both halves share the processor's threads."""
        return self.embed(image, size)

    def decode(self, embedding: Embedding, prompt: MaskPrompt) -> Masks:
        """Raises ValueError if the prompt has neither a point nor a box, CopilotError "no-answer"."""
        if not prompt.points and prompt.box is None:
            raise ValueError("a prompt needs a point or a box")
        asked = dict(zip(self._places, _unpacked(embedding.features), strict=True)) | _asked(prompt, embedding)
        told = {name: np.asarray(asked[name]).astype(kind) for name, kind in self._takes.items()}
        try:
            logits, scores = self._decoder.run([self._logits, self._scores], told)
        except Exception as problem:
            raise failed("image", problem) from None
        return _masks(np.asarray(logits, np.float32), np.asarray(scores, np.float32).ravel(), prompt, embedding)


def _asked(prompt: MaskPrompt, embedding: Embedding) -> dict[str, Any]:
    """The prompt as the decoder takes it, under all names: pixels of the square; a box is its two corners."""
    height, width = embedding.image_size
    places = [(x, y) for x, y, _ in prompt.points]
    kinds = [1 if include else 0 for *_, include in prompt.points]
    if prompt.box is not None:
        x, y, w, h = prompt.box
        places, kinds = [(x, y), (x + w, y + h), *places], [2, 3, *kinds]
    previous = np.zeros((SIDE, SIDE)) if prompt.previous is None else prompt.previous
    told: dict[str, Any] = {
        POINTS: np.array([places]) * (IMAGE_SIDE / width, IMAGE_SIDE / height),
        LABELS: np.array([kinds]),
    }
    told |= dict.fromkeys(PREVIOUS, previous[None, None]) | dict.fromkeys(HAS_PREVIOUS, [prompt.previous is not None])
    return told | dict.fromkeys(SIZE, [SIDE, SIDE])


def _masks(logits: np.ndarray, scores: np.ndarray, prompt: MaskPrompt, embedding: Embedding) -> Masks:
    """What is offered: all that there is of up to three; of four the first is of clear prompts, the others of one
    click or a box. Raises CopilotError "no-answer"."""
    if logits.ndim != 4 or logits.shape[0] != 1 or not 1 <= logits.shape[1] == len(scores) <= OFFERED + 1:
        shape = " × ".join(map(str, logits.shape))
        raise CopilotError("no-answer", f"The model's masks are {shape} numbers. Go on without it.")
    if not (np.isfinite(logits).all() and np.isfinite(scores).all()):
        raise CopilotError("no-answer", "The model's answer is not made of numbers. Go on without it.")
    some = slice(None)
    if len(scores) > OFFERED:
        some = slice(0, 1) if len(prompt.points) > 1 else slice(1, None)
    kept, sure = _sized(logits[:, some], (SIDE, SIDE)), scores[some]
    height, width = embedding.image_size
    clicks = [(x / width * SIDE, y / height * SIDE, adds) for x, y, adds in prompt.points]
    seen = _sized(without_specks(kept, (SIDE, SIDE), clicks)[None], mask_size(embedding.image_size))
    estimates = tuple(float(one) for one in np.clip(sure, 0, 1))
    return Masks(seen > 0, kept.astype(np.float16), estimates, int(np.argmax(sure)))


def _sized(logits: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """1×N×h×w → N×height×width."""
    if logits.shape[-2:] == size:
        return logits[0]
    rows = [Image.fromarray(one).resize((size[1], size[0]), Image.Resampling.BILINEAR) for one in logits[0]]
    return np.stack([np.asarray(row) for row in rows])


def _square(image: np.ndarray) -> np.ndarray:
    """RGB uint8 H×W×3 → float32 1×3×1024×1024, drawn out, of the colours' usual mean and deviation."""
    drawn = np.asarray(Image.fromarray(image).resize((IMAGE_SIDE, IMAGE_SIDE), Image.Resampling.BILINEAR))
    return np.stack([levels[drawn[..., colour]] for colour, levels in enumerate(LEVELS)])[None]


def _packed(found: Sequence[Any]) -> np.ndarray:
    """All features as one array of 64 × 64 places, as they are kept. Raises CopilotError "no-answer"."""
    rows = [np.asarray(one, np.float16) for one in found]
    for row, shape in zip(rows, FEATURES.values(), strict=True):
        if row.shape != (1, *shape):
            said, wanted = (" × ".join(map(str, one)) for one in (row.shape, (1, *shape)))
            raise CopilotError("no-answer", f"The encoder gives {said} numbers where SAM 2 gives {wanted}.")
    return np.concatenate([row.reshape(1, -1, GRID, GRID) for row in rows], axis=1)


def _unpacked(features: np.ndarray) -> list[np.ndarray]:
    flat, found, at = features.reshape(-1), [], 0
    for shape in FEATURES.values():
        size = int(np.prod(shape))
        found.append(flat[at : at + size].reshape(1, *shape))
        at += size
    return found


def _inputs(session: onnxruntime.InferenceSession) -> dict[str, Any]:
    """Their names, and the kind of number that each takes."""
    kinds = {one.name: one.type.removeprefix("tensor(").removesuffix(")") for one in session.get_inputs()}
    return {name: TYPES.get(kind, np.float32) for name, kind in kinds.items()}


def _outputs(session: onnxruntime.InferenceSession) -> list[str]:
    return [one.name for one in session.get_outputs()]


def _named(key: str, half: str, there: Any, names: Sequence[str]) -> str:
    found = next((name for name in names if name in there), "")
    if not found:
        raise RuntimeMissing(f"{key} is no export that is known here: its {half} has no {' or '.join(names)}.")
    return found
