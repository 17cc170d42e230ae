"""The copilot's websockets, /ws/assist/<assignment>/ and /ws/assist/try/<task>/: signed in, handed on, no more."""

from channels.generic.websocket import AsyncWebsocketConsumer
from django.conf import settings

from assist.client import shared
from assist.desk import Desk, TrialDesk
from assist.session import SIGNED_OUT, Session


class AssistConsumer(AsyncWebsocketConsumer):
    """One page's line. Channels gives it one frame at a time, so each frame is only passed on."""

    session: Session | None = None
    desk: type[Desk] = Desk

    async def connect(self) -> None:
        await self.accept()  # a refused handshake would hide the code from the page
        user = self.scope.get("user")
        if user is None or not user.is_authenticated:
            await self.close(SIGNED_OUT)
            return
        desk = self.desk(user.pk, self.scope["url_route"]["kwargs"]["subject"])
        self.session = Session(desk, shared(settings.RUNTIME_ADDRESS), self._say, self._hang_up)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        if self.session is not None:
            await self.session.hear(text_data)

    async def disconnect(self, code: int) -> None:
        if self.session is not None:
            await self.session.close()

    async def _say(self, frame: str) -> None:
        await self.send(text_data=frame)

    async def _hang_up(self, code: int) -> None:
        await self.close(code)


class TrialConsumer(AssistConsumer):
    """The line of a manager who tries a task."""

    desk = TrialDesk
