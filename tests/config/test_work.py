"""The worker: whatever takes long, there is a place for what others wait for."""

import asyncio
import contextlib
import threading
import time
from collections.abc import AsyncIterator, Callable

import pytest
from asgiref.sync import sync_to_async
from django.utils import timezone
from procrastinate import App
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob
from procrastinate.exceptions import AlreadyEnqueued

from assist.registry import trial
from config.management.commands import work
from config.readers import READERS
from projects import jobs, queue
from projects.data import importing
from projects.models import Assignment
from taskers.outbox.events import emit, emit_all, follow, happening
from tests.support import cast as people
from tests.support import make
from tests.support.projects.leases import run_out

pytestmark = pytest.mark.django_db(transaction=True)


async def within(seconds: float, true: Callable[[], bool]) -> bool:
    """Whether it becomes true in so many seconds."""
    end = time.monotonic() + seconds
    while not await sync_to_async(true, thread_sensitive=False)():
        if time.monotonic() > end:
            return False
        await asyncio.sleep(0.05)
    return True


@contextlib.asynccontextmanager
async def at_work(concurrency: int, gate: threading.Event | None = None) -> AsyncIterator[None]:
    """A worker, which ends once `gate` lets go what its jobs wait for."""
    running = asyncio.create_task(work.work(concurrency=concurrency))
    try:
        yield
    finally:
        if gate is not None:
            gate.set()
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


def test_leases_end_while_long_imports_fill_the_worker(monkeypatch) -> None:
    cast = people.assemble()
    project = make.project(cast.riverside, wanted=1)
    make.task(make.batch(project))
    mine = make.held(cast.alice, project)
    run_out(mine)
    begun, gate = [], threading.Event()

    def load(key: int) -> None:
        begun.append(key)
        gate.wait(120)

    monkeypatch.setattr(importing, "run", load)
    monkeypatch.setattr(work, "READERS", {})
    for key in (1, 2, 3):
        app.configure_task("projects.jobs.run_import", queue="imports").defer(import_key=key)

    async def story() -> None:
        async with at_work(2, gate):
            assert await within(60, lambda: len(begun) == 2), "the imports didn't begin"
            with contextlib.suppress(AlreadyEnqueued):  # every minute it comes by itself
                await sync_to_async(lambda: jobs.expire_assignments.defer(timestamp=0), thread_sensitive=False)()
            expired = Assignment.objects.filter(pk=mine.pk, state="expired")
            assert await within(60, expired.exists), "the lease waits for the imports"
            assert len(begun) == 2

    asyncio.run(story())
    assert queue.audit().breaches == []


def test_data_is_loaded_while_models_are_trained(monkeypatch) -> None:
    """However many there are: what waits for models has places of its own, and takes nobody's thread."""
    begun: list[int] = []
    loaded: list[int] = []
    gate = threading.Event()

    def learn(key: int) -> None:
        begun.append(key)
        gate.wait(120)

    monkeypatch.setattr(trial, "run", learn)
    monkeypatch.setattr(importing, "run", loaded.append)
    monkeypatch.setattr(work, "READERS", {})
    for key in range(8):
        app.configure_task("assist.jobs.try_model", queue="copilot").defer(version_key=key)

    async def story() -> None:
        async with at_work(2, gate):
            assert await within(60, lambda: len(begun) == 2), "no model is tried"
            load = app.configure_task("projects.jobs.run_import", queue="imports")
            for key in (11, 12, 13):
                await sync_to_async(load.defer, thread_sensitive=False)(import_key=key)
            assert await within(60, lambda: {11, 12, 13} <= set(loaded)), "the imports wait for the models"
            assert len(begun) == 2

    asyncio.run(story())


def test_a_worker_whose_job_was_given_away_meanwhile_says_so_and_nothing_fails(monkeypatch, caplog) -> None:
    """As one that stood still for longer than its heartbeat may: others have its job by then, here it itself."""
    begun: list[int] = []
    gate = threading.Event()

    def load(key: int) -> None:
        begun.append(key)
        assert len(begun) > 1 or gate.wait(120)

    monkeypatch.setattr(importing, "run", load)
    monkeypatch.setattr(work, "READERS", {})
    caplog.set_level("INFO", logger="config.own_jobs")
    wait = app.configure_task("projects.jobs.run_import", queue="imports").defer
    key = wait(import_key=1)
    mine = ProcrastinateJob.objects.filter(pk=key)

    def give_away() -> None:
        app.job_manager.retry_job_by_id(key, timezone.now())
        wait(import_key=2)  # of this one workers are told, and so look for more

    async def story() -> None:
        async with at_work(2, gate):
            assert await within(60, lambda: begun == [1]), "the import didn't begin"
            await sync_to_async(give_away, thread_sensitive=False)()
            assert await within(60, lambda: begun == [1, 1, 2] and not mine.exists()), "nobody took what was given away"

    asyncio.run(story())
    assert f"projects.jobs.run_import[{key}] was given to another worker" in caplog.text
    assert [one.message for one in caplog.records if one.levelname == "ERROR" and "import" in one.message] == []


@pytest.mark.parametrize("name", work.QUEUES)
def test_a_process_of_which_a_part_stopped_ends_so_that_it_is_started_anew(name, monkeypatch) -> None:
    """As the library stops a worker whose heartbeat fails: the others would go on, and its queues would wait."""

    async def run(self: App, name: str, **terms: object) -> None:
        if name != stopped:
            await asyncio.Event().wait()

    stopped = name
    monkeypatch.setattr(work, "READERS", {})
    monkeypatch.setattr(App, "run_worker_async", run)
    with pytest.raises(ExceptionGroup, match="unhandled errors") as failed:
        asyncio.run(work.work(concurrency=1))
    assert [str(one) for one in failed.value.exceptions] == [f"Nobody works off {name} any more."]


def test_somebody_works_off_every_queue_that_a_job_is_in() -> None:
    ours = {task.queue for name, task in app.tasks.items() if name.startswith(("assist.", "projects.", "taskers."))}
    assert {one for queues in work.QUEUES.values() for one in queues} == ours


def test_every_lease_that_ran_out_is_ended_however_many(cast, monkeypatch) -> None:
    project = make.project(cast.riverside, wanted=1)
    make.tasks(make.batch(project), 3)
    for tasker in (cast.alice, cast.bob, cast.carol):
        run_out(make.held(tasker, project))
    monkeypatch.setattr(jobs, "EXPIRE_AT_ONCE", 1)
    assert jobs.expire_assignments(0) == 3
    assert not Assignment.objects.held().exists()


def test_readers_are_woken_by_what_is_written_and_one_that_fails_is_tried_again(monkeypatch) -> None:
    cast = people.assemble()
    seen: dict[str, list[str]] = {"steady": [], "failing": []}
    failed: list[bool] = []

    def steady() -> int:
        return follow("steady", lambda events: seen["steady"].extend(event.kind for event in events))

    def failing() -> int:
        if not failed:
            failed.append(True)
            raise RuntimeError("The first time it fails.")
        return follow("failing", lambda events: seen["failing"].extend(event.kind for event in events))

    monkeypatch.setattr(work, "READERS", {"steady": steady, "failing": failing})
    monkeypatch.setattr(work, "AFTER_FAILURE", 0.1)

    async def story() -> None:
        async with at_work(1):
            for kind in ("planted", "grown"):
                await sync_to_async(emit, thread_sensitive=False)(kind, organization_id=cast.riverside.pk)
                assert await within(60, lambda kind=kind: all(kind in kinds for kinds in seen.values())), seen

    asyncio.run(story())
    assert failed
    assert all(kinds.count("planted") == kinds.count("grown") == 1 for kinds in seen.values())


def test_no_reader_takes_so_few_at_once_that_work_gets_away_from_it(cast) -> None:
    """The worker lets a reader rest that had fewer than a full hand: one that never has would fall behind for good."""
    organization = cast.riverside.pk
    emit_all([happening("planted", organization_id=organization) for _one in range(work.FULL)])
    assert {name for name, catch_up in READERS.items() if catch_up() < work.FULL} == set()


def test_the_outbox_is_looked_at_within_a_second_though_nobody_tells_of_it(monkeypatch) -> None:
    """However long nothing happened; and what is kept together waits no longer than that with the look before it."""
    pauses: list[float] = []
    found = iter([*[[]] * 60, ["one"], []])

    async def pause(seconds: float) -> None:
        pauses.append(seconds)

    def looks(news: object) -> list[str]:
        try:
            return next(found)
        except StopIteration:
            raise asyncio.CancelledError from None

    monkeypatch.setattr(work.events, "behind", looks)
    monkeypatch.setattr(work.asyncio, "sleep", pause)
    news = {"one": asyncio.Event()}
    with pytest.raises(asyncio.CancelledError):
        asyncio.run(work.watch(news))
    assert len(pauses) == 62 and max(pauses) < 1 and news["one"].is_set()
    assert pauses[58] > pauses[0] and pauses[60] == work.PAUSE, "it looks sooner once something has happened"
    assert work.TOGETHER + work.PAUSE < 1
