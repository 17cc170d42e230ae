"""What Tandem writes, Tandem reads: the same answers, within what the format can say."""

import io
import zipfile
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from projects.data import exporting
from projects.data.exporting.decided import Decided
from projects.data.exporting.source import Source
from projects.data.exporting.terms import Terms
from projects.data.importing import Row
from projects.data.media.pictures import read_picture
from projects.inference import geometry
from projects.models import Asset, Project
from tests.support import make
from tests.support.projects.exporting import SPANS, TEXT, bitmap, exported, photos, picture, region, reports
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


# --- any answer, in every format that has a writer and a reader -----------------------------------------

WIDTH, HEIGHT = 30, 20
SHAPES = ("box", "polygon", "mask", "polyline", "point")
ALL = frozenset(SHAPES)
NAMES = {"cat": "Cat", "dog": "Dog"}
LABELS = tuple(
    {"key": key, "name": name, "colour": "#123456", "shapes": list(SHAPES), "field": "", "attributes": []}
    for key, name in NAMES.items()
)
# The format, its reader, and the shapes that come back as they were; docs/exporting.md says what becomes of the others.
PICTURES = [
    ("jsonl", "jsonl", ALL),
    ("coco", "coco", ALL - {"point"}),
    ("cvat", "cvat_xml", ALL),
    ("labelme", "labelme", ALL - {"mask"}),
    ("datumaro", "datumaro", ALL),
    ("label_studio", "label_studio", ALL),
    ("parquet", "hugging_face", ALL),
    ("yolo_segment", "yolo", frozenset({"polygon"})),
    ("yolo_detect", "yolo", frozenset({"box"})),
]
UNSEEN_IN = ("labelme", "parquet")  # which don't say whether a point is hidden

across, down = st.integers(1, WIDTH - 8), st.integers(1, HEIGHT - 8)
far = st.integers(2, 7)


@st.composite
def shape(draw: st.DrawFn, kinds: frozenset[str]) -> dict[str, Any]:
    kind, x, y, w, h = draw(st.sampled_from(sorted(kinds))), draw(across), draw(down), draw(far), draw(far)
    match kind:
        case "box":
            return {"type": kind, "x": x, "y": y, "width": w, "height": h}
        case "mask":
            return geometry.mask_from_bitmap(bitmap(x, x + w))
        case "point":
            return {"type": kind, "x": x, "y": y, "visible": draw(st.booleans())}
    third = [[x, y + h]] if draw(st.booleans()) else [[x + 1, y + h]]  # never a rectangle, which many keep as a box
    return {"type": kind, "points": [[x, y], [x + w, y], *third]}


@st.composite
def drawn(draw: st.DrawFn, kinds: frozenset[str]) -> list[dict[str, Any]]:
    shapes = draw(st.lists(st.tuples(st.sampled_from(sorted(NAMES)), shape(kinds)), max_size=4, unique_by=repr))
    return [
        {"id": f"r{at}", "label": label, "shape": one, "attributes": {}, "provenance": {"source": "human"}}
        for at, (label, one) in enumerate(shapes)
    ]


def decided(number: int, payload: dict[str, Any], answer: dict[str, Any], *pictures: Asset) -> Decided:
    at, name = datetime(2026, 3, 1, tzinfo=UTC), f"set/{number}.png"
    return Decided(f"t{number}", name, "b", payload, answer, "v", 0.9, "majority_v1", 1, None, "", at, [], pictures)


def written(key: str, task_type: str, tasks: Sequence[Decided]) -> dict[str, bytes]:
    """The files of a format, pictures among them where it takes them along."""
    format = exporting.FORMATS[key]
    terms = Terms(media=format.media and task_type == "image_regions")
    project = Project(name="Round trip", task_type=task_type)
    data = b"".join(exporting.packed(format, Source(project, terms, LABELS, lambda _split, _judgements: iter(tasks))))
    if not exporting.several(format, terms):
        return {f"all{format.ending}": data}
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def told(regions: Sequence[dict[str, Any]], hidden: bool) -> list[tuple]:
    """What is said of a picture, by names and to a tenth of a pixel."""
    return sorted(_told(one, hidden) for one in regions)


def _told(region: dict[str, Any], hidden: bool) -> tuple:
    shape = {name: value for name, value in region["shape"].items() if hidden or name != "visible"}
    return (NAMES.get(region["label"], region["label"]), repr(_rounded(shape)))


def _rounded(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _rounded(value[name]) for name in sorted(value)}
    if isinstance(value, list):
        return [_rounded(one) for one in value]
    return round(float(value), 1) if isinstance(value, int | float) and not isinstance(value, bool) else value


@pytest.fixture
def stored(tmp_path, settings) -> Iterator[list[Asset]]:
    settings.MEDIA_ROOT = tmp_path
    found = []
    for number in range(2):
        one = read_picture(picture(number, WIDTH, HEIGHT))
        name = default_storage.save(f"{number}.png", ContentFile(one.data))
        found.append(Asset(sha256=one.sha256, media_type=one.media_type, width=WIDTH, height=HEIGHT, file=name))
    yield found


@pytest.mark.parametrize(("key", "reader", "kinds"), PICTURES, ids=[one[0] for one in PICTURES])
def test_any_regions_come_back_as_they_were(stored, key: str, reader: str, kinds: frozenset[str]) -> None:
    examples = 2 if reader == "datumaro" else 12  # which is read in a process of its own

    @settings(max_examples=examples, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(first=drawn(kinds), second=drawn(kinds))
    def hold(first: list, second: list) -> None:
        tasks = []
        for number, (asset, regions) in enumerate(zip(stored, (first, second), strict=True)):
            payload = {"asset": asset.sha256, "width": WIDTH, "height": HEIGHT, "name": f"{number}.png"}
            tasks.append(decided(number, payload, {"regions": regions}, asset))
        found = rows(read(reader, written(key, "image_regions", tasks)))
        for row, regions in zip(found, (first, second), strict=True):
            back = answers(row)[0]["regions"]
            hidden = key not in UNSEEN_IN
            assert told(back, hidden) == told(regions, hidden)
            assert not row.lost

    hold()


WORDS = "Anna met Bo in Oslo, then Zoë left.\nNobody else came."
TEXTS = [
    ("jsonl", "jsonl", "key", True),
    ("parquet", "hugging_face", "name", True),
    ("docbin", "docbin", "key", True),
    ("brat", "brat", "key", True),
    ("label_studio", "label_studio", "name", True),
    ("conll", "conll", "key", False),
    ("bioes", "conll", "key", False),
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


@pytest.mark.parametrize(("key", "reader", "called", "exact"), TEXTS, ids=[one[0] for one in TEXTS])
def test_any_spans_come_back_as_they_were(key: str, reader: str, called: str, exact: bool) -> None:
    @settings(max_examples=12, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(marked=spans())
    def hold(marked: list) -> None:
        files = written(key, "text_spans", [decided(0, {"text": WORDS, "title": ""}, {"spans": marked})])
        (row,) = rows(read(reader, files, "text_spans"))
        back = answers(row, "text_spans")[0]["spans"]
        text = row.fields["text"]
        found = [(text[one["start"] : one["end"]], one["label"]) for one in back]
        label = (lambda one: NAMES[one["label"]]) if called == "name" else (lambda one: one["label"])
        assert found == [(WORDS[one["start"] : one["end"]], label(one)) for one in marked]
        if exact:
            assert text == WORDS and [one["start"] for one in back] == [one["start"] for one in marked]

    hold()
