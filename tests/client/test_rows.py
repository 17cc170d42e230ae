"""Rows on their way out: cut into pieces that fit, each said as JSON or refused, never guessed at."""

import io
import json
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from tandem_client import BadInput, NewTask, Tandem
from tandem_client.command import push
from tandem_client.json_lines import BYTES, ROWS
from tests.support.client.stub import Handler, hangs_up, stub


def counts(handler: Handler) -> None:
    """What a server says that takes every row but those named "bad"."""
    rows = handler.stub.seen[-1].body.splitlines()
    bad = [number for number, row in enumerate(rows, 1) if b'"bad"' in row]
    errors = [{"place": f"line {number}, text", "code": "blank", "text": "Empty."} for number in bad]
    said = {"read": len(rows), "loaded": len(rows) - len(bad), "known": 0, "rejected": len(bad), "errors": errors}
    handler.say(200, json.dumps(said | {"ids": 0, "unnamed": 0, "columns": []}).encode())


def client(server) -> Tandem:
    return Tandem(server.address, "tdm_token", sleep=lambda _seconds: None)


def test_pieces_are_of_a_size_that_is_sent_again_lightly() -> None:
    with stub(usual=counts) as server:
        client(server).tasks.load("b1", ({"text": "x" * 100_000} for _ in range(30)))
        client(server).tasks.load("b1", ({"text": str(number)} for number in range(2 * ROWS + 1)))
    sizes = [len(one.body) for one in server.seen]
    assert sum(sizes[:3]) > 30 * 100_000 and max(sizes) <= BYTES
    assert [one.body.count(b"\n") for one in server.seen[3:]] == [ROWS, ROWS, 1]


def test_a_piece_whose_answer_was_lost_is_sent_again_as_it_was() -> None:
    with stub(counts, hangs_up, usual=counts) as server:
        done = client(server).tasks.load("b1", ({"external_id": f"r-{number}"} for number in range(2 * ROWS)))
    first, lost, again = server.seen
    assert (lost.body, lost.headers["Idempotency-Key"]) == (again.body, again.headers["Idempotency-Key"])
    assert first.headers["Idempotency-Key"] != lost.headers["Idempotency-Key"]
    assert done.read == 2 * ROWS


def test_a_refused_row_keeps_its_place_among_all() -> None:
    rows = [{"text": "bad" if number == ROWS + 7 else "good"} for number in range(1, 2 * ROWS)]
    with stub(usual=counts) as server:
        done = client(server).tasks.load("b1", rows)
    assert [one.place for one in done.errors] == [f"line {ROWS + 7}, text"]


def test_times_and_amounts_are_written_and_what_is_left_out_isnt() -> None:
    at = datetime(2026, 3, 1, tzinfo=UTC)
    with stub(usual=counts) as server:
        client(server).tasks.load("b1", [NewTask({"text": "x", "meta": {"at": at, "price": Decimal("0.10")}})])
    assert json.loads(server.seen[0].body) == {
        "payload": {"text": "x", "meta": {"at": "2026-03-01T00:00:00+00:00", "price": "0.10"}}
    }


@pytest.mark.parametrize("value", [float("nan"), float("inf"), object(), {1, 2}, b"bytes", "\ud800"])
def test_what_is_no_json_is_refused_before_it_is_sent(value) -> None:
    with stub() as server, pytest.raises(BadInput):
        client(server).tasks.load("b1", [{"text": value}])
    assert server.seen == []


def test_a_file_that_is_one_long_line_is_named(monkeypatch) -> None:
    monkeypatch.setattr(push, "LONGEST", 10)
    assert list(push.bounded(io.BytesIO(b"0123456789\r\n{}\n0"))) == [b"0123456789\r\n", b"{}\n", b"0"]
    with pytest.raises(BadInput, match="Line 2"):
        list(push.bounded(io.BytesIO(b"{}\n0123456789a\n")))
