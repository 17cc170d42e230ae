"""A model's own process: `python -m taskers.sandbox assist.runtime.model_process --channel FD --folder DIR ...`.

It is started by model_launch.py, inside the sandbox, with a folder that holds its model and nothing else. All that it
hears comes over the channel, and when that ends, so does the process.
"""

import argparse
import asyncio
import contextlib
import os
import signal
import socket
import sys
import threading
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from prometheus_client import REGISTRY, generate_latest

from assist.adapters import Offer, memory_allowance, outside
from assist.errors import CopilotError
from assist.runtime import doctor, framing, model_folder, resting
from assist.runtime.embedding_store import EmbeddingStore
from assist.runtime.line import Line, log_to_standard_error
from assist.runtime.model_channel import Starter, StarterDisk
from assist.runtime.operations import INNER_OPERATIONS, OPERATIONS, Answers
from assist.runtime.serving import Serving
from taskers.outbound.sending import Answer, Limits
from taskers.telemetry import spans

ORPHAN_SECONDS = 5.0  # for what is left to do once the channel has ended


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m assist.runtime.model_process")
    parser.add_argument("key", help="for whoever looks at the list of processes")
    parser.add_argument("--channel", type=int, required=True, help="the inherited descriptor")
    parser.add_argument("--folder", type=Path, required=True, help="what model_folder.lay made")
    parser.add_argument("--state", type=Path, help="what it may write: of a model on another host")
    parser.add_argument("--memory-mb", type=int, default=512, help="embeddings held in memory")
    parser.add_argument("--disk-mb", type=int, default=0, help="embeddings kept on disk by whoever started it")
    parser.add_argument("--examine", action="store_true", help="answer nothing but the first question")
    options = parser.parse_args(arguments)
    log_to_standard_error()
    offer = model_folder.read_offer(options.folder)
    memory_allowance.grant(offer)
    resting.leave_torch_out([offer])
    asyncio.run(_serve(options, offer))
    return 0


class ModelLine(Line):
    """The runtime's line, with replies to our own calls among the questions."""

    starter: Starter

    def _take(self, message: dict[str, Any]) -> None:
        if "reply" in message:
            self.starter.receive(message)
        else:
            super()._take(message)


async def _serve(options: argparse.Namespace, offer: Offer) -> None:
    reader, writer = await asyncio.open_connection(sock=socket.socket(fileno=options.channel))
    starter = Starter(writer)
    outside.exchange_through(_exchange(starter))
    spans.begin_through("model", lambda data: starter.call_now("export-spans", data=data))
    if options.examine:
        await _until_over(reader, writer, starter, {"examine": _examined(offer, options)}, _nothing)
        return
    store = EmbeddingStore(
        None, options.memory_mb << 20, options.disk_mb << 20, StarterDisk(starter, options.disk_mb << 20)
    )
    serving = Serving([offer], options.folder, store, options.state)
    answers = {name: getattr(serving, name) for name in OPERATIONS} | {"metrics": _metrics}
    try:
        await _until_over(reader, writer, starter, answers, store.written)
    finally:
        serving.close()


async def _until_over(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    starter: Starter,
    answers: Answers,
    finish: Callable[[], Awaitable[None]],
) -> None:
    """Answer until the channel ends, or SIGTERM comes and `finish` has finished; then be gone soon, even where a model
    is still at a question."""
    line = ModelLine(answers, reader, writer, OPERATIONS | INNER_OPERATIONS)
    line.starter = starter
    serving, stop = asyncio.ensure_future(line.serve()), asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    stopping = asyncio.ensure_future(stop.wait())
    await asyncio.wait({serving, stopping}, return_when=asyncio.FIRST_COMPLETED)
    if not serving.done():
        await asyncio.wait({serving, asyncio.ensure_future(finish())}, return_when=asyncio.FIRST_COMPLETED)
    for task in (serving, stopping):
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
    last = threading.Timer(ORPHAN_SECONDS, os._exit, (1,))
    last.daemon = True
    last.start()


async def _nothing() -> None:
    """There is nothing to finish."""


def _examined(offer: Offer, options: argparse.Namespace) -> Any:
    async def examine(question: dict[str, Any]) -> dict[str, Any]:
        (finding,) = await asyncio.to_thread(doctor.examine, [offer], options.folder, options.state)
        return asdict(finding)

    return examine


async def _metrics(question: dict[str, Any]) -> dict[str, Any]:
    return {"text": generate_latest(REGISTRY)}


def _exchange(starter: Starter) -> outside.Exchange:
    """How an adapter asks another host from in here: its starter does, where the operator and the manifest allow it.

    The starter knows itself whose the model is.
    """

    async def exchange(url: str, owner: str, body: bytes | None, limits: Limits) -> Answer:
        fields = {"url": url, "body": body, "seconds": limits.seconds, "read": limits.read}
        reply = await asyncio.to_thread(starter.call_now, "exchange", **fields)
        return Answer(**reply)

    return exchange


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (CopilotError, framing.BadFrame, OSError) as problem:
        print(f"A model's process can't go on: {problem}", file=sys.stderr)
        sys.exit(1)
