"""One tasker at one task: takes frames, gives frames. Plain asyncio; knows no socket and no table.

Every frame is dealt with at once and every answer comes from a task of its own, so that a cancel or a newer prompt
never waits behind an older one.
"""

import asyncio
import logging
import secrets
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any
from uuid import UUID

from django.utils import translation

from assist.errors import TEXTS, CopilotError
from assist.runtime.client import RuntimeClient, serving
from assist.session import attribute_words, boxes, classes, progress, protocol, replies, sharper
from assist.session.gateway_interface import GatewayLike
from assist.session.protocol import BadMessage, Cancel, Error, Open, Ping, Pong, Prompt, Ready, ServerMessage
from assist.suggestions.offers import CLASSES, Binding, Offer, Picture

log = logging.getLogger(__name__)

# Close codes, told in docs/assist-protocol.md.
SIGNED_OUT, NOT_YOURS, NOT_HELD, TOO_BIG, FLOOD = 4401, 4403, 4409, 4413, 4429
CLOSING = {"signed-out": SIGNED_OUT, "not-yours": NOT_YOURS, "wrong-token": NOT_HELD, "not-held": NOT_HELD} | {
    "too-big": TOO_BIG
}

# A person at a mouse says a few things a second. A message costs one, an unreadable one ten.
BURST = 60.0
PER_SECOND = 15.0
BAD_COSTS = 10.0
WHOLE_TEXT = {"text": True}  # what is asked of a text, and of an image that is classified
Told = tuple[ServerMessage, Sequence[Offer]]
STORE_SECONDS = 5.0  # an answer waits at most this long for its offers to be stored
STRIKES = 20  # messages over the limit until the line is cut


class Session:
    """Between one page and the runtime. `say` sends a frame, in the page's language; `hang_up` closes with a code."""

    def __init__(
        self,
        gateway: GatewayLike,
        runtime: RuntimeClient,
        say: Callable[[str], Awaitable[None]],
        hang_up: Callable[[int], Awaitable[None]],
        language: str = "en",
    ) -> None:
        self._gateway = gateway
        self._runtime = runtime
        self._send = say
        self._hang_up = hang_up
        self._language = language
        self._token: UUID | None = None
        self._binding: Binding | None = None
        self._model = ""
        self._opening: asyncio.Task[None] | None = None
        self._asking: asyncio.Task[None] | None = None
        self._asking_id = ""
        self._warming: asyncio.Task[None] | None = None
        self._looking: asyncio.Task[tuple[list[Offer], Any]] | None = None
        self._keeping: set[asyncio.Task[None]] = set()
        self._name = secrets.token_hex(8)  # two pages at one task don't take each other's place
        self._allowance = BURST
        self._counted = time.monotonic()
        self._strikes = 0
        self._over = False
        # Beside the other question, by what was asked for: neither a click nor another of them takes it away.
        self._beside: dict[str, asyncio.Task[None]] = {}
        self._said: dict[str, Any] = {}  # the masks of the question under way, as the runtime said them
        self._lines: attribute_words.Lines = {}
        self._finders = {"segment": self._find_masks, "spans": self._find_spans}
        self._finders |= dict.fromkeys(CLASSES, self._find_classes)

    async def hear(self, frame: str | None) -> None:
        """Deal with one frame; None stands for one that is not text. Never raises, never waits for an answer."""
        if self._over or not await self._allowed(1.0):
            return
        try:
            if frame is None:
                raise BadMessage("bad-message", "Messages are text.")
            message = protocol.parse(frame)
        except BadMessage as problem:
            self._allowance -= BAD_COSTS
            await self._refuse(problem.id, problem)
            return
        match message:
            case Open():
                self._open(message)
            case Prompt():
                await self._prompt(message)
            case Cancel(id=id):
                if id == self._asking_id:
                    await self._let_go("cancelled")
            case Ping(id=id):
                await self._say(Pong(id))

    async def close(self) -> None:
        """The page has gone: nobody waits for answers, but what was offered is still written down."""
        self._over = True
        for task in (self._opening, self._asking, self._warming, self._looking, *self._beside.values()):
            if task is not None:
                task.cancel()
        if self._keeping:
            await asyncio.wait(self._keeping, timeout=5)

    def _open(self, message: Open) -> None:
        if self._opening is not None:
            self._opening.cancel()
        self._opening = asyncio.create_task(self._guard(message.id, partial(self._bind, message)))

    async def _bind(self, message: Open) -> None:
        self._binding = None
        binding = await self._gateway.open(message.token)
        model = await self._answering(binding)
        if binding.choices and not binding.judged:
            binding = replace(binding, learnt=await self._gateway.learnt(binding, model))
        if scored := model if binding.capability == "spans" else binding.detector:
            binding = replace(binding, measured=await self._gateway.measured(binding, scored))
        self._token, self._binding, self._model = message.token, binding, model
        if binding.capability != "segment":
            self._looking = asyncio.create_task(self._gateway.known(binding, model, WHOLE_TEXT))
        told = "classify" if binding.choices else binding.capability.removesuffix("-image")
        brought = binding.imported if binding.picture is not None else None
        said = model or (brought.model if brought else "")
        boxes = bool(binding.detector)
        await self._say(
            Ready(message.id, told, said, _unproven(binding), brought is not None, boxes, bool(binding.words_by))
        )
        if binding.picture is not None and binding.capability == "segment" and model:
            self._warming = asyncio.create_task(self._warm(binding.picture))

    async def _answering(self, binding: Binding) -> str:
        """The model that answers. What was imported is offered whether or not any model is there; raises CopilotError
        otherwise."""
        if binding.imported is not None and binding.picture is None:
            return binding.imported.model
        if binding.writer and not binding.choices:
            return binding.writer
        try:
            return serving(await self._runtime.status(), binding.capability, binding.model)
        except CopilotError:
            if binding.imported is None:
                raise
            return ""

    async def _prompt(self, prompt: Prompt) -> None:
        if prompt.beside:
            if prompt.beside in self._beside:
                self._beside[prompt.beside].cancel()
            self._beside[prompt.beside] = asyncio.create_task(self._guard(prompt.id, partial(self._answer, prompt)))
            return
        await self._let_go("superseded")
        self._asking_id = prompt.id
        self._asking = asyncio.create_task(self._guard(prompt.id, partial(self._answer, prompt)))

    async def _answer(self, prompt: Prompt) -> None:
        started = time.monotonic()
        binding, token = await self._bound()
        replies.check(prompt, binding)
        # The right to ask is looked up while the model works, and before anything is said.
        held = asyncio.create_task(self._gateway.check(token))
        try:
            find = self._finders[binding.capability]
            if prompt.imported:
                find = self._find_imported
            elif prompt.beside:
                find = self._find_beside
            message, offers = await find(prompt, binding, started)
        finally:
            await held
        if binding.planted and prompt.beside not in ("everything", "words") and self._binding is binding:
            self._binding = replace(binding, planted=False)  # one wrong answer tells; more would only cost time
        await self._tell(prompt, binding, message, offers)
        if isinstance(message, protocol.More) and message.more:
            message, offers = await self._find_more(prompt, binding, started, message)
            await self._gateway.check(token)
            await self._tell(prompt, binding, message, offers)

    async def _find_more(self, prompt: Prompt, binding: Binding, started: float, before: protocol.More) -> Told:
        if isinstance(before, protocol.ClassesFound):
            return await self._find_words(prompt, binding, started, before)
        read, said = self._gateway.read, self._said
        return await sharper.find(self._runtime, read, prompt, binding, before, said, self._name, started)

    async def _tell(self, prompt: Prompt, binding: Binding, message: ServerMessage, offers: Sequence[Offer]) -> None:
        if prompt.id == self._asking_id and not getattr(message, "more", False):
            self._asking_id = ""
        if offers:
            # A part that is submitted keeps its link only to a stored offer. A database that hangs costs no mask.
            storing = self._keep(binding, offers, self._named_model(prompt, binding))
            await asyncio.wait([storing], timeout=STORE_SECONDS)
        await self._say(message)

    async def _bound(self) -> tuple[Binding, UUID]:
        """The binding and its token, after an `open` that is under way. Raises CopilotError "not-open"."""
        while self._opening is not None and not self._opening.done():
            await asyncio.wait([self._opening])
        if self._binding is None or self._token is None:
            raise CopilotError("not-open")
        return self._binding, self._token

    async def _find_masks(self, prompt: Prompt, binding: Binding, started: float) -> Told:
        picture = binding.picture
        assert picture is not None
        if not self._model:
            raise CopilotError("copilot-down")
        reply = await self._runtime.segment(
            self._model,
            picture.sha256,
            lambda: self._gateway.read(picture),
            asker=self._name,
            owner=binding.owner,
            points=[[x, y, int(include)] for x, y, include in prompt.points],
            box=replies.inside(prompt.box, picture),
            previous=prompt.previous,
        )
        self._said = reply = replies.led_by_rating(reply)
        return replies.masks(prompt, binding, self._model, reply, _since(started))

    async def _find_beside(self, prompt: Prompt, binding: Binding, started: float) -> Told:
        if self._keeping:
            await asyncio.wait(self._keeping)
        runtime, known, picture = self._runtime, self._gateway.known, binding.picture
        read = partial(self._gateway.read, picture)  # type: ignore[arg-type]  # called of images alone
        if prompt.words:
            return await attribute_words.find(runtime, known, read, prompt, binding, self._lines, self._name)
        if not prompt.everything:
            return await boxes.find(runtime, known, read, prompt, binding, self._model, asker=self._name)
        report = progress.report(runtime, self._model, self._name, prompt.id, self._tell_progress)
        reporting = asyncio.create_task(report)
        try:
            return await boxes.find_all(runtime, known, read, prompt, binding, self._model, asker=self._name)
        finally:
            reporting.cancel()

    async def _tell_progress(self, report: progress.SearchProgress) -> None:
        """To whom the work still belongs. Raises CopilotError."""
        _binding, token = await self._bound()
        await self._gateway.check(token)
        await self._say(report)

    async def _find_spans(self, prompt: Prompt, binding: Binding, started: float) -> Told:
        known, found = await self._known(binding)
        offers: Sequence[Offer] = known
        if not known and binding.imported is not None:
            offers = replies.imported_offers(binding, _since(started))
        elif not known:
            if found is None:
                found = (await self._runtime.spans(self._model, binding.text, asker=self._name))["spans"]
            leading = await self._gateway.leading(binding)
            offers = replies.span_offers(binding, self._model, found, _since(started), leading)
        names = await self._gateway.remembered(binding)
        remembered = replies.remembered_offers(binding, offers, names, _since(started))
        measured = None if binding.imported is not None else binding.measured
        message = replies.spans(prompt, self._model, [*offers, *remembered], _since(started), measured)
        return message, [*(() if known else offers), *remembered]

    async def _find_classes(self, prompt: Prompt, binding: Binding, started: float) -> Told:
        known, ahead = await self._known(binding)
        offers: Sequence[Offer] = known
        if not known and binding.imported is not None:
            offers = replies.imported_offers(binding, _since(started))
        elif not known and binding.choices:
            read = self._gateway.read
            guesses = await classes.guesses(self._runtime, read, binding, self._model, self._name, ahead)
            offers = replies.class_offers(binding, self._model, guesses, _since(started))
        elif not known:
            return await self._find_words(prompt, binding, started)
        more = classes.writes(binding)
        return replies.classes(prompt, self._model, offers, _since(started), more=more), () if known else offers

    async def _find_words(
        self, prompt: Prompt, binding: Binding, started: float, before: protocol.ClassesFound | None = None
    ) -> tuple[protocol.ClassesFound, Sequence[Offer]]:
        """What a model writes for fields, behind the labels that were told `before`."""
        known, alone = self._gateway.known, before is None
        words, fresh = await classes.written(self._runtime, known, binding, self._name, alone=alone)
        message = replies.classes(prompt, self._model, words, _since(started))
        return replace(message, classes=(*(before.classes if before else ()), *message.classes)), fresh

    async def _find_imported(self, prompt: Prompt, binding: Binding, started: float) -> Told:
        assert binding.imported is not None
        offers = replies.imported_offers(binding, _since(started))
        return replies.regions(prompt, binding.imported.model, offers, _since(started)), offers

    def _named_model(self, prompt: Prompt, binding: Binding) -> str:
        if prompt.imported and binding.imported:
            return binding.imported.model
        return binding.detector if prompt.boxes else self._model

    async def _known(self, binding: Binding) -> tuple[list[Offer], Any]:
        """What was offered for this text before, or said of it in advance: looked up when the line was opened.

        Asked a second time, it is looked up anew, once what was told meanwhile is written down.
        """
        looking, self._looking = self._looking, None
        if looking is not None:
            return await looking
        if self._keeping:
            await asyncio.wait(self._keeping)
        return await self._gateway.known(binding, self._model, WHOLE_TEXT)

    async def _warm(self, picture: Picture) -> None:
        try:
            await self._runtime.embed(self._model, picture.sha256, lambda: self._gateway.read(picture), urgent=True)
        except CopilotError as problem:
            log.info("No embedding before the first click: %s", problem.text)
        except Exception:
            log.exception("No embedding before the first click")

    async def _let_go(self, why: str) -> None:
        """Stop waiting for the present prompt, and say so."""
        id, task, self._asking_id, self._asking = self._asking_id, self._asking, "", None
        if id and task is not None and not task.done():
            task.cancel()
            await self._apologise(id, why, TEXTS[why])

    async def _guard(self, id: str, work: Callable[[], Awaitable[None]]) -> None:
        """Whatever goes wrong becomes an error of this id; nothing escapes."""
        try:
            await work()
        except CopilotError as problem:
            await self._refuse(id, problem)
        except Exception:
            log.exception("A question to the copilot failed")
            await self._refuse(id, CopilotError("failed"))

    async def _refuse(self, id: str | None, problem: CopilotError) -> None:
        if id == self._asking_id:
            self._asking_id = ""
        text = TEXTS[problem.code] if problem.code == "model-missing" else problem.text  # paths are for operators
        await self._apologise(id, problem.code, text)
        if problem.code in CLOSING:
            await self._end(CLOSING[problem.code])

    async def _apologise(self, id: str | None, code: str, text: str) -> None:
        """Say why there is no answer, in the language of the page."""
        with translation.override(self._language):
            said = translation.gettext(text)
        await self._say(Error(id, code, said))

    async def _allowed(self, cost: float) -> bool:
        """Whether this message is within what a person can say; the line of a flood is cut."""
        now = time.monotonic()
        self._allowance = min(BURST, self._allowance + (now - self._counted) * PER_SECOND) - cost
        self._counted = now
        if self._allowance >= 0:
            self._strikes = 0
            return True
        self._allowance = max(self._allowance, -BURST)
        self._strikes += 1
        if self._strikes == 1:
            await self._apologise(None, "slow-down", TEXTS["slow-down"])
        elif self._strikes > STRIKES:
            await self._end(FLOOD)
        return False

    async def _end(self, code: int) -> None:
        if not self._over:
            self._over = True
            await self._hang_up(code)

    async def _say(self, message: ServerMessage) -> None:
        if not self._over:
            await self._send(protocol.dump(message))

    def _keep(self, binding: Binding, offers: Sequence[Offer], model: str) -> asyncio.Task[None]:
        """Store the offers in a task of its own, which goes on if the question is given up meanwhile."""

        async def kept() -> None:
            try:
                await self._gateway.keep(binding, model, offers)
            except Exception:
                log.exception("What was offered could not be written down")

        task = asyncio.create_task(kept())
        self._keeping.add(task)
        task.add_done_callback(self._keeping.discard)
        return task


def _unproven(binding: Binding) -> bool:
    """Whether nobody knows yet how far this model's classes may be believed here: nobody is led by them unasked."""
    if binding.imported is not None:
        return False
    if binding.judged or binding.writer:
        return True  # no verdicts have shown yet how far its shares, or its words, may be believed
    return bool(binding.choices) and all(one.temperature is None for one in binding.learnt.values())


def _since(started: float) -> int:
    return round((time.monotonic() - started) * 1000)
