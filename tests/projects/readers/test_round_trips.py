"""What Tandem writes, Tandem reads: the same answers, within what the format can say."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from projects.data.importing import Row
from tests.support import make
from tests.support.projects.exporting import SPANS, TEXT, exported, photos, region, reports
from tests.support.projects.files import answers, read, rows
from tests.support.projects.round_trips import NAMES, decided, written
from tests.support.rounds import rounds

pytestmark = pytest.mark.django_db

__all__ = ["photos", "reports"]  # fixtures


def marked(row: Row) -> set[tuple[int, int, str]]:
    """Where the spans are, and their labels."""
    return {(one["start"], one["end"], one["label"]) for one in answers(row, "text_spans")[0]["spans"]}


EVERY = {(span["start"], span["end"], span["label"]) for span in SPANS}


def test_json_lines_say_everything_again(reports) -> None:
    (row,) = rows(read("jsonl", {"a.jsonl": exported(reports, "jsonl")}, "text_spans"))
    assert row.fields["text"] == TEXT and marked(row) == EVERY and row.external_id


def test_a_docbin_has_every_span_though_they_overlap(reports) -> None:
    (row,) = rows(read("docbin", {"a.spacy": exported(reports, "docbin")}, "text_spans"))
    assert row.fields["text"] == TEXT and row.external_id
    assert marked(row) == {(start, end, label.title()) for start, end, label in EVERY}, "by name"


def test_columns_have_the_longest_of_spans_that_overlap_and_their_words(reports) -> None:
    (row,) = rows(read("conll", {"a.conll": exported(reports, "conll")}, "text_spans"))
    words = {(row.fields["text"][start:end], label) for start, end, label in marked(row)}
    assert words == {("Zoë O'Neil", "Person"), ("3 May 2024", "Place")}


def test_coco_has_the_same_regions_for_the_same_stored_pictures(photos) -> None:
    one, two = rows(read("coco", {"a.json": exported(photos, "coco")}))
    found = {(part["label"], part["shape"]["counts"]) for part in answers(one)[0]["regions"]}
    wanted = [region("r1", "Dog", 0, 5), region("r2", "Big cat", 7, 9)]  # by name: keys are the project's own
    assert found == {(part["label"], part["shape"]["counts"]) for part in wanted}
    assert answers(two) == [{"regions": []}]
    assert (one.external_id, one.picture) == ("set/one.png", None) and one.fields["asset"]


# --- any spans, in every format that has a writer and a reader -------------------------------------------

WORDS = "Anna met Bo in Oslo, then Zoë left.\nNobody else came."
TEXTS = [
    ("jsonl", "jsonl", "key", True),
    ("parquet", "hugging_face", "name", True),
    ("docbin", "docbin", "name", True),
    ("brat", "brat", "word", True),
    ("label_studio", "label_studio", "name", True),
    ("doccano", "doccano", "name", True),
    ("prodigy", "prodigy", "name", True),
    ("conll", "conll", "word", False),
    ("bioes", "conll", "word", False),
]
STARTS = [0, 5, 9, 15, 21, 26, 30, 36, 43, 48]


@st.composite
def spans(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Words with a label, none beside the next: columns can't tell two neighbours of one kind apart by B- alone."""
    chosen = sorted(draw(st.sets(st.sampled_from(STARTS[::2]), max_size=4)))
    ends = {start: start + len(WORDS[start:].split()[0].strip(".,")) for start in STARTS}
    return [
        make.span(start, ends[start], draw(st.sampled_from(sorted(NAMES))), id=f"s{start}") | {"attributes": {}}
        for start in chosen
    ]


@pytest.mark.rounds
@pytest.mark.parametrize(("key", "reader", "called", "exact"), TEXTS, ids=[one[0] for one in TEXTS])
def test_any_spans_come_back_as_they_were(key: str, reader: str, called: str, exact: bool) -> None:
    @settings(max_examples=rounds(12), deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(marked=spans())
    def hold(marked: list) -> None:
        files = written(key, "text_spans", [decided(0, {"text": WORDS, "title": ""}, {"spans": marked})])
        (row,) = rows(read(reader, files, "text_spans"))
        back = answers(row, "text_spans")[0]["spans"]
        text = row.fields["text"]
        found = [(text[one["start"] : one["end"]], one["label"]) for one in back]
        labels = {"key": {key: key for key in NAMES}, "name": NAMES}
        labels["word"] = {key: name.replace(" ", "_") for key, name in NAMES.items()}
        assert found == [(WORDS[one["start"] : one["end"]], labels[called][one["label"]]) for one in marked]
        if exact:
            assert text == WORDS and [one["start"] for one in back] == [one["start"] for one in marked]

    hold()
