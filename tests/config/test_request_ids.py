"""One id for a request: in its answer, in the log, in what a program is told, and in the jobs that it sets going."""

import asyncio
import http.client
import io
import json
import logging
from collections.abc import Iterator

import pytest
from procrastinate.contrib.django import app

from config.logs import JsonLines, PlainLines
from config.management.commands import work
from projects.data import importing
from taskers.telemetry import carried, request_ids
from tests.support.config.serving import serving
from tests.support.waiting import until

OURS = "from-the-proxy.7f3a"


@pytest.fixture
def nobodys() -> Iterator[None]:
    """No request, before and after."""
    request_ids.resume("")
    yield
    request_ids.resume("")


def ask(port: int, path: str, **headers: str) -> tuple[http.client.HTTPResponse, bytes]:
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    line.request(
        "GET", path, headers={"Host": "localhost"} | {name.replace("_", "-"): one for name, one in headers.items()}
    )
    answer = line.getresponse()
    return answer, answer.read()


def test_each_answer_has_an_id_and_a_fit_one_that_came_is_taken(transactional_db) -> None:
    with serving() as port:
        made = [ask(port, "/healthz")[0].headers.get_all("X-Request-ID") for _ in range(2)]
        assert len(made[0]) == 1 and made[0] != made[1]
        assert ask(port, "/healthz", X_Request_ID=OURS)[0].headers.get_all("X-Request-ID") == [OURS]
        missing, body = ask(port, "/api/v1/nothing/", X_Request_ID=OURS)
        assert (missing.status, missing.headers["X-Request-ID"]) == (404, OURS)
        assert json.loads(body)["request"] == OURS


@pytest.mark.parametrize(
    "bad", ["", "short", "x" * 65, "two words here", 'quote"in-it', "-leading", "caf\xe9-latte-1", "a/b/c/d/e/f"]
)
def test_an_id_that_could_do_harm_in_a_log_is_replaced(bad: str, nobodys) -> None:
    assert request_ids.begin(bad) != bad
    assert request_ids.SHAPE.fullmatch(request_ids.current())


def test_a_refusal_before_django_has_the_id_too(transactional_db) -> None:
    with serving() as port:
        line = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        line.request("POST", "/healthz", b"x" * (3 << 20), {"Host": "localhost", "X-Request-ID": OURS})
        answer = line.getresponse()
        assert (answer.status, answer.headers["X-Request-ID"]) == (413, OURS)


@pytest.fixture
def lines() -> Iterator[dict[str, io.StringIO]]:
    """What the log holds, in both forms."""
    found = {"plain": io.StringIO(), "json": io.StringIO()}
    forms = {"plain": PlainLines("%(levelname)s %(name)s: %(message)s"), "json": JsonLines()}
    handlers = [logging.StreamHandler(stream) for stream in found.values()]
    for handler, form in zip(handlers, forms.values(), strict=True):
        handler.setFormatter(form)
        logging.getLogger().addHandler(handler)
    yield found
    for handler in handlers:
        logging.getLogger().removeHandler(handler)


def test_what_broke_is_found_in_the_log_by_the_number_on_the_page(transactional_db, lines, monkeypatch) -> None:
    def broken(request: object) -> None:
        raise RuntimeError("nobody thought of this")

    monkeypatch.setattr("django.contrib.sessions.middleware.SessionMiddleware.process_request", lambda *_: broken(None))
    with serving() as port:
        answer, body = ask(port, "/profile/", X_Request_ID=OURS)
    assert answer.status == 500 and OURS.encode() in body
    assert f"ERROR django.request: Internal Server Error: /profile/ [{OURS}]\n" in lines["plain"].getvalue()
    (said,) = [
        one for one in map(json.loads, lines["json"].getvalue().splitlines()) if one["logger"] == "django.request"
    ]
    assert said["request"] == OURS and "nobody thought of this" in said["traceback"]


def test_what_no_request_is_about_has_no_id(lines, nobodys) -> None:
    logging.getLogger("tandem").warning("Good morning.")
    assert lines["plain"].getvalue() == "WARNING tandem: Good morning.\n"
    assert "request" not in json.loads(lines["json"].getvalue())


@pytest.mark.django_db(transaction=True)
def test_a_job_that_a_request_set_going_says_which(lines, monkeypatch, nobodys) -> None:
    done: list[int] = []

    def load(key: int) -> None:
        logging.getLogger("tandem.import").warning("Reading file %s.", key)
        if key == 2:
            raise RuntimeError("torn")
        done.append(key)

    monkeypatch.setattr(importing, "run", load)
    monkeypatch.setattr(work, "READERS", {})
    request_ids.begin(OURS)
    for key in (1, 2):
        app.configure_task("projects.jobs.run_import", queue="imports").defer(import_key=key)
    request_ids.resume("")
    app.configure_task("projects.jobs.run_import", queue="imports").defer(import_key=3)

    async def story() -> None:
        running = asyncio.create_task(work.work(concurrency=1))
        try:
            await asyncio.to_thread(until, lambda: done == [1, 3])
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)

    asyncio.run(story())
    said = [one for one in lines["plain"].getvalue().splitlines() if one.startswith(("WARNING tandem", "ERROR procr"))]
    assert f"WARNING tandem.import: Reading file 1. [{OURS}]" in said
    assert f"WARNING tandem.import: Reading file 2. [{OURS}]" in said
    assert "WARNING tandem.import: Reading file 3." in said
    (failed,) = [one for one in said if "Error" in one]
    assert failed.endswith(f"[{OURS}]"), "who looks for the request finds why its import failed"


def test_what_came_along_is_believed_only_if_it_is_an_id(nobodys) -> None:
    request_ids.begin(OURS)
    fields = {"import_key": 7, carried.NAME: carried.take_along()}
    request_ids.resume("")
    assert carried.take_up(fields) == {"import_key": 7} and request_ids.current() == OURS
    for odd in ({"request": "two\nlines"}, ["request"], None, {"request": {"a": 1}}):
        carried.take_up({carried.NAME: odd})
        assert request_ids.current() == ""
