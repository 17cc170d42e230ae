"""What Prometheus is told: by whom, to whom, and what becomes of it when something hangs."""

import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest
from django.test import Client
from django.utils import timezone
from prometheus_client import REGISTRY

from config import health
from config.metrics import views
from config.metrics.figures import Figures
from config.metrics.gather import gather, merged
from config.metrics.kept import Kept
from config.metrics.place import place
from config.problem import CannotStart
from projects import queue
from projects.models import Assignment, Subscription, Task, WebhookDelivery
from projects.reports import progress
from projects.webhooks import subscriptions
from projects.workflow import submission
from taskers.telemetry import publish
from tests.support import make, owner
from tests.support.config.serving import serving
from tests.support.projects.hooks import subscribed
from tests.support.projects.leases import run_out
from tests.support.waiting import until

ROOT = Path(__file__).resolve().parents[2]
TOKEN = "a-token-of-the-operator"


def counted(name: str, **labels: str) -> float:
    """What this process has counted of something."""
    return REGISTRY.get_sample_value(name, labels) or 0.0


def told(of: Figures) -> dict[tuple[str, ...], float]:
    """The figures by their names and the values of their labels."""
    samples = [one for family in of.collect() for one in family.samples]
    return {(one.name, *one.labels.values()): one.value for one in samples}


@pytest.fixture
def of_database(db, tmp_path) -> Figures:
    """The figures of the test's database, asked anew each time."""
    found = Figures(health._terms(), {"data": tmp_path})
    found.database.fresh = 0.0
    found.database.patience = found.disks.patience = 60.0
    return found


@pytest.mark.django_db(transaction=True)
def test_what_waits_and_what_is_done_are_told_by_lane(cast, of_database) -> None:
    before = {name: counted(name) for name in ("tandem_lease_expiries_total",)}
    submits, claims = counted("tandem_submits_total", lane="judge"), counted("tandem_claims_total", found="work")
    decided = counted("tandem_decisions_total", method="majority_v1")
    nothing = counted("tandem_claims_total", found="nothing")
    project = make.project(cast.riverside, wanted=1)
    tasks = make.tasks(make.batch(project), 4)
    mine = make.held(cast.alice, project)
    submission.submit(mine, cast.alice, mine.token, make.MARIA)
    submission.submit(mine, cast.alice, mine.token, make.MARIA)  # the same again is handed in once
    make.judged(cast.bob, project, make.MARIA)
    late = make.held(cast.bob, project)
    run_out(late)
    queue.expire_due()
    make.held(cast.carol, project)
    assert counted("tandem_submits_total", lane="judge") == submits + 2
    assert counted("tandem_claims_total", found="work") == claims + 4
    assert counted("tandem_decisions_total", method="majority_v1") == decided + 2
    assert counted("tandem_lease_expiries_total") == before["tandem_lease_expiries_total"] + 1

    queue.withhold(tasks[3], Task.Withheld.REVIEW, by=cast.mina, note="Look.")
    while progress.catch_up():
        pass
    found = told(of_database)
    assert found["tandem_database_up",] == 1
    assert (found["tandem_queue_held", "judge"], found["tandem_queue_overdue",]) == (1, 0)
    assert found["tandem_queue_open", "review"] == 1
    assert found["tandem_queue_open", "judge"] == 1, "of four, two are handed in and one is held"
    assert found["tandem_queue_oldest_open_seconds", "judge"] > 0
    assert found["tandem_outbox_lag_seconds", "rollups"] == 0
    assert found["tandem_disk_free_bytes", "data"] > 0
    empty = make.project(cast.riverside, "Empty")
    make.batch(empty)
    queue.claim(cast.alice, empty)
    assert counted("tandem_claims_total", found="nothing") == nothing + 1


@pytest.mark.django_db(transaction=True)
def test_what_is_handed_out_next_is_what_was_put_first(cast, of_database) -> None:
    tasks = make.tasks(make.batch(make.project(cast.riverside)), 2)
    Assignment.objects.filter(task=tasks[0]).update(walk_key=int((time.time() - 9000) * 1e6) << 11)
    assert told(of_database)["tandem_queue_oldest_open_seconds", "judge"] > 8000
    queue.prioritize(tasks[1], Task.Priority.FIRST, by=cast.mina)
    assert told(of_database)["tandem_queue_oldest_open_seconds", "judge"] < 8000


def test_a_figure_that_waits_for_a_lock_stays_as_it_was_and_the_others_go_on(of_database) -> None:
    with psycopg.connect(**health._terms(), autocommit=True) as line:
        line.execute("INSERT INTO procrastinate_jobs (queue_name, task_name) VALUES ('imports', 'a job')")
        try:
            assert told(of_database)["tandem_jobs", "imports", "waiting"] == 1
            with line.transaction():
                line.execute("LOCK TABLE procrastinate_jobs IN ACCESS EXCLUSIVE MODE")
                line.execute("INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now())")
                line.execute("INSERT INTO procrastinate_jobs (queue_name, task_name) VALUES ('imports', 'more')")
                found = told(of_database)
            assert found["tandem_jobs", "imports", "waiting"] == 1
            assert found["tandem_database_bytes",] > 0
            assert told(of_database)["tandem_jobs", "imports", "waiting"] == 2
        finally:
            line.execute("DELETE FROM procrastinate_jobs")
            line.execute("DELETE FROM procrastinate_workers")


def test_a_database_that_hangs_holds_up_no_scrape_and_leaves_the_last_figures(of_database) -> None:
    assert told(of_database)["tandem_database_up",] == 1
    with socket.socket() as deaf:  # takes every connection and never says a word
        deaf.bind(("127.0.0.1", 0))
        deaf.listen()
        of_database.terms |= {"host": "127.0.0.1", "port": deaf.getsockname()[1]}
        of_database.database.patience = 0.0
        found = told(of_database)
        assert found["tandem_database_up",] == 0
        assert found["tandem_database_connections_most",] > 0, "what was known before is still told"


def test_a_database_with_no_connection_left_holds_up_no_scrape(of_database) -> None:
    known = told(of_database)
    with owner.connect() as line:
        line.execute("CREATE ROLE latecomer LOGIN PASSWORD 'late' CONNECTION LIMIT 0")
        try:
            of_database.terms |= {"user": "latecomer", "password": "late"}
            found = told(of_database)
        finally:
            line.execute("DROP ROLE latecomer")
    assert found["tandem_database_up",] == 0
    assert found["tandem_database_connections_most",] == known["tandem_database_connections_most",]
    assert found["tandem_disk_free_bytes", "data"] > 0


@pytest.mark.django_db(transaction=True)
def test_messages_that_wait_and_that_were_given_up_are_counted(of_database, cast, settings) -> None:
    settings.OUTBOUND = ["*.example.com"]
    assert told(of_database)["tandem_webhooks", "dead"] == told(of_database)["tandem_webhooks", "waiting"] == 0
    mine, _secret = subscribed(make.project(cast.riverside), "https://hooks.example.com/tandem", cast.mina)
    for _ in range(3):
        subscriptions.ping(mine, by=cast.mina)
    long_ago = timezone.now() - timedelta(minutes=10)
    waiting = WebhookDelivery.objects.order_by("pk")
    WebhookDelivery.objects.filter(pk=waiting[0].pk).update(state="dead")
    WebhookDelivery.objects.filter(pk=waiting[1].pk).update(due_at=long_ago)
    found = told(of_database)
    assert (found["tandem_webhooks", "dead"], found["tandem_webhooks", "waiting"]) == (1, 2)
    assert found["tandem_webhooks_late_seconds",] >= 600
    Subscription.objects.update(failures=1)
    assert told(of_database)["tandem_webhooks_late_seconds",] == 0, "a receiver that fails is tried again later"


def test_who_asks_while_a_question_hangs_hears_the_last_answer_and_asks_no_second_one() -> None:
    gate = threading.Event()
    asked: list[int] = []

    def ask() -> int:
        asked.append(len(asked))
        if len(asked) > 1:
            gate.wait(60)
        return len(asked)

    kept = Kept(ask, fresh=0.0, patience=60.0)
    assert kept.answer().found == 1
    kept.patience = 0.0
    assert [kept.answer().found for _ in range(3)] == [1, 1, 1] and len(asked) == 2
    gate.set()
    until(lambda: (kept.answer().found or 0) > 1)


def test_texts_of_several_processes_become_one_and_each_figure_names_its_own() -> None:
    text = '# HELP a_total All.\n# TYPE a_total counter\na_total{b="c d"} 1.0\n# HELP e E.\n# TYPE e gauge\ne 2.0\n'
    assert merged({"web.1": text, "worker": text}).splitlines() == [
        "# HELP a_total All.",
        "# TYPE a_total counter",
        'a_total{process="web.1",b="c d"} 1.0',
        'a_total{process="worker",b="c d"} 1.0',
        "# HELP e E.",
        "# TYPE e gauge",
        'e{process="web.1"} 2.0',
        'e{process="worker"} 2.0',
    ]


@pytest.fixture
def published(tmp_path, monkeypatch) -> Iterator[Path]:
    """The folder in which this process tells what it counted, beside one that was killed and one that hangs."""
    monkeypatch.setenv("TANDEM_DATA", str(tmp_path))
    monkeypatch.setenv("TANDEM_METRICS_TOKEN", TOKEN)
    monkeypatch.setenv("TANDEM_PROCESS", "web.1")
    publish.publish("web")
    views._told.cache_clear()
    with closing(socket.socket(socket.AF_UNIX)) as dead, closing(socket.socket(socket.AF_UNIX)) as hung:
        dead.bind(str(publish.folder() / "worker.sock"))
        dead.close()
        hung.bind(str(publish.folder() / "model.sam@1.sock"))
        hung.listen()
        yield publish.folder()
    views._told.cache_clear()


def test_a_process_that_hangs_or_died_takes_no_figures_of_others_along(published: Path) -> None:
    said = gather(published)
    assert 'tandem_claims_total{process="web.1",found="work"}' in said
    assert 'tandem_process_answered{process="web.1"} 1' in said
    assert 'tandem_process_answered{process="worker"} 0' in said
    assert 'tandem_process_answered{process="model.sam@1"} 0' in said
    assert not (published / "worker.sock").exists(), "a dead one is named once"
    assert (published / "web.1.sock").stat().st_mode & 0o077 == 0, "no other account of the machine reads it"


def test_a_socket_that_cannot_be_made_costs_the_figures_alone(tmp_path, monkeypatch, caplog) -> None:
    monkeypatch.setenv("TANDEM_DATA", str(tmp_path / ("long" * 30)))
    monkeypatch.setenv("TANDEM_METRICS_PORT", "9464")
    publish.publish("web")
    assert "can't be asked for" in caplog.text


@pytest.mark.django_db(transaction=True)
def test_the_web_tells_whoever_has_the_token_and_nobody_else(published: Path, monkeypatch) -> None:
    def ask(**headers: str) -> tuple[int, str]:
        answer = Client().get("/metrics", headers=headers)
        return answer.status_code, answer.content.decode()

    for stranger in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": f"Basic {TOKEN}"}, {"Cookie": TOKEN}):
        status, said = ask(**stranger)
        assert status == 401 and "tandem_" not in said
    status, said = ask(Authorization=f"Bearer {TOKEN}")
    assert status == 200 and "tandem_database_up 1.0" in said
    assert 'tandem_pool_most{process="web.1"}' not in said, "no pool is published by a test"
    monkeypatch.delenv("TANDEM_METRICS_TOKEN")
    assert ask(Authorization="Bearer ")[0] == 404
    assert Client().post("/metrics").status_code in (404, 405)


@pytest.mark.django_db(transaction=True)
def test_requests_are_counted_by_the_names_of_addresses_alone(monkeypatch) -> None:
    monkeypatch.setenv("TANDEM_METRICS_TOKEN", TOKEN)
    before = counted("tandem_http_request_seconds_count", route="healthz", method="GET")
    lost = counted("tandem_http_responses_total", route="none", status="4xx")
    odd = counted("tandem_http_request_seconds_count", route="none", method="other")
    from config.handler import Handler

    with serving(Handler()) as port:
        for line in ("GET /healthz", "GET /no/such/7f3a", "GET /no/such/8b1c", "PROPFIND /no/such/9d2e"):
            with closing(socket.create_connection(("127.0.0.1", port), 60)) as asked:
                asked.sendall(f"{line} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
                while asked.recv(65536):
                    pass
    assert counted("tandem_http_request_seconds_count", route="healthz", method="GET") == before + 1
    assert counted("tandem_http_responses_total", route="none", status="4xx") == lost + 3
    assert counted("tandem_http_request_seconds_count", route="none", method="other") == odd + 1
    assert "7f3a" not in str(list(REGISTRY.collect()))


@pytest.fixture
def own_port(published: Path, db) -> Iterator[int]:
    """The metrics process, on a port of its own that asks for no token."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {**os.environ, "TANDEM_METRICS_PORT": str(port)}
    del environment["TANDEM_METRICS_TOKEN"]
    process = subprocess.Popen([sys.executable, "-m", "config.metrics"], cwd=ROOT, env=environment)
    try:
        until(lambda: _said(port, "GET /metrics") is not None or None)
        yield port
    finally:
        process.terminate()
        assert process.wait(30) == 0


def _said(port: int, line: str, host: str = "localhost:9464") -> str | None:
    try:
        with closing(socket.create_connection(("127.0.0.1", port), 60)) as asked:
            asked.sendall(f"{line} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
            with asked.makefile("rb") as file:
                return file.read().decode()
    except ConnectionError:
        return None


def test_a_port_of_its_own_tells_figures_and_nothing_else(own_port: int) -> None:
    said = _said(own_port, "GET /metrics") or ""
    assert said.startswith("HTTP/1.1 200 OK") and 'tandem_process_answered{process="web.1"} 1' in said
    for line in ("GET /", "POST /metrics", "GET /metrics/../secret", "nonsense", "GET http://elsewhere/metrics"):
        assert (_said(own_port, line) or "").startswith("HTTP/1.1 404"), line
    assert (_said(own_port, "GET /metrics", "evil.example:9464") or "").startswith("HTTP/1.1 403")
    silent = [socket.create_connection(("127.0.0.1", own_port), 60) for _ in range(40)]
    assert all(one.recv(10) == b"" for one in silent), "whoever says nothing, or is one too many, is hung up on"
    assert (_said(own_port, "GET /metrics") or "").startswith("HTTP/1.1 200 OK")
    assert (_said(own_port, "GET /" + "x" * 20_000)) in ("", None)
    for one in silent:
        one.close()


@pytest.mark.parametrize("said", ["http", "0", "70000", "127.0.0.1:", ":x"])
def test_a_port_that_is_none_stops_the_start(said: str) -> None:
    with pytest.raises(CannotStart, match="must be a port"):
        place({"TANDEM_METRICS_PORT": said})


def test_a_port_that_others_reach_needs_a_token() -> None:
    assert place({}) is None
    at = place({"TANDEM_METRICS_PORT": "9464"})
    assert at is not None and (at.host, at.port) == ("127.0.0.1", 9464)
    with pytest.raises(CannotStart, match="TANDEM_METRICS_TOKEN"):
        place({"TANDEM_METRICS_PORT": "0.0.0.0:9464"})
    wide = place({"TANDEM_METRICS_PORT": "[::]:9464", "TANDEM_METRICS_TOKEN": TOKEN})
    assert wide is not None and wide.host == "::"
