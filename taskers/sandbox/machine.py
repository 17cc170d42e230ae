"""What this machine can and cannot deny to a sandboxed process: for the operator's page and `models doctor`."""

import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass

from taskers.sandbox import landlock, launch, seccomp


@dataclass(frozen=True)
class Gap:
    """Something that the sandbox does not deny here. `text` says what, and what to do about it.

    A gap is `open` where a hostile model could reach something through it; the others are layers that are missing.
    """

    key: str
    text: str
    open: bool = True


def gaps() -> list[Gap]:
    """Every gap of the sandbox on this machine; empty where all is denied that can be."""
    return [*_of_the_kernel(), *_of_the_setup()]


def _of_the_kernel() -> Iterator[Gap]:
    version = landlock.abi()
    if not version:
        yield Gap(
            "no-landlock",
            "This kernel has no Landlock (Linux 5.13 or newer, switched on), so a model's process can read what"
            f" its system user can read: set {launch.USER_VARIABLE} to a user of its own.",
        )
    elif version < 3:
        yield Gap(
            "old-landlock",
            f"This kernel's Landlock (version {version}) is old: Linux 6.2 or newer denies more.",
            open=False,
        )
    if not seccomp.available():
        yield Gap(
            "no-seccomp",
            "This kernel or processor filters no system calls, so a model's process can open sockets and start"
            " processes: run the runtime in a container without a network.",
        )


def _of_the_setup() -> Iterator[Gap]:
    try:
        launch.python_paths()
        user = launch.identity()
        launch.refuse_closed(user, [sys.executable])
        own_user = bool(user)
    except launch.SandboxMisconfigured as problem:
        yield Gap("misconfigured", str(problem))
        own_user = False
    if os.geteuid() == 0 and not own_user:
        yield Gap(
            "runs-as-root",
            f"Models' processes run as root, without its capabilities, and may start any number of threads: set"
            f" {launch.USER_VARIABLE}, or start Tandem as another user.",
            open=False,
        )
