"""One tasker at one task: takes frames, gives frames. Plain asyncio; knows no socket and no table.

Every frame is dealt with at once and every answer comes from a task of its own, so that a cancel or a newer prompt
never waits behind an older one.
"""

import asyncio
import logging
import secrets
import time
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Protocol
from uuid import UUID

from assist import answers, protocol
from assist.client import RuntimeClient, serving
from assist.errors import CopilotError
from assist.facts import Binding, Offer, Picture
from assist.protocol import BadMessage, Cancel, Error, Open, Prompt, Ready, ServerMessage

log = logging.getLogger(__name__)

# Close codes, told in docs/assist-protocol.md.
SIGNED_OUT, NOT_YOURS, NOT_HELD, TOO_BIG, FLOOD = 4401, 4403, 4409, 4413, 4429
CLOSING = {"not-yours": NOT_YOURS, "not-held": NOT_HELD, "too-big": TOO_BIG}

# A person at a mouse says a few things a second. A message costs one, an unreadable one ten.
BURST = 60.0
PER_SECOND = 15.0
BAD_COSTS = 10.0
STRIKES = 20  # messages over the limit until the line is cut


class DeskLike(Protocol):
    """What a session asks of the database (assist/desk.py)."""

    async def open(self, token: UUID) -> Binding: ...
    async def check(self, token: UUID) -> None: ...
    async def read(self, picture: Picture) -> bytes: ...
    async def keep(self, binding: Binding, model: str, offers: Sequence[Offer]) -> None: ...
    async def kept_spans(self, binding: Binding, model: str) -> list[Offer]: ...


class Session:
    """Between one page and the runtime. `say` sends a frame; `hang_up` closes the line with a code."""

    def __init__(
        self,
        desk: DeskLike,
        runtime: RuntimeClient,
        say: Callable[[str], Awaitable[None]],
        hang_up: Callable[[int], Awaitable[None]],
    ) -> None:
        self._desk = desk
        self._runtime = runtime
        self._send = say
        self._hang_up = hang_up
        self._token: UUID | None = None
        self._binding: Binding | None = None
        self._model = ""
        self._opening: asyncio.Task[None] | None = None
        self._asking: asyncio.Task[None] | None = None
        self._asking_id = ""
        self._warming: asyncio.Task[None] | None = None
        self._keeping: set[asyncio.Task[None]] = set()
        self._name = secrets.token_hex(8)  # two pages at one task don't take each other's place
        self._allowance = BURST
        self._counted = time.monotonic()
        self._strikes = 0
        self._over = False

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

    async def close(self) -> None:
        """The page has gone: nobody waits for answers, but what was offered is still written down."""
        self._over = True
        for task in (self._opening, self._asking, self._warming):
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
        binding = await self._desk.open(message.token)
        model = serving(await self._runtime.status(), binding.capability)
        self._token, self._binding, self._model = message.token, binding, model
        await self._say(Ready(message.id, binding.capability, model))
        if binding.picture is not None:
            self._warming = asyncio.create_task(self._warm(binding.picture))

    async def _prompt(self, prompt: Prompt) -> None:
        await self._let_go("superseded")
        binding, token = self._binding, self._token
        if binding is None or token is None:
            await self._refuse(prompt.id, CopilotError("not-open"))
            return
        self._asking_id = prompt.id
        self._asking = asyncio.create_task(self._guard(prompt.id, partial(self._answer, prompt, binding, token)))

    async def _answer(self, prompt: Prompt, binding: Binding, token: UUID) -> None:
        started = time.monotonic()
        answers.check(prompt, binding)
        # The right to ask is looked up while the model works, and before anything is said.
        held = asyncio.create_task(self._desk.check(token))
        try:
            find = self._find_masks if binding.picture is not None else self._find_spans
            message, offers = await find(prompt, binding, started)
        finally:
            await held
        self._asking_id = ""
        await self._say(message)
        if offers:
            self._keep(binding, offers)

    async def _find_masks(
        self, prompt: Prompt, binding: Binding, started: float
    ) -> tuple[ServerMessage, Sequence[Offer]]:
        picture = binding.picture
        assert picture is not None
        reply = await self._runtime.segment(
            self._model,
            picture.sha256,
            lambda: self._desk.read(picture),
            asker=self._name,
            owner=str(binding.assignment_key or f"trial-{binding.task_key}"),
            points=[[x, y, int(include)] for x, y, include in prompt.points],
            box=answers.inside(prompt.box, picture),
            previous=prompt.previous,
        )
        return answers.masks(prompt, self._model, reply, _since(started))

    async def _find_spans(
        self, prompt: Prompt, binding: Binding, started: float
    ) -> tuple[ServerMessage, Sequence[Offer]]:
        offers = await self._desk.kept_spans(binding, self._model)
        if not offers:
            reply = await self._runtime.spans(self._model, binding.text, asker=self._name)
            offers = answers.span_offers(binding, reply, _since(started))
            # Written before they are told, so that a second look offers the very same.
            await self._desk.keep(binding, self._model, offers)
        return answers.spans(prompt, self._model, offers, _since(started)), ()

    async def _warm(self, picture: Picture) -> None:
        try:
            await self._runtime.embed(self._model, picture.sha256, lambda: self._desk.read(picture), urgent=True)
        except CopilotError as problem:
            log.info("No embedding before the first click: %s", problem.text)
        except Exception:
            log.exception("No embedding before the first click")

    async def _let_go(self, why: str) -> None:
        """Stop waiting for the present prompt, and say so."""
        id, task, self._asking_id, self._asking = self._asking_id, self._asking, "", None
        if id and task is not None and not task.done():
            task.cancel()
            await self._say(Error(id, why, CopilotError(why).text))

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
        await self._say(Error(id, problem.code, problem.text))
        if problem.code in CLOSING:
            await self._end(CLOSING[problem.code])

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
            await self._say(Error(None, "slow-down", CopilotError("slow-down").text))
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

    def _keep(self, binding: Binding, offers: Sequence[Offer]) -> None:
        """Written down after the page has its answer: no click waits for the database."""

        async def kept() -> None:
            try:
                await self._desk.keep(binding, self._model, offers)
            except Exception:
                log.exception("What was offered could not be written down")

        task = asyncio.create_task(kept())
        self._keeping.add(task)
        task.add_done_callback(self._keeping.discard)


def _since(started: float) -> int:
    return round((time.monotonic() - started) * 1000)
