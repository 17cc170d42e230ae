"""What the web process does before anybody's request reaches Django: through real sockets."""

import asyncio
import json
import signal

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect
from websockets.typing import Origin

from config import web
from config.connections import Connections, RequestsPerAddress
from config.limits import Limits, fitting
from taskers.audit.addresses import sender
from tests.support.config.serving import Line, serving

HERE, THERE = "127.0.0.2", "127.0.0.3"
AT_ONCE, NEVER = 0.2, 300.0  # seconds


async def quick(scope, receive, send) -> None:
    """Answers a request; keeps a websocket open until its other side closes it."""
    if scope["type"] == "http":
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
        await send({"type": "http.response.body", "body": b"ok"})
        return
    await receive()
    await send({"type": "websocket.accept"})
    while (await receive())["type"] != "websocket.disconnect":
        pass


def limits(**terms) -> Limits:
    return Limits(**{"head_seconds": NEVER, "proxies": "10.0.0.1"} | terms)


@pytest.mark.django_db(transaction=True)
def test_unknown_socket_path_is_not_found(settings):
    settings.ALLOWED_HOSTS = ["*"]
    with serving() as port, pytest.raises(InvalidStatus) as refused:
        connect(f"ws://127.0.0.1:{port}/ws/nowhere/", origin=Origin(f"http://127.0.0.1:{port}"))
    assert refused.value.response.status_code == 404


def test_slow_head_is_dropped():
    with serving(quick, limits=limits(head_seconds=5 * AT_ONCE)) as port, Line(port) as line:
        status, body = line.say("GET / HTTP/1.1\r\nX-Slow: a").heard()
        assert (status, json.loads(body)["code"]) == (408, "too-slow")
        assert line.closed()


def test_half_open_connection_that_says_nothing_is_dropped():
    with serving(quick, limits=limits(head_seconds=AT_ONCE)) as port, Line(port) as line:
        assert line.heard() == (0, "")


def test_head_without_end_is_dropped():
    with serving(quick, limits=limits(head_bytes=10_000)) as port, Line(port) as line:
        line.say("GET / HTTP/1.1\r\n")
        for number in range(200):
            line.say(f"X-{number}: {'a' * 1000}\r\n")
        status, body = line.heard()
        assert (status, json.loads(body)["code"]) == (431, "head-too-large")


def test_one_connection_more_of_one_address_is_refused_while_another_address_gets_in():
    with serving(quick, limits=limits(per_address=3)) as port:
        mine = [Line(port, HERE).get("/") for _ in range(3)]
        assert [line.heard() for line in mine] == [(200, "ok")] * 3
        with Line(port, HERE) as fourth:
            status, body = fourth.heard()
            assert (status, json.loads(body)["code"]) == (429, "too-many-connections")
        with Line(port, THERE) as other:
            assert other.get("/").heard() == (200, "ok")
        mine.pop().socket.close()
        assert any(Line(port, HERE).get("/").heard() == (200, "ok") for _ in range(100)), "its place stays taken"


def test_websockets_count_as_connections_and_give_their_place_back():
    with serving(quick, limits=limits(per_address=1)) as port:
        with connect(f"ws://127.0.0.1:{port}/", source_address=(HERE, 0)):
            assert Line(port, HERE).heard()[0] == 429
        assert any(Line(port, HERE).get("/").heard() == (200, "ok") for _ in range(100)), "its place stays taken"


def test_idle_connections_give_way_when_there_is_no_place_left():
    with serving(quick, limits=limits(connections=2, per_address=9)) as port:
        first, second = Line(port, HERE), Line(port, HERE)
        second.get("/").heard()
        with Line(port, THERE) as newcomer:
            assert newcomer.get("/").heard() == (200, "ok")
        assert first.heard() == (0, ""), "who was idle for longest goes first"
        assert second.get("/").heard() == (200, "ok")


def test_connections_of_a_proxy_are_counted_in_all_alone():
    with serving(quick, limits=limits(per_address=1, proxies=HERE)) as port:
        lines = [Line(port, HERE).get("/") for _ in range(3)]
        assert [line.heard() for line in lines] == [(200, "ok")] * 3


async def test_behind_a_proxy_what_one_address_asks_at_once_is_counted():
    going_on, said = asyncio.Event(), []

    async def slow(scope, receive, send) -> None:
        await going_on.wait()

    async def send(message) -> None:
        said.append(message)

    async def receive() -> dict:
        return {"type": "websocket.connect"}

    app = RequestsPerAddress(slow, Limits(per_address=2))
    asked = {"type": "http", "client": ("1.2.3.4", 5)}
    running = [asyncio.create_task(app(dict(asked), receive, send)) for _ in range(2)]
    await asyncio.sleep(0)
    await app(asked, receive, send)
    assert said[0]["status"] == 429 and json.loads(said[1]["body"])["code"] == "too-many-connections"
    await app({"type": "websocket", "client": ("1.2.3.4", 5)}, receive, send)
    assert said[2] == {"type": "websocket.close", "code": 4429}
    running.append(asyncio.create_task(app({"type": "http", "client": ("5.6.7.8", 5)}, receive, send)))
    going_on.set()
    await asyncio.gather(*running)
    await app(asked, receive, send)
    assert len(said) == 3 and not app.asking


def test_one_customers_ipv6_network_is_one_address():
    assert sender("2001:db8:1:2:3::4") == sender("2001:db8:1:2::9") != sender("2001:db8:1:3::9")
    assert sender("::ffff:1.2.3.4") == sender("1.2.3.4") == "1.2.3.4"


def test_no_more_connections_are_taken_than_there_are_files_for():
    asked = limits(connections=2000)
    assert [fitting(asked, files) for files in (65_536, 1024, 256, -1)] == [2000, 768, 128, 2000]


def test_leaving_twice_counts_once():
    all = Connections(limits(per_address=2))
    one, other = object(), object()
    all.come(one, HERE)
    all.come(other, HERE)
    for _twice in range(2):
        all.go(one)
    assert all.by_address == {HERE: 1} and list(all.open) == [other]


async def test_a_server_that_is_told_to_stop_does_so_at_once(monkeypatch):
    monkeypatch.setattr(web, "TICK_SECONDS", NEVER)
    server = web.Server(web.configuration())
    server.config.load()
    server.lifespan = server.config.lifespan_class(server.config)
    running = asyncio.create_task(server.main_loop())
    await asyncio.sleep(0)
    assert not running.done()
    server.handle_exit(signal.SIGTERM, None)
    await asyncio.wait_for(running, 30)
