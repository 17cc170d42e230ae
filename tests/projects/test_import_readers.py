"""Reading files of rows: what is taken, and that one bad row never stops the good ones behind it."""

import json
import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from projects.data.importing import Fault, Row
from projects.data.reading.readers.columns import MAX_COLUMNS
from projects.data.reading.readers.lines import MAX_LINE
from projects.errors import Refused
from tests.support.projects.importing import read
from tests.support.rounds import rounds

NAMES = {"jsonl": "rows.jsonl", "csv": "rows.csv", "text": "rows.txt", "pictures": "pictures.zip"}


def items(reader: str, data: bytes | str, skip: int = 0) -> list:
    raw = data.encode() if isinstance(data, str) else data
    return read(reader, raw, NAMES[reader], skip)


def refusal(reader: str, data: bytes | str) -> str:
    with pytest.raises(Refused) as refused:
        items(reader, data)
    assert refused.value.text.endswith(".")
    return refused.value.code


def faults(found: list) -> list[tuple[str, str]]:
    return [(item.place, item.code) for item in found if isinstance(item, Fault)]


def test_jsonl_rows_come_with_and_without_payload():
    found = items(
        "jsonl", '{"external_id": "a", "payload": {"text": "A"}}\n\n{"external_id": 7, "text": "B", "x": 1}\n'
    )
    assert plain(found) == [("line 1", "a", {"text": "A"}), ("line 3", "7", {"text": "B", "x": 1})]


def test_jsonl_takes_id_for_the_external_id_where_there_is_none():
    data = '{"id": 7, "text": "A"}\n{"id": "b", "payload": {"text": "B"}}\n{"external_id": "c", "id": 9, "text": "C"}\n'
    found = items("jsonl", data + '{"id": {"no": "name"}, "text": "D"}\n{"id": true, "text": "E"}')
    assert [(row.external_id, row.fields, row.id) for row in found] == [
        ("7", {"text": "A"}, 7),
        ("b", {"text": "B"}, "b"),
        ("c", {"id": 9, "text": "C"}, None),
        (None, {"id": {"no": "name"}, "text": "D"}, None),
        (None, {"id": True, "text": "E"}, None),
    ]


def test_bad_jsonl_rows_are_told_by_line_and_good_ones_go_on():
    data = b"\n".join(
        [
            b'{"text": "good"}',
            b'{"text": "cut',
            b"[1, 2]",
            b'{"text": "caf\xe9"}',
            b'{"text": NaN}',
            b'{"external_id": [], "text": "x"}',
            b'{"payload": "x"}',
            b'{"payload": {"text": "x"}, "text": "y"}',
            b"[" * 100_000,
            b'{"text": ' + b"9" * 5000 + b"}",
            b'{"text": "good too"}',
        ]
    )
    found = items("jsonl", data)
    assert [item.place for item in found if isinstance(item, Row)] == ["line 1", "line 11"]
    assert faults(found) == [
        ("line 2, column 10", "not-json"),
        ("line 3", "wrong-shape"),
        ("line 4, byte 14", "not-utf-8"),
        ("line 5", "not-json"),
        ("line 6, external_id", "wrong-shape"),
        ("line 7, payload", "wrong-shape"),
        ("line 8", "unknown-field"),
        ("line 9", "too-deep"),
        ("line 10", "not-json"),
    ]


def test_one_json_list_is_recognized_as_such():
    fault = items("jsonl", '[\n{"text": "a"},\n{"text": "b"}\n]')[0]
    assert "one object per line" in fault.text


def plain(found: list[Row]) -> list[tuple]:
    return [(row.place, row.external_id, row.fields) for row in found]


@pytest.mark.parametrize("reader", ["jsonl", "csv", "text"])
def test_files_that_are_no_text_at_all_are_refused_whole(reader):
    assert refusal(reader, b"") == "empty-file"
    assert refusal(reader, "text\nhallo".encode("utf-16")) == "not-utf-8"
    assert refusal(reader, "text\nhallo".encode("utf-16-be")) == "not-utf-8"


@pytest.mark.parametrize("reader", ["jsonl", "text"])
def test_files_of_blank_lines_are_empty(reader):
    assert refusal(reader, "\n \n\r\n") == "empty-file"


def test_a_byte_order_mark_is_no_part_of_the_text():
    assert items("text", b"\xef\xbb\xbfhello")[0].fields == {"text": "hello"}
    assert items("csv", b"\xef\xbb\xbftext\nhello")[0].fields == {"text": "hello"}


def test_plain_text_gives_one_row_per_line_whatever_the_line_end():
    assert [item.fields["text"] for item in items("text", b"one\r\n\r\n two \nthree")] == [
        "one",
        " two ",
        "three",
    ]


def test_csv_quotes_delimiters_and_extra_columns():
    data = 'id;Title;text;source\n1;"One; two";"line one\nline ""two""";page 4\n2;;b;\n'
    fields = {"title": "One; two", "text": 'line one\nline "two"', "source": "page 4"}
    assert plain(items("csv", data)) == [("line 2", "1", fields), ("line 4", "2", {"text": "b"})]


def test_bad_csv_rows_are_told_by_line_and_good_ones_go_on():
    found = items("csv", b"text,title\ngood,a\none\ncaf\xe9,b\n\nx,y,z\ngood too,c\n")
    assert [item.place for item in found if isinstance(item, Row)] == ["line 2", "line 7"]
    assert faults(found) == [
        ("line 3", "wrong-columns"),
        ("line 4", "not-utf-8"),
        ("line 6", "wrong-columns"),
    ]


def test_csv_without_usable_header_is_refused_whole():
    assert refusal("csv", "name,comment\na,b\n") == "no-text-column"
    assert refusal("csv", "text,a,a\nx,y,z\n") == "bad-header"
    assert refusal("csv", "text\n") == "empty-file"


@pytest.mark.parametrize("reader", ["jsonl", "csv", "text"])
def test_a_line_beyond_all_reason_is_one_fault_and_costs_no_memory(reader):
    start = {"jsonl": b'{"text": "a"}\n', "csv": b"text\na\n", "text": b"a\n"}[reader]
    end = {"jsonl": b'{"text": "b"}\n', "csv": b"b\n", "text": b"b\n"}[reader]
    file = start + b"x" * (5 * MAX_LINE) + b"\n" + end
    tracemalloc.start()
    try:
        found = read(reader, file, NAMES[reader])
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert [item.fields["text"] for item in found if isinstance(item, Row)] == ["a", "b"]
    assert [code for _, code in faults(found)] == ["too-long"]
    assert peak < 4 * MAX_LINE


def test_header_of_too_many_columns_is_refused_by_name():
    header = ",".join(["text", *(f"c{n}" for n in range(100_000))])
    assert refusal("csv", f"{header}\n{header}\n") == "too-many-columns"
    assert refusal("csv", "text" + ",same" * (MAX_COLUMNS - 1) + "\na\n") == "bad-header"


def test_csv_row_of_many_lines_that_never_ends_costs_the_memory_of_one_line():
    cell = b'"' + (b"x" * 100_000 + b"\n") * (MAX_LINE // 200_000) + b'",'  # each within bounds
    file = b"text,n\ngood,1\n" + cell * 20 + b"2\ngood too,3\n"
    tracemalloc.start()
    try:
        found = read("csv", file, NAMES["csv"])
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert ("line 3", "not-csv") in faults(found)
    assert [item.fields["text"] for item in found if isinstance(item, Row)][0] == "good"
    assert peak < 6 * MAX_LINE


def test_an_unclosed_quote_is_a_fault_with_its_line():
    found = items("csv", 'text,n\ngood,1\n"never closed,2\n' + "x,3\n" * 2)
    assert faults(found) == [("line 3", "wrong-columns")]


@pytest.mark.parametrize("reader", ["jsonl", "csv", "text"])
def test_reading_goes_on_where_an_earlier_run_stopped(reader):
    lines = {
        "jsonl": [json.dumps({"text": f"t{n}"}) for n in range(5)] + ["{"],
        "csv": ["text", *(f"t{n}" for n in range(5)), "a,b"],
        "text": [f"t{n}" for n in range(6)],
    }[reader]
    whole = items(reader, "\n".join(lines))
    assert len(whole) == 6
    for skip in range(7):
        assert items(reader, "\n".join(lines), skip) == whole[skip:]


@pytest.mark.parametrize("reader", ["jsonl", "csv", "text", "pictures"])
@given(data=st.binary(max_size=200) | st.text(max_size=200).map(lambda text: text.encode("utf-8", "replace")))
@settings(max_examples=rounds(200), deadline=None)
def test_any_bytes_give_rows_and_faults_or_one_refusal(reader, data):
    try:
        found = items(reader, data)
    except Refused as refused:
        assert refused.code and refused.text
    else:
        assert found and all(isinstance(item, Row | Fault) for item in found)
