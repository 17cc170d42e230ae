"""The runtime process: owns the models, answers web processes over a socket. `python -m assist.runtime.server`.

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
import signal
import socket
import sys
import threading
from collections.abc import AsyncIterator, Awaitable, Sequence
from functools import partial
from pathlib import Path
from typing import IO

from assist.adapters import DEFAULTS, Offer, catalogue, priority
from assist.adapters.files import WeightsProblem
from assist.runtime import engine, framing, metrics, resting, supervisor
from assist.runtime.embedding_files import EmbeddingFiles
from assist.runtime.embedding_store import STORE_MB, EmbeddingStore
from assist.runtime.line import Line, log_to_standard_error
from assist.runtime.operations import OPERATIONS, Answers
from assist.runtime.serving import Serving
from taskers.files.folders import data_folder, models_folder
from taskers.telemetry import publish, spans

log = logging.getLogger("assist.runtime")

# Steps of niceness: a quarter of a processor where one web process wants it. A request beside work on masks is as
# quick as with ten steps; with ten, on a full machine, masks don't come at all, and people wait for those too.
NICE = 5
PARENT_SECONDS = 3.0  # between two looks at whether whoever started us is there
ORPHAN_SECONDS = 5.0  # for what is left to do once they are gone


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


def _listening(path: Path) -> socket.socket:
    """A socket at `path` that only our own user may ask; nothing else is made while the mask is in force."""
    listener = socket.socket(socket.AF_UNIX)
    before = os.umask(0o177)
    try:
        listener.bind(str(path))
    except OSError:
        listener.close()
        raise
    finally:
        os.umask(before)
    return listener


@contextlib.asynccontextmanager
async def alone(models: Sequence[Offer], folder: Path, store: EmbeddingStore) -> AsyncIterator[Answers]:
    """The answers of models in this very process."""
    serving = Serving(models, folder, store)
    try:
        yield {name: getattr(serving, name) for name in OPERATIONS}
    finally:
        serving.close()
        await store.written()


def apart(
    models: Sequence[Offer], options: argparse.Namespace, place: Path, patience: supervisor.Patience
) -> contextlib.AbstractAsyncContextManager[Answers]:
    """The answers of models that have a process each, in the sandbox."""
    find = partial(catalogue.find, folder=options.folder)
    begin = supervisor.sandboxed(options.folder, memory_mb=options.memory_mb, disk_mb=options.disk_mb)
    disk = EmbeddingFiles(options.embeddings, options.disk_mb << 20)
    metrics.BYTES.labels("disk").set_function(disk.bytes_used)
    return engine.opened(lambda: supervisor.Hub(models, find, place, begin, patience, disk))


async def serve(address: str, open_answers: contextlib.AbstractAsyncContextManager[Answers]) -> None:
    """Answer at `address` until cancelled. Raises AlreadyServing, OSError, or ValueError for a bad address."""
    kind, place, port = framing.split_address(address)
    with contextlib.ExitStack() as held:
        if kind == "unix":
            held.enter_context(_own_socket(Path(place)))
        async with open_answers as answers:

            async def line(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
                with contextlib.suppress(asyncio.CancelledError):  # at the end; asyncio would report each as an error
                    await Line(answers, reader, writer).serve()

            if kind == "unix":
                server = await asyncio.start_unix_server(line, sock=_listening(Path(place)))
            else:
                server = await asyncio.start_server(line, place, port)
            held.callback(server.close)  # without waiting for lines that web processes keep open
            await asyncio.Event().wait()


async def _until_told(work: Awaitable[None], parent: int | None) -> None:
    """Run until SIGTERM, SIGINT, or the death of the parent that started us."""
    task = asyncio.ensure_future(work)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, task.cancel)
    while not task.done():
        await asyncio.wait([task], timeout=PARENT_SECONDS)
        if parent is not None and os.getppid() != parent:
            task.cancel()
            parent = None
            _end_within(ORPHAN_SECONDS)
    with contextlib.suppress(asyncio.CancelledError):
        await task


def _end_within(seconds: float) -> None:
    """End by then, even where a model is still at a question: whoever would kill us is gone."""
    last = threading.Timer(seconds, os._exit, (1,))
    last.daemon = True
    last.start()


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    data = data_folder()
    parser = argparse.ArgumentParser(
        prog="python -m assist.runtime.server", description="The copilot's runtime process."
    )
    parser.add_argument(
        "--address",
        default=os.environ.get("TANDEM_RUNTIME") or f"unix:{data / 'run' / 'runtime.sock'}",
    )
    parser.add_argument("--models", default=os.environ.get("TANDEM_RUNTIME_MODELS") or ",".join(DEFAULTS))
    parser.add_argument("--folder", type=Path, default=models_folder())
    parser.add_argument("--embeddings", type=Path, default=data / "embeddings")
    held, kept = (int(os.environ.get(name) or usual) for name, usual in STORE_MB.items())
    parser.add_argument("--memory-mb", type=int, default=held, help="embeddings held in memory")
    parser.add_argument("--disk-mb", type=int, default=kept, help="embeddings kept on disk")
    parser.add_argument("--nice", type=int, default=NICE, help="how far to step back for other processes")
    parser.add_argument(
        "--silent-seconds",
        type=float,
        default=supervisor.SILENT_SECONDS,
        help="a model silent for so long is started again",
    )
    parser.add_argument(
        "--idle-minutes",
        type=float,
        default=float(os.environ.get("TANDEM_MODEL_IDLE_MINUTES") or supervisor.IDLE_SECONDS / 60),
        help="a model that was loaded when it was asked makes room after so long without a question; 0: never",
    )
    parser.add_argument("--job-seconds", type=float, help="so is one that is at one question for so long")
    parser.add_argument("--alone", action="store_true", help="hold the models in this process, unsandboxed: for tests")
    parser.add_argument(
        "--stop-with-parent", type=int, metavar="PID", help="end when this process, which started us, is gone"
    )
    return parser.parse_args(arguments)


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line."""
    options = _options(arguments)
    log_to_standard_error()
    try:
        models = _models(options)
        if options.alone:
            resting.leave_torch_out(models)
        work = serve(options.address, _answers(options, models))
        publish.publish("model" if options.alone else "runtime")
        spans.begin("model" if options.alone else "runtime")
        priority.lower(options.nice)
        log.info("Serving %s at %s", ", ".join(offer.key for offer in models), options.address)
        asyncio.run(_until_told(work, options.stop_with_parent))
    except WeightsProblem as problem:
        print(problem, file=sys.stderr)
        return 2
    except (AlreadyServing, OSError, ValueError) as problem:
        print(f"The runtime can't start: {problem}", file=sys.stderr)
        return 1
    return 0


def _models(options: argparse.Namespace) -> list[Offer]:
    keys = [key.strip() for key in options.models.split(",") if key.strip()]
    return [catalogue.find(key, options.folder) for key in keys]


def _answers(options: argparse.Namespace, models: Sequence[Offer]) -> contextlib.AbstractAsyncContextManager[Answers]:
    if options.alone:
        store = EmbeddingStore(options.embeddings, options.memory_mb << 20, options.disk_mb << 20)
        return alone(models, options.folder, store)
    kind, place, _ = framing.split_address(options.address)
    job = dict.fromkeys(supervisor.JOB_SECONDS, options.job_seconds) if options.job_seconds else supervisor.JOB_SECONDS
    patience = supervisor.Patience(options.silent_seconds, options.idle_minutes * 60, job)
    return apart(models, options, supervisor.own_place(kind, place), patience)


if __name__ == "__main__":
    sys.exit(main())
