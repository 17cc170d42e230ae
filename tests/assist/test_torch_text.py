"""Models of texts as Hugging Face keeps them: read by transformers, in windows, and without any code of theirs."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch

from assist.adapters import RuntimeMissing
from assist.adapters.refusals import ManifestProblem
from tests.support.assist import brought
from tests.support.assist.brought import entered

# What takes seconds to load is loaded by one process of tests, and where it is asked for.
pytestmark = pytest.mark.xdist_group("transformers")


def torch_folder(at: Path, page: str = "", told: int = 0, **fields: Any) -> Path:
    """A BERT without a layer, whose pieces lie apart: of each it says what stands in the table. `told`: labels that it
    tells apart, where they aren't those of its page."""
    from transformers import BertConfig, BertForSequenceClassification, BertForTokenClassification

    terms = {"name": "letters", "capability": "spans", "adapter": "transformers"} | fields
    labels = terms.setdefault("labels", ["O", *sorted({*brought.TAGS.values()})])
    made = BertForTokenClassification if terms["capability"] == "spans" else BertForSequenceClassification
    width = len(brought.PIECES)
    size = {"vocab_size": width, "hidden_size": width, "num_hidden_layers": 0, "num_attention_heads": 1}
    model = made(BertConfig(**size, intermediate_size=4, num_labels=told or len(labels)))
    with torch.no_grad():
        for part in (model.bert.embeddings.position_embeddings, model.bert.embeddings.token_type_embeddings):
            part.weight.zero_()
        model.bert.embeddings.word_embeddings.weight.copy_(torch.eye(width))
        model.classifier.weight.zero_()
        for place, piece in enumerate(brought.PIECES):
            if (label := brought.TAGS.get(piece, labels[0])) in labels:
                model.classifier.weight[labels.index(label), place] = 6.0
    model.save_pretrained(at)
    return brought.folder(at, page, {"tokenizer.json": brought._tokenizer()}, **terms)


def test_names_of_a_long_text_are_found_in_windows(tmp_path: Path) -> None:
    model = entered(tmp_path, torch_folder(tmp_path / "m", "[options]\nwindow = 16\n"))
    text = "Maria Lopez is in Oslo and " * 8
    spans = model.spans(text)
    assert [text[one.start : one.end] for one in spans] == ["Maria Lopez", "Oslo"] * 8
    assert {one.label for one in spans} == {"PER", "LOC"} and all(0.5 < one.score <= 1 for one in spans)
    assert model.spans_of(["so " * 1_000]) == [None], "longer than it reads"


def test_a_whole_text_gets_a_share_for_each_label(tmp_path: Path) -> None:
    tones = {"capability": "classify", "labels": ["praise", "complaint"]}
    (shares,) = entered(tmp_path, torch_folder(tmp_path / "m", **tones)).shares(["fine " * 600], [])
    assert set(shares) == {"praise", "complaint"} and sum(shares.values()) == pytest.approx(1, abs=1e-3)


def test_what_it_can_not_be_is_named(tmp_path: Path) -> None:
    with pytest.raises(RuntimeMissing, match="tells 7 labels apart, and its manifest names 4"):
        entered(tmp_path, torch_folder(tmp_path / "m", told=7))
    own = torch_folder(tmp_path / "n", version="2")
    page = json.loads((own / "config.json").read_text()) | {
        "model_type": "their-own",
        "auto_map": {"AutoConfig": "x.Y"},
    }
    (own / "config.json").write_text(json.dumps(page))
    again = {
        "name": "letters",
        "version": "3",
        "capability": "spans",
        "adapter": "transformers",
        "labels": ["O", "PER"],
    }
    with pytest.raises(ManifestProblem, match="config.json auto_map: It asks for code"):
        entered(tmp_path, brought.folder(own, "", {}, **again))
    (own / "config.json").write_text(json.dumps(page | {"auto_map": {}}))
    with pytest.raises(RuntimeMissing, match="no model that transformers reads here: a value can't be used"):
        entered(tmp_path, brought.folder(own, "", {}, **again))
