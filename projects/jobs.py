"""Work that people don't wait for, run by the worker. Each job is one call into a verb and may safely run twice."""

import math
import time
from collections.abc import Callable

from asgiref.sync import sync_to_async
from django.conf import settings
from django.db import InterfaceError, OperationalError
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app
from procrastinate.job_context import JobContext

from projects import queue
from projects.configuration import spending_limit
from projects.data import abandoned, archive, crashed_jobs, deliveries, importing
from projects.data.archive import cleanup
from projects.data.crashed_jobs import Ending
from projects.data.media import assets
from projects.models import Batch, Exclusion, Project
from projects.quality import approvals, budgets, consensus, estimating
from projects.quality.gold import pool
from projects.reports import agreement_reports, alerts, stalls, task_words
from projects.webhooks import deliveries as messages
from projects.workflow import batch_closing, bonus_rules, bulk_actions, corrections, void_work
from projects.workflow.automatic_rules import running
from taskers.credentials import idempotency, secret_box, throttle
from taskers.models import Person
from taskers.money import earning_days
from taskers.notifications import digests, inbox

EXPIRE_AT_ONCE = 2000
JUMP = 5.0  # seconds by which a clock is set, or a machine slept
SETTLED = 30.0  # seconds after which all the workers of a machine that slept have said that they live

crashed_jobs.ENDINGS |= {
    "projects.jobs.run_import": Ending("import_key", importing.end_crashed),
    "projects.jobs.make_delivery": Ending("delivery_key", deliveries.end_crashed),
    "projects.jobs.archive_batch": Ending("batch_key", archive.end_crashed),
    "projects.jobs.run_bulk_action": Ending("action_key", bulk_actions.end_crashed),
}


# A database that is away for a while loses no file: it is tried again for a quarter of an hour, from where it stood.
@app.task(
    queue="imports",
    queueing_lock=None,
    retry=RetryStrategy(max_attempts=9, exponential_wait=2, retry_exceptions={OperationalError, InterfaceError}),
    pass_context=True,
)
def run_import(context: JobContext, import_key: int) -> None:
    """Load a file that was handed over into its batch; one at which worker after worker died isn't begun any more."""
    if context.job.attempts >= abandoned.MOST_STARTS:
        importing.give_up(import_key, job=context.job.id)
    else:
        importing.run(import_key)


@app.task(
    queue="imports",
    queueing_lock=None,
    retry=RetryStrategy(max_attempts=9, exponential_wait=2, retry_exceptions={OperationalError, InterfaceError}),
    pass_context=True,
)
def make_delivery(context: JobContext, delivery_key: int) -> None:
    """Write a delivery that was ordered to where it is wanted; one at which worker after worker died isn't begun any
    more."""
    if context.job.attempts >= abandoned.MOST_STARTS:
        deliveries.give_up(delivery_key, job=context.job.id)
    else:
        deliveries.run(delivery_key)


@app.periodic(cron="* * * * *")
@app.task(queue="queue", queueing_lock="expire_assignments")
def expire_assignments(timestamp: int) -> int:
    """End the leases that ran out, until none is left; returns how many."""
    ended = 0
    while some := queue.expire_due(limit=EXPIRE_AT_ONCE):
        ended += some
    return ended


class Machine:
    """Whether it has just slept: meanwhile the clock on the wall goes on, and the steady one stands still."""

    def __init__(self, wall: Callable[[], float], steady: Callable[[], float]) -> None:
        self._wall, self._steady = wall, steady
        self._apart, self._woke = wall() - steady(), -math.inf

    def just_woke(self) -> bool:
        """Within the last half minute; or since this was asked last, if nobody asked sooner."""
        now, before = self._steady(), self._apart
        self._apart = self._wall() - now
        if self._apart - before > JUMP:
            self._woke = now
        return now - self._woke < SETTLED


machine = Machine(time.time, time.monotonic)


@app.periodic(cron="*/5 * * * *")
@app.task(queue="queue", queueing_lock="take_up")
def take_up(timestamp: int) -> int:
    """Have files loaded and deliveries made that nobody is at any more though they aren't done; returns how many."""
    try:
        files = importing.take_up()
    finally:  # what is wrong with a file is no delivery's fault
        made = deliveries.take_up()
    return files + made


@app.periodic(cron="*/2 * * * *")
@app.task(queue="queue", queueing_lock="resume_stalled", pass_context=True)
async def resume_stalled(context: JobContext, timestamp: int) -> int:
    """Give the jobs of workers that died to those that live, or end what killed too many; returns how many. Where the
    machine has just slept, or this very worker seems to be dead, the others may live as well: their heartbeats come
    first, and two minutes later it is known who died."""
    woke = machine.just_woke()
    stalled = sorted(await app.job_manager.get_stalled_jobs(), key=lambda job: job.id or 0)
    if woke or context.job.id in {job.id for job in stalled}:
        return 0
    resume = sync_to_async(crashed_jobs.resume)
    return sum([await resume(job) for job in stalled])


@app.periodic(cron="* * * * *")
@app.task(queue="jobs", queueing_lock="add_earnings")
def add_earnings(timestamp: int) -> int:
    """Add up what was earned without any event to tell it, and see which projects have spent what they may; returns how
    many transfers there were."""
    added = earning_days.catch_up()
    spending_limit.look()
    return added


@app.periodic(cron="*/2 * * * *")
@app.task(queue="jobs", queueing_lock="index_words")
def index_words(timestamp: int) -> int:
    """Index the words of tasks that came in faster than their events are followed; returns how many."""
    return task_words.index_all()


@app.periodic(cron="*/5 * * * *")
@app.task(queue="jobs", queueing_lock="watch_alerts")
def watch_alerts(timestamp: int) -> int:
    """Raise and clear the alerts that managers asked for; returns how many were raised."""
    return alerts.watch()


@app.periodic(cron="15 * * * *")
@app.task(queue="jobs", queueing_lock="send_digests")
def send_digests(timestamp: int) -> int:
    """Mail what wasn't read to those who chose so; returns how many letters went out."""
    return digests.send_due()


@app.periodic(cron="45 3 * * *")
@app.task(queue="jobs", queueing_lock="clean_inbox")
def clean_inbox(timestamp: int) -> int:
    """Throw away what people read long ago; returns how many lines."""
    return inbox.clean()


@app.periodic(cron="30 3 * * *")
@app.task(queue="jobs", queueing_lock="collect_assets")
def collect_assets(timestamp: int) -> int:
    """Delete stored media that nothing refers to any more; returns how many."""
    return assets.collect()


@app.periodic(cron="*/10 * * * *")
@app.task(queue="jobs", queueing_lock="clean_throttle")
def clean_throttle(timestamp: int) -> int:
    """Throw away the counters of the shared throttle that have settled; returns how many."""
    return throttle.clean()


@app.periodic(cron="20 * * * *")
@app.task(queue="jobs", queueing_lock="clean_idempotency_keys")
def clean_idempotency_keys(timestamp: int) -> int:
    """Throw away the answers that were kept for requests sent again, a day later; returns how many."""
    return idempotency.clean()


@app.periodic(cron="40 3 * * *")
@app.task(queue="jobs", queueing_lock="reseal")
def reseal(timestamp: int) -> int:
    """Seal what an older process left in clear or under an older key; returns how many secrets."""
    return secret_box.reseal()


@app.periodic(cron="50 3 * * *")
@app.task(queue="jobs", queueing_lock="reap")
def reap(timestamp: int) -> dict[str, int]:
    """Throw away what nobody needs any more; returns how many rows of what."""
    return {"delivered files": deliveries.retention.sweep()} | cleanup.reap()


@app.periodic(cron="55 3 * * *")
@app.task(queue="jobs", queueing_lock="prune_deliveries")
def prune_deliveries(timestamp: int) -> int:
    """Throw away what webhooks delivered or gave up long ago; returns how many messages."""
    return messages.prune()


@app.periodic(cron="10 4 * * *")
@app.task(queue="jobs", queueing_lock="archive_closed")
def archive_closed(timestamp: int) -> dict[str, int]:
    """Archive the batches that have been over for as long as the settings say, if they say so."""
    return cleanup.archive_old(days=settings.KEEP_CLOSED) if settings.KEEP_CLOSED else {}


# Readers of events are some seconds behind, and somebody may look at a task: asked again for half an hour or so.
@app.task(queue="jobs", retry=RetryStrategy(max_attempts=10, exponential_wait=2))
def archive_batch(batch_key: int) -> None:
    """Move a batch that is over into files, as its manager asked."""
    archive.run(batch_key)


@app.task(queue="queue")
def void_banned_work(exclusion_key: int) -> None:
    """Take back, piece by piece, what a banned tasker handed in that nothing rests on yet."""
    made = Exclusion.objects.select_related("project", "organization", "tasker", "made_by").get(pk=exclusion_key)
    after: int | None = 0
    while after is not None and made.made_by is not None:
        after = void_work.void_work(made, by=made.made_by, after=after)


@app.task(queue="jobs", retry=RetryStrategy(max_attempts=10, exponential_wait=2))
def wind_up_batch(batch_key: int, tasks: list[int] | None = None) -> None:
    """Decide and pay what was begun in a batch that is over; again in a while, as long as somebody works on it."""
    batch_closing.go_on(Batch.objects.get(pk=batch_key), tasks)


@app.task(queue="jobs", retry=RetryStrategy(max_attempts=10, exponential_wait=2))
def run_bulk_action(action_key: int) -> int:
    """Do the next of what is to be done to many tasks; the rest is a job of its own."""
    return bulk_actions.go_on(action_key)


@app.task(queue="jobs", retry=RetryStrategy(max_attempts=10, exponential_wait=2))
def consider_later(task_key: int) -> None:
    """Weigh the answers to a task that take too long to compare while somebody waits."""
    consensus.consider_later(task_key)


@app.periodic(cron="*/5 * * * *")
@app.task(queue="jobs", queueing_lock="watch_stalls")
def watch_stalls(timestamp: int) -> int:
    """Find the projects in which tasks wait for answers that nobody may give; returns how many there are."""
    return stalls.watch()


@app.periodic(cron="*/10 * * * *")
@app.task(queue="jobs", queueing_lock="run_rules")
def run_rules(timestamp: int) -> int:
    """Do what follows from the rules that act by themselves; returns for how many people."""
    return running.run_all()


@app.periodic(cron="*/10 * * * *")
@app.task(queue="jobs", queueing_lock="pay_unreviewed")
def pay_unreviewed(timestamp: int) -> int:
    """Pay answers that waited for a reviewer for as long as their project says; returns of how many tasks."""
    return approvals.look()


@app.periodic(cron="5-59/10 * * * *")
@app.task(queue="jobs", lock="give_bonuses", queueing_lock="give_bonuses")
def give_bonuses(timestamp: int) -> int:
    """Give what the rules of projects owe on top; returns how much, in millionths."""
    return bonus_rules.run_all()


@app.task(queue="jobs")
def settle_stalled(project_key: int, person_key: int) -> int:
    """Decide what is stuck in a project by what came in, as its manager asked; returns how many tasks."""
    return stalls.settle(Project.objects.get(pk=project_key), by=Person.objects.get(pk=person_key))


@app.task(queue="jobs", retry=RetryStrategy(max_attempts=10, exponential_wait=2))
def reorder_project(project_key: int) -> None:
    """Shuffle what a project has open, or bring it into file order, as its settings say."""
    queue.reorder(project_key)


@app.task(queue="jobs")
def report_agreement(project_key: int) -> None:
    """Work out how far the people of a project agree."""
    agreement_reports.make(project_key)


@app.task(queue="jobs")
def estimate(estimation_key: int) -> None:
    """Estimate a project's people and weigh its tasks again; cut off, it goes on where it stood."""
    estimating.run(estimation_key)


@app.periodic(cron="*/10 * * * *")
@app.task(queue="jobs", queueing_lock="spend_budgets")
def spend_budgets(timestamp: int) -> int:
    """Ask for more judgements of the least sure tasks where a project has a budget for it; returns how many."""
    return budgets.spend_all()


@app.periodic(cron="20 2 * * *")
@app.task(queue="jobs", queueing_lock="estimate_all")
def estimate_all(timestamp: int) -> int:
    """Begin an estimate in every project that was worked on since its last; returns how many."""
    return estimating.start_due()


@app.periodic(cron="20 * * * *")
@app.task(queue="jobs", queueing_lock="watch_known_answers")
def watch_known_answers(timestamp: int) -> int:
    """Retire known answers that leaked and point at those that may be wrong; returns how many."""
    return len(pool.watch(seed=timestamp))


@app.periodic(cron="* * * * *")
@app.task(queue="queue", queueing_lock="settle_what_is_due")
def settle_what_is_due(timestamp: int) -> int:
    """Consider work that can't be corrected any more, and settle the gold whose moment has come; returns how many."""
    return corrections.catch_up()
