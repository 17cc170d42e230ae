"""`python -m benchmarks.models.learn [--each N]`: fits the trees of mask_choice.py anew, and writes them down.

They are fitted to the even numbers below `--each` of every kind of scene; `python -m benchmarks models --only masks`
tells what they reach on others.
"""

import argparse
import pickle
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from sklearn.ensemble import GradientBoostingRegressor

from assist.adapters import RUNTIMES, mask_choice, sam_frame
from assist.adapters.mobile_sam import MobileSam
from benchmarks.models.prompts import overlap, things
from benchmarks.models.scenes import KINDS, scene
from taskers.files.folders import models_folder

SAM = "mobile-sam@0.2.0"
TREES, RATE, LEAST = 80, 0.08, 8
EVERY = {"cells": 4, "heap": 2}  # thing of scenes that have many alike
WRITTEN = Path(mask_choice.__file__).with_name("mask_choice_trees.py")
Example = tuple[np.ndarray, np.ndarray]  # a row of features for each of the four masks, and their overlaps


def examples(model: MobileSam, kind: str, number: int) -> list[Example]:
    """Of each thing of a scene, when it is clicked."""
    made = scene(kind, number)
    found: list[Example] = []
    embedding = model.embed(made.pixels)
    features = torch.from_numpy(embedding.features.astype(np.float32))
    scale = sam_frame.IMAGE_SIDE / max(embedding.image_size)
    for thing in things(made)[:: EVERY.get(kind, 1)]:
        with torch.inference_mode():
            logits, scores = model._decoder(features, *sam_frame.tensors(thing.click, embedding.image_size))
        height, width = sam_frame.inside(embedding.image_size, logits.shape[-1])
        seen, told = logits[0, :, :height, :width].numpy(), scores[0].tolist()
        rows = mask_choice.features(seen, told, thing.click, features.numpy(), scale)
        masks = (sam_frame.grow(logits, embedding.image_size) > 0)[0].numpy()
        found.append((rows, np.array([overlap(one, thing.mask) for one in masks])))
    return found


def fitted(seen: Sequence[Example]) -> str:
    """The trees as mask_choice.parsed reads them; of a click the first of the four masks is never offered."""
    rows = np.concatenate([one[1:] for one, _ in seen])
    wanted = np.concatenate([one[1:] for _, one in seen])
    learner = GradientBoostingRegressor(
        n_estimators=TREES, learning_rate=RATE, max_depth=2, subsample=0.6, min_samples_leaf=LEAST, random_state=0
    )
    learner.fit(rows, wanted)
    return "\n".join(_line(tree.tree_) for tree in learner.estimators_[:, 0])


def _line(tree: Any) -> str:
    """A tree as ten numbers; a side without a question of its own asks one that changes nothing."""
    told: list[object] = []
    values: list[float] = []
    told += [tree.feature[0], f"{tree.threshold[0]:.4g}"]
    for child in (tree.children_left[0], tree.children_right[0]):
        if tree.feature[child] < 0:
            told += [0, 0]
            values += [tree.value[child, 0, 0]] * 2
        else:
            told += [tree.feature[child], f"{tree.threshold[child]:.4g}"]
            ends = (tree.children_left[child], tree.children_right[child])
            values += [tree.value[end, 0, 0] for end in ends]
    return " ".join(map(str, told)) + " " + " ".join(f"{RATE * value:.4f}" for value in values)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.models.learn", description=__doc__)
    parser.add_argument("--each", type=int, default=10, help="scenes of each kind, half of which are learnt from")
    parser.add_argument("--kept", type=Path, help="a file to keep the examples in, or to read them from")
    chosen = parser.parse_args()
    if chosen.kept and chosen.kept.exists():
        found = pickle.loads(chosen.kept.read_bytes())
    else:
        model: MobileSam = RUNTIMES[SAM].load(models_folder())  # type: ignore[assignment]
        numbers = range(0, chosen.each, 2)
        found = [one for number in numbers for kind in KINDS for one in examples(model, kind, number)]
        if chosen.kept:
            chosen.kept.write_bytes(pickle.dumps(found))
    text = '"""The numbers of mask_choice.py, written by `python -m benchmarks.models.learn`."""'
    WRITTEN.write_text(f'{text}\n\nCLICK = """\n{fitted(found)}\n"""\n')
    return 0


if __name__ == "__main__":
    sys.exit(main())
