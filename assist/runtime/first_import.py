"""A first import of a model's libraries outside the sandbox, with nothing untrusted at hand.

A sandboxed process can't keep what Python compiles; without this each would compile its libraries anew.
"""

import asyncio
import contextlib
import importlib.util
import os
import sys
import sysconfig
from pathlib import Path

from assist.adapters import Offer
from taskers.files.folders import CHECKOUT

NAME = "assist.adapters.{}"


async def compiled(offer: Offer) -> None:
    """Import this model's libraries once in a process of their own, unless that was done since they were installed."""
    module = NAME.format(offer.loader.partition(":")[0])
    if _is_compiled(module):
        return
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", f"import {module}, assist.runtime.model_process", cwd=CHECKOUT
    )
    try:
        await process.wait()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    with contextlib.suppress(OSError):
        os.utime(_cache_of(module))


def _is_compiled(module: str) -> bool:
    """Also where nothing that is compiled can be kept: a first import would change nothing there."""
    cache, packages = _cache_of(module), Path(sysconfig.get_path("purelib"))
    if sys.dont_write_bytecode or not os.access(packages, os.W_OK):
        return True
    try:
        return cache.stat().st_mtime >= packages.stat().st_mtime
    except OSError:
        return False


def _cache_of(module: str) -> Path:
    return Path(importlib.util.cache_from_source(str(CHECKOUT / f"{module.replace('.', '/')}.py")))
