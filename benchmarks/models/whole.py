"""Models that come along, beside the mask model, and what is alike among a million.

What is alike is looked for in a process of its own, whose memory is told; the vectors are made, around themes, as
those of texts are. The runtime is a real one, each model in its own process; the bare calls that its pipeline is
compared with are made here, in turns with it.
"""

import asyncio
import io
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import numpy as np
import psutil
from PIL import Image
from skimage import data

from assist.adapters import RUNTIMES, MaskPrompt
from assist.adapters.__main__ import SMALL
from assist.alike.vectors import Vectors
from assist.runtime.client import RuntimeClient
from assist.runtime.decoding import pixels_of
from benchmarks.queue.measure import Row, at_least, at_most, median, ms, p95, told
from taskers.files.folders import models_folder
from tests.support.assist.running import running

VECTORS, WIDTH, QUESTIONS, NEAREST = 1_000_000, 384, 60, 20
SAM, DETECTOR, READER, EMBEDDER = "mobile-sam@0.2.0", "nanodet@1", "rapidocr@3.10.0", "efficientnet-lite0@1"
PORTION = 50_000
OBJECTS, TIMES = 10, 5
LARGE = (4000, 3000)  # 12 megapixels
HASHES = iter(range(10**9))


def made(folder: Path) -> tuple[np.ndarray, list[set[int]]]:
    """A million vectors around 50,000 themes of 96 kinds of meaning, with noise; questions, and the nearest of each."""
    draw = np.random.default_rng(16)
    meanings = draw.normal(size=(96, WIDTH)).astype(np.float32) / 8
    themes = draw.normal(size=(50_000, 96)).astype(np.float32)
    kept, questions = Vectors(folder, WIDTH), np.zeros((0, WIDTH), np.float32)
    scores = []
    for start in range(0, VECTORS, PORTION):
        chosen = themes[draw.integers(0, len(themes), PORTION)] + 0.8 * draw.normal(size=(PORTION, 96))
        rows = (chosen @ meanings + 0.25 * draw.normal(size=(PORTION, WIDTH))).astype(np.float32)
        rows /= np.linalg.norm(rows, axis=1, keepdims=True)
        if not len(questions):
            questions = rows[:QUESTIONS].copy()
        kept.add(range(start, start + PORTION), rows)
        scores.append((rows.astype("<f2").astype(np.float32) @ questions.T).astype(np.float32))
    best = np.argsort(-np.concatenate(scores), axis=0, kind="stable")[:NEAREST]
    return questions, [set(map(int, column)) for column in best.T]


def search(folder: Path) -> None:
    """A process that looks for what is alike and tells its times, its memory and what it found."""
    kept, questions = Vectors(folder, WIDTH), np.load(folder / "questions.npy")
    kept.near(questions[0], NEAREST)  # the first maps the files
    taken, busy, found = [], [], []
    for one in questions:
        start, used = time.perf_counter(), time.process_time()
        near = kept.near(one, NEAREST)
        taken.append(time.perf_counter() - start)
        busy.append(time.process_time() - used)
        found.append([key for key, _ in near])
    told = {"taken": taken, "busy": busy, "found": found, "bytes": psutil.Process().memory_info().rss}
    print(json.dumps(told))


def alike() -> list[Row]:
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        questions, nearest = made(folder)
        np.save(folder / "questions.npy", questions)
        command = [sys.executable, "-m", "benchmarks.models.whole", place]
        said = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    hits = [len(set(found) & right) / NEAREST for found, right in zip(said["found"], nearest, strict=True)]
    times = f"median {ms(median(said['taken']))}, p95 {ms(p95(said['taken']))}; processor {ms(p95(said['busy']))}"
    what = f"alike over {VECTORS:,} of {WIDTH}"
    return [
        at_most(f"{what}, p95 in ms", times, p95(said["taken"]) * 1000, 150),
        at_most(f"{what}, memory in GiB", f"{said['bytes'] / 2**20:.0f} MiB of the process", said["bytes"] / 2**30, 1),
        at_least(
            f"{what}, recall@{NEAREST}", f"{np.mean(hits):.4f}, least {min(hits):.2f}", float(np.mean(hits)), 0.95
        ),
    ]


def picture(size: tuple[int, int] = LARGE) -> tuple[np.ndarray, bytes]:
    """A photograph, brought to a size, as pixels and as a file."""
    image = Image.fromarray(data.stereo_motorcycle()[0]).resize(size)
    file = io.BytesIO()
    image.save(file, "JPEG", quality=90)
    return np.asarray(image), file.getvalue()


def boxes() -> list[list[float]]:
    """Ten objects of a large image."""
    return [[200.0 + 350 * n, 300.0 + 200 * n, 500.0, 450.0] for n in range(OBJECTS)]


async def timed(ask: Callable[[], Awaitable[object]]) -> float:
    start = time.perf_counter()
    await ask()
    return time.perf_counter() - start


def supply_of(file: bytes) -> Callable[[], Awaitable[bytes]]:
    async def supply() -> bytes:
        return file

    return supply


async def runtime(address: str, process: psutil.Process) -> list[Row]:
    """Memory with all loaded; each model's time; the first pass against its bare calls."""
    client, (_, file) = RuntimeClient(address), picture()
    supply = supply_of(file)
    asks: dict[str, Callable[[], Awaitable[object]]] = {
        DETECTOR: lambda: client.boxes(DETECTOR, name(), supply, "a"),
        READER: lambda: client.boxes(READER, name(), supply, "a"),
        EMBEDDER: lambda: client.image_vector(EMBEDDER, name(), supply, "a"),
    }
    rows = []
    for key, ask in asks.items():
        await ask()  # it is loaded when it is first asked
        times = [await timed(ask) for _ in range(TIMES)]
        rows.append(told(f"{key}, one image of 12 MP through the runtime, s", ms(median(times)), median(times)))
    await client.embed(SAM, name(), supply, urgent=True)
    rows.append(await first_pass(client, file, supply))
    held = sum(one.memory_full_info().pss for one in [process, *process.children(recursive=True)])
    what = "runtime with masks, detector, reader and embedder loaded, GiB"
    rows.append(at_most(what, f"{held / 2**20:,.0f} MiB", held / 2**30, 3))
    await client.close()
    return rows


async def first_pass(client: RuntimeClient, file: bytes, supply: Callable[[], Awaitable[bytes]]) -> Row:
    """Boxes, the image's embedding and ten masks, against the same calls on the models themselves."""
    folder = models_folder()
    detector, segmenter = RUNTIMES[DETECTOR].load(folder), RUNTIMES[SAM].load(folder)
    ours, bare = [], []
    for _ in range(TIMES):
        image = name()
        start = time.perf_counter()
        await client.boxes(DETECTOR, image, supply, "a")
        for n, box in enumerate(boxes()):
            await client.segment(SAM, image, supply, asker=f"b{n}", owner="o", points=[], box=box)
        ours.append(time.perf_counter() - start)
        start = time.perf_counter()
        pixels, size = pixels_of(file, 1024)
        detector.boxes(pixels, size)  # type: ignore[union-attr]
        pixels, size = pixels_of(file, 1024)
        embedding = segmenter.embed(pixels, size)  # type: ignore[union-attr]
        for box in boxes():
            segmenter.decode(embedding, MaskPrompt(box=tuple(box)))  # type: ignore[union-attr, arg-type]
        bare.append(time.perf_counter() - start)
    ratio = median(a / b for a, b in zip(ours, bare, strict=True))
    return at_most(
        "first pass, 12 MP, 10 masks / its bare calls", f"{ms(median(ours))} / {ms(median(bare))}", ratio, 1.2
    )


def name() -> str:
    """An image's name that nobody used."""
    return f"{next(HASHES):064x}"


def pipeline() -> list[Row]:
    """The figures of a runtime with everything loaded."""
    with running(SAM, *SMALL) as found:
        found.until_ready()
        assert found.process
        return asyncio.run(runtime(found.address, psutil.Process(found.process.pid)))


if __name__ == "__main__":
    search(Path(sys.argv[1]))
