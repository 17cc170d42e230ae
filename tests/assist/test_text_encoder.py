"""An encoder that an operator brought learns whole what was decided of texts, the same each time; what comes of it is
read like any model of Hugging Face."""

import dataclasses
import hashlib
import json
from pathlib import Path
from types import SimpleNamespace
from uuid import uuid4

import pytest
import torch
from safetensors.torch import load_file

from assist.adapters import catalogue
from assist.learning import training
from assist.learning.recipes import RECIPES, text_encoder, training_of
from assist.learning.recipes.recipe import Made, Report, Unfit, Work
from assist.learning.snapshot_file import Line
from assist.learning.splits import TRAIN
from tests.support.assist import brought, reports

# What takes seconds to load is loaded by one process of tests, and where it is asked for.
pytestmark = pytest.mark.xdist_group("transformers")
RECIPE, KEY = "text-encoder", "letters@1"


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A BERT as small as can be, in half precision, which knows nothing, as the operator brought and named it."""
    from transformers import BertConfig, BertForSequenceClassification

    torch.manual_seed(3)
    size = {"vocab_size": len(brought.PIECES), "hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2}
    model = BertForSequenceClassification(BertConfig(**size, intermediate_size=8, num_labels=5))
    model.half().save_pretrained(tmp_path / "bert")
    terms = {"capability": "classify", "adapter": "transformers", "labels": list("abcde"), "licence": "MIT"}
    folder = brought.folder(tmp_path / "bert", "", {"tokenizer.json": brought._tokenizer()}, name="letters", **terms)
    with brought.checked(folder) as (offer, files):
        catalogue.enter(tmp_path / "store", offer, files)
    monkeypatch.setenv("TANDEM_TEXT_ENCODER", KEY)
    return tmp_path / "store"


def letters(number: int) -> list[Line]:
    """Which soups were fine, and which awful: of some texts another field was asked as well, in vain."""
    made = []
    for at in range(number):
        tone, soup = ("awful", "complaint") if at % 3 == 0 else ("fine", "praise")
        fields = [{"field": "tone", "value": soup}, *([{"field": "place", "value": "oslo"}] if at % 2 else [])]
        made.append(reports.line(at, {"text": f"{tone} soup {'so ' * (at % 5)}"}, {"fields": fields}))
    return made


def trained(at: Path, store: Path, lines: list[Line], **parameters: float) -> tuple[Made, list[Report]]:
    (at / "model").mkdir(parents=True)
    said: list[Report] = []
    usual = {name: one.usual for name, one in RECIPES[RECIPE].parameters.items()}
    work = Work(
        snapshot=reports.written(lines, at),
        labels={},
        label_map={},
        parameters=usual | parameters,
        seed=7,
        folder=at / "model",
        report=said.append,
        models=store,
    )
    return training_of(RECIPE)(work), said


def digest(folder: Path) -> dict[str, str]:
    return {one.name: hashlib.sha256(one.read_bytes()).hexdigest() for one in sorted(folder.iterdir())}


def test_a_brought_encoder_learns_whole_and_is_read_as_it_was_judged(tmp_path: Path, store: Path) -> None:
    lines = letters(120)
    made, said = trained(tmp_path / "one", store, lines, passes=6, learn_rate=0.01)
    assert made.metrics["model"]["accuracy"] == max(one.validation for one in said) == 1.0
    assert made.metrics["baseline"]["accuracy"] == 1.0 and said[0].loss > said[-1].loss
    assert (made.manifest["parent"], made.manifest["licence"]) == (KEY, "MIT")
    weights = load_file(tmp_path / "one" / "model" / "model.safetensors")
    assert {one.dtype for one in weights.values()} == {torch.float32}
    trained(tmp_path / "two", store, lines, passes=6, learn_rate=0.01)
    assert digest(tmp_path / "one" / "model") == digest(tmp_path / "two" / "model"), "the same each time"
    labels = list(made.manifest["labels"])
    snapshot, project = SimpleNamespace(sha256=64 * "a"), SimpleNamespace(public_id=uuid4())
    run = SimpleNamespace(recipe=RECIPE, public_id=uuid4(), project=project, snapshot=snapshot)
    training._write_manifest(run, tmp_path / "one" / "model", made.manifest)  # type: ignore[arg-type]
    model = brought.entered(tmp_path, tmp_path / "one" / "model")
    first, second = model.shares(["awful soup", "fine soup"], [])
    assert labels == ["complaint", "praise"] and first["complaint"] > 0.5 > second["complaint"]


def test_a_long_text_is_learnt_from_in_all_windows_that_it_is_read_in(tmp_path: Path, store: Path, monkeypatch) -> None:
    """What tells stands behind a thousand words; longer texts than the model answers teach nothing."""
    long_text, too_long = "so " * 1500, "so " * 9000
    lines = [
        dataclasses.replace(
            line, payload=json.dumps({"text": (too_long if at < 3 else long_text) + line.shown["text"]})
        )
        for at, line in enumerate(letters(60))
    ]
    windows_of_passes = []

    def learn_nothing(_model, _optimizer, _rate, windows) -> float:
        windows_of_passes.append([window.tokens for window, _ in windows])
        return 1.0

    monkeypatch.setattr(text_encoder, "_pass", learn_nothing)
    trained(tmp_path / "run", store, lines, passes=1)
    learnt_from = [line for line in lines[3:] if line.split == TRAIN]
    telling = [tokens for tokens in windows_of_passes[0] if {"fine", "awful"} & set(tokens)]
    assert len(telling) == len(learnt_from)


def test_what_can_not_be_begun_from_or_learnt_is_said(tmp_path: Path, store: Path, monkeypatch) -> None:
    with pytest.raises(Unfit, match="became no number"):
        trained(tmp_path / "loss", store, letters(60), learn_rate=1e30)
    with pytest.raises(Unfit, match="label more first"):
        trained(tmp_path / "few", store, letters(6))
    monkeypatch.setenv("TANDEM_TEXT_ENCODER", "nobody@1")
    with pytest.raises(Unfit, match="nothing to begin from. There is no model 'nobody@1'"):
        trained(tmp_path / "gone", store, letters(60))
    with brought.checked(tmp_path / "bert", "abcd1234") as (offer, files):
        catalogue.enter(store, offer, files)
    monkeypatch.setenv("TANDEM_TEXT_ENCODER", offer.key)
    with pytest.raises(Unfit, match="is one organization's alone"):
        trained(tmp_path / "private", store, letters(60))
    (store / next(one.sha256 for one in catalogue.find(KEY, store).artifacts)).unlink()
    monkeypatch.setenv("TANDEM_TEXT_ENCODER", KEY)
    with pytest.raises(Unfit, match="nothing to begin from"):
        trained(tmp_path / "lost", store, letters(60))
