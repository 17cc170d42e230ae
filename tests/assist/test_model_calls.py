"""What a model's process has its starter ask another host: at its manifest's path alone, and nobody waits for it."""

import asyncio
import threading
from dataclasses import replace
from typing import Any

import pytest

from assist.adapters import RUNTIMES
from assist.adapters.bundle import Terms
from assist.errors import CopilotError
from assist.runtime.model_calls import ModelCalls
from taskers.outbound import guard

TAKEN_OVER = "fake-classes@1"
HOST = "https://host.example"


def calls_of(url: str) -> ModelCalls:
    offer = replace(RUNTIMES[TAKEN_OVER], terms=Terms("http", options={"url": url}))
    return ModelCalls(offer, None)


@pytest.mark.parametrize(
    "path", ["%2e%2e/admin", "%2E%2e%2fadmin", "../admin", "./..;/admin", "/admin", "a/..", "\\..\\a"]
)
async def test_a_model_asks_its_host_nothing_beside_its_own_path(path: str) -> None:
    exchange = calls_of("https://host.example/v1%20a").calls()["exchange"]
    terms = {"body": None, "seconds": 1, "read": 1}
    with pytest.raises(CopilotError) as problem:
        await exchange({"url": f"https://host.example/v1%20a/{path}"} | terms)
    assert "manifest" in problem.value.text
    with pytest.raises(CopilotError) as problem:
        await exchange({"url": "https://host.example/v1%20a/words"} | terms)
    assert "manifest" not in problem.value.text


async def test_a_host_whose_name_is_looked_up_slowly_holds_up_no_other_model(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TANDEM_OUTBOUND", "host.example")
    looking, known = threading.Event(), threading.Event()

    def look_up(host: str, port: int) -> list[str]:
        looking.set()
        assert known.wait(60), "whoever answers other models waited for it"
        return []

    monkeypatch.setattr(guard, "_addresses", look_up)
    exchange = calls_of("https://host.example").calls()["exchange"]
    fields = {"url": "https://host.example/a", "body": None, "seconds": 1, "read": 1}
    waiting: asyncio.Future[Any] = asyncio.ensure_future(exchange(fields))
    assert await asyncio.to_thread(looking.wait, 60)
    known.set()
    with pytest.raises(CopilotError, match="isn't known"):
        await waiting


@pytest.mark.parametrize("terms", [{"seconds": float("nan"), "read": 1}, {"seconds": 1, "read": -1}], ids=str)
async def test_a_model_waits_for_its_host_as_long_as_there_are_seconds(terms: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="limits"):
        await calls_of("https://host.example").calls()["exchange"](
            {"url": "https://host.example", "body": None} | terms
        )
