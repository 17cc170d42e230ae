"""Text pipelines of scikit-learn in an ONNX file that takes the text itself."""

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from assist.adapters import RuntimeMissing
from assist.adapters.refusals import ManifestProblem
from assist.errors import CopilotError
from assist.registry import registry, trial
from tests.support.assist import brought
from tests.support.assist.brought import entered

LABELS = ["complaint", "praise", "question"]
TEXTS = ["awful soup", "awful service", "fine soup", "fine wine", "where is it", "when is it"]
TONES = ["complaint", "complaint", "praise", "praise", "question", "question"]
UNSEEN = ["awful wine", "where is the soup", "fine fine awful", "nothing of this", ""]


def pipeline() -> Any:
    """Taught on TEXTS."""
    return make_pipeline(CountVectorizer(), LogisticRegression(C=10.0)).fit(TEXTS, TONES)


def graph_of(taught: Any, *, rank: int = 2, zipmap: str = "", scores: bool = False) -> bytes:
    """The pipeline as ONNX, with string input: words are split, counted and weighed in the graph. `zipmap`: "strings"
    or "int64s" gives a map for each text, as skl2onnx does unless told otherwise."""
    vectorizer, model = taught
    words = sorted(vectorizer.vocabulary_, key=vectorizer.vocabulary_.get)
    weights = [
        numpy_helper.from_array(model.coef_.T.astype(np.float32), "weights"),
        numpy_helper.from_array(model.intercept_.astype(np.float32), "bias"),
        numpy_helper.from_array(np.array([-1], np.int64), "flat"),
    ]
    nodes = [
        helper.make_node("Reshape", ["text", "flat"], ["texts"]),
        helper.make_node("StringNormalizer", ["texts"], ["lower"], case_change_action="LOWER", locale="C"),
        helper.make_node("StringSplit", ["lower"], ["words", "lengths"]),
        helper.make_node(
            "TfIdfVectorizer",
            ["words"],
            ["counts"],
            mode="TF",
            min_gram_length=1,
            max_gram_length=1,
            max_skip_count=0,
            ngram_counts=[0],
            ngram_indexes=list(range(len(words))),
            pool_strings=words,
        ),
        helper.make_node("MatMul", ["counts", "weights"], ["weighed"]),
        helper.make_node("Add", ["weighed", "bias"], ["scores"]),
        helper.make_node("Softmax", ["scores"], ["probabilities"], axis=-1),
        helper.make_node("ArgMax", ["scores"], ["label"], axis=1, keepdims=0),
    ]
    shape = [None] if rank == 1 else [None, 1]
    output = helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, [None, len(model.classes_)])
    if scores:
        output = helper.make_tensor_value_info("scores", TensorProto.FLOAT, [None, len(model.classes_)])
    if zipmap:
        keys = list(model.classes_) if zipmap == "strings" else list(range(len(model.classes_)))
        named = {f"classlabels_{zipmap}": keys}
        nodes.append(helper.make_node("ZipMap", ["probabilities"], ["zipped"], domain="ai.onnx.ml", **named))
        kind = TensorProto.STRING if zipmap == "strings" else TensorProto.INT64
        number = helper.make_tensor_type_proto(TensorProto.FLOAT, [])
        output = helper.make_value_info(
            "zipped", helper.make_sequence_type_proto(helper.make_map_type_proto(kind, number))
        )
    graph = helper.make_graph(
        nodes,
        "pipeline",
        [helper.make_tensor_value_info("text", TensorProto.STRING, shape)],
        [helper.make_tensor_value_info("label", TensorProto.INT64, [None]), output],
        weights,
    )
    versions = [helper.make_opsetid("", 20), helper.make_opsetid("ai.onnx.ml", 3)]
    return helper.make_model(graph, opset_imports=versions, ir_version=9).SerializeToString()


def pipeline_folder(at: Path, content: bytes | None = None, page: str = "", **fields: Any) -> Path:
    terms = {"name": "tones", "capability": "classify", "adapter": "onnx-text-pipeline", "labels": LABELS}
    return brought.folder(at, page, {"model.onnx": content or graph_of(pipeline())}, **terms | fields)


@pytest.mark.parametrize("rank", [1, 2])
@pytest.mark.parametrize("zipmap", ["", "strings", "int64s"])
def test_shares_are_those_of_the_pipeline(tmp_path: Path, zipmap: str, rank: int) -> None:
    taught = pipeline()
    model = entered(tmp_path, pipeline_folder(tmp_path / "m", graph_of(taught, rank=rank, zipmap=zipmap)))
    shares = model.shares(UNSEEN, ["the project's own"])
    for text, of_text, expected in zip(UNSEEN, shares, taught.predict_proba(UNSEEN), strict=True):
        assert list(of_text) == LABELS
        assert list(of_text.values()) == pytest.approx(list(expected), abs=1e-3), text


def test_raw_scores_need_an_activation(tmp_path: Path) -> None:
    content = graph_of(pipeline(), scores=True)
    raw = entered(tmp_path, pipeline_folder(tmp_path / "m", content))
    assert raw.shares(["awful awful awful"], []) == [None]
    with pytest.raises(CopilotError, match="not from 0 to 1"):
        raw._shares("awful awful awful")
    page = "[options]\nactivation = 'softmax'\noutput = 'scores'\n"
    (each,) = entered(tmp_path, pipeline_folder(tmp_path / "n", content, page, version="2")).shares(["awful"], [])
    assert max(each, key=each.get) == "complaint"


def test_graph_that_takes_no_text_or_gives_no_shares_is_refused(tmp_path: Path) -> None:
    images = brought.constant(np.zeros((1, 3), np.float32))
    with pytest.raises(RuntimeMissing, match=r"StringTensorType\(\[None, 1\]\)"):
        entered(tmp_path, pipeline_folder(tmp_path / "m", images))
    page = "[options]\noutput = 'label'\n"
    with pytest.raises(RuntimeMissing, match="no output with a share for each label"):
        entered(tmp_path, pipeline_folder(tmp_path / "n", page=page, version="2"))
    with pytest.raises(ManifestProblem, match="label"):
        entered(tmp_path, pipeline_folder(tmp_path / "o", labels=[], version="3"))


def test_other_labels_than_those_of_the_manifest_are_no_answer(tmp_path: Path) -> None:
    named = graph_of(pipeline(), zipmap="strings")
    other = entered(tmp_path, pipeline_folder(tmp_path / "m", named, labels=["a", "b", "c"]))
    with pytest.raises(CopilotError, match="other labels than its manifest"):
        other._shares("awful")
    fewer = entered(tmp_path, pipeline_folder(tmp_path / "n", labels=LABELS[:2], version="2"))
    with pytest.raises(CopilotError, match="3 numbers for 2 labels"):
        fewer._shares("awful")
    assert fewer.shares(["awful"], []) == [None]


def test_graph_that_calls_a_program_is_refused(tmp_path: Path) -> None:
    model = onnx.load_from_string(graph_of(pipeline()))
    model.graph.node.append(helper.make_node("PyOp", ["text"], ["more"], domain="pyopmulti"))
    with pytest.raises(ManifestProblem, match="file or a program"):
        entered(tmp_path, pipeline_folder(tmp_path / "m", model.SerializeToString()))


@pytest.mark.django_db
def test_sandboxed_process_answers_the_first_question(tmp_path: Path) -> None:
    version = trial.ask(registry.bring(tmp_path / "store", pipeline_folder(tmp_path / "m")), tmp_path / "store")
    assert version.smoke == version.Smoke.PASSED, version.smoke_said
