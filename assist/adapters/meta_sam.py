"""Meta's own SAM from a checkpoint file: `vit_b`, `vit_l` and `vit_h` of the library segment_anything.

Kirillov and others, "Segment Anything", 2023. On CUDA it runs in half precision.
"""

from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np
import torch

from assist.adapters import Embedding, MaskPrompt, Masks, RuntimeMissing, sam_frame
from assist.adapters.bundle import Bundle
from assist.adapters.cores import Cores
from assist.adapters.devices import Device
from assist.adapters.half import halved
from assist.adapters.library_faults import reason
from assist.adapters.sam_light import LightDecoder
from assist.adapters.sam_modules import Sam, sam_model_registry

VARIANTS = ("vit_b", "vit_l", "vit_h")


def load(variant: str, files: Sequence[Path], device: Device) -> "MetaSam":
    """The model from its one checkpoint. Raises RuntimeMissing if the file is no checkpoint of this variant."""
    model = sam_model_registry[variant]()
    try:
        state = torch.load(files[0], map_location="cpu", weights_only=True)
        model.load_state_dict(state, strict=True)
    except Exception as problem:  # whatever a file that is none may do to its reader
        why = reason(problem)
        raise RuntimeMissing(
            f"The file is not a checkpoint of SAM {variant}, since {why}: remove the model and add the right file."
        ) from None
    return MetaSam(model, device)


vit_b = partial(load, "vit_b")
vit_l = partial(load, "vit_l")
vit_h = partial(load, "vit_h")


def brought(variant: str, bundle: Bundle, device: Device) -> "MetaSam":
    """The same of one with a manifest."""
    return load(variant, list(bundle.files.values()), device)


brought_b = partial(brought, "vit_b")
brought_l = partial(brought, "vit_l")
brought_h = partial(brought, "vit_h")


class MetaSam:
    """All three modules on one device, and nothing about any image: what `embed` makes is the caller's."""

    def __init__(self, model: Sam, device: Device) -> None:
        self.device = device.name
        self._type = torch.float16 if device.half else torch.float32
        model = model.eval().requires_grad_(False).to(device.name)
        self._image_encoder = model.image_encoder.to(self._type)
        self._decoder = halved(LightDecoder(model.prompt_encoder, model.mask_decoder), device)
        self._cores = Cores()

    def embed(self, image: np.ndarray, size: tuple[int, int] | None = None) -> Embedding:
        """Many seconds on a processor; a fraction of one on a GPU."""
        frame = torch.from_numpy(sam_frame.preprocess(image, size)).to(self.device, self._type)
        with torch.inference_mode():
            features = self._image_encoder(frame)
        return Embedding(features.to(torch.float16).cpu().numpy(), size or (int(image.shape[0]), int(image.shape[1])))

    def embed_ahead(self, image: np.ndarray, size: tuple[int, int] | None = None) -> Embedding:
        """The same: its two halves share one device and its threads."""
        return self.embed(image, size)

    def decode(self, embedding: Embedding, prompt: MaskPrompt) -> Masks:
        """Raises ValueError if the prompt has neither a point nor a box."""
        if not prompt.points and prompt.box is None:
            raise ValueError("a prompt needs a point or a box")
        features = torch.from_numpy(embedding.features.astype(np.float32)).to(self.device)
        with self._cores.share(), torch.inference_mode():
            logits, scores = self._decoder(features, *sam_frame.tensors(prompt, embedding.image_size, self.device))
            return sam_frame.masks(logits, scores[0].tolist(), prompt, embedding.image_size)
