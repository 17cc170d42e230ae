"""Batches that are over leave the live tables for files, and nobody who exports or counts can tell the difference."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.db.utils import DatabaseError
from django.urls import reverse
from django.utils import timezone

from projects import queue
from projects.data import archive, exporting, importing
from projects.data.archive import cleanup, moving
from projects.data.media import assets
from projects.data.reading.rows import Row
from projects.models import (
    Annotation,
    Archive,
    ArchivedTask,
    ArchivePart,
    Assignment,
    BatchProgress,
    Comment,
    Correctable,
    Gold,
    Task,
    Verdict,
    VerdictEntry,
)
from projects.queue.clock import from_now
from projects.reports import progress
from projects.workflow import batches, submission
from projects.workflow.comments import answering, saying
from taskers.credentials import tokens
from taskers.errors import StateConflict
from taskers.models import Transfer
from taskers.money import disputes, ledger
from tests.support import make, owner
from tests.support.projects.archiving import judge_all, read_all
from tests.support.projects.feed import followed, standing
from tests.support.projects.pictures import picture


@pytest.fixture(autouse=True)
def folder(tmp_path, settings):
    """A media folder of the test's own."""
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.fixture
def project(cast):
    return make.project(cast.riverside)


@pytest.fixture
def two(cast, project):
    """An old batch and a new one whose tasks were loaded by turns, all decided but the new one's last; readers are up
    to date."""
    old, new = make.batch(project, "Old"), make.batch(project, "New")
    for _ in range(3):
        make.tasks(old, 2)
        make.tasks(new, 1)
    judge_all(cast, project)
    make.task(new)
    batches.move(old, "closed", by=cast.mina)
    read_all()
    return old, new


def everything(project, batch=None) -> dict[str, bytes]:
    keys = [one.key for one in exporting.formats_for(project)]
    return {key: b"".join(exporting.export(project, key, batch=batch)) for key in keys}


def books() -> list:
    return list(Transfer.objects.order_by("pk").values_list("key", "amount"))


@pytest.mark.django_db(transaction=True)
def test_every_export_is_the_same_to_the_byte_before_and_after(cast, project, two, monkeypatch):
    old, new = two
    before = [everything(project), everything(project, old), everything(project, new)]
    paid = books()
    monkeypatch.setattr(moving, "PART", 4)
    archive.archive(old, by=cast.mina)
    assert not Task.objects.filter(batch=old).exists() and ArchivedTask.objects.count() == 6
    assert ArchivePart.objects.count() == 2
    assert not Annotation.objects.filter(task__batch=old).exists()
    assert [everything(project), everything(project, old), everything(project, new)] == before
    assert b"Old-3" in before[0]["jsonl"] and b"New-1" in before[0]["jsonl"]
    assert queue.audit().breaches == [] and ledger.audit() == [] and books() == paid


@pytest.mark.django_db(transaction=True)
def test_an_export_that_runs_while_tasks_move_tells_each_once(cast, project, two, monkeypatch):
    old, _ = two
    whole = everything(project)["jsonl"]
    monkeypatch.setattr("projects.data.exporting.decided.CHUNK", 2)
    monkeypatch.setattr(exporting, "PIECE", 1)
    running = exporting.export(project, "jsonl")
    pieces = [next(running), next(running)]
    archive.archive(old, by=None)
    assert b"".join([*pieces, *running]) == whole


@pytest.mark.django_db(transaction=True)
def test_progress_stays_and_a_new_count_agrees(cast, project, two):
    old, _ = two
    before = list(BatchProgress.objects.order_by("pk").values())
    archive.archive(old, by=None)
    read_all()
    assert list(BatchProgress.objects.order_by("pk").values()) == before
    progress.rebuild()
    assert list(BatchProgress.objects.order_by("pk").values()) == before
    assert BatchProgress.objects.get(batch=old).decided == 6


@pytest.mark.django_db(transaction=True)
def test_a_batch_comes_back_as_it_was(cast, project, two, monkeypatch):
    old, _ = two
    done = Assignment.objects.submitted().filter(batch=old, tasker=cast.alice).latest("pk")
    said = saying.say(done, cast.alice, uuid4(), to="manager", words="Why?", mark="s1")
    answering.answer(said, cast.mina, "Because.", uuid4())

    def rows():
        nouns = (Task, Assignment, Annotation, Verdict, Comment)
        return [list(noun.objects.order_by("pk").values()) for noun in nouns] + [
            set(VerdictEntry.objects.values_list("task", "label", "verdict"))
        ]

    before, files = rows(), everything(project)
    monkeypatch.setattr(moving, "PART", 4)
    archive.archive(old, by=None)
    assert rows() != before
    archive.bring_back(old, by=cast.mina)
    read_all()
    assert rows() == before and everything(project) == files
    assert not Archive.objects.exists() and not ArchivedTask.objects.exists()
    _, left = default_storage.listdir(f"archive/{cast.riverside.public_id}/{old.public_id}")
    assert left == []
    archive.archive(old, by=None)
    assert everything(project) == files
    with pytest.raises(StateConflict, match="isn't archived"):
        archive.bring_back(two[1], by=None)


@pytest.mark.django_db(transaction=True)
def test_what_is_not_over_stays(cast, project):
    live = make.batch(project, "Live")
    task = make.task(live)
    mine = make.held(cast.alice, project)
    with pytest.raises(StateConflict, match="Only a closed"):
        archive.archive(live, by=None)
    batches.move(live, "closed", by=cast.mina)
    with pytest.raises(StateConflict, match="still in progress"):
        archive.archive(live, by=None)
    queue.release(mine, cast.alice, mine.token)
    corrected = Correctable.objects.create(assignment=mine, until=from_now(60))
    with pytest.raises(StateConflict, match="may still be corrected"):
        archive.archive(live, by=None)
    corrected.delete()
    open_one = disputes.open(cast.riverside, cast.alice, subject=f"task:{task.public_id}", text="It was right.")
    with pytest.raises(StateConflict, match="disputed"):
        archive.archive(live, by=None)
    disputes.answer(open_one, cast.rita, state="refused", text="It was not.")
    queue.withhold(task, "review", by=cast.mina)
    with pytest.raises(StateConflict, match="wait for review"):
        archive.archive(live, by=None)
    assert Task.objects.get() == task and not Archive.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_readers_see_the_end_of_a_batch_before_it_goes(cast, project, two):
    old, new = two
    batches.move(new, "closed", by=cast.mina)
    with pytest.raises(StateConflict, match="rollups"):
        archive.archive(new, by=None)
    read_all()
    archive.archive(new, by=None)


@pytest.mark.django_db(transaction=True)
def test_the_database_lets_no_answer_go_that_is_not_archived(cast, project, two):
    old, new = two
    archive.archive(old, by=None)
    for statement in (
        "DELETE FROM projects_annotation",
        "DELETE FROM projects_verdict",
        "UPDATE projects_annotation SET answer = '{}'",
        "UPDATE projects_verdict SET answer = '{}'",
    ):
        with pytest.raises(DatabaseError, match="append-only|Cannot"), transaction.atomic():
            owner.execute(statement)
    assert Annotation.objects.filter(task__batch=new).count() == 6


@pytest.mark.django_db(transaction=True)
def test_an_archived_name_is_still_known(cast, project):
    rows = [Row(f"line {n}", f"r-{n}", {"text": f"Text {n}"}) for n in range(3)]
    first = make.batch(project, "First")
    importing.load_all(first, rows, by=None)
    batches.move(first, "cancelled", by=None)
    archive.archive(first, by=None)
    done = importing.load_all(make.batch(project, "Again"), [*rows, Row("line 4", "r-1", {"text": "Another"})], by=None)
    assert (done.loaded, done.known, [fault.code for fault in done.faults]) == (0, 3, ["external-id-conflict"])
    assert not Task.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_known_answers_stay_where_claims_are_dealt_from(cast, project, two):
    old, _ = two
    kept = Task.objects.filter(batch=old).first()
    Gold.objects.create(task=kept, answer=make.MARIA)
    before = everything(project)
    found = archive.archive(old, by=None)
    assert found.kept == 1 and Task.objects.get(batch=old) == kept
    assert everything(project) == before


@pytest.mark.django_db(transaction=True)
def test_a_damaged_file_is_noticed_and_never_exported(cast, project, two):
    old, _ = two
    found = archive.archive(old, by=None)
    assert archive.check(found) == []
    part = found.parts.get()
    with default_storage.open(part.file, "r+b") as file:
        file.seek(40)
        file.write(b"XX")
    assert len(archive.check(found)) == 1
    with pytest.raises(archive.Unreadable):
        everything(project)
    with pytest.raises(archive.Unreadable):
        archive.bring_back(old, by=None)
    assert ArchivedTask.objects.count() == 6


@pytest.mark.django_db(transaction=True)
def test_nothing_is_deleted_when_the_file_does_not_read_as_it_was_written(cast, project, two, monkeypatch):
    monkeypatch.setattr(moving.files, "read", lambda data: [])
    with pytest.raises(archive.Unreadable):
        archive.archive(two[0], by=None)
    assert Task.objects.filter(batch=two[0]).count() == 6 and not ArchivedTask.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_the_command_archives_checks_and_restores(cast, project, two, capsys):
    old, new = two
    call_command("archive", str(old.public_id))
    call_command("archive", str(old.public_id), "--check")
    call_command("archive", str(old.public_id), "--restore")
    said = capsys.readouterr().out
    assert "is archived in 1 files" in said and "is whole" in said and "is back" in said
    with pytest.raises(CommandError, match="Only a closed"):
        call_command("archive", str(new.public_id))
    read_all()
    call_command("archive", "--closed-before", "1")
    assert not Archive.objects.exists()
    assert cleanup.archive_old(days=0) == {"archived": 1, "waiting": 0}
    assert Archive.objects.get().batch == old and cleanup.over_since(0) == []


@pytest.mark.django_db
def test_the_archive_knows_every_table_that_hangs_on_a_task():
    """Whoever adds a table that refers to these rows decides here what becomes of it; its reference has an index."""
    moved = {model._meta.db_table for model in (Task, *moving.CHILDREN.values())}
    known = moved | {"projects_verdictentry", "projects_importedprediction"}  # deleted with them
    known |= {"projects_taskwords", "projects_tasktag", "projects_bulktrace", "projects_reservation"}  # these, too
    # Known answers stay where they are, and with them who took them.
    known |= {"projects_gold", "projects_qualificationstep", "projects_goldsettlement"}
    known |= {"projects_correctable"}  # none is left of a batch that is over
    with connection.cursor() as cursor:
        cursor.execute(REFERENCES, [sorted(moved)])
        found = cursor.fetchall()
    assert {table for table, _, _ in found} <= known
    bare = [(table, column) for table, column, indexed in found if not indexed]
    assert bare == [], "each deleted row would walk through the whole table"


REFERENCES = """
SELECT c.conrelid::regclass::text, a.attname,
  EXISTS (SELECT FROM pg_index i WHERE i.indrelid = c.conrelid AND i.indkey[0] = c.conkey[1] AND i.indpred IS NULL)
FROM pg_constraint c JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]
WHERE c.contype = 'f' AND c.confrelid::regclass::text = ANY(%s)
"""


@pytest.mark.django_db(transaction=True)
def test_a_cancelled_batch_goes_with_its_open_work(cast, project):
    batch = make.batch(project, "Wrong ones")
    make.tasks(batch, 3)
    batches.move(batch, "cancelled", by=cast.mina)
    archive.archive(batch, by=cast.mina)
    rows = ArchivePart.objects.get().rows
    assert (rows["tasks"], rows["assignments"], rows["annotations"]) == (3, 6, 0)
    assert not Assignment.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_pictures_of_archived_tasks_are_kept_and_exported(cast):
    project = make.project(cast.riverside, "Cats", "image_regions", labels=[{"name": "Cat"}], wanted=1)
    batch = make.batch(project, "Cats")
    one = picture()
    fields = {"asset": one.sha256, "width": one.width, "height": one.height, "name": "cat.png"}
    assert importing.load_all(batch, [Row("line 1", "cat", fields, one)], by=None).loaded == 1
    mine = make.held(cast.alice, project)
    submission.submit(mine, cast.alice, mine.token, {"regions": []})
    batches.move(batch, "closed", by=None)
    read_all()
    before = everything(project)
    assert b"cat" in before["coco"]
    archive.archive(batch, by=None)
    assert assets.collect(before=timezone.now() + timedelta(days=1)) == 0
    assert everything(project) == before
    archive.bring_back(batch, by=None)
    assert everything(project) == before


@pytest.mark.django_db(transaction=True)
def test_the_page_of_an_archived_task_says_where_it_went(cast, client, two):
    task = Task.objects.filter(batch=two[0]).first()
    archive.archive(two[0], by=cast.mina)
    client.force_login(cast.mina)
    page = client.get(reverse("task", args=[task.public_id]))
    assert page.status_code == 200
    text = page.content.decode()
    assert task.external_id in text and "Archived" in text and ArchivePart.objects.get().file in text
    assert "Alice" in text and "Maria Lopez" in text
    for outsider in (cast.nora, cast.sam):
        client.force_login(outsider)
        assert client.get(reverse("task", args=[task.public_id])).status_code == 404
    client.force_login(cast.alice)
    assert client.get(reverse("task", args=[task.public_id])).status_code == 403


@pytest.mark.django_db(transaction=True)
def test_who_follows_verdicts_is_told_what_went_into_the_archive_and_what_came_back(cast, project, two, client) -> None:
    old, _new = two
    known: dict = {}
    after = followed(project, known, 0)
    assert known == standing(project) and len(known) == 9
    archive.archive(old, by=None)
    read_all()
    _token, secret = tokens.issue(cast.mina, cast.riverside, name="feed")
    address = f"/api/v1/projects/{project.public_id}/verdicts/?after={after}"
    told = client.get(address, headers={"Authorization": f"Bearer {secret}"}).json()["results"]
    assert len(told) == 6
    assert {(one["state"], one["answer"], one["id"]) for one in told} == {("archived", None, None)}
    assert {one["task"] for one in told} == known.keys() - standing(project).keys()
    after = followed(project, known, after)
    assert known == standing(project) and len(known) == 3
    archive.bring_back(old, by=None)
    read_all()
    followed(project, known, after)
    assert known == standing(project) and len(known) == 9
