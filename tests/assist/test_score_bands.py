"""Suggestions are called high only where verdicts that people found without help show how often such ones are right."""

import itertools
import random
from hashlib import sha256

import pytest

from assist.learning import measured_scores
from assist.learning.splits import calibrates
from assist.models import MeasuredScores, ModelVersion, Precomputed
from assist.session import replies
from assist.session.protocol import Prompt
from assist.suggestions import score_bands, sureness
from assist.suggestions.offers import Offer
from assist.suggestions.score_bands import HIGH_RATE, MEDIUM_RATE, Finding, Thresholds, thresholds
from projects.models import Project
from projects.reports import verdict_index
from taskers.models import Event
from tests.support import make
from tests.support.assist import work
from tests.support.cast import Cast

ROUNDS = 200


def findings(rng: random.Random, texts: int, rate: float, each: int = 1) -> list[Finding]:
    """Finds of one score in so many texts, of which so many are right in the long run."""
    return [Finding(0.99, rng.random() < rate, str(text)) for text in range(texts) for _ in range(each)]


def count_high(rate: float, texts: int) -> int:
    derived = [thresholds(findings(random.Random(number), texts, rate)) for number in range(ROUNDS)]
    return sum(label_thresholds is not None and label_thresholds.high is not None for label_thresholds in derived)


@pytest.mark.parametrize("texts", [30, 100, 400])
@pytest.mark.parametrize("rate", [0.59, 0.8, 0.88])
def test_a_model_that_is_sure_and_seldom_right_is_called_high_hardly_ever(rate: float, texts: int) -> None:
    assert count_high(rate, texts) <= ROUNDS * 0.05


def test_a_model_that_is_right_is_called_high_once_enough_is_decided() -> None:
    assert count_high(0.99, 25) == 0, "nobody can tell yet"
    assert count_high(0.99, 200) > ROUNDS * 0.9


def test_a_band_holds_what_it_states_where_a_score_tells_right_from_wrong() -> None:
    """Known truth: a find is right with the probability score ** 3. The threshold then lies where all above it are
    right as often as stated, in nineteen rounds of twenty."""
    wrong = 0
    for number in range(ROUNDS):
        rng = random.Random(number)
        scores = [rng.uniform(0.5, 1) for _ in range(600)]
        derived = thresholds([Finding(score, rng.random() < score**3, str(at)) for at, score in enumerate(scores)])
        assert derived is not None
        for least, rate in ((derived.high, HIGH_RATE), (derived.medium, MEDIUM_RATE)):
            truth = (1 - (least or 0) ** 4) / 4 / (1 - (least or 0)) if least is not None and least < 1 else 1.0
            wrong += truth < rate
        assert derived.medium is not None and derived.medium > 0.5
    assert wrong <= 2 * ROUNDS * 0.05


def test_many_finds_in_few_texts_tell_as_little_as_the_texts() -> None:
    assert thresholds(findings(random.Random(1), 19, 1.0, each=100)) is None
    assert thresholds(findings(random.Random(1), 30, 1.0, each=100)) == Thresholds(None, 0.99)


@pytest.mark.parametrize(
    ("score", "band"), [(0.95, "high"), (0.9, "high"), (0.89, "medium"), (0.6, "medium"), (0.59, "low")]
)
def test_a_score_lies_in_the_highest_band_whose_least_it_reaches(score: float, band: str) -> None:
    assert Thresholds(0.9, 0.6).band(score) == band


@pytest.mark.parametrize("score", [0.0, 0.5, 1.0])
def test_where_no_score_is_enough_all_is_low(score: float) -> None:
    assert Thresholds(None, None).band(score) == "low"


@pytest.mark.parametrize(("rate", "number", "bound"), [(1.0, 46, 0.9), (0.0, 46, 0.0), (1.0, 0, 0.0)])
def test_the_bound_is_below_what_was_seen(rate: float, number: int, bound: float) -> None:
    assert score_bands.lower_bound(rate, number) == pytest.approx(bound, abs=0.005)


@pytest.fixture
def places(cast: Cast) -> tuple[Project, ModelVersion]:
    """Texts with a place, which the model always finds, and a name, of which every second find is wrong; it is surer of
    names."""
    project = make.project(cast.riverside, wanted=1)
    terms = {"label_map": {}, "labels": ["person", "place"]}
    version = ModelVersion.objects.create(name="both", version="1", capability="spans", terms=terms, smoke="passed")
    work.deployed(project, version, share=100, by=cast.mina)
    key = str(project.public_id)
    texts = (f"Maria saw Oslo {number}" for number in itertools.count())
    chosen = (text for text in texts if calibrates(key, sha256(text.encode()).hexdigest()))
    for number, task in enumerate(make.texts(make.batch(project), list(itertools.islice(chosen, 60)))):
        spans = [[0, 5, "person", 0.99], [10, 14, "place", 0.9]]
        Precomputed.objects.create(task_key=task.pk, version=version, output=spans)
        person = [make.span(0, 5, "person")] if number % 2 else []
        make.judged(cast.alice, project, {"spans": [*person, make.span(10, 14, "place", id="s2")]})
    verdict_index.add(Event.objects.filter(project_key=project.public_id))
    return project, version


@pytest.mark.django_db
def test_blind_verdicts_say_which_suggestions_of_which_label_are_called_high(places) -> None:
    project, version = places
    assert measured_scores.of(project.public_id, str(version)) is None, "nothing is measured yet"
    measured_scores.learn(project)
    measured = measured_scores.of(project.public_id, str(version))
    assert measured is not None and set(measured.thresholds) == {"person", "place"}
    own = {"person": 0.99, "place": 0.9}
    scores = {label: sureness.of(score, measured, label) for label, score in own.items()}
    offers = [Offer({}, {"start": 0, "end": 5, "label": label}, score, 1) for label, score in scores.items()]
    offers.append(Offer({}, {"start": 0, "end": 5, "label": "place"}, 0.99, 1, model="decided-terms@1"))
    message = replies.spans(Prompt("p", text=True), str(version), offers, 1, measured)
    assert [(span.label, span.band) for span in message.spans] == [
        ("person", "low"),
        ("place", "high"),
        ("place", None),
    ]
    unmeasured = replies.spans(Prompt("p", text=True), str(version), offers, 1)
    assert {span.band for span in unmeasured.spans} == {None}


@pytest.mark.django_db
def test_what_was_measured_before_bands_were_is_measured_anew(places, cast: Cast, client) -> None:
    project, version = places
    measured_scores.learn(project)
    assert not measured_scores.due(project)
    client.force_login(cast.mina, "django.contrib.auth.backends.ModelBackend")
    page = client.get(f"/projects/{project.public_id}/copilot/").content.decode()
    assert "Place is High from" in page and "Person is High from" not in page
    MeasuredScores.objects.update(thresholds=None)
    assert measured_scores.due(project)
    measured = measured_scores.of(project.public_id, str(version))
    assert sureness.band_of(0.99, measured, "place") is None
