"""Which shapes a label takes and what it asks of each mark: written down by Mina, kept to by the server."""

import pytest

from projects.configuration import configure, label_attributes, label_changes, save_settings
from projects.errors import Refused
from projects.inference.gold_check import check_regions
from projects.models import Project, Task
from projects.quality.gold import difference_words
from projects.task_types import TASK_TYPES
from projects.web.annotator import work_json
from projects.workflow import submission
from tests.support import make

POSE = {"name": "Pose", "kind": "choice", "choices": ["standing", "sitting"]}
OCCLUDED = {"name": "Occluded", "kind": "flag"}
LEGS = {"name": "Legs", "kind": "number"}
REMARK = {"name": "Remark", "kind": "text"}
REQUIRED, COUNTS = {"required": True}, {"counts": True}


def test_what_is_said_of_attributes_is_held_in_one_form():
    held = label_attributes.checked([POSE | REQUIRED | COUNTS, OCCLUDED | {"required": False}, LEGS | COUNTS, REMARK])
    assert held[0] == {"key": "pose"} | POSE | REQUIRED | COUNTS
    assert held[1] == {"key": "occluded"} | OCCLUDED  # what was held before attributes could be required
    assert label_attributes.checked(held) == held
    begun = [
        POSE | {"default": " sitting "},
        OCCLUDED | {"default": False},
        LEGS | {"default": 4},
        REMARK | {"default": ""},
    ]
    assert [one.get("default") for one in label_attributes.checked(begun)] == ["sitting", False, 4, None]


@pytest.mark.parametrize(
    ("attributes", "place"),
    [
        ({"name": "Pose"}, ""),
        ([{"name": "A", "kind": "flag"}] * 30, ""),
        ([OCCLUDED, "Pose"], "[1].kind"),
        ([POSE | {"kind": "colour"}], "[0].kind"),
        ([POSE | {"default": "lying"}], "[0].default"),
        ([LEGS | {"default": "four"}], "[0].default"),
        ([OCCLUDED | {"default": "no"}], "[0].default"),
        ([REMARK | {"default": "x" * 61}], "[0].default"),
        ([POSE | {"choices": ["one"]}], "[0].choices"),
        ([POSE | {"choices": ["a", "b, c"]}], "[0].choices"),
        ([POSE | {"choices": "standing"}], "[0].choices"),
        ([{"name": "", "kind": "flag"}], "[0].name"),
        ([{"name": " ", "key": "pose", "kind": "flag"}], "[0].name"),
        ([{"name": "Pose (now)", "kind": "flag"}], "[0].name"),
        ([OCCLUDED, LEGS, OCCLUDED], "[2].name"),
    ],
)
def test_what_is_no_attribute_is_refused_at_its_place(attributes, place):
    with pytest.raises(Refused) as refused:
        label_attributes.checked(attributes, place="")
    assert (refused.value.code, refused.value.place) == ("bad-attribute", place)


def test_one_that_is_called_otherwise_keeps_its_key_and_leaves_its_name_to_a_new_one():
    posture = POSE | {"key": "pose", "name": "Posture"}
    assert [one["key"] for one in label_attributes.checked([posture, POSE])] == ["pose", "pose_2"]
    assert [one["key"] for one in label_attributes.checked([POSE, posture])] == ["pose_2", "pose"]
    with pytest.raises(Refused) as refused:
        label_attributes.check_names([posture, POSE, POSE | {"key": "p9"}])
    assert refused.value.place == "attributes[2].name"


@pytest.mark.django_db
@pytest.mark.parametrize("shapes", [[], ["circle"], "mask", [["mask"]]])
def test_label_takes_known_shapes_only(cast, shapes):
    with pytest.raises(Refused) as refused:
        configure.set_labels(make.project(cast.riverside), [{"name": "Cat", "shapes": shapes}], by=cast.mina)
    assert refused.value.code == "bad-shapes"


@pytest.mark.django_db
def test_masks_are_the_default_and_other_changes_leave_the_rules(cast):
    project = make.project(cast.riverside)
    configure.set_labels(project, [{"name": "Cat", "shapes": ["point", "box"]}, {"name": "Dog"}], by=cast.mina)
    configure.set_labels(project, [{"name": "Cat", "key": "cat"}, {"name": "Dog", "key": "dog"}], by=cast.mina)
    assert [label.shapes for label in project.labels.in_use()] == [["box", "point"], ["mask"]]


@pytest.mark.django_db
def test_studio_is_told_and_the_server_keeps_to_it(cast):
    project = make.project(cast.riverside, task_type="image_regions")
    asked = label_attributes.checked([OCCLUDED])
    configure.set_labels(project, [{"name": "Cat", "shapes": ["box"], "attributes": asked}], by=cast.mina)
    told = work_json.project_json(project, project.settings_now(), cast.mina)["labels"][0]
    assert (told["shapes"], told["attributes"]) == (["box"], asked)

    payload = {"asset": "a" * 64, "width": 20, "height": 10, "name": "cat.png"}
    task = Task(project=project, payload=payload)
    region = {"id": "r1", "label": "cat", "shape": {"type": "box", "x": 1, "y": 1, "width": 5, "height": 5}}
    answer = {"regions": [region | {"attributes": {"occluded": True}}]}
    assert submission.check_for(task, answer)["regions"][0]["attributes"] == {"occluded": True}
    for change, code in [
        ({"attributes": {"occluded": "yes"}}, "wrong-attribute"),
        ({"shape": {"type": "point", "x": 1, "y": 1}}, "shape-not-taken"),
    ]:
        with pytest.raises(Refused) as refused:
            submission.check_for(task, {"regions": [region | change]})
        assert refused.value.code == code


@pytest.mark.django_db
def test_changed_rules_are_a_change_of_the_settings(cast):
    project = make.project(cast.riverside, task_type="image_regions", labels=[{"name": "Cat"}])
    before = save_settings.mark(project)
    rows = [one | {"shapes": ["polygon"]} for one in save_settings.labels_of(project)]
    save_settings.revise(project, cast.mina, seen=before, labels=rows)
    assert save_settings.mark(project) != before
    assert project.labels.get().shapes == ["polygon"]


BOX = {"type": "box", "x": 1, "y": 1, "width": 5, "height": 5}


def posed(pose: str | None, **more: object) -> dict:
    attributes = ({"pose": pose} if pose else {}) | more
    return {"regions": [{"id": "r1", "label": "cat", "shape": BOX, "attributes": attributes}]}


def cats(cast, *asked: dict, **settings: object) -> Project:
    labels = [{"name": "Cat", "shapes": ["box"], "attributes": asked}]
    return make.project(cast.riverside, task_type="image_regions", labels=labels, **settings)


@pytest.mark.django_db
def test_what_is_required_is_asked_for_by_name_and_place_and_no_counts_as_an_answer(cast):
    project = cats(cast, POSE | REQUIRED, OCCLUDED | REQUIRED)
    task = Task(project=project, payload={"asset": "a" * 64, "width": 20, "height": 10, "name": "cat.png"})
    for open_, place in [
        (posed(None, occluded=True), "pose"),
        (posed("", occluded=True), "pose"),
        (posed("sitting"), "occluded"),
    ]:
        with pytest.raises(Refused) as refused:
            submission.check_for(task, open_)
        assert (refused.value.code, refused.value.place) == ("missing-attribute", f"regions[0].attributes.{place}")
    assert submission.check_for(task, posed("sitting", occluded=False))["regions"][0]["attributes"]["occluded"] is False


@pytest.mark.django_db
def test_what_is_required_and_has_a_default_counts_as_filled_and_says_that_nobody_touched_it(cast):
    project = cats(cast, POSE | REQUIRED | {"default": "standing"}, OCCLUDED | {"default": False})
    task = Task(project=project, payload={"asset": "a" * 64, "width": 20, "height": 10, "name": "cat.png"})

    def held(answer: dict, *untouched: str) -> tuple[dict, list | None]:
        source = {"source": "human", "untouched": list(untouched)}
        answer = {"regions": [answer["regions"][0] | {"provenance": source}]}
        (region,) = submission.check_for(task, answer)["regions"]
        assert submission.check_for(task, {"regions": [region]})["regions"] == [region]
        return region["attributes"], region["provenance"].get("untouched")

    assert held(posed(None)) == ({"pose": "standing"}, ["pose"])
    assert held(posed("sitting"), "pose") == ({"pose": "sitting"}, None), "it isn't the default"
    assert held(posed("standing")) == ({"pose": "standing"}, None), "a person chose it"
    assert held(posed("standing", occluded=False), "occluded", "legs") == (
        {"pose": "standing", "occluded": False},
        ["occluded"],
    )


@pytest.mark.django_db
def test_two_people_who_differ_in_what_is_collected_agree_and_in_what_counts_they_do_not(cast):
    room = TASK_TYPES["image_regions"]
    project = cats(cast, POSE, REMARK)
    settings = project.settings_now()
    assert "counted" not in settings.thresholds
    assert room.agreement(posed("sitting"), posed("standing"), settings.thresholds) == 1

    label_changes.alter(project, "cat", by=cast.mina, attributes=[POSE | COUNTS])
    now = project.settings_now()
    assert (now.version, now.thresholds["counted"]) == (settings.version + 1, {"cat": ["pose"]})
    assert room.agreement(posed("sitting"), posed("standing"), now.thresholds) == 0
    assert room.agreement(posed("sitting", remark="a"), posed("sitting", remark="b"), now.thresholds) == 1
    merged = room.merge([posed("sitting"), posed("sitting"), posed("standing")], now.thresholds)
    assert merged["regions"][0]["attributes"] == {"pose": "sitting"}
    assert room.agreement(posed("sitting"), merged, now.thresholds) == 1

    found = room.gold_check(posed(None), posed("sitting"), now.thresholds)
    assert found.score == pytest.approx(0.2)
    words = difference_words.said(found.differences, difference_words.names_in(project), None)
    assert words == ["Cat, at 1, 1 (5 × 5 px): Pose is “sitting”, not “left open”."]

    # The page's own thresholds are said without what labels say, and leave that alone.
    configure.change(project, cast.mina, thresholds={"agreement": 0.8})
    assert project.settings_now().thresholds == {"agreement": 0.8, "counted": {"cat": ["pose"]}}


@pytest.mark.django_db
def test_what_is_decided_part_by_part_lets_no_attribute_count(cast):
    with pytest.raises(Refused) as refused:
        cats(cast, POSE | COUNTS, aggregation="regions_v1")
    assert (refused.value.code, refused.value.place) == ("bad-setting", "aggregation")
    project = cats(cast, POSE | COUNTS)
    plain = [{"name": "Cat", "key": "cat", "attributes": [POSE]}]
    made = configure.change(project, cast.mina, labels=plain, aggregation="regions_v1")
    assert "counted" not in made.thresholds


def test_a_flag_that_nobody_touched_says_no_and_whole_numbers_are_whole():
    room, counted = TASK_TYPES["image_regions"], {"cat": ["occluded", "legs"]}
    untouched, said = posed(None, legs=4), posed(None, occluded=False, legs=4.0)
    assert room.agreement(untouched, said, {"counted": counted}) == 1
    assert check_regions(untouched, said, counted=counted).score == 1
    hidden = posed(None, occluded=True, legs=4)
    assert room.agreement(untouched, hidden, {"counted": counted}) == 0
    assert check_regions(untouched, hidden, counted=counted).score < 1
