"""Exports: decided tasks only, read by the tools they are for, in constant memory."""

import gc
import io
import json
import random
import tracemalloc
import zlib
from datetime import UTC, datetime

import numpy as np
import pytest
import spacy
from asgiref.sync import async_to_sync
from django.test import Client
from django.urls import reverse
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from pycocotools.coco import COCO
from spacy.symbols import IDS
from spacy.tokens import DocBin
from spacy.vocab import Vocab

from projects import configure, exports, geometry, intake, queue, submission
from projects.errors import Refused
from projects.exports import coco as coco_format
from projects.exports import decided as reading
from projects.exports.docbin import Columns, _map, string_number
from projects.exports.slots import Slots, TooManyExports
from projects.exports.spacy_symbols import SYMBOLS
from projects.exports.tokens import bio, cuts_of, tokenize, without_overlaps
from projects.intake.pictures import read_picture
from projects.models import Task, Verdict
from tests import make

TEXT = "Dr. Zoë O'Neil 👩‍⚖️ paid $1,250.75  on\n3 May 2024; X _ root NUM.\n"


def span(word: str, label: str, text: str = TEXT) -> dict:
    start = text.index(word)
    return make.span(start, start + len(word), label, id=f"s{start}-{label}")


SPANS = [span("Zoë O'Neil", "person"), span("O'Neil", "person"), span("May", "place"), span("3 May 2024", "place")]


def first_task() -> Task:
    return Task.objects.order_by("pk")[0]


def exported(project, key: str, **terms) -> bytes:
    return b"".join(exports.export(project, key, **terms))


@pytest.fixture
def reports(cast):
    """A text project with one decided and one undecided task, one judgement wanted."""
    project = make.project(cast.riverside, wanted=1)
    batch = make.batch(project)
    make.task(batch, text=TEXT)
    make.judged(cast.alice, project, {"spans": SPANS})
    make.task(batch, text="Nobody has looked at this.")
    return project


@pytest.fixture
def photos(cast, tmp_path, settings):
    """An image project: a decided photograph with two objects, one with none, one undecided."""
    settings.MEDIA_ROOT = tmp_path
    labels = [{"name": "Big cat", "key": "cat"}, {"name": "Dog", "key": "dog"}]
    project = make.project(cast.riverside, "Pets", "image_regions", labels=labels, wanted=1)
    rows: list[intake.Row] = []
    for name in ("one.png", "two.png", "three.png"):
        out = io.BytesIO()
        Image.fromarray(np.full((20, 30, 3), len(rows), dtype=np.uint8)).save(out, "PNG")
        picture = read_picture(out.getvalue())
        fields = {"asset": picture.sha256, "width": 30, "height": 20, "name": name}
        rows.append(intake.Row(name, f"set/{name}", fields, picture))
    intake.load_all(make.batch(project), rows, by=None)
    make.in_order(Task.objects.filter(project=project))
    make.judged(cast.alice, project, {"regions": [region("r1", "dog", 0, 5), region("r2", "cat", 7, 9)]})
    make.judged(cast.alice, project, {"regions": []})
    configure.set_labels(project, [labels[0]], by=None)
    return project


def bitmap(left: int, right: int) -> np.ndarray:
    found = np.zeros((20, 30), dtype=bool)
    found[3:10, left:right] = True
    found[5, left] = False
    return found


def region(id: str, label: str, left: int, right: int) -> dict:
    return {"id": id, "label": label, "shape": geometry.mask_from_bitmap(bitmap(left, right))}


def test_jsonl_has_everything_of_decided_tasks_only(cast, reports):
    (line,) = exported(reports, "jsonl").splitlines()
    row = json.loads(line)
    task = first_task()
    assert (row["external_id"], row["task"], row["payload"]) == ("First-0", str(task.public_id), {"text": TEXT})
    assert row["answer"] == Verdict.objects.get().answer and row["verdict"]["method"] == "majority_v1"
    (judgement,) = row["judgements"]
    assert judgement["tasker"] == str(cast.alice.public_id) and judgement["supports"] is True
    assert {part["provenance"]["source"] for part in judgement["answer"]["spans"]} == {"human"}
    assert cast.alice.name.encode() not in line and cast.alice.email.encode() not in line


def test_a_superseded_verdict_is_not_exported(cast, reports):
    task = first_task()
    review = queue.claim_review(task, cast.rita)
    assert review.token
    submission.decide(review, cast.rita, review.token, {"spans": [span("May", "place")]}, note="Only the month.")
    (line,) = exported(reports, "jsonl").splitlines()
    row = json.loads(line)
    assert [part["start"] for part in row["answer"]["spans"]] == [TEXT.index("May")]
    assert row["verdict"]["method"] == "review_v1" and row["verdict"]["note"] == "Only the month."
    assert row["verdict"]["decided_by"] == str(cast.rita.public_id)
    assert [(one["kind"], one["supports"]) for one in row["judgements"]] == [("judge", False), ("review", True)]


def test_coco_loads_in_pycocotools(photos, tmp_path):
    path = tmp_path / "instances.json"
    path.write_bytes(exported(photos, "coco"))
    loaded = COCO(str(path))
    assert [image["file_name"] for image in loaded.dataset["images"]] == ["one.png", "two.png"]
    assert [category["name"] for category in loaded.loadCats(loaded.getCatIds())] == ["Big cat", "Dog"]
    dog, cat = loaded.loadAnns(loaded.getAnnIds(imgIds=[1]))
    assert (loaded.annToMask(dog) == bitmap(0, 5)).all() and (loaded.annToMask(cat) == bitmap(7, 9)).all()
    assert (dog["area"], dog["bbox"], dog["iscrowd"]) == (34, [0, 3, 5, 7], 0)
    assert loaded.loadCats([dog["category_id"]])[0]["key"] == "dog"
    assert loaded.getAnnIds(imgIds=[2]) == []


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("cats/one.png", "cats/one.png"),
        ("../../x.png", "x.png"),
        ("/etc/passwd", "etc/passwd"),
        ("C:\\Temp\\..\\x.png", "Temp/x.png"),
        ("a\nb.png", "a_b.png"),
        ("..", "f" * 64),
    ],
)
def test_names_in_coco_lead_nowhere_but_down(name, written):
    assert coco_format.file_name(name, "f" * 64) == written


@pytest.mark.parametrize(
    ("shape", "area", "box"),
    [
        ({"type": "box", "x": 1, "y": 2, "width": 4, "height": 3}, 12, [1, 2, 4, 3]),
        ({"type": "polygon", "points": [[0, 0], [8, 0], [8, 6]]}, 24, [0, 0, 8, 6]),
        ({"type": "polyline", "points": [[0, 0], [8, 6]]}, 0, [0, 0, 8, 6]),
        ({"type": "point", "x": 3, "y": 4, "visible": False}, 0, [3, 4, 0, 0]),
    ],
    ids=["box", "polygon", "polyline", "point"],
)
def test_every_shape_has_its_place_in_coco(shape, area, box, tmp_path):
    measured = exports.coco.measured(shape)
    assert (measured["area"], measured["bbox"]) == (area, box)
    path = tmp_path / "one.json"
    image = {"id": 1, "width": 10, "height": 10}
    annotation = {"id": 1, "image_id": 1, "category_id": 1, "iscrowd": 0} | measured
    path.write_text(json.dumps({"images": [image], "categories": [{"id": 1}], "annotations": [annotation]}))
    loaded = COCO(str(path)).loadAnns([1])[0]
    if area:
        assert COCO(str(path)).annToMask(loaded).sum() == pytest.approx(area, rel=0.2)
    if shape["type"] == "point":
        assert loaded["keypoints"] == [3, 4, 1]
    if shape["type"] == "polyline":
        assert loaded["polyline"] == [0, 0, 8, 6]


def test_conll_has_four_columns_documents_and_sentences(reports):
    lines = exported(reports, "conll").decode().split("\n")
    assert lines[:2] == ["-DOCSTART- -X- O O", ""]
    rows = [line.split(" ") for line in lines if line]
    assert {len(row) for row in rows} == {4}
    tags = [(row[0], row[3]) for row in rows[1:]]
    assert tags[:4] == [("Dr", "O"), (".", "O"), ("Zoë", "B-person"), ("O'Neil", "I-person")]
    assert [row for row in tags if row[1].endswith("place")] == [
        ("3", "B-place"),
        ("May", "I-place"),
        ("2024", "I-place"),
    ]
    assert ("1,250.75", "O") in tags and lines.count("") == 4


def docs(data: bytes) -> list:
    return list(DocBin().from_bytes(data).get_docs(Vocab()))


def test_docbin_loads_in_spacy(reports, tmp_path):
    path = tmp_path / "reports.spacy"
    path.write_bytes(exported(reports, "docbin"))
    (doc,) = DocBin().from_disk(path).get_docs(spacy.blank("en").vocab)
    assert doc.text == TEXT
    assert [(ent.text, ent.label_) for ent in doc.ents] == [("Zoë O'Neil", "person"), ("3 May 2024", "place")]
    assert {(one.start_char, one.end_char, one.label_) for one in doc.spans["sc"]} == {
        (one["start"], one["end"], one["label"]) for one in SPANS
    }
    assert doc.user_data["external_id"] == "First-0"
    assert [token.text for token in doc if token.is_space] == [" ", "\n", "\n"]


def test_the_symbols_are_those_of_the_installed_spacy():
    assert {name: number for name, number in IDS.items() if name} == SYMBOLS


@given(st.text(max_size=40) | st.sampled_from(sorted(SYMBOLS)))
@settings(max_examples=300, deadline=None)
def test_strings_have_the_numbers_that_spacy_gives_them(word):
    assert string_number(word) == spacy.strings.StringStore().add(word)


texts = st.text(alphabet="aB7 \n\t.,'é👩\u0301-", min_size=1, max_size=40)


@st.composite
def labelled(draw) -> tuple[str, list[dict]]:
    text = draw(texts.filter(str.strip))
    bounds = st.tuples(st.integers(0, len(text) - 1), st.integers(1, len(text)), st.sampled_from(["a", "b"]))
    found = draw(st.sets(bounds.filter(lambda one: one[0] < one[1] and text[one[0] : one[1]].strip()), max_size=5))
    return text, [make.span(*one, id=f"s{n}") for n, one in enumerate(sorted(found))]


@given(labelled())
@settings(max_examples=300, deadline=None)
def test_tokens_cover_the_text_and_keep_every_span_whole(given_text):
    text, spans = given_text
    tokens = tokenize(text, cuts_of(spans))
    assert "".join(text[start:end] for start, end in tokens) == "".join(text.split())
    kept = without_overlaps(spans)
    tags = bio(tokens, kept)
    for one in kept:
        inside = [n for n, (start, end) in enumerate(tokens) if one["start"] <= start and end <= one["end"]]
        assert [tags[n] for n in inside] == [f"B-{one['label']}"] + [f"I-{one['label']}"] * (len(inside) - 1)
    assert sum(tag.startswith("B-") for tag in tags) == len(kept)
    assert all(one["end"] <= other["start"] for one, other in zip(kept, kept[1:], strict=False))


@given(labelled())
@settings(max_examples=150, deadline=None)
def test_any_labelled_text_comes_back_from_spacy(given_text):
    text, spans = given_text
    columns = Columns()
    now = datetime.now(UTC)
    row = reading.Decided("t", "e", "b", {"text": text}, {"spans": spans}, "v", 1.0, "m", 1, None, "", now)
    columns.add(row)
    (doc,) = docs(zlib.compress(b"".join(_map(columns))))
    assert doc.text == text
    expected = [(text[one["start"] : one["end"]].strip(), one["label"]) for one in without_overlaps(spans)]
    assert [(ent.text.strip(), ent.label_) for ent in doc.ents] == expected
    assert len(doc.spans["sc"]) == len(spans)


@pytest.mark.parametrize("key", ["jsonl", "conll", "docbin"])
def test_a_project_without_verdicts_exports_an_empty_file_that_loads(cast, key):
    project = make.project(cast.riverside)
    data = exported(project, key)
    assert docs(data) == [] if key == "docbin" else data == b""


def test_an_image_project_without_verdicts_is_an_empty_coco_file(cast):
    project = make.project(cast.riverside, "Pets", "image_regions")
    assert json.loads(exported(project, "coco"))["images"] == []


def test_one_batch_alone_can_be_exported(cast, reports):
    other = make.batch(reports, "Second")
    make.task(other, text="Mina is here.")
    assert exported(reports, "jsonl", batch=other) == b""


def test_formats_that_do_not_fit_are_refused_before_anything_is_sent(cast, reports):
    for key in ("coco", "yaml"):
        with pytest.raises(Refused) as refused:
            exports.stream(reports, key)
        assert refused.value.code == "wrong-format"
    assert [one.key for one in exports.formats_for(reports)] == ["jsonl", "conll", "docbin"]
    assert exports.file_name(reports, "docbin") == "names-in-reports.spacy"


def many(project, number: int, **more) -> None:
    """A project with many decided tasks, whose answers hold something more."""
    batch = make.batch(project, "Many")
    rows = [intake.Row(f"line {n}", f"many-{n}", {"text": f"Text {n} of Ada Lovelace. " * 20}) for n in range(number)]
    intake.load_all(batch, rows, by=None)
    Verdict.objects.bulk_create(
        Verdict(
            task=task,
            answer={"spans": [make.span(0, 4)]} | more,
            confidence=1,
            method="majority_v1",
            settings_version=1,
        )
        for task in Task.objects.filter(batch=batch)
    )


@pytest.mark.parametrize("key", ["jsonl", "conll", "docbin"])
def test_memory_of_an_export_does_not_grow_with_the_project(cast, key, monkeypatch):
    monkeypatch.setattr(reading, "CHUNK", 20)
    monkeypatch.setattr(exports, "PIECE", 4096)
    project = make.project(cast.riverside, wanted=1)
    many(project, 600)
    monkeypatch.setattr("projects.exports.docbin.SPOOLED", 4096)
    sum(map(len, exports.export(project, key)))  # imports and caches
    tracemalloc.start()
    try:
        sent = sum(map(len, exports.export(project, key)))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert sent > 5_000 and peak < 1_500_000


def test_the_stream_for_http_is_the_same_file_piece_by_piece(cast, reports, monkeypatch):
    monkeypatch.setattr(exports, "PIECE", 50)
    many(reports, 5)

    async def read() -> list[bytes]:
        return [piece async for piece in exports.stream(reports, "conll")]

    pieces = async_to_sync(read)()
    assert len(pieces) == 6 and b"".join(pieces) == exported(reports, "conll")


def test_a_reader_that_goes_away_leaves_no_temporary_files(cast, photos, monkeypatch):
    monkeypatch.setattr(exports, "PIECE", 1)
    made = []
    real = exports.coco.tempfile.SpooledTemporaryFile

    def spooled(**terms):
        made.append(real(**terms))
        return made[-1]

    monkeypatch.setattr(exports.coco.tempfile, "SpooledTemporaryFile", spooled)

    async def leave() -> None:
        stream = exports.stream(photos, "coco")
        for _ in range(5):
            await anext(stream)
        await stream.aclose()

    async_to_sync(leave)()
    assert made and all(one.closed for one in made)


def test_large_answers_are_read_few_at_a_time(cast):
    project = make.project(cast.riverside, wanted=1)
    many(project, 9, noise=random.Random(1).randbytes(30_000).hex())  # which the database makes little smaller
    tracemalloc.start()
    try:
        exporting = exports.export(project, "jsonl")
        assert sum(map(len, exporting)) > 9 * 60_000
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 6 * 200_000, "of nine tasks, two or three are held at a time"


@pytest.fixture
def slots(monkeypatch) -> Slots:
    slots = Slots(person=2, organization=3, all=4)
    monkeypatch.setattr(exports, "SLOTS", slots)
    return slots


def test_stalled_exports_are_so_many_and_then_refused_by_name(cast, reports, slots):
    client = Client()
    client.force_login(cast.mina)
    address = reverse("export-download", args=[reports.public_id, "jsonl"])
    stalled = [client.get(address) for _ in range(2)]
    refused = client.get(address, headers={"accept": "application/json"})
    assert (refused.status_code, refused.json()["code"]) == (429, "too-many-exports")
    stalled.clear()  # their readers went away
    gc.collect()
    assert client.get(address).status_code == 200


def test_export_that_was_read_to_its_end_or_never_begun_gives_its_place_back(cast, reports, slots):
    client = Client()
    client.force_login(cast.mina)
    address = reverse("export-download", args=[reports.public_id, "jsonl"])
    assert async_to_sync(_all)(client.get(address).streaming_content)
    exports.download(reports, "jsonl", by=cast.mina)  # and nobody keeps it
    gc.collect()
    assert not slots.taken


async def _all(pieces) -> bytes:
    return b"".join([piece async for piece in pieces])


def test_one_organizations_exports_leave_room_for_anothers(cast):
    slots = Slots(person=2, organization=3, all=4)
    given = [slots.take(person, 1) for person in (1, 1, 2)]
    for person, organization in ((1, 2), (3, 1)):
        with pytest.raises(TooManyExports):
            slots.take(person, organization)
    slots.take(4, 2)
    with pytest.raises(TooManyExports):
        slots.take(5, 3)
    for give_back in given:
        give_back(), give_back()
    assert slots.taken == {("person", 4): 1, ("organization", 2): 1, ("all", 0): 1}


def test_work_that_was_voided_is_exported_as_such(cast, reports):
    annotation = first_task().annotations.get()
    queue.void(annotation.assignment, "banned", by=cast.mina)
    (line,) = exported(reports, "jsonl").splitlines()
    assert [one["voided"] for one in json.loads(line)["judgements"]] == [True]
