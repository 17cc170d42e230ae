"""What Tandem writes, Tandem reads: the same answers, within what the format can say."""

import pytest

from projects.data.importing import Row
from tests.support.projects.exporting import SPANS, TEXT, exported, photos, region, reports
from tests.support.projects.files import answers, read, rows

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
    assert row.fields["text"] == TEXT and marked(row) == EVERY and row.external_id


def test_columns_have_the_longest_of_spans_that_overlap_and_their_words(reports) -> None:
    (row,) = rows(read("conll", {"a.conll": exported(reports, "conll")}, "text_spans"))
    words = {(row.fields["text"][start:end], label) for start, end, label in marked(row)}
    assert words == {("Zoë O'Neil", "person"), ("3 May 2024", "place")}


def test_coco_has_the_same_regions_for_the_same_stored_pictures(photos) -> None:
    one, two = rows(read("coco", {"a.json": exported(photos, "coco")}))
    found = {(part["label"], part["shape"]["counts"]) for part in answers(one)[0]["regions"]}
    wanted = [region("r1", "Dog", 0, 5), region("r2", "Big cat", 7, 9)]  # by name: keys are the project's own
    assert found == {(part["label"], part["shape"]["counts"]) for part in wanted}
    assert answers(two) == [{"regions": []}]
    assert (one.external_id, one.picture) == ("set/one.png", None) and one.fields["asset"]
