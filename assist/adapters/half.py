"""A mask decoder in half precision, where that pays: the same weights, each product in 16 bits."""

from collections.abc import Callable

import torch
from torch import Tensor

from assist.adapters.devices import Device

Decode = Callable[..., tuple[Tensor, Tensor]]


def halved(decode: Decode, device: Device) -> Decode:
    """The decoder as this device runs it best; elsewhere than on CUDA as it is.

    Sums that need it, such as norms and softmax, stay in 32 bits (torch.autocast knows which).
    """
    if not device.half:
        return decode

    def half(*prompt: object) -> tuple[Tensor, Tensor]:
        with torch.autocast(device.name, torch.float16):
            logits, scores = decode(*prompt)
        return logits.float(), scores.float()

    return half
