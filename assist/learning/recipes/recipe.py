"""What a recipe is: a way to make a model from a snapshot. It runs in a process of its own, without the database.

The same lines, parameters, seed and number of threads give the same model.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from assist.learning import snapshot_file
from assist.learning.snapshot_file import Line
from assist.learning.splits import TRAIN, VALIDATION

Value = float | int | str | bool
UNTIL_LET_GO = "--until-let-go"  # of its process: end once whoever started it is gone


@dataclass(frozen=True)
class Report:
    """How far it has come, after one pass over the data, or while it gets the data ready: then there is no figure."""

    step: int
    of: int
    loss: float | None
    validation: float | None  # the recipe's figure on the validation split, in [0, 1]
    seconds_left: float


class Unfit(Exception):
    """The data, or what came of it, is no good; the text says why, to people."""


class Parameter(NamedTuple):
    """Something that may be chosen: its usual value, and from where to where."""

    usual: Value
    least: float = 0.0
    most: float = 1.0
    log: bool = False  # searched by its logarithm
    searched: bool = True  # whether a search may choose it, where only the figure counts


@dataclass(frozen=True)
class Work:
    """What a recipe is given. It reads the splits that it may: none of them judges its model."""

    snapshot: Path
    labels: Mapping[str, str]  # key -> name, of today
    label_map: Mapping[str, str]  # what the model it begins from calls a label -> the project's key
    parameters: Mapping[str, Value]
    seed: int
    folder: Path  # where the model's files go
    report: Callable[[Report], None]
    kept: Path | None = None  # what doesn't depend on the parameters may lie here for the next trial of a search
    pictures: Path | None = None  # of a recipe that needs them: files named by their sha256, nothing else
    models: Path | None = None  # the folder of model files, each named by its sha256

    def train(self) -> Iterator[Line]:
        """What it learns from."""
        return snapshot_file.read(self.snapshot, TRAIN)

    def validation(self) -> Iterator[Line]:
        """What it may look at to stop early and to compare itself."""
        return snapshot_file.read(self.snapshot, VALIDATION)

    def picture(self, line: Line) -> Path | None:
        """The file of a line's picture; None where it has none, or it is gone."""
        found = self.pictures / line.asset if self.pictures and line.asset else None
        return found if found and found.is_file() else None


@dataclass(frozen=True)
class Made:
    """What came of it. `metrics` are of the validation split: the model, what it began from, a plain baseline."""

    metrics: Mapping[str, Mapping[str, float]]
    manifest: Mapping[str, Any] = field(default_factory=dict)  # for model.toml: adapter, capability, labels, options

    def written(self) -> str:
        return json.dumps(asdict(self))


class Recipe(NamedTuple):
    """One way to make a model. A new one is one new file and one entry of RECIPES."""

    title: str
    note: str
    task_types: tuple[str, ...]
    parameters: Mapping[str, Parameter]
    module: str  # in this package: its `train` takes Work and gives Made, or raises Unfit
    figure: str = "f1"  # of the metrics of "model": what a search makes as high as it can
    prunes: bool = False  # whether its reports tell that figure as it grows, so that a poor trial may end early
    pictures: bool = False  # whether it learns from images, which then lie in Work.pictures
