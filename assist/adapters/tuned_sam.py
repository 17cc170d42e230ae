"""The default mask model with a decoder that a recipe trained; the encoder is the very one, and so are embeddings.

On pictures unlike those that it learnt from the default model answers, where the recipe could tell them apart
(familiar.py).
"""

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file

from assist.adapters import RuntimeMissing, familiar, mobile_sam
from assist.adapters.bundle import Bundle
from assist.adapters.devices import Device
from assist.adapters.files import DECODER, ENCODER, verify
from assist.adapters.library_faults import UnusableWeights, reason
from assist.adapters.mobile_sam import Elsewhere, MobileSam
from assist.adapters.sam_decoder import SamDecoder
from assist.adapters.sam_decoder import load as load_decoder


def load(bundle: Bundle, device: Device) -> MobileSam:
    """Over the files of the default model. Raises RuntimeMissing for a file that is no such decoder, WeightsProblem
    where the default model isn't there."""
    encoder, base = (verify(one, bundle.store) for one in (ENCODER, DECODER))
    decoder = load_decoder(base)
    try:
        tensors = load_file(bundle.files[bundle.one(".safetensors")])
        known = familiar.taken_from(tensors)
        fill(decoder, tensors)
    except (SafetensorError, RuntimeError, ValueError) as problem:
        raise RuntimeMissing(f"{bundle.key} is no mask decoder that loads here: {reason(problem)}.") from None
    elsewhere = Elsewhere(known, load_decoder(base)) if known else None
    return mobile_sam.put_together(encoder, decoder, device, elsewhere)


def fill(decoder: SamDecoder, weights: dict[str, torch.Tensor]) -> None:
    """Take the weights of the mask decoder, all of them. Raises RuntimeError where they don't fit,
    UnusableWeights where they are no numbers."""
    if not all(one.is_floating_point() and bool(torch.isfinite(one).all()) for one in weights.values()):
        raise UnusableWeights("it holds what is no number")
    decoder.mask_decoder.load_state_dict(weights, strict=True)
