"""Where texts lie by a model that somebody brought: pooled, of length one, windows of long texts, and what is none."""

import json
from pathlib import Path

import numpy as np
import pytest

from assist.adapters import RuntimeMissing, catalogue
from assist.adapters.onnx_tokens import OnnxTokens
from assist.models import ModelVersion
from assist.registry import registry
from assist.runtime import doctor
from assist.suggestions import judged
from tests.support.assist import brought


def entered(tmp_path: Path, source: Path):
    """The model, loaded."""
    with brought.checked(source) as (offer, files):
        catalogue.enter(tmp_path / "store", offer, files)
    return catalogue.find(offer.key, tmp_path / "store").load(tmp_path / "store")


def test_texts_lie_on_the_unit_circle_and_near_what_they_say(tmp_path: Path) -> None:
    model = entered(tmp_path, brought.embedder_folder(tmp_path / "m"))
    rows = model.vectors(["Maria Lopez", "Oslo", "so awful", "Maria is in Oslo"])
    assert rows.dtype == np.float32 and np.allclose(np.linalg.norm(rows, axis=1), 1)
    assert rows[0] @ [1, 0] > 0.99 and rows[1] @ [0, 1] > 0.99 and rows[2] @ [0, -1] > 0.99 and rows[3].min() > 0.3
    assert model.classify("awful", ["fine", "awful"])[1] > 0.9
    assert model.vectors([]).shape == (0, 2) and not model.vectors(["?"]).any(), "nothing in it lies anywhere"


def test_rows_of_pieces_are_pooled_as_the_page_says(tmp_path: Path) -> None:
    middle = entered(tmp_path, brought.embedder_folder(tmp_path / "m", whole=False))
    itself = entered(tmp_path, brought.embedder_folder(tmp_path / "n", version="2"))
    texts = ["Maria in Oslo, which is awful", "fine"]
    assert np.allclose(middle.vectors(texts), itself.vectors(texts), atol=1e-6)
    first = brought.embedder_folder(tmp_path / "f", "[options]\npooling = 'first'\n", whole=False, version="3")
    assert not entered(tmp_path, first).vectors(texts).any(), "the first piece is the mark, which lies nowhere here"
    led = brought.embedder_folder(tmp_path / "p", "[options]\nprefix = 'Oslo '\n", version="4")
    assert entered(tmp_path, led).vectors(["Maria"])[0, 1] > 0.3 > middle.vectors(["Maria"])[0, 1]


def test_a_long_text_lies_in_the_middle_of_its_windows(tmp_path: Path) -> None:
    model = entered(tmp_path, brought.embedder_folder(tmp_path / "m", "[options]\nwindow = 16\n"))
    (row,) = model.vectors(["Maria " * 40 + "Oslo " * 40])
    assert row.min() > 0.3 and model.vectors(["Maria " * 5_000])[0] @ [1, 0] > 0.99


def test_a_first_question_tells_how_wide_it_is_and_what_is_no_embedder_says_why(tmp_path: Path) -> None:
    source = brought.embedder_folder(tmp_path / "m")
    store = tmp_path / "store"
    with brought.checked(source) as (offer, files):
        catalogue.enter(store, offer, files)
    (finding,) = doctor.examine([offer], store)
    assert finding.well and "a vector of 2" in finding.lines[1], finding.lines
    marks = brought.embedder_folder(tmp_path / "f", "[options]\npooling = 'first'\n", whole=False, version="2")
    with brought.checked(marks) as (offer, files):
        catalogue.enter(store, offer, files)
    (finding,) = doctor.examine([offer], store)
    assert not finding.well and "all texts in one place" in finding.lines[-1]
    (source / "model.onnx").write_bytes(brought.looked_up(np.full((16, 2), np.nan, np.float32), whole=True))
    broken = brought.folder(source, "", name="places", version="3", capability="embed", adapter="onnx-text-embedder")
    with pytest.raises(RuntimeMissing, match="not made of numbers"):
        entered(tmp_path, broken)


def test_a_vector_too_wide_to_be_kept_or_of_nothing_is_refused_when_it_is_loaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = {"name": "places", "capability": "embed", "adapter": "onnx-text-embedder"}
    for version, width in (("2", 9_000), ("3", 0)):
        source = brought.embedder_folder(tmp_path / version)
        (source / "model.onnx").write_bytes(brought.looked_up(np.ones((16, width), np.float32), whole=True))
        with pytest.raises(RuntimeMissing, match=f"places@{version} says where a text lies in {width:,} numbers"):
            entered(tmp_path, brought.folder(source, "", version=version, **page))
    monkeypatch.setattr(OnnxTokens, "windows", lambda self, text: [])
    with pytest.raises(RuntimeMissing, match="reads nothing"):
        entered(tmp_path, brought.embedder_folder(tmp_path / "m"))


@pytest.mark.django_db
def test_it_is_a_model_of_classes_that_gives_no_shares_itself(tmp_path: Path) -> None:
    made = registry.bring(tmp_path / "store", brought.embedder_folder(tmp_path / "m"))
    assert made.capability == ModelVersion.Capability.CLASSIFY and not judged.gives_shares(made)
    assert registry.label_map_of(str(made)) is None and json.dumps(made.terms)
    head = registry.bring(tmp_path / "store", brought.text_folder(tmp_path / "n", brought.TONES, capability="classify"))
    assert judged.gives_shares(head) and registry.label_map_of(str(head)) == {}
