"""Is this process alive (`/healthz`), and should it be sent work (`/readyz`)?

Ready means: the database answers and takes writes, and every migration is applied. Without a worker, without the
copilot's runtime or without room for files people still annotate and submit, so those only degrade: 200, with the
reason in the answer.
"""

import asyncio
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

import psycopg
from asgiref.sync import sync_to_async
from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from assist.runtime import client
from taskers.errors import DatabaseAway

WORKER_SILENCE = 30  # seconds; workers say that they live every 10
PATIENCE = 1.5  # seconds for the database or a disk to answer; who asks wants to know within two
GIVEN_UP = 10  # seconds after which a question that was not answered is dropped
LEAST_ROOM = 256 * 1024 * 1024  # bytes free for media, below which nothing more should be loaded
OK = "ok"
SILENT = "the database does not answer"
NO_WRITES = "the database takes no writes"

WORKER_LIVES = """SELECT EXISTS (SELECT 1 FROM procrastinate_workers
WHERE last_heartbeat > now() - make_interval(secs => %s))"""
# What is written is taken back. A sort in as little memory as can be goes to the server's disk, so a full one shows.
WRITES = (
    "INSERT INTO django_session (session_key, session_data, expire_date) VALUES (gen_random_uuid(), '', now())",
    "SET LOCAL work_mem = '64kB'",
    "SELECT max(n) FROM (SELECT n FROM generate_series(1, 4000) AS n ORDER BY md5(n::text) OFFSET 1) AS sorted",
)


class _Migrations:
    """Whether the database is up to date; once it is, that stays true for the life of this process."""

    applied = False

    @classmethod
    def check(cls) -> str:
        if not cls.applied:
            executor = MigrationExecutor(connection)
            cls.applied = not executor.migration_plan(executor.loader.graph.leaf_nodes())
        return OK if cls.applied else "some migrations are not applied"


class _Question:
    """One question at a time, however many ask: who comes while it is open waits for the same answer, so long as
    patience lasts. One that hangs is left hanging, since taking it back may hang as well."""

    def __init__(self, ask: Callable, silent: object) -> None:
        self.ask = ask
        self.silent = silent
        self.open: asyncio.Task | None = None

    async def answer(self):
        if self.open is None or self.open.done() or self.open.get_loop() is not asyncio.get_running_loop():
            self.open = asyncio.create_task(self.ask())
        await asyncio.wait({self.open}, timeout=PATIENCE)
        return self.open.result() if self.open.done() else self.silent


@never_cache
@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    """200 as long as this process answers; asks nobody else."""
    return JsonResponse({"alive": True})


@never_cache
@require_safe
async def readyz(request: HttpRequest) -> JsonResponse:
    """200 if this process can do its work, else 503; `checks` says what is wrong and `degraded` what is missing."""
    (database, worker), media, copilot = await asyncio.gather(
        DATABASE.answer(), MEDIA.answer(), sync_to_async(_copilot, thread_sensitive=False)()
    )
    migrations = await sync_to_async(_migrations)() if database == OK else "unknown"
    needed = {"database": database, "migrations": migrations}
    ready = all(answer == OK for answer in needed.values())
    wanted = {"worker": worker if ready else "unknown", "copilot": copilot, "media": media}
    degraded = [name for name, answer in wanted.items() if answer != OK]
    body = {"ready": ready, "degraded": degraded, "checks": needed | wanted}
    return JsonResponse(body) if ready else JsonResponse(body, status=503, headers=DatabaseAway.headers)


def worker_alive() -> bool:
    """True if any worker, on any machine, has given a sign of life lately. Raises DatabaseError."""
    with connection.cursor() as cursor:
        cursor.execute(WORKER_LIVES, [WORKER_SILENCE])
        return cursor.fetchone()[0]


def _migrations() -> str:
    try:
        return _Migrations.check()
    except (DatabaseError, InterfaceError):
        return SILENT


async def _database() -> tuple[str, str]:
    """How the database is, and the workers that it knows of; on a line of its own, since the pool's may all be busy."""
    try:
        line = await psycopg.AsyncConnection.connect(**_terms())
    except psycopg.Error:
        return SILENT, "unknown"
    try:
        cursor = await line.execute(WORKER_LIVES, [WORKER_SILENCE])
        row = await cursor.fetchone()
        worker = OK if row and row[0] else "no worker alive"
        for statement in WRITES:
            await line.execute(statement)  # type: ignore[arg-type]
        await line.rollback()
    except psycopg.errors.UndefinedTable:
        return OK, "unknown"  # the migrations say more
    except (psycopg.errors.QueryCanceled, psycopg.InterfaceError):
        return SILENT, "unknown"
    except psycopg.Error:
        return NO_WRITES, "unknown"
    finally:
        await line.close()
    return OK, worker


def _terms() -> dict:
    """How to reach the database in vain for so long and no longer."""
    terms = connection.get_connection_params()
    for one in ("cursor_factory", "context"):
        terms.pop(one, None)
    bounded = f"{terms.get('options', '')} -c statement_timeout={GIVEN_UP}s -c lock_timeout=1s"
    return terms | {"options": bounded, "connect_timeout": GIVEN_UP, "tcp_user_timeout": GIVEN_UP * 1000}


async def _media() -> str:
    return await asyncio.to_thread(_room, Path(settings.MEDIA_ROOT))


def _room(folder: Path) -> str:
    """Whether files can be written to a folder, and there is room for some more."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(b"0" * 4096)
        free = shutil.disk_usage(folder).free
    except OSError as problem:
        return f"files can't be written ({problem.strerror})"
    return OK if free >= LEAST_ROOM else f"the disk is full ({free // 2**20} MiB are left)"


def _copilot() -> str:
    status = client.status_now(settings.RUNTIME_ADDRESS)
    if status is None:
        return "starting" if client.reachable(settings.RUNTIME_ADDRESS) else "off"
    ill = {key: model for key, model in status["models"].items() if model["state"] in {"failed", "restarting"}}
    return "; ".join(f"{key} {model['state']}: {model['text']}" for key, model in ill.items()) or OK


DATABASE = _Question(_database, (SILENT, "unknown"))
MEDIA = _Question(_media, "the disk does not answer")
