"""What this process has counted, told in Prometheus' text form to whoever opens its socket.

Each process keeps its own counters, in memory, and tells them itself: nothing is shared between processes, written to
files or added up, so that counting costs next to nothing and a process that died takes along its own figures alone
(docs/decisions/0020). Who gathers them (config/metrics/) says beside each figure which process it is of.
"""

import logging
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from prometheus_client import REGISTRY, disable_created_metrics, generate_latest

from taskers.files.folders import data_folder

logger = logging.getLogger(__name__)
disable_created_metrics()  # a figure more for each, for which nobody asks

PATIENCE = 2.0  # seconds that somebody may take to read
PAUSE = 1.0  # seconds after a line that failed
LONGEST_PATH = 100  # bytes of a socket's path that every system takes


def wanted() -> bool:
    """Whether anybody may ask: then the operator said where, or with which token."""
    return bool(os.environ.get("TANDEM_METRICS_PORT") or os.environ.get("TANDEM_METRICS_TOKEN"))


def folder() -> Path:
    """Where the sockets of this machine's processes lie."""
    return data_folder() / "run" / "metrics"


def publish(kind: str) -> None:
    """Tell from now on, if anybody may ask; a socket that can't be made costs the figures and nothing else.

    `kind` is the process's name where whoever started it gave it none.
    """
    if not wanted():
        return
    name = os.environ.get("TANDEM_PROCESS") or f"{kind}.{os.getpid()}"
    try:
        listener = _listener(folder() / f"{name}.sock")
    except OSError as problem:
        logger.warning("What %s counts can't be asked for: %s", name, problem)
        return
    threading.Thread(target=_tell, args=[listener, _own_figures], name="metrics", daemon=True).start()


@contextmanager
def published(name: str, figures: Callable[[], bytes]) -> Iterator[None]:
    """Tell for a process that has no socket what it counts, as long as it lives: `figures` asks it, in another thread,
    and raises OSError where it doesn't answer."""
    try:
        listener = _listener(folder() / f"{name}.sock") if wanted() else None
    except OSError as problem:
        logger.warning("What %s counts can't be asked for: %s", name, problem)
        listener = None
    if listener is None:
        yield
        return
    threading.Thread(target=_tell, args=[listener, figures], name="metrics", daemon=True).start()
    try:
        yield
    finally:
        with suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)  # which wakes the thread
        listener.close()


def _own_figures() -> bytes:
    return generate_latest(REGISTRY)


def _listener(path: Path) -> socket.socket:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if len(os.fsencode(path)) > LONGEST_PATH:
        raise OSError(f"the path {path} is too long for a socket")
    fresh = path.with_suffix(f".{os.getpid()}")
    fresh.unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(fresh))
    fresh.chmod(0o600)
    listener.listen()
    fresh.replace(path)  # whoever finds it is heard
    return listener


def _tell(listener: socket.socket, figures: Callable[[], bytes]) -> None:
    while listener.fileno() >= 0:
        try:
            line, _ = listener.accept()
            with line:
                line.settimeout(PATIENCE)
                line.sendall(figures())
        except OSError:
            if listener.fileno() < 0:
                return
            time.sleep(PAUSE)  # no file may be open any more just now
