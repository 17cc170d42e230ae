"""Claim and submit over HTTP, as the studio does it: each submit answers with the next task."""

import asyncio
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.db import connection
from django.middleware.csrf import _get_new_csrf_string

from benchmarks.queue import fixtures
from benchmarks.queue.http import Asker, by_session
from benchmarks.queue.measure import Row, at_least, at_most, median, ms, p95
from projects import queue
from projects.models import Project, Task
from taskers.models import Organization, Person

ROUNDS = 3
ROOT = Path(__file__).resolve().parent.parent.parent


def measure(owner: Organization, project: Project, seconds: float) -> list[Row]:
    """8 and 32 taskers, in turns with the bare view."""
    rows: list[Row] = []
    taskers = fixtures.people(owner, 32, "Wire")
    tasks = list(Task.objects.filter(project=project).values_list("pk", flat=True)[:1000])
    with _server() as port:
        askers = [Asker(port, by_session(*signed_in(one))) for one in taskers]
        for crowd in (8, 32):
            rows += _rows(askers[:crowd], project, tasks, seconds)
        for asker in askers:
            asker.close()
    errors = sum(one.errors for one in askers)
    wrong = [what for what, _ in queue.audit().breaches if "hand" in what or "more" in what or "two" in what]
    return [
        *rows,
        at_most("errors over HTTP", str(errors), errors, 0),
        at_most("double hand-outs and lost work by the audit", str(len(wrong)), len(wrong), 0),
    ]


def _rows(askers: list[Asker], project: Project, tasks: list[int], seconds: float) -> list[Row]:
    bare, ours, taken = [], [], []
    for _ in range(ROUNDS):
        bare.append(asyncio.run(_crowd([_bare(one, tasks, seconds) for one in askers], askers)) / seconds)
        for one in askers:
            one.times.clear()
        ours.append(asyncio.run(_crowd([_studio(one, project, seconds) for one in askers], askers)) / seconds)
        taken += [value for one in askers for value in one.times]
    low, high = median(ours), median(bare)
    told = f"{low:,.0f} / {high:,.0f} requests a second"
    spread = p95(taken) / median(taken)
    return [
        at_least(f"claim + submit over HTTP, {len(askers)} taskers / bare view", told, low / high, 0.5),
        at_most(f"its p95 / p50, {len(askers)} taskers", f"{ms(p95(taken))} / {ms(median(taken))}", spread, 10),
    ]


async def _crowd(work: list, askers: list[Asker]) -> int:
    done = await asyncio.gather(*work)
    for one in askers:  # streams belong to this loop
        one.close()
        one.streams = None
    return sum(done)


async def _bare(asker: Asker, tasks: list[int], seconds: float) -> int:
    end, done = time.monotonic() + seconds, 0
    while time.monotonic() < end:
        status, _ = await asker.post(f"/bare/{tasks[done % len(tasks)]}/", {})
        asker.errors += status != 200
        done += 1
    return done


async def _studio(asker: Asker, project: Project, seconds: float) -> int:
    """Requests that were answered; each but the first hands in what the one before brought."""
    end, done, mine = time.monotonic() + seconds, 0, None
    while time.monotonic() < end:
        path = f"/studio/{project.public_id}/claim"
        body: dict[str, object] = {}
        if mine:
            path = f"/studio/assignments/{mine['id']}/submit"
            body = {"token": mine["token"], "answer": fixtures.ANSWER, "active_ms": 900, "rejected": []}
        start = time.perf_counter()
        status, answer = await asker.post(path, body)
        if mine and status == 200:
            asker.times.append(time.perf_counter() - start)
            done += 1
        asker.errors += status != 200
        mine = answer.get("assignment")
    return done


def signed_in(person: Person) -> tuple[str, str]:
    """The cookies of a person who has signed in, and the token that their forms carry."""
    session = import_module(settings.SESSION_ENGINE).SessionStore()
    session[SESSION_KEY] = str(person.pk)
    session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    session[HASH_SESSION_KEY] = person.get_session_auth_hash()
    session.create()
    csrf = _get_new_csrf_string()
    return f"sessionid={session.session_key}; csrftoken={csrf}", csrf


@contextmanager
def _server() -> Iterator[int]:
    """One web process as `make run` starts it."""
    connection.close()
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(256)
        listener.set_inheritable(True)
        environment = os.environ | {"DJANGO_SETTINGS_MODULE": "benchmarks.queue.settings", "TANDEM_POOL": "8"}
        command = [sys.executable, "-m", "config.web", str(listener.fileno())]
        web = subprocess.Popen(command, cwd=ROOT, env=environment, pass_fds=[listener.fileno()])
        try:
            yield listener.getsockname()[1]
        finally:
            web.terminate()
            web.wait(30)
