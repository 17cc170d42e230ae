"""Starts a model's process in the sandbox: its folder, its policy, its channel."""

import asyncio
import os
import socket
from dataclasses import dataclass
from pathlib import Path

from assist.adapters import Offer
from assist.adapters.kinds import KINDS
from assist.runtime import first_import, model_folder, model_log
from taskers.sandbox import launch
from taskers.sandbox.policy import Limits, Policy

PACKAGES = ("assist", "taskers")
VARIABLES = ("TANDEM_FAKE_SECONDS",)
USUAL_SHARE = "0.1"
STATE_FILE_BYTES = 64 << 20


@dataclass(frozen=True)
class Started:
    """A model's process, our end of its channel, its folder, which whoever waits for its end removes, and who reads
    what it writes to its error output."""

    process: asyncio.subprocess.Process
    channel: socket.socket
    folder: Path
    reader: asyncio.Task[None] | None = None


async def start(
    offer: Offer, place: Path, *, store: Path, memory_mb: int = 0, disk_mb: int = 0, examine: bool = False
) -> Started:
    """Start it with a folder of its own at `place`. Raises OSError and SandboxMisconfigured."""
    model_folder.remove(place)
    model_folder.lay(offer, store, place)
    state = model_folder.state_of(offer, store) if is_outside(offer) else None
    if state:
        launch.hand_over(state)
    await first_import.compiled(offer)
    ours, theirs = socket.socketpair()
    try:
        words = ["assist.runtime.model_process", offer.key, "--channel", str(theirs.fileno()), "--folder", str(place)]
        words += ["--memory-mb", str(memory_mb), "--disk-mb", str(disk_mb)]
        words += ["--state", str(state)] if state else []
        words += ["--examine"] if examine else []
        policy = Policy(
            readable=(str(place), *map(str, model_folder.files_of(offer, store))),
            writable=(str(state),) if state else (),
            limits=Limits(file_bytes=STATE_FILE_BYTES),
        )
        variables = {name: os.environ[name] for name in VARIABLES if name in os.environ}
        variables["TANDEM_PROCESS"] = process_name(offer)
        if os.environ.get("TANDEM_TRACES"):
            variables["TANDEM_TRACES_SHARE"] = os.environ.get("TANDEM_TRACES_SHARE") or USUAL_SHARE
        prepared = launch.prepare(words, policy, packages=PACKAGES, variables=variables, gpu=offer.accelerated)
        process = await asyncio.create_subprocess_exec(
            *prepared.command,
            **prepared.options,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
            pass_fds=(theirs.fileno(),),
        )
    except BaseException:
        ours.close()
        model_folder.remove(place)
        raise
    finally:
        theirs.close()
    assert process.stderr is not None
    return Started(process, ours, place, asyncio.create_task(model_log.follow(process.stderr, offer.key)))


def process_name(offer: Offer) -> str:
    """What its process is called in figures and traces."""
    return f"model.{offer.key}"


def is_outside(offer: Offer) -> bool:
    """Whether its answers come from another host."""
    return offer.terms is not None and KINDS[offer.terms.adapter].outside
