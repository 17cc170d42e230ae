"""Whether a picture is like those that a decoder learnt from, by the mean of its embedding.

What was learnt of one kind of picture says nothing of another: there the model that it began from answers.
"""

from typing import NamedTuple

import torch
from torch import Tensor

from assist.adapters import sam_frame
from assist.adapters.library_faults import UnusableWeights

GRID, CHANNELS = 64, 256  # places of an embedding, along each side; numbers of each
WEIGHT, BIAS = "familiar.weight", "familiar.bias"  # beside a decoder's own tensors


class Familiar(NamedTuple):
    """A line between pictures that are alike and others: a weight for each of 256 channels, and what is added."""

    weight: Tensor
    bias: Tensor

    def __call__(self, features: Tensor, size: tuple[int, int]) -> bool:
        """Of an embedding 1×256×64×64 of an image of this (height, width)."""
        return bool(mean_of(features, size) @ self.weight + self.bias > 0)

    def tensors(self) -> dict[str, Tensor]:
        """To be written beside a decoder's."""
        return {WEIGHT: self.weight, BIAS: self.bias}


def taken_from(tensors: dict[str, Tensor]) -> Familiar | None:
    """The line that is among these, which it leaves; None where there is none. Raises UnusableWeights."""
    weight, bias = tensors.pop(WEIGHT, None), tensors.pop(BIAS, None)
    if weight is None and bias is None:
        return None
    if weight is None or bias is None or weight.shape != (CHANNELS,) or bias.shape != ():
        raise UnusableWeights("it holds half of what tells pictures apart")
    if not all(one.is_floating_point() and bool(torch.isfinite(one).all()) for one in (weight, bias)):
        raise UnusableWeights("it holds what is no number")
    return Familiar(weight.float(), bias.float())


def mean_of(features: Tensor, size: tuple[int, int]) -> Tensor:
    """Of each channel, over what the image takes of the frame."""
    rows, columns = sam_frame.inside(size, GRID)
    return features[0, :, :rows, :columns].float().cpu().mean((1, 2))


def fitted(alike: Tensor, others: Tensor) -> Familiar:
    """Between the means of either, n×256 and m×256: linear discriminants, whose covariance is drawn halfway to a
    sphere, as Ledoit and Wolf (2004) do it by measure, since there are fewer pictures than channels."""
    ours, theirs = alike.double().mean(0), others.double().mean(0)
    spread = torch.cat([alike.double() - ours, others.double() - theirs])
    covariance = spread.T @ spread / max(len(spread) - 2, 1)
    round_ = torch.eye(len(ours), dtype=torch.float64) * covariance.diagonal().mean().clamp(min=1e-9)
    weight = torch.linalg.solve((covariance + round_) / 2, ours - theirs)
    return Familiar(weight.float(), -(weight @ (ours + theirs) / 2).float())
