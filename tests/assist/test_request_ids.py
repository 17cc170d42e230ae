"""Whoever looks for a request finds what became of it in a model's process too."""

import pytest

from assist.errors import CopilotError
from assist.runtime.client import RuntimeClient
from taskers.telemetry import request_ids
from tests.support.assist.pictures import Picture
from tests.support.assist.running import FAKE, Runtime

MASKS, _SPANS = FAKE
OURS = "from-the-studio.7f3a"


async def test_a_fault_of_a_model_is_logged_with_the_request_that_asked(
    astronaut: Picture, ask_fake: RuntimeClient, fake_runtime: Runtime
) -> None:
    before = len(fake_runtime.said())
    request_ids.begin(OURS)
    with pytest.raises(CopilotError, match="failed"):
        await ask_fake.segment(MASKS, astronaut.sha256, astronaut.supply, "alice", "alice", points=[])
    (fault,) = [line for line in fake_runtime.said()[before:].splitlines() if "segment failed" in line]
    assert fault.endswith(f"segment failed [{OURS}]")
