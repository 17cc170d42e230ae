"""Whoever looks for a request finds what became of it in a model's process too."""

import pytest

from assist.errors import CopilotError
from assist.runtime.client import RuntimeClient
from taskers.telemetry import request_ids
from tests.support.assist.pictures import Picture
from tests.support.assist.running import FAKE, running

MASKS, _SPANS = FAKE
OURS = "from-the-studio.7f3a"


async def test_a_fault_of_a_model_is_logged_with_the_request_that_asked(astronaut: Picture) -> None:
    with running(*FAKE) as runtime:
        runtime.until_ready()
        client = RuntimeClient(runtime.address)
        request_ids.begin(OURS)
        with pytest.raises(CopilotError, match="failed"):
            await client.segment(MASKS, astronaut.sha256, astronaut.supply, "alice", "alice", points=[])
        await client.close()
        (fault,) = [line for line in runtime.said().splitlines() if "segment failed" in line]
    assert fault.endswith(f"segment failed [{OURS}]")
