"""The worker process: background jobs, the readers of the outbox, and the courier of webhooks."""

import asyncio
import logging
import signal
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor

from asgiref.sync import sync_to_async
from django.core.management.base import BaseCommand
from procrastinate import App
from procrastinate.connector import BaseConnector
from procrastinate.contrib.django import app
from procrastinate.periodic import PeriodicRegistry

from assist.suggestions.follow import WARMER
from config import worker_connector
from config.carried_jobs import CarryingJobs, mark_stopping
from config.metrics import process
from config.readers import READERS
from projects.webhooks import courier
from taskers.database.threads import fresh
from taskers.outbox import events

logger = logging.getLogger(__name__)

# What others wait for: leases that run out, the jobs of workers that died, the work of whoever was banned. However long
# the imports and estimates in hand take, there are places for it.
HOUSEKEEPING = "queue"
# What waits for models, or trains them: data comes in and goes out meanwhile.
COPILOT = "copilot"
# Whose queues these are, by the name under which they are worked off.
QUEUES = {"jobs": ["imports", "jobs", HOUSEKEEPING], COPILOT: [COPILOT], "housekeeping": [HOUSEKEEPING]}
# Seconds between looks for jobs of which nobody told: such as are tried again. Housekeeping's are for whoever is free,
# and its own worker is there for when nobody is.
POLL = {"jobs": 5.0, COPILOT: 5.0, "housekeeping": 10.0}
READING = 4  # threads for the readers, when every job is one that takes long
PAUSE, QUIET = 0.25, 0.9  # seconds between looks at the outbox while something happens; when nothing has for a while
SLOWER = 1.1  # each look that finds nothing makes the pause so much longer
FULL = 200  # events; a reader that had fewer has caught up, and what comes next is read together
AFTER_FAILURE = 5.0
# What was read is kept together for so long before the next is read: a read costs about the same however much there is.
# With the pause between looks nothing waits for longer than a second. Images are made ready at once: somebody has just
# opened their task.
TOGETHER = 0.7
AT_ONCE = {WARMER}
TELLER = "webhooks"  # writes down what the courier has to tell


class Command(BaseCommand):
    """`manage.py work`"""

    help = "Runs background jobs and follows the outbox, until it is told to stop."

    def add_arguments(self, parser) -> None:
        parser.add_argument(
            "--concurrency", type=int, default=2, help="jobs at a time, as many of models, and two of housekeeping"
        )

    def handle(self, *args, concurrency: int, **options) -> None:
        process.begin("worker")
        asyncio.run(work(concurrency))


async def work(concurrency: int) -> None:
    """Jobs and readers side by side, until SIGTERM or SIGINT; jobs in hand are finished first."""
    places = {"jobs": concurrency, COPILOT: concurrency, "housekeeping": 2}
    loop = asyncio.get_running_loop()
    loop.set_default_executor(ThreadPoolExecutor(sum(places.values()) + READING, "work"))
    news = {name: asyncio.Event() for name in READERS}
    to_tell = {TELLER: asyncio.Event()}
    followers = [
        asyncio.create_task(follow(name, catch_up, news[name], to_tell.get(name))) for name, catch_up in READERS.items()
    ]
    followers += [asyncio.create_task(watch(news)), asyncio.create_task(courier.run(to_tell[TELLER]))]
    try:
        by_the_clock = app.with_connector(worker_connector.connector())
        others = app.with_connector(by_the_clock.connector)
        by_the_clock.job_manager = others.job_manager = CarryingJobs(by_the_clock.connector)
        others.periodic_registry = PeriodicRegistry()  # one of them says what is due
        async with by_the_clock.open_async(), asyncio.TaskGroup() as group:
            apps = {name: by_the_clock if name == "jobs" else others for name in places}
            workers = [group.create_task(_work_off(apps[name], name, count)) for name, count in places.items()]
            for number in (signal.SIGTERM, signal.SIGINT):
                loop.add_signal_handler(number, _stop, workers, group, by_the_clock.connector)
    finally:
        for follower in followers:
            follower.cancel()
        await asyncio.gather(*followers, return_exceptions=True)


async def _work_off(worker_app: App, name: str, places: int) -> None:
    """The jobs of some queues, until it is cancelled. Those of housekeeping come by the minute: nobody has to tell of
    them. One that stops by itself, as where its heartbeat can't be written, ends the process: it is started anew."""
    await worker_app.run_worker_async(
        queues=QUEUES[name],
        name=name,
        concurrency=places,
        listen_notify=name != "housekeeping",
        fetch_job_polling_interval=POLL[name],
        install_signal_handlers=False,
        delete_jobs="successful",
    )
    raise RuntimeError(f"Nobody works off {name} any more.")


def _stop(workers: list[asyncio.Task], group: asyncio.TaskGroup, connector: BaseConnector) -> None:
    """Take no more jobs, and end with those in hand."""
    if not all(worker.done() for worker in workers):
        group.create_task(mark_stopping(connector))
    for worker in workers:
        if not worker.cancelling():  # a second time would give up those as well
            worker.cancel()


async def watch(news: Mapping[str, asyncio.Event]) -> None:
    """Wake the readers for whom there is something. A quiet outbox costs one statement a look, however many read it.

    It isn't told by NOTIFY: that makes the commits of all who write events wait for each other.
    """
    look = sync_to_async(fresh(lambda: events.behind(news)), thread_sensitive=False)
    pause = PAUSE
    while True:
        try:
            found = await look()
            pause = PAUSE if found else min(QUIET, pause * SLOWER)
            for name in found:
                news[name].set()
        except Exception:
            logger.exception("Can't look at the outbox; tried again in %s seconds.", AFTER_FAILURE)
            await asyncio.sleep(AFTER_FAILURE)
        await asyncio.sleep(pause)


async def follow(
    name: str, catch_up: Callable[[], int], news: asyncio.Event, then: asyncio.Event | None = None
) -> None:
    """Call one reader whenever it is woken, until it has caught up; a failure is said and tried again later, from the
    same place. What comes right after is read together. `then` is told that it has read."""
    look = sync_to_async(fresh(catch_up), thread_sensitive=False)
    while await news.wait():
        news.clear()
        try:
            full = True
            while full:
                full = await look() >= FULL
                if then:
                    then.set()
            await asyncio.sleep(0 if name in AT_ONCE else TOGETHER)
        except Exception:
            logger.exception("The reader %s failed; it tries again in %s seconds.", name, AFTER_FAILURE)
            await asyncio.sleep(AFTER_FAILURE)
            news.set()
