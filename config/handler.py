"""Django behind ASGI, each request in one thread from its first middleware to its last.

Django's own handler changes threads five times a request where middleware and views are synchronous, as nearly all of
ours are: signals, middleware, view and end each wait for a turn of the event loop, in a thread that is made for the one
request, with a database connection object of its own.
"""

import asyncio
import tempfile
import time
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from contextvars import Context, copy_context
from typing import IO, Any

import django
from django.conf import settings
from django.core import signals
from django.core.exceptions import RequestAborted
from django.core.handlers.asgi import ASGIHandler, ASGIRequest, get_script_prefix
from django.db import close_old_connections
from django.http import FileResponse, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import set_script_prefix

from config import environment
from config.metrics import process
from taskers.telemetry import publish, spans
from taskers.telemetry.spans import Span

Receive = Callable[[], Awaitable[Mapping[str, Any]]]
Send = Callable[[Mapping[str, Any]], Awaitable[None]]

LEAST_THREADS = 16


def application() -> "Handler":
    """Django, set up, behind ASGI."""
    django.setup(set_prefix=False)
    return Handler()


class Handler(ASGIHandler):
    """Answers HTTP requests; what is streamed is sent from the event loop, and ends when the client has gone."""

    def __init__(self) -> None:
        super().__init__()
        # Twice as many as there are connections to the database: who waits for something else doesn't hold up the rest.
        connections = environment.number("TANDEM_POOL", 8)
        self.threads = ThreadPoolExecutor(max(LEAST_THREADS, 2 * connections), "http")
        self.counts = publish.wanted()

    def load_middleware(self, is_async: bool = False) -> None:
        super().load_middleware(is_async=False)

    async def read_body(self, receive: Receive) -> IO[bytes]:
        """As Django does, but in the folder that is swept, and with nothing left where it can't be read to its end."""
        body = tempfile.SpooledTemporaryFile(  # noqa: SIM115  closed by `handle`
            max_size=settings.FILE_UPLOAD_MAX_MEMORY_SIZE, mode="w+b", dir=settings.FILE_UPLOAD_TEMP_DIR
        )
        try:
            more = True
            while more:
                message = await receive()
                if message["type"] == "http.disconnect":
                    raise RequestAborted()
                body.write(message.get("body", b""))
                more = message.get("more_body", False)
            body.seek(0)
        except BaseException:
            body.close()
            raise
        return body

    async def handle(self, scope: Any, receive: Receive, send: Send) -> None:
        try:
            body = await self.read_body(receive)
        except RequestAborted:
            return
        try:
            began = time.perf_counter()
            request, refusal = self.create_request(scope, body)
            with spans.span(scope["method"]) as span:
                context = copy_context()
                response: HttpResponseBase = refusal or await self._in_thread(context, self._answer, scope, request)
                self._count(scope, request, response, span, time.perf_counter() - began)
            if not response.streaming:
                await self.send_response(response, send)
                return
            try:
                await self._stream(context, response, receive, send)
            finally:
                await self._in_thread(context, response.close)
        finally:
            body.close()

    async def _stream(self, context: Context, response: HttpResponseBase, receive: Receive, send: Send) -> None:
        """Goes on in the context in which the view ended: its language, for one."""
        sending = asyncio.create_task(self.send_response(response, send), context=context)
        listening = asyncio.create_task(self.listen_for_disconnect(receive))
        try:
            await asyncio.wait({sending, listening}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (listening, sending):
                task.cancel()  # nothing becomes of it where it is done
                with suppress(asyncio.CancelledError, RequestAborted):
                    await task

    def _answer(self, scope: Any, request: ASGIRequest) -> HttpResponseBase:
        set_script_prefix(get_script_prefix(scope))
        signals.request_started.send(sender=type(self), scope=scope)
        response = self.get_response(request)
        response._handler_class = type(self)  # type: ignore[attr-defined]
        if isinstance(response, FileResponse):
            response.block_size = self.chunk_size
        if response.streaming and response.is_async:  # type: ignore[attr-defined]
            close_old_connections()  # this thread's; the stream's end comes in another
            return response
        whole = _read(response) if response.streaming else response
        response.close()
        return whole

    def _count(self, scope: Any, request: Any, response: HttpResponseBase, span: Span, seconds: float) -> None:
        found = getattr(request, "resolver_match", None)
        route = found.view_name if found else ""
        if self.counts:
            process.answered(route, scope["method"], response.status_code, seconds)
        span.say(f"{scope['method']} {route or process.NO_ROUTE}", status=response.status_code)

    async def _in_thread(self, context: Context, work: Callable, *arguments: Any) -> Any:
        """Plainly: asgiref's way also readies the thread to call back into this event loop, which nothing does."""
        return await asyncio.get_running_loop().run_in_executor(self.threads, context.run, work, *arguments)


def _read(response: HttpResponseBase) -> HttpResponse:
    """What an iterator without `async` yields, such as a static file: it can't be sent in pieces from an event loop."""
    whole = HttpResponse(b"".join(response), status=response.status_code, reason=response.reason_phrase)  # type: ignore[call-overload]
    whole.headers, whole.cookies = response.headers, response.cookies
    return whole
