"""How much one request, one address and all together may take of a web process, before anybody knows who asks."""

import os
import resource
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from config import environment

KIB, MIB = 1024, 1024 * 1024
OWN_FILES = 256  # descriptors for the database, the runtime, logs and files that are open at the same time


class Caps(NamedTuple):
    """The most bytes of a body, by what it holds."""

    form: int = MIB
    json: int = 2 * MIB
    lines: int = MIB  # JSON Lines, read as they come; where none are taken, an address says so itself

    def of(self, content_type: bytes) -> int:
        """The cap for a body of this `Content-Type`."""
        if content_type.startswith(b"application/x-ndjson"):
            return self.lines
        return self.json if b"json" in content_type.partition(b";")[0] else self.form


SMALL = Caps()
ANSWER = Caps(json=8 * MIB)


def upload() -> int:
    """The most bytes of a file that is loaded (`TANDEM_UPLOAD`, in MiB)."""
    return environment.number("TANDEM_UPLOAD", 2048) * MIB


def larger() -> Mapping[str, Caps]:
    """Addresses that take more than SMALL, by the names of their views; all of them from people who signed in, and
    whom config/body_senders.py admits."""
    file = upload()
    answers = ("studio-draft", "studio-submit", "studio-try-submit", "studio-try-keep", "grid-draft", "grid-submit")
    reviews = (
        "correct-draft",
        "correct-submit",
        "review-draft",
        "review-decide",
        "api-draft",
        "api-submit",
        "gold-act",
        "api-course-items",
    )
    settings = (
        *("project-settings", "settings-preview", "project-new", "project-new-preview"),
        *("project-label-list", "project-new-label-list"),
    )
    return {
        "load": Caps(form=file),
        "model-add": Caps(form=file),
        "api-brought-models": Caps(form=file),
        "people-invite-list": Caps(form=2 * MIB),
        "import-choose": Caps(form=2 * MIB),
        **dict.fromkeys(("illustration-add", "api-illustrations"), Caps(form=11 * MIB)),
        **dict.fromkeys(settings, Caps(form=6 * MIB)),  # of what a program says in 2: three bytes for one
        "connectors": Caps(form=8 * MIB),
        "api-import-choice": Caps(json=2 * MIB),
        "api-connectors": Caps(json=8 * MIB),
        "api-batch-imports": Caps(form=file),
        "api-upload": Caps(form=8 * MIB),
        **dict.fromkeys(("api-batch-tasks", "api-predictions"), Caps(json=8 * MIB, lines=file)),
        **dict.fromkeys((*answers, *reviews), ANSWER),
    }


def _most(name: str, default: int) -> Any:
    return field(default_factory=lambda: environment.number(name, default))


@dataclass(frozen=True)
class Limits:
    """The limits of one web process."""

    connections: int = _most("TANDEM_CONNECTIONS", 2000)
    per_address: int = _most("TANDEM_CONNECTIONS_PER_ADDRESS", 256)
    proxies: str = field(default_factory=lambda: os.environ.get("TANDEM_PROXIES", "127.0.0.1"))
    head_bytes: int = 64 * KIB
    head_seconds: float = 10.0  # from a connection's begin, or the last answer's end, to a whole head
    body_grace: float = 20.0  # seconds of waiting for a body's bytes...
    body_rate: int = 4 * KIB  # ...in which so many a second must come, before the next such time begins
    body_seconds: float = 600.0  # for a whole body that anybody may send...
    upload_seconds: int = _most("TANDEM_UPLOAD_SECONDS", 7200)  # ...and for one beyond that
    in_hand: int = 4 * MIB  # bytes of bodies that are parsed in memory at the same time; the rest waits its turn...
    turn_seconds: float = 30.0  # ...for so long
    small_body: int = 64 * KIB  # below this a body waits for nobody
    stranger_bytes: int = 128 * MIB  # of bodies beyond that which lie here unfinished, of all strangers...
    memory_each: int = 16 * MIB  # ...of one network address, or of one person
    spool_step: int = 8 * MIB  # bytes by which a large body's part of the spool grows
    spool_each: int = field(default_factory=lambda: upload() + 64 * MIB)  # bytes in it of one person, on this machine
    spool_total: int = field(  # bytes in it of everybody, on this machine
        default_factory=lambda: max(environment.number("TANDEM_SPOOL_TOTAL", 8192) * MIB, upload() + 64 * MIB)
    )


def open_files() -> int:
    """Raise this process's limit of open files to the hardest that it may have; returns it."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard


def fitting(limits: Limits, files: int) -> int:
    """As many connections as are asked for and as there are files for."""
    if files == resource.RLIM_INFINITY:
        return limits.connections
    return min(limits.connections, max(files - OWN_FILES, files // 2))
