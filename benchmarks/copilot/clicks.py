"""Masks: one tasker's clicks, sixteen taskers' clicks, the first click of a task, and whether masks stay the same."""

import asyncio
import contextlib
import time
from collections.abc import Sequence
from itertools import pairwise

from benchmarks.copilot import site
from benchmarks.copilot.bare import Bare, Crew
from benchmarks.copilot.fixtures import Work
from benchmarks.copilot.page import Line, Page
from benchmarks.copilot.pictures import SIZES, Photograph
from benchmarks.queue.http import Asker
from benchmarks.queue.measure import Row, at_least, at_most, median, ms, p95, paired

ROUNDS = 6
CLICKS = 5  # a round
CROWD_ROUNDS = 5
CROWD_CLICKS = 3  # each tasker's, a round
REST_SECONDS = 0.03  # between two turns: threads that still wait for more work have gone to sleep
READING_SECONDS = 0.5  # between a task's opening and the first click
ANSWER: dict = {"regions": []}


async def warm(work: Work, crew: Crew) -> list[Row]:
    """One tasker's click on an image that has been clicked before, in turns with the bare decoder; and its masks."""
    rows, same, all, bare = [], 0, 0, crew.ours
    for kind in SIZES:
        page, assignment, picture = await work.image(kind)
        await bare.ask("see", picture.sha256, picture.file)
        ours, theirs = [], []
        async with page.line(assignment) as line:
            for x, y in picture.points(3):
                await line.click(x, y)
            await bare.ask("decode", [picture.sha256], picture.points(3))
            for number in range(ROUNDS):
                points = picture.points(CLICKS, number + 1)
                runs = await bare.ask("runs", picture.sha256, points)
                for turn, ((x, y), expected) in enumerate(zip(points, runs, strict=True)):
                    # The same click on both sides, now one first and now the other.
                    if turn % 2:
                        theirs += await _bare_click(bare, picture, x, y)
                    await asyncio.sleep(REST_SECONDS)
                    taken, message = await line.click(x, y)
                    ours.append(taken)
                    if not turn % 2:
                        theirs += await _bare_click(bare, picture, x, y)
                    same += [mask["counts"] for mask in message["masks"]] == expected
                    all += 1
        told = f"{ms(median(ours))} / {ms(median(theirs))}, median of {len(ours)} pairs"
        rows.append(at_most(f"warm click, {kind}: p50 / bare decoder", told, paired(ours, theirs), 1.3))
    told = f"{same} of {all} clicks, three masks each"
    return [*rows, at_least("masks through the websocket like the bare pipeline's, run for run", told, same / all, 1)]


async def _bare_click(bare: Bare, picture: Photograph, x: float, y: float) -> list[float]:
    await asyncio.sleep(REST_SECONDS)
    return await bare.ask("decode", [picture.sha256], [(x, y)])


async def crowd(work: Work, crew: Crew, *, taskers: int = 16) -> list[Row]:
    """Sixteen taskers who click as soon as they have an answer, each on an image of their own."""
    bare = crew.ours
    held = [await work.image(list(SIZES)[number % 3]) for number in range(taskers)]
    for _, _, picture in held:
        await bare.ask("see", picture.sha256, picture.file)
    names = [picture.sha256 for _, _, picture in held]
    points = held[0][2].points(taskers)
    taken: list[list[float]] = [[] for _ in held]
    bare_rates, rates, bares = [], [], []
    async with contextlib.AsyncExitStack() as open_lines:
        lines = [await open_lines.enter_async_context(page.line(assignment)) for page, assignment, _ in held]
        for line, (_, _, picture) in zip(lines, held, strict=True):
            await line.click(*picture.points(1)[0])
        await site.quiet()  # sixteen claims at once have the next pictures of sixteen people encoded ahead
        for number in range(CROWD_ROUNDS + 1):
            times = await bare.ask("decode", names, points)
            bares += times
            bare_rates.append(len(times) / sum(times))
            if number == CROWD_ROUNDS:
                break  # each round of theirs lies between two of the bare model's
            start = time.perf_counter()
            work_of = [
                _clicks(line, picture.points(CROWD_CLICKS, number), mine)
                for line, (_, _, picture), mine in zip(lines, held, taken, strict=True)
            ]
            await asyncio.gather(*work_of)
            rates.append(taskers * CROWD_CLICKS / (time.perf_counter() - start))
    flat = [value for mine in taken for value in mine]
    limit = taskers * median(bares)
    beside = [(before + after) / 2 for before, after in pairwise(bare_rates)]
    slowest = max(median(mine) for mine in taken)
    told = f"{median(rates):.1f} / {median(bare_rates):.1f} clicks a second"
    return [
        at_least(f"{taskers} taskers: throughput / bare decoder", told, paired(rates, beside), 0.9),
        at_most(f"their p95 / {taskers} bare calls", f"{ms(p95(flat))} / {ms(limit)}", p95(flat) / limit, 1.2),
        at_most(
            "the slowest tasker's median / everybody's",
            f"{ms(slowest)} / {ms(median(flat))}",
            slowest / median(flat),
            1.5,
        ),
    ]


async def _clicks(line: Line, points: Sequence[tuple[float, float]], taken: list[float]) -> None:
    for x, y in points:
        taken.append((await line.click(x, y))[0])


async def first(work: Work) -> list[Row]:
    """The first click of a task that was made ready while its tasker was at the one before, and the clicks after it."""
    rows = []
    for kind in SIZES:
        page, assignment, _ = await work.image(kind)
        firsts, warms = [], []
        for _ in range(ROUNDS):
            foreseen = await page.ahead(assignment)
            await work.until_ready(foreseen)
            assignment = await page.submit(assignment, ANSWER, foreseen)
            picture = work.picture(assignment)
            async with page.line(assignment) as line:
                await asyncio.sleep(READING_SECONDS)
                points = picture.points(3)
                firsts.append((await line.click(*points[0]))[0])
                later = []
                for x, y in points[1:]:
                    await asyncio.sleep(READING_SECONDS)  # as after the opening: hands pause before each click
                    later.append((await line.click(x, y))[0])
                warms.append(median(later))
        told = f"{ms(median(firsts))} / {ms(median(warms))}, {len(firsts)} tasks"
        rows.append(at_most(f"first click of the next task, {kind} / warm", told, paired(firsts, warms), 1.2))
    return rows


async def beside(work: Work, *, taskers: int = 16, requests: int = 60) -> list[Row]:
    """Requests to the web while sixteen taskers keep the runtime busy, in turns with requests while it is idle."""
    held = [await work.image("0.3 MP") for _ in range(taskers)]
    asker, assignment, _ = await work.image("0.3 MP")
    idle, busy = [], []
    for _ in range(3):
        idle += await _renewals(asker, assignment, requests)
        clicking = [asyncio.create_task(_click_on(page, one, picture)) for page, one, picture in held]
        await asyncio.sleep(1.5)
        busy += await _renewals(asker, assignment, requests)
        assert not any(task.done() for task in clicking), "somebody stopped clicking"
        for task in clicking:
            task.cancel()
        await asyncio.gather(*clicking, return_exceptions=True)
        await asyncio.sleep(0.5)
    quiet, loud = p95(idle), p95(busy)
    limit = max(2 * quiet, quiet + 0.02) / quiet
    told = f"{ms(loud)} / {ms(quiet)} (medians {ms(median(busy))} / {ms(median(idle))})"
    return [at_most("web request p95, runtime saturated / idle", told, loud / quiet, round(limit, 2))]


async def _click_on(page: Page, assignment: dict, picture) -> None:
    async with page.line(assignment) as line:
        for number in range(10_000):
            await line.click(*picture.points(1, number)[0])


async def _renewals(page: Page, assignment: dict, number: int) -> list[float]:
    """A tasker's heartbeats: signed in, checked, written to the database."""
    page.fresh()
    asker: Asker = page.http
    address = f"/studio/assignments/{assignment['id']}/heartbeat"
    taken = []
    for _ in range(number):
        start = time.perf_counter()
        status, _ = await asker.post(address, {"token": assignment["token"]})
        taken.append(time.perf_counter() - start)
        assert status == 200
        await asyncio.sleep(0.01)
    return taken
