"""While PostgreSQL is away every address answers 503 and says when to come back: a real server, stopped and started."""

import asyncio
import http.client
import json
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPResponse
from pathlib import Path
from urllib.parse import quote

import django.db
import psycopg
import pytest
from django.conf import settings
from django.db import connection
from django.test import Client, RequestFactory
from procrastinate.exceptions import ConnectorException
from procrastinate.jobs import Job, Status
from psycopg import errors
from psycopg_pool import PoolTimeout
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from config import backup, own_jobs, postgres
from config.away_sockets import AwaySockets
from config.own_jobs import OwnJobs
from taskers.errors import DatabaseAway
from taskers.web import problems
from tests.support import cast as people
from tests.support import make
from tests.support.commands import ROOT, environment
from tests.support.projects.pipeline import Api
from tests.support.waiting import until

PATIENCE = 30.0  # seconds


def raised(error: type[Exception], cause: Exception | None = None) -> Exception:
    """An error of Django's as it is raised from the driver's."""
    try:
        raise error("It went wrong.") from cause
    except error as made:
        return made


@pytest.mark.parametrize(
    "cause",
    [
        psycopg.OperationalError("connection failed: Connection refused"),
        psycopg.OperationalError("server closed the connection unexpectedly"),
        errors.AdminShutdown("terminating connection due to administrator command"),
        errors.CrashShutdown("terminating connection because of crash of another server process"),
        errors.CannotConnectNow("the database system is starting up"),
        errors.ConnectionFailure("connection failure"),
        errors.TooManyConnections("sorry, too many clients already"),
        PoolTimeout("couldn't get a connection after 2.00 sec"),
    ],
    ids=lambda cause: type(cause).__name__,
)
def test_a_connection_that_fails_means_that_the_database_is_away(cause) -> None:
    for error in (cause, raised(django.db.OperationalError, cause), raised(ConnectorException, cause)):
        assert isinstance(problems.named(error), DatabaseAway)


@pytest.mark.parametrize(
    "cause",
    [
        errors.QueryCanceled("canceling statement due to statement timeout"),
        errors.LockNotAvailable("could not obtain lock"),
        errors.DeadlockDetected("deadlock detected"),
        errors.SerializationFailure("could not serialize access"),
        errors.UndefinedTable("no such table"),
        errors.UniqueViolation("duplicate key"),
        psycopg.InterfaceError("the cursor is closed"),
    ],
    ids=lambda cause: type(cause).__name__,
)
def test_a_database_that_answers_is_not_away(cause) -> None:
    wrappers = (django.db.OperationalError, django.db.ProgrammingError, django.db.IntegrityError)
    assert problems.named(cause) is None
    assert [problems.named(raised(wrapper, cause)) for wrapper in wrappers] == [None] * 3


def test_a_full_disk_keeps_its_own_name() -> None:
    problem = problems.named(raised(django.db.OperationalError, errors.DiskFull("no space left")))
    assert problem is not None and problem.code == "storage-full"


@pytest.mark.parametrize("language", ["en", "es"])
def test_the_page_asks_no_database(language) -> None:
    """Not even for who signed in: no test here may reach one."""
    request = RequestFactory().get("/", headers={"Accept-Language": language})
    answer = problems.answer(request, DatabaseAway())
    assert answer.status_code == 503 and int(answer["Retry-After"]) > 0 and b"<h1>" in answer.content


def test_a_socket_that_is_open_is_closed_to_be_opened_anew() -> None:
    sent: list[dict] = []

    async def app(scope: dict, receive: Callable, send: Callable) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        raise django.db.OperationalError("the connection is closed") from errors.AdminShutdown("shut down")

    async def receive() -> dict:
        return {"type": "websocket.connect"}

    async def send(message: dict) -> None:
        sent.append(message)

    asyncio.run(AwaySockets(app)({"type": "websocket"}, receive, send))
    assert sent[-1] == {"type": "websocket.close", "code": 1013}


def test_the_end_of_a_job_waits_for_the_database(monkeypatch) -> None:
    """What isn't written down would look as if the job had killed its worker."""
    monkeypatch.setattr(own_jobs, "PAUSE_SECONDS", 0.0)
    away = [raised(ConnectorException, psycopg.OperationalError("Connection refused"))] * 3

    class Connector:
        written = 0

        async def execute_query_all_async(self, statement: str, **terms: object) -> list[dict]:
            if away:
                raise away.pop()
            self.written += 1
            return [terms]

    connector = Connector()
    job = Job(id=1, queue="jobs", lock=None, queueing_lock=None, task_name="any")
    asyncio.run(OwnJobs(connector).finish_job(job, Status.SUCCEEDED, delete_job=True))  # type: ignore[arg-type]
    assert connector.written == 1 and not away
    away.append(raised(ConnectorException, errors.UndefinedTable("no such table")))
    with pytest.raises(ConnectorException):
        asyncio.run(OwnJobs(connector).finish_job(job, Status.SUCCEEDED, delete_job=True))  # type: ignore[arg-type]


class Site:
    """A web process of its own, on a database server of its own."""

    def __init__(self, data: Path, cookie: str, secret: str) -> None:
        self.data, self.secret = data, secret
        self.cookie = {"Cookie": f"{settings.SESSION_COOKIE_NAME}={cookie}"}
        self.holder: postgres.Holder | None = None
        listener = socket.create_server(("127.0.0.1", 0))
        self.port = listener.getsockname()[1]
        self.start_database()
        self.load()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "config.web", str(listener.fileno())],
            cwd=ROOT,
            env=environment()
            | {"DATABASE_URL": self.url, "DJANGO_SETTINGS_MODULE": "tests.settings", "TANDEM_POOL": "2"},
            pass_fds=[listener.fileno()],
        )
        listener.close()

    @property
    def url(self) -> str:
        return postgres.url(self.data)

    def start_database(self) -> None:
        self.holder = postgres.start(self.data, postgres.FAST)

    def stop_database(self) -> None:
        """Once it has stopped, nothing listens there."""
        assert self.holder is not None
        self.holder.release()
        self.holder = None

    def load(self) -> None:
        """Fill its database with what the test's holds."""
        at = connection.settings_dict
        source = f"postgresql://{at['USER']}@/{at['NAME']}?host={quote(str(at['HOST']), safe='')}"
        dump = self.data / "test.dump"
        backup._run("pg_dump", source, ["--format=custom", "--no-owner", f"--file={dump}"])
        options = ["--no-owner", "--dbname=tandem", "--exit-on-error", str(dump)]
        backup._run("pg_restore", postgres.owner_url(self.data), options)

    def get(self, path: str, **headers: str) -> tuple[HTTPResponse, str]:
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        line.request("GET", path, headers={name.replace("_", "-"): value for name, value in headers.items()})
        answer = line.getresponse()
        return answer, answer.read().decode()

    def is_up(self) -> bool:
        return self.get("/projects/", **self.cookie)[0].status == 200

    def end(self) -> None:
        self.process.terminate()
        self.process.wait(PATIENCE)
        if self.holder:
            self.holder.release()


@pytest.fixture
def site(transactional_db, data) -> Iterator[Site]:
    cast = people.assemble()
    make.project(cast.riverside, wanted=1)
    client = Client()
    client.force_login(cast.mina)
    site = Site(data, client.cookies[settings.SESSION_COOKIE_NAME].value, Api(cast.mina, cast.riverside).secret)
    try:
        until(site.is_up, PATIENCE)
        yield site
    finally:
        site.end()


@pytest.mark.slow
def test_every_address_says_503_while_the_server_is_stopped_and_answers_again_afterwards(site) -> None:
    token = {"Authorization": f"Bearer {site.secret}"}
    assert site.get("/api/v1/projects/", **token)[0].status == 200
    site.stop_database()

    for path in ("/", "/projects/", "/accounts/", "/admin/", "/nowhere/"):
        answer, text = site.get(path, **site.cookie)
        assert answer.status == 503 and int(answer.headers["Retry-After"]) > 0, path
        assert "text/html" in answer.headers["Content-Type"] and "<h1>" in text
    programs = ((token, "/api/v1/projects/"), ({"Accept": "application/json", **site.cookie}, "/projects/"))
    for headers, path in programs:
        answer, text = site.get(path, **headers)
        assert answer.status == 503 and answer.headers["Content-Type"] == "application/problem+json"
        assert json.loads(text)["code"] == "database-away" and int(answer.headers["Retry-After"]) > 0
    answer, text = site.get("/projects/", HX_Request="true", **site.cookie)
    assert answer.status == 503 and "<html" not in text and "notice" in text

    with pytest.raises(InvalidStatus) as refused:
        address = f"ws://127.0.0.1:{site.port}/ws/assist/8d8ac610-566d-4ef0-9c22-186b2a5ed793/"
        connect(address, additional_headers=site.cookie, origin=f"http://127.0.0.1:{site.port}")  # type: ignore[call-overload]
    assert refused.value.response.status_code == 503 and "Retry-After" in refused.value.response.headers

    answer, _ = site.get("/readyz")
    assert answer.status == 503 and int(answer.headers["Retry-After"]) > 0
    assert site.get("/healthz")[0].status == 200, "the process is well"
    assert site.get("/static/css/base.css")[0].status == 200

    with ThreadPoolExecutor(40) as crowd:  # more than there are threads: nobody holds one while there is nothing to do
        answers = list(crowd.map(lambda _: site.get("/projects/", **site.cookie)[0].status, range(40)))
    assert set(answers) == {503}

    site.start_database()
    until(site.is_up, PATIENCE)
    answer_while_the_connection_is_cut_in_the_middle(site)


def answer_while_the_connection_is_cut_in_the_middle(site: Site) -> None:
    """Of one connection alone, and of all, since the server stops."""
    with psycopg.connect(site.url) as lock, ThreadPoolExecutor(1) as browser:
        lock.execute("LOCK TABLE projects_project IN ACCESS EXCLUSIVE MODE")
        answer = browser.submit(site.get, "/projects/", **site.cookie)
        waiting = "SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
        pids = until(lambda: lock.execute(waiting).fetchall(), PATIENCE)
        lock.execute("SELECT pg_terminate_backend(%s)", pids[0])
        assert answer.result(PATIENCE)[0].status == 503
    until(site.is_up, PATIENCE)
    with ThreadPoolExecutor(1) as browser:
        lock = psycopg.connect(site.url)
        lock.execute("LOCK TABLE projects_project IN ACCESS EXCLUSIVE MODE")
        answer = browser.submit(site.get, "/projects/", **site.cookie)
        until(lambda: lock.execute(waiting).fetchall(), PATIENCE)
        site.stop_database()
        assert answer.result(PATIENCE)[0].status == 503
        lock.close()
