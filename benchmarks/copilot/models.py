"""What stands behind the clicks: the store, the models themselves, texts."""

import asyncio
import time

from assist.runtime.client import RuntimeClient
from benchmarks.copilot import site
from benchmarks.copilot.bare import SAM, Crew
from benchmarks.copilot.fixtures import Work, text
from benchmarks.copilot.pictures import SIZES, photograph
from benchmarks.queue.measure import Row, at_least, at_most, median, ms, paired

REST_SECONDS = 0.03
SPACY = "en-core-web-sm@3.8.0"
MISSES = 4
HITS = 40
TEXTS = 24
CLICKS = 5
BATCH = 128


async def store(crew: Crew) -> list[Row]:
    """An embedding asked of the runtime: made, found in memory; and found on disk by a store that has just started.

    The floor of a miss is the file read and encoded, without store, socket or process between.
    """
    bare = crew.ours
    client = RuntimeClient(site.address())
    rows = []
    hits: list[float] = []
    names = []
    for kind in SIZES:
        misses, encodes, alone = [], [], []
        for number in range(MISSES):
            picture = photograph(kind, 900 + number)  # one that no task has
            await bare.ask("see", picture.sha256, picture.file)
            names.append(picture.sha256)

            async def supply(file: bytes = picture.file) -> bytes:
                return file

            whole, encoder = await bare.ask("encode", picture.sha256)
            encodes.append(whole)
            alone.append(encoder)
            await asyncio.sleep(REST_SECONDS)
            start = time.perf_counter()
            await client.embed(SAM, picture.sha256, supply, urgent=True)
            misses.append(time.perf_counter() - start)
            for _ in range(HITS // MISSES):
                start = time.perf_counter()
                await client.embed(SAM, picture.sha256, supply, urgent=True)
                hits.append(time.perf_counter() - start)
        told = f"{ms(median(misses))} / {ms(median(encodes))}, of which the encoder alone {ms(median(alone))}"
        ratio = paired(misses, encodes)
        rows.append(at_most(f"embedding, miss, {kind} / the file read and encoded bare", told, ratio, 1.1))
    await client.close()
    disk = await bare.ask("from_disk", names)
    return [
        *rows,
        at_most("hit in memory, ms", f"{ms(median(hits))} from the runtime's socket", median(hits) * 1000, 5),
        at_most("hit on disk, ms", f"{ms(median(disk))} by a store just started", median(disk) * 1000, 30),
    ]


async def engines(crew: Crew) -> list[Row]:
    """Encoder and decoder as the runtime has them, in turns with what their libraries do by default."""
    bare = crew.beside
    found: dict[str, list[float]] = {}
    halves: list[float] = []
    for number, kind in enumerate(SIZES):
        picture = photograph(kind, number)
        await bare.ask("see", picture.sha256, picture.file)
        for key, values in (await bare.ask("engines", picture.sha256, picture.points(CLICKS))).items():
            found.setdefault(key, []).extend(values)
        halves += await bare.ask("halves", picture.sha256, picture.points(CLICKS))
    rows = []
    for ours, plain, name in (("encoder", "plain encoder", "onnxruntime"), ("decoder", "plain", "segment_anything")):
        low, high = median(found[ours]), median(found[plain])
        rows.append(
            at_most(
                f"{ours} / {name} with its defaults", f"{ms(low)} / {ms(high)}", paired(found[ours], found[plain]), 1
            )
        )
    rows.append(_alike("our decoder's masks and the library's", found["iou"]))
    rows.append(_alike("masks as kept (reduced reading, half precision) and from all pixels in full precision", halves))
    return rows


def _alike(what: str, ious: list[float]) -> Row:
    mean = sum(ious) / len(ious)
    told = f"mean {mean:.5f}, least {min(ious):.4f} of {len(ious)} masks"
    return at_most(f"1 - IoU of {what}", told, 1 - mean, 0.005)


async def texts(work: Work, crew: Crew) -> list[Row]:
    """The spans of texts of 300 words, each of another task; and many at once."""
    bare = crew.texts
    ours, theirs = [], []
    for number in range(TEXTS):
        theirs.append(median(await bare.ask("spans", [text(number), text(number + 500)])))
        page, assignment = await work.text()
        async with page.line(assignment) as line:
            await asyncio.sleep(0.05)
            ours.append((await line.spans())[0])
    client = RuntimeClient(site.address())
    rates, bare_rates = [], []
    for number in range(4):
        batch = [text(number * BATCH + index) for index in range(BATCH)]
        bare_rates.append(BATCH / await bare.ask("piped", batch))
        start = time.perf_counter()
        await client.spans_of(SPACY, batch)
        rates.append(BATCH / (time.perf_counter() - start))
    await client.close()
    low, high = median(ours[2:]), median(theirs[2:])
    rate, bare_rate = median(rates[1:]), median(bare_rates[1:])
    told = f"{rate:.1f} / {bare_rate:.1f} texts a second"
    return [
        at_most("spans of 300 words / bare spaCy", f"{ms(low)} / {ms(high)}", paired(ours[2:], theirs[2:]), 1.3),
        at_least("texts in batches / nlp.pipe", told, rate / bare_rate, 0.9),
    ]
