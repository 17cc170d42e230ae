"""Two web processes, a worker and a runtime, as a production start has them.

`python -m benchmarks.copilot.site PORT` is the process that starts them.
"""

import asyncio
import contextlib
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from assist.runtime import client
from config.log_output import Plain
from config.start import Plan, execute

PATIENCE = 300.0
QUIET_SECONDS = 1.0
WEBS = 2


@contextlib.contextmanager
def running() -> Iterator[int]:
    """The whole at work on the environment's database; its port. Ends with the block."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", __spec__.name, str(port)]
    log = Path(os.environ["TANDEM_DATA"]) / "log.txt"
    with log.open("w") as file:
        process = subprocess.Popen(command, env=os.environ | {"TANDEM_POOL": "8"}, stdout=file, stderr=file)
    try:
        until = time.monotonic() + PATIENCE
        while not _ready(port):
            assert process.poll() is None, f"the site ended at its start:\n{log.read_text()}"
            assert time.monotonic() < until, "the site did not come up"
            time.sleep(0.5)
        yield port
    finally:
        process.terminate()
        process.wait(60)


def address() -> str:
    """Where its runtime listens."""
    return f"unix:{os.environ['TANDEM_DATA']}/run/runtime.sock"


async def quiet() -> None:
    """Wait until the runtime has nothing left to do, in advance or otherwise, for a second."""
    since, until = time.monotonic(), time.monotonic() + PATIENCE
    while time.monotonic() - since < QUIET_SECONDS:
        await asyncio.sleep(0.1)
        status = await asyncio.to_thread(client.status_now, address(), 5.0)
        if status is None or any(model["waiting"] for model in status["models"].values()):
            since = time.monotonic()
            assert since < until, "the runtime did not come to rest"


def _ready(port: int) -> bool:
    with socket.socket() as line:
        if line.connect_ex(("127.0.0.1", port)):
            return False
    status = client.status_now(address(), 5.0)
    return status is not None and all(model["state"] == "ready" for model in status["models"].values())


if __name__ == "__main__":
    execute(Plan("127.0.0.1", int(sys.argv[1]), Plain(), webs=WEBS, migrate=False))
