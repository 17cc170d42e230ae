"""What a mask decoder knew before it learnt something else, and how it keeps that.

Pictures of no project stand for all others: they are drawn, or cut out of the two photographs that scikit-learn brings,
and what is to be kept is what the decoder said of them, so that nobody's data is needed.

Where they are told from the project's pictures by their embeddings, the decoder as it was goes on answering what isn't
familiar, and forgets nothing. Where they can't be, as in a project of photographs, it practises on them while it learns
(Li and Hoiem, "Learning without forgetting", 2016), and what it learnt is mixed with the weights that it began from, as
far as pictures that it never practised on still get the masks that they got (Wortsman and others, "Robust fine-tuning
of zero-shot models", 2022).
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property

import numpy as np
import torch
from PIL import Image, ImageDraw
from scipy import ndimage
from sklearn.datasets import load_sample_image
from torch import Tensor
from torch.nn import functional

from assist.adapters import Embedding, familiar, sam_frame
from assist.adapters.familiar import Familiar
from assist.adapters.sam_decoder import SamDecoder
from assist.learning.recipes.pointing import GRID, PIXEL

PRACTISED, CHECKED = 20, 6  # pictures
TOGETHER = 4  # prompts of a picture at once
ASKED = 3  # clicks into each picture that is checked, and as many boxes
KEPT = 0.97  # overlap with the masks of before, on what is checked: others are further from what was practised
RIGHT = 0.95  # of the pictures held back, to go by what is familiar
SHARES = (1.0, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1)  # of what was learnt
PHOTOGRAPHS = ("china.jpg", "flower.jpg")
LEFT = 0.65  # of a photograph is practised on, the rest is checked
SIZE = (480, 640)  # of what is drawn: rows and columns
NEAR = 40.0  # pixels of the frame around a click that found nothing
SHARP, WHOLE = 20.0, 1.0  # weights, of each pixel and of each mask
WEIGHT = 2.0  # of all of it, beside what is learnt

Array = np.ndarray
Draw = np.random.Generator
Weights = Mapping[str, Tensor]
Prompt = tuple[tuple[Tensor, Tensor] | None, Tensor | None, Tensor | None]


def names() -> list[str]:
    """Of all the pictures; those that are checked come last."""
    return [f"rehearsal-{number}" for number in range(PRACTISED + CHECKED)]


def picture(number: int) -> Array:
    """One of them: RGB, rows × columns × 3."""
    draw = np.random.default_rng([7, number])
    if number % 2:
        return _drawn(draw)
    source = load_sample_image(PHOTOGRAPHS[number // 2 % 2])
    edge = int(source.shape[1] * LEFT)
    part = source[:, :edge] if number < PRACTISED else source[:, edge:]
    tall, wide = (int(side * draw.uniform(0.5, 1)) for side in part.shape[:2])
    top, left = draw.integers(part.shape[0] - tall + 1), draw.integers(part.shape[1] - wide + 1)
    cut = part[top : top + tall, left : left + wide]
    return np.ascontiguousarray(cut[:, ::-1] if draw.random() < 0.5 else cut)


class Rehearsal:
    """The decoder as it was, and what it says of these pictures; `of` gives a picture's embedding by its name."""

    def __init__(self, base: SamDecoder, of: Callable[[str], Embedding]) -> None:
        self.base, self._of = base, of
        self.familiar: Familiar | None = None  # where the project's pictures are told from others
        self.began_from: Weights = {name: one.clone() for name, one in base.mask_decoder.state_dict().items()}

    def tell_apart(self, learnt: Sequence[str], held_out: Sequence[str]) -> None:
        """Find what is familiar, from the project's pictures and those that are practised on. It counts where it is
        right of those that were held back, all but a few."""
        groups = (learnt, names()[:PRACTISED], held_out, names()[PRACTISED:])
        ours, theirs, other_ours, other_theirs = (torch.stack([self._mean(one) for one in some]) for some in groups)
        line = familiar.fitted(ours, theirs)
        right = [float((some @ line.weight + line.bias > 0).float().mean()) for some in (other_ours, other_theirs)]
        self.familiar = line if right[0] >= RIGHT and 1 - right[1] >= RIGHT else None

    def _mean(self, name: str) -> Tensor:
        return familiar.mean_of(*self._seen(name))

    def loss(self, decoder: SamDecoder, draw: Draw) -> Tensor:
        """How far it is from what it said before, of some prompts on one picture."""
        features, size = self._seen(names()[int(draw.integers(PRACTISED))])
        inside = sam_frame.inside(size, GRID)
        with torch.no_grad():
            prompt = self._prompt(features, inside, TOGETHER, str(draw.choice(["click", "box", "clicks"])), draw)
            before, told = self.base(features, *prompt)
        logits, scores = decoder(features, *prompt)
        (rows, columns), of_masks = inside, (2, 3)
        logits, before = logits[..., :rows, :columns], before[..., :rows, :columns]
        wanted, shares = before.sigmoid(), logits.sigmoid()
        even = functional.binary_cross_entropy_with_logits(logits, wanted, reduction="none").mean(of_masks)
        least = functional.binary_cross_entropy_with_logits(before, wanted, reduction="none").mean(of_masks)
        both = (shares * wanted).sum(of_masks)
        dice = 1 - (2 * both + 1) / ((shares**2).sum(of_masks) + (wanted**2).sum(of_masks) + 1)
        return WEIGHT * (SHARP * (even - least) + WHOLE * dice + (scores - told) ** 2).mean()

    def kept(self, decoder: SamDecoder) -> float:
        """The mean overlap of its masks with those of before, for clicks and boxes on pictures it never practised on:
        of each the three that disagree."""
        found = list[float]()
        with torch.inference_mode():
            for name, prompt, before in self._checked:
                features, size = self._seen(name)
                ours = self.familiar is None or self.familiar(features, size)
                logits, _ = (decoder if ours else self.base)(features, *prompt)
                found += _overlaps(_marked(logits, sam_frame.inside(size, GRID)), before)
        return float(np.mean(found))

    def mix(self, decoder: SamDecoder) -> tuple[float, float]:
        """Take as much of what was learnt as keeps what was known; the decoder is mixed afterwards. Returns the share
        and what is kept. A share of 0 is the decoder of before."""
        learnt = {name: one.clone() for name, one in decoder.mask_decoder.state_dict().items()}
        for share in SHARES:
            mixed = {name: torch.lerp(self.began_from[name], one, share) for name, one in learnt.items()}
            decoder.mask_decoder.load_state_dict(mixed)
            if (kept := self.kept(decoder)) >= KEPT:
                return share, kept
        decoder.mask_decoder.load_state_dict(self.began_from)
        return 0.0, 1.0

    @cached_property
    def _checked(self) -> list[tuple[str, Prompt, Tensor]]:
        return list(self._asked())

    def _asked(self) -> Iterator[tuple[str, Prompt, Tensor]]:
        """The prompts on what is checked, always the same, and the masks that they got."""
        draw = np.random.default_rng(11)
        with torch.inference_mode():
            for name in names()[PRACTISED:]:
                features, size = self._seen(name)
                inside = sam_frame.inside(size, GRID)
                for kind in ("click", "box"):
                    prompt = self._prompt(features, inside, ASKED, kind, draw)
                    yield name, prompt, _marked(self.base(features, *prompt)[0], inside)

    def _seen(self, name: str) -> tuple[Tensor, tuple[int, int]]:
        found = self._of(name)
        return torch.from_numpy(found.features.astype(np.float32)), found.image_size

    def _prompt(self, features: Tensor, inside: tuple[int, int], number: int, kind: str, draw: Draw) -> Prompt:
        """Clicks anywhere; boxes around what such clicks found; or clicks that correct it, anywhere too."""
        places = draw.uniform(0, 1, (number, 1, 2)) * (inside[1] * PIXEL, inside[0] * PIXEL)
        points = torch.from_numpy(places.astype(np.float32)), torch.ones(number, 1)
        if kind == "click":
            return points, None, None
        logits, scores = self.base(features, points, None, None)
        shown = logits[torch.arange(number), scores[:, 1:].argmax(1) + 1]
        if kind == "box":
            seen = shown[:, : inside[0], : inside[1]]
            return None, torch.tensor([_box(one, place[0]) for one, place in zip(seen, places, strict=True)]), None
        more = draw.uniform(0, 1, (number, 1, 2)) * (inside[1] * PIXEL, inside[0] * PIXEL)
        adds = torch.from_numpy(draw.integers(0, 2, (number, 1)).astype(np.float32))
        both = torch.cat([points[0], torch.from_numpy(more.astype(np.float32))], 1), torch.cat([points[1], adds], 1)
        return both, None, shown[:, None]


def _box(logits: Tensor, place: Array) -> list[float]:
    """Around a mask; around the click where nothing is marked."""
    rows, columns = np.nonzero(logits.numpy() > 0)
    if not len(rows):
        x, y = (float(one) for one in place)
        return [x - NEAR, y - NEAR, x + NEAR, y + NEAR]
    ends = columns.min(), rows.min(), columns.max() + 1, rows.max() + 1
    return [float(one) * PIXEL for one in ends]


def _marked(logits: Tensor, inside: tuple[int, int]) -> Tensor:
    """The three masks that disagree."""
    return logits[:, 1:, : inside[0], : inside[1]] > 0


def _overlaps(one: Tensor, other: Tensor) -> list[float]:
    """Of each mask; two that are empty are the same."""
    both, either = (one & other).sum((2, 3)), (one | other).sum((2, 3))
    return torch.where(either > 0, both / either.clamp(min=1), 1.0).flatten().tolist()


def _drawn(draw: Draw) -> Array:
    """Things of some colours, each on its shadow."""
    pixels = _material(draw)
    for _ in range(int(draw.integers(4, 13))):
        side, middle = draw.uniform(0.05, 0.25) * SIZE[0], draw.uniform(0, 1, 2) * (SIZE[1], SIZE[0])
        corners = 40 if draw.random() < 0.4 else int(draw.integers(3, 9))
        angles = np.sort(draw.uniform(0, 2 * np.pi, corners)) if corners < 9 else np.linspace(0, 2 * np.pi, corners)
        reach = side * (draw.uniform(0.6, 1.2, corners) if corners < 9 else 1.0)
        outline = middle + np.stack([reach * np.cos(angles) * draw.uniform(0.5, 1), reach * np.sin(angles)], 1)
        cover = Image.new("L", (SIZE[1], SIZE[0]))
        ImageDraw.Draw(cover).polygon([(float(x), float(y)) for x, y in outline], fill=255)
        seen = ndimage.gaussian_filter(np.asarray(cover, np.float32) / 255, 0.8)
        shadow = np.roll(ndimage.gaussian_filter(seen, 4), (6, 6), (0, 1))
        pixels *= (1 - 0.4 * shadow)[..., None]
        pixels += seen[..., None] * (_material(draw) - pixels)
    return np.clip(pixels + draw.normal(0, 3, pixels.shape), 0, 255).astype(np.uint8)


def _material(draw: Draw) -> Array:
    """A colour that slopes, rough, and sometimes in stripes."""
    rows, columns = np.mgrid[: SIZE[0], : SIZE[1]] / SIZE[0]
    coarse = int(draw.choice([8, 16, 32]))
    noise = draw.normal(0, 1, (SIZE[0] // coarse + 2, SIZE[1] // coarse + 2))
    rough = ndimage.zoom(noise, coarse, order=1)[: SIZE[0], : SIZE[1]] * draw.uniform(2, 20)
    light = rough + rows * draw.normal(0, 40) + columns * draw.normal(0, 40)
    if draw.random() < 0.25:
        angle = draw.uniform(0, np.pi)
        waves = np.sin((rows * np.cos(angle) + columns * np.sin(angle)) * draw.uniform(40, 200))
        light += np.sign(waves) * draw.uniform(10, 40)
    return draw.uniform(20, 235, 3) + light[..., None]
