"""What the client does when the server fails, refuses, or isn't there: asks again what may be asked again."""

import json
import socket

import httpx
import pytest

from tandem_client import (
    ApiError,
    BadInput,
    Conflict,
    FileChanged,
    NotFound,
    NotSignedIn,
    ServerFault,
    Tandem,
    TooManyRequests,
    UnexpectedAnswer,
    Unreachable,
)
from tests.support.client.stub import Answer, Stub, hangs_up, refuses, says, stub

TOKEN = "tdm_secret-of-mina"
BATCH = {
    "id": "b1",
    "project": "p1",
    "name": "March",
    "state": "draft",
    "priority": 0,
    "deadline": None,
    "progress": {"tasks": 0, "wanted": 0, "submitted": 0, "decided": 0, "in_review": 0},
    "created_at": "2026-03-01T10:00:00Z",
}


UPLOAD = {
    "id": "u1",
    "batch": "b1",
    "name": "rows.csv",
    "size": 7,
    "sha256": "",
    "received": 0,
    "part": 1000,
    "begun_at": "2026-03-01T09:00:00Z",
    "touched_at": "2026-03-01T10:00:00Z",
    "expires_at": "2026-03-02T10:00:00Z",
    "import": None,
}
IMPORT = {
    **dict.fromkeys(("batch", "name", "format", "reason"), "x"),
    **dict.fromkeys(("position", "loaded", "known", "rejected", "ids", "unnamed", "answered", "lost"), 0),
    **dict.fromkeys(("expected", "plan", "choices", "ended_at")),
    **{"errors": [], "losses": [], "columns": [], "id": "i1", "state": "waiting", "started_at": "2026-03-01T10:00:00Z"},
}


class Patient:
    """A client whose waits take no time and are written down."""

    def __init__(self, server: Stub, **terms) -> None:
        self.waits: list[float] = []
        self.tandem = Tandem(server.address, TOKEN, sleep=self.waits.append, **terms)


def keys(server: Stub) -> set[str]:
    return {one.headers.get("Idempotency-Key", "") for one in server.seen}


@pytest.mark.parametrize("fault", [hangs_up, refuses(503, "busy"), refuses(500, "server-error"), refuses(429, "x")])
def test_reading_is_asked_again_until_it_is_answered(fault) -> None:
    with stub(fault, fault, says(BATCH)) as server:
        client = Patient(server)
        assert client.tandem.batches.get("b1").name == "March"
        assert len(server.seen) == 3
    first, second = client.waits
    assert 0 < first < second


@pytest.mark.parametrize("fault", [hangs_up, refuses(502, "busy")])
def test_making_is_sent_again_under_the_key_that_it_had(fault) -> None:
    with stub(fault, says(BATCH, 201), says(BATCH, 201)) as server:
        tandem = Patient(server).tandem
        tandem.batches.create("p1", "March")
        assert len(server.seen) == 2 and len(keys(server)) == 1 and "" not in keys(server)
        tandem.batches.create("p1", "March")
        assert len(keys(server)) == 2, "another wish has another key"


@pytest.mark.parametrize(("fault", "error"), [(hangs_up, Unreachable), (refuses(500, "server-error"), ServerFault)])
def test_what_may_not_happen_twice_is_sent_once(fault, error) -> None:
    with stub(fault) as server, pytest.raises(error):
        Patient(server).tandem.ask("POST", "claim/")


def test_what_the_server_is_still_at_is_asked_for_again() -> None:
    busy = refuses(409, "idempotency-key-in-use", headers={"retry_after": "2"})
    with stub(hangs_up, busy, says(BATCH, 201)) as server:
        client = Patient(server)
        assert client.tandem.batches.create("p1", "March").name == "March"
        assert len(keys(server)) == 1 and client.waits[1:] == [2.0]


def test_a_server_that_says_how_long_to_wait_is_waited_for() -> None:
    with stub(refuses(429, "too-many", headers={"retry_after": "17"}), says({})) as server:
        client = Patient(server)
        client.tandem.ask("POST", "claim/")  # nothing was done, so that even this may be sent again
        assert client.waits == [17.0]


def test_a_server_that_asks_for_an_hour_is_not() -> None:
    with stub(refuses(429, "too-many", headers={"retry_after": "3600"})) as server:
        with pytest.raises(TooManyRequests) as caught:
            Patient(server).tandem.batches.get("b1")
        assert caught.value.retry_after == 3600


def test_a_part_that_comes_elsewhere_than_it_should_is_sent_where_the_server_says(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr("tandem_client.imports.LARGE", 3)
    file = tmp_path / "rows.csv"
    file.write_bytes(b"text\nA\n")

    def here(received: int) -> Answer:
        return says(UPLOAD | {"received": received})

    elsewhere = refuses(409, "wrong-offset", received=2)
    with stub(says({}), here(0), hangs_up, elsewhere, here(2), here(7), says(IMPORT, 202)) as server:
        assert Patient(server).tandem.imports.create("b1", file).id == "i1"
    parts = [(one.path.partition("?")[2], one.body) for one in server.seen if one.method == "PUT"]
    assert parts == [("offset=0", b"text\nA\n"), ("offset=0", b"text\nA\n"), ("offset=2", b"xt\nA\n")]
    with stub(says({}), here(7), refuses(422, "checksum-differs")) as server, pytest.raises(FileChanged):
        Patient(server).tandem.imports.create("b1", file)
    asking = [says({}), here(0), *[elsewhere, here(0)] * 6]
    with stub(*asking) as server, pytest.raises(UnexpectedAnswer, match="doesn't get on"):
        Patient(server).tandem.imports.create("b1", file)


def test_a_large_file_is_read_once_it_may_come_and_keeps_its_names_end(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr("tandem_client.imports.LARGE", 3)
    file = tmp_path / f"{'a' * 220}.csv"
    file.write_bytes(b"text\nA\n")
    with monkeypatch.context() as patched, stub(refuses(404, "not-found")) as server, pytest.raises(NotFound):
        patched.setattr("tandem_client.uploads.hashlib.file_digest", lambda *_said: pytest.fail("it was read"))
        Patient(server).tandem.imports.create("b1", file)
    with stub(says({}), says(UPLOAD | {"received": 7}), says(IMPORT, 202)) as server:
        Patient(server).tandem.imports.create("b1", file)
    assert json.loads(server.seen[1].body)["name"] == "a" * 196 + ".csv"


def test_it_gives_up_in_the_end() -> None:
    with stub(usual=refuses(503, "busy")) as server:
        with pytest.raises(ServerFault):
            Patient(server, tries=4).tandem.batches.get("b1")
        assert len(server.seen) == 4


def test_a_refusal_is_told_with_code_place_and_request_and_not_asked_again() -> None:
    refusal = refuses(409, "batch-exists", detail="There is one.", place="name", request="r-1234567")
    with stub(refusal) as server, pytest.raises(Conflict) as caught:
        Patient(server).tandem.batches.create("p1", "March")
    said = caught.value.said()
    assert (said["status"], said["code"], said["place"], said["request"]) == (409, "batch-exists", "name", "r-1234567")
    assert str(caught.value) == "There is one. (name)"


def test_a_token_that_opens_nothing_is_never_told() -> None:
    with stub(refuses(401, "authentication-failed")) as server:
        tandem = Patient(server).tandem
        with pytest.raises(NotSignedIn) as caught:
            tandem.batches.get("b1")
        assert server.seen[0].headers["Authorization"] == f"Bearer {TOKEN}"
    assert TOKEN not in f"{caught.value!r} {caught.value.said()} {vars(tandem)}"


@pytest.mark.parametrize("content", [b"<html>Welcome to nginx!</html>", b"[" * 100_000])
def test_a_page_of_something_else_is_named(content: bytes) -> None:
    def page(handler) -> None:
        handler.say(200, content, content_type="text/html")

    with stub(page) as server, pytest.raises(UnexpectedAnswer, match="no JSON"):
        Patient(server).tandem.batches.get("b1")


def test_a_fault_on_the_way_is_named_by_its_status() -> None:
    def gateway(handler) -> None:
        handler.say(403, b"<html>Forbidden by the proxy</html>", content_type="text/html")

    with stub(gateway) as server, pytest.raises(ApiError) as caught:
        Patient(server).tandem.batches.get("b1")
    assert caught.value.code == "http-403"


def test_a_token_goes_nowhere_that_the_server_points_to() -> None:
    with stub() as elsewhere:

        def away(handler) -> None:
            handler.say(302, b"", location=f"{elsewhere.address}/api/v1/batches/b1/")

        with stub(away) as server, pytest.raises(UnexpectedAnswer, match="sends elsewhere"):
            Patient(server).tandem.batches.get("b1")
        assert elsewhere.seen == []


def test_a_server_that_isnt_there_is_named() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(Unreachable, match=address):
            Tandem(address, TOKEN, tries=2, sleep=lambda _seconds: None).ask("POST", "claim/")


def test_a_server_that_falls_silent_is_named() -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        address = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with Tandem(address, TOKEN, tries=1, timeout=httpx.Timeout(0.05)) as tandem, pytest.raises(Unreachable):
            tandem.batches.get("b1")


def test_removing_what_an_earlier_try_removed_is_done() -> None:
    with stub(hangs_up, refuses(404, "not-found")) as server:
        Patient(server).tandem.webhooks.remove("w1")
    with stub(refuses(404, "not-found")) as server, pytest.raises(ApiError):
        Patient(server).tandem.webhooks.remove("w1")


@pytest.mark.parametrize("lost", ["progress", "deadline"])
def test_an_answer_without_what_it_should_have_says_which(lost) -> None:
    less = says({name: value for name, value in BATCH.items() if name != lost})
    with stub(less) as server, pytest.raises(UnexpectedAnswer, match=f"“{lost}” of Batch"):
        Patient(server).tandem.batches.get("b1")


def test_what_a_newer_server_says_besides_is_passed_over() -> None:
    with stub(says(BATCH | {"colour": "blue", "state": "hibernating"})) as server:
        assert Patient(server).tandem.batches.get("b1").state == "hibernating"


def test_a_list_is_fetched_as_far_as_it_is_read() -> None:
    page = {"results": [BATCH] * 2, "next": "2", "more": True}
    with stub(says(page), says(page | {"next": "4", "more": False})) as server:
        found = Patient(server).tandem.batches.list("p1")
        next(found)
        assert len(server.seen) == 1
        assert len(list(found)) == 3
        assert [one.path.partition("?")[2] for one in server.seen] == ["limit=200", "after=2&limit=200"]


def test_an_id_is_never_a_path() -> None:
    with stub(says(BATCH)) as server:
        Patient(server).tandem.batches.get("../../projects/?x=1")
        assert server.seen[0].path == "/api/v1/batches/..%2F..%2Fprojects%2F%3Fx%3D1/"


@pytest.mark.parametrize(
    "address", ["", "tandem.example.com", "ftp://tandem.example.com", "https://mina:pw@tandem.example.com"]
)
def test_what_is_no_address_is_said_at_once(address) -> None:
    with pytest.raises(BadInput):
        Tandem(address or " ", TOKEN)


@pytest.mark.parametrize("ending", ["", "/", "/api/v1/", "/tandem/api/v1"])
def test_an_address_is_taken_however_it_ends(ending) -> None:
    root = "https://x.example" + ("/tandem" if "tandem" in ending else "")
    assert Tandem(f"https://x.example{ending}", TOKEN).server == root


@pytest.mark.parametrize("token", ["tdm_né", "tdm a", "tdm\n"])
def test_what_is_no_token_is_said_at_once(token) -> None:
    with pytest.raises(BadInput):
        Tandem("https://tandem.example.com", token)
