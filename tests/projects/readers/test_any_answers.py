"""Any answers to fields, and any preferences, that Tandem writes, Tandem reads: under the project's own labels."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from projects.data import exporting
from projects.data.exporting.decided import Decided
from projects.data.exporting.source import Source, labels_of
from projects.data.exporting.terms import Terms
from projects.data.importing.answers import Words
from projects.data.reading.format import Reading
from projects.data.reading.formats import FORMATS
from projects.data.reading.rows import Row
from projects.models import Project
from projects.queue import answer_check
from projects.task_types import TASK_TYPES
from tests.support import make
from tests.support.projects.files import Held
from tests.support.projects.preference import pairs
from tests.support.projects.preference import said as preferred
from tests.support.projects.round_trips import decided, shown, stored, unpacked_files
from tests.support.rounds import rounds

pytestmark = pytest.mark.django_db

FIELDS = [
    {"name": "Kind", "kind": "tree"},
    {"name": "Mood", "kind": "choice", "required": False},
    {"name": "Seen", "kind": "multiple", "required": False},
    {"name": "Legs", "kind": "number", "min": -8, "max": 8, "step": 0.5, "required": False},
    {"name": "Remark", "kind": "text", "required": False},
]
LABELS = [
    {"name": "Cat", "key": "cat", "field": "kind"},
    {"name": "Big/cat", "key": "big", "field": "kind", "parent": "Cat"},
    {"name": "Dog", "key": "dog", "field": "kind"},
    {"name": "Good, very", "key": "good", "field": "mood"},
    {"name": "Bad", "key": "bad", "field": "mood"},
    {"name": "Tail", "key": "tail", "field": "seen"},
    {"name": "Ear", "key": "ear", "field": "seen"},
]
KEYS = [one["key"] for one in LABELS]
REMARKS = ["Plain.", 'Says "no", twice', "a; b > c", "é — 👩‍🚀", "007", "true"]


@st.composite
def fields(draw: st.DrawFn) -> dict[str, Any]:
    kinds = {
        "kind": ("tree", st.sampled_from([["cat"], ["cat", "big"], ["dog"]])),
        "mood": ("choice", st.sampled_from([None, "good", "bad"])),
        "seen": ("multiple", st.sampled_from([None, ["tail"], ["ear", "tail"]])),
        "legs": ("number", st.sampled_from([None, 0, 4, -2, 1.5])),
        "remark": ("text", st.sampled_from([None, *REMARKS])),
    }
    said = [(name, kind, draw(values)) for name, (kind, values) in kinds.items()]
    return {
        "fields": [{"field": name, "kind": kind, "value": value} for name, kind, value in said if value is not None]
    }


def answers_of(project: Project, rows: Sequence[Row]) -> list[dict[str, Any]]:
    """What the rows say, under the project's labels and checked; nothing of it may be lost."""
    labels = answer_check.labels_of(project)
    names = {one["name"]: one["key"] for one in labels_of(project)} | {key: key for key in labels}
    room = TASK_TYPES[project.task_type]
    words = Words(room, answer_check.asked_of(project, labels), names.get)
    found = []
    for row in rows:
        assert not row.lost
        payload = {name: value for name, value in row.fields.items() if name in room.payload_fields}
        (said,) = row.said
        spoken, lost = words.spoken(said, room.check_payload(payload))
        assert spoken is not None and not lost, lost
        found.append(
            {name: [_plain(one) for one in parts] for name, parts in spoken.answer.items() if name == "fields"}
        )
    return found


def _plain(part: Mapping[str, Any]) -> dict[str, Any]:
    return {name: part[name] for name in ("field", "kind", "value")}


def read_back(
    key: str, reader: str, project: Project, tasks: Sequence[Decided], columns: Mapping[str, str]
) -> list[Row]:
    """The rows that come back of these tasks, in their order; none may be refused."""
    format = exporting.FORMATS[key]
    terms = Terms(media=format.media and any(one.pictures for one in tasks))
    source = Source(project, terms, labels_of(project), lambda _split, _judgements: iter(tasks))
    files = unpacked_files(format, terms, source)
    held = Held({name: data for name, data in files.items() if name != "README.md"})
    found = list(FORMATS[reader].read(held, Reading(project.task_type, columns=columns)))
    assert all(isinstance(one, Row) for one in found), found
    return [one for one in found if isinstance(one, Row)]


TABLE = {"content": "text", "external_id": "external_id"} | {
    name: f"answer.{name}" for name in ("kind", "mood", "seen", "legs", "remark")
}
TEXTS = [
    ("jsonl", "jsonl", {}),
    ("table", "csv", TABLE),
    ("tsv", "csv", TABLE),
    ("parquet", "hugging_face", {}),
    ("label_studio", "label_studio", {}),
]


@pytest.mark.rounds
@pytest.mark.parametrize(("key", "reader", "columns"), TEXTS, ids=[one[0] for one in TEXTS])
def test_any_fields_of_texts_come_back_as_they_were(cast, key: str, reader: str, columns: dict[str, str]) -> None:
    project = make.project(cast.riverside, "Kinds", "classification", labels=LABELS, fields=FIELDS)

    @examples(max_examples=rounds(8), deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(some=st.lists(fields(), min_size=1, max_size=3))
    def hold(some: list) -> None:
        tasks = [decided(at, {"text": f'Text {at}, "so".'}, answer) for at, answer in enumerate(some)]
        rows = read_back(key, reader, project, tasks, columns)
        assert answers_of(project, rows) == some
        assert [row.external_id for row in rows] == [one.external_id for one in tasks]
        assert [row.fields["text"] for row in rows] == [one.payload["text"] for one in tasks]

    hold()


@pytest.mark.rounds
@pytest.mark.parametrize(("key", "reader"), [("parquet", "hugging_face"), ("label_studio", "label_studio")])
def test_any_fields_of_pictures_come_back_with_their_pictures(cast, tmp_path, settings, key: str, reader: str) -> None:
    settings.MEDIA_ROOT = tmp_path
    project = make.project(cast.riverside, "Kinds", "classification", labels=LABELS, fields=FIELDS)
    assets = stored(2)

    @examples(max_examples=rounds(4), deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(some=st.lists(fields(), min_size=2, max_size=2))
    def hold(some: list) -> None:
        tasks = [decided(at, shown(assets[at], f"{at}.png"), answer, assets[at]) for at, answer in enumerate(some)]
        rows = read_back(key, reader, project, tasks, {})
        assert answers_of(project, rows) == some
        assert [row.fields["asset"] for row in rows] == [one.sha256 for one in assets]

    hold()


def test_folders_of_classes_have_the_first_choice_with_its_path(cast, tmp_path, settings) -> None:
    settings.MEDIA_ROOT = tmp_path
    labels = [one | {"name": str(one["name"]).replace("/", " ")} for one in LABELS]
    labels[1] |= {"parent": "Cat"}
    project = make.project(cast.riverside, "Kinds", "classification", labels=labels, fields=FIELDS)
    assets = stored(3)
    some = [{"fields": [{"field": "kind", "kind": "tree", "value": value}]} for value in (["cat", "big"], ["dog"])]
    none: dict[str, Any] = {"fields": []}
    tasks = [
        decided(at, shown(asset, f"{at}.png"), answer, asset)
        for at, (asset, answer) in enumerate(zip(assets, [*some, none], strict=True))
    ]
    rows = {row.fields["asset"]: row for row in read_back("imagenet", "class_folders", project, tasks, {})}
    assert answers_of(project, [rows[one.sha256] for one in assets[:2]]) == some
    assert rows[assets[2].sha256].said == ()


@pytest.mark.parametrize("key", ["doccano", "prodigy"])
def test_lines_of_other_tools_have_the_first_choice_with_its_path(cast, tmp_path, settings, key: str) -> None:
    settings.MEDIA_ROOT = tmp_path
    project = make.project(cast.riverside, "Kinds", "classification", labels=LABELS, fields=FIELDS)
    (asset,) = stored(1)
    some = [{"fields": [{"field": "kind", "kind": "tree", "value": value}]} for value in (["cat", "big"], ["dog"])]
    meta = {"meta": {"herd": "h"}}
    tasks = [
        decided(0, {"text": "A text."} | meta, some[0]),
        decided(1, shown(asset, "1.png") | meta, some[1], asset),
        decided(2, {"text": "Nothing was chosen."}, {"fields": []}),
    ]
    rows = {row.external_id: row for row in read_back(key, key, project, tasks, {})}
    assert answers_of(project, [rows["set/0.png"], rows["set/1.png"]]) == some and rows["set/2.png"].said == ()
    assert rows["set/1.png"].fields["asset"] == asset.sha256
    assert rows["set/0.png"].fields["meta"] == rows["set/1.png"].fields["meta"] == meta["meta"]


PAIR = {"answer_preferred": "answer.preferred", "answer_why": "answer.why"}
PAIR |= dict.fromkeys(("meta", "task", "batch", "text", "file_name", "confidence", "method", "decided_at"), "")


@pytest.mark.rounds
@pytest.mark.parametrize(
    ("key", "reader", "columns"),
    [("jsonl", "jsonl", {}), ("parquet", "parquet", PAIR), ("label_studio", "label_studio", {})],
)
def test_any_preferences_come_back_as_they_were(cast, key: str, reader: str, columns: dict[str, str]) -> None:
    project = pairs(cast, fields=[{"name": "Why", "kind": "text", "required": False}])
    say = partial(preferred)

    @examples(max_examples=rounds(6), deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(
        values=st.lists(st.sampled_from(["first", "second", "tie"]), min_size=1, max_size=3),
        why=st.sampled_from(REMARKS),
    )
    def hold(values: list[str], why: str) -> None:
        tasks = [
            decided(
                at,
                {"prompt": "Which?", "first": {"text": f"a{at}", "item": "m1"}, "second": {"text": "b"}},
                say(value, why=why),
            )
            for at, value in enumerate(values)
        ]
        rows = read_back(key, reader, project, tasks, columns)
        assert answers_of(project, rows) == [{"fields": one.answer["fields"]} for one in tasks]
        checked = [TASK_TYPES["preference"].check_payload(row.fields) for row in rows]
        assert [one | {"meta": {}} for one in checked] == [one.payload | {"meta": {}} for one in tasks]

    hold()
