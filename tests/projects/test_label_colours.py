"""Labels are told apart by their colours, whoever looks; and by patterns where there are more labels than colours."""

from itertools import combinations

import pytest

from projects.configuration import configure, label_colours
from projects.configuration.label_colours import COLOURS, distance, fresh, oklab, patterns
from projects.web.annotator import work_json
from projects.web.manager.forms import labels as label_forms
from tests.support import make

# Machado, Oliveira and Fernandes (2009), severity 1, for linear sRGB: what is seen without long, middle, short cones.
SEEN_WITHOUT = {
    "nothing": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "long": ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998)),
    "middle": ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.01182, 0.04294, 0.968881)),
    "short": ((1.255528, -0.076749, -0.178779), (-0.078411, 0.930809, 0.147602), (0.004733, 0.691367, 0.3039)),
}


@pytest.mark.parametrize("cones", SEEN_WITHOUT)
def test_the_colours_of_new_labels_are_well_apart_for_everybody(cones: str) -> None:
    seen = []
    for colour in COLOURS:
        light = label_colours._linear(colour)
        rows = (sum(part * share for part, share in zip(row, light, strict=True)) for row in SEEN_WITHOUT[cones])
        seen.append(oklab(*(min(1.0, max(0.0, value)) for value in rows)))
    least = min(distance(one, other) for one, other in combinations(seen, 2))
    assert least > (0.08 if cones == "short" else 0.11), f"without {cones} cones"


def test_more_labels_get_the_colours_that_are_left_and_then_all_anew() -> None:
    assert fresh([], 3) == list(COLOURS[:3])
    assert fresh([COLOURS[0], COLOURS[1].upper()], 1) == [COLOURS[2]]
    assert fresh([], 14) == [*COLOURS, *COLOURS[:2]]
    assert fresh(COLOURS) == [COLOURS[0]]


def test_labels_of_one_colour_have_patterns() -> None:
    assert patterns(COLOURS) == (0,) * len(COLOURS)
    assert patterns(COLOURS + COLOURS)[len(COLOURS) :] == (1,) * len(COLOURS)
    assert patterns(("#1971c2", "#ffffff", "#1a72c1", "#1971C2", "#1870c0", "#1971c2")) == (0, 0, 1, 2, 3, 0)


@pytest.mark.django_db
def test_thirty_labels_of_a_program_are_all_told_apart_in_the_studio(cast) -> None:
    labels = [{"name": f"Kind {number}"} for number in range(30)]
    project = make.project(cast.riverside, labels=labels)
    shown = work_json.project_json(project, project.settings_now(), cast.alice)["labels"]
    assert len({(one["colour"], one["pattern"]) for one in shown}) == 30


@pytest.mark.django_db
def test_a_label_without_a_colour_gets_one_that_no_other_has(cast) -> None:
    project = make.project(cast.riverside, labels=[{"name": "Wreck", "colour": "#000000"}])
    said = [{"name": "Ship"}, {"name": "Port", "colour": COLOURS[0]}, {"name": "Sea"}]
    made = configure.set_labels(project, said, by=cast.mina)
    assert [one.colour for one in made] == [COLOURS[1], COLOURS[0], COLOURS[2]]


def test_the_page_offers_the_same_colours() -> None:
    assert [row["colour"] for row in label_forms.blank_rows(5)] == list(COLOURS[:5])
    assert label_forms.LabelFormSet().colours == " ".join(COLOURS)
