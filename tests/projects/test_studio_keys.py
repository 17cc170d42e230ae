"""The studio's own keys, as Python and the studio's modules both know them; and labels that are kept off them."""

import json
from pathlib import Path

import pytest

from projects.configuration import configure
from projects.errors import Refused
from projects.task_types import TASK_TYPES
from tests.support import make

CASES = json.loads((Path(__file__).parents[1] / "fixtures" / "studio_keys.json").read_text())


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['type']}-{case['labels']}")
def test_both_sides_know_the_same_keys(case: dict) -> None:
    """tests/js/studio_keys.test.js asks the studio's modules."""
    assert sorted(TASK_TYPES[case["type"]].studio_keys(case["labels"])) == case["keys"]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("task_type", "labels", "text"),
    [
        ("text_spans", [{"name": "Person", "hotkey": "a"}], "A is the studio's own key for “Accept”"),
        ("text_spans", [{"name": "Person", "hotkey": "S"}], "S is the studio's own key for “Skip”"),
        ("text_spans", [{"name": "A", "hotkey": "p"}, {"name": "B", "hotkey": "P"}], "“A” has the key P already"),
        ("text_spans", [{"name": "Person", "hotkey": "é!"}], None),
        ("text_spans", [{"name": "Person", "hotkey": "!"}], "a letter or a digit"),
        ("image_regions", [{"name": "Cat", "hotkey": "d", "shapes": ["mask"]}], "“Brush”"),
        ("image_regions", [{"name": "Cat", "hotkey": "d", "shapes": ["box"]}], None),
        ("image_regions", [{"name": "Cat", "hotkey": "n", "shapes": ["box"]}], "“Box by hand”"),
        ("classification", [{"name": "Cat", "hotkey": "k"}], "“Field before”"),
        ("classification", [{"name": "Cat", "hotkey": "a"}], None),
        ("preference", [{"name": "Rude", "field": "Tone", "hotkey": "1"}], "“A is better”"),
        ("preference", [{"name": "Rude", "field": "Tone", "hotkey": "a"}], None),
    ],
)
def test_a_label_is_kept_off_the_studios_keys(cast, task_type: str, labels: list, text: str | None) -> None:
    begun = {"fields": [{"name": "Tone", "kind": "choice"}], "labels": [{"name": "Kind", "field": "Tone"}]}
    terms = begun if task_type == "preference" else {"labels": [{"name": "First of all"}]}
    project = make.project(cast.riverside, task_type=task_type, **terms)
    if text is None:
        configure.set_labels(project, labels, by=cast.mina)
        return
    with pytest.raises(Refused) as refused:
        configure.set_labels(project, labels, by=cast.mina)
    assert text in refused.value.text
    assert (refused.value.code, refused.value.place) == ("bad-hotkey", f"labels[{len(labels) - 1}].hotkey")
    assert not project.labels.filter(hotkey__gt="").exists()


@pytest.mark.django_db
def test_the_grid_has_keys_of_its_own(cast) -> None:
    one_screen = make.project(cast.riverside, "One", task_type="classification", labels=[{"name": "Dog"}], grid=12)
    for key, fine in [("f", False), ("k", True)]:
        try:
            configure.set_labels(one_screen, [{"name": "Cat", "hotkey": key}], by=cast.mina)
        except Refused:
            assert not fine
        else:
            assert fine
