"""Reading the crowd data: a folder named by TANDEM_CROWD_DATA, else ../shared/data beside the checkout."""

from __future__ import annotations

import csv
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

CATEGORICAL = ("rte", "snow_temp", "face4", "music", "labelme", "cf", "sp", "d_possent", "zencrowd_us")
HERE = Path(__file__).resolve().parents[2]


def folder() -> Path | None:
    """Where the crowd data lies, or None."""
    root = Path(os.environ.get("TANDEM_CROWD_DATA", HERE.parent / "shared" / "data"))
    return root / "crowd" if (root / "crowd").is_dir() else None


@dataclass(frozen=True)
class Labels:
    """Triples task[i], worker[i], label[i] as small integers; truth[t] is -1 where not known."""

    name: str
    task: NDArray[np.int64]
    worker: NDArray[np.int64]
    label: NDArray[np.int64]
    truth: NDArray[np.int64]
    classes: int

    @property
    def known(self) -> NDArray[np.bool_]:
        return self.truth >= 0


def categorical(root: Path, name: str) -> Labels:
    """One of the categorical sets; classes are those seen in labels or truth, sorted."""
    rows = _rows(root / name / "labels.csv")
    truth = {row["task"]: row["label"] for row in _rows(root / name / "truth.csv")}
    tasks = sorted({row["task"] for row in rows}, key=_natural)
    workers = sorted({row["worker"] for row in rows})
    classes = sorted({row["label"] for row in rows} | set(truth.values()), key=_natural)
    at_task, at_worker, at_class = (
        {key: n for n, key in enumerate(keys)} for keys in (tasks, workers, classes)
    )
    return Labels(
        name,
        np.array([at_task[row["task"]] for row in rows]),
        np.array([at_worker[row["worker"]] for row in rows]),
        np.array([at_class[row["label"]] for row in rows]),
        np.array([at_class[truth[task]] if task in truth else -1 for task in tasks]),
        len(classes),
    )


def _natural(text: str) -> tuple[int, str]:
    return (int(text), "") if text.isdigit() else (1 << 40, text)


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as lines:
        return list(csv.DictReader(lines))
