"""A process in the sandbox that reads one import's files: `python -m taskers.sandbox projects.data.reading.process`.

It sees no file but those of its scratch folder, has no settings, no database and no secret, and asks the process that
started it for every byte (sandboxed.py, messages.py). It ends when that process does.
"""

import os
import resource
import select
import shutil
import signal
import socket
import sys
import tempfile
import threading
import traceback
from collections.abc import Callable, Generator, Iterable
from contextlib import ExitStack, closing, suppress
from typing import Any, cast

from django.conf import settings

from projects.data.connectors import upload
from projects.data.connectors.files import Files
from projects.data.reading import columns, messages, read_labels
from projects.data.reading.channel import Channel, Ended
from projects.data.reading.format import Reading
from projects.data.reading.formats import FORMATS, recognise
from projects.data.reading.readers import datumaro_formats, datumaro_items
from projects.data.reading.remote_files import RemoteFiles, Starter, Stopped
from projects.data.reading.rows import Item
from taskers.errors import Problem

EVERY_READER_BYTES = 1024**3  # of memory beyond what the process takes itself
MAX_COMMAND = 64 * 1024 * 1024  # bytes; it holds the mapping of a table's columns


def main(descriptor: int) -> None:
    """Do what the starter says over this end of the channel, until it closes its own."""
    for number in (signal.SIGTERM, signal.SIGINT):  # they are for the starter, which decides what becomes of this one
        signal.signal(number, signal.SIG_IGN)
    settings.configure(USE_I18N=False)
    line = socket.socket(fileno=descriptor)
    threading.Thread(target=_end_with_starter, args=(descriptor,), daemon=True).start()
    limit_memory(memory_in_use() + EVERY_READER_BYTES)
    reader = Reader(Channel(line, read_ahead=False))
    try:
        reader.serve()
    except (Ended, OSError):
        _leave()


def _end_with_starter(descriptor: int) -> None:
    poll = select.poll()
    poll.register(descriptor, 0)
    poll.poll()
    _leave()


def _leave() -> None:
    """End, and leave nothing behind: where the starter was killed, nobody else clears up."""
    datumaro_items.confined.writable = []
    for entry in os.scandir(tempfile.gettempdir()):
        shutil.rmtree(entry.path, ignore_errors=True)
        with suppress(OSError):
            os.unlink(entry.path)
    os._exit(0)


def memory_in_use() -> int:
    """Bytes of memory that RLIMIT_DATA counts."""
    with open("/proc/self/status") as file:
        return next((int(line.split()[1]) * 1024 for line in file if line.startswith("VmData:")), 0)


def limit_memory(most: int | None) -> None:
    """Let this process take so many bytes of memory, or with None as many as its starter allows, and never more."""
    hard = resource.getrlimit(resource.RLIMIT_DATA)[1]
    limits = [limit for limit in (most, hard) if limit not in (None, resource.RLIM_INFINITY)]
    resource.setrlimit(resource.RLIMIT_DATA, (min(limits, default=hard), hard))


class Reader:
    """What this process does, one command after the other."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._starter = Starter(channel)
        self._remote = RemoteFiles(self._starter)
        self._upload = ""
        self._files: Files | None = None
        self._opened = ExitStack()
        self._said_more = select.poll()
        self._said_more.register(channel, select.POLLIN)
        self._commands: dict[str, Callable[..., Any]] = {
            "recognise": self._recognise,
            "header": self._header,
            "count": self._count,
            "read": self._read,
            "labels": self._labels,
        }

    def serve(self) -> None:
        """Answer commands. Raises Ended or OSError once nobody gives any."""
        while True:
            kind, *fields = self._channel.receive(MAX_COMMAND)
            if kind == "begin":
                (self._upload,) = fields
            elif kind != "stop":  # which came too late
                self._starter.begin()
                self._channel.send(*self._outcome(self._commands[kind], fields))

    def _outcome(self, command: Callable[..., Any], fields: list[Any]) -> Iterable[Any]:
        try:
            return "done", command(*fields)
        except Stopped:
            return ("stopped",)
        except Problem as problem:
            return messages.packed_problem(problem)
        except MemoryError:
            limit_memory(None)  # to say so
            return ("out-of-memory",)
        except (Ended, BrokenPipeError, ConnectionResetError):
            raise
        except Exception as error:  # a fault of ours, or of a library; what it says may be what the file says
            places = [f"{frame.filename}:{frame.lineno}" for frame in traceback.extract_tb(error.__traceback__)]
            return "broken", type(error).__name__, places[-30:]

    def _source(self) -> Files:
        """The files: those of the starter, or what is in the only one that it has."""
        if not self._upload:
            return self._remote
        if self._files is None:
            (entry,) = self._remote.entries()
            file = self._opened.enter_context(self._remote.open(entry.name))
            self._files = self._opened.enter_context(upload.opened(file, self._upload))
        return self._files

    def _recognise(self, task_type: str) -> str:
        return recognise(self._source(), task_type).key

    def _header(self, key: str) -> list[str]:
        return columns.header(self._source(), FORMATS[key])

    def _count(self) -> int:
        return sum(1 for _ in self._source().entries())

    def _labels(self, max_labels: int) -> list[Any]:
        """The list of labels that is the only file: what its rows' numbers count, its rows, and what it ignores."""
        source = self._source()
        (entry,) = source.entries()
        with source.open(entry.name) as file:
            listed = read_labels.read(file.read(read_labels.MAX_LIST_BYTES + 1), max_labels)
        return [listed.unit, [[number, dict(columns)] for number, columns in listed.rows], list(listed.ignored)]

    def _read(self, key: str, task_type: str, skip: int, mapped: dict[str, str]) -> None:
        if FORMATS[key] in datumaro_formats.FORMATS:
            limit_memory(None)
        items = FORMATS[key].read(self._source(), Reading(task_type, skip, mapped))
        with closing(cast(Generator[Item], items)):
            for item in items:
                is_sent = self._channel.send(*messages.packed_item(item), now=False)
                if is_sent and self._said_more.poll(0):  # unasked the starter says only that it has enough
                    raise Stopped()


if __name__ == "__main__":
    main(int(sys.argv[1]))
