"""How an adapter asks another host: only one that the operator allows, within limits, following nowhere.

Read from the environment, since a model's process has no settings: TANDEM_OUTBOUND and TANDEM_OUTBOUND_PRIVATE as
everywhere (taskers/outbound/guard.py), and TANDEM_MODEL_KEYS (taskers/outbound/host_keys.py): a key goes to its own
address alone, for models of its own organization, and stands in no manifest.
"""

import asyncio
import json
import os
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from assist.adapters.bundle import Bundle, owner_of
from assist.errors import CopilotError
from taskers.errors import Problem
from taskers.outbound import host_keys
from taskers.outbound.guard import Guard, Route, pattern
from taskers.outbound.sending import Answer, Limits, connection, get, post

SECONDS, CONNECT_SECONDS = 30.0, 4.0
MOST_BYTES = 8 << 20
MAX_READ = 64 << 20  # bytes of one answer, whatever a manifest says
SLOW_DOWN = (429, 503)
LONGEST_WAIT = 5.0  # seconds that a host may ask us to wait before the second try
TRIES = 3
LOOKUPS = 8  # names that are looked up at once; what else this process does waits for none of them


@dataclass(frozen=True)
class Host:
    """Where a model lives, whose it is, and how far it is waited for and listened to."""

    url: str
    owner: str
    seconds: float = SECONDS
    most_bytes: int = MOST_BYTES

    @classmethod
    def of(cls, bundle: Bundle) -> "Host":
        """From a manifest's options."""
        options = bundle.terms.options
        limits = options.get("seconds", SECONDS), options.get("most_bytes", MOST_BYTES)
        return cls(options["url"].rstrip("/"), owner_name(bundle.key), *limits)

    def ask(self, path: str, body: object) -> Any:
        """What it answers to a JSON body, as JSON. Raises CopilotError: "backend-down", "backend-slow",
        "backend-refused", "key-refused", "busy" or "no-answer"."""
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
        return await _exchange(f"{self.url}{path}", self.owner, body, limits)


async def ask_directly(url: str, owner: str, body: bytes | None, limits: Limits) -> Answer:
    """One request for a model of this owner, by this process itself. Raises CopilotError "backend-refused" for a host
    that isn't allowed, "key-refused" where its key is another's."""
    # A name's servers may take half a minute, and this may be the loop that all models are asked through.
    route = await asyncio.get_running_loop().run_in_executor(_lookups, _route, url)
    headers = {"Content-Type": "application/json", "Accept": "application/json"} | _key_for(route, owner)
    over = connection()
    try:
        if body is None:
            return await get(over, route, headers, limits)
        return await post(over, route, headers, body, limits)
    finally:
        await over.aclose()


_lookups = ThreadPoolExecutor(LOOKUPS, "lookup")
Exchange = Callable[[str, str, bytes | None, Limits], Awaitable[Answer]]  # as ask_directly
_exchange: Exchange = ask_directly


def exchange_through(exchange: Exchange) -> None:
    """From now on, have somebody else make this process's requests: a sandboxed one has no socket."""
    global _exchange
    _exchange = exchange


def owner_name(key: str) -> str:
    """Whose a model is, as keys of hosts name it."""
    return owner_of(key) or host_keys.EVERYBODY


def guard() -> Guard:
    """What the operator allows."""
    hosts, private = (_words(name) for name in ("TANDEM_OUTBOUND", "TANDEM_OUTBOUND_PRIVATE"))
    return Guard([pattern(one) for one in hosts], [pattern(one) for one in private])


def _route(url: str) -> Route:
    try:
        return guard().route(url)
    except Problem as problem:
        raise CopilotError("backend-refused", _plain(problem)) from None


def _key_for(route: Route, owner: str) -> dict[str, str]:
    """Raises CopilotError "key-refused" where the operator has a key for this host that may not go along."""
    try:
        key = host_keys.key_for(host_keys.read(_words(host_keys.VARIABLE)), route.destination, owner)
    except Problem as problem:
        raise CopilotError("key-refused", _plain(problem)) from None
    except host_keys.BadKeys as problem:
        raise CopilotError("key-refused", str(problem)) from None
    return {"Authorization": f"Bearer {key}"} if key else {}


def _plain(problem: Problem) -> str:
    """What it says in English: there is no reader's language here."""
    return problem.template % problem.values if problem.values else problem.template


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
