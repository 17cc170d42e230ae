"""Models of texts as Hugging Face exports them: names by their first pieces, classes, and windows of long texts."""

import base64
import json
import struct
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from tokenizers import Tokenizer
from tokenizers.models import Unigram
from tokenizers.pre_tokenizers import Metaspace

from assist.adapters import RuntimeMissing
from assist.errors import CopilotError
from tests.support.assist import brought
from tests.support.assist.brought import entered

LABELS = ["O", *sorted({*brought.TAGS.values()})]
TONES = {"capability": "classify", "labels": ["praise", "complaint"]}


def test_names_are_found_where_they_stand_and_are_as_sure_as_all_of_their_words(tmp_path: Path) -> None:
    model = entered(tmp_path, brought.text_folder(tmp_path / "m"))
    name, place = model.spans("\u201cMaria Lopez\u201d in Oslo")
    assert (name.start, name.end, name.label) == (1, 12, "PER"), "what the model says of later pieces isn't heard"
    assert (place.start, place.end, place.label) == (17, 21, "LOC")
    assert 0.9 < name.score < place.score < 1
    assert [(one.start, one.end) for one in model.spans("Maria Maria Lopez")] == [(0, 5), (6, 17)], "each begins anew"
    assert model.spans_of(["", "nothing here"]) == [[], []]


def test_a_dash_of_a_label_is_its_own_where_no_pair_says_otherwise(tmp_path: Path) -> None:
    table = {"maria": "S-Bahn", "lo": "E-mail", "os": "B-side"}
    plain = entered(tmp_path / "plain", brought.text_folder(tmp_path / "m", table))
    assert [one.label for one in plain.spans("Maria Lopez Oslo")] == ["S-Bahn", "E-mail", "B-side"]
    tags = {"maria": "B-PER", "lo": "I-PER", "os": "E-mail", "fine": "I-PLACE", "awful": "E-PER"}
    paired = entered(tmp_path / "paired", brought.text_folder(tmp_path / "n", tags))
    said = [one.label for one in paired.spans("Maria Lopez awful Oslo fine")]
    assert said == ["PER", "E-mail", "PLACE"], "a kind may have one of the two alone"


def test_a_long_text_is_read_in_windows_and_each_name_is_found_once_and_whole(tmp_path: Path) -> None:
    model = entered(tmp_path, brought.text_folder(tmp_path / "m", page="[options]\nwindow = 16\n"))
    text = "Maria Lopez is in Oslo and " * 8
    spans = model.spans(text)
    assert [text[one.start : one.end] for one in spans] == ["Maria Lopez", "Oslo"] * 8
    assert model.spans_of(["so " * 1_000]) == [None], "longer than it reads"


def test_a_whole_text_gets_a_share_for_each_label(tmp_path: Path) -> None:
    model = entered(tmp_path, brought.text_folder(tmp_path / "m", brought.TONES, **TONES))
    bad, good = model.shares(["awful Awful awful awful", "fine"], ["the project's own"])
    assert bad["complaint"] > bad["praise"] and good["praise"] > good["complaint"]
    assert sum(bad.values()) == pytest.approx(1, abs=1e-3)
    page = "[options]\nactivation = 'sigmoid'\n"
    apart = brought.text_folder(tmp_path / "n", brought.TONES, page, version="2", **TONES)
    (each,) = entered(tmp_path, apart).shares(["awful"], [])
    assert sum(each.values()) > 1.2, "each label by itself"


def test_what_is_no_answer_is_none_and_says_why(tmp_path: Path) -> None:
    broken = entered(tmp_path, brought.text_folder(tmp_path / "m", sure=float("nan")))
    with pytest.raises(CopilotError, match="not made of numbers"):
        broken.spans("Maria")
    assert broken.spans_of(["Maria"]) == [None]
    tags = brought.text_folder(tmp_path / "n", capability="spans", version="2", labels=["O", "B-PER", "I-PER", "LOC"])
    (tags / "model.onnx").write_bytes(brought.constant(np.zeros((1, 4), np.float32)))
    other = brought.folder(tags, "", version="2", name="letters", adapter="onnx-text", capability="spans", labels=["O"])
    with pytest.raises(RuntimeMissing, match="asks for 'images', which no text has"):
        entered(tmp_path, other)


def test_files_that_are_none_are_named(tmp_path: Path) -> None:
    torn = brought.text_folder(tmp_path / "m")
    (torn / "tokenizer.json").write_text("{}")
    again = {"name": "letters", "capability": "spans", "adapter": "onnx-text", "labels": ["O"]}
    with pytest.raises(RuntimeMissing, match="tokenizer.json of letters@1 can't be read"):
        entered(tmp_path, brought.folder(torn, "", **again))


def with_tokenizer(source: Path, page: str = "", **parts: Any):
    """The model of a folder, loaded with other parts in its tokenizer.json."""
    told = json.loads((source / "tokenizer.json").read_text())
    (source / "tokenizer.json").write_text(json.dumps(told | parts))
    terms = {"name": "letters", "capability": "spans", "adapter": "onnx-text", "labels": LABELS}
    return entered(source.parent / "stores" / source.name, brought.folder(source, page, **terms))


def charsmap(content: bytes) -> dict[str, str]:
    return {"type": "Precompiled", "precompiled_charsmap": base64.b64encode(content).decode()}


def test_a_tokenizer_that_panics_is_refused_or_gives_no_answer(tmp_path: Path) -> None:
    with pytest.raises(RuntimeMissing, match="can't be read"):
        with_tokenizer(brought.text_folder(tmp_path / "torn"), normalizer=charsmap(b"1"))
    wild = charsmap(struct.pack("<II", 4, 0xFFFFFFFF) + b"abc")
    second = {"Sequence": {"id": "B", "type_id": 0}}
    template = {"type": "TemplateProcessing", "single": [second], "pair": [second], "special_tokens": {}}
    for n, part in enumerate(({"normalizer": wild}, {"post_processor": template})):
        model = with_tokenizer(brought.text_folder(tmp_path / f"m{n}"), **part)
        with pytest.raises(CopilotError, match="failed on this text"):
            model.spans("Maria")
        assert model.spans_of(["Maria"]) == [None]


def with_metaspace(source: Path, table: dict[str, str], page: str = ""):
    """A model whose tokenizer parts words at blanks alone, and what it says of each of these pieces."""
    labels = ["O", "PER", "LOC"]
    numbers = np.zeros((len(table) + 1, len(labels)), np.float32)
    for place, label in enumerate(table.values(), 1):
        numbers[place, labels.index(label)] = 6.0
    source.mkdir()
    (source / "model.onnx").write_bytes(brought.looked_up(numbers, whole=False))
    made = Tokenizer(Unigram([("<unk>", 0.0), *((piece, -3.0) for piece in table)], 0))
    made.pre_tokenizer = Metaspace()
    (source / "tokenizer.json").write_text(made.to_str())
    return entered(
        source.parent / "stores" / source.name,
        brought.folder(source, page, name="letters", capability="spans", adapter="onnx-text", labels=labels),
    )


def test_a_tokenizer_that_parts_at_blanks_alone_makes_no_word_of_a_sign_or_of_a_sentence(tmp_path: Path) -> None:
    pieces = {"▁Lon": "LOC", "don": "PER", ",": "O", "▁": "O", "▁in": "O", "▁北京": "LOC", "北京": "LOC", "很": "O"}
    pieces |= {"大": "O", "马云": "PER", "在": "O", "▁नदी": "LOC", "ी": "PER"}
    model = with_metaspace(tmp_path / "m", pieces)

    def told(text: str) -> list[tuple[str, str]]:
        return [(text[one.start : one.end], one.label) for one in model.spans(text)]

    assert told("London, in London") == [("London", "LOC"), ("London", "LOC")], "later pieces of a word aren't heard"
    assert told("北京很大,马云在北京") == [("北京", "LOC"), ("马云", "PER"), ("北京", "LOC")]
    assert told("in नदीी") == [("नदीी", "LOC")], "a mark on a letter parts no word"
    windowed = with_metaspace(tmp_path / "n", pieces, page="[options]\nwindow = 8\n")
    text = "London, in London in 北京很大马云在北京 in " * 4
    assert windowed.spans(text) == model.spans(text) and len(model.spans(text)) == 20


@pytest.mark.parametrize("marks", [6, 8, 20])
def test_a_window_without_room_for_text_is_refused(tmp_path: Path, marks: int) -> None:
    single: list[dict[str, Any]] = [{"SpecialToken": {"id": "[CLS]", "type_id": 0}}] * marks
    single.append({"Sequence": {"id": "A", "type_id": 0}})
    pair = [*single, {"Sequence": {"id": "B", "type_id": 1}}]
    known = {"[CLS]": {"id": "[CLS]", "ids": [0], "tokens": ["[CLS]"]}}
    template = {"type": "TemplateProcessing", "single": single, "pair": pair, "special_tokens": known}
    with pytest.raises(RuntimeMissing, match=f"A window of 8 pieces has no room for text: {marks} are marks"):
        with_tokenizer(brought.text_folder(tmp_path / "m"), "[options]\nwindow = 8\n", post_processor=template)


@pytest.mark.parametrize("said", ["a number", "a table"])
def test_an_answer_of_another_make_is_no_answer(tmp_path: Path, said: str) -> None:
    source = brought.text_folder(tmp_path / "m")
    model = onnx.load(source / "model.onnx")
    if said == "a number":
        model.graph.node.append(onnx.helper.make_node("ReduceSum", ["rows"], ["other"], keepdims=0))
    else:
        model.graph.node.append(onnx.helper.make_node("ReduceSum", ["rows", "first"], ["flat"], keepdims=0))
        axes = onnx.numpy_helper.from_array(np.array([0, 1]), "first")
        model.graph.initializer.append(axes)
        model.graph.node.append(onnx.helper.make_node("Unsqueeze", ["flat", "zero"], ["line"]))
        model.graph.initializer.append(onnx.numpy_helper.from_array(np.array([0]), "zero"))
        labels = {"classlabels_int64s": list(range(len(LABELS)))}
        model.graph.node.append(onnx.helper.make_node("ZipMap", ["line"], ["other"], domain="ai.onnx.ml", **labels))
        model.opset_import.append(onnx.helper.make_opsetid("ai.onnx.ml", 3))
    model.graph.output[0].name = "other"
    if said == "a table":
        row = onnx.helper.make_map_type_proto(onnx.TensorProto.INT64, onnx.helper.make_tensor_type_proto(1, []))
        model.graph.output[0].type.CopyFrom(onnx.helper.make_sequence_type_proto(row))
    (source / "model.onnx").write_bytes(model.SerializeToString())
    broken = with_tokenizer(source)
    with pytest.raises(CopilotError, match="failed on this text"):
        broken.spans("Maria")
    assert broken.spans_of(["Maria"]) == [None]
