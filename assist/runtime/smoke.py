"""The first question to a model that somebody brought, in a sandboxed process of its own: one that crashes or does harm
takes nobody along."""

import asyncio
import contextlib
import tempfile
from itertools import islice
from math import isfinite
from pathlib import Path
from typing import Any

from assist.adapters import catalogue
from assist.adapters.files import WeightsProblem
from assist.errors import CopilotError
from assist.runtime import children, model_launch
from assist.runtime.doctor import Finding
from assist.runtime.model_calls import ModelCalls
from assist.runtime.model_channel import ModelConnection
from taskers.sandbox.launch import SandboxMisconfigured

SECONDS = 300.0
STOP_SECONDS = 2.0
MAX_LINES = 20  # of a finding
MAX_LINE = 600  # characters


def examine(key: str, folder: Path, seconds: float = SECONDS) -> Finding:
    """Load the model and ask it. Never raises: whatever is wrong is named in the finding."""
    return asyncio.run(_examined(key, folder, seconds))


async def _examined(key: str, folder: Path, seconds: float) -> Finding:
    with tempfile.TemporaryDirectory(prefix="tandem-first-question-") as place:
        Path(place).chmod(0o711)  # the sandbox may run as another user, who passes through to the model's folder
        try:
            offer = catalogue.find(key, folder)
            started = await model_launch.start(offer, Path(place, "model"), store=folder, examine=True)
        except (WeightsProblem, SandboxMisconfigured, OSError) as problem:
            return Finding(key, False, (str(problem),))
        connection = ModelConnection(ModelCalls(offer, None).calls())
        await connection.attach(started.channel)
        try:
            async with asyncio.timeout(seconds):
                found = await connection.ask("examine")
            return _finding(key, found)
        except (AttributeError, KeyError, TypeError, ValueError):
            return Finding(key, False, ("What its process said of the first question can't be read.",))
        except (TimeoutError, CopilotError) as problem:
            if isinstance(problem, TimeoutError) or problem.code == "too-slow":
                return Finding(key, False, (f"It didn't answer its first question within {seconds:.0f} s.",))
            return Finding(key, False, (await _ending(started.process),))
        finally:
            await connection.close()
            if started.process.returncode is None:
                await children.end(started.process, STOP_SECONDS, started.process.kill)
            if started.reader:
                await asyncio.wait({started.reader}, timeout=STOP_SECONDS)


def _finding(key: str, report: dict[str, Any]) -> Finding:
    """What the process found, which may be its model's own words. Raises what odd ones lead to."""
    lines = tuple("".join(filter(str.isprintable, line))[:MAX_LINE] for line in report["lines"][:MAX_LINES])
    figures = {name[:MAX_LINE]: float(value) for name, value in islice(report["figures"].items(), MAX_LINES)}
    if not all(map(isfinite, figures.values())):
        raise ValueError
    return Finding(key, report["well"] is True, lines, figures)


async def _ending(process: asyncio.subprocess.Process) -> str:
    """How a process ended that should have answered."""
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(process.wait(), STOP_SECONDS)
    code = process.returncode
    how = "it failed" if code is None else f"signal {-code}" if code < 0 else f"code {code}"
    return f"Its process ended at the first question ({how}). It may need more memory than it declares."
