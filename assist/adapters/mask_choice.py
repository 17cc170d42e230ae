"""Which of a mask model's answers to one click is the likeliest to be meant.

The model's own estimate of each mask says little of that: the wheel is as sharp a mask as the car. What tells more is
how large a mask is, how steady its edge, how far it agrees with the others, and whether what the encoder saw within it
differs from what it saw around. Small trees, fitted to scenes with known masks (`python -m benchmarks.models.learn`),
make one number of these. docs/decisions/0044 has what else was tried, and the figures.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from scipy import ndimage

from assist.adapters import MaskPrompt
from assist.adapters.mask_choice_trees import CLICK

GRID = 64  # places of the encoder, each way; four times as many pixels of a mask
NAMES = (
    *("token", "estimate", "steady", "area", "full", "touches", "like_first", "likest", "less_like", "least_like"),
    *("best_other", "above_mean", "larger_by", "around", "length", "pointed", "inmost", "outmost"),
    *("around_less", "pointed_more"),
)
DISC = ndimage.iterate_structure(ndimage.generate_binary_structure(2, 1), 2)  # two places around
Array = np.ndarray


@dataclass(frozen=True)
class Tree:
    """Two questions deep: at `features` 0 first, then 1 where that is at most its threshold, else 2."""

    features: tuple[int, int, int]
    thresholds: tuple[float, float, float]
    values: tuple[float, float, float, float]


def parsed(text: str) -> tuple[Tree, ...]:
    """From lines of ten numbers: a feature and its threshold three times, then the values."""
    rows = [line.split() for line in text.strip().splitlines()]
    return tuple(
        Tree(
            (int(row[0]), int(row[2]), int(row[4])),
            (float(row[1]), float(row[3]), float(row[5])),
            (float(row[6]), float(row[7]), float(row[8]), float(row[9])),
        )
        for row in rows
    )


OF_CLICK = parsed(CLICK)


def expected(logits: Array, scores: Sequence[float], prompt: MaskPrompt, encoded: Array, scale: float) -> Array | None:
    """The expected worth of each of the four masks, to compare them by; None for prompts that say more than one thing.

    `logits`: 4×h×w of the part that the image takes; `encoded`: the encoder's 1×C×64×64; `scale`: pixels of the 1024
    frame for one of the image.
    """
    if prompt.previous is not None or prompt.box is not None or len(prompt.points) != 1:
        return None
    return worth(OF_CLICK, features(logits, scores, prompt, encoded, scale))


def worth(trees: Sequence[Tree], rows: Array) -> Array:
    """The sum over the trees, for each row of features."""
    total = np.zeros(len(rows))
    for tree in trees:
        right = rows[:, tree.features[0]] > tree.thresholds[0]
        low = rows[:, tree.features[1]] > tree.thresholds[1]
        high = rows[:, tree.features[2]] > tree.thresholds[2]
        total += np.asarray(tree.values)[np.where(right, 2 + high, low)]
    return total


def features(logits: Array, scores: Sequence[float], prompt: MaskPrompt, encoded: Array, scale: float) -> Array:
    """A row of NAMES for each mask; arguments as of `expected`."""
    marked = logits > 0
    count = len(marked)
    areas = np.log(np.maximum(marked.mean((1, 2)), 1e-5))
    steady = (logits > 1).sum((1, 2)) / np.maximum((logits > -1).sum((1, 2)), 1)
    alike = _alike(marked)
    frames = [_frame(one) for one in marked]
    seen = _seen(logits, encoded, _place(prompt, scale))
    rows = []
    for n in range(count):
        others = [m for m in range(1, count) if m != n]
        near = sorted((float(alike[n, m]) for m in range(count) if m != n), reverse=True)
        full = math.exp(areas[n]) * marked[n].size / max(1, _area(frames[n]))
        touches = sum(edge <= 1 for edge in frames[n][:2]) + sum(
            edge >= side - 1 for edge, side in zip(frames[n][2:], marked.shape[:0:-1], strict=True)
        )
        rows.append(
            [n, scores[n], steady[n], areas[n], full, touches, alike[n, 0], *near]
            + [max(scores[m] for m in others), scores[n] - float(np.mean([scores[m] for m in others]))]
            + [areas[n] - float(np.mean([areas[m] for m in others])), *seen[n]]
            + [seen[n, place] - float(np.mean([seen[m, place] for m in others])) for place in (0, 2)]
        )
    return np.array(rows, np.float32)


def _alike(marked: Array) -> Array:
    """The overlap of each two masks."""
    flat = marked.reshape(len(marked), -1).astype(np.float32)
    both = _product(flat, flat.T)
    sums = flat.sum(1)
    return both / np.maximum(sums[:, None] + sums[None] - both, 1)


Frame = tuple[float, float, float, float]  # left, top, right, bottom, in pixels of the logits


def _frame(marked: Array) -> Frame:
    down, across = np.flatnonzero(marked.any(1)), np.flatnonzero(marked.any(0))
    return (across[0], down[0], across[-1] + 1, down[-1] + 1) if len(down) else (0, 0, 0, 0)


def _area(frame: Frame) -> float:
    return max(0.0, frame[2] - frame[0]) * max(0.0, frame[3] - frame[1])


def _place(prompt: MaskPrompt, scale: float) -> tuple[int, int]:
    """Which of the encoder's places was pointed at: down, across."""
    x, y, _ = prompt.points[0]
    side = 1024 / GRID
    return min(GRID - 1, max(0, int(y * scale / side))), min(GRID - 1, max(0, int(x * scale / side)))


def _seen(logits: Array, encoded: Array, place: tuple[int, int]) -> Array:
    """For each mask what the encoder saw in it: how like what lies around it, how strong, how like what was pointed at,
    the least like of its own places, and the likest of those around."""
    rows, columns = -(-logits.shape[1] // 4), -(-logits.shape[2] // 4)
    places = encoded[0, :, :rows, :columns].reshape(encoded.shape[1], -1).astype(np.float32)
    lengths = np.maximum(np.sqrt(np.einsum("cp,cp->p", places, places)), 1e-9)
    here = min(place[0], rows - 1) * columns + min(place[1], columns - 1)
    own = places[:, here] / lengths[here]
    padded = np.zeros((len(logits), rows * 4, columns * 4), np.uint8)
    padded[:, : logits.shape[1], : logits.shape[2]] = logits > 0
    blocks = padded.reshape(len(logits), rows, 4, columns, 4)
    shares = blocks.sum((2, 4), dtype=np.float32) / np.float32(16)
    cores = np.stack([(share > min(0.5, float(share.max()) - 1e-6)) & (share > 0) for share in shares])
    rings = np.stack([ndimage.binary_dilation(share > 0.05, DISC) & (share < 0.05) for share in shares])
    picked = np.concatenate([cores, rings]).reshape(2 * len(shares), -1)
    means = _product((picked / lengths).astype(np.float32), places.T) / np.maximum(1, picked.sum(1, keepdims=True))
    withins, arounds = np.split(means, 2)
    sizes = np.maximum(np.linalg.norm(withins, axis=1), 1e-9)
    likes = _product((withins / sizes[:, None]).astype(np.float32), places) / lengths
    found = np.zeros((len(logits), 5), np.float32)
    for n, (core, ring) in enumerate(zip(*np.split(picked, 2), strict=True)):
        if core.any():
            cosine = withins[n] @ arounds[n] / max(sizes[n] * float(np.linalg.norm(arounds[n])), 1e-9)
            outmost = likes[n][ring].max() if ring.any() else 1.0
            found[n] = [cosine, sizes[n], withins[n] @ own / sizes[n], likes[n][core].min(), outmost]
    return found


def _product(left: Array, right: Array) -> Array:
    """By torch, which keeps to the cores that a decode has; numpy would take all."""
    return torch.mm(torch.from_numpy(left), torch.from_numpy(right)).numpy()
