"""Loading by page: a file goes in, its progress and bad rows are told; and exports come out."""

import csv
import io
import json
import re
from importlib import import_module

import pytest
from asgiref.sync import async_to_sync
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import InterfaceError, OperationalError
from django.test import Client
from django.urls import reverse
from procrastinate.contrib.django.models import ProcrastinateJob

from projects import jobs
from projects.data import importing
from projects.models import Batch, Import, Project, Task
from projects.workflow import batches
from tests.support import cast as people
from tests.support import make

pytestmark = pytest.mark.django_db

ROWS = b"""{"external_id": "r-1", "text": "Maria went to Oslo."}
{"external_id": "r-2", "text": ""}
not json
{"external_id": "r-3", "text": "Nobody went anywhere."}
"""


@pytest.fixture
def project(cast) -> Project:
    return make.project(cast.riverside)


@pytest.fixture
def mina(cast) -> Client:
    client = Client()
    client.force_login(cast.mina)
    return client


def send(client: Client, project: Project, body: bytes = ROWS, name: str = "rows.jsonl", **fields: str):
    form = {"batch_name": "March", "live": "on"} | fields | {"file": SimpleUploadedFile(name, body)}
    return client.post(reverse("load", args=[project.public_id]), form)


def whole(answer) -> str:
    """A streamed file."""

    async def read() -> bytes:
        return b"".join([piece async for piece in answer.streaming_content])

    return async_to_sync(read)().decode()


def only_import() -> Import:
    return Import.objects.get()


def test_file_makes_a_batch_an_import_and_a_job(cast, mina, project) -> None:
    answer = send(mina, project)
    made = only_import()
    assert answer["Location"] == reverse("import", args=[made.public_id])
    assert (made.batch.name, made.batch.state, made.started_by) == ("March", "draft", cast.mina)
    job = ProcrastinateJob.objects.get()
    assert (job.task_name, job.args) == ("projects.jobs.run_import", {"import_key": made.pk})


def test_a_batch_goes_live_with_its_first_task_and_only_where_that_was_wanted(mina, project) -> None:
    states = []
    for number, fields in enumerate(({"live": "on"}, {"live": ""})):
        send(mina, project, ROWS.replace(b"r-", b"%d-" % number), batch_name=f"B{number}", **fields)
        done = importing.run(Import.objects.latest("pk").pk)
        states.append((done.loaded, Batch.objects.get(pk=done.batch_id).state))
    assert states == [(2, "live"), (2, "draft")]


def test_a_batch_that_somebody_paused_stays_so(mina, project) -> None:
    send(mina, project)
    batch = only_import().batch
    for state in ("live", "paused"):
        batches.move(batch, state, by=None)
    assert importing.run(only_import().pk).loaded == 2
    batch.refresh_from_db()
    assert batch.state == "paused"


@pytest.mark.parametrize("body", [b"", b"not json\n"])
def test_what_loads_nothing_leaves_no_live_batch(mina, project, body, django_capture_on_commit_callbacks) -> None:
    send(mina, project, body or ROWS, look="on")
    found = importing.run(only_import().pk)
    assert found.state == "planned"
    with django_capture_on_commit_callbacks(execute=True):
        if body:
            mina.post(reverse("import-choose", args=[found.public_id]), {"answers": "leave"})
            assert importing.run(found.pk).loaded == 0
        else:
            mina.post(reverse("import-drop", args=[found.public_id]))
    assert list(Batch.objects.values_list("state", flat=True)) == ["draft"]


def test_good_rows_go_in_and_bad_ones_are_listed(mina, project) -> None:
    send(mina, project)
    importing.run(only_import().pk)
    shown = mina.get(reverse("import", args=[only_import().public_id])).content.decode()
    assert set(Task.objects.values_list("external_id", flat=True)) == {"r-1", "r-3"}
    assert "line 2" in shown
    assert "line 3" in shown
    assert "Loaded: 2 new tasks. 2 rows were refused." in shown


def test_a_file_that_was_loaded_before_says_so_and_leads_to_the_tasks_that_are_there(mina, project) -> None:
    for name in ("March", "April"):
        send(mina, project, batch_name=name)
        found = Import.objects.latest("pk")
        importing.run(found.pk)
    shown = mina.get(reverse("import", args=[found.public_id])).content.decode()
    assert "Nothing new: its 2 rows were here already. 2 rows were refused." in shown
    assert f'href="{reverse("tasks", args=[project.public_id])}">See the tasks' in shown


def test_import_says_by_what_its_tasks_are_named_and_which_fields_it_kept(mina, project) -> None:
    send(mina, project, b'{"id": 1, "text": "One", "source": "mail"}\n{"id": 2, "text": "Two"}\n{"text": "Three"}')
    importing.run(only_import().pk)
    shown = mina.get(reverse("import", args=[only_import().public_id])).content.decode()
    assert "2 tasks are named by their field “id”" in shown
    assert "1 task came without an “external_id” or “id”" in shown
    assert '<span class="mono">source</span>' in shown
    assert set(Task.objects.values_list("external_id", flat=True)) > {"1", "2"}


def test_refused_rows_come_as_csv(mina, project) -> None:
    send(mina, project)
    importing.run(only_import().pk)
    answer = mina.get(reverse("import-errors", args=[only_import().public_id]))
    rows = list(csv.DictReader(io.StringIO(whole(answer))))
    assert [row["place"].split(",")[0] for row in rows] == ["line 2", "line 3"]
    assert "attachment" in answer["Content-Disposition"]


def test_every_refused_row_can_be_named_however_many(mina, project, monkeypatch) -> None:
    monkeypatch.setattr(import_module("projects.data.importing.receive"), "KEPT_ERRORS", 3)
    monkeypatch.setattr(import_module("projects.data.importing.storing"), "CHUNK_ROWS", 2)
    send(mina, project, b"not json\n" * 8)
    done = importing.run(only_import().pk)
    assert (done.refused, len(done.errors)) == (8, 3)
    rows = csv.DictReader(io.StringIO(whole(mina.get(reverse("import-errors", args=[done.public_id])))))
    assert [row["place"].split(",")[0] for row in rows] == [f"line {number}" for number in range(1, 9)]


def test_one_request_keeps_a_thousand_faults_and_their_number(project, monkeypatch) -> None:
    monkeypatch.setattr(import_module("projects.data.importing.storing"), "KEPT_FAULTS", 3)
    monkeypatch.setattr(import_module("projects.data.importing.storing"), "CHUNK_ROWS", 2)
    rows = [importing.Row(f"line {number}", f"r-{number}", {"text": ""}) for number in range(8)]
    done = importing.load_all(make.batch(project), rows, by=None)
    assert (done.refused, len(done.faults)) == (8, 3)


def test_csv_carries_no_formula(mina, project) -> None:
    send(mina, project)
    made = only_import()
    made.errors = [{"place": '=HYPERLINK("http://example.org")', "code": "x", "text": "+1"}]
    made.save()
    body = whole(mina.get(reverse("import-errors", args=[made.public_id])))
    rows = list(csv.reader(io.StringIO(body)))
    assert [cell[0] for cell in rows[1]] == ["'", "x", "'"]


def test_part_stops_asking_when_it_is_done(mina, project) -> None:
    send(mina, project)
    address = reverse("import", args=[only_import().public_id])
    assert mina.get(address, headers={"HX-Request": "true"}).status_code == 200
    importing.run(only_import().pk)
    assert mina.get(address, headers={"HX-Request": "true"}).status_code == 286


def test_import_that_nobody_is_at_can_be_gone_on_with(mina, project) -> None:
    send(mina, project)
    made = only_import()
    page, go_on = (reverse(name, args=[made.public_id]) for name in ("import", "import-go-on"))
    assert "Go on loading" not in mina.get(page).content.decode()
    assert "is being loaded" in mina.post(go_on, follow=True).content.decode()
    # Its worker's job ended, as when the database was away for too long.
    Import.objects.update(state="running")
    ProcrastinateJob.objects.all().delete()
    assert "Go on loading" in mina.get(page).content.decode()
    mina.post(go_on)
    assert ProcrastinateJob.objects.get().args == {"import_key": made.pk}
    assert importing.run(made.pk).loaded == 2


@pytest.mark.parametrize(("taken", "said"), [(2 * 2**30, "2.0 GB"), (50 * 2**20, "49.9 MB"), (9 * 2**30, "4.0 GB")])
def test_page_says_how_much_the_server_takes_at_once(mina, project, settings, taken, said) -> None:
    settings.UPLOAD_MOST = taken
    shown = mina.get(reverse("load", args=[project.public_id])).content.decode().replace("\xa0", " ")
    assert f'data-most="{min(taken, 2**32) - 2**16}"' in shown and f"65,534 files and {said}." in shown


@pytest.mark.parametrize("job", ["doing", "failed"])
def test_import_can_be_let_go_of_while_somebody_is_at_it_and_when_nobody_is(mina, project, job) -> None:
    send(mina, project)
    made = only_import()
    page, drop = (reverse(name, args=[made.public_id]) for name in ("import", "import-drop"))
    Import.objects.update(state="running", loaded=1)
    ProcrastinateJob.objects.filter(args__import_key=made.pk).update(status=job)
    assert "Load no more of it" in mina.get(page).content.decode()
    polled = mina.get(page, headers={"HX-Request": "true"}).content.decode()
    assert "Load no more of it" not in polled and "import-drop" not in polled.replace(drop, "")
    assert "What is left of" in mina.post(drop, follow=True).content.decode()
    shown = mina.get(page).content.decode()
    assert "What was left of it wasn&#x27;t loaded" in shown or "What was left of it wasn't loaded" in shown
    assert "Go on loading" not in shown and "Load no more of it" not in shown
    polled = mina.get(page, headers={"HX-Request": "true"}).content.decode()
    assert '<div id="import-drop" hx-swap-oob="true"></div>' in polled, "the button goes where the page is still open"
    assert "This import is over." in mina.post(drop, follow=True).content.decode()


@pytest.mark.parametrize("fault", [OperationalError, InterfaceError])
def test_import_stays_unfinished_while_the_database_is_away(mina, project, monkeypatch, fault) -> None:
    send(mina, project)

    def away(*_terms: object, **_more: object) -> None:
        raise fault("the connection is closed")

    with monkeypatch.context() as patch:
        patch.setattr(import_module("projects.data.importing.receive"), "load", away)
        with pytest.raises(fault):
            importing.run(only_import().pk)
    assert only_import().state == "running"
    job = ProcrastinateJob.objects.get()
    again = jobs.run_import.get_retry_exception(fault(), jobs.run_import.configure(**job.args).job)
    assert again is not None, "the job isn't tried again"
    assert importing.run(only_import().pk).state == "done"


def test_waiting_import_says_that_no_worker_is_alive(mina, project) -> None:
    send(mina, project)
    for address in (
        reverse("import", args=[only_import().public_id]),
        reverse("project", args=[project.public_id]),
    ):
        assert "no worker is alive" in mina.get(address).content.decode()


@pytest.mark.parametrize(
    ("name", "body", "words"),
    [
        ("rows.exe", b"x", "Files end in"),
        ("rows.jsonl", b"", "is empty"),
    ],
)
def test_file_that_cannot_be_read_leaves_nothing(mina, project, name: str, body: bytes, words: str) -> None:
    answer = send(mina, project, body, name)
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert not Import.objects.exists()
    assert not Batch.objects.exists()
    assert not ProcrastinateJob.objects.exists()


def test_batch_name_that_is_taken_is_said(mina, project) -> None:
    make.batch(project, "March")
    answer = send(mina, project)
    assert answer.status_code == 422
    assert "already has a batch" in answer.content.decode()


def test_two_files_within_a_minute_may_both_keep_the_name_that_the_page_thought_of(mina, project) -> None:
    page = mina.get(reverse("load", args=[project.public_id])).content.decode()
    (offered,) = re.findall(r'name="offered" value="([^"]+)"', page)
    for number in range(3):
        body = f'{{"text": "Row {number}"}}'.encode()
        assert send(mina, project, body, batch_name=offered, offered=offered)["Location"]
    assert set(Batch.objects.values_list("name", flat=True)) == {offered, f"{offered} (2)", f"{offered} (3)"}


def test_file_goes_into_a_batch_that_is_there(mina, project) -> None:
    batch = make.batch(project, "April", state="draft")
    send(mina, project, batch=str(batch.public_id), live="")
    assert only_import().batch == batch
    batch.refresh_from_db()
    assert batch.state == "draft"


def test_batch_named_in_the_address_is_chosen(mina, project) -> None:
    batch = make.batch(project, "April")
    address = reverse("load", args=[project.public_id])
    assert f'value="{batch.public_id}" selected' in mina.get(address, {"batch": str(batch.public_id)}).content.decode()
    assert mina.get(address, {"batch": "nonsense"}).status_code == 200


def test_neighbours_batch_is_no_choice(cast, mina, project) -> None:
    other = make.batch(make.project(cast.hilltop, "Hilltop's"))
    assert send(mina, project, batch=str(other.public_id)).status_code == 422
    assert not Import.objects.exists()


# --- export -------------------------------------------------------------------------------------------


async def body_of(answer) -> bytes:
    return b"".join([piece async for piece in answer.streaming_content])


@pytest.mark.django_db(transaction=True)
async def test_export_holds_the_decided(cast_in_async, async_client) -> None:
    project, mina = cast_in_async
    await async_client.aforce_login(mina)
    answer = await async_client.get(reverse("export-download", args=[project.public_id, "jsonl"]))
    lines = [json.loads(line) for line in (await body_of(answer)).splitlines()]
    assert [line["external_id"] for line in lines] == ["First-0"]
    assert "names-in-reports.jsonl" in answer["Content-Disposition"]


@pytest.fixture
def cast_in_async(transactional_db):
    everybody = people.assemble()
    project = make.project(everybody.riverside)
    make.task(make.batch(project))
    make.judged(everybody.alice, project, make.MARIA)
    make.judged(everybody.bob, project, make.MARIA)
    return project, everybody.mina


@pytest.mark.parametrize(
    ("format", "batch", "status"),
    [("coco", "", 422), ("nonsense", "", 422), ("jsonl", "nonsense", 404), ("jsonl", "7" * 32, 404)],
)
def test_export_that_cannot_be_is_said(mina, project, format: str, batch: str, status: int) -> None:
    address = reverse("export-download", args=[project.public_id, format])
    assert mina.get(address, {"batch": batch}).status_code == status
