"""Which shapes a label takes and what it asks of each mark: written down by Mina, kept to by the server."""

import pytest

from projects.configuration import configure, label_attributes, save_settings
from projects.errors import Refused
from projects.models import Task
from projects.web.annotator import work_json
from projects.workflow import submission
from tests.support import make

WRITTEN = "Pose (standing, sitting)\nOccluded (flag)\nLegs (number)\nRemark (text)"


def test_what_is_written_is_read_and_written_the_same():
    held = label_attributes.read(WRITTEN)
    assert [one["kind"] for one in held] == ["choice", "flag", "number", "text"]
    assert held[0] == {"key": "pose", "name": "Pose", "kind": "choice", "choices": ["standing", "sitting"]}
    assert label_attributes.written(held) == WRITTEN
    assert label_attributes.checked(held) == held


@pytest.mark.parametrize(
    "text", ["Pose", "Pose (one)", "(flag)", "A (flag)\nA (text)", "Pose (a, b", "\n".join(["x (flag)"] * 30)]
)
def test_what_cannot_be_read_is_refused(text):
    with pytest.raises(Refused) as refused:
        label_attributes.read(text)
    assert refused.value.code == "bad-attribute"


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
    asked = label_attributes.read("Occluded (flag)")
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
