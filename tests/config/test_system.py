"""The operator's page: whether everything is well, for operators alone, with what to do where it isn't."""

from dataclasses import replace

import psycopg
import pytest
from django.test import Client

from config import health
from config.database_privileges import HEADING
from config.system import checks, runbook, views
from config.system.checks import Found, State
from projects import queue
from taskers.models import Person
from tests.support import make
from tests.support.projects.leases import run_out

WELL = {
    "tandem_database_bytes": [(50 << 20,)],
    "tandem_database_connections": [(10,)],
    "tandem_database_connections_most": [(100,)],
    "database_role": [("tandem_app", False)],
    "heartbeat": [(3.0,)],
    "tandem_jobs": [("jobs", "doing", 1)],
    "tandem_jobs_stalled": [(0,)],
    "failed": [(0,)],
    "tandem_outbox_lag_seconds": [("rollups", 0.2), ("assist_classes", 0)],
    "tandem_webhooks": [("waiting", 3), ("dead", 0)],
    "tandem_webhooks_late_seconds": [(0.1,)],
    "tandem_queue_overdue": [(0,)],
    "hour": [(2, 60)],
    "tandem_queue_open": [("judge", 400), ("review", 7)],
    "tandem_queue_held": [("judge", 5), ("review", 1)],
    "tandem_queue_oldest_open_seconds": [("judge", 9000.0), ("review", 3600.0)],
}
MODELS = {"models": {"sam@1": {"state": "ready", "text": ""}}, "sandbox": []}
ILL = {
    "a role with too many rights": (
        {"database_role": [("tandem", True)]},
        HEADING,
    ),
    "a worker that is silent": ({"heartbeat": [(31.0,)]}, "No worker is alive"),
    "no worker, ever": ({"heartbeat": [(None,)]}, "No worker is alive"),
    "connections": ({"tandem_database_connections": [(95,)]}, "The database runs out of connections"),
    "jobs that wait": (
        {"tandem_jobs": [("imports", "waiting", 3)], "tandem_jobs_oldest_waiting_seconds": [("imports", 700.0)]},
        "Jobs wait",
    ),
    "stalled jobs": ({"tandem_jobs_stalled": [(2,)]}, "Jobs are stalled"),
    "failed jobs": ({"failed": [(1,)]}, "Jobs fail"),
    "a reader behind": ({"tandem_outbox_lag_seconds": [("rollups", 300.0)]}, "A reader of the outbox is behind"),
    "late webhooks": ({"tandem_webhooks_late_seconds": [(90.0,)]}, "Webhooks are late"),
    "webhooks that were given up": ({"tandem_webhooks": [("waiting", 0), ("dead", 2)]}, "Webhooks were given up"),
    "overdue leases": ({"tandem_queue_overdue": [(4,)]}, "Leases are not taken back"),
    "many that ran out": ({"hour": [(30, 60)]}, "Many leases run out"),
    "reviews": ({"tandem_queue_oldest_open_seconds": [("review", 300_000.0)]}, "Work waits for reviewers"),
}


def found(late=False, disks=None, runtime=MODELS, **rows) -> Found:
    return Found(WELL | rows, late, disks or {"data": (50 << 30, 100 << 30)}, runtime)


def ill(of: Found) -> set[str]:
    return {one.heading for one in checks.lines(of) if one.state == State.ILL}


def test_where_all_is_well_each_thing_says_so() -> None:
    lines = checks.lines(found())
    assert len(lines) == 14 and {one.state for one in lines} == {State.WELL}
    assert {one.heading for one in lines} <= runbook.sections().keys()


@pytest.mark.parametrize("case", ILL)
def test_each_ill_is_told_under_the_heading_that_says_what_to_do(case: str) -> None:
    rows, heading = ILL[case]
    assert ill(found(**rows)) == {heading}
    assert runbook.advice(heading).startswith("<p>")


def test_with_the_embedded_server_the_page_says_against_whom_nothing_is_guarded() -> None:
    (line,) = [one for one in checks.lines(replace(found(), embedded=True)) if one.name == "Rights in the database"]
    assert line.state == State.WELL and "Whoever acts as the system user that runs Tandem" in line.says


def test_disk_runtime_and_database_are_told_too() -> None:
    assert ill(found(disks={"media": (1 << 30, 100 << 30)})) == {"The disk is nearly full"}
    assert ill(found(runtime=None)) == {"The copilot is off"}
    broken = {"models": {"sam@1": {"state": "failed", "text": "The encoder is not there: fetch it."}}}
    assert ill(found(runtime=broken)) == {"The copilot is off"}
    assert ill(found(late=True)) == {"The database does not answer"}
    gap = {"key": "no-landlock", "text": "This kernel has no Landlock.", "open": True}
    assert ill(found(runtime=MODELS | {"sandbox": [gap]})) == {"The sandbox denies less than it should"}
    assert ill(found(runtime=MODELS | {"sandbox": [gap | {"open": False}]})) == set()


def test_what_nobody_could_find_out_is_never_well() -> None:
    lines = checks.lines(Found({}, True, {}, None, starting=True))
    assert not [one for one in lines if one.state == State.WELL]


def test_few_claims_tell_nothing_of_how_many_leases_run_out() -> None:
    assert ill(found(hour=[(3, 4)])) == set()


@pytest.fixture
def operator(transactional_db, settings) -> Client:
    """Signed in as who runs this Tandem, whose runtime is dead."""
    settings.RUNTIME_ADDRESS = "unix:/nowhere/runtime.sock"
    root = Person.objects.create_superuser("root@example.org", "long enough a password", name="Root")
    client = Client()
    client.force_login(root)
    views._figures.cache_clear()
    figures = views._figures()
    figures.database.patience = figures.disks.patience = 60.0
    return client


def test_the_page_works_with_runtime_and_worker_dead_and_says_what_to_do(operator: Client) -> None:
    page = operator.get("/system/")
    assert page.status_code == 200
    said = page.content.decode()
    assert "Nobody" not in said and "It is not running: people annotate by hand." in said
    assert "None has ever given a sign of life here." in said
    assert "Tandem signs in as “tandem_app”, which owns nothing." in said
    assert "manage.py models doctor" in said and "docs/runbook.md" in said
    assert 'href="/system/"' in said, "the account's menu leads here"


def test_what_happened_in_the_last_hour_is_counted(operator: Client, cast) -> None:
    project = make.project(cast.riverside, wanted=1)
    make.tasks(make.batch(project), 2)
    run_out(make.held(cast.alice, project))
    queue.expire_due()
    make.held(cast.bob, project)
    with psycopg.connect(**health._terms(), autocommit=True) as line:
        line.execute("INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now())")
        try:
            said = operator.get("/system/").content.decode()
        finally:
            line.execute("DELETE FROM procrastinate_workers")
    assert "1 of 2 ran out in the last hour." in said
    assert "Its last sign of life was " in said
    assert "1 held" in said


def test_an_owner_is_no_operator(client: Client, cast) -> None:
    client.force_login(cast.olga)
    assert client.get("/system/").status_code == 404
    assert "/system/" not in client.get("/profile/").content.decode()
