"""What somebody asked to have erased teaches no model any more, and what it taught before says so."""

from hashlib import sha256
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.db import IntegrityError, ProgrammingError, transaction
from django.urls import reverse
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from assist.annotators import work as placing
from assist.learning import (
    abandoned,
    blind_verdicts,
    deciding,
    erasure,
    evaluation,
    follow,
    label_vectors,
    model_card,
    snapshot_file,
    snapshots,
    term_memory,
    training,
    worst_cases,
)
from assist.learning.search import searches
from assist.learning.splits import GATE, split_of
from assist.models import (
    DecidedTerms,
    Deployment,
    Erasure,
    Evaluation,
    EvaluationAnswer,
    EvaluationConfusions,
    EvaluationScore,
    LabelVectors,
    ModelVersion,
    OrganizationDefault,
    Override,
    PassedOver,
    Snapshot,
    Tombstone,
    TrainingRun,
)
from assist.registry import defaults, lineage, registry
from projects.annotators import lifecycle
from projects.data import archive
from projects.errors import Refused
from projects.models import Project, Task
from projects.reports import verdict_index
from projects.workflow import batches
from taskers.errors import StateConflict
from taskers.models import Event
from tests.support import make
from tests.support.assist.engineer import at, shown
from tests.support.assist.engineer import emil as emil  # a fixture
from tests.support.cast import Cast
from tests.support.projects.archiving import read_all
from tests.support.projects.judging import said
from tests.support.projects.pipeline import Api, refused

pytestmark = pytest.mark.django_db
WHY = "Maria asked for it"


@pytest.fixture(autouse=True)
def places(settings, tmp_path) -> None:
    settings.MEDIA_ROOT, settings.MODELS_DIR = tmp_path / "media", tmp_path / "models"


@pytest.fixture
def project(cast: Cast) -> Project:
    return make.project(cast.riverside, wanted=1)


def decided(cast: Cast, project: Project, number: int = 6) -> list[Task]:
    batch, found = make.batch(project, f"Batch {project.batches.count()}"), []
    for place in range(number):
        (task,) = make.tasks(batch, text=f"Person {place} of {batch.name} came by.")
        said(cast.alice, task, make.spans((0, 6)))
        found.append(task)
    return found


def of_split(cast: Cast, project: Project, *, gate: bool) -> Task:
    """A decided one that judges models, or one of which they learn."""
    batch, key = make.batch(project, f"Batch {project.batches.count()}"), str(project.public_id)
    texts = (f"Visitor {number} of {batch.name} came by." for number in count())
    text = next(one for one in texts if (split_of(key, sha256(one.encode()).hexdigest()) == GATE) is gate)
    (task,) = make.tasks(batch, text=text)
    said(cast.alice, task, make.spans((0, 7)))
    return task


def taken(project: Project, cast: Cast) -> Snapshot:
    made = snapshots.take(project, by=cast.mina)
    assert snapshots.run(made.pk) == "ready"
    made.refresh_from_db()
    return made


def taught(cast: Cast, snapshot: Snapshot, name: str = "taught", **terms: object) -> ModelVersion:
    """A version that learnt from it."""
    owner = {"organization": snapshot.project.organization} | terms
    made = ModelVersion.objects.create(name=name, version="1", capability="spans", runtime="spacy", **owner)
    terms = {"recipe": "spacy-entities", "seed": 0, "code": 64 * "b", "packages": 64 * "c", "asked_by": cast.mina}
    TrainingRun.objects.create(project=snapshot.project, snapshot=snapshot, state="done", version=made, **terms)
    return made


def erase(cast: Cast, project: Project, *tasks: Task) -> Erasure:
    made = erasure.begin(project, [one.public_id for one in tasks], reason=WHY, by=cast.mina)
    assert erasure.run(made.pk) == "done"
    made.refresh_from_db()
    return made


def file_of(snapshot: Snapshot) -> str:
    return f"snapshots/{snapshot.sha256}.parquet"


def test_what_is_erased_is_in_no_file_and_a_tombstone_says_so(cast, project, tmp_path) -> None:
    gone = of_split(cast, project, gate=False)
    tasks = [*decided(cast, project), gone]
    first, again = taken(project, cast), taken(project, cast)
    assert first.sha256 == again.sha256 and default_storage.exists(file_of(first))
    made = erase(cast, project, gone)
    stones = list(Tombstone.objects.order_by("snapshot"))
    assert [(one.snapshot, one.rows, one.learnt, one.sha256) for one in stones] == [
        (first, 1, 1, first.sha256), (again, 1, 1, first.sha256),
    ]  # fmt: skip
    assert all(one.emptied_at for one in stones) and not default_storage.exists(file_of(first))
    kept = " ".join(path.read_bytes().decode("latin1") for path in Path(tmp_path).rglob("*") if path.is_file())
    assert str(gone.public_id) not in kept and gone.payload["text"] not in kept
    later = taken(project, cast)
    lines = list(snapshot_file.read(snapshots.fetch(later, tmp_path)))
    assert {one.task for one in lines} == {str(one.public_id) for one in tasks if one != gone}
    assert set(Event.objects.filter(kind__startswith="erasure_").values_list("kind", flat=True)) == {
        "erasure_asked", "erasure_done",
    }  # fmt: skip
    for change in (stones[0].delete, lambda: Erasure.objects.filter(pk=made.pk).update(reason="Another")):
        with pytest.raises(ProgrammingError), transaction.atomic():
            change()


def test_what_learnt_from_it_is_known_both_ways_and_nothing_else(cast, project, django_assert_num_queries) -> None:
    judges = of_split(cast, project, gate=True)
    before = taken(project, cast)
    teaches = of_split(cast, project, gate=False)
    both = taken(project, cast)
    old, new = taught(cast, before, "old"), taught(cast, both, "new")
    child = ModelVersion.objects.create(
        name="child", version="1", capability="spans", runtime="spacy", organization=cast.riverside, parent=new
    )
    erase(cast, project, judges)
    assert Tombstone.objects.count() == 2 and lineage.erased() == set(), "what judges taught nobody"
    made = erase(cast, project, teaches)
    with django_assert_num_queries(1):
        down = lineage.rests(erasure=made.pk)
    assert {(one.snapshot, one.version) for one in down} == {(both.pk, new.pk), (both.pk, child.pk)}
    with django_assert_num_queries(1):
        up = lineage.rests(version=child.pk)
    assert [(one.erasure, one.snapshot) for one in up] == [(made.pk, both.pk)]
    assert lineage.erased() == {new.pk, child.pk} and not lineage.rests_on_erased(old)
    card = model_card.of(project, child)
    assert [one["why"] for one in card["erased"]] == [WHY] and "erased" in card["limits"]


def test_a_version_that_rests_on_it_comes_to_answer_by_two_peoples_word_alone(cast, project) -> None:
    gone = of_split(cast, project, gate=False)
    snapshot = taken(project, cast)
    version, answers = taught(cast, snapshot), taught(cast, snapshot, "answers")
    registry.deploy(project, answers, share=60, by=cast.mina, grounds=registry.FIRST)
    default = defaults.begin(cast.riverside, version, by=cast.mina)
    erase(cast, project, gone)
    second = make.person("Second", cast.riverside)
    elsewhere = make.project(cast.riverside, "Elsewhere")
    assert PassedOver.objects.filter(default=default, project=elsewhere).exists(), "nor where a project begins"
    with pytest.raises(StateConflict, match="trained on data that was erased since"):
        registry.deploy(elsewhere, version, share=5, by=cast.mina, grounds=registry.FIRST)
    with pytest.raises(StateConflict, match="trained on data that was erased since"):
        placing.place(elsewhere, version, by=cast.mina)
    for row in (
        Deployment(project=elsewhere, version=version, share=5, basis="first", started_by=cast.mina),
        OrganizationDefault(organization=cast.riverside, version=answers, started_by=cast.mina),
    ):
        with pytest.raises(IntegrityError, match="of_erased"), transaction.atomic():
            row.save(force_insert=True)
    # What answers already goes on, and may give up a part.
    registry.deploy(project, answers, share=40, by=cast.mina, grounds=registry.FIRST)
    made = registry.deploy(elsewhere, version, share=5, by=cast.mina, grounds=registry.override("Needed", second))
    assert made.basis == "override"


def test_nothing_begins_to_learn_from_an_emptied_snapshot_and_what_does_stops(cast, project, emil) -> None:
    tasks = decided(cast, project)
    snapshot = taken(project, cast)
    waits = training.begin(snapshot, "spacy-entities", by=cast.mina)
    search = searches.begin(snapshot, "spacy-entities", by=cast.mina)
    erase(cast, project, tasks[0])
    for one, state in ((waits, "stopped"), (search, "stopped")):
        one.refresh_from_db()
        assert one.state == state
    for begin in (training.begin, searches.begin):
        with pytest.raises(StateConflict, match="erased since"):
            begin(snapshot, "spacy-entities", by=cast.mina)
    with pytest.raises(IntegrityError, match="training_of_erased"), transaction.atomic():
        TrainingRun.objects.create(
            project=project, snapshot=snapshot, recipe="x", seed=0, code="", packages="", asked_by=cast.mina
        )
    page = shown(emil, "copilot-training", project)
    assert "Emptied" in page and WHY in page and str(snapshot.public_id) not in page, "nor is it offered"


def test_one_that_was_cut_off_between_its_steps_is_taken_up_again(cast, project, monkeypatch) -> None:
    gone = of_split(cast, project, gate=False)
    snapshot = taken(project, cast)
    version = taught(cast, snapshot)
    made = erasure.begin(project, [gone.public_id], reason=WHY, by=cast.mina)

    def full(found: Snapshot) -> None:
        raise OSError(5, "Input/output error")

    with monkeypatch.context() as patch, pytest.raises(OSError):
        patch.setattr(snapshots, "empty", full)
        erasure.run(made.pk)
    assert Tombstone.objects.get().emptied_at is None and lineage.erased() == {version.pk}, (
        "marked before it is removed"
    )
    assert default_storage.exists(file_of(snapshot))
    for _ in range(abandoned.MOST_TRIES + 1):  # it is owed, however often it fails
        ProcrastinateJob.objects.filter(task_name=erasure.JOB).update(status="failed")
        assert abandoned.sweep() == 1
    assert ProcrastinateJob.objects.filter(task_name=erasure.JOB, status="todo").count() == 1
    assert erasure.run(made.pk) == "done" and erasure.run(made.pk) == ""
    assert Tombstone.objects.get().emptied_at and not default_storage.exists(file_of(snapshot))


def test_it_judges_no_model_either_and_no_answer_to_it_is_kept(cast, project) -> None:
    tasks = decided(cast, project)
    verdict_index.add(Event.objects.filter(project_key=project.public_id))
    one, other = (registry.model_version(key) for key in ("fake-spans@1", "en-core-web-sm@3.8.0"))
    told = {"candidate": one, "champion": other, "margin": 0.05, "rules": 1, "begun_by": cast.mina}
    evaluation = Evaluation.objects.create(project=project, **told)
    for task in tasks[:2]:
        score = EvaluationScore.objects.create(
            evaluation=evaluation, task=task.pk, verdict=1, candidate=0, champion=0, slices=[]
        )
        EvaluationAnswer.objects.create(score=score, candidate={"spans": []}, champion={"spans": []})
    assert len(blind_verdicts.newest(project, 50)) == len(tasks)
    erase(cast, project, tasks[0])
    assert {found.task.pk for found in blind_verdicts.newest(project, 50)} == {found.pk for found in tasks[1:]}
    assert [kept.score.task for kept in EvaluationAnswer.objects.all()] == [tasks[1].pk]


def test_what_verdicts_taught_without_a_training_is_learnt_anew_without_it(cast, project, monkeypatch) -> None:
    batch, texts = make.batch(project), ("Maria came by.", "Jonas went.", "Amira stayed.")
    gone, later, stays = (make.tasks(batch, text=text)[0] for text in texts)
    for task in (gone, later, stays):
        said(cast.alice, task, make.spans((0, 5)))
    verdict_index.add(Event.objects.filter(project_key=project.public_id))
    version = registry.model_version("fake-spans@1")
    LabelVectors.objects.create(project=project, version=version, field="tone", sums=b"", upto=9)

    def found() -> set[str]:
        return {text[:5] for text in texts if term_memory.find(project.public_id, text, 0)}

    assert term_memory.learn(project) == 3 and found() == {"Maria", "Jonas", "Amira"}
    erase(cast, project, gone)
    assert not DecidedTerms.objects.exists() and not LabelVectors.objects.exists() and found() == set()
    assert ProcrastinateJob.objects.filter(task_name=follow.LEARN, args={"project_key": project.pk}).exists()
    assert term_memory.due(project) and term_memory.learn(project) == 2 and found() == {"Jonas", "Amira"}
    assert {one.task for one in label_vectors._entries(project)} == {later, stays}

    usual = term_memory.decided_terms.learn

    def meanwhile(read):
        erasure.begin(project, [later.public_id], reason=WHY, by=cast.mina)
        return usual(read)

    with monkeypatch.context() as patch:
        patch.setattr(term_memory.decided_terms, "learn", meanwhile)
        assert term_memory.learn(project) == 0, "what was read has it still"
    assert erasure.run(Erasure.objects.latest("pk").pk) == "done"
    assert term_memory.learn(project) == 1 and found() == {"Amira"}


def test_an_evaluation_from_before_lets_no_model_decide_alone_any_more(cast, project) -> None:
    gone = of_split(cast, project, gate=False)
    version, beaten = taught(cast, taken(project, cast)), registry.model_version("fake-spans@1")
    placed = placing.place(project, version, by=cast.mina)
    told = {"state": "done", "outcome": "passed", "alone": "passed", "margin": 0.05, "rules": 1, "begun_by": cast.mina}
    passed = Evaluation.objects.create(project=project, candidate=version, champion=beaten, **told)

    def basis() -> Evaluation | Override | None:
        (row,) = deciding.with_basis(placing.of_project(project))
        return row.basis

    lifecycle.move(placed.annotator, by=cast.mina, mode="decide")
    assert basis() == passed
    erase(cast, project, gone)
    assert basis() is None
    lifecycle.move(placed.annotator, by=cast.mina, mode="count")
    with pytest.raises(Refused, match="Nothing says yet"):
        lifecycle.move(placed.annotator, by=cast.mina, mode="decide")
    wish = {"version": version, "share": 100, "reason": "Needed", "asked_by": cast.mina, "answered_by": cast.olga}
    word = Override.objects.create(
        project=project, purpose="decide", state="confirmed", answered_at=timezone.now(), **wish
    )
    lifecycle.move(placed.annotator, by=cast.mina, mode="decide")
    assert basis() == word, "two people's word stays open"


def test_an_evaluation_under_way_keeps_nothing_of_what_was_erased_meanwhile(cast, project) -> None:
    gone, stays = decided(cast, project, 2)
    one, other = (registry.model_version(key) for key in ("fake-spans@1", "en-core-web-sm@3.8.0"))
    told = {"project": project, "candidate": one, "champion": other, "margin": 0.05, "rules": 1, "begun_by": cast.mina}
    made = Evaluation.objects.create(**told)
    rows = [
        EvaluationScore(evaluation=made, task=task.pk, verdict=1, candidate=0, champion=0, slices=[])
        for task in (gone, stays)
    ]
    answers = [(task.pk, make.spans((0, 6))) for task in (gone, stays)]
    heard: dict[int, Any] = {task.pk: {"spans": []} for task in (gone, stays)}
    erase(cast, project, gone)
    evaluation._end(made, evaluation.Measured(rows, answers, (heard, heard), None), state="done", outcome="refused")
    assert [row.task for row in EvaluationScore.objects.all()] == [stays.pk]
    assert [kept.score.task for kept in EvaluationAnswer.objects.all()] == [stays.pk]
    assert EvaluationConfusions.objects.get().candidate[0]["tasks"] == [stays.pk]
    for listed in ([stays], []):
        confusion = worst_cases.of_confusion(made, "candidate", 0)
        assert confusion is not None and list(confusion.tasks) == listed
        if listed:
            erase(cast, project, stays)


@pytest.mark.django_db(transaction=True)
def test_an_archived_task_is_erased_as_well(cast, project) -> None:
    tasks = decided(cast, project, 3)
    snapshot = taken(project, cast)
    batches.move(tasks[0].batch, "closed", by=cast.mina)
    read_all()
    archive.archive(tasks[0].batch, by=cast.mina)
    erase(cast, project, tasks[1])
    assert Tombstone.objects.get().snapshot == snapshot
    assert taken(project, cast).rows == 2


def test_a_manager_asks_on_the_page_and_a_program_by_its_address(cast, project, client, emil) -> None:
    first, other, third = (of_split(cast, project, gate=False) for _ in range(3))
    snapshot = taken(project, cast)
    version = taught(cast, snapshot)
    client.force_login(cast.mina)
    assert "Erase tasks from training" in shown(client, "copilot-training", project)
    assert "Erase tasks from training" not in shown(emil, "copilot-training", project)
    wrong = client.post(at("copilot-erase", project), {"tasks": f"{first.public_id}\nnonsense", "reason": WHY})
    assert wrong.status_code == 422 and "“nonsense” is no id of a task" in wrong.content.decode()
    both = f"{first.public_id}\nhttps://tandem.example{reverse('task', args=[other.public_id])}"
    assert client.post(at("copilot-erase", project), {"tasks": both, "reason": WHY}).status_code == 302
    mine, key = Api(cast.mina, cast.riverside), project.public_id
    body = {"tasks": [str(first.public_id), str(third.public_id)], "reason": "The customer's wish"}
    said_back = mine.post("erasures", key, body=body).json()
    assert said_back["tasks"] == [str(third.public_id)] and said_back["state"] == "waiting"
    refused(mine.post("erasures", key, body=body), 409, "state-conflict")
    assert 'id="erasures" hx-get' in shown(client, "copilot-training", project), "who waits for it sees it done"
    strange = {"tasks": [str(snapshot.public_id)], "reason": WHY}
    refused(mine.post("erasures", key, body=strange), 422, "unknown-task", "tasks")
    for made in Erasure.objects.order_by("pk"):
        erasure.run(made.pk)
    newest, _oldest = mine.get("erasures", key).json()["results"]
    (stone,) = newest["tombstones"]
    assert (stone["snapshot"], stone["rows"], stone["sha256"]) == (str(snapshot.public_id), 1, snapshot.sha256)
    assert mine.get("snapshots", key).json()["results"][0]["emptied"] is True
    assert mine.get("runs", key).json()["results"][0]["erased"] is True
    assert newest["models"] == [str(version)]
    theirs = {"name": "theirs", "version": "1", "capability": "spans", "organization": cast.hilltop}
    ModelVersion.objects.create(parent=version, **theirs)
    first_of, second_of = mine.get("erasures", key).json()["results"]
    assert first_of["models"] == [str(version)], "what others made of it is theirs to know"
    assert (second_of["number"], second_of["tasks"]) == (2, [str(first.public_id), str(other.public_id)])
    card = mine.get("model-card", key, version.public_id).json()
    assert "erased" in card["limits"] and card["erased"]
    page = shown(emil, "copilot-card", project, version.public_id)
    assert "Trained on data that was erased since" in page and WHY in page
    assert "Trained on data that was erased since" in shown(emil, "copilot-training", project)


def test_of_what_isnt_there_nothing_is_erased(cast, project) -> None:
    (stranger,) = decided(cast, make.project(cast.hilltop, wanted=1), 1)
    with pytest.raises(Refused, match="no such task"):
        erasure.begin(project, [stranger.public_id], reason=WHY, by=cast.mina)
    with pytest.raises(Refused, match="why"):
        erasure.begin(project, [stranger.public_id], reason=" ", by=cast.mina)
    assert not Erasure.objects.exists()
