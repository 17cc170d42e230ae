"""Django behind ASGI: a request keeps to one thread, and a file that no event loop can read is read in it."""

import io
import threading
import warnings
from collections.abc import Callable

import pytest
from asgiref.sync import async_to_sync
from asgiref.testing import ApplicationCommunicator
from django.core.signals import request_finished
from django.http import FileResponse, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import path

from config.handler import Handler

CONTENT = bytes(range(256)) * 1000
threads: list[int] = []


def remember(get_response: Callable[[HttpRequest], HttpResponseBase]) -> Callable[[HttpRequest], HttpResponseBase]:
    """A middleware that says in which thread it was asked."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        threads.append(threading.get_ident())
        return get_response(request)

    return middleware


def plain(request: HttpRequest) -> HttpResponse:
    threads.append(threading.get_ident())
    return HttpResponse("Here.")


def file(request: HttpRequest) -> FileResponse:
    return FileResponse(io.BytesIO(CONTENT), filename="content.bin")


urlpatterns = [path("plain/", plain), path("file/", file)]


@pytest.fixture
def handler(settings) -> Handler:
    """The handler, with the views of this module alone."""
    settings.ROOT_URLCONF = __name__
    settings.MIDDLEWARE = [f"{__name__}.remember"]
    threads.clear()
    return Handler()


def get(handler: Handler, address: str) -> tuple[int, bytes]:
    """Status and body."""
    scope = {
        "type": "http",
        "http_version": "1.1",
        "method": "GET",
        "path": address,
        "query_string": b"",
        "headers": [],
    }

    async def ask() -> tuple[int, bytes]:
        talk = ApplicationCommunicator(handler, scope | {"headers": []})
        await talk.send_input({"type": "http.request", "body": b"", "more_body": False})
        start = await talk.receive_output(10)
        body, more = b"", True
        while more:
            event = await talk.receive_output(10)
            body, more = body + event.get("body", b""), event.get("more_body", False)
        await talk.wait(60)
        return start["status"], body

    return async_to_sync(ask)()


def test_a_request_keeps_to_one_thread_from_its_beginning_to_its_end(handler) -> None:
    def finished(**_: object) -> None:
        threads.append(threading.get_ident())

    request_finished.connect(finished)
    try:
        assert [get(handler, "/plain/") for _ in range(2)] == [(200, b"Here.")] * 2
    finally:
        request_finished.disconnect(finished)
    first, second = threads[:3], threads[3:]  # the middleware, the view and the end of each
    assert len(first) == len(second) == 3 and len(set(first)) == len(set(second)) == 1
    assert threads[0] != threading.get_ident(), "the event loop would stand still meanwhile"


def test_a_file_that_no_event_loop_can_read_comes_whole(handler) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # Django warns where it has to gather what should be streamed
        assert get(handler, "/file/") == (200, CONTENT)
