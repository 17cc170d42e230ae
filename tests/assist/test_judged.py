"""From a brought model's labels to a project's, and how far a box was changed before it was handed in."""

from typing import Any

import pytest

from assist.suggestions import edit_distance, judged
from assist.suggestions.label_map import project_label
from assist.suggestions.prototypes import Choices

MOOD = Choices("mood", "choice", {"glad": ("joy", "thanks"), "sad": ("grief",)})


@pytest.mark.parametrize(
    "label, mapping, own, found",
    [
        ("ORT", {}, {"ORT": "place"}, "place"),
        ("place", {}, {}, "place"),
        ("Hard Hat", {}, {}, "hard-hat"),
        ("PERSON", {}, {}, "person"),
        ("ORT", {"ORT": "person"}, {"ORT": "place"}, "person"),
        ("ORT", {"DATE": "person"}, {"ORT": "place"}, None),
        ("ORT", {}, {"ORT": "retired"}, None),
        ("place", {}, None, None),
    ],
)
def test_project_is_heard_before_the_manifest_and_that_before_the_names(
    label: str, mapping: dict[str, str], own: dict[str, str] | None, found: str | None
) -> None:
    assert project_label(label, mapping, {"place", "person", "hard-hat"}, own) == found


@pytest.mark.parametrize(
    "shares, label, score",
    [
        ({"joy": 0.2, "thanks": 0.3, "grief": 0.4}, "glad", 0.5),
        ({"SAD": 0.9, "joy": 0.1}, "sad", 0.9),
        ({"grief": None}, "sad", None),
        ({"joy": 0.7, "thanks": 0.7}, "glad", 1.0),
    ],
)
def test_shares_of_words_that_mean_a_label_add_up(shares: judged.Shares, label: str, score: float | None) -> None:
    (guess,) = judged.guesses([MOOD], shares, {}, {})
    assert (guess.label, guess.score) == (label, score)


def test_nothing_is_guessed_from_labels_that_the_project_does_not_have() -> None:
    assert judged.guesses([MOOD], {"angry": 0.9}, {}, {}) == []


BOX = {"box": [10, 10, 20, 10], "label": "cat"}


@pytest.mark.parametrize(
    "part, changed",
    [
        ({"x": 10, "y": 10, "width": 20, "height": 10}, 0.0),
        ({"x": 20, "y": 10, "width": 20, "height": 10}, 0.6667),
        ({"x": 50, "y": 50, "width": 20, "height": 10}, 1.0),
    ],
)
def test_box_was_changed_by_one_less_its_overlap(part: dict[str, Any], changed: float) -> None:
    shape = {"type": "box", **part}
    assert edit_distance.of(BOX, {"label": "cat", "shape": shape}) == changed
    assert edit_distance.of(BOX, {"label": "dog", "shape": shape}) == max(0.5, changed)
    assert edit_distance.of(BOX, {"label": "cat", "shape": {"type": "polygon", "points": []}}) == 1.0
