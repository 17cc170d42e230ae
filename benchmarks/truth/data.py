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
    """One of the categorical sets; classes are those seen in labels or truth, sorted. Further columns are nothing, and
    nor is the truth of tasks that nobody answered; not every task needs one."""
    rows = _rows(root / name / "labels.csv")
    truth = {row["task"]: row["label"] for row in _rows(root / name / "truth.csv") if row["label"]}
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


Spans = list[tuple[int, int, str]]


@dataclass(frozen=True)
class Document:
    """A text (tokens joined by single spaces) with everybody's and the true spans in code points."""

    text: str
    answers: dict[Hashable, dict[str, list[dict[str, Any]]]]
    truth: Spans
    starts: NDArray[np.int64]
    ends: NDArray[np.int64]

    def tokens_of(self, start: int, end: int) -> tuple[int, int]:
        """The token range of a code point range."""
        return int(np.searchsorted(self.ends, start, side="right")), int(np.searchsorted(self.starts, end))


def documents(root: Path) -> list[Document]:
    """The medical abstracts of pico."""
    return documents_in(root / "pico" / "acl17_test.jsonl")


def documents_in(path: Path) -> list[Document]:
    """JSON lines with `tokens`, `gold` and `workers` {id: [[start, end, label]]}, in tokens, end exclusive."""
    found = []
    for line in path.read_text(encoding="utf-8").splitlines():
        if not line.strip():
            continue
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
    """One image of BU-BIL: the true mask and people's, and the true box and people's (x, y, w, h)."""

    name: str
    truth: NDArray[np.bool_]
    masks: list[NDArray[np.bool_]]
    true_box: NDArray[np.float64]
    boxes: NDArray[np.float64]


def pictures(root: Path) -> list[Picture]:
    """The images of bubil, read out of its archive."""
    return _pictures(_unpacked(root / "bubil.tar.gz"))


def pictures_in(place: Path) -> list[Picture]:
    """The same of an archive, or of a folder that lies open: `boxes.csv`, and of each image `gold.png` and
    `slotN.png`."""
    if place.is_file():
        return _pictures(_unpacked(place))
    return _pictures({str(path.relative_to(place)): path.read_bytes() for path in place.rglob("*") if path.is_file()})


def _unpacked(path: Path) -> dict[str, bytes]:
    files: dict[str, bytes] = {}
    with tarfile.open(path) as archive:
        for member in archive.getmembers():
            content = archive.extractfile(member) if member.isfile() else None
            if content is not None:
                files[member.name.removeprefix("./").partition("/")[2]] = content.read()
    return files


def _pictures(files: dict[str, bytes]) -> list[Picture]:
    """Either kind may be missing: no masks then, or no boxes."""
    boxes: dict[str, dict[str, NDArray[np.float64]]] = {}
    for row in csv.DictReader(io.StringIO(files.get("boxes.csv", b"").decode())):
        x0, y0, x1, y1 = (float(row[key]) for key in ("x0", "y0", "x1", "y1"))
        boxes.setdefault(row["image"], {})[row["worker"]] = np.array([x0, y0, x1 - x0, y1 - y0])
    found = []
    for name in sorted({path.split("/")[0] for path in files if path.endswith("/gold.png")} | boxes.keys()):
        masks = [_bitmap(files[path]) for path in sorted(files) if path.startswith(f"{name}/slot")]
        truth = _bitmap(files[f"{name}/gold.png"]) if masks else np.zeros((0, 0), dtype=bool)
        given = dict(sorted(boxes.get(name, {}).items()))
        true_box = given.pop("gold", np.zeros(4))
        found.append(Picture(name, truth, masks, true_box, np.array(list(given.values())).reshape(-1, 4)))
    return found


def comparisons(root: Path) -> list[dict[str, str]]:
    """Rows task, prompt, left, right, worker, label of llmfao."""
    return comparisons_in(root / "llmfao" / "comparisons.csv")


def comparisons_in(path: Path) -> list[dict[str, str]]:
    """Rows task, left, right, worker, label (left, right, tie), and further columns."""
    return _rows(path)


def _bitmap(content: bytes) -> NDArray[np.bool_]:
    return np.array(Image.open(io.BytesIO(content)).convert("L")) > 127


def _natural(text: str) -> tuple[int, str]:
    return (int(text), "") if text.isdigit() else (1 << 40, text)


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8-sig") as lines:
        return list(csv.DictReader(lines))
