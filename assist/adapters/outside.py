"""How an adapter asks another host: only one that the operator allows, within limits, following nowhere.

Read from the environment, since a model's process has no settings: TANDEM_OUTBOUND and TANDEM_OUTBOUND_PRIVATE as
everywhere (taskers/outbound/guard.py), and TANDEM_MODEL_KEYS, `host=key, host=key`: a key goes to its own host alone,
and stands in no manifest.
"""

import asyncio
import json
import os
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from assist.errors import CopilotError
from taskers.errors import Problem
from taskers.outbound.guard import Guard, Route, pattern
from taskers.outbound.sending import Answer, Limits, connection, get, post

SECONDS, CONNECT_SECONDS = 30.0, 4.0
MOST_BYTES = 8 << 20
MAX_READ = 64 << 20  # bytes of one answer, whatever a manifest says
SLOW_DOWN = (429, 503)
LONGEST_WAIT = 5.0  # seconds that a host may ask us to wait before the second try
TRIES = 3


@dataclass(frozen=True)
class Host:
    """Where a model lives, and how far it is waited for and listened to."""

    url: str
    seconds: float = SECONDS
    most_bytes: int = MOST_BYTES

    @classmethod
    def of(cls, options: Mapping[str, Any]) -> "Host":
        """From a manifest's options."""
        return cls(options["url"].rstrip("/"), options.get("seconds", SECONDS), options.get("most_bytes", MOST_BYTES))

    def ask(self, path: str, body: object) -> Any:
        """What it answers to a JSON body, as JSON. Raises CopilotError: "backend-down", "backend-slow",
        "backend-refused", "busy" or "no-answer"."""
        return asyncio.run(self._ask(path, json.dumps(body).encode()))

    def look(self, path: str) -> Any:
        """The same without a body."""
        return asyncio.run(self._ask(path, None))

    async def _ask(self, path: str, body: bytes | None) -> Any:
        """A host that asks to be left in peace is, for as long as it says, twice at most."""
        for attempt in range(TRIES):
            answer = await self._once(path, body)
            if answer.status not in SLOW_DOWN:
                return _read(answer, self.most_bytes)
            if attempt < TRIES - 1:
                await asyncio.sleep(_wait(answer.retry_after))
        raise CopilotError("busy", "The host that runs this model has too much to do. Try again in a moment.")

    async def _once(self, path: str, body: bytes | None) -> Answer:
        limits = Limits(self.seconds, min(CONNECT_SECONDS, self.seconds), self.most_bytes + 1)
        return await _exchange(f"{self.url}{path}", body, limits)


async def ask_directly(url: str, body: bytes | None, limits: Limits) -> Answer:
    """One request, by this process itself. Raises CopilotError "backend-refused" for a host that isn't allowed."""
    route = _route(url)
    headers = {"Content-Type": "application/json", "Accept": "application/json"} | _key_for(route)
    over = connection()
    try:
        if body is None:
            return await get(over, route, headers, limits)
        return await post(over, route, headers, body, limits)
    finally:
        await over.aclose()


Exchange = Callable[[str, bytes | None, Limits], Awaitable[Answer]]
_exchange: Exchange = ask_directly


def exchange_through(exchange: Exchange) -> None:
    """From now on, have somebody else make this process's requests: a sandboxed one has no socket."""
    global _exchange
    _exchange = exchange


def guard() -> Guard:
    """What the operator allows."""
    hosts, private = (_words(name) for name in ("TANDEM_OUTBOUND", "TANDEM_OUTBOUND_PRIVATE"))
    return Guard([pattern(one) for one in hosts], [pattern(one) for one in private])


def _route(url: str) -> Route:
    try:
        return guard().route(url)
    except Problem as problem:  # said plainly: there is no reader's language here
        text = problem.template % problem.values if problem.values else problem.template
        raise CopilotError("backend-refused", text) from None


def _key_for(route: Route) -> dict[str, str]:
    for word in _words("TANDEM_MODEL_KEYS"):
        host, _, key = word.partition("=")
        if host in {route.destination.host, route.destination.authority} and key:
            return {"Authorization": f"Bearer {key}"}
    return {}


def _read(answer: Answer, most: int) -> Any:
    if answer.status is None:
        code = "backend-slow" if answer.fault == "timed-out" else "backend-down"
        raise CopilotError(code)
    if 300 <= answer.status < 400:
        text = "The host that runs this model leads on to another address, which isn't followed."
        raise CopilotError("backend-refused", text)
    if answer.status >= 500:
        raise CopilotError("backend-down", f"The host that runs this model failed (status {answer.status}).")
    if not 200 <= answer.status < 300:
        raise CopilotError("backend-refused", f"The host that runs this model refused (status {answer.status}).")
    if len(answer.beginning) > most:
        raise CopilotError("no-answer", f"The model's host said more than the {most:,} bytes that are listened to.")
    try:
        return json.loads(answer.beginning, parse_constant=_no_number)
    except (ValueError, RecursionError):
        raise CopilotError("no-answer", "The model's host said something that is no JSON.") from None


def _no_number(name: str) -> float:
    raise ValueError(name)


def _wait(said: str) -> float:
    try:
        return min(LONGEST_WAIT, max(0.05, float(said)))
    except ValueError:
        return 0.5


def _words(name: str) -> list[str]:
    return [word.strip() for word in os.environ.get(name, "").split(",") if word.strip()]
