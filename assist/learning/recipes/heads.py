"""What recipes of classes have in common: for each field a linear head on rows of numbers that say what was seen, and
a plain baseline with the same kind of head, judged on the same validation split."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from safetensors.numpy import save_file
from sklearn.linear_model import LogisticRegression

from assist.learning.reasons import REASONS
from assist.learning.recipes.recipe import Unfit, Value, Work
from assist.learning.snapshot_file import Line

LEAST = 10  # things of a field, of two labels at least
STEPS = 2000  # at most, of fitting one head
FILE = "head.safetensors"


@dataclass(frozen=True)
class Told:
    """What was seen, with the label that was decided for each field; "" where it wasn't asked."""

    seen: Sequence[str]
    fields: Mapping[str, Sequence[str]]

    def only(self, kept: Sequence[bool]) -> "Told":
        """Those alone."""

        def some(row: Sequence[str]) -> list[str]:
            return [one for one, stays in zip(row, kept, strict=True) if stays]

        return Told(some(self.seen), {name: some(said) for name, said in self.fields.items()})


@dataclass(frozen=True)
class Rows:
    """How a kind of head sees what there is: to learn from, and to compare models on."""

    learnt: Any  # an array or sparse rows
    held_out: Any
    strength: float


def told(lines: Iterable[Line], seen: Callable[[Line], str]) -> Told:
    """The lines of which `seen` says what they show; "" leaves one out."""
    shown: list[str] = []
    rows: list[dict[str, str]] = []
    for line in lines:
        if found := seen(line):
            shown.append(found)
            rows.append({one["field"]: _label(one["value"]) for one in line.said["fields"]})
    names = sorted({name for row in rows for name in row})
    return Told(shown, {name: [row.get(name, "") for row in rows] for name in names})


def check(learnt: Told, held_out: Told, what: str) -> None:
    """Raises Unfit where no field has enough to learn from, or nothing is left to compare models on."""
    if not any(map(enough, learnt.fields.values())):
        raise Unfit(REASONS[f"few-{what}s"] % {"number": LEAST})
    if not held_out.seen:
        raise Unfit(REASONS[f"no-{what}"])


def fit(learnt: Told, held_out: Told, kinds: Mapping[str, Rows], work: Work, what: str) -> dict[str, dict[str, float]]:
    """Fit a head of each kind for each field, write down those of "model" and give the accuracy of each kind. Raises
    Unfit."""
    check(learnt, held_out, what)
    heads: dict[str, np.ndarray] = {}
    right: dict[str, list[bool]] = {kind: [] for kind in kinds}
    for name, said in learnt.fields.items():
        if not enough(said):
            continue
        for kind, rows in kinds.items():
            head, found = judged(name, learnt, held_out, rows, work)
            right[kind] += found
            heads |= _numbers(name, head) if kind == "model" else {}
    if not right["model"]:
        raise Unfit(REASONS[f"no-{what}"])
    save_file(heads, work.folder / FILE)
    return {kind: {"accuracy": float(np.mean(some))} for kind, some in right.items()}


def judged(name: str, learnt: Told, held_out: Told, rows: Rows, work: Work) -> tuple[LogisticRegression, list[bool]]:
    """The head of one field, and of what is held back under a label that it learnt whether it is right."""
    said = learnt.fields[name]
    chosen = np.array([bool(one) for one in said])
    true = np.array(held_out.fields.get(name, [""] * len(held_out.seen)))
    asked = np.array([bool(one) and one in set(said) for one in true])
    head = _fitted(rows.learnt[chosen], np.array(said)[chosen], rows.strength, work)
    return head, list(head.predict(rows.held_out[asked]) == true[asked]) if asked.any() else []


def label_map(learnt: Told) -> dict[str, str]:
    """Of what was learnt: a model that a recipe makes calls labels as the project does."""
    labels = {label for said in learnt.fields.values() if enough(said) for label in said if label}
    return {one: one for one in sorted(labels)}


def _label(value: object) -> str:
    """The label that was decided, of a path its end; "" for what is no label, such as a number."""
    last = value[-1] if isinstance(value, list) and value else value
    return last if isinstance(last, str) else ""


def enough(said: Sequence[str]) -> bool:
    """Whether a field can be learnt of which this was decided; "" where nothing was."""
    known = [one for one in said if one]
    return len(known) >= LEAST and len(set(known)) >= 2


def _fitted(rows: Any, said: np.ndarray, strength: Value, work: Work) -> LogisticRegression:
    weight = "balanced" if work.parameters.get("balanced", True) else None
    head = LogisticRegression(C=float(strength), max_iter=STEPS, random_state=work.seed % 2**32, class_weight=weight)
    return head.fit(rows, said)


def _numbers(name: str, head: LogisticRegression) -> dict[str, np.ndarray]:
    """A head as arrays: a row of weights and a number for each label, in the order of the labels' names."""
    weights, bias = head.coef_, head.intercept_
    if len(head.classes_) == 2:  # scikit-learn keeps one row for two labels
        weights, bias = np.vstack([-weights[0], weights[0]]) / 2, np.array([-bias[0], bias[0]]) / 2
    labels = "\n".join(head.classes_).encode()
    return {
        f"{name}/weights": np.ascontiguousarray(weights, np.float32),
        f"{name}/bias": np.ascontiguousarray(bias, np.float32),
        f"{name}/labels": np.frombuffer(labels, np.uint8).copy(),
    }
