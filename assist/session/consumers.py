"""The copilot's websockets, /ws/assist/<assignment>/ and /ws/assist/try/<task>/: signed in, handed on, no more."""

import asyncio
import logging
from functools import partial
from weakref import WeakKeyDictionary

from channels.generic.websocket import AsyncWebsocketConsumer
from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import get_language_from_request

from assist.errors import CopilotError
from assist.runtime.client import shared
from assist.session.gateway import Gateway, TrialGateway
from assist.session.session import SIGNED_OUT, Session
from taskers.credentials.sign_in_state import still_signed_in

log = logging.getLogger(__name__)

ELSEWHERE = 4408
LOOK_SECONDS = 30.0  # so often a line that nobody says anything on is asked whether its person is still signed in
MOST_LINES = 8  # of one person here: each line may have a question waiting, and the places in the queue are for all

Lines = dict[int, list["AssistConsumer"]]  # person -> their lines, oldest first
_lines: WeakKeyDictionary[asyncio.AbstractEventLoop, Lines] = WeakKeyDictionary()  # a web process has one loop


class AssistConsumer(AsyncWebsocketConsumer):
    """One page's line. Channels gives it one frame at a time, so each frame is only passed on."""

    session: Session | None = None
    gateway: type[Gateway] = Gateway
    watch: asyncio.Task[None] | None = None

    async def connect(self) -> None:
        await self.accept()  # a refused handshake would hide the code from the page
        user = self.scope.get("user")
        if user is None or not user.is_authenticated:
            await self.close(SIGNED_OUT)
            return
        await self._join(user.pk)
        signed_in = partial(still_signed_in, self.scope["session"].session_key, user.pk)
        gateway = self.gateway(user.pk, self.scope["url_route"]["kwargs"]["subject"], signed_in)
        self.session = Session(gateway, shared(settings.RUNTIME_ADDRESS), self._say, self._hang_up, self._language())
        self.watch = asyncio.create_task(self._keep_looking(gateway))

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        if self.session is not None:
            await self.session.hear(text_data)

    async def _join(self, person: int) -> None:
        """The newest line is the one that is looked at: the oldest beyond the limit gives way to it."""
        mine = _lines.setdefault(asyncio.get_running_loop(), {}).setdefault(person, [])
        mine.append(self)
        if len(mine) > MOST_LINES:
            await mine.pop(0).close(ELSEWHERE)

    def _leave(self) -> None:
        lines = _lines.get(asyncio.get_running_loop(), {})
        for person, mine in list(lines.items()):
            if self in mine:
                mine.remove(self)
            if not mine:
                del lines[person]

    async def _keep_looking(self, gateway: Gateway) -> None:
        """Hang up once the sign-in has ended, though nobody asks anything. A database that is away ends no line."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            try:
                await gateway.stay()
            except CopilotError:
                await self._hang_up(SIGNED_OUT)
                return
            except Exception:
                log.exception("A line could not be asked whether its person is still signed in")

    async def disconnect(self, code: int) -> None:
        self._leave()
        if self.watch is not None:
            self.watch.cancel()
        if self.session is not None:
            await self.session.close()

    def _language(self) -> str:
        """The language of this person's pages: the one they chose, or else what their browser asks for."""
        asked = HttpRequest()
        asked.META = {
            "HTTP_ACCEPT_LANGUAGE": dict(self.scope["headers"]).get(b"accept-language", b"").decode("latin-1")
        }
        asked.COOKIES = self.scope.get("cookies", {})
        return self.scope["user"].language or get_language_from_request(asked)

    async def _say(self, frame: str) -> None:
        await self.send(text_data=frame)

    async def _hang_up(self, code: int) -> None:
        await self.close(code)


class TrialConsumer(AssistConsumer):
    """The line of a manager who tries a task."""

    gateway = TrialGateway
