"""Classes of texts: for each field a linear head on the sentence model's vectors, which stay as they are.

Beside it always stands a plain baseline, word weights with the same kind of head: where that is no worse, the vectors
are not worth their price, and the page says so.
"""

import os
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import numpy as np
from safetensors.numpy import save_file
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

from assist.adapters import minilm
from assist.adapters.devices import Device
from assist.learning.recipes.recipe import Made, Report, Unfit, Work
from assist.learning.snapshot_file import Line

LEAST = 10  # texts of a field, of two labels at least
PORTION = 64  # texts at once
STEPS = 2000  # at most, of fitting one head
FILE = "head.safetensors"


@dataclass(frozen=True)
class Told:
    """Texts with the label that was decided for each field; "" where it wasn't asked."""

    texts: Sequence[str]
    fields: Mapping[str, Sequence[str]]


def train(work: Work) -> Made:
    """Fit a head for each field that has enough to learn from."""
    learnt, held_out = _told(work.train()), _told(work.validation())
    fields = {name: said for name, said in learnt.fields.items() if _enough(said)}
    if not fields:
        raise Unfit(f"No field has {LEAST} texts of two labels to learn from: label more first.")
    if not held_out.texts:
        raise Unfit("No text is left to compare models on: label more first.")
    model, began = minilm.load((), Device("cpu")), time.monotonic()
    vectors, other = (_vectors(model, one.texts, work, began, of) for one, of in ((learnt, 0), (held_out, 1)))
    words = TfidfVectorizer(sublinear_tf=True, ngram_range=(1, 2), min_df=1, max_features=50_000)
    plain, plain_other = words.fit_transform(learnt.texts), words.transform(held_out.texts)
    heads: dict[str, np.ndarray] = {}
    right: dict[str, list[bool]] = {"model": [], "baseline": []}
    for name, said in fields.items():
        chosen = np.array([bool(one) for one in said])
        asked = np.array([one in set(said) for one in held_out.fields.get(name, [""] * len(held_out.texts))])
        true = np.array(held_out.fields.get(name, [""] * len(held_out.texts)))[asked]
        head = _fitted(vectors[chosen], np.array(said)[chosen], work)
        base = _fitted(plain[chosen], np.array(said)[chosen], work)
        right["model"] += list(head.predict(other[asked]) == true) if asked.any() else []
        right["baseline"] += list(base.predict(plain_other[asked]) == true) if asked.any() else []
        heads |= _numbers(name, head)
    if not right["model"]:
        raise Unfit("No text is left to compare models on: label more first.")
    save_file(heads, work.folder / FILE)
    metrics = {name: {"accuracy": float(np.mean(some))} for name, some in right.items()}
    counts = {"train": float(len(learnt.texts)), "validation": float(len(held_out.texts))}
    labels = sorted({label for said in fields.values() for label in said if label})
    manifest = {"adapter": "text-head", "capability": "classify", "label_map": {one: one for one in labels}}
    return Made(metrics | {"texts": counts}, manifest)


def _told(lines: Iterable[Line]) -> Told:
    texts: list[str] = []
    rows: list[dict[str, str]] = []
    for line in lines:
        text = line.shown.get("text")
        if isinstance(text, str) and text:
            texts.append(text)
            rows.append({one["field"]: _label(one["value"]) for one in line.said["fields"]})
    names = sorted({name for row in rows for name in row})
    return Told(texts, {name: [row.get(name, "") for row in rows] for name in names})


def _label(value: object) -> str:
    """The label that was decided, of a path its end; "" for what is no label, such as a number."""
    last = value[-1] if isinstance(value, list) and value else value
    return last if isinstance(last, str) else ""


def _enough(said: Sequence[str]) -> bool:
    known = [one for one in said if one]
    return len(known) >= LEAST and len(set(known)) >= 2


def _vectors(model: minilm.MiniLm, texts: Sequence[str], work: Work, began: float, of: int) -> np.ndarray:
    """One row each, told as they come: this is what takes time."""
    place = _place(texts, work)
    if place is not None and place.exists():
        return np.load(place, allow_pickle=False)
    parts = []
    for at in range(0, len(texts), PORTION):
        parts.append(model.vectors(texts[at : at + PORTION]))
        done = min(at + PORTION, len(texts))
        left = (time.monotonic() - began) / done * (len(texts) - done) if not of else 0.0
        work.report(Report(done, len(texts), 0.0, 0.0, left))
    found = np.concatenate(parts)
    if place is not None:
        fresh = place.with_suffix(f".{os.getpid()}.npy")
        np.save(fresh, found)
        fresh.replace(place)
    return found


def _place(texts: Sequence[str], work: Work) -> Path | None:
    """Where these texts' vectors lie for the next trial."""
    if work.kept is None:
        return None
    whole = sha256()
    for text in texts:
        whole.update(sha256(text.encode()).digest())
    return work.kept / f"{whole.hexdigest()}.npy"


def _fitted(rows: np.ndarray, said: np.ndarray, work: Work) -> LogisticRegression:
    strength = float(work.parameters["strength"])
    weight = "balanced" if work.parameters.get("balanced", True) else None
    head = LogisticRegression(C=strength, max_iter=STEPS, random_state=work.seed % 2**32, class_weight=weight)
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
