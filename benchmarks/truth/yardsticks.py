"""Other people's methods on the same data: crowd-kit and SimpleITK, from the `bench` extra."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas
import SimpleITK
from crowdkit import aggregation
from numpy.typing import NDArray

Bitmap = NDArray[np.bool_]
Ints = NDArray[np.int64]


def classes(method: str, task: Ints, worker: Ints, label: Ints) -> Ints:
    """The class of each task by a categorical method of crowd-kit, 100 rounds at most."""
    frame = pandas.DataFrame({"task": task, "worker": worker, "label": label})
    said = getattr(aggregation, method)(n_iter=100).fit_predict(frame)
    return said.reindex(np.arange(task.max() + 1)).to_numpy()


def masks(method: str, images: Sequence[Sequence[Bitmap]]) -> list[Bitmap]:
    """The fused mask of each image by a segmentation method of crowd-kit with its defaults."""
    rows = [(str(n), str(who), mask) for n, given in enumerate(images) for who, mask in enumerate(given)]
    frame = pandas.DataFrame({"task": [r[0] for r in rows], "worker": [r[1] for r in rows]})
    frame["segmentation"] = pandas.Series([r[2] for r in rows], dtype=object)
    said = getattr(aggregation, method)().fit_predict(frame)
    return [np.asarray(said[str(n)], dtype=bool) for n in range(len(images))]


def staple(given: Sequence[Bitmap]) -> Bitmap:
    """STAPLE (Warfield et al. 2004) of one image's masks, cut at one half."""
    sieve = SimpleITK.STAPLEImageFilter()
    sieve.SetForegroundValue(1.0)
    image = sieve.Execute([SimpleITK.GetImageFromArray(mask.astype(np.uint8)) for mask in given])
    return SimpleITK.GetArrayFromImage(image) > 0.5
