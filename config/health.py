"""Is this process alive (`/healthz`), and should it be sent work (`/readyz`)?

Ready means: the database answers and every migration is applied. Without a worker or without the copilot's runtime
people still annotate and submit, so those only degrade: 200, with the reason in the answer.
"""

from collections.abc import Callable

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from assist import client

WORKER_SILENCE = 30  # seconds; workers say that they live every 10
OK = "ok"


class _Migrations:
    """Whether the database is up to date; once it is, that stays true for the life of this process."""

    applied = False

    @classmethod
    def check(cls) -> str:
        if not cls.applied:
            executor = MigrationExecutor(connection)
            cls.applied = not executor.migration_plan(executor.loader.graph.leaf_nodes())
        return OK if cls.applied else "some migrations are not applied"


@never_cache
@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    """200 as long as this process answers; asks nobody else."""
    return JsonResponse({"alive": True})


@never_cache
@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """200 if this process can do its work, else 503; `checks` says what is wrong and `degraded` what is missing."""
    needed = {"database": _said(_database), "migrations": _said(_Migrations.check)}
    ready = all(answer == OK for answer in needed.values())
    wanted = {"worker": _said(_worker) if ready else "unknown", "copilot": _copilot()}
    degraded = [name for name, answer in wanted.items() if answer != OK]
    body = {"ready": ready, "degraded": degraded, "checks": needed | wanted}
    return JsonResponse(body, status=200 if ready else 503)


def worker_alive() -> bool:
    """True if any worker, on any machine, has given a sign of life lately. Raises DatabaseError."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT 1 FROM procrastinate_workers"
            " WHERE last_heartbeat > now() - make_interval(secs => %s))",
            [WORKER_SILENCE],
        )
        return cursor.fetchone()[0]


def _said(check: Callable[[], str]) -> str:
    try:
        return check()
    except DatabaseError:
        return "the database does not answer"


def _database() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return OK


def _worker() -> str:
    return OK if worker_alive() else "no worker alive"


def _copilot() -> str:
    status = client.status_now(settings.RUNTIME_ADDRESS)
    if status is None:
        return "starting" if client.reachable(settings.RUNTIME_ADDRESS) else "off"
    ill = {key: model for key, model in status["models"].items() if model["state"] in {"failed", "restarting"}}
    return "; ".join(f"{key} {model['state']}: {model['text']}" for key, model in ill.items()) or OK
