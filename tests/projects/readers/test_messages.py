"""What a reader gives arrives as the same thing on the other side of the sandbox, and nothing else arrives."""

import datetime
import hashlib
import io
import math
import socket
from dataclasses import replace
from typing import Any

import msgpack
import pyarrow
import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st
from pyarrow import parquet

from projects.data.media.pictures import read_picture
from projects.data.reading import messages
from projects.data.reading.channel import LENGTH, Channel, Ended
from projects.data.reading.formats import FORMATS
from projects.data.reading.messages import Malformed
from projects.data.reading.rows import Fault, Item, Known, Row, Said
from projects.errors import Refused
from taskers.errors import Place, Problem, StorageFull, Word, sentence
from tests.support.projects.files import Held, in_sandbox, read
from tests.support.projects.importing import picture
from tests.support.projects.samples import SAMPLES

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(-(10**300), 10**300)
    | st.floats()
    | st.binary(max_size=20)
    | st.text(st.characters(exclude_categories=()), max_size=20),  # lone surrogates too
    lambda inner: (
        st.lists(inner, max_size=4) | st.lists(inner, max_size=4).map(tuple) | st.dictionaries(st.text(), inner)
    ),
    max_leaves=20,
)


def arrived(item: Item) -> Item:
    return messages.item_of(messages.unpacked(messages.packed(list(messages.packed_item(item)))))


def same(one: Any, other: Any) -> bool:
    """Equal, and of the same types all the way down; what is no number is the same as itself."""
    if type(one) is not type(other):
        return False
    if isinstance(one, float):
        return one == other or math.isnan(one) and math.isnan(other)
    if isinstance(one, dict):
        return list(one) == list(other) and all(same(one[name], other[name]) for name in one)
    if isinstance(one, list | tuple):
        return len(one) == len(other) and all(map(same, one, other))
    return one == other


@given(st.dictionaries(st.text(), VALUES))
def test_any_fields_arrive_as_they_were(fields: dict[str, Any]) -> None:
    row = arrived(Row("line 1", None, fields, callback=fields))
    assert isinstance(row, Row) and same(row.fields, fields) and same(row.callback, fields)


def test_all_of_a_row_arrives() -> None:
    changed = read_picture(picture(kind="BMP"))
    fault = Fault("line 3, note", "unknown-field", "It isn't kept.")
    row = Row(
        place="line 3",
        external_id="a\ud800",
        fields={"number": 2**64, "less": -(2**200), "pair": (1, [math.inf, (None,)]), "": b"\x00"},
        picture=changed,
        size=12,
        known=Known({"spans": []}, course=True, explanation="Because.", shown=False),
        id=2**70,
        callback=["https://example.com"],
        said=(Said({"regions": [{"label": "cat"}]}, "Detector", 0.5, True), Said({})),
        lost=(fault,),
    )
    assert changed.changes and arrived(row) == row
    assert arrived(fault) == fault


def test_a_sentence_arrives_with_what_it_was_made_of_and_is_told_in_another_language() -> None:
    told = sentence("Not JSON: %(problem)s.", problem=ValueError("cut off"))
    placed = sentence("%(place)s has %(word)s and %(number)s.", place=Place("line 3"), word=Word("a list"), number=2.5)
    for text in (told, placed):
        fault = arrived(Fault("line 3", "not-json", text))
        assert isinstance(fault, Fault) and fault == Fault("line 3", "not-json", text)
        assert fault.kept() == Fault("line 3", "not-json", text).kept()
    with translation.override("es"):
        fault = arrived(Fault("line 3", "not-json", told))
        assert fault.text == sentence("Not JSON: %(problem)s.", problem="cut off") != told


@pytest.mark.parametrize(
    "problem",
    [
        Refused("“%(name)s” is %(what)s.", code="no-such-file", place="a.csv", name="x%", what=Word("a number")),
        Refused("100 % of it.", code="bad"),
        Problem("It is away.", code="no-connection", status=502),
        StorageFull(),
    ],
)
def test_a_refusal_arrives_as_one(problem: Problem) -> None:
    came = messages.problem_of(messages.unpacked(messages.packed(messages.packed_problem(problem))))
    assert isinstance(came, Refused) == isinstance(problem, Refused)
    assert (came.code, came.status, came.text, came.kept()) == (
        problem.code,
        problem.status,
        problem.text,
        problem.kept(),
    )


@pytest.mark.parametrize("key", [key for key in SAMPLES if not key.startswith("datumaro")])
def test_every_format_gives_the_same_from_the_sandbox(key: str) -> None:
    task_type = FORMATS[key].task_types[0]
    assert list(in_sandbox(Held(SAMPLES[key]), key, task_type)) == read(key, SAMPLES[key], task_type, columns={})


def test_values_of_a_table_arrive_as_they_are_read_here() -> None:
    columns = {
        "text": ["a"],
        "at": [datetime.datetime(2026, 1, 2, 3, 4, 5)],
        "price": pyarrow.array([1], pyarrow.decimal128(5, 2)),
        "many": [[1.5, None]],
    }
    out = io.BytesIO()
    parquet.write_table(pyarrow.table(columns), out)
    files = {"a.parquet": out.getvalue()}
    (row,) = in_sandbox(Held(files), "parquet", "text_spans")
    assert [row] == read("parquet", files, "text_spans", columns={})
    assert isinstance(row, Row) and "2026-01-02T03:04:05" in str(row)


GOOD = read_picture(picture())
ROW = list(messages.packed_item(Row("line 1", None, {}, GOOD)))


def picture_with(**changes: Any) -> list[Any]:
    return list(messages.packed_item(Row("line 1", None, {}, replace(GOOD, **changes))))


WRONG = {
    "a row of too few fields": ["row", "line 1"],
    "fields that are none": [*ROW[:3], [], *ROW[4:]],
    "a name that is no text": [*ROW[:3], {7: 1}, *ROW[4:]],
    "an id that is a list": [*ROW[:7], [], *ROW[8:]],
    "a flag that is a number": [*ROW[:6], [{}, 1, "", True], *ROW[7:]],
    "an answer that is none": [*ROW[:9], [["answer", "", None, False]], ROW[10]],
    "a size below nothing": [*ROW[:5], -1, *ROW[6:]],
    "a fault with a code of its own": ["fault", "line 1", "<script>", "text"],
    "a fault that is no text": ["fault", "line 1", "bad", 7],
    "a picture of another sha256": picture_with(sha256="0" * 64),
    "a picture whose origin is a path": picture_with(original_sha256="../../etc/passwd"),
    "a page as a picture": picture_with(data=b"<html>", sha256=hashlib.sha256(b"<html>").hexdigest()),
    "a picture of another kind": picture_with(media_type="text/html"),
    "a picture of no width": picture_with(width=0),
    "a picture of too many pixels": picture_with(width=10**6, height=10**6),
    "a page as a thumbnail": picture_with(thumbnail=b"<html>"),
    "a thumbnail as large as a picture": picture_with(thumbnail=b"\xff\xd8\xff" * 10**6),
}


@pytest.mark.parametrize("name", WRONG)
def test_an_item_that_is_none_is_malformed(name: str) -> None:
    assert messages.item_of(ROW)
    with pytest.raises(Malformed):
        messages.item_of(messages.unpacked(messages.packed(WRONG[name])))


@pytest.mark.parametrize(
    "template, values",
    [
        ("%(a)999999999s", {"a": 1}),
        ("%(a)s %d", {"a": 1}),
        ("%(b)s", {"a": 1}),
        ("%(a)s" * 1000, {"a": "x"}),
        ("%(a)s", {"a": "x" * 200_000}),
        ("%(a)s", {"a": []}),
        ("%(a)s", {"a": 1} | {str(number): 1 for number in range(30)}),
    ],
)
def test_a_sentence_that_would_do_more_than_show_its_values_is_malformed(template: str, values: Any) -> None:
    with pytest.raises(Malformed):
        messages.problem_of(["refused", "bad", template, "", 422, values])
    marked = [msgpack.ExtType(messages.SENTENCE, b""), template, values]
    with pytest.raises(Malformed):
        messages.unpacked(messages.packed(["fault", "line 1", "bad", marked]))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xc1",
        b"\xdd\xff\xff\xff\xff",  # four thousand million objects
        b"\x91" * 2000,
        b"\x90" + b"more",
        msgpack.packb([msgpack.ExtType(99, b"")]),
        msgpack.packb({"mark": msgpack.ExtType(messages.TUPLE, b"")}),
        msgpack.packb([msgpack.ExtType(messages.TUPLE, msgpack.packb([1]))]),
        msgpack.packb([msgpack.ExtType(messages.INTEGER, b"\x01" * 2049)]),
        msgpack.packb([msgpack.ExtType(messages.INTEGER, b"\x7f" + b"\xff" * 2000)]),  # more digits than are written
        msgpack.packb([msgpack.ExtType(messages.WORD, b""), 7]),
        b"\x93" + b"\x90" * 3 + b"\x90",
    ],
    ids=lambda data: data[:8].hex(),
)
def test_bytes_that_are_no_message_are_malformed(data: bytes) -> None:
    with pytest.raises(Malformed):
        messages.unpacked(data)


def test_a_frame_with_more_objects_than_memory_bears_is_never_unpacked(monkeypatch) -> None:
    monkeypatch.setattr(messages, "MAX_OBJECTS", 1000)
    monkeypatch.setattr(msgpack, "unpackb", lambda *_given, **_more: pytest.fail("it was unpacked"))
    with pytest.raises(Malformed):
        messages.unpacked(msgpack.packb([[[]] * 600] * 3))


def test_a_frame_that_is_too_long_or_cut_off_is_told() -> None:
    ours, theirs = socket.socketpair()
    channel = Channel(ours, read_ahead=True)
    with theirs:
        theirs.sendall(b"\xff\xff\xff\xff")
        with pytest.raises(Malformed):
            channel.receive()
        theirs.sendall(LENGTH.pack(10) + b"half")
    with pytest.raises(Ended):
        channel.receive()
    channel.close()
