"""Files of an import, read by a process in the sandbox. Here they are opened and handed over, and never looked into.

One process reads for one run of an import: it finds out the format, then reads. What it asks for is served in the order
in which it asks, and only while its next answer is waited for: when it says that it closed a file, every item that came
before has been taken. It reads ahead no further than the line between the two holds.
"""

import itertools
import logging
import re
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

from projects.data.connectors.files import Entry, Files
from projects.data.connectors.upload import MAX_BYTES
from projects.data.reading import messages
from projects.data.reading.channel import Channel, Ended
from projects.data.reading.columns import MOST
from projects.data.reading.format import ImportFormat, Reading
from projects.data.reading.formats import FORMATS
from projects.data.reading.messages import Malformed
from projects.data.reading.read_labels import LabelRows
from projects.data.reading.readers import through_datumaro
from projects.data.reading.rows import Item
from projects.errors import Refused
from taskers.errors import Problem
from taskers.sandbox import launch
from taskers.sandbox.__main__ import CANNOT_ENTER
from taskers.sandbox.policy import ADDRESS_SPARE_BYTES, Limits, Policy

logger = logging.getLogger(__name__)

PROGRAM = "projects.data.reading.process"
PACKAGES = ("projects", "taskers")
MAX_CPU_SECONDS = 24 * 3600
MAX_SILENCE = 3 * 3600.0  # seconds without a word
MAX_OPEN_FILES = 64  # of ours that it has open, and lists that it is reading
MAX_READ = 1024 * 1024  # bytes of an answer
PAGE = 500  # entries of an answer
MAX_PLACES = 30  # lines of a traceback
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
IDENTIFIER = re.compile(r"\w{1,100}")


class ReaderDied(Refused):
    """The process that reads “%(name)s” ended before it was done: ask your operator what the log says."""

    code = "reader-died"


class TooMuchMemory(Refused):
    """Reading “%(name)s” takes more memory than is allowed: split it."""

    code = "too-large"


class CannotRead(Problem):
    """No process can be started to read files safely: ask your operator to run `manage.py models doctor`."""

    code = "no-sandbox"
    status = 503


class ReaderFault(Exception):
    """A reader ended by an exception that is nobody's refusal; `kind` is its class, the text says where it was raised.

    What the exception says stays out, since that may be what the file says.
    """

    def __init__(self, kind: str, places: Sequence[str]) -> None:
        self.kind = kind
        super().__init__(f"{kind} in the reader, at {' > '.join(places)}")


@contextmanager
def started(name: str, *, is_upload: bool, max_silence: float = MAX_SILENCE) -> Iterator["ReadingProcess"]:
    """A process to read what is called `name`, which is an upload that may be packed, or a place with files. It is
    started once it is needed, ends over `max_silence` seconds without a word, and has ended, with all that it laid
    down, when this ends."""
    process = ReadingProcess(name, is_upload, max_silence)
    try:
        yield process
    finally:
        process.end()


class ReadingProcess:
    """A sandboxed process, and what may be asked of it. Its `files` are served from here as long as the question is
    under way.

    Every question raises Refused (of the files, or where the process died over them), CannotRead, ReaderFault, and what
    the files themselves raise that is no refusal.
    """

    def __init__(self, name: str, is_upload: bool, max_silence: float = MAX_SILENCE) -> None:
        self._name = name
        self._is_upload = is_upload
        self._max_silence = max_silence
        self._process: subprocess.Popen[bytes] | None = None
        self._channel: Channel | None = None
        self._scratch: Path | None = None
        self._numbers = itertools.count(1)
        self._open: dict[int, BinaryIO] = {}
        self._listings: dict[int, _Listing] = {}

    def recognised(self, files: Files, task_type: str) -> ImportFormat:
        """The format that the files are in, by what is in them."""
        key = self._answer(files, "recognise", task_type)
        if not isinstance(key, str) or task_type not in (FORMATS[key].task_types if key in FORMATS else ()):
            raise self._broken("an unknown format")
        return FORMATS[key]

    def header(self, files: Files, chosen: ImportFormat) -> list[str]:
        """The names of a table's columns; none where the files are no table, or can't be read."""
        return self._checked(messages.texts, self._answer(files, "header", chosen.key))[:MOST]

    def count(self, files: Files) -> int:
        """How many files there are."""
        return self._checked(messages.check_number, self._answer(files, "count"))

    def labels(self, files: Files, max_labels: int) -> LabelRows:
        """The rows of the list of labels that is the only file."""
        return self._checked(messages.label_rows, self._answer(files, "labels", max_labels))

    def items(self, files: Files, chosen: ImportFormat, reading: Reading) -> Generator[Item]:
        """The rows and faults of the files, one by one. Whoever has enough of them closes the iterator."""
        channel = self._started()
        columns = dict(reading.columns)
        self._say(channel, "read", chosen.key, reading.task_type, reading.skip, columns)
        is_over = False
        try:
            while True:
                message = self._next(channel, files)
                if message[0] not in ("row", "fault"):
                    is_over = True
                    self._outcome(message)
                    return
                yield self._checked(messages.item_of, message)
        finally:
            if not is_over and self._channel is channel:
                self._stop(channel)

    def end(self) -> None:
        """Kill it, and remove what it laid down."""
        if self._channel is not None:
            self._channel.close()
            self._channel = None
        if self._process is not None:
            self._process.kill()
            self._process.wait()
        for file in self._open.values():
            file.close()
        self._open.clear()
        self._listings.clear()
        if self._scratch is not None:
            shutil.rmtree(self._scratch, ignore_errors=True)

    def _started(self) -> Channel:
        if self._channel is not None:
            return self._channel
        if self._process is not None:  # it ended over what it was asked before
            raise ReaderDied(name=self._name)
        self._scratch = Path(tempfile.mkdtemp(prefix="tandem-import-"))
        ours, theirs = socket.socketpair()
        ours.settimeout(self._max_silence)
        memory_bytes = through_datumaro.MAX_MEGABYTES * 2**20  # process.py allows other readers less
        limits = Limits(
            memory_bytes=memory_bytes,
            address_bytes=memory_bytes + ADDRESS_SPARE_BYTES,
            file_bytes=MAX_BYTES,
            open_files=256,
            cpu_seconds=MAX_CPU_SECONDS,
        )
        policy = Policy(writable=(str(self._scratch),), limits=limits)
        variables = {**ONE_THREAD, "TMPDIR": str(self._scratch)}
        silent: dict[str, Any] = dict.fromkeys(
            ("stdin", "stdout", "stderr"), subprocess.DEVNULL
        )  # it may say what the files say
        try:
            launch.hand_over(self._scratch)
            words = [PROGRAM, str(theirs.fileno())]
            prepared = launch.prepare(words, policy, packages=PACKAGES, variables=variables)
            self._process = subprocess.Popen(
                prepared.command, **prepared.options, **silent, pass_fds=(theirs.fileno(),)
            )
        except (launch.SandboxMisconfigured, OSError) as problem:
            ours.close()
            logger.error("No process can be started to read an import: %s", problem)
            raise CannotRead() from None
        finally:
            theirs.close()
        self._channel = Channel(ours, read_ahead=True)
        self._say(self._channel, "begin", self._name if self._is_upload else "")
        return self._channel

    def _say(self, channel: Channel, *message: Any) -> None:
        try:
            channel.send(*message)
        except OSError:
            raise self._death() from None

    def _answer(self, files: Files, *question: Any) -> Any:
        channel = self._started()
        self._say(channel, *question)
        return self._outcome(self._next(channel, files))

    def _next(self, channel: Channel, files: Files) -> list[Any]:
        """The next message that asks for nothing; what is asked for before is served."""
        while True:
            message = self._received(channel)
            serve = self._services.get(message[0])
            if serve is None:
                return message
            try:
                answer = ["answer", self._checked(partial(serve, self, files), message)]
            except Refused as refused:
                if self._channel is None:  # it isn't the files that are wrong
                    raise
                answer = messages.packed_problem(refused)
            except BaseException:
                self.end()
                raise
            if message[0] != "close":
                self._say(channel, *answer)

    def _received(self, channel: Channel) -> list[Any]:
        try:
            return channel.receive()
        except Malformed as problem:
            raise self._broken(str(problem)) from None
        except (Ended, OSError):
            raise self._death() from None

    def _outcome(self, message: Sequence[Any]) -> Any:
        """What a message at the end of an answer comes to."""
        kind = message[0]
        if kind == "done":
            return self._checked(lambda m: messages.fields_of(m, lambda value: value)[0], message)
        if kind in ("refused", "problem"):
            raise self._checked(messages.problem_of, message)
        if kind == "out-of-memory":
            self.end()
            raise TooMuchMemory(name=self._name)
        if kind == "broken":
            raise self._checked(_fault_of, message)
        raise self._broken(f"a message {kind[:20]!r}")

    def _stop(self, channel: Channel) -> None:
        """Have it read no further. What it asks for meanwhile, this answers."""
        with suppress(Refused):  # it died: whoever asks next is told
            self._say(channel, "stop")
            while (message := self._received(channel))[0] in ("row", "fault", *self._services):
                if message[0] == "close":
                    self._checked(lambda m: self._close(None, m), message)

    def _checked(self, check: Callable[[Any], Any], value: Any) -> Any:
        try:
            return check(value)
        except Malformed as problem:
            raise self._broken(str(problem)) from None

    def _broken(self, what: str) -> ReaderDied:
        logger.error("The reader of an import sent what no reader sends (%s), so it was ended.", what[:200])
        self.end()
        return ReaderDied(name=self._name)

    def _death(self) -> Problem:
        """Why it ended by itself."""
        process = self._process
        assert process is not None
        with suppress(subprocess.TimeoutExpired):  # it closed its end and goes on, or says nothing
            process.wait(1)
        code = process.returncode
        self.end()
        if code == CANNOT_ENTER:
            logger.error("No process can enter the sandbox to read an import: see `manage.py models doctor`.")
            return CannotRead()
        cause = signal.Signals(-code).name if code and code < 0 else f"status {code}"
        logger.error("The reader of an import ended before it was done: %s.", cause)
        return ReaderDied(name=self._name)

    # What it may ask for

    def _list(self, files: Files, message: Sequence[Any]) -> int:
        messages.fields_of(message)
        return self._numbered(self._listings, _Listing(files))

    def _more(self, _files: Files, message: Sequence[Any]) -> list[Entry]:
        (number,) = messages.fields_of(message, messages.check_number)
        page = _known(self._listings, number).page()
        if not page:
            del self._listings[number]
        return page

    def _open_file(self, files: Files, message: Sequence[Any]) -> tuple[int, bool]:
        (name,) = messages.fields_of(message, messages.check_text)
        file = files.open(name)
        return self._numbered(self._open, file), file.seekable()

    def _size(self, _files: Files, message: Sequence[Any]) -> int:
        (number,) = messages.fields_of(message, messages.check_number)
        return _known(self._open, number).seek(0, 2)

    def _read(self, _files: Files, message: Sequence[Any]) -> bytes:
        number, position, size = messages.fields_of(message, *[messages.check_number] * 3)
        file = _known(self._open, number)
        if size > MAX_READ:
            raise Malformed("a question for too much")
        if file.tell() != position:
            file.seek(position)
        return file.read(size)

    def _close(self, _files: Files | None, message: Sequence[Any]) -> None:
        (number,) = messages.fields_of(message, messages.check_number)
        _known(self._open, number).close()
        del self._open[number]

    def _numbered(self, things: dict[int, Any], thing: Any) -> int:
        if len(things) >= MAX_OPEN_FILES:
            raise Malformed("too many open files")
        number = next(self._numbers)
        things[number] = thing
        return number

    _services = {
        "entries": _list,
        "more": _more,
        "open": _open_file,
        "size": _size,
        "read": _read,
        "close": _close,
    }


class _Listing:
    """A list of files, page by page."""

    def __init__(self, files: Files) -> None:
        self._entries = files.entries()
        self._problem: Refused | None = None

    def page(self) -> list[Entry]:
        """The next entries; what went wrong behind them is told once they are read."""
        if self._problem is not None:
            raise self._problem
        page: list[Entry] = []
        try:
            page.extend(itertools.islice(self._entries, PAGE))
        except Refused as problem:
            if not page:
                raise
            self._problem = problem
        return page


def _known(things: dict[int, Any], number: int) -> Any:
    if number not in things:
        raise Malformed("a file that isn't open")
    return things[number]


def _fault_of(message: Sequence[Any]) -> ReaderFault:
    kind, places = messages.fields_of(message, messages.check_text, messages.texts)
    if not IDENTIFIER.fullmatch(kind):
        raise Malformed("a class")
    checkout = f"{launch.CHECKOUT}/"
    return ReaderFault(kind, [ascii(place.removeprefix(checkout))[1:-1][:200] for place in places[-MAX_PLACES:]])
