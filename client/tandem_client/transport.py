"""Asking the server: one request, as often as it takes and may be sent, and its answer or a named error.

Sent again after a broken connection or a 5xx is only what changes nothing or may be sent twice: GET, PUT, DELETE, and
what carries an `Idempotency-Key`. What the server surely did nothing of (429, no connection) is always sent again.
"""

import json
import random
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, BinaryIO, TypeVar
from urllib.parse import quote, urlsplit
from uuid import uuid4

import httpx

from tandem_client.errors import ApiError, BadInput, IncompleteAnswer, UnexpectedAnswer, Unreachable, kind_of
from tandem_client.version import VERSION

T = TypeVar("T")
API = "/api/v1/"
TRIES = 6
FIRST_WAIT, LONGEST_WAIT = 0.5, 30.0  # seconds
LONGEST_ASKED = 300.0  # seconds that a server may ask to wait; longer is an error at once
REPEATABLE = frozenset({"GET", "HEAD", "PUT", "DELETE"})
AGAIN = frozenset({408, 429, 500, 502, 503, 504})
STILL_AT_IT = "idempotency-key-in-use"  # what was sent before the line broke is being done
TIMEOUT = httpx.Timeout(60.0, connect=10.0)
NOTHING_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)


@dataclass(frozen=True)
class Request:
    """What is asked. `key` makes a POST safe to send again; a file is read anew from its beginning each time."""

    method: str
    path: str  # below /api/v1/
    query: Mapping[str, str | int | None] = field(default_factory=dict)
    json: Any = None
    content: bytes | None = None
    content_type: str = ""
    file: tuple[str, BinaryIO] | None = None
    key: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def may_repeat(self) -> bool:
        """Whether sending it twice does what sending it once does."""
        return self.method in REPEATABLE or bool(self.key)


class Transport:
    """A server, a token, and the patience of whoever asks."""

    def __init__(
        self,
        server: str,
        token: str,
        *,
        timeout: httpx.Timeout = TIMEOUT,
        tries: int = TRIES,
        sleep: Callable[[float], object] = time.sleep,
        dice: random.Random | None = None,
    ) -> None:
        self.server = root_of(server)
        self.tries, self.sleep, self.dice = tries, sleep, dice or random.Random()
        if not (token.isascii() and token.isprintable() and token and " " not in token):
            raise BadInput("The token isn't one: it begins with tdm_ and has letters, digits, dashes and underscores.")
        headers = {"Authorization": f"Bearer {token}", "User-Agent": f"tandem-client/{VERSION}"}
        self.http = httpx.Client(base_url=self.server + API, headers=headers, timeout=timeout)

    def close(self) -> None:
        """Let go of the connections."""
        self.http.close()

    def ask(self, request: Request) -> Any:
        """What the server answers, as JSON; None where it says nothing. Raises ApiError, Unreachable,
        UnexpectedAnswer."""
        return self._tried(request, self._content)

    @contextmanager
    def answer(self, request: Request) -> Iterator[httpx.Response]:
        """The good answer, not yet read, for as long as the block lasts. Raises IncompleteAnswer if it breaks off."""
        answer = self._tried(request, lambda found: found)
        try:
            yield answer
        except (httpx.RemoteProtocolError, httpx.ReadError) as error:
            raise self._incomplete(answer) from error
        except httpx.RequestError as error:
            raise self._unreachable(error) from error
        finally:
            answer.close()

    def pause(self, tried: int, asked: float | None = None) -> None:
        """Wait before the next try: what the server asks for, else longer each time, drawn so that not all who wait
        come back at once."""
        longest = min(LONGEST_WAIT, FIRST_WAIT * 2**tried)
        self.sleep(asked if asked is not None else longest * (0.5 + self.dice.random() / 2))

    def _tried(self, request: Request, take: Callable[[httpx.Response], T]) -> T:
        """What `take` makes of the good answer, after as many tries as it takes."""
        for tried in range(self.tries):
            last = tried == self.tries - 1
            try:
                answer = self.http.send(self._built(request), stream=True)
                if answer.is_success:
                    return take(answer)
                problem = self._problem(answer)
            except httpx.RequestError as error:
                if last or not (request.may_repeat or isinstance(error, NOTHING_SENT)):
                    raise self._unreachable(error) from error
                self.pause(tried)
                continue
            if request.method == "DELETE" and tried and problem.status == 404:
                return take(httpx.Response(204))  # an earlier try did it
            if last or not _worth_another(request, problem):
                raise problem
            self.pause(tried, problem.retry_after)
        raise AssertionError("a last try ends it")

    def _built(self, request: Request) -> httpx.Request:
        headers = dict(request.headers)
        if request.key:
            headers["Idempotency-Key"] = request.key
        if request.content_type:
            headers["Content-Type"] = request.content_type
        files = None
        if request.file:
            name, file = request.file
            files = {"file": (name, file, "application/octet-stream")}
        query = {name: value for name, value in request.query.items() if value is not None}
        try:
            return self.http.build_request(
                request.method,
                request.path,
                params=query,
                json=request.json,
                content=request.content,
                files=files,
                headers=headers,
            )
        except (ValueError, TypeError) as error:
            raise BadInput(f"This can't be sent as JSON: {error}.") from None

    def _content(self, answer: httpx.Response) -> Any:
        try:
            body = answer.read()
        finally:
            answer.close()
        if not body:
            return None
        try:
            return json.loads(body)
        except (ValueError, RecursionError):
            raise UnexpectedAnswer(f"{self.server} answered with something that is no JSON.") from None

    def _problem(self, answer: httpx.Response) -> ApiError:
        """What the server says is wrong; UnexpectedAnswer is raised where it is no server of Tandem's."""
        try:
            body = answer.read()
            said = json.loads(body)
        except (ValueError, RecursionError, httpx.RequestError):
            said = None
        finally:
            answer.close()
        status, request = answer.status_code, answer.headers.get("x-request-id", "")
        if answer.is_redirect:
            target = answer.headers.get("location", "")
            raise UnexpectedAnswer(f"{self.server} sends elsewhere, to {target[:200]}: give that address instead.")
        if not isinstance(said, dict) or "code" not in said:
            detail = f"{self.server} answered {status} {answer.reason_phrase}".rstrip()
            return kind_of(status)(status, f"http-{status}", f"{detail}.", retry_after=_seconds(answer))
        return kind_of(status)(
            status,
            str(said["code"]),
            str(said.get("detail") or said.get("title") or said["code"]),
            place=str(said.get("place") or ""),
            request=str(said.get("request") or request),
            retry_after=_seconds(answer),
        )

    def _incomplete(self, answer: httpx.Response) -> IncompleteAnswer:
        length = answer.headers.get("content-length", "")
        of = f" of {int(length):,}" if length.isdecimal() else ""
        request = answer.headers.get("x-request-id", "")
        named = f" (request {request})" if request else ""
        received = answer.num_bytes_downloaded
        return IncompleteAnswer(f"{self.server} broke off its answer after {received:,}{of} bytes{named}.")

    def _unreachable(self, error: httpx.RequestError) -> Unreachable:
        if isinstance(error, httpx.TimeoutException):
            return Unreachable(f"{self.server} didn't answer in time.")
        return Unreachable(f"{self.server} can't be reached: {str(error) or type(error).__name__}.")


def at(*steps: str) -> str:
    """A path below the API of these steps, each taken as it is, whatever is in it."""
    return "".join(f"{quote(step, safe='')}/" for step in steps)


def new_key() -> str:
    """An `Idempotency-Key` for something that is to happen once, however often it is sent."""
    return uuid4().hex


def root_of(server: str) -> str:
    """A server's address without what is the same for all of them. Raises BadInput."""
    root = server.strip().rstrip("/").removesuffix("/api/v1").removesuffix("/api")
    parts = urlsplit(root)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise BadInput(f"“{server}” is no address: it reads like https://tandem.example.com.")
    if parts.username or parts.password or parts.query or parts.fragment:
        raise BadInput("A server's address has no name, password, query or fragment in it.")
    return root


def _worth_another(request: Request, problem: ApiError) -> bool:
    if problem.code == STILL_AT_IT:
        return bool(request.key)
    if problem.status not in AGAIN or (problem.retry_after or 0) > LONGEST_ASKED:
        return False
    return request.may_repeat or problem.status == 429


def _seconds(answer: httpx.Response) -> float | None:
    said = answer.headers.get("retry-after", "")
    return float(said) if said.isdecimal() and len(said) < 9 else None
