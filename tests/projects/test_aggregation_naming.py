"""What a thing is called is weighed by how often each one's names are right, whatever else they overlook."""

import json

import numpy as np
import pytest

from benchmarks.truth.by_part import REGIONS, SPANS, known_by, merged
from projects.inference.naming import Naming, learn_naming
from tests.support.projects.answers import region, regions, spans
from tests.support.projects.parts import labels_of, spans_of

VEHICLES = ("car", "lorry", "van")


def street(number: int, careless: float = 0.7) -> list[dict]:
    """Images of one vehicle each: Ann and Ben name it rightly, Cem and Dee often not, and each as they like."""
    random = np.random.default_rng(number)
    seen = []
    for _ in range(60):
        right = str(random.choice(VEHICLES))
        answers = {who: regions(region(10, 10, 20, right)) for who in ("ann", "ben")}
        for who in ("cem", "dee"):
            name = str(random.choice(VEHICLES)) if random.random() < careless else right
            answers[who] = regions(region(10, 10, 20, name))
        seen.append(answers)
    return seen


def test_of_two_against_two_those_are_believed_whose_names_are_right():
    known = known_by(REGIONS, street(1))
    assert min(known.naming.of["ann"], known.naming.of["ben"]) > 0.9
    assert max(known.naming.of["cem"], known.naming.of["dee"]) < 0.75
    van, car = regions(region(10, 10, 20, "van")), regions(region(10, 10, 20, "car"))
    for answers in ({"ann": van, "ben": van, "cem": car, "dee": car}, {"cem": car, "dee": car, "ann": van}):
        assert labels_of(merged(REGIONS, answers, known)) == ["van"]


def test_somebody_new_names_as_well_as_the_crowd():
    naming = known_by(REGIONS, street(2)).naming
    assert naming.usual == pytest.approx(np.mean(list(naming.of.values())), abs=0.02)
    assert naming.chance("eva", 0.7) == pytest.approx((naming.usual + 0.7) / 2)
    assert naming.chance("ann", 0.7) == pytest.approx((naming.of["ann"] + 0.7) / 2)


def test_where_all_say_one_name_nothing_is_known_of_naming():
    alike = [{who: regions(region(10, 10, 20)) for who in ("ann", "ben")}] * 5
    assert known_by(REGIONS, alike).naming == Naming() == learn_naming([])
    assert Naming().chance("ann", 0.6) == 0.6


def test_what_one_alone_named_tells_nothing_of_their_names():
    alone = [{"ann": regions(region(10, 10, 20, name)), "ben": regions()} for name in VEHICLES] * 4
    assert known_by(REGIONS, alone).naming == Naming()


def test_a_place_that_somebody_gave_two_names_is_two_things_each_named_alike():
    both = spans((0, 5, "firm"), (0, 5, "place"))
    assert SPANS.called([both, both, spans((0, 5, "place"))], {}) == [
        [(0, "firm"), (1, "firm")],
        [(0, "place"), (1, "place"), (2, "place")],
    ]


def test_names_of_spans_are_weighed_likewise():
    random = np.random.default_rng(3)
    texts, answers = [], []
    for number in range(60):
        texts.append(f"Nothing {number} tells what Acme is.")
        right, wrong = random.permutation(["firm", "place"]).tolist()
        at = texts[-1].index("Acme")
        rightly = {"ann": 0.95, "ben": 0.95, "cem": 0.65, "dee": 0.65}
        names = {who: right if random.random() < often else wrong for who, often in rightly.items()}
        answers.append({who: spans((at, at + 4, name)) for who, name in names.items()})
    known = known_by(SPANS, answers, texts)
    firm, place = spans((0, 4, "firm")), spans((0, 4, "place"))
    disputed = {"ann": place, "ben": place, "cem": firm, "dee": firm}
    assert spans_of(merged(SPANS, disputed, known, "Acme is here.")) == [(0, 4, "place")]


def test_it_is_plain_numbers_that_come_back_as_they_were():
    naming = Naming(0.8, {17: 0.9, 4: 0.55})
    assert Naming.from_json(json.loads(json.dumps(naming.to_json()))) == naming
    assert Naming.from_json(Naming().to_json()) == Naming.from_json([]) == Naming()
