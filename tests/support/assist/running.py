"""A runtime process of a test's own: started, asked, killed. Nothing of it stays behind."""

import asyncio
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from assist.runtime import client
from taskers.files.folders import models_folder
from tests.support.waiting import until

ROOT = Path(__file__).resolve().parents[3]
REAL = ("mobile-sam@0.2.0", "en-core-web-sm@3.8.0", "all-minilm-l6@2")
FAKE = ("fake-masks@1", "fake-spans@1")
SPACY_ONLY = ("en-core-web-sm@3.8.0",)


@dataclass
class Runtime:
    """One runtime process at one address; it may be stopped and started again."""

    models: tuple[str, ...]
    folder: Path
    seconds: float = 0.0  # how long each answer of a fake takes
    weights: Path = field(default_factory=models_folder)
    more: tuple[str, ...] = ()  # of its command line
    process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        return f"unix:{self.folder / 'runtime.sock'}"

    def start(self) -> None:
        command = [sys.executable, "-m", "assist.runtime.server", "--address", self.address]
        command += ["--models", ",".join(self.models), "--folder", str(self.weights)]
        command += ["--embeddings", str(self.folder / "embeddings"), "--nice", "0"]
        command += ["--stop-with-parent", str(os.getpid()), *self.more]
        environment = {**os.environ, "TANDEM_FAKE_SECONDS": str(self.seconds)}
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log)
        deadline = time.monotonic() + 60
        while not client.reachable(self.address):
            assert self.process.poll() is None, self.said()
            assert time.monotonic() < deadline, "the runtime did not come up"
            time.sleep(0.05)

    def until_ready(self) -> None:
        """Wait for every model to be loaded."""
        deadline = time.monotonic() + 120
        while True:
            status = client.status_now(self.address, 2.0)
            if status and all(model["state"] == "ready" for model in status["models"].values()):
                return
            assert time.monotonic() < deadline, self.said()
            time.sleep(0.05)

    def embedded(self) -> int:
        """How many images it has begun to embed since its start."""

        def told() -> dict[str, int] | None:
            return (client.status_now(self.address, 2.0) or {}).get("store")

        return until(told, why=self.said)["made"]

    def embeddings(self) -> list[str]:
        """The names of their files, half-written ones too. Who asked for one knows a moment before it is on disk."""
        return [one.name for one in (self.folder / "embeddings").glob("*")]

    def until_written(self, number: int) -> None:
        """Wait until so many lie on its disk, and nothing else."""
        until(lambda: [name.endswith(".emb") for name in self.embeddings()] == [True] * number, why=self.embeddings)

    def kill(self) -> None:
        """SIGKILL, as the kernel does when memory runs out."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()

    def stop(self) -> int:
        assert self.process is not None
        self.process.terminate()
        return self.process.wait(timeout=30)

    def said(self) -> str:
        return (self.folder / "log").read_text()


@contextmanager
def running(
    *models: str, seconds: float = 0.0, weights: Path | None = None, more: tuple[str, ...] = ()
) -> Iterator[Runtime]:
    """A started runtime, gone at the end. Its folder is short: a socket's path has about a hundred letters."""
    folder = Path(tempfile.mkdtemp(prefix="tandem-"))
    runtime = Runtime(models, folder, seconds, weights or models_folder(), more)
    try:
        runtime.start()
        yield runtime
    finally:
        runtime.kill()
        shutil.rmtree(folder, ignore_errors=True)


async def settled(condition, seconds: float = 60.0) -> None:
    """Wait until `condition()` holds, or fail."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it never came true"
        await asyncio.sleep(0.01)


async def until_at_work(asked_by: client.RuntimeClient, model: str, questions: int = 1) -> None:
    """Wait until this model has so many questions, the one that it is at among them."""
    async with asyncio.timeout(60):
        while (await asked_by.status())["models"][model]["waiting"] < questions:
            await asyncio.sleep(0.02)
