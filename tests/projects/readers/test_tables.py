"""Tables, texts and pictures by the contract of formats: columns are mapped, files are told apart, skipping costs
nothing."""

import io

import pyarrow
import pytest
from pyarrow import parquet

from projects.data.connectors.upload import opened
from projects.data.importing import Row
from projects.data.reading.columns import header
from projects.data.reading.format import Reading
from projects.data.reading.formats import FORMATS, recognise
from projects.errors import Refused
from tests.support.projects.files import Held, faults, read, rows
from tests.support.projects.importing import picture


def table(**columns: list) -> bytes:
    out = io.BytesIO()
    parquet.write_table(pyarrow.table(columns), out, row_group_size=2)
    return out.getvalue()


def test_rows_of_several_files_say_which_file_they_are_of():
    items = read("jsonl", {"a.jsonl": '{"text": "A"}\n{', "b.jsonl": '{"text": "B"}', "README": "x"}, "text_spans")
    assert [row.place for row in items if isinstance(row, Row)] == ["a.jsonl, line 1", "b.jsonl, line 1"]
    assert faults(items) == [("a.jsonl, line 2, column 2", "not-json"), ("README", "not-read")]


def test_one_broken_file_of_several_is_a_fault_and_the_only_one_is_refused():
    items = read("csv", {"a.csv": "name\nx", "b.csv": "text\nfine"}, "text_spans")
    assert faults(items) == [("a.csv, line 1", "no-text-column")]
    with pytest.raises(Refused, match="no column"):
        read("csv", {"a.csv": "name\nx"}, "text_spans")


def test_columns_are_mapped_to_fields_answers_and_meta():
    columns = {
        "body": "text",
        "No": "external_id",
        "kind": "answer",
        "sure": "score",
        "who": "by",
        "url": "",
        "src": "meta",
    }
    data = "No;body;kind;sure;who;url;src\n7;It rained.;weather;0.9;ann;http://x;p. 4\n8;It shone.;weather; ;ann;;\n"
    first, second = rows(read("csv", {"a.csv": data}, "classification", columns=columns))
    assert (first.external_id, first.fields) == ("7", {"text": "It rained.", "meta": {"src": "p. 4"}})
    assert first.said[0].answer == {"fields": [{"field": "", "value": "weather"}]}
    assert (first.said[0].by, first.said[0].score) == ("ann", 0.9)
    assert [one.code for one in second.lost] == ["bad-score"] and second.said[0].score is None


def test_several_options_and_paths_of_a_cell_are_told_apart():
    data = "text,a,b\nx,red; blue,animal > horse\n"
    (row,) = rows(read("csv", {"a.csv": data}, "classification", columns={"a": "answer.seen", "b": "answer.kind"}))
    assert row.said[0].answer["fields"] == [
        {"field": "seen", "value": ["red", "blue"], "written": "red; blue"},
        {"field": "kind", "value": ["animal", "horse"], "written": "animal > horse"},
    ]


def test_a_mapping_that_names_a_column_that_isnt_there_is_refused():
    with pytest.raises(Refused) as refused:
        read("csv", {"a.csv": "text\nx"}, "text_spans", columns={"body": "text"})
    assert (refused.value.code, refused.value.place) == ("no-such-column", "line 1")


def test_a_table_brings_pictures_by_their_paths():
    files = {"set/t.csv": "file,class\nimg/a.png,cat\nimg/none.png,dog\n", "img/a.png": picture()}
    items = read("csv", files, "classification", columns={"file": "picture", "class": "answer"})
    assert isinstance(items[0], Row) and items[0].picture and items[0].external_id == "img/a.png"
    assert items[0].fields | {"asset": ""} == {"asset": "", "width": 30, "height": 20, "name": "img/a.png"}
    assert faults(items) == [("set/t.csv, line 3, img/none.png, img/none.png", "no-such-file")]


def test_parquet_rows_come_group_by_group_with_plain_values():
    data = table(text=["a", "b", "c"], id=[1, 2, 3], tags=[["x"], [], None], blob=[None, b"\0", None])
    items = read("parquet", {"t.parquet": data}, "text_spans")
    assert [row.fields for row in items if isinstance(row, Row)] == [{"text": "a", "tags": ["x"]}, {"text": "c"}]
    assert [row.external_id for row in items if isinstance(row, Row)] == ["1", "3"]
    assert faults(items) == [("row 2, column blob", "unknown-kind")]


def test_a_table_that_arrow_knows_no_kind_for_has_no_columns_to_choose_from():
    """Each byte of the footer is spoilt in turn: among others, whole numbers become some of fewer than eight bits."""
    out = io.BytesIO()
    parquet.write_table(pyarrow.table({"text": pyarrow.array([1], pyarrow.int8())}), out)
    whole, seen = out.getvalue(), set()
    footer = int.from_bytes(whole[-8:-4], "little")
    for at in range(len(whole) - 8 - footer, len(whole) - 8):
        spoilt = whole[:at] + b"A" + whole[at + 1 :]
        try:
            parquet.ParquetFile(io.BytesIO(spoilt))
        except Exception as problem:
            seen.add(type(problem))
            with opened(io.BytesIO(spoilt), "table.parquet") as files:
                assert header(files, FORMATS["parquet"]) == []
    assert pyarrow.ArrowNotImplementedError in seen


def test_a_parquet_file_cut_in_half_is_refused_by_name():
    data = table(text=["a", "b", "c"])
    with pytest.raises(Refused) as refused:
        list(FORMATS["parquet"].read(Held({"t.parquet": data[: len(data) // 2]}), Reading("text_spans")))
    assert refused.value.code == "not-parquet"


def test_pictures_passed_over_are_not_opened():
    files = Held({"a.png": picture(1), "b/c.png": picture(2), ".DS_Store": b"x", "notes.txt": "x"})
    items = list(FORMATS["pictures"].read(files, Reading("image_regions", skip=1)))
    assert files.opened == ["b/c.png", "notes.txt"]
    assert items[0].external_id == "b/c.png" and faults(items) == [("notes.txt", "not-an-image")]


def test_what_nobody_knows_is_refused_with_what_was_seen():
    with pytest.raises(Refused, match=r"There are 2: a\.bin, b\.bin\."):
        recognise(Held({"a.bin": "x", "b.bin": "y"}))
    with pytest.raises(Refused, match="no files"):
        recognise(Held({}))


class Kept(Held):
    """Files of which one is kept from us."""

    def open(self, name):
        if name.startswith("kept"):
            raise Refused("This file is kept from you.", code="forbidden")
        return super().open(name)


def test_a_file_that_cant_be_opened_is_a_fault_and_tells_nothing_of_the_format():
    files = Kept({"kept.jsonl": "x", "other.jsonl": '{"text": "A"}', "kept.parquet": "x"})
    assert recognise(files, "text_spans").key == "jsonl"
    items = list(FORMATS["jsonl"].read(files, Reading("text_spans")))
    assert faults(items) == [("kept.jsonl", "forbidden"), ("kept.parquet", "not-read")]


@pytest.mark.parametrize("key", FORMATS)
def test_every_format_says_what_it_is(key):
    found = FORMATS[key]
    assert found.key == key and found.title and found.note.endswith(".") and found.task_types
