"""Files as other tools document them, written by hand: all that is in them arrives, or is listed with its place."""

from pathlib import Path
from typing import Any

import pytest

from projects.data.importing import Row
from projects.data.reading.rows import Fault
from tests.support.projects.files import answers, faults, lost, read
from tests.support.projects.importing import picture

HERE = Path(__file__).parent / "by_hand"
Items = list[Row | Fault]


def written(folder: str, *names: str, pictures: tuple[str, ...] = ()) -> dict[str, bytes]:
    """The files of a folder, or those that are named, with pictures beside them."""
    paths = [HERE / folder / name for name in names] or [one for one in (HERE / folder).rglob("*") if one.is_file()]
    found = {one.relative_to(HERE / folder).as_posix(): one.read_bytes() for one in paths}
    return found | {name: picture(number) for number, name in enumerate(pictures)}


def only(items: Items) -> list[Row]:
    return [item for item in items if isinstance(item, Row)]


def drawn(row: Row, which: int = 0) -> list[tuple[str, str, dict[str, Any]]]:
    """Label, kind and attributes of each region."""
    return [(one["label"], one["shape"]["type"], one["attributes"]) for one in answers(row)[which]["regions"]]


def alike(found: list[tuple[str, str, dict[str, Any]]]) -> list[str]:
    """The same in an order of their own."""
    return sorted(f"{label} {kind} {sorted(attributes.items())}" for label, kind, attributes in found)


def marked(row: Row, which: int = 0) -> list[tuple[str, str, dict[str, Any]]]:
    """Words, label and attributes of each span."""
    text = row.fields["text"]
    found = answers(row, "text_spans")[which]["spans"]
    return [(text[one["start"] : one["end"]], one["label"], one["attributes"]) for one in found]


def fields(row: Row, which: int = 0) -> dict[str, Any]:
    return {one["field"]: one["value"] for one in row.said[which].answer["fields"]}


def texts(row: Row, code: str) -> list[str]:
    return [one.text for one in row.lost if one.code == code]


# --- CVAT

QUAY = ("images/Train/quay/one.png", "quay/two.png", "quay/wide.png")


def test_every_shape_of_cvats_images_with_what_is_said_of_it() -> None:
    items = read("cvat_xml", written("cvat_images", pictures=QUAY))
    one, two, wide = only(items)
    whole = {"instance": 10, "skeleton": "sailor", "awake": False}
    hidden = {"occluded": True}
    assert alike(drawn(one)) == alike(
        [
            ("boat", "polygon", {}),  # the box that was turned
            ("boat", "point", {}),
            ("boat", "point", {}),
            ("boat", "polygon", {}),  # the ellipse
            ("boat", "mask", {}),
            ("head", "point", whole),
            ("hand", "point", whole),
            ("boat", "polygon", {}),
            ("boat", "polyline", {}),
            ("boat", "box", hidden | {"group": 5, "moored": True, "crew": 4, "rig": "ketch"}),
        ]
    )
    regions = answers(one)[0]["regions"]
    assert [one["shape"]["visible"] for one in regions if one["shape"]["type"] == "point"] == [
        False,
        False,
        True,
        False,
    ]
    assert regions[-1]["shape"] == {"type": "box", "x": 2, "y": 3, "width": 10, "height": 8}, "what lies on top is last"
    assert lost(one) == [
        (f"{QUAY[0]}, ellipse 7", "kept-as-polygon"),
        (f"{QUAY[0]}, cuboid 9", "unknown-shape"),
        (QUAY[0], "no-place"),
    ]
    assert texts(one, "no-place")[0].endswith("there are 1 (tag 1).")
    assert (one.fields["meta"], two.fields["meta"]) == ({"subset": "Train"}, {"subset": "Validation"})
    assert answers(two) == [{"regions": []}] and lost(wide) == [("quay/wide.png", "wrong-image-size")]
    assert faults(items) == [("quay/lost.png", "no-picture")]


def test_cvats_tags_are_classes_and_what_they_ask_is_told() -> None:
    one = only(read("cvat_xml", written("cvat_images", pictures=QUAY), "classification"))[0]
    assert fields(one) == {"": ["fog"]} and (f"{QUAY[0]}, tag 1, thick", "no-place") in lost(one)
    assert (
        "there are 10 (box 3, points 6, point 1, points 6, point 2, ellipse 7, mask 8, …)" in texts(one, "no-place")[1]
    )


def test_frames_of_a_video_without_their_pictures_say_what_to_do() -> None:
    items = read("cvat_xml", written("cvat_video", pictures=("images/frame_000001.png",)))
    (frame,) = only(items)
    assert drawn(frame) == [
        ("ferry", "box", {"lit": True, "track": 0, "group": 2}),
        ("head", "point", {"instance": 1, "skeleton": "sailor", "track": 1}),
    ]
    assert faults(items) == [("annotations.xml, frame_000000", "no-picture")]
    assert "with its images" in next(item.text for item in items if isinstance(item, Fault))


BACKUP = tuple(f"task_0/data/{name}.png" for name in "abc")


def test_a_cvat_projects_backup_with_tracks_a_deleted_frame_and_a_video() -> None:
    items = read("cvat_backup", written("cvat_project", pictures=BACKUP))
    first, second = only(items)
    tied = {"awake": "false", "instance": "[0].shapes[4]", "skeleton": "sailor"}
    assert alike(drawn(first)) == alike(
        [
            ("boat", "box", {"occluded": True, "group": 5, "rig": "ketch"}),
            ("boat", "polygon", {}),
            ("boat", "mask", {}),
            ("head", "point", tied),
            ("hand", "point", tied),
            ("boat", "box", {"group": 6, "track": "0", "rig": "sloop", "lit": "true"}),
        ]
    )
    followed = {"group": 6, "track": "0", "rig": "sloop", "lit": "false"}
    assert drawn(second) == [("boat", "box", followed), ("head", "point", {"track": "1"})]
    assert first.fields["meta"] == {"subset": "Train"}
    assert lost(first) == [
        (f"{BACKUP[0]}, [0].shapes[1]", "kept-as-polygon"),
        (f"{BACKUP[0]}, [0].shapes[3]", "unknown-shape"),
        (BACKUP[0], "no-place"),
    ]
    assert faults(items) == [
        ("task_0/annotations.json, [0].audio_intervals[0]", "no-place"),
        ("task_0/annotations.json, frame 2", "no-picture"),
        ("task_0/annotations.json, frame 9", "no-picture"),
        ("task_1/task.json", "no-images"),
    ]
    classed = only(read("cvat_backup", written("cvat_project", pictures=BACKUP), "classification"))[0]
    assert fields(classed) == {"": ["fog"]} and (f"{BACKUP[0]}, [0].tags[0], thick", "no-place") in lost(classed)


def test_frames_that_are_no_numbers_are_told_and_the_others_go_in() -> None:
    files = written("cvat_video", pictures=("images/frame_000001.png",))
    files["annotations.xml"] = files["annotations.xml"].replace(b'frame="0"', 'frame="³"'.encode())
    items = read("cvat_xml", files)
    assert faults(items) == [("annotations.xml, track 0", "wrong-shape")] and len(drawn(only(items)[0])) == 2
    files = written("cvat_project", pictures=BACKUP)
    for name, known, spoilt in (
        ("task.json", b'"deleted_frames": [2]', b'"deleted_frames": [[2], "x"]'),
        ("annotations.json", b'"frame": 9', b'"frame": ' + b"9" * 40),
    ):
        files[f"task_0/{name}"] = files[f"task_0/{name}"].replace(known, spoilt)
    items = read("cvat_backup", files)
    assert ("task_0/annotations.json, [0].shapes[6]", "wrong-shape") in faults(items) and len(only(items)) == 3


# --- doccano

IDA = "Ida met Omar in Lund."


def test_doccanos_spans_relations_intents_and_what_each_of_two_people_said() -> None:
    one, two = only(read("doccano", written("doccano", "sequence_labeling.jsonl"), "text_spans"))
    assert marked(one) == [("Ida", "PER", {}), ("Omar", "PER", {}), ("Lund", "LOC", {})] and marked(two) == []
    assert (one.external_id, one.fields["meta"], lost(one)) == ("11", {"source": "diary"}, [("line 1", "no-place")])
    assert texts(one, "no-place") == ["This task type has no place for comments; there are 1 (Comments[0])."]
    (related,) = only(read("doccano", written("doccano", "relations.jsonl"), "text_spans"))
    assert marked(related) == [("Ida", "PER", {}), ("Omar", "PER", {})]
    assert texts(related, "no-place") == [
        "This task type has no place for relations; there are 2 (relations[0], relations[1]).",
        "This task type has no place for comments; there are 1 (Comments[0]).",
    ]
    (wake,) = only(read("doccano", written("doccano", "intent.jsonl"), "text_spans"))
    assert marked(wake) == [("seven", "TIME", {})] and "classes" in texts(wake, "no-place")[0]
    (wake,) = only(read("doccano", written("doccano", "intent.jsonl"), "classification"))
    assert fields(wake) == {"": "alarm"} and "spans; there are 1 (entities[0])" in texts(wake, "no-place")[0]
    (old,) = only(read("doccano", written("doccano", "old_spans.jsonl"), "text_spans"))
    assert [(said.by, marked(old, at)) for at, said in enumerate(old.said)] == [
        ("2", [("Ida", "4", {})]),
        ("3", [("Omar", "4", {})]),
    ]
    assert old.fields["meta"] == {"annotation_approver": "ruth", "shelf": "B"} and not old.lost


def test_doccanos_classes_written_texts_and_pictures() -> None:
    found = only(read("doccano", written("doccano", "classification.jsonl"), "classification"))
    assert [fields(row) if row.said else None for row in found] == [{"": "good"}, {"": ["bad", "late"]}, None]
    as_spans = only(read("doccano", written("doccano", "classification.jsonl"), "text_spans"))
    assert [len(row.said) for row in as_spans] == [0, 0, 1], "classes don't say that nothing could be marked"
    (morning,) = only(read("doccano", written("doccano", "seq2seq_old.jsonl"), "classification"))
    assert lost(morning) == [("line 1, annotations[0]", "no-place")] and not morning.said
    boats = written("doccano", "image_classification.jsonl", pictures=("one.png",))
    (row,) = only(read("doccano", boats, "classification"))
    assert fields(row) == {"": ["boat", "fog"]} and row.fields["meta"] == {"camera": "north", "id": 71}
    assert lost(row) == [("one.png, Comments[0]", "no-place")]
    assert only(read("doccano", boats))[0].said == ()
    (boxed,) = only(read("doccano", written("doccano", "bounding_box.jsonl", pictures=("one.png",))))
    assert drawn(boxed) == [("boat", "box", {})] and lost(boxed) == [("one.png, bbox[1]", "wrong-shape")]
    (outlined,) = only(read("doccano", written("doccano", "segmentation.jsonl", pictures=("one.png",))))
    assert answers(outlined)[0]["regions"][0]["shape"]["points"] == [[1, 1], [9, 1], [9, 9]] and not outlined.lost


# --- Prodigy


def test_prodigys_answers_by_person_and_all_that_was_not_accepted() -> None:
    met, cold, warm, again = only(read("prodigy", written("prodigy", "texts.jsonl"), "text_spans"))
    assert [said.by for said in met.said] == ["diary-ana", "diary-ben"]
    assert marked(met) == [("Ida", "PER", {}), ("Lund", "LOC", {"score": 0.75, "source": "rules"})]
    assert marked(met, 1) == [("Ida met Omar", "MEETING", {}), ("Omar", "PER", {})]
    assert met.fields["meta"] == {"shelf": "B", "weather": "rain"}
    at = "texts.jsonl, line 1, line"
    assert lost(met) == [
        (f"{at} 2, shelf", "said-twice"),
        (f"{at} 2, relations", "no-place"),
        (f"{at} 3", "not-accepted"),
        (f"{at} 4", "not-accepted"),
    ]
    assert (cold.said, warm.said, again.said) == ((), (), ()), "classes don't say that nothing could be marked"
    _, cold, warm, again = only(read("prodigy", written("prodigy", "texts.jsonl"), "classification"))
    assert fields(cold) == {"": "COMPLAINT"} and cold.said[0].score == 0.4 and fields(again) == {"": ["q", "j"]}
    assert warm.said == () and lost(warm) == [("texts.jsonl, line 6, line 6", "not-accepted")]
    assert lost(again) == [
        ("texts.jsonl, line 7, user_input", "no-place"),
        ("texts.jsonl, line 7, flagged", "no-place"),
    ]


def test_prodigys_reviews_and_answers_that_say_no_more_than_yes() -> None:
    reviewed, asked = only(read("prodigy", written("prodigy", "reviewed.jsonl"), "text_spans"))
    assert (marked(reviewed), "meta" in reviewed.fields) == ([("Ida", "PER", {})], False)
    assert lost(reviewed) == [("reviewed.jsonl, line 1, versions", "no-place")], "the answers that were weighed"
    assert marked(asked) == [("Omar", "PER", {"score": 0.5})]
    assert lost(asked) == [("reviewed.jsonl, line 2, _is_binary", "said-in-part")]


def test_prodigys_rectangles_polygons_and_freehand() -> None:
    (row,) = only(read("prodigy", written("prodigy", "images.jsonl", pictures=("one.png",))))
    assert [kind for _, kind, _ in drawn(row)] == ["box", "polygon", "polygon"] and not row.lost
    assert (row.external_id, row.fields["meta"]) == ("prodigy-201", {"camera": "north"})
    (row,) = only(read("prodigy", written("prodigy", "images.jsonl", pictures=("one.png",)), "classification"))
    assert row.said == () and "there are 3 (spans[0], spans[1], spans[2])" in texts(row, "no-place")[0]


# --- brat and WebAnno


def test_everything_that_brat_can_say_of_a_text() -> None:
    items = read("brat", written("brat"), "text_spans")
    one, three, two = only(items)
    assert marked(one) == [
        ("Ida", "Person", {"Certainty": "high"}),
        ("Omar", "Person", {"First": True}),
        ("met", "Meet", {}),
        ("Lund", "Place", {}),
        ("old", "Ferry", {"part_of": "T5"}),
        ("old\nand the", "Phrase", {}),
        ("ferry", "Ferry", {"part_of": "T5"}),
    ]
    assert lost(one)[:2] == [("one.ann, line 11", "said-twice"), ("one.ann, line 12", "no-such-entity")]
    told = {
        "attributes of events and relations": 9,
        "events": 7,
        "relations": 8,
        "equivalences": 14,
        "normalizations": 15,
        "notes": 16,
    }
    assert texts(one, "no-place") == [
        f"This task type has no place for {what}; there are 1 (line {line})." for what, line in told.items()
    ]
    assert (three.said, marked(two)) == ((), []), "a text without a file was not looked at"
    assert faults(items) == [("ward/four.ann", "no-text"), ("ward/plan.svg", "not-read")]


def test_webannos_layers_stacks_slots_chains_and_relations() -> None:
    (row,) = only(read("webanno", written("webanno"), "text_spans"))
    assert row.fields["text"] == "Ida Lind met Omar.\nA 👩 said: yes."
    assert marked(row) == [
        ("Ida Lind", "PER", {"identifier": "http:x|y"}),
        ("Ida Lind", "team", {}),
        ("Lind", "FAMILY", {}),
        ("met", "meeting", {}),
        ("Om", "_", {}),
        ("Omar", "PER", {}),
        ("A", "Role", {}),
        ("👩", "NamedEntity", {}),
        ("👩", "Role", {}),
        ("yes", "SAID", {}),
        ("yes", "sign", {}),
    ]
    assert texts(row, "no-place") == [
        "This task type has no place for chains; there are 3 (line 9, line 10, line 12).",
        "This task type has no place for slots; there are 3 (line 11, line 17, line 21).",
        "This task type has no place for relations; there are 1 (line 12).",
    ]


# --- Label Studio


def test_label_studios_regions_relations_and_predictions() -> None:
    (row,) = only(read("label_studio", written("label_studio", "images.json", pictures=("one.png",))))
    assert drawn(row) == [
        ("boat", "box", {"rig": "ketch"}),
        ("boat", "polygon", {}),
        ("bow", "point", {}),
        ("buoy", "polygon", {}),
        ("rope", "polyline", {}),
    ]
    assert drawn(row, 1) == [("boat", "box", {"score": 0.25})]
    assert [(said.by, said.predicted, said.score) for said in row.said] == [
        ("ana@example.org", False, None),
        ("det-7", True, 0.5),
    ]
    at = "images.json, [0], annotations[0]"
    assert lost(row) == [
        (at, "ground-truth"),
        (f"{at}.result[6]", "no-place"),
        (f"{at}.result[4]", "kept-as-polygon"),
        ("images.json, [0]", "no-place"),
    ]
    assert row.fields["meta"] == {"camera": "north", "round": 2}


def test_label_studios_spans_and_fields_of_every_kind() -> None:
    (row,) = only(read("label_studio", written("label_studio", "texts.json"), "text_spans"))
    assert marked(row) == [("Ida", "PER", {"note": "the sailor"}), ("Omar", "PER", {})]
    assert [code for _, code in lost(row)] == [
        *["no-place"] * 3,  # two relations in a circle, and a ranking
        "span-differs",
        "more-than-one",
        "no-place",
        "cancelled",
    ]
    (row,) = only(read("label_studio", written("label_studio", "texts.json"), "classification"))
    wanted = {"mood": "calm", "seen": ["people", "town"], "kind": ["letter", "private"], "stars": 4, "words": 5}
    assert fields(row) == wanted | {"remark": "Short.", "day": "2024-02-30"}
    kinds = {one["field"]: one.get("kind") for one in row.said[0].answer["fields"]}
    assert kinds["remark"] == kinds["day"] == "text" and kinds["mood"] is None, "what was written is no label"
    (row,) = only(read("label_studio", written("label_studio", "short.json"), "text_spans"))
    assert marked(row) == [("Ida", "PER", {})] and row.fields["meta"] == {"mood": "calm"}


def test_label_studios_pairs_say_which_is_better() -> None:
    items = read("label_studio", written("label_studio", "pairs.json"), "preference")
    (row,) = only(items)
    assert {name: row.fields[name] for name in ("prompt", "first", "second", "meta")} == {
        "prompt": "Which is kinder?",
        "first": "Go.",
        "second": "Please go.",
        "meta": {"model": "m1"},
    }
    assert fields(row) == {"preferred": "second", "why": "It asks."} and fields(row, 1) == {"preferred": "first"}
    assert (row.said[0].by, row.said[1].by, row.said[1].predicted) == ("4", "judge-1", True) and not row.lost
    assert faults(items) == [("pairs.json, [1]", "no-place")]


# --- newer than what is known here


NEWER = {
    "cvat_xml": ("cvat_images", "annotations.xml", "<version>1.1<", "<version>2.0<", "image_regions"),
    "cvat_backup": ("cvat_project", "task_0/task.json", '"version": "1.0"', '"version": "2.0"', "image_regions"),
    "webanno": ("webanno", "letter.tsv", "WebAnno TSV 3.3", "WebAnno TSV 4.0", "text_spans"),
}


@pytest.mark.parametrize("key", NEWER)
def test_a_file_of_a_newer_version_is_refused_by_name_and_the_others_go_in(key: str) -> None:
    folder, name, known, newer, task_type = NEWER[key]
    files = written(folder, pictures=QUAY)
    files[name] = files[name].replace(known.encode(), newer.encode())
    found = {code: place for place, code in faults(read(key, files, task_type))}
    assert found["newer-version"].startswith(f"{name}, ")
