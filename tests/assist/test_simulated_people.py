"""The people of the whole loop's benchmark are wrong as often as they are said to be, and pay for what they do."""

from collections import Counter

import numpy as np
import pytest

from benchmarks.loop import whole, whole_images, whole_spans
from benchmarks.loop.class_people import ClassPeople
from benchmarks.loop.people import Done, People, shown
from benchmarks.loop.span_people import SpanPeople
from benchmarks.loop.whole import Thing
from projects.models import Assignment
from tests.support import make
from tests.support.cast import Cast

OFTEN = 2_000
SHIP = ("The ship Halcyon left Cork.", [(9, 16)])


def people(kind: type[People], *labels: str) -> People:
    none: dict = dict.fromkeys(("project", "runtime", "loop"))
    return kind(people=(), rates=(), truth={}, labels=labels, rng=np.random.default_rng(3), **none)


def offer(**told) -> dict:
    return {"suggestion": "s", "model": "m@1", **told}


def did(of: People, true, rates, *offers) -> Done:
    """The same piece of work, often."""
    done = Done(of.COSTS)
    for _ in range(OFTEN):
        done.add(of.answered(true, rates, offers), len(offers))
    return done


def test_a_class_is_chosen_confirmed_or_refused() -> None:
    crowd = people(ClassPeople, "cat", "dog", "owl")
    alone = did(crowd, "cat", (0.3,))
    helped, misled = (did(crowd, "cat", (0.3,), offer(label=one)) for one in ("cat", "dog"))
    assert alone.work == alone.work_alone == Counter(choosing=OFTEN) and alone.ratio() == 1
    assert alone.score.f1 == alone.score_alone.f1 == pytest.approx(0.7, abs=0.03)
    assert helped.work == Counter(confirming=OFTEN) and helped.score.f1 == 1 and helped.good == OFTEN
    assert helped.ratio() == pytest.approx(1.2 / 4 * 0.7, abs=0.01) and helped.ratio(right=False) == 1.2 / 4
    assert misled.work["confirming"] == pytest.approx(0.15 * OFTEN, abs=50) and misled.work.total() == OFTEN
    assert misled.score.f1 == pytest.approx(0.85 * 0.7, abs=0.03) and misled.good == 0
    assert misled.ratio() > 1, "a model that is always wrong costs"


def test_a_span_is_marked_accepted_set_right_or_taken_away() -> None:
    crowd = people(SpanPeople, "vessel")
    rates = (0.4, 0.0, 0.0)
    alone = did(crowd, SHIP, rates)
    assert alone.work == alone.work_alone and set(alone.work) == {"marking"}
    assert alone.score.right == pytest.approx(0.6 * OFTEN, abs=80)
    found = did(crowd, SHIP, rates, offer(start=9, end=16))
    assert found.work == Counter(accepting=OFTEN) and found.score.f1 == 1
    beside = did(crowd, SHIP, (0.0, 0.0, 0.0), offer(start=4, end=16))
    assert beside.work["fixing"] == beside.score.right == pytest.approx(0.85 * OFTEN, abs=60)
    nothing = did(crowd, SHIP, (0.0, 0.0, 0.0), offer(start=22, end=26))
    assert nothing.work["fixing"] == pytest.approx(0.85 * OFTEN, abs=60) and nothing.work["marking"] == OFTEN
    assert nothing.score.said == 2 * OFTEN - nothing.work["fixing"], "the others overlooked it"
    assert nothing.ratio() > 1


def test_answers_say_where_each_part_comes_from() -> None:
    crowd, rates = people(SpanPeople, "vessel"), (0.0, 0.0, 0.0)
    said = {
        one.answer["spans"][0]["provenance"]["source"]: (one.answer["spans"][0]["start"], one.refused)
        for one in (crowd.answered(SHIP, rates, some) for some in [(), (offer(start=4, end=16),)] for _ in range(40))
    }
    assert said == {"human": (9, []), "edited": (9, []), "suggestion": (4, [])}


def test_misplaced_marks_lie_beside_and_added_ones_elsewhere() -> None:
    crowd = people(SpanPeople, "vessel")
    done = did(crowd, SHIP, (0.0, 1.0, 0.5))
    assert done.score.right == 0 and done.score.said == pytest.approx(1.5 * OFTEN, rel=0.1)


def test_an_audit_costs_the_same_with_and_without_models() -> None:
    done = did(people(ClassPeople, "cat", "dog"), "cat", (0.0,), offer(label="cat"))
    done.audited(Counter(choosing=OFTEN))
    assert done.ratio() == (1.2 + 4) / (4 + 4)
    assert done.ratio({**done.costs, "choosing": 8.0}) == (1.2 + 8) / (8 + 8)
    assert done.since(done).tasks == 0 and not done.since(done).work


def test_reports_name_their_ships_and_pictures_their_class() -> None:
    things = whole_spans.MATERIAL.things(60, 3)
    assert things == whole_spans.MATERIAL.things(60, 3) != whole_spans.MATERIAL.things(60, 4)
    names = [text[start:end] for text, places in (one.true for one in things) for start, end in places]
    assert len(names) > 60 and all(name[0].isupper() and name[-1].isalpha() for name in names)
    material = whole_images.material()
    pictures = material.things(30, 3)
    assert {one.true for one in pictures} <= material.labels.keys() and pictures[0].image.startswith(b"\x89PNG")


@pytest.mark.django_db
def test_what_is_loaded_is_handed_out_and_what_is_true_of_it_is_known(cast: Cast) -> None:
    project = make.project(cast.riverside, "Either", "classification", wanted=1)
    things = [Thing("cat", text="A cat."), *whole_images.material().things(2, 3), Thing("dog", text="A dog.")]
    truth = whole.loaded(make.batch(project), things)
    assert list(truth.values()) == [one.true for one in things]
    held = make.held(cast.alice, project)
    assert isinstance(held, Assignment) and truth[shown(held.task.payload)] == "cat"
    assert project.tasks.exclude(asset=None).count() == 2
