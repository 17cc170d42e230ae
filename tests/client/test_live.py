"""The client against a real server: Mina's pipeline makes a project, loads it, follows it, takes the labels away."""

import contextlib
import json
import random
from collections.abc import Callable, Iterator
from decimal import Decimal

import pytest
from procrastinate.contrib.django.models import ProcrastinateJob

from projects import queue
from projects.data import importing
from projects.models import Import, Project, Task, Upload
from projects.reports import progress, verdict_index
from projects.workflow import submission, task_actions
from tandem_client import (
    Answers,
    Conflict,
    Field,
    FileChanged,
    ImportFailed,
    Invalid,
    KeptAnswers,
    Label,
    NewTask,
    NotFound,
    NotSignedIn,
    Settings,
    Tandem,
    When,
    uploads,
)
from taskers.errors import Problem
from tests.support import cast as people
from tests.support import make
from tests.support.client.live import answering, secret_of
from tests.support.projects.feed import standing
from tests.support.projects.judging import said

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def cast(transactional_db) -> people.Cast:
    return people.assemble()


@pytest.fixture
def server(cast) -> Iterator[str]:
    with answering() as address:
        yield address


@pytest.fixture
def mina(cast, server) -> Iterator[Tandem]:
    with Tandem(server, secret_of(cast.mina, cast.riverside), sleep=lambda _seconds: None) as tandem:
        yield tandem


def test_a_pipeline_makes_a_project_loads_it_and_reads_what_was_decided(cast, mina) -> None:
    made = mina.projects.create(
        "Ports", "text_spans", labels=[Label("Person"), Label("Port", hotkey="p")], settings=Settings(wanted=1)
    )
    assert [one.key for one in made.labels] == ["person", "port"]
    assert mina.projects.find("ports").id == made.id
    batch = mina.batches.create(made.id, "March", priority=3)
    loaded = mina.tasks.load(batch.id, [NewTask({"text": make.TEXT}, external_id=f"r-{n}") for n in range(3)])
    assert (loaded.read, loaded.loaded, loaded.rejected) == (3, 3, 0)
    assert mina.batches.move(batch.id, "live").state == "live"
    said(cast.alice, Task.objects.get(external_id="r-1"), make.MARIA)
    verdict_index.catch_up()
    progress.catch_up()
    (line,) = mina.follow_verdicts(made.id)
    assert (line.external_id, line.state, line.method) == ("r-1", "decided", "majority_v1")
    assert line.answer["spans"][0]["label"] == "person"
    found = mina.tasks.get(line.task)
    assert found.verdict is not None and found.verdict.id == line.id
    assert [one.id for one in mina.tasks.verdicts(line.task)] == [line.id]
    assert [one.tasker.name for one in mina.tasks.judgements(line.task)] == ["Alice"]
    assert (mina.batches.get(batch.id).progress.tasks, mina.batches.get(batch.id).progress.decided) == (3, 1)


def test_rows_of_any_number_go_in_by_the_thousand_and_refused_ones_keep_their_place(cast, mina) -> None:
    batch = make.batch(make.project(cast.riverside))
    held: list[int] = []

    def rows() -> Iterator[dict]:
        for number in range(1, 2501):
            held.append(number)
            yield {"external_id": f"r-{number}", "payload": {"text": f"Text {number}"} if number % 1200 else {}}

    told = []
    done = mina.tasks.load(str(batch.public_id), rows(), progress=lambda one: told.append((one.read, held[-1])))
    assert (done.read, done.loaded, done.rejected) == (2500, 2498, 2)
    assert [one.place.partition(",")[0] for one in done.errors] == ["line 1200", "line 2400"]
    assert told == [(1000, 1001), (2000, 2001), (2500, 2500)], "no more is taken than is sent"
    again = mina.tasks.load(str(batch.public_id), rows())
    assert (again.loaded, again.known, again.rejected) == (0, 2498, 2)


def test_a_file_is_sent_followed_and_known_the_second_time(cast, mina, tmp_path) -> None:
    batch = make.batch(make.project(cast.riverside))
    file = tmp_path / "rows.csv"
    file.write_text("external_id,text\n" + "".join(f"r-{n},Text {n}\n" for n in range(50)) + "r-1,Another text\n")
    told: list[tuple[int, int]] = []

    def load(_seconds: float) -> None:
        importing.run(Import.objects.latest("pk").pk)

    made = mina.imports.create(str(batch.public_id), file, progress=lambda *sent: told.append(sent))
    assert told[-1] == (file.stat().st_size, file.stat().st_size)
    done = mina.imports.wait(made.id, sleep=load)
    assert (done.loaded, done.known, done.rejected) == (50, 0, 1)
    assert (done.errors[0].place, done.errors[0].code) == ("line 52", "external-id-conflict")
    again = mina.imports.wait(mina.imports.create(str(batch.public_id), file).id, sleep=load)
    assert (again.loaded, again.known, again.rejected) == (0, 50, 1)


class Stopped(Exception):
    """Somebody stops the command."""


def test_a_large_file_goes_in_parts_and_goes_on_where_it_was_cut_off(cast, mina, server, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(uploads, "PART", 1000)
    monkeypatch.setattr("tandem_client.imports.LARGE", 2000)
    batch, file = make.batch(make.project(cast.riverside)), tmp_path / "rows.csv"
    file.write_text("external_id,text\n" + "".join(f"r-{n},Text {n}\n" for n in range(300)))
    size, told = file.stat().st_size, []

    def stop(done: int, total: int) -> None:
        told.append((done, total))
        if done == 3000:
            raise Stopped

    with pytest.raises(Stopped):
        mina.imports.create(str(batch.public_id), file, progress=stop)
    assert told == [(0, size), (1000, size), (2000, size), (3000, size)] and size > 3500
    with Tandem(server, secret_of(cast.mina, cast.riverside)) as again:  # another program, with nothing of the first's
        made = again.imports.create(str(batch.public_id), file, progress=lambda *sent: told.append(sent))
    assert told[4] == (3000, size) and told[-1] == (size, size)
    done = mina.imports.wait(made.id, sleep=lambda _seconds: importing.run(Import.objects.latest("pk").pk))
    assert (done.name, done.loaded, Upload.objects.count()) == ("rows.csv", 300, 1)


def test_a_file_that_changes_while_it_is_sent_is_named(cast, mina, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(uploads, "PART", 1000)
    monkeypatch.setattr("tandem_client.imports.LARGE", 2000)
    batch, file = make.batch(make.project(cast.riverside)), tmp_path / "rows.csv"
    file.write_text("text\n" + "A line.\n" * 500)

    def write(done: int, _total: int) -> None:
        if done == 2000:
            file.write_text("text\n" + "B line.\n" * 500)

    with pytest.raises(FileChanged, match="changed while it was sent; nothing of it was loaded"):
        mina.imports.create(str(batch.public_id), file, progress=write)
    assert not Import.objects.exists()


def test_a_file_that_cant_be_loaded_says_why(cast, mina, tmp_path) -> None:
    batch = make.batch(make.project(cast.riverside))
    (tmp_path / "rows.jsonl").write_text("{}", encoding="utf-16")
    made = mina.imports.create(str(batch.public_id), tmp_path / "rows.jsonl")
    with pytest.raises(ImportFailed, match="not UTF-8"):
        mina.imports.wait(made.id, sleep=lambda _seconds: importing.run(Import.objects.latest("pk").pk))
    ProcrastinateJob.objects.all().update(status="failed")  # whoever was at it is done
    assert mina.imports.go_on(made.id).state == "waiting"
    (tmp_path / "rows.exe").write_text("MZ")
    with pytest.raises(Invalid) as caught:
        mina.imports.create(str(batch.public_id), tmp_path / "rows.exe")
    assert (caught.value.code, caught.value.place) == ("unknown-format", "file")


def changed(cast: people.Cast, project: Project, dice: random.Random) -> None:
    """A judgement, a review, a wish to have it asked again, a cancelled task: whatever may happen to one just now."""
    task = dice.choice(list(Task.objects.select_related("project__organization").filter(project=project)))
    free = [one for one in (cast.alice, cast.bob, cast.carol) if not task.assignments.filter(tasker=one).exists()]
    verbs: list[Callable[[], object]] = [
        lambda: said(free[0], task, make.MARIA) if free and task.assignments.filter(state="open").exists() else None,
        lambda: reviewed(cast, task),
        lambda: task_actions.requeue(task, by=cast.mina),
        lambda: queue.withhold(task, Task.Withheld.CANCELLED, by=cast.mina),
    ]
    with contextlib.suppress(Problem):
        dice.choices(verbs, [5, 2, 4, 1])[0]()


def reviewed(cast: people.Cast, task: Task) -> None:
    review = queue.claim_review(task, cast.rita)
    submission.decide(review, cast.rita, review.token, make.OSLO)


def test_who_follows_holds_exactly_what_stands_however_often_it_is_stopped(cast, mina, tmp_path) -> None:
    project = make.project(cast.riverside, wanted=1)
    make.tasks(make.batch(project), 10)
    dice, key = random.Random(7), str(project.public_id)
    kept, calm = KeptAnswers(tmp_path / "kept"), Answers()
    kinds: set[str] = set()
    for _round in range(20):
        for _change in range(2):
            changed(cast, project, dice)
        verdict_index.catch_up()
        for number, line in enumerate(mina.follow_verdicts(key, kept)):
            kinds.add(line.kind)
            if number == 1 and dice.random() < 0.5:
                kept.close()  # killed in mid-page
                kept = KeptAnswers(tmp_path / "kept")
                break
    for answers in (kept, calm):
        list(mina.follow_verdicts(key, answers))
    assert kinds >= {"decided", "superseded", "reopened"}, "too little happened"
    expected = {task: str(verdict) for task, verdict in standing(project).items()}
    assert expected and {one.task: one.id for one in calm} == expected
    assert {one.task: one.id for one in kept} == expected
    kept.close()


def test_a_project_with_fields_comes_back_as_it_was_made_and_is_cloned(cast, mina) -> None:
    made = mina.projects.create(
        "Photographs",
        "classification",
        labels=[
            Label("Animal", field="Subject"),
            Label("Thing", field="Subject"),
            Label("Cat", field="Which"),
            Label("Dog", field="Which"),
        ],
        settings=Settings(
            rate=Decimal("0.05"),
            fields_asked=[
                Field("Subject", "choice"),
                Field("Which", "choice", required=False, when=When("subject", "animal")),
            ],
        ),
    )
    assert made.settings.rate == Decimal("0.05")
    copy = mina.projects.clone(made.id, "Photographs again")
    assert copy.id != made.id
    assert (copy.settings, copy.labels, copy.task_type) == (made.settings, made.labels, made.task_type)
    with pytest.raises(Conflict) as caught:
        mina.projects.clone(made.id, "Photographs again")
    assert caught.value.code == "project-exists"


def test_webhooks_are_made_changed_asked_and_removed(cast, mina, settings) -> None:
    settings.OUTBOUND = ["hooks.example.com"]
    project = str(make.project(cast.riverside).public_id)
    made = mina.webhooks.create("Jobs", "https://hooks.example.com/in", ["batch.done"], project_id=project)
    assert made.secret.startswith("whsec_") and made.secret not in repr(made)
    assert [one.id for one in mina.webhooks.list(project)] == [made.id]
    assert mina.webhooks.change(made.id, name="Night jobs", state="off").state == "off"
    assert mina.webhooks.change(made.id, state="on").name == "Night jobs"
    assert mina.webhooks.rotate(made.id).secret != made.secret
    ping = mina.webhooks.ping(made.id)
    assert json.loads(ping.body)["type"] == "ping"
    assert [one.id for one in mina.webhooks.deliveries(made.id, "waiting")] == [ping.id]
    assert mina.webhooks.redeliver_dead(made.id) == 0
    mina.webhooks.remove(made.id)
    with pytest.raises(NotFound):
        mina.webhooks.get(made.id)


def test_an_export_is_written_and_another_organizations_isnt(cast, mina, server, tmp_path) -> None:
    project = make.project(cast.riverside, "Reports", wanted=1)
    make.tasks(make.batch(project), 2)
    make.judged(cast.alice, project, make.MARIA)
    path = mina.exports.download(str(project.public_id), "jsonl", tmp_path)
    assert path.name == "reports.jsonl"
    assert [json.loads(line)["external_id"] for line in path.read_text().splitlines()] == ["First-0"]
    with Tandem(server, secret_of(cast.nora, cast.hilltop)) as nora, pytest.raises(NotFound):
        nora.exports.download(str(project.public_id), "jsonl", tmp_path)
    with Tandem(server, "tdm_of-nobody") as nobody, pytest.raises(NotSignedIn):
        list(nobody.projects.list())
