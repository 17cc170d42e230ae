"""Events that are told while the worker and the receiver are killed outright, again and again, at moments by chance."""

import random
import signal
import socket
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from django.db.models import QuerySet

from benchmarks.webhooks import fixtures
from projects.models import Project, WebhookDelivery
from taskers.outbox.events import emit_all, happening

LEASE, WAIT = 2.0, 0.3  # seconds
PIECE = 500


@dataclass(frozen=True)
class Outcome:
    """What came of it."""

    events: int
    arrived: int  # messages, each once
    again: int  # that came more than once
    lost: int
    altered: int  # that came again with another body
    out_of_order: int
    kills: int
    seconds: float

    @property
    def kept(self) -> bool:
        return (self.lost, self.altered, self.out_of_order) == (0, 0, 0) and self.arrived == self.events


@dataclass
class Processes:
    """A worker and a receiver, which are started again whenever they were killed."""

    port: int
    file: Path
    environment: Mapping[str, str]
    running: dict[str, subprocess.Popen] = field(default_factory=dict)

    def command(self, name: str) -> list[str]:
        if name == "worker":
            return [sys.executable, "-m", "benchmarks.webhooks.worker", str(LEASE), str(WAIT)]
        return [sys.executable, "-m", "benchmarks.webhooks.receiver", str(self.port), str(self.file)]

    def start(self, name: str) -> None:
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        self.running[name] = subprocess.Popen(self.command(name), env=dict(self.environment), **quiet)  # type: ignore[call-overload]

    def kill(self, name: str) -> None:
        process = self.running.pop(name)
        process.send_signal(signal.SIGKILL)
        process.wait()

    def stop(self) -> None:
        for name in list(self.running):
            with suppress(ProcessLookupError):
                self.kill(name)


def storm(
    project: Project,
    *,
    tasks: list[tuple[int, str]],
    events: int,
    kills: int,
    file: Path,
    environment: Mapping[str, str],
    dice: random.Random,
    patience: float,
) -> Outcome:
    """So many events of these tasks (key, id), told while that often somebody is killed; what the receiver kept."""
    port = _free_port()
    to = fixtures.subscription(project.organization, f"http://127.0.0.1:{port}/ok", kinds=["task.reopened"])
    processes, began, killed = Processes(port, file, environment), time.monotonic(), 0
    file.touch()
    try:
        for name in ("worker", "receiver"):
            processes.start(name)
        written, done = 0, WebhookDelivery.objects.filter(subscription=to, state="done")
        while written < events or done.count() < events:
            if time.monotonic() - began > patience:
                break
            if written < events:
                number = min(PIECE, events - written)
                _happen(project, tasks, written, number)
                written += number
            before = done.count()
            if killed < kills and before >= events * killed / (kills + 1):
                _until(partial(_is_beyond, done, before), patience / 4)  # it is at work
                time.sleep(dice.uniform(0.0, 0.4))  # the moment of death is the point here
                processes.kill(name := dice.choice(["worker", "receiver"]))
                killed += 1
                processes.start(name)
            elif written >= events:
                time.sleep(0.1)
    finally:
        processes.stop()
    return _outcome(to.pk, file, events, killed, time.monotonic() - began)


def _happen(project: Project, tasks: list[tuple[int, str]], after: int, number: int) -> None:
    """Tasks are reopened by turns: what is told of it is short, and needs no answers."""
    rows = []
    for place in range(after, after + number):
        key, public = tasks[place % len(tasks)]
        told = {"task": key, "batch": 0, "judgements": 0}
        rows.append(
            happening(
                "reopened",
                organization_id=project.organization_id,
                project_key=project.public_id,
                subject=f"task:{public}",
                **told,
            )
        )
    emit_all(rows)


def _outcome(subscription: int, file: Path, events: int, kills: int, seconds: float) -> Outcome:
    came: dict[str, list[str]] = defaultdict(list)
    for line in file.read_text().splitlines():
        name, _space, body = line.partition(" ")
        came[name].append(body)
    place = {name: at for at, name in enumerate(came)}
    streams: dict[str, list[int]] = defaultdict(list)
    lost = 0
    rows = WebhookDelivery.objects.filter(subscription=subscription).order_by("pk")
    for public, stream in rows.values_list("public_id", "stream"):
        if str(public) in place:
            streams[stream].append(place[str(public)])
        else:
            lost += 1
    return Outcome(
        events=events,
        arrived=len(came),
        again=sum(len(bodies) > 1 for bodies in came.values()),
        lost=lost + max(0, events - rows.count()),
        altered=sum(len(set(bodies)) > 1 for bodies in came.values()),
        out_of_order=sum(places != sorted(places) for places in streams.values()),
        kills=kills,
        seconds=seconds,
    )


def _is_beyond(rows: QuerySet[WebhookDelivery], number: int) -> bool:
    return rows.count() > number


def _until(true: Callable[[], bool], seconds: float) -> None:
    end = time.monotonic() + seconds
    while not true() and time.monotonic() < end:
        time.sleep(0.02)


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]
