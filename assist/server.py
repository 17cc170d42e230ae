"""The runtime process: owns the models, answers web processes over a socket. `python -m assist.server`.

Needs no settings and no database. From the environment: TANDEM_RUNTIME (`unix:/path` or `tcp://host:port`),
TANDEM_DATA, TANDEM_MODELS (the folder of model files), TANDEM_RUNTIME_MODELS (what to serve, by name).
A TCP address belongs in a private network: whoever reaches it may ask.
"""

import argparse
import asyncio
import contextlib
import fcntl
import logging
import os
import re
import signal
import sys
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import IO, Any

from assist import frames
from assist.embeddings import EmbeddingStore
from assist.errors import CopilotError
from assist.runtimes import DEFAULTS, RUNTIMES
from assist.serving import Serving
from assist.weights import data_folder, default_folder

log = logging.getLogger("assist.runtime")

IN_FLIGHT = 1024  # questions at once on one line
SECONDS = {"status": 5.0, "segment": 60.0, "spans": 30.0, "embed": 120.0}
SHA256 = re.compile(r"[0-9a-f]{64}")

Answer = Callable[[dict[str, Any]], Awaitable[dict[str, Any]]]


class Line:
    """One connection from a web process. Each question is a task of its own; cancels are read in between."""

    def __init__(self, serving: Serving, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._answers: dict[str, Answer] = {
            "status": serving.status,
            "embed": serving.embed,
            "segment": serving.segment,
            "spans": serving.spans,
        }
        self._reader = reader
        self._writer = writer
        self._writing = asyncio.Lock()
        self._tasks: dict[int, asyncio.Task[None]] = {}

    async def serve(self) -> None:
        """Until the line ends; then nobody waits for the answers any more."""
        try:
            while (message := await frames.read(self._reader)) is not None:
                self._take(message)
        except frames.BadFrame as problem:
            log.warning("A line was closed: %s", problem)
        finally:
            for task in list(self._tasks.values()):
                task.cancel()
            self._writer.close()

    def _take(self, message: dict[str, Any]) -> None:
        id, op = message.get("id"), message.get("op")
        if not isinstance(id, int):
            raise frames.BadFrame("a question without a number")
        if op == "cancel":
            if id in self._tasks:
                self._tasks[id].cancel()
            return
        task = asyncio.create_task(self._answer(id, str(op), message))
        self._tasks[id] = task
        task.add_done_callback(lambda _: self._tasks.pop(id, None))

    async def _answer(self, id: int, op: str, message: dict[str, Any]) -> None:
        try:
            reply = {"id": id, "ok": await self._ask(op, message)}
        except CopilotError as problem:
            reply = {"id": id, "error": problem.code, "text": problem.text}
        except TimeoutError:
            reply = {"id": id, "error": "too-slow", "text": ""}
        except asyncio.CancelledError:
            return
        except Exception:
            log.exception("%s failed", op)
            reply = {"id": id, "error": "failed", "text": ""}
        with contextlib.suppress(ConnectionError):
            async with self._writing:
                self._writer.write(frames.pack(reply))
                await self._writer.drain()

    async def _ask(self, op: str, message: dict[str, Any]) -> dict[str, Any]:
        if op not in self._answers:
            raise CopilotError("bad-message", f"The runtime does not know {op[:40]!r}.")
        if len(self._tasks) > IN_FLIGHT:
            raise CopilotError("busy")
        if op in {"embed", "segment"} and not SHA256.fullmatch(str(message.get("image"))):
            raise CopilotError("bad-message", "An image is named by its sha256.")
        async with asyncio.timeout(SECONDS[op]):
            return await self._answers[op](message)


class AlreadyServing(Exception):
    """Another runtime serves this address; the message says which."""


def _own_socket(path: Path) -> IO[str]:
    """The lock that makes this process the one at `path`, with a dead one's socket cleared away."""
    path.parent.mkdir(parents=True, exist_ok=True)
    lock = open(f"{path}.lock", "w")  # noqa: SIM115 -- held as long as the process lives
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.close()
        raise AlreadyServing(f"Another runtime already serves {path}: stop it first.") from None
    path.unlink(missing_ok=True)
    return lock


async def serve(address: str, models: Sequence[str], folder: Path, store: EmbeddingStore) -> None:
    """Answer at `address` until cancelled. Raises AlreadyServing, OSError, or ValueError for a bad address."""
    kind, place, port = frames.split_address(address)
    with contextlib.ExitStack() as held:
        if kind == "unix":
            held.enter_context(_own_socket(Path(place)))
        serving = Serving(models, folder, store)
        held.callback(serving.close)

        async def line(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await Line(serving, reader, writer).serve()

        if kind == "unix":
            before = os.umask(0o177)  # only our own user may ask
            try:
                server = await asyncio.start_unix_server(line, place)
            finally:
                os.umask(before)
        else:
            server = await asyncio.start_server(line, place, port)
        log.info("The runtime serves %s at %s", ", ".join(models), address)
        held.callback(server.close)  # without waiting for lines that web processes keep open
        await asyncio.Event().wait()


async def _until_told(work: Awaitable[None], parent: int | None) -> None:
    """Run until SIGTERM, SIGINT, or the death of the parent that started us."""
    task = asyncio.ensure_future(work)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, task.cancel)
    while not task.done():
        await asyncio.wait([task], timeout=1.0)
        if parent is not None and os.getppid() != parent:
            task.cancel()
            parent = None
    with contextlib.suppress(asyncio.CancelledError):
        await task


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    data = data_folder()
    parser = argparse.ArgumentParser(prog="python -m assist.server", description="The copilot's runtime process.")
    parser.add_argument(
        "--address",
        default=os.environ.get("TANDEM_RUNTIME") or f"unix:{data / 'run' / 'runtime.sock'}",
    )
    parser.add_argument("--models", default=os.environ.get("TANDEM_RUNTIME_MODELS") or ",".join(DEFAULTS))
    parser.add_argument("--folder", type=Path, default=default_folder())
    parser.add_argument("--embeddings", type=Path, default=data / "embeddings")
    parser.add_argument("--memory-mb", type=int, default=512, help="embeddings held in memory")
    parser.add_argument("--disk-mb", type=int, default=4096, help="embeddings kept on disk")
    parser.add_argument("--nice", type=int, default=10, help="how far to step back for other processes")
    parser.add_argument("--stop-with-parent", action="store_true", help="end when the starting process is gone")
    return parser.parse_args(arguments)


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line."""
    parent = os.getppid()
    options = _options(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    models = [key.strip() for key in options.models.split(",") if key.strip()]
    unknown = [key for key in models if key not in RUNTIMES]
    if unknown:
        print(f"There is no model {unknown[0]!r}; there are {', '.join(RUNTIMES)}.", file=sys.stderr)
        return 2
    os.nice(options.nice)
    store = EmbeddingStore(options.embeddings, options.memory_mb << 20, options.disk_mb << 20)
    work = serve(options.address, models, options.folder, store)
    try:
        asyncio.run(_until_told(work, parent if options.stop_with_parent else None))
    except (AlreadyServing, OSError, ValueError) as problem:
        print(f"The runtime can't start: {problem}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
