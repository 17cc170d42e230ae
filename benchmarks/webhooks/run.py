"""The table of webhooks."""

import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil
from django.db.models import Count, Max, Min

from benchmarks.queue import fixtures as queue_fixtures
from benchmarks.webhooks import fixtures, kills
from projects.configuration import configure
from projects.models import Project, Subscription, Task, WebhookDelivery
from taskers.models import Organization

MESSAGES = 3000
ROUNDS = 3
ASKED_RATE, ASKED_SHARE = 200, 0.9


def run(events: int, deaths: int) -> bool:
    """Print the table; whether all that is asked was reached."""
    organization = Organization.objects.create(name="Riverside")
    print("| what | asked | measured |\n|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        alone, beside = _rates(organization, Path(folder))
        rate, share = statistics.median(alone), statistics.median(beside) / statistics.median(alone)
        each, others = (", ".join(f"{one:.0f}" for one in some) for some in (alone, beside))
        print(f"| messages a second, one worker, one local receiver | ≥ {ASKED_RATE} | {rate:.0f} ({each}) |")
        print(f"| the same beside a receiver that hangs | ≥ {ASKED_SHARE} of that | {share:.2f} ({others}) |")
        sys.stdout.flush()
        outcome = _storm(organization, Path(folder), events, deaths)
    said = f"{outcome.lost} lost, {outcome.out_of_order} tasks out of order, {outcome.altered} altered"
    more = f"{outcome.kills} kills, {outcome.again} came again, {outcome.seconds:.0f} s"
    print(f"| {events} events while worker and receiver are killed | 0 lost, in order, same id | {said}; {more} |")
    return rate >= ASKED_RATE and share >= ASKED_SHARE and outcome.kept


def _rates(organization: Organization, folder: Path) -> tuple[list[float], list[float]]:
    """Messages a second to one receiver: alone, and beside one that hangs; by turns."""
    port = kills._free_port()
    receiver = subprocess.Popen([sys.executable, "-m", "benchmarks.webhooks.receiver", str(port), str(folder / "kept")])
    found: dict[bool, list[float]] = {False: [], True: []}
    try:
        for _round in range(ROUNDS):
            for hanging in (False, True):
                found[hanging].append(_rate(organization, f"http://127.0.0.1:{port}", hanging))
    finally:
        receiver.kill()
        receiver.wait()
    return found[False], found[True]


def _rate(organization: Organization, at: str, hanging: bool) -> float:
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
    beside = "beside" if hanging else "alone"
    print(f"processor time of the worker, {beside}: {spent.user + spent.system:.1f} s", file=sys.stderr)
    told = rows.aggregate(first=Min("tried_at"), last=Max("tried_at"), number=Count("pk"))
    return told["number"] / (told["last"] - told["first"]).total_seconds()


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
