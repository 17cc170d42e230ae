"""A model chooses in part what is labelled next: each chance is known, and what judges models is chosen by lot."""

import numpy as np
import pytest

from assist.learning import blind_verdicts, erasure, learning_curve, snapshot_file, snapshots
from assist.learning.blind_verdicts import group_of
from assist.learning.recipes import RECIPES
from assist.learning.selection import draw, rounds, selections, uncertainty
from assist.learning.splits import TRAIN, split_of
from assist.models import ModelVersion, Precomputed, SelectedTask, SelectionRound, Snapshot, TrainingRun
from assist.registry import registry
from projects.errors import Refused
from projects.models import Project, Task
from projects.reports import verdict_index
from taskers.models import Event
from tests.support import make
from tests.support.assist import work
from tests.support.assist.engineer import at, shown
from tests.support.assist.engineer import emil as emil  # a fixture
from tests.support.assist.running import FAKE
from tests.support.cast import Cast
from tests.support.projects.pipeline import Api

SHARE, RANDOM = 0.25, 0.4
LEAST = SHARE * (RANDOM - draw.JUDGES) / (1 - draw.JUDGES)  # of what teaches, the chance that is by lot alone


def interval(right: np.ndarray, weight: np.ndarray) -> tuple[float, float]:
    """Of the share that is right, each weighed so (Hájek), at 95 %."""
    mean = float((weight * right).sum() / weight.sum())
    reach = 1.96 * float(((weight * (right - mean)) ** 2).sum()) ** 0.5 / float(weight.sum())
    return mean - reach, mean + reach


def test_what_is_chosen_misleads_and_the_random_stream_and_the_weighed_figure_do_not() -> None:
    """Two hundred pools, in each of which a model is wrong the more often the less sure it is: of a fifth of all."""
    held = {"as it stands": 0, "random": 0, "weighed": 0, "taught": 0}
    for seed in range(200):
        dice = np.random.default_rng(seed)
        doubts = dice.random(1_000)
        right = dice.random(1_000) >= 0.4 * doubts
        pool = [(f"{seed} {n}", f"group {seed} {n}", float(doubt)) for n, doubt in enumerate(doubts)]
        drawn = draw.draw(f"project {seed}", 1, pool, share=SHARE, random_share=RANDOM)
        first, by_lot = right[drawn.first], right[drawn.first & drawn.random]
        teaches = np.array([split_of(f"project {seed}", group) == TRAIN for _, group, _ in pool])
        assert set(drawn.propensity[~teaches]) == {SHARE}, "what judges has the share, for each the same"
        taught, weights = right[drawn.first & teaches], 1 / drawn.propensity[drawn.first & teaches]
        for name, some, weight in (
            ("taught", taught, weights),
            ("as it stands", first, np.ones(len(first))),
            ("random", by_lot, np.ones(len(by_lot))),
            ("weighed", first, 1 / drawn.propensity[drawn.first]),
        ):
            low, high = interval(some, weight)
            held[name] += low <= 0.8 <= high
        assert drawn.propensity.min() >= LEAST and drawn.propensity.max() <= 1
        assert drawn.propensity.mean() == pytest.approx(SHARE, abs=0.03) == pytest.approx(drawn.first.mean(), abs=0.06)
    assert held["as it stands"] <= 0.35 * 200 and min(held["random"], held["weighed"]) >= 0.9 * 200, held
    assert held["taught"] >= 0.88 * 200, held


def test_what_judges_is_always_in_the_random_stream_and_the_share_is_kept() -> None:
    groups = [f"group {n}" for n in range(8_000)]
    by_lot = [draw.in_random_stream("project", group, 0.4) for group in groups]
    assert np.mean(by_lot) == pytest.approx(0.4, abs=0.025)
    assert all(own for own, group in zip(by_lot, groups, strict=True) if split_of("project", group) != TRAIN)
    more = [draw.in_random_stream("project", group, 0.6) for group in groups]
    assert not any(own and not then for own, then in zip(by_lot, more, strict=True)), "a higher share lets none go"


def test_equal_doubts_have_equal_chances_and_what_is_said_nothing_of_the_mean() -> None:
    assert draw.weights([0.5, 0.5, None, 0.5]).tolist() == [1, 1, 1, 1]
    found = draw.weights([0.9, 0.1, None, 0.5])
    assert found[0] > found[2] == 1 > found[1] and found[[0, 1, 3]].mean() == pytest.approx(1)


pytest_db = pytest.mark.django_db


@pytest.fixture
def project(cast: Cast, settings) -> Project:
    settings.RUNTIME_ADDRESS = "unix:/nowhere/runtime.sock"
    made = make.project(cast.riverside, wanted=1, copilot=False)
    work.deployed(made, registry.model_version(FAKE[1]), share=100, by=cast.mina)
    return made


def told(project: Project, number: int = 60) -> list[Task]:
    """Open tasks of which the model said something beforehand; of each third one it is unsure."""
    batch = make.batch(project, f"Batch {project.batches.count()}")
    tasks = make.texts(batch, [f"Maria came by, {n}." for n in range(number)])
    said = [[[0, 5, "PERSON", 0.5 if n % 3 == 0 else 0.99]] for n in range(number)]
    version = registry.model_version(FAKE[1])
    Precomputed.objects.bulk_create(
        Precomputed(task_key=task.pk, version=version, output=spans) for task, spans in zip(tasks, said, strict=True)
    )
    return tasks


def chosen(project: Project, cast: Cast, **terms: float) -> SelectionRound:
    """A round, to its end."""
    selections.arrange(project, by=cast.mina, **{"share": SHARE, "random_share": RANDOM} | terms)
    assert rounds.begin_due() == 1
    begun = SelectionRound.objects.latest("pk")
    assert rounds.run(begun.pk) == "done" and rounds.run(begun.pk) == "", "asked twice, it is over"
    begun.refresh_from_db()
    return begun


@pytest_db
def test_what_is_put_first_comes_first_and_judges_only_where_it_came_by_lot(
    cast, project, emil, tmp_path, settings
) -> None:
    settings.MEDIA_ROOT = tmp_path
    tasks = {one.pk: one for one in told(project)}
    made = chosen(project, cast)
    rows = {row.task: row for row in made.tasks.all()}
    first = {key for key, row in rows.items() if row.first}
    assert rows.keys() == tasks.keys() and (made.looked_at, made.first) == (60, len(first)) and first
    assert set(Task.objects.filter(priority=Task.Priority.FIRST).values_list("pk", flat=True)) == first
    for key, row in rows.items():
        assert row.random is draw.in_random_stream(str(project.public_id), group_of(tasks[key]), RANDOM)
    teaches = {key for key, one in tasks.items() if split_of(str(project.public_id), group_of(one)) == TRAIN}
    assert {row.propensity for key, row in rows.items() if key not in teaches} == {SHARE}
    unsure, sure = (
        {round(row.propensity, 9) for key, row in rows.items() if (row.doubt > 0.5) is is_unsure and key in teaches}
        for is_unsure in (True, False)
    )
    assert len(unsure) == len(sure) == 1 and min(unsure) > 2 * max(sure) >= 2 * LEAST
    assert rounds.begin_due() == 1 and SelectionRound.objects.count() == 1, "most of it is still to be had"

    for _ in range(len(first) + 6):
        make.judged(cast.alice, project, make.MARIA)
    verdict_index.add(Event.objects.filter(project_key=project.public_id))
    decided = blind_verdicts.newest(project, 100)
    assert {one.task.pk for one in decided} > first and all(one.blind for one in decided)
    two = [registry.model_version(FAKE[1])] * 2
    judges = {one.task.pk for one in blind_verdicts.for_judging(project, two, 100) if one.blind}
    assert judges == {one.task.pk for one in decided if rows[one.task.pk].random}, "what was left is the easy part"

    taken = snapshots.take(project, by=cast.mina)
    assert snapshots.run(taken.pk) == "ready"
    taken.refresh_from_db()
    for line in snapshot_file.read(snapshots.fetch(taken, tmp_path)):
        row = next(one for key, one in rows.items() if str(tasks[key].public_id) == line.task)
        assert line.propensity == row.propensity
        assert line.stream == ("random" if row.random else "chosen" if row.first else "left")

    page = shown(emil, "copilot-next", project)
    assert "fake-spans@1" in page and Event.objects.filter(kind="selection_made").count() == 1


@pytest_db
def test_what_was_erased_is_not_put_first(cast, project) -> None:
    gone, *tasks = told(project, 60)
    erasure.begin(project, [gone.public_id], reason="Maria asked for it", by=cast.mina)
    made = chosen(project, cast)
    assert {row.task for row in made.tasks.all()} == {one.pk for one in tasks}
    Task.objects.filter(priority=Task.Priority.FIRST).update(priority=Task.Priority.NORMAL)
    left = made.tasks.filter(first=True).first()
    erasure.begin(project, [Task.objects.get(pk=left.task).public_id], reason="Jonas as well", by=cast.mina)
    rounds._put_first(made)
    assert Task.objects.filter(priority=Task.Priority.FIRST).count() == made.first - 1, "nor erased meanwhile"


@pytest_db
def test_what_was_killed_goes_on_and_what_is_turned_off_leaves_nothing(cast, project, monkeypatch, emil) -> None:
    told(project, 30)
    monkeypatch.setattr(rounds, "HANDFUL", 8)
    asked, usual = list[int](), uncertainty.of

    def dies(own: Project, version: ModelVersion, some: list[Task]) -> dict[int, float]:
        if len(asked) == 16:
            asked.append(0)
            raise KeyboardInterrupt
        asked.extend(one.pk for one in some)
        return usual(own, version, some)

    monkeypatch.setattr(uncertainty, "of", dies)
    selections.arrange(project, by=cast.mina)
    rounds.begin_due()
    begun = SelectionRound.objects.get()
    with pytest.raises(KeyboardInterrupt):
        rounds.run(begun.pk)
    assert dict(rounds.open_keys()) == {begun.pk: project.pk} and begun.tasks.filter(asked=True).count() == 16
    assert not SelectedTask.objects.steered().exists(), "nothing is steered before its lot fell"
    assert rounds.run(begun.pk) == "done" and len(asked) == 31 and len(set(asked)) == 31, "no task was asked of twice"

    told(project, 30)
    SelectionRound.objects.update(ended_at="2026-01-01T00:00Z")
    SelectedTask.objects.update(first=False)
    rounds.begin_due()
    again = SelectionRound.objects.latest("pk")
    assert again.state == "running"
    assert emil.post(at("copilot-next-off", project)).status_code == 302
    again.refresh_from_db()
    assert again.state == "stopped" and not again.tasks.exists() and rounds.run(again.pk) == ""
    assert "It was turned off." in shown(emil, "copilot-next", project) and rounds.begin_due() == 0


@pytest_db
def test_labels_and_boxes_are_doubted_by_the_scores_they_are_offered_with(cast) -> None:
    fields = [{"key": "mood", "name": "Mood", "kind": "choice"}]
    labels = [{"name": "Glad"}, {"name": "Sad"}]
    moods = make.project(cast.riverside, "Moods", "classification", labels=labels, fields=fields)
    head = ModelVersion(
        name="head", version="1", capability="classify", terms={"label_map": {}, "adapter": "text-head"}
    )
    said = {1: {"shares": {"Glad": 0.9, "Sad": 0.1}}, 2: {"shares": {"Glad": 0.4, "Sad": 0.6}}}
    assert uncertainty.DOUBTS["classify"](moods, head, said) == pytest.approx({1: 0.1, 2: 0.4})
    cats = make.project(cast.riverside, "Cats", "image_regions", labels=[{"name": "cat"}])
    seer = ModelVersion(name="seer", version="1", capability="detect", terms={"label_map": {"cat": "cat"}})
    seer.save()
    boxes = {1: [[0, 0, 9, 9, "cat", 0.5], [1, 1, 5, 5, "cat", 1.0]], 2: [[0, 0, 9, 9, "cat", 0.9]], 3: []}
    found = uncertainty.DOUBTS["detect"](cats, seer, {key: {"boxes": some} for key, some in boxes.items()})
    assert found == pytest.approx({1: 1.0, 2: 0.2, 3: 0.0}), "the least sure of each"


@pytest_db
def test_whoever_may_not_look_after_models_any_more_chooses_nothing_more(cast, project) -> None:
    told(project, 25)
    selections.arrange(project, by=cast.mina)
    cast.mina.memberships.update(role="tasker")
    assert rounds.begin_due() == 1 and not SelectionRound.objects.exists()
    assert selections.of(project).state == "off"


@pytest_db
def test_where_no_model_can_choose_the_page_says_so_and_nothing_is_sorted(cast, project, emil, monkeypatch) -> None:
    masks = make.project(cast.riverside, "Masks", "image_regions", labels=[{"name": "cat"}])
    make.tasks(make.batch(masks), 1)
    selections.arrange(masks, by=cast.mina)
    monkeypatch.setattr(rounds, "_pool", None)
    assert rounds.begin(selections.of(masks)) is None
    assert "Nothing is chosen: no model" in shown(emil, "copilot-next", masks)


@pytest_db
def test_a_model_that_says_nothing_of_how_sure_it_is_chooses_nothing_and_terms_have_limits(cast, project, emil) -> None:
    told(project, 25)
    Precomputed.objects.update(output=[[0, 5, "PERSON", None]])
    body = Api(cast.mina, cast.riverside).put("next", project.public_id, body={"share": 0.1}).json()
    assert (body["share"], body["random_share"], body["rounds"]) == (0.1, 0.4, [])
    rounds.begin_due()
    assert rounds.run(SelectionRound.objects.get().pk) == "failed"
    assert "fake-spans@1 doesn’t say how sure it is" in shown(emil, "copilot-next", project).replace("&#x27;", "’")
    assert not Task.objects.filter(priority=Task.Priority.FIRST).exists()
    with pytest.raises(Refused):
        selections.arrange(project, by=cast.mina, random_share=0.1)
    page = emil.post(at("copilot-next-arrange", project), {"share": "10", "random_share": "20"})
    assert page.status_code == 422 and selections.of(project).random_share == 0.4


def test_a_curve_promises_what_its_trainings_say_and_no_more() -> None:
    power = [(number, 1 - 2 * number**-0.5) for number in (100, 200, 400, 800)]
    sure = learning_curve.gain(power)
    assert sure is not None and sure.clear
    assert (
        sure.value == pytest.approx(2 * (800**-0.5 - 1600**-0.5)) == pytest.approx(sure.low) == pytest.approx(sure.high)
    )
    assert learning_curve.gain(power[:2]) is None and learning_curve.gain(3 * power[:1]) is None
    assert learning_curve.gain([(100, 1.0), (200, 1.0), (400, 1.0)]) is None
    loose = learning_curve.gain([(100, 0.80), (200, 0.84), (400, 0.81)])
    assert loose is not None and not loose.clear and loose.low < 0 < loose.high


@pytest_db
def test_the_page_says_what_past_trainings_came_to(cast, project, emil) -> None:
    terms = {"cut": "2026-01-01T00:00Z", "settings_version": 1, "schema": 2, "made_by": cast.mina}
    begun = {"seed": 0, "code": 64 * "b", "packages": 64 * "c", "asked_by": cast.mina}
    learnt = [(100, 0.8, "spacy-entities"), (400, 0.9, "spacy-entities"), (1600, 0.95, "spacy-entities")]
    for number, figure, recipe in [*learnt, (200, 0.7, "text-classes")]:
        own = {"capability": "spans", "organization": cast.riverside}
        version = ModelVersion.objects.create(name="made", version=f"{number}", **own)
        kept = Snapshot.objects.create(
            project=project, state="ready", sha256=f"{number:064}", by_split={"train": number}, **terms
        )
        figures = {"model": {"f1": figure, RECIPES[recipe].figure: figure}}
        run = {"recipe": recipe, "version": version, "metrics": figures}
        TrainingRun.objects.create(project=project, snapshot=kept, state="done", **run, **begun)
    page = shown(emil, "copilot-improve", project)
    assert "About 1" in page and "it takes trainings on three different numbers" in page
