"""Files that were cut, flipped or mixed up: a reader says so by name, and never breaks."""

import json
import os
from functools import cache

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from projects.data.importing import Fault, Row
from projects.data.reading.format import Reading
from projects.data.reading.formats import FORMATS, recognise
from projects.errors import Refused
from tests.support.projects.files import Held, answers, rows
from tests.support.projects.samples import SAMPLES
from tests.support.rounds import rounds

QUICK = [key for key in FORMATS if not key.startswith("datumaro")]
EXAMPLES = int(os.environ.get("SPOILT_EXAMPLES", rounds(20)))
CASES = [(key, task_type) for key in QUICK for task_type in FORMATS[key].task_types]
WORDS = [
    b"NaN",
    b"1e999",
    b"-1",
    b"null",
    b"[[[[",
    b"{}",
    b"\x00",
    b"\xff\xfe",
    b"9" * 400,
    b'"',
    b"\\u0000",
    b"<",
    b"\t",
]


@cache
def sample(key: str) -> dict[str, bytes]:
    return Held(SAMPLES[key]).files


@st.composite
def spoilt(draw: st.DrawFn, key: str) -> dict[str, bytes]:
    """The files of a format, one of them cut, or with some bytes changed, put in or taken out."""
    files = dict(sample(key))
    name = draw(st.sampled_from(sorted(files)))
    data = bytearray(files[name])
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, max(0, len(data) - 1)))
        match draw(st.sampled_from(["cut", "flip", "word", "drop", "double"])):
            case "cut":
                del data[at:]
            case "flip":
                data[at : at + 1] = bytes([draw(st.integers(0, 255))])
            case "word":
                data[at:at] = draw(st.sampled_from(WORDS))
            case "drop":
                del data[at : at + draw(st.integers(1, 40))]
            case "double":
                data[at:at] = data[at : at + draw(st.integers(1, 200))]
    return files | {name: bytes(data)}


def items_of(files: dict[str, bytes], key: str, task_type: str) -> list[Row | Fault]:
    try:
        return list(FORMATS[key].read(Held(files), Reading(task_type)))
    except Refused as refused:
        assert refused.text.endswith(".") and refused.code
        return []


def check(item: Row | Fault, task_type: str) -> None:
    """An item that can be stored and told of, with answers that the task type takes part by part."""
    faults = [item] if isinstance(item, Fault) else list(item.lost)
    for fault in faults:
        assert fault.code and fault.text.endswith((".", "!", "?", "”")), fault
        fault.place.encode()
    if isinstance(item, Row) and item.said and task_type != "classification":
        for said in item.said:
            json.dumps(said.answer, allow_nan=False)
        if item.picture or task_type == "text_spans":
            text = item.fields.get("text", "x")
            if str(text).strip() and "\x00" not in str(text) and _storable(text):
                answers(Row(item.place, None, item.fields | {"meta": {}}, said=item.said), task_type)


def _storable(text: object) -> bool:
    try:
        str(text).encode()
    except UnicodeEncodeError:
        return False
    return True


@pytest.mark.parametrize("key, task_type", CASES, ids=[f"{key}-{task_type}" for key, task_type in CASES])
@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_no_spoilt_file_breaks_a_reader(key, task_type, data):
    for item in items_of(data.draw(spoilt(key)), key, task_type):
        check(item, task_type)


@pytest.mark.parametrize("key", QUICK)
@settings(max_examples=rounds(15), deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_no_spoilt_file_breaks_the_recognition(key, data):
    try:
        assert recognise(Held(data.draw(spoilt(key)))).key in FORMATS
    except Refused as refused:
        assert refused.code in ("unknown-format", "empty-file")


@pytest.mark.parametrize("key", QUICK)
def test_every_sample_is_known_for_what_it_is_and_read_without_a_fault(key):
    task_type = FORMATS[key].task_types[0]
    assert recognise(Held(SAMPLES[key]), task_type).key == key
    found = rows(list(FORMATS[key].read(Held(SAMPLES[key]), Reading(task_type)))) if key not in UNCLEAN else [1]
    assert found


# Samples of which a part is for another task type than the first.
UNCLEAN = {"label_studio", "prodigy"}


@pytest.mark.parametrize("key", QUICK)
def test_what_is_passed_over_is_what_came_first(key):
    task_type = FORMATS[key].task_types[0]
    every = items_of(sample(key), key, task_type)
    for skip in range(len(every) + 1):
        assert list(FORMATS[key].read(Held(sample(key)), Reading(task_type, skip=skip))) == every[skip:]
