"""What a runtime process does with a question: models, lanes, embeddings. No sockets here, and no Django."""

import asyncio
import logging
import resource
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, TypeVar, cast

import numpy as np

from assist.adapters import (
    LONGEST_SIDE,
    Classifier,
    Detector,
    Embedding,
    ImageReader,
    Judge,
    MaskPrompt,
    Masks,
    Offer,
    Runtime,
    RuntimeMissing,
    Segmenter,
    SpanFinder,
    Writer,
    devices,
)
from assist.adapters.asked_anew import Anew
from assist.adapters.devices import CPU, DeviceMissing
from assist.adapters.files import WeightsProblem
from assist.adapters.kinds import KINDS
from assist.adapters.priority import Aside
from assist.errors import CopilotError
from assist.runtime import everything, metrics, near, windows
from assist.runtime.decoding import BadPicture, pixels_of
from assist.runtime.embedding_store import EmbeddingStore
from assist.runtime.lanes import PATIENCE_SECONDS, Lane, contained
from assist.runtime.mask_cache import Handles
from assist.runtime.resting import rest

log = logging.getLogger(__name__)

T = TypeVar("T")
Run = Callable[[Callable[[], Any]], Awaitable[Any]]

PROMPTS_WAITING = 256
ENCODES_WAITING = 64
MOST_HANDS = 8  # masks worked out at once; fewer where there are fewer cores
OUTSIDE_HANDS = 4  # questions at once to another host
LOAD_AGAIN_SECONDS = 15.0
MOST_PARTS = 32  # of one text that is longer than its model takes; and read in one go
PARTS_A_QUESTION = 64  # of all its texts
READ_SIDE = 2000  # small letters are lost in what is enough for things


class HeldModel:
    """One model of this process and the lanes before it. It loads in the background; who asks meanwhile waits."""

    def __init__(self, offer: Offer, folder: Path, state: Path | None = None) -> None:
        self.offer = offer
        self.problem = ""
        self.seconds = 0.0  # how long the last load took
        self._folder = folder
        self._state = state
        self._runtime: Runtime | None = None
        self._tried = -LOAD_AGAIN_SECONDS
        self._loading = asyncio.Lock()
        hands = min(devices.usable_cores(), MOST_HANDS) if offer.capability == "segment" else 1
        if offer.terms and KINDS[offer.terms.adapter].outside:
            hands = OUTSIDE_HANDS
        self.prompts = Lane(f"{offer.key} prompts", PROMPTS_WAITING, hands=hands)
        self.encodes = Lane(f"{offer.key} encodes", ENCODES_WAITING)
        self.ahead = Lane(f"{offer.key} ahead", ENCODES_WAITING, behind=(self.prompts, self.encodes))
        self.lanes = self.prompts, self.encodes, self.ahead
        self._aside = Aside()

    async def ready(self) -> Runtime:
        """The loaded model. Raises CopilotError "model-missing"; a failed load is tried again after a while."""
        async with self._loading:
            if self._runtime is None and time.monotonic() - self._tried >= LOAD_AGAIN_SECONDS:
                await self._load()
        if self._runtime is None:
            raise CopilotError("model-missing", self.problem)
        return self._runtime

    async def _load(self) -> None:
        self._tried = started = time.monotonic()
        try:
            self._runtime = await asyncio.to_thread(contained, self._loaded)
            self.problem = ""
        except (WeightsProblem, RuntimeMissing, DeviceMissing) as problem:
            self.problem = str(problem)
        except Exception as error:  # a broken model must not take the others down
            log.exception("%s could not be loaded", self.offer.key)
            self.problem = f"{self.offer.key} could not be loaded ({type(error).__name__}): see the runtime's log."
        self.seconds = time.monotonic() - started
        log.info("%s: %s", self.offer.key, self.problem or f"ready after {self.seconds:.1f} s")

    async def decoded(self, decode: Callable[[], Masks], asker: str | None) -> Masks:
        """The masks of one prompt. Without an asker nobody waits for them: they let every click go first."""
        if asker:
            return await self.prompts.run(decode, asker)
        return await self.ahead.run(partial(self._aside.run, decode))

    def _loaded(self) -> Runtime:
        return self.offer.load(self._folder, devices.choose() if self.offer.accelerated else CPU, self._state)

    def parts(self, text: str) -> list[windows.Part]:
        """A text as the model takes it: in parts where it is longer; none of one of more than MOST_PARTS. Nothing is
        ever cut off in silence."""
        terms = self.offer.terms
        said = (terms.input.get("most_characters"), KINDS[terms.adapter].longest) if terms else ()
        found = windows.parts(text, min(filter(None, said), default=max(1, len(text))))
        return found if len(found) <= MOST_PARTS else []

    async def each(
        self, run: Run, ask: Callable[[list[str]], Sequence[Any]], texts: Sequence[str], whole: Callable[..., Any]
    ) -> list[Any]:
        """What it says of each of the first of these texts, as many as PARTS_A_QUESTION allow, in jobs that `run` puts
        into a lane; with `whole` to make one of a text's parts and what was said of them. None of those too long."""
        pieces = next(windows.portions([self.parts(text) for text in texts], PARTS_A_QUESTION), [])
        told: list[Any] = []
        for portion in windows.portions(pieces, MOST_PARTS):
            asked = [part for some in portion for _, part in some]
            found = iter(await run(partial(ask, asked)) if asked else ())
            told += [whole(some, [next(found) for _ in some]) if some else None for some in portion]
        return told

    def status(self) -> dict[str, Any]:
        """How it is, for people and pages."""
        state = "ready" if self._runtime else "failed" if self.problem else "loading"
        return {
            "capability": self.offer.capability,
            "state": state,
            "text": self.problem,
            "device": self._runtime.device if self._runtime else "",
            "load_seconds": round(self.seconds, 2),
            "waiting": sum(len(lane) for lane in self.lanes),
            "memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10,  # at most so far, of its process
        }

    def close(self) -> None:
        """Stop its lanes."""
        for lane in self.lanes:
            lane.close()


class Serving:
    """All models of this process. Create it inside a running loop."""

    def __init__(self, models: Iterable[Offer], folder: Path, store: EmbeddingStore, state: Path | None = None) -> None:
        """`state`: the folder that models on other hosts may write to, else that of the model files."""
        self._models = {offer.key: HeldModel(offer, folder, state) for offer in models}
        self._store = store
        self._handles = Handles()
        self._near = near.Near()
        self._searches: dict[str | None, everything.Search] = {}  # under way, by asker
        metrics.BYTES.labels("memory").set_function(store.bytes_held)
        metrics.BYTES.labels("disk").set_function(store.bytes_on_disk)
        metrics.WAITING.labels("prompts").set_function(lambda: sum(len(one.prompts) for one in self._models.values()))
        metrics.WAITING.labels("encodes").set_function(lambda: sum(len(one.encodes) for one in self._models.values()))
        metrics.WAITING.labels("ahead").set_function(lambda: sum(len(one.ahead) for one in self._models.values()))
        lanes = [lane for model in self._models.values() for lane in model.lanes]
        self._beside = [asyncio.create_task(self._warm(model)) for model in self._models.values()]
        self._beside.append(asyncio.create_task(rest(lanes)))

    @staticmethod
    async def _warm(model: HeldModel) -> None:
        try:
            await model.ready()
        except CopilotError as problem:
            log.warning("%s", problem.text)

    async def status(self, question: dict[str, Any]) -> dict[str, Any]:
        """What is loaded, and how full it is."""
        encoders = {one.offer.encoder for one in self._models.values() if one.offer.capability == "segment"}
        return {
            "models": {key: model.status() for key, model in self._models.items()},
            "embedding_bytes": self._store.bytes_held(),
            "disk_faults": self._store.disk_faults,
            "store": self._store.figures(len(encoders)),
        }

    async def pin(self, question: dict[str, Any]) -> dict[str, Any]:
        """Let go last of what was made of these images, until told otherwise."""
        await asyncio.to_thread(self._store.pin, question["images"])
        return {}

    async def embed(self, question: dict[str, Any]) -> dict[str, Any]:
        """Have the image's embedding ready. `urgent` says that a person waits."""
        model, segmenter = await self._segmenter(question)
        embedding = await self._embedding(model, segmenter, question, urgent=bool(question.get("urgent")))
        return {"image_size": list(embedding.image_size)}

    async def segment(self, question: dict[str, Any]) -> dict[str, Any]:
        """Three masks for one prompt. Without an `asker` nobody waits."""
        model, segmenter = await self._segmenter(question)
        asker = question.get("asker")
        embedding = await self._embedding(model, segmenter, question, urgent=bool(asker))
        owner = question["owner"]
        previous = self._handles.find(owner, question["previous"]) if question.get("previous") else None
        prompt = near.prompt_of(question, previous)
        started = time.monotonic()
        masks = await model.decoded(partial(segmenter.decode, embedding, prompt), asker)
        rows = await asyncio.to_thread(near.told, masks)  # meanwhile the next prompt is decoded
        handles = [self._handles.keep(owner, logits) for logits in masks.logits]
        return {
            "masks": [row | {"handle": handle} for row, handle in zip(rows, handles, strict=True)],
            "best": masks.best,
            "image_size": list(embedding.image_size),
            "small": near.part_for(segmenter, prompt, masks.pixels[masks.best], embedding.image_size) is not None,
            "seconds": round(time.monotonic() - started, 4),
        }

    async def sharpen(self, question: dict[str, Any]) -> dict[str, Any]:
        """The mask of a small thing, seen from near. Nobody waits."""
        model, segmenter = await self._segmenter(question)
        first = self._handles.find(question["owner"], question["previous"])
        return await self._near.ask(model.ahead, model.offer.encoder, segmenter, question, first)

    async def everything(self, question: dict[str, Any]) -> dict[str, Any]:
        """Masks of all that stands apart in an image, the surest first: place by place, so that clicks come between."""
        model, segmenter = await self._segmenter(question)
        asker = question.get("asker")
        embedding = await self._embedding(model, segmenter, question, urgent=bool(asker))
        search = everything.Search(everything.places(embedding.image_size))
        if asker:
            self._searches[asker] = search
        until = time.monotonic() + everything.SECONDS
        try:
            for x, y in search.places:
                if time.monotonic() > until:
                    break
                at = partial(segmenter.decode, embedding, MaskPrompt(((x, y, True),), None, None))
                masks = await model.decoded(at, asker)
                search.masks += await asyncio.to_thread(everything.worth, masks, embedding.image_size)
                search.done += 1
        finally:
            if self._searches.get(asker) is search:
                del self._searches[asker]
        separate = await asyncio.to_thread(everything.apart, search.masks)
        return {"masks": [mask.row() for mask in separate], "image_size": list(embedding.image_size)}

    async def progress(self, question: dict[str, Any]) -> dict[str, Any]:
        """How far an asker's search for everything is."""
        return await asyncio.to_thread(everything.progress, self._searches.get(question["asker"]))

    async def spans(self, question: dict[str, Any]) -> dict[str, Any]:
        """The spans of a text."""
        model = self._named(question, "spans")
        finder = cast(SpanFinder, await model.ready())
        text = question["text"]
        parts = model.parts(text)
        if not parts:
            raise CopilotError("no-answer", "This text is longer than the model reads. Go on without it.")
        found = await model.prompts.run(
            lambda: windows.spans(parts, [finder.spans(part) for _, part in parts]), question["asker"]
        )
        return {"spans": [[span.start, span.end, span.label, span.score] for span in found or ()]}

    async def spans_of(self, question: dict[str, Any]) -> dict[str, Any]:
        """The spans of many texts, or the first of them, for work done in advance: it waits behind what people ask."""
        model = self._named(question, "spans")
        finder = cast(SpanFinder, await model.ready())
        texts, anew = question["texts"], Anew.of(question)
        found = await model.each(model.ahead.run, anew.asking(finder.spans_of), texts, windows.spans)
        rows = [spans and [[one.start, one.end, one.label, one.score] for one in spans] for spans in found]
        return {"spans": rows} | anew.told()

    async def classify(self, question: dict[str, Any]) -> dict[str, Any]:
        """A share for each label of a text."""
        model = self._named(question, "classify")
        classifier = cast(Classifier, await model.ready())
        text, labels = question["text"], question["labels"]
        asker = question.get("asker")
        lane = model.prompts if asker else model.ahead
        scores = await lane.run(lambda: classifier.classify(text, labels), asker)
        return {"scores": [round(score, 4) for score in scores]}

    async def vectors(self, question: dict[str, Any]) -> dict[str, Any]:
        """A unit vector for each text: at once for somebody who waits, else behind what people ask."""
        model = self._named(question, "classify")
        classifier = cast(Classifier, await model.ready())
        texts = question["texts"]
        asker = question.get("asker")
        lane = model.prompts if asker else model.ahead
        rows = await lane.run(lambda: classifier.vectors(texts), asker)
        return {"vectors": rows.astype("<f4").tobytes(), "width": int(rows.shape[1])}

    async def boxes(self, question: dict[str, Any]) -> dict[str, Any]:
        """What a detector sees in an image: at once for somebody who waits, else behind what people ask."""
        model = self._named(question, "detect", "read")
        detector = cast(Detector, await model.ready())
        longest = READ_SIDE if model.offer.capability == "read" else LONGEST_SIDE
        anew = Anew.of(question)
        ask = anew.asking(detector.boxes)
        found = await _of_image(model, question, ask, longest)
        rows = [[one.x, one.y, one.width, one.height, one.label, one.score, one.text] for one in found.found]
        return {"boxes": rows, "dropped": dict(found.dropped)} | anew.told()

    async def shares(self, question: dict[str, Any]) -> dict[str, Any]:
        """A share of each label for each text, or the first of them, of a model that says so itself."""
        model = self._named(question, "classify")
        judge = cast(Judge, await model.ready())
        texts, labels, asker = question["texts"], question["labels"], question.get("asker")
        lane, anew = model.prompts if asker else model.ahead, Anew.of(question)
        run, ask = partial(lane.run, asker=asker), anew.asking(judge.shares)
        return {"shares": await model.each(run, lambda some: ask(some, labels), texts, windows.shares)} | anew.told()

    async def written(self, question: dict[str, Any]) -> dict[str, Any]:
        """What a model writes where a field asks for words about a text."""
        model = self._named(question, "generate")
        writer = cast(Writer, await model.ready())
        text, asked, asker = question["text"], (question["asked"], question["longest"]), question.get("asker")
        if len(model.parts(text)) != 1:
            raise CopilotError("no-answer", "This text is longer than the model reads. Go on without it.")
        lane, anew = model.prompts if asker else model.ahead, Anew.of(question)
        ask = partial(anew.asking(writer.write), text, *asked)
        return {"text": await lane.run(ask, asker)} | anew.told()

    async def image_shares(self, question: dict[str, Any]) -> dict[str, Any]:
        """The same for an image."""
        model = self._named(question, "classify-image")
        judge = cast(Judge, await model.ready())
        labels = question["labels"]
        (found,) = await _of_image(model, question, lambda image, size: judge.shares([image], labels))
        if found is None:
            raise CopilotError("no-answer")
        return {"shares": found}

    async def image_vector(self, question: dict[str, Any]) -> dict[str, Any]:
        """Where an image lies."""
        model = self._named(question, "embed-image")
        reader = cast(ImageReader, await model.ready())
        rows = await _of_image(model, question, lambda image, size: reader.image_vectors([image]))
        return {"vector": rows[0].astype("<f4").tobytes()}

    def close(self) -> None:
        """Stop everything that waits."""
        for task in self._beside:
            task.cancel()
        for model in self._models.values():
            model.close()

    async def _segmenter(self, question: dict[str, Any]) -> tuple[HeldModel, Segmenter]:
        model = self._named(question, "segment")
        return model, cast(Segmenter, await model.ready())

    def _named(self, question: dict[str, Any], *capabilities: str) -> HeldModel:
        model = self._models.get(question["model"])
        if model is None or model.offer.capability not in capabilities:
            raise CopilotError("model-missing", f"This runtime does not serve {str(question['model'])[:80]}.")
        return model

    async def _embedding(
        self, model: HeldModel, segmenter: Segmenter, question: dict[str, Any], urgent: bool
    ) -> Embedding:
        """`urgent`: a person waits; not for what is made in advance, which steps back for the whole machine."""
        key = (question["image"], model.offer.encoder)
        data: bytes | None = question.get("data")
        make, patience = None, None
        if data is not None and urgent:
            make = partial(model.encodes.run, _encoding(segmenter.embed, data))
        elif data is not None:
            work = _encoding(segmenter.embed_ahead, data)
            make = partial(model.ahead.run, lambda: self._store.recall(key) or work(), subject=key)
        if urgent:  # what has begun is given a moment: it may be there before the file has come
            patience = PATIENCE_SECONDS if data is None and model.ahead.at(key) else 0.0
        embedding = await self._store.obtain(key, make, patience)
        if embedding is None:
            raise CopilotError("need-image")
        return embedding


async def _of_image(
    model: HeldModel,
    question: dict[str, Any],
    look: Callable[[np.ndarray, tuple[int, int]], T],
    longest: int = LONGEST_SIDE,
) -> T:
    """What a model says of the image that came with the question."""
    data, asker = question.get("data"), question.get("asker")
    if data is None:
        raise CopilotError("need-image")
    lane = model.prompts if asker else model.ahead
    return await lane.run(lambda: look(*_pixels(data, longest)), asker)


def _pixels(data: bytes, longest: int = LONGEST_SIDE) -> tuple[np.ndarray, tuple[int, int]]:
    try:
        return pixels_of(data, longest)
    except BadPicture as problem:
        raise CopilotError("no-image", f"The copilot can't read this image: {problem}.") from None


def _encoding(embed: Callable[..., Embedding], data: bytes) -> Callable[[], Embedding]:
    return lambda: embed(*_pixels(data))
