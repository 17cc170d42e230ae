"""A model's word on how sure it is of a span or a box is measured by what people decided without any help: what is
shown, held back, handed in and evaluated goes by that, and before enough is known by the word itself."""

import asyncio
import io
import itertools
from dataclasses import replace
from hashlib import sha256
from types import SimpleNamespace
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from PIL import Image

from assist import jobs
from assist.annotators import autonomous_answers, image_answers
from assist.learning import blind_verdicts, box_scores, follow, measured_scores, scores
from assist.learning.asked import Asked, asked_by
from assist.learning.blind_verdicts import Decided
from assist.learning.drift import series
from assist.learning.splits import GATE, VALIDATION, calibrates, split_of
from assist.models import MeasuredScores, ModelVersion, Precomputed, Suggestion
from assist.session import replies
from assist.suggestions import samples, sureness
from projects.configuration import configure, label_changes
from projects.inference.calibration import calibrate
from projects.models import Project, Task
from projects.reports import verdict_index
from taskers.models import Event
from tests.support import make
from tests.support.assist import work
from tests.support.assist.eyes import Eyes, box, decided
from tests.support.assist.sitting import IMAGE, TEXT
from tests.support.cast import Cast

NAMES = ("Maria", "Jonas", "Amira", "Pedro", "Ingrid")
LINE = " ".join(NAMES)
PLACES = [(LINE.index(name), LINE.index(name) + len(name)) for name in NAMES]
SURE = 0.9  # what the model says of each name


@pytest.fixture
def names(cast: Cast) -> tuple[Project, ModelVersion]:
    """Texts of five names, of which people mark three; a model that marks all five answers here."""
    project = make.project(cast.riverside, wanted=1)
    version = ModelVersion.objects.create(
        name="names", version="1", capability="spans", terms={"label_map": {}, "labels": ["person"]}, smoke="passed"
    )
    work.deployed(project, version, share=100, by=cast.mina)
    return project, version


def read(cast: Cast, project: Project, version: ModelVersion, count: int, *, teaching: bool = True) -> None:
    """So many of them, read ahead by the model and decided by Alice alone; of those that say what scores are worth, or
    of the others."""
    key, last = str(project.public_id), project.batches.count()
    texts = (f"{LINE} {number}" for number in itertools.count(1_000 * last))
    chosen = (one for one in texts if calibrates(key, sha256(one.encode()).hexdigest()) is teaching)
    for task in make.texts(make.batch(project, f"Batch {last}"), list(itertools.islice(chosen, count))):
        said = [[start, end, "person", SURE] for start, end in PLACES]
        Precomputed.objects.create(task_key=task.pk, version=version, output=said)
        make.judged(cast.alice, project, make.spans(*PLACES[:3]))
    verdict_index.add(Event.objects.filter(project_key=project.public_id))


@pytest.mark.django_db
def test_verdicts_say_what_a_score_is_worth_once_there_are_enough(
    cast: Cast, names: tuple[Project, ModelVersion], client: Client
) -> None:
    project, version = names
    page = reverse("project-copilot", args=[project.public_id])
    client.force_login(cast.mina, "django.contrib.auth.backends.ModelBackend")
    assert "Nothing was measured yet" in client.get(page).content.decode()
    read(cast, project, version, 9)
    assert not measured_scores.due(project) and measured_scores.of(project.public_id, str(version)) is None
    read(cast, project, version, 11)
    jobs.learn(project.pk)
    assert not measured_scores.due(project)
    found = measured_scores.of(project.public_id, str(version))
    row = MeasuredScores.objects.get()
    assert (row.known, row.right, row.verdicts) == (100, 60, 20) and found is not None
    assert 0.6 < sureness.of(SURE, found, "person") < 0.72, "three of five, and a little of what it says"
    told = client.get(page).content.decode()
    assert "60 %" in told and "Scores are measured" in told and "90 % is worth" in told
    for few in ({"known": 49}, {"known": 50, "texts": 19}):
        MeasuredScores.objects.update(**few)
        assert measured_scores.of(project.public_id, str(version)) is None
    assert "Too little is decided to tell" in client.get(page).content.decode()


@pytest.mark.django_db
def test_who_was_shown_a_suggestion_says_nothing_of_it_and_a_new_model_is_measured_anew(
    cast: Cast, names: tuple[Project, ModelVersion]
) -> None:
    project, version = names
    read(cast, project, version, 10)
    first = Task.objects.filter(project=project).order_by("pk").first()
    assert first
    work.offered_then(first.assignments.get())
    measured_scores.learn(project)
    assert MeasuredScores.objects.get().verdicts == 9
    other = ModelVersion.objects.create(name="other", version="1", capability="spans", smoke="passed")
    work.deployed(project, other, share=40, by=cast.mina)
    assert measured_scores.due(project) and follow.TAUGHT["text_spans"][-1] is measured_scores


@pytest.mark.django_db
def test_what_judges_models_says_nothing_of_what_their_scores_are_worth(
    cast: Cast, names: tuple[Project, ModelVersion], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else the model in place would be judged by what its scores were set right on."""
    project, version = names
    read(cast, project, version, 20)
    read(cast, project, version, 20, teaching=False)
    measured_scores.learn(project)
    assert MeasuredScores.objects.get().verdicts == 20
    decided, key = blind_verdicts.newest(project, 100), str(project.public_id)

    def both() -> tuple[set[str], set[str]]:
        judging = {one.group for one in blind_verdicts.unseen(project, [version, version], decided) if one.blind}
        return {one.group for one in blind_verdicts.calibrating(project, version, decided)}, judging

    teaching, judging = both()
    assert (len(teaching), len(judging)) == (20, 20) and not teaching & judging
    monkeypatch.setattr(blind_verdicts, "_learnt_here", lambda project, versions: True)
    teaching, judging = ({split_of(key, group) for group in some} for some in both())
    assert teaching <= {VALIDATION} and judging <= {GATE}, "nor what it learnt from"


@pytest.mark.django_db
def test_scores_are_measured_anew_once_labels_mean_something_else(
    cast: Cast, names: tuple[Project, ModelVersion]
) -> None:
    project, version = names
    read(cast, project, version, 20)
    measured_scores.learn(project)

    def known() -> bool:
        return measured_scores.of(project.public_id, str(version)) is not None

    configure.change(project, cast.mina, instructions="Mark names, please.")
    assert known() and not measured_scores.due(project)
    configure.change(project, cast.mina, label_mapping={"person": "place"})
    assert not known() and measured_scores.due(project)
    measured_scores.learn(project)
    assert known() and MeasuredScores.objects.get().right == 0 and not measured_scores.due(project)
    label_changes.retire(project, "place", by=cast.mina)
    assert not known() and measured_scores.due(project)


def test_what_is_left_out_makes_a_model_no_surer() -> None:
    """Five names that it holds likelier than not, below what the project asks for: an empty answer isn't sure."""
    found, labels = [[start, end, "PERSON", 0.6] for start, end in PLACES], {"person": "Person"}

    def sure(keeps: Any, some: Any = found) -> float:
        return autonomous_answers.of_spans(some, "m@1", {}, labels, {}, keeps)[1]

    assert sure(lambda label, score: score > 0.7) == pytest.approx(0.4**5)
    assert sure(lambda label, score: True) == pytest.approx(0.6**5)
    half = [[0, 5, "PERSON", 0.9], [6, 11, "PERSON", 0.2]]
    assert sure(lambda label, score: score > 0.5, half) == pytest.approx(0.9 * 0.8)
    assert sure(lambda label, score: False, [[0, 5, "PERSON", 0.01]]) == autonomous_answers.UNSCORED
    assert sure(lambda label, score: False, []) == autonomous_answers.UNSCORED


def worth(share: float) -> sureness.Measured:
    """What a hundred finds teach of which so many were right, all of them said with SURE."""
    return sureness.Measured(calibrate([SURE] * 100, [n < 100 * share for n in range(100)]))


def test_spans_are_offered_by_what_their_scores_are_worth() -> None:
    found = [[0, 5, "PERSON", SURE], [6, 9, "DATE", None]]
    binding = replace(TEXT, minimum_score=0.7)
    assert [one.score for one in replies.span_offers(binding, "m@1", found, 3)] == [SURE, None]
    assert replies.span_offers(replace(binding, measured=worth(0.3)), "m@1", found, 3) == [], "also where none is said"
    person, date = replies.span_offers(replace(TEXT, measured=worth(0.8)), "m@1", found, 3)
    assert person.score == sureness.of(SURE, worth(0.8), "person") and 0.75 < person.score < 0.9
    assert person.output["own_score"] == SURE and "own_score" not in date.output and date.score is not None


def test_what_a_model_hands_in_and_is_measured_by_is_what_would_be_offered() -> None:
    found = [[0, 5, "PERSON", SURE], [9, 13, "DATE", 0.4]]
    labels = {"person": "Person", "date": "Date"}
    answer, sure = autonomous_answers.of_spans(found, "m@1", {}, labels, {}, lambda label, score: score > 0.5)
    assert [one["label"] for one in answer["spans"]] == ["person"] and sure == pytest.approx(SURE * 0.6)

    class Finder:
        async def spans_of(self, model: str, texts: list[str]) -> list[Any]:
            return [found for _ in texts]

    task: Any = SimpleNamespace(pk=1, payload={"text": "Maria in 2024"})
    entry: Any = SimpleNamespace(task=task)
    decided = Decided(entry, {"spans": [{"start": 0, "end": 5, "label": "person"}]}, True)
    version = ModelVersion(name="m", version="1", terms={"label_map": {}})

    def f1(**terms: Any) -> float | None:
        asked = Asked(frozenset(labels), {}, (), **terms)
        return asyncio.run(scores.spans(Finder(), version, asked, [decided]))[0]  # type: ignore[arg-type]

    assert f1() == pytest.approx(2 / 3) and f1(minimum_score=0.5) == 1.0 and f1(minimums={"person": 0.95}) == 0.0
    assert f1(minimum_score=0.5, measured={"m@1": worth(0.2)}) == 0.0, "what it calls 90 % is worth 20"


@pytest.mark.django_db
def test_mina_tries_least_scores_on_texts_by_what_they_are_worth(
    cast: Cast, names: tuple[Project, ModelVersion], client: Client
) -> None:
    project, version = names
    client.force_login(cast.mina, "django.contrib.auth.backends.ModelBackend")
    page = reverse("copilot-samples", args=[project.public_id])
    assert "texts of it show here" in client.get(page).content.decode()
    assert 'id="least-slider"' in client.get(reverse("project-copilot", args=[project.public_id])).content.decode()
    read(cast, project, version, 20)
    assert "40 of 40 spans in these texts" in client.get(page, {"minimum_score": "80"}).content.decode(), "its own word"
    measured_scores.learn(project)
    tried = client.get(page, {"minimum_score": "80"}).content.decode()
    assert "0 of 40 spans in these texts" in tried and "<s " in tried and "Maria" in tried
    assert "40 of 40" in client.get(page, {"minimum_score": "80", "least_person": "30"}).content.decode()
    asked = asked_by(project, [version], blind_verdicts.newest(project, 20))
    known = measured_scores.of(project.public_id, str(version))
    assert asked.sure(version, SURE, "person") == sureness.of(SURE, known, "person")


@pytest.mark.django_db
def test_drift_of_how_sure_a_model_is_goes_by_its_own_word(cast: Cast, names: tuple[Project, ModelVersion]) -> None:
    """Else each new measurement would be a change."""
    project, version = names
    (task,) = make.tasks(make.batch(project), 1, text=LINE)
    told = {"task_key": task.pk, "project_key": project.public_id, "model": version, "score": 0.6}
    for work_key, output in enumerate(({"own_score": 0.9}, {})):
        Suggestion.objects.create(assignment_key=work_key, output=output, **told)
    assert [one.figure for one in series.sureness(project, 0).came] == [0.9, 0.6]


SIGN = {"key": "sign", "name": "Sign", "shapes": ["box"], "attributes": [{"name": "Says", "kind": "text"}]}
PETS = [{"key": key, "name": key.title(), "colour": "#1971c2", "shapes": ["box"]} for key in ("cat", "dog")]
ON_SIGN, BLURRED = [4, 80, 40, 10], [50, 80, 40, 10]
BESIDE, ON_CAT, ON_DOG, OTHER = [40, 40, 8, 8], [2, 3, 20, 20], [60, 4, 20, 20], [60, 50, 20, 20]


@pytest.fixture
def pets(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> tuple[Project, ModelVersion]:
    """Pictures with a cat, two dogs and two signs each, and a detector that is as sure of what is beside the cat as of
    the cat."""
    project = make.project(cast.riverside, "Pets", "image_regions", labels=[*PETS, SIGN], wanted=1)
    version = ModelVersion.objects.create(
        name="pets", version="1", capability="detect", terms={"label_map": {}, "labels": ["cat", "dog"]}, smoke="passed"
    )
    work.deployed(project, version, share=60, by=cast.mina)
    return project, version


def marked(cast: Cast, project: Project, count: int) -> None:
    """So many of them, decided by Alice alone, of those that say what scores are worth."""
    key, batch = str(project.public_id), make.batch(project)
    files = (named_picture(number) for number in itertools.count())
    chosen = (one for one in files if calibrates(key, sha256(one).hexdigest()))
    for number, file in enumerate(itertools.islice(chosen, count)):
        work.image_task(batch, file, f"{number}.png", wanted=1)
        shown = [box("cat", *ON_CAT), box("dog", *ON_DOG), box("dog", *OTHER)]
        shown += [box("sign", *ON_SIGN, says="Total 12.50"), box("sign", *BLURRED)]
        regions = [{"id": f"r{n}", **each} for n, each in enumerate(shown, start=1)]
        make.judged(cast.alice, project, {"regions": regions})
    verdict_index.add(Event.objects.filter(project_key=project.public_id))


def named_picture(number: int) -> bytes:
    """A picture of 100 pixels each way, each another."""
    file = io.BytesIO()
    Image.new("RGB", (100, 100), (number % 256, number // 256, 90)).save(file, "PNG")
    return file.getvalue()


SEEN = [
    *([3, 4, 19, 19, "cat", SURE], [*BESIDE, "cat", SURE], [*ON_CAT, "moon", 1]),
    *([*ON_DOG, "dog", SURE], [*OTHER, "dog", SURE]),
]


READ = [
    *([*ON_SIGN, "text", SURE, "Total  12.50"], [*BLURRED, "text", SURE, "Tdl"]),
    [*BESIDE, "text", SURE, "Thanks"],
]


@pytest.mark.django_db
def test_boxes_are_worth_what_blind_verdicts_say_of_them_and_a_label_goes_by_its_own(
    cast: Cast, pets: tuple[Project, ModelVersion], client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    project, version = pets
    asked: list[int] = []

    def seen(version: ModelVersion, tasks: Any, patience: float | None = None) -> list[Any]:
        if version.capability == "detect":
            asked.extend(one.pk for one in tasks)
        found = SEEN if version.capability == "detect" else READ
        return [(one, {"boxes": found, "dropped": {}}) for one in tasks[1:]]

    monkeypatch.setattr(measured_scores.asked_ahead, "of_images", seen)
    assert not measured_scores.due(project)
    marked(cast, project, 26)
    ready = Task.objects.filter(project=project).order_by("pk").first()
    assert ready and measured_scores.due(project)
    Precomputed.objects.create(task_key=ready.pk, version=version, output={"boxes": SEEN, "dropped": {}})
    reader = ModelVersion.objects.create(
        name="reads", version="1", capability="read", terms={"label_map": {}, "labels": ["text"]}, smoke="passed"
    )
    work.deployed(project, reader, share=40, by=cast.mina)
    jobs.learn(project.pk)
    row, lines = (MeasuredScores.objects.get(version=one) for one in (version, reader))
    assert (lines.known, lines.right, lines.texts) == (50, 25, 25), (
        "where nobody wrote down what is there tells nothing"
    )
    sign = sureness.of(SURE, measured_scores.of(project.public_id, str(reader)), "sign")
    assert sign is not None and 0.45 < sign < 0.65
    assert len(asked) == 25 and ready.pk not in asked, "what was made ready isn't asked again"
    assert (row.known, row.right, row.texts, row.verdicts) == (100, 75, 25, 26), "one couldn't be read"
    known = measured_scores.of(project.public_id, str(version))
    assert known is not None and not measured_scores.due(project)
    cat, dog = (sureness.of(SURE, known, one) for one in ("cat", "dog"))
    assert cat is not None and dog is not None and 0.5 < cat < 0.65 and 0.9 < dog < 1
    fewer = replace(known, of_labels={})
    assert cat < (sureness.of(SURE, fewer, "cat") or 0) < dog, "before a label's own are known it goes by all of them"
    decided_here = blind_verdicts.newest(project, 100)
    assert not any(one.blind for one in blind_verdicts.unseen(project, [version, version], decided_here))
    assert asked_by(project, [version], decided_here).sure(version, SURE, "cat") == cat
    (sample,) = samples.of(project, 0.8, {}, lambda one: known)
    assert [(one.label.key, one.offered) for one in sample.seen] == [("dog", True)] * 2 + [("cat", False)] * 2
    client.force_login(cast.mina, "django.contrib.auth.backends.ModelBackend")
    told = client.get(reverse("project-copilot", args=[project.public_id])).content.decode()
    assert (
        "75 %" in told
        and "50 %" in told
        and "Cat, 50" in told
        and "Dog, 50" in told
        and "shares at least half with it" in told
    )
    assert (
        "2 of 4 boxes"
        in client.get(reverse("copilot-samples", args=[project.public_id]), {"minimum_score": "80"}).content.decode()
    )


def test_boxes_are_offered_evaluated_and_handed_in_by_what_their_scores_are_worth() -> None:
    """By a detector whose cats are worth 30 %, whatever it says, and whose dogs are what it says."""
    of_cats = sureness.Measured(worth(0.9).of_all, {"cat": worth(0.3).of_all})
    found = [[*ON_CAT, "cat", SURE], [*ON_DOG, "dog", SURE], [*BESIDE, "dog", None]]
    binding = replace(IMAGE, detector="pets@1", detector_map={}, labels=frozenset({"cat", "dog"}), minimum_score=0.5)
    assert [one.score for one in replies.box_offers(binding, found, 3)] == [SURE, SURE, None]
    offers = replies.box_offers(replace(binding, measured=of_cats), found, 3)
    assert [one.output["label"] for one in offers] == ["dog", "dog"], "the word of what says none is worth something"
    assert offers[0].output["own_score"] == SURE and "own_score" not in offers[1].output
    spoilt = replies.box_offers(replace(binding, measured=of_cats, planted=True), found[:2], 3)
    assert [(one.planted, one.output["own_score"]) for one in spoilt] == [(True, SURE)]

    version = ModelVersion(name="pets", version="1", capability="detect", terms={"label_map": {}})
    row, eyes = decided(1, "a", box("dog", *ON_DOG)), Eyes(a=found[:2])

    def f1(**terms: Any) -> float | None:
        asked = Asked(frozenset({"cat", "dog"}), {}, (), minimum_score=0.5, versions=(version, version), **terms)
        return asyncio.run(box_scores.boxes(eyes, version, asked, [row]))[0]  # type: ignore[arg-type]

    assert f1() == pytest.approx(2 / 3) and f1(measured={"pets@1": of_cats}) == 1.0

    labels: Any = {key: SimpleNamespace(key=key, shapes=["box"], attributes=[]) for key in ("cat", "dog")}
    terms: Any = SimpleNamespace(label_mapping={}, label_minimums={}, minimum_score=0.0)
    kept, sure = image_answers._kept(found[:2], version, terms, labels, None)
    assert len(kept) == 2 and sure == pytest.approx(SURE**2)
    kept, sure = image_answers._kept(found[:2], version, terms, labels, of_cats)
    assert [one.label for one in kept] == ["dog"] and sure == pytest.approx(SURE * (1 - SURE))
    assert image_answers._kept([[*ON_CAT, "cat", 0.01]], version, terms, labels, None)[1] == autonomous_answers.UNSCORED


def test_what_a_detector_drops_makes_it_no_surer() -> None:
    """Five boxes that it holds nearly as likely as not: an empty answer isn't sure."""
    version = ModelVersion(name="pets", version="1", capability="detect", terms={"label_map": {}})
    labels: Any = {"cat": SimpleNamespace(key="cat", shapes=["box"], attributes=[])}
    found = [[10 * n, 0, 5, 5, "cat", 0.45] for n in range(5)]
    terms: Any = SimpleNamespace(label_mapping={}, label_minimums={}, minimum_score=0.0)
    assert image_answers._kept(found, version, terms, labels, None) == ([], pytest.approx(0.55**5))
