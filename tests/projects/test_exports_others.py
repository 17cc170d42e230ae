"""What comes out of texts, classifications and pairs, read by those it is for: datasets, pandas, brat's own words."""

import io
import json
import re

import pandas
import pytest
from datasets import ClassLabel, load_dataset
from PIL import Image
from spacy.training.converters import conll_ner_to_docs

from projects.data import importing
from projects.data.exporting.tokens import bio, bioes
from projects.data.media.pictures import read_picture
from projects.models import Task
from tests.support import make
from tests.support.projects.exporting import SPANS, TEXT, exported, gallery, picture, reports, unpacked
from tests.support.projects.judging import said
from tests.support.projects.preference import pairs
from tests.support.projects.preference import said as preferred
from tests.support.projects.round_trips import LABELS, decided, written

__all__ = ["gallery", "reports"]  # fixtures


@pytest.fixture(autouse=True)
def folder(tmp_path, settings):
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.HF_DATASETS_OFFLINE = True


@pytest.fixture
def animals(cast):
    """Pictures and a text, each with a class, a number and a remark."""
    fields = [
        {"name": "Kind", "kind": "tree"},
        {"name": "Seen", "kind": "multiple", "required": False},
        {"name": "Legs", "kind": "number", "min": 0, "max": 8, "required": False},
        {"name": "Remark", "kind": "text", "required": False},
    ]
    labels = [
        {"name": "Cat", "key": "cat", "field": "kind"},
        {"name": "Big/cat", "key": "big", "field": "kind", "parent": "Cat"},
        {"name": "Tail", "key": "tail", "field": "seen"},
        {"name": "Ear", "key": "ear", "field": "seen"},
    ]
    project = make.project(cast.riverside, "Kinds", "classification", labels=labels, fields=fields, wanted=1)
    rows: list[importing.Row] = []
    for number in range(2):
        made = read_picture(picture(number))
        shown = {"asset": made.sha256, "width": 30, "height": 20, "name": f"{number}.png"}
        rows.append(importing.Row(f"{number}.png", f"zoo/{number}.png", shown, made))
    rows.append(importing.Row("line 3", "text-3", {"text": "A cat."}))
    importing.load_all(make.batch(project), rows, by=None)
    answers = (
        {
            "fields": [
                chosen("kind", ["cat", "big"], "tree"),
                chosen("seen", ["ear", "tail"], "multiple"),
                chosen("legs", 4, "number"),
            ]
        },
        {"fields": [chosen("kind", ["cat"], "tree"), chosen("remark", " =SUM(1)\tx", "text")]},
        {"fields": [chosen("kind", ["cat"], "tree")]},
    )
    for task, answer in zip(Task.objects.filter(project=project).order_by("pk"), answers, strict=True):
        said(cast.alice, task, answer)
    return project


def chosen(field: str, value, kind: str) -> dict:
    return {"field": field, "kind": kind, "value": value}


def loaded(at, tmp_path):
    return load_dataset(str(at), cache_dir=str(tmp_path / "cache"))


def test_tags_tell_where_a_span_ends():
    tokens = [(0, 1), (1, 2), (2, 3), (3, 4)]
    spans = [{"start": 0, "end": 2, "label": "a"}, {"start": 2, "end": 3, "label": "a"}]
    assert bio(tokens, spans) == ["B-a", "I-a", "B-a", "O"]
    assert bioes(tokens, spans) == ["B-a", "E-a", "S-a", "O"]


def test_bioes_is_conll_with_ends(reports):
    begun = [line.split()[-1] for line in exported(reports, "conll").decode().splitlines() if line]
    ended = [line.split()[-1] for line in exported(reports, "bioes").decode().splitlines() if line]
    assert len(begun) == len(ended) and {"B", "E", "O"} <= {tag[0] for tag in ended}
    assert [re.sub("^S", "B", re.sub("^E", "I", tag)) for tag in ended] == begun


KINDS = [LABELS[0] | {"key": "person", "name": "Person"}, LABELS[1] | {"key": "place", "name": "Place"}]


def told(key: str) -> bytes:
    """A report as a format of one file says it."""
    spans = [one | {"attributes": {}} for one in SPANS]
    (data,) = written(key, "text_spans", [decided(0, {"text": TEXT}, {"spans": spans})], KINDS).values()
    return data


def test_spacys_own_converter_reads_the_columns():
    (doc,) = conll_ner_to_docs(told("conll").decode(), no_print=True)
    assert [(one.text, one.label_) for one in doc.ents] == [("Zoë O'Neil", "Person"), ("3 May 2024", "Place")]


def test_pandas_reads_the_lines_that_other_tools_take():
    everything, lines, accepted = (
        pandas.read_json(io.BytesIO(told(key)), lines=True) for key in ("jsonl", "doccano", "prodigy")
    )
    assert everything["payload"][0]["text"] == lines["text"][0] == accepted["text"][0] == TEXT
    wanted = sorted((TEXT[one["start"] : one["end"]], one["label"].capitalize()) for one in SPANS)
    assert sorted((TEXT[start:end], label) for start, end, label in lines["label"][0]) == wanted
    assert sorted((TEXT[one["start"] : one["end"]], one["label"]) for one in accepted["spans"][0]) == wanted


def test_brat_says_where_each_span_lies(cast, reports, tmp_path):
    late = make.task(make.batch(reports, "Late"), text="Ada\nLovelace and Bob")
    said(cast.bob, late, {"spans": [make.span(0, 12, "person")]})
    at = unpacked(reports, "brat", tmp_path)
    (first, second) = sorted(at.glob("*.txt"))
    assert first.read_bytes().decode() == TEXT
    found = {}
    for line in first.with_suffix(".ann").read_text().splitlines():
        _id, what, text = line.split("\t")
        label, start, end = what.split()
        assert TEXT[int(start) : int(end)] == text
        found[(int(start), int(end), label)] = text
    assert found.keys() == {(one["start"], one["end"], one["label"].title()) for one in SPANS}
    assert second.with_suffix(".ann").read_text() == "T1\tPerson 0 3;4 12\tAda Lovelace\n"
    assert "Person\nPlace\n" in (at / "annotation.conf").read_text()


def test_label_maps_name_spans_too(reports, tmp_path):
    at = unpacked(reports, "brat", tmp_path, label_map={"person": "A human", "place": None})
    (ann,) = at.glob("*.ann")
    assert set(re.findall(r"\t(\w+) \d", ann.read_text())) == {"A_human"}


def test_datasets_loads_spans_with_typed_labels(reports, tmp_path):
    rows = loaded(unpacked(reports, "parquet", tmp_path), tmp_path)["train"]
    assert rows.features["spans"].feature["label"] == ClassLabel(names=["Person", "Place"])
    (row,) = rows
    spans = [(one["start"], one["end"], one["label"]) for one in row["spans"]]
    assert sorted(spans) == sorted((one["start"], one["end"], int(one["label"] == "place")) for one in SPANS)
    assert row["text"] == TEXT and row["external_id"] == "First-0"


@pytest.mark.parametrize("masks", ["rle", "png"])
def test_datasets_loads_pictures_that_lie_in_the_file(gallery, tmp_path, masks):
    rows = loaded(unpacked(gallery, "parquet", tmp_path, media=True, masks=masks), tmp_path)["train"]
    assert len(rows) == 5 and rows[0]["image"].size == (30, 20)
    expected = Image.open(io.BytesIO(picture(0))).convert("RGB")
    assert rows[0]["image"].convert("RGB").tobytes() == expected.tobytes()
    regions = rows[0]["regions"]
    assert [one["type"] for one in regions] == ["polyline", "box", "point", "point", "polygon", "mask"]
    assert regions[1]["bbox"] == [2, 3, 10, 8] and json.loads(regions[1]["attributes"])["pose"] == "lying"
    if masks == "png":
        assert regions[5]["mask"].size == (30, 20)
    else:
        assert json.loads(regions[5]["rle"])["size"] == [20, 30]


def test_datasets_loads_the_parts_of_a_split_where_one_is_empty(gallery, tmp_path):
    split = {"shares": {"train": 99, "test": 1}}
    found = loaded(unpacked(gallery, "parquet", tmp_path, split=split), tmp_path)
    assert sum(len(part) for part in found.values()) == 5


def test_pandas_reads_the_columns_of_parquet(reports, tmp_path):
    at = unpacked(reports, "parquet", tmp_path)
    frame = pandas.read_parquet(at / "data/train-00000.parquet")
    assert list(frame["external_id"]) == ["First-0"] and len(frame["spans"][0]) == len(SPANS)


def test_many_rows_go_into_several_parquet_files(reports, cast, tmp_path, monkeypatch):
    more = make.tasks(make.batch(reports, "More"), 4)
    for task in more:
        said(cast.alice, task, make.MARIA)
    monkeypatch.setattr("projects.data.exporting.parquet_folder.GROUP_ROWS", 2)
    monkeypatch.setattr("projects.data.exporting.parquet_folder.FILE_ROWS", 2)
    at = unpacked(reports, "parquet", tmp_path)
    assert len(list((at / "data").iterdir())) == 3 and len(loaded(at, tmp_path)["train"]) == 5


def test_pictures_lie_in_the_folder_of_their_class(animals, tmp_path):
    at = unpacked(animals, "imagenet", tmp_path, media=True)
    files = sorted(path.relative_to(at).as_posix() for path in at.rglob("*") if path.is_file())
    assert files == ["Cat/1.png", "Cat/Big_cat/0.png", "Cat/text-3.txt", "labels.csv"]
    table = pandas.read_csv(at / "labels.csv")
    assert list(table["label"]) == ["Cat/Big_cat", "Cat", "Cat"] and list(table["external_id"])[2] == "text-3"
    assert (at / "Cat/1.png").read_bytes() == picture(1)
    (tmp_path / "renamed").mkdir()
    at = unpacked(animals, "imagenet", tmp_path / "renamed", label_map={"cat": "=Cat"})
    table = pandas.read_csv(at / "labels.csv")
    assert table["label"][2] == "'=Cat" and table["file"][2] == "'=Cat/text-3.txt" and (at / "=Cat/text-3.txt").exists()


def test_tables_with_tabs_are_read_by_pandas(animals, tmp_path):
    frame = pandas.read_csv(io.BytesIO(exported(animals, "tsv")), sep="\t", quoting=3)
    assert list(frame["kind"]) == ["Cat > Big/cat", "Cat", "Cat"] and frame["legs"][0] == 4
    assert frame["remark"][1] == "'=SUM(1) x", "no formula, and no tab in a cell"


def test_classes_of_all_fields_are_typed_in_parquet(animals, tmp_path):
    rows = loaded(unpacked(animals, "parquet", tmp_path, media=True), tmp_path)["train"]
    names = rows.features["answer_kind"].feature.names
    assert [[names[one] for one in row["answer_kind"]] for row in rows] == [["Cat", "Big/cat"], ["Cat"], ["Cat"]]
    assert rows[0]["answer_legs"] == 4 and rows[1]["answer_legs"] is None and rows[2]["image"] is None
    assert rows[2]["text"] == "A cat."


def test_label_studio_takes_fields_and_spans_and_pairs(cast, animals, reports, tmp_path):
    tasks = json.loads(exported(animals, "label_studio"))
    kinds = [(one["type"], one["value"]) for one in tasks[0]["annotations"][0]["result"]]
    assert kinds == [
        ("taxonomy", {"taxonomy": [["Cat", "Big/cat"]]}),
        ("choices", {"choices": ["Ear", "Tail"]}),
        ("number", {"number": 4}),
    ]
    (text,) = json.loads(exported(reports, "label_studio"))
    spans = [one["value"] for one in text["annotations"][0]["result"]]
    assert all(TEXT[one["start"] : one["end"]] == one["text"] for one in spans) and len(spans) == len(SPANS)
    answers = pairs(cast, wanted=1)
    batch = make.batch(answers)
    rows = [importing.Row(f"line {n}", str(n), {"first": {"text": f"a{n}"}, "second": {"text": "b"}}) for n in range(2)]
    importing.load_all(batch, rows, by=None)
    for task, value in zip(Task.objects.filter(batch=batch).order_by("pk"), ("second", "tie"), strict=True):
        said(cast.alice, task, preferred(value))
    found = [one["annotations"][0]["result"][0] for one in json.loads(exported(answers, "label_studio"))]
    assert [one["value"] for one in found] == [{"selected": "right"}, {"choices": ["tie"]}]


def test_an_empty_project_is_an_empty_set_in_every_format(cast, tmp_path):
    texts = make.project(cast.riverside)
    assert [path.name for path in unpacked(texts, "parquet", tmp_path).iterdir()] == ["README.md"]
    assert exported(texts, "label_studio") == b"[\n]\n"
