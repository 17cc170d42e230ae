"""The data folder: made, and owned by one running Tandem at a time."""

import contextlib
import errno
import fcntl
import json
import os
import socket
from pathlib import Path
from typing import IO

from config.problem import CannotStart

ROOT = Path(__file__).resolve().parent.parent


def make_writable(data: Path) -> None:
    """Make the data folder and prove that it can be written, or raise CannotStart."""
    try:
        (data / "run").mkdir(parents=True, exist_ok=True)
        probe = data / "run" / ".writable"
        probe.touch()
        probe.unlink()
    except OSError as problem:
        raise CannotStart(
            f"The data folder {data} can't be written ({problem.strerror}): "
            "give this user the right to write there, or set TANDEM_DATA to another folder."
        ) from None


def own(data: Path, address: str) -> IO:
    """Become the one Tandem of this data folder until the returned lock is closed, or raise CannotStart."""
    lock = open(data / "run" / "owner.lock", "a+")  # noqa: SIM115 (held for the life of the process)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.seek(0)
        owner = {"pid": "?", "address": "?"}
        with contextlib.suppress(ValueError, TypeError):
            owner |= json.loads(lock.read())
        lock.close()
        raise CannotStart(
            f"Tandem already runs from {data} (process {owner['pid']}, {owner['address']}): "
            "stop it first, or set TANDEM_DATA to another folder."
        ) from None
    lock.truncate(0)
    lock.write(json.dumps({"pid": os.getpid(), "address": address}))
    lock.flush()
    return lock


def listen(host: str, port: int) -> socket.socket:
    """Open the port, or raise CannotStart."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(1024)
    except OverflowError:
        listener.close()
        raise CannotStart(f"{port} is not a port: choose one from 1 to 65535.") from None
    except OSError as problem:
        listener.close()
        raise CannotStart(_why_not(host, port, problem)) from None
    listener.set_inheritable(True)
    return listener


def _why_not(host: str, port: int, problem: OSError) -> str:
    if problem.errno == errno.EADDRINUSE:
        return (
            f"Port {port} on {host} is taken: stop what listens there, or choose another one, "
            f"as in `make run PORT={port + 1000}`."
        )
    if problem.errno == errno.EACCES:
        return f"This user may not listen on port {port}: choose one above 1023."
    return f"Can't listen on {host} port {port}: {problem.strerror or problem}."
