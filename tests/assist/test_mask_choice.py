"""Which of the masks of one click is shown first."""

from pathlib import Path

import numpy as np
import pytest

from assist.adapters import RUNTIMES, MaskPrompt, Segmenter, mask_choice
from assist.adapters.sam_frame import likeliest
from benchmarks.models import prompts, scenes

BOX = (10.0, 10.0, 60.0, 60.0)
CLICK = MaskPrompt(points=((40.0, 40.0, True),))


def discs(*radii: float) -> np.ndarray:
    """Logits of discs around one place."""
    down, across = np.mgrid[:192, :256]
    away = np.hypot(down - 10.0, across - 10.0)
    return np.stack([(radius - away).clip(-8, 8) for radius in radii]).astype(np.float32)


def test_a_tree_asks_two_questions_and_adds_what_they_come_to() -> None:
    trees = mask_choice.parsed("0 0.5 1 2 1 4 1 2 3 4\n0 0.5 0 0 0 0 10 10 20 20\n")
    rows = np.array([[0, 2], [0, 2.5], [1, 4], [1, 5]], np.float32)
    assert mask_choice.worth(trees, rows).tolist() == [11, 12, 23, 24]


def test_each_mask_has_a_row_of_what_is_known_of_it() -> None:
    encoded = np.zeros((1, 4, 64, 64), np.float32)
    encoded[0, 0] = 1
    encoded[0, 1, :3, :3] = 5  # what the encoder saw of the thing itself
    rows = mask_choice.features(discs(6, 6, 12, 60), [0.9, 0.8, 0.7, 0.6], CLICK, encoded, 1.0)
    assert rows.shape == (4, len(mask_choice.NAMES)) and np.isfinite(rows).all()
    told = dict(zip(mask_choice.NAMES, rows.T, strict=True))
    assert told["area"][1] < told["area"][2] < told["area"][3] and told["like_first"][1] == 1
    assert told["around"][2] < told["around"][3], "beyond the thing something else begins"
    nothing = mask_choice.features(np.full((4, 192, 256), -5.0, np.float32), [0.1] * 4, CLICK, encoded, 1.0)
    assert np.isfinite(nothing).all()


@pytest.mark.parametrize(
    "prompt",
    [
        MaskPrompt(points=((40.0, 40.0, True), (50.0, 50.0, False))),
        MaskPrompt(box=BOX),
        MaskPrompt(points=((40.0, 40.0, True),), box=BOX),
        MaskPrompt(points=((40.0, 40.0, True),), previous=np.zeros((256, 256))),
    ],
)
def test_whoever_says_more_than_one_thing_is_answered_by_the_models_own_rule(prompt: MaskPrompt) -> None:
    assert (
        mask_choice.expected(discs(6, 6, 12, 60), [0.9] * 4, prompt, np.ones((1, 4, 64, 64), np.float32), 1.0) is None
    )


def test_the_likeliest_leads_where_it_is_worth_clearly_more_than_the_models_favourite() -> None:
    assert likeliest(np.array([9.0, 0.1, 0.3, 0.2]), [1.0, 0.9, 0.8, 0.7]) == [2, 3, 1]
    assert likeliest(np.array([9.0, 0.25, 0.3, 0.2]), [1.0, 0.9, 0.8, 0.7]) == [1, 2, 3]


def test_things_that_nobody_learnt_from_are_found_whole_more_often(model_folder: Path) -> None:
    sam: Segmenter = RUNTIMES["mobile-sam@0.2.0"].load(model_folder)  # type: ignore[assignment]
    seen = scenes.scene("desk", 3)
    embedding = sam.embed(seen.pixels)
    chosen, own = [], []
    for thing in prompts.things(seen):
        masks = sam.decode(embedding, thing.click)
        assert masks.best == 0
        chosen.append(prompts.overlap(masks.pixels[0], thing.mask))
        own.append(prompts.overlap(masks.pixels[int(np.argmax(masks.scores))], thing.mask))
    assert np.mean(chosen) > np.mean(own) + 0.05
