"""Reading the crowd data: a folder named by TANDEM_CROWD_DATA, else ../shared/data beside the checkout."""

from __future__ import annotations

import csv
import io
import json
import os
import tarfile
from collections.abc import Hashable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

CATEGORICAL = ("rte", "snow_temp", "face4", "music", "labelme", "cf", "sp", "d_possent", "zencrowd_us")
SIXTEEN = (*CATEGORICAL, "web", "trec", "s_adult", "bluebird", "zencrowd_all", "sp_amt", "snow_wsd")
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
    at_task, at_worker, at_class = ({key: n for n, key in enumerate(keys)} for keys in (tasks, workers, classes))
    return Labels(
        name,
        np.array([at_task[row["task"]] for row in rows]),
        np.array([at_worker[row["worker"]] for row in rows]),
        np.array([at_class[row["label"]] for row in rows]),
        np.array([at_class[truth[task]] if task in truth else -1 for task in tasks]),
        len(classes),
    )


@dataclass(frozen=True)
class Document:
    """A text (tokens joined by single spaces) with everybody's and the true spans in code points."""

    text: str
    answers: dict[Hashable, dict[str, list[dict[str, Any]]]]
    truth: list[tuple[int, int, str]]
    starts: NDArray[np.int64]
    ends: NDArray[np.int64]

    def tokens_of(self, start: int, end: int) -> tuple[int, int]:
        """The token range of a code point range."""
        return int(np.searchsorted(self.ends, start, side="right")), int(np.searchsorted(self.starts, end))


def documents(root: Path) -> list[Document]:
    """The medical abstracts of pico."""
    found = []
    for line in (root / "pico" / "acl17_test.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        lengths = np.array([len(token) for token in row["tokens"]])
        ends = np.cumsum(lengths + 1) - 1
        starts = ends - lengths

        def span(mark: list[Any], at: NDArray[np.int64], to: NDArray[np.int64]) -> dict[str, Any]:
            start, end, label = mark
            return {"start": int(at[start]), "end": int(to[end - 1]), "label": label}

        answers = {
            who: {"spans": [span(mark, starts, ends) for mark in marks]} for who, marks in row["workers"].items()
        }
        truth = [(int(a), int(b), str(label)) for a, b, label in row["gold"]]
        found.append(Document(" ".join(row["tokens"]), answers, truth, starts, ends))
    return found


@dataclass(frozen=True)
class Picture:
    """One image of BU-BIL: the true mask and seven people's, and the true box and seven (x, y, w, h)."""

    name: str
    truth: NDArray[np.bool_]
    masks: list[NDArray[np.bool_]]
    true_box: NDArray[np.float64]
    boxes: NDArray[np.float64]


def pictures(root: Path) -> list[Picture]:
    """The images of bubil, read out of its archive."""
    files: dict[str, bytes] = {}
    with tarfile.open(root / "bubil.tar.gz") as archive:
        for member in archive.getmembers():
            content = archive.extractfile(member) if member.isfile() else None
            if content is not None:
                files[member.name.removeprefix("./").removeprefix("bubil/")] = content.read()
    boxes: dict[str, dict[str, NDArray[np.float64]]] = {}
    for row in csv.DictReader(io.StringIO(files["boxes.csv"].decode())):
        x0, y0, x1, y1 = (float(row[key]) for key in ("x0", "y0", "x1", "y1"))
        boxes.setdefault(row["image"], {})[row["worker"]] = np.array([x0, y0, x1 - x0, y1 - y0])
    found = []
    for name in sorted({path.split("/")[0] for path in files if path.endswith("gold.png")}):
        masks = [_bitmap(files[f"{name}/slot{n}.png"]) for n in range(1, 8)]
        given = [box for who, box in sorted(boxes[name].items()) if who != "gold"]
        found.append(Picture(name, _bitmap(files[f"{name}/gold.png"]), masks, boxes[name]["gold"], np.array(given)))
    return found


def comparisons(root: Path) -> list[dict[str, str]]:
    """Rows task, prompt, left, right, worker, label of llmfao."""
    return _rows(root / "llmfao" / "comparisons.csv")


def _bitmap(content: bytes) -> NDArray[np.bool_]:
    return np.array(Image.open(io.BytesIO(content)).convert("L")) > 127


def _natural(text: str) -> tuple[int, str]:
    return (int(text), "") if text.isdigit() else (1 << 40, text)


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as lines:
        return list(csv.DictReader(lines))
