"""A search tries settings in turn and keeps the best; no trial is lost, and none sees what judges models."""

import json
from datetime import timedelta
from hashlib import sha256
from itertools import count

import pytest
from django.db.models import F

from assist.learning import snapshot_file, snapshots
from assist.learning.recipes import RECIPES
from assist.learning.search import searches, study, trials
from assist.learning.splits import GATE, TRAIN, VALIDATION, split_of
from assist.models import Search, Snapshot, Trial
from projects.errors import Refused
from projects.models import Project
from taskers.errors import StateConflict
from tests.support import make
from tests.support.assist.scripts import played as played
from tests.support.cast import Cast
from tests.support.projects.judging import said

pytestmark = pytest.mark.django_db
RECIPE = "spacy-entities"
TEXT = "{}: Maria came by."
# Best where the rate is 0.004; the texts don't matter.
RISES = "value = 1 - abs(math.log10(parameters['learn_rate']) - math.log10(0.004)) / 2\n"
WELL = RISES + "made(f1=value)\n"


@pytest.fixture(autouse=True)
def places(settings, tmp_path) -> None:
    settings.MEDIA_ROOT, settings.MODELS_DIR = tmp_path / "media", tmp_path / "models"
    settings.DATA_DIR = tmp_path


@pytest.fixture
def project(cast: Cast) -> Project:
    return make.project(cast.riverside, "Names", wanted=1)


@pytest.fixture
def snapshot(cast: Cast, project: Project) -> Snapshot:
    batch = make.batch(project)
    texts = [*map(TEXT.format, range(30)), *(text_in(project, split) for split in (GATE, VALIDATION))]
    for task in make.texts(batch, texts):
        said(cast.alice, task, make.spans((0, 2)))
    made = snapshots.take(project, by=cast.mina)
    snapshots.run(made.pk)
    made.refresh_from_db()
    assert made.by_split[GATE] and made.by_split[VALIDATION]
    return made


def text_in(project: Project, split: str) -> str:
    """One that is in this split for sure: of thirty, chance may leave none there."""
    texts = map(TEXT.format, count(30))
    return next(one for one in texts if split_of(str(project.public_id), sha256(one.encode()).hexdigest()) == split)


def tried(search: Search) -> list[Trial]:
    """All that is to be tried, as a worker does it."""
    while (waiting := search.trials.filter(state="waiting").first()) is not None:
        trials.run(waiting.pk)
    search.refresh_from_db()
    return list(search.trials.order_by("number"))


def left_running(search: Search) -> list[int]:
    with study.opened(str(search.public_id), RECIPES[search.recipe].parameters) as found:
        return list(found.running())


def settings_of(rows: list[Trial]) -> list[dict]:
    return [one.parameters for one in rows]


def test_a_search_begins_with_todays_settings_and_finds_better_ones(cast, snapshot, played) -> None:
    played(WELL)
    search = searches.begin(snapshot, RECIPE, by=cast.mina, most=11, seed=5)
    rows = tried(search)
    assert search.state == "done" and [one.state for one in rows] == 11 * ["done"]
    assert rows[0].parameters == searches.todays(snapshot.project, RECIPE)
    best = searches.winner(search)
    assert best.value > rows[0].value and best.value > 0.9
    assert all(one.parameters["replay"] for one in rows), "what isn't searched stays as it is"
    assert max(search.importance, key=search.importance.get) == "learn_rate"
    assert not left_running(search) and not list((trials._folder(search)).iterdir())
    run = searches.train_winner(search, by=cast.mina)
    assert run.parameters == best.parameters and run.seed == search.seed


def test_the_same_seed_gives_the_same_settings(cast, snapshot, played) -> None:
    played(WELL)
    first, same = (
        settings_of(tried(searches.begin(snapshot, RECIPE, by=cast.mina, most=10, seed=5))) for _ in range(2)
    )
    other = settings_of(tried(searches.begin(snapshot, RECIPE, by=cast.mina, most=2, seed=6)))
    assert first == same and first[0] == other[0] and first[1] != other[1]


LOOKS = """
seen = [path for path in place.rglob("*") if path.is_file()]
told_of = [str(path) for path in seen] + [told["snapshot"], told["kept"]]
kept = [path for path in pathlib.Path(told["kept"]).rglob("*") if path.is_file()]
answer = {"environment": dict(os.environ), "files": [str(path) for path in kept], "told": told}
(pathlib.Path(told["kept"]) / "seen.json").write_text(json.dumps(answer))
raise SystemExit(3)
"""


def test_no_trial_can_read_what_judges_models(cast, snapshot, played, monkeypatch, settings) -> None:
    """All that a process is given is looked at: each file, and each word of its surroundings."""
    monkeypatch.setenv("DATABASE_URL", "postgresql://secret")
    monkeypatch.setenv("SECRET_KEY", "secret")
    played(LOOKS)
    search = searches.begin(snapshot, RECIPE, by=cast.mina, most=1)
    kept: list[str] = []
    monkeypatch.setattr(trials.shutil, "rmtree", lambda *args, **kwargs: kept.append("not yet"))
    trials.run(search.trials.get().pk)
    answer = json.loads((trials._folder(search) / "seen.json").read_text())
    splits = [line.split for file in answer["files"] for line in snapshot_file.read(file)]
    assert set(splits) == {TRAIN, VALIDATION} and len(answer["files"]) == 1
    assert GATE in {line.split for line in snapshot_file.read(snapshots.fetch(snapshot, settings.DATA_DIR))}
    words = json.dumps(answer)
    assert "secret" not in words and str(settings.MEDIA_ROOT) not in words and snapshot.sha256 not in words


def test_a_trial_whose_worker_died_is_tried_again_with_its_settings(cast, snapshot, played, monkeypatch) -> None:
    search = searches.begin(snapshot, RECIPE, by=cast.mina, most=4, seed=5)
    played("made(f1=0.5)\n")
    trials.run(search.trials.get().pk)
    lost = search.trials.get(number=1)
    with monkeypatch.context() as dying:
        dying.setattr(trials.recipe_process, "executor", lambda: Dies())
        with pytest.raises(SystemExit):
            trials.run(lost.pk)
    lost.refresh_from_db()
    before = lost.parameters
    assert lost.state == "running" and left_running(search) == [lost.asked]
    assert trials.run(lost.pk) == "" and trials.sweep() == 0, "its lease still runs"
    Trial.objects.filter(pk=lost.pk).update(beat_at=F("beat_at") - timedelta(minutes=2))
    assert trials.sweep() == 1
    assert not left_running(search)
    rows = tried(search)
    assert [one.state for one in rows] == 4 * ["done"] and rows[1].parameters == before and rows[1].attempts == 2
    assert search.state == "done" and not left_running(search)


class Dies:
    """A worker that dies with its trial."""

    def run(self, place, heard):
        raise SystemExit


def test_a_process_that_is_killed_is_tried_again_and_then_named(cast, snapshot, played) -> None:
    played("os.kill(os.getpid(), signal.SIGKILL)")
    search = searches.begin(snapshot, RECIPE, by=cast.mina, most=2)
    rows = tried(search)
    assert [one.attempts for one in rows] == [3, 3] and {one.state for one in rows} == {"failed"}
    assert search.state == "failed" and "not enough memory" in search.reason and not left_running(search)
    with pytest.raises(StateConflict, match="No trial"):
        searches.train_winner(search, by=cast.mina)


GROWS = (
    RISES + "for step in range(1, 6):\n    report(step, 5, value * step / 5)\n    time.sleep(0.02)\nmade(f1=value)\n"
)


def test_a_trial_that_does_worse_than_the_others_did_by_then_ends_early(cast, snapshot, played) -> None:
    played(GROWS)
    search = searches.begin(snapshot, RECIPE, by=cast.mina, most=9, seed=1)
    rows = tried(search)
    early = [one for one in rows if one.state == "pruned"]
    assert early and all(len(one.curve) < 5 and one.value is None for one in early)
    assert rows[0].state == "done" and searches.winner(search).value == max(one.value or 0 for one in rows)


def test_a_search_that_is_stopped_leaves_nothing_running(cast, snapshot, played, monkeypatch) -> None:
    played("report(1, 9, 0.1)\ntime.sleep(600)")
    search = searches.begin(snapshot, RECIPE, by=cast.mina)
    with pytest.raises(StateConflict, match="searched"):
        searches.begin(snapshot, RECIPE, by=cast.mina)
    heard = trials._Listener.heard

    def stopped_then_heard(self, report) -> bool:
        if report is not None:
            searches.stop(search)
        return heard(self, report)

    monkeypatch.setattr(trials._Listener, "heard", stopped_then_heard)
    (row,) = tried(search)
    assert row.state == "stopped" and search.state == "stopped" and not left_running(search)
    with pytest.raises(StateConflict, match="over"):
        searches.stop(search)


def test_a_search_ends_with_its_time(cast, snapshot, played) -> None:
    played("made(f1=0.5)\n")
    search = searches.begin(snapshot, RECIPE, by=cast.mina, minutes=1)
    trials.run(search.trials.get().pk)
    Search.objects.update(began_at=F("began_at") - timedelta(minutes=2))
    first, second = tried(search)
    assert (first.state, second.state) == ("done", "stopped") and "time" in second.reason
    assert search.state == "done" and not left_running(search)


def test_what_trials_of_a_search_that_is_over_shared_is_swept_away(cast, snapshot, settings) -> None:
    assert trials.sweep() == 0, "no search was ever begun here"
    search = searches.begin(snapshot, RECIPE, by=cast.mina)
    place, gone = trials._folder(search), settings.DATA_DIR / "searches" / "of-nobody"
    gone.mkdir()
    assert trials.sweep() == 0 and place.exists() and not gone.exists()
    Trial.objects.update(state="running")
    searches.stop(search)
    assert trials.sweep() == 0 and place.exists(), "its trial ends in a moment"
    Trial.objects.update(state="stopped")
    assert trials.sweep() == 0 and not place.exists()


def test_bad_wishes_are_refused(cast, snapshot) -> None:
    for wish, place in (({"most": 0}, "trials"), ({"minutes": 10**6}, "minutes"), ({"at_once": 99}, "at_once")):
        with pytest.raises(Refused) as refusal:
            searches.begin(snapshot, RECIPE, by=cast.mina, **wish)
        assert refusal.value.place == place
    with pytest.raises(Refused):
        searches.begin(snapshot, "text-classes", by=cast.mina)
