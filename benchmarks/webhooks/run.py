"""The table of webhooks."""

import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import psutil
from django.db.models import Count, Max, Min

from benchmarks.queue import fixtures as queue_fixtures
from benchmarks.webhooks import fixtures, kills
from projects.configuration import configure
from projects.models import Project, Subscription, Task, WebhookDelivery
from taskers.models import Organization

MESSAGES = 2000
ROUNDS = 5
ASKED_RATE, ASKED_SHARE = 200, 0.9


def rates(organization: Organization) -> bool:
    """Print how many messages a second arrive, alone and beside one that hangs; whether that is what is asked."""
    with tempfile.TemporaryDirectory() as folder:
        alone, beside = _rates(organization, Path(folder))
    rate = statistics.median(one.rate for one in alone)
    # Each beside the one of its own round: what else the machine does falls on both.
    share = statistics.median(one.rate / other.rate for one, other in zip(beside, alone, strict=True))
    each, others = (", ".join(f"{one.rate:.0f}" for one in some) for some in (alone, beside))
    spent, more = (statistics.median(one.spent for one in some) for some in (alone, beside))
    print(f"| messages a second, one worker, one local receiver | ≥ {ASKED_RATE} | {rate:.0f} ({each}) |")
    print(f"| the same beside a receiver that hangs | ≥ {ASKED_SHARE} of that | {share:.2f} ({others}) |")
    print(f"| the worker's processor time for {MESSAGES} of them |  | {spent:.1f} s; beside {more:.1f} s |", flush=True)
    return rate >= ASKED_RATE and share >= ASKED_SHARE


def storm(organization: Organization, events: int, deaths: int) -> bool:
    """Print what became of events while worker and receiver were killed; whether all was kept."""
    with tempfile.TemporaryDirectory() as folder:
        outcome = _storm(organization, Path(folder), events, deaths)
    said = f"{outcome.lost} lost, {outcome.out_of_order} tasks out of order, {outcome.altered} altered"
    besides = f"{outcome.arrived:,} arrived, {outcome.kills} kills, {outcome.again} came again, {outcome.seconds:.0f} s"
    print(f"| {events:,} events while worker and receiver are killed | 0 lost, in order, same id | {said}; {besides} |")
    return outcome.kept


class Sent(NamedTuple):
    """Messages a second that arrived, and seconds of processor that their worker took."""

    rate: float
    spent: float


def _rates(organization: Organization, folder: Path) -> tuple[list[Sent], list[Sent]]:
    """Messages a second to one receiver: alone, and beside one that hangs; by turns."""
    port = kills._free_port()
    receiver = subprocess.Popen([sys.executable, "-m", "benchmarks.webhooks.receiver", str(port), str(folder / "kept")])
    found: dict[bool, list[Sent]] = {False: [], True: []}
    try:
        for _round in range(ROUNDS):
            for hanging in (False, True):
                found[hanging].append(_rate(organization, f"http://127.0.0.1:{port}", hanging))
    finally:
        receiver.kill()
        receiver.wait()
    return found[False], found[True]


def _rate(organization: Organization, at: str, hanging: bool) -> Sent:
    Subscription.objects.all().delete()
    mine = fixtures.subscription(organization, f"{at}/ok")
    fixtures.messages(mine, MESSAGES, streams=MESSAGES)
    if hanging:
        fixtures.messages(fixtures.subscription(organization, f"{at}/hang", "Stuck"), MESSAGES, streams=MESSAGES)
    worker = subprocess.Popen([sys.executable, "-m", "benchmarks.webhooks.worker", "30", "5"])
    rows = WebhookDelivery.objects.filter(subscription=mine, state="done")
    try:
        while rows.count() < MESSAGES:
            time.sleep(0.5)
        spent = psutil.Process(worker.pid).cpu_times()
    finally:
        worker.kill()
        worker.wait()
    told = rows.aggregate(first=Min("tried_at"), last=Max("tried_at"), number=Count("pk"))
    return Sent(told["number"] / (told["last"] - told["first"]).total_seconds(), spent.user + spent.system)


def _storm(organization: Organization, folder: Path, events: int, deaths: int) -> kills.Outcome:
    Subscription.objects.all().delete()
    project: Project = configure.create(
        organization, None, name="Storm", task_type="text_spans", labels=queue_fixtures.LABELS, wanted=1
    )
    queue_fixtures.batch(project, "Storm", max(50, events // 25), wanted=1)
    tasks = [(key, str(public)) for key, public in Task.objects.filter(project=project).values_list("pk", "public_id")]
    return kills.storm(
        project,
        tasks=tasks,
        events=events,
        kills=deaths,
        file=folder / "storm",
        environment=os.environ,
        dice=random.Random(5),
        patience=3600,
    )
