"""From verdicts to a model that answers: trained in a process of its own, whole or not at all."""

import json
import random
from pathlib import Path

import pytest

from assist.learning import blind_verdicts, erasure, recipe_process, snapshots, training
from assist.learning.splits import GATE, split_of
from assist.models import ModelVersion, Snapshot, SnapshotRow, TrainingRun
from assist.registry import intake, lineage, registry, trial
from assist.runtime import smoke
from assist.runtime.doctor import Finding
from projects.errors import Refused
from projects.models import Project, Task
from projects.reports import verdict_index
from taskers.errors import StateConflict
from taskers.models import Event, Notification
from taskers.notifications import inbox
from tests.support import make
from tests.support.assist import reports, work
from tests.support.cast import Cast
from tests.support.projects.judging import said

pytestmark = pytest.mark.django_db
VESSELS = [{"name": "Vessel", "key": "vessel", "hotkey": "v"}]


@pytest.fixture(autouse=True)
def places(settings, tmp_path) -> None:
    settings.MEDIA_ROOT, settings.MODELS_DIR = tmp_path / "media", tmp_path / "models"


@pytest.fixture
def project(cast: Cast) -> Project:
    return make.project(cast.riverside, "Ships", wanted=1, labels=VESSELS)


def labelled(cast: Cast, project: Project, number: int) -> None:
    """So many reports whose ships Alice has marked, alone."""
    rng, batch = random.Random(3), make.batch(project, "Reports")
    told = [(f"{at}: ", *reports.report(rng)) for at in range(number)]
    tasks = make.texts(batch, [before + text for before, text, _ships in told])
    for task, (before, _text, ships) in zip(tasks, told, strict=True):
        shift = len(before)
        said(cast.alice, task, make.spans(*((a + shift, b + shift, "vessel") for a, b in ships)))


def snapshot(cast: Cast, project: Project) -> Snapshot:
    made = snapshots.take(project, by=cast.mina)
    snapshots.run(made.pk)
    made.refresh_from_db()
    return made


def ended(run: TrainingRun) -> TrainingRun:
    training.run(run.pk)
    run.refresh_from_db()
    return run


@pytest.mark.slow
def test_verdicts_become_a_model_that_knows_what_people_taught(cast, project, django_assert_num_queries) -> None:
    labelled(cast, project, 150)
    taken = snapshot(cast, project)
    run = ended(training.begin(taken, "spacy-entities", by=cast.mina, parameters={"passes": 6}, seed=7))
    assert run.state == "done", run.reason
    assert run.metrics["model"]["f1"] > 0.8 > run.metrics["began from"]["f1"]
    assert run.progress["step"] == run.curve[-1]["step"] and len(run.code) == len(run.packages) == 64
    version = run.version
    assert version is not None and version.smoke == "passed" and version.metrics["model f1"] > 0.8
    assert version in registry.usable(project) and version not in registry.usable(make.project(cast.hilltop))
    with django_assert_num_queries(1):  # on which verdicts it rests
        verdicts = set(SnapshotRow.objects.filter(snapshot__runs__version=version).values_list("verdict", flat=True))
    assert len(verdicts) == taken.rows == 150
    # Only what no model ever learns from judges it.
    verdict_index.add(Event.objects.order_by("pk"))
    two = (version, registry.model_version(work.SPACY))
    judged = [one for one in blind_verdicts.unseen(project, two, blind_verdicts.newest(project, 500)) if one.blind]
    assert judged and {split_of(str(project.public_id), one.group) for one in judged} == {GATE}
    with pytest.raises(StateConflict):
        training.stop(run)


def test_too_few_verdicts_are_said_and_nothing_is_registered(cast, project) -> None:
    labelled(cast, project, 5)
    run = ended(training.begin(snapshot(cast, project), "spacy-entities", by=cast.mina))
    assert (run.state, run.version) == ("failed", None) and "label more first" in run.reason
    assert not ModelVersion.objects.exists()
    assert training.run(run.pk) == "", "it is over"
    inbox.tell(Event.objects.order_by("pk"))
    (told,) = (one for one in inbox.of(cast.mina) if one.kind == "training_failed")
    assert "label more first" in inbox.said(told) and str(run.public_id) in told.address
    assert not Notification.objects.filter(kind="training_failed").exclude(person=cast.mina).exists()


@pytest.fixture
def played(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """In place of a recipe, a script."""

    def play(script: str) -> None:
        path = tmp_path / "recipe.py"
        path.write_text("import json, os, signal, sys, time\n" + script)
        monkeypatch.setattr(recipe_process, "PROGRAM", (str(path),))

    return play


FAULTS = {
    "os.kill(os.getpid(), signal.SIGKILL)": "not enough memory",
    "raise OSError(28, 'No space left on device')": "No space left on device",
    "print(json.dumps({'unfit': 'The loss became no number.'}), flush=True); sys.exit(2)": "no number",
    "sys.exit(0)": "couldn't be written",
    "sys.stdout.write('{' * 2**20); sys.stdout.flush(); time.sleep(600)": "longer than any report",
    "open(sys.argv[1] + '/made.json', 'w').write('[' * 100_000)": "isn't what a recipe writes",
    "open(sys.argv[1] + '/made.json', 'w').write(' ' * 5_000_000)": "isn't what a recipe writes",
    "print('{' + '[' * 10_000, flush=True); sys.exit('x' * 2**20)": "x" * 100,
}


@pytest.mark.parametrize("script", FAULTS)
def test_whatever_ends_a_recipe_is_named_and_leaves_nothing(cast, project, played, script: str) -> None:
    labelled(cast, project, 3)
    played(script)
    run = ended(training.begin(snapshot(cast, project), "spacy-entities", by=cast.mina))
    assert run.state == "failed" and FAULTS[script] in run.reason
    assert not ModelVersion.objects.exists()


LINKS = {
    "folder = sys.argv[1]; os.remove(folder + '/said'); os.symlink(SECRET, folder + '/said'); sys.exit(3)": "code 3",
    "os.symlink(SECRET, sys.argv[1] + '/made.json')": "couldn't be written",
    "model(); os.rename(FOLDER, FOLDER + '2'); os.symlink(os.path.dirname(SECRET), FOLDER)": "link or no file",
    "model(); os.symlink(SECRET, FOLDER + '/model.toml')": "link or no file",
    "model(); os.symlink(SECRET, FOLDER + '/weights.safetensors')": "link or no file",
}


@pytest.mark.parametrize("script", LINKS)
def test_a_link_that_a_recipe_leaves_is_neither_followed_nor_written_through(
    cast, project, played, tmp_path, script: str
) -> None:
    labelled(cast, project, 3)
    secret = tmp_path / "secret"
    secret.write_text("the key of all boxes")
    made = {"metrics": {}, "manifest": {"capability": "spans", "adapter": "spacy"}}
    played(
        f"SECRET, FOLDER, MADE = {str(secret)!r}, sys.argv[1] + '/model', {made!r}\n"
        "def model():\n"
        "    os.makedirs(FOLDER, exist_ok=True)\n"
        "    open(sys.argv[1] + '/made.json', 'w').write(json.dumps(MADE))\n" + script
    )
    run = ended(training.begin(snapshot(cast, project), "spacy-entities", by=cast.mina))
    assert run.state == "failed" and LINKS[script] in run.reason and "boxes" not in run.reason
    assert secret.read_text() == "the key of all boxes" and not (tmp_path / "model.toml").exists()


def test_a_run_that_is_stopped_ends_soon(cast, project, played, monkeypatch) -> None:
    labelled(cast, project, 3)
    played("print(json.dumps({'step': 1, 'of': 9, 'loss': 1, 'validation': 0, 'seconds_left': 60}), flush=True)\n"
           "time.sleep(600)")  # fmt: skip
    run = training.begin(snapshot(cast, project), "spacy-entities", by=cast.mina)
    with pytest.raises(StateConflict, match="being trained already"):
        training.begin(run.snapshot, "spacy-entities", by=cast.mina)
    told = training._Curve.add

    def told_then_stopped(curve: training._Curve, said: dict) -> None:
        told(curve, said)
        training.stop(run)

    monkeypatch.setattr(training._Curve, "add", told_then_stopped)
    assert ended(run).state == "stopped" and run.progress["of"] == 9
    waiting = training.begin(run.snapshot, "spacy-entities", by=cast.mina)
    training.stop(waiting)
    assert training.run(waiting.pk) == ""


def test_a_model_that_is_no_model_is_never_written_down(cast, project, played) -> None:
    labelled(cast, project, 3)
    played(
        "place = sys.argv[1]\nos.mkdir(place + '/model')\n"
        "open(place + '/model/weights.bin', 'wb').write(b'nothing')\n"
        f"open(place + '/made.json', 'w').write({json.dumps(json.dumps(MADE))})\n"
    )
    run = ended(training.begin(snapshot(cast, project), "spacy-entities", by=cast.mina))
    assert run.state == "failed" and "config.cfg" in run.reason
    assert not registry.usable(project).exists()


def test_a_model_that_answers_when_it_is_asked_again_was_taught_by_its_run_all_the_same(
    cast, project, played, monkeypatch
) -> None:
    labelled(cast, project, 40)
    played(
        "place = sys.argv[1]\nos.mkdir(place + '/model')\n"
        "open(place + '/model/weights.bin', 'wb').write(b'nothing')\n"
        f"open(place + '/made.json', 'w').write({json.dumps(json.dumps(MADE))})\n"
    )
    monkeypatch.setattr("assist.adapters.contents.check", lambda *given: None)
    well = iter((False, True))
    monkeypatch.setattr(smoke, "examine", lambda key, folder: Finding(key, next(well), ("It was asked.",), {}))
    run = ended(training.begin(snapshot(cast, project), "spacy-entities", by=cast.mina))
    assert run.state == "failed" and run.version is not None
    intake.ask_again(run.version)
    assert trial.run(run.version.pk) and run.version in registry.usable(project)
    verdict_index.add(Event.objects.order_by("pk"))
    # What the same texts taught elsewhere doesn't judge here, though it stands in this project's gate.
    other = make.project(cast.riverside, "Boats", wanted=1)
    shared = [one.payload["text"] for one in Task.objects.order_by("pk")]
    for task in make.texts(make.batch(other), [*shared, *(f"Boat {at} came." for at in range(20))]):
        said(cast.alice, task, make.spans((0, 4)))
    verdict_index.add(Event.objects.filter(project_key=other.public_id).order_by("pk"))

    def judging() -> list[blind_verdicts.Decided]:
        some = blind_verdicts.unseen(other, [run.version], blind_verdicts.newest(other, 500))
        return [one for one in some if one.blind]

    def gate_of(one: blind_verdicts.Decided) -> bool:
        return split_of(str(project.public_id), one.group) == GATE

    known = {one.group for one in judging() if one.task.payload["text"] in shared}
    assert len(judging()) == 20 + len(known) and all(gate_of(one) for one in judging() if one.group in known)
    snapshots.empty(run.snapshot)
    assert all(gate_of(one) for one in judging()), "whose file is gone, may have taught all but its gate"
    # So does one that the organization brings and that began from it.
    younger = ModelVersion.objects.create(
        name="younger", version="1", capability="spans", parent=run.version, organization=cast.riverside
    )
    for pupil in (run.version, younger):
        two = (pupil, registry.model_version(work.SPACY))
        judged = [one for one in blind_verdicts.unseen(project, two, blind_verdicts.newest(project, 500)) if one.blind]
        assert {split_of(str(project.public_id), one.group) for one in judged} <= {GATE}
    erased = erasure.begin(
        project, [one.public_id for one in Task.objects.filter(project=project)], reason="asked to", by=cast.mina
    )
    erasure.run(erased.pk)
    assert lineage.rests_on_erased(run.version) and lineage.rests_on_erased(younger)


def test_what_the_catalogue_refuses_ends_the_run_with_its_sentence(cast, project, played) -> None:
    labelled(cast, project, 3)
    made = MADE | {"manifest": MADE["manifest"] | {"adapter": "abacus"}}
    played(
        "place = sys.argv[1]\nos.mkdir(place + '/model')\n"
        "open(place + '/model/weights.bin', 'wb').write(b'nothing')\n"
        f"open(place + '/made.json', 'w').write({json.dumps(json.dumps(made))})\n"
    )
    run = ended(training.begin(snapshot(cast, project), "spacy-entities", by=cast.mina))
    assert run.state == "failed" and "abacus" in run.reason
    assert not ModelVersion.objects.exists()


MADE = {"metrics": {"model": {"f1": 1.0}}, "manifest": {"adapter": "spacy", "capability": "spans", "label_map": {}}}


@pytest.mark.parametrize(
    ("parameters", "code"),
    [({"speed": 3}, "unknown-parameter"), ({"passes": 900}, "out-of-range"), ({"passes": True}, "wrong-shape")],
)
def test_parameters_are_the_recipes_own(cast, project, parameters: dict, code: str) -> None:
    labelled(cast, project, 1)
    taken = snapshot(cast, project)
    with pytest.raises(Refused) as refusal:
        training.begin(taken, "spacy-entities", by=cast.mina, parameters=parameters)
    assert refusal.value.code == code
    with pytest.raises(Refused):
        training.begin(taken, "text-classes", by=cast.mina)
