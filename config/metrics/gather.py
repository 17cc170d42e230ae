"""What all processes of this machine have counted, as one text in Prometheus' form."""

import contextlib
import re
import socket
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

PATIENCE = 1.0  # seconds for a process to tell; one that hangs is left out
MOST = 64  # processes
FAMILY = re.compile(r"# (HELP|TYPE) (\S+) ")
ANSWERED = "tandem_process_answered"


def gather(folder: Path) -> str:
    """What the processes whose sockets lie here tell, and which of them did."""
    paths = sorted(folder.glob("*.sock"))[:MOST]
    with ThreadPoolExecutor(max(1, len(paths))) as threads:
        told = dict(zip((path.stem for path in paths), threads.map(_told, paths), strict=True))
    return merged({name: text for name, text in told.items() if text}) + _answered(told)


def merged(told: Mapping[str, str]) -> str:
    """One text of many: what is said of a family stands once, and each figure names its process."""
    heads: dict[str, list[str]] = {}
    figures: dict[str, list[str]] = {}
    for process, text in told.items():
        family = ""
        for line in text.splitlines():
            if found := FAMILY.match(line):
                family = found[2]
                if line not in heads.setdefault(family, []):
                    heads[family].append(line)
            elif line and not line.startswith("#"):
                figures.setdefault(family, []).append(_of(process, line))
    return "".join(f"{line}\n" for family, lines in heads.items() for line in [*lines, *figures.get(family, [])])


def _of(process: str, line: str) -> str:
    name, brace, rest = line.partition("{")
    if brace and " " not in name:
        return f'{name}{{process="{process}",{rest}'
    name, _, value = line.partition(" ")
    return f'{name}{{process="{process}"}} {value}'


def _told(path: Path) -> str:
    """Everything that one says; nothing where it doesn't within patience. The socket of a dead one goes."""
    try:
        with socket.socket(socket.AF_UNIX) as line:
            line.settimeout(PATIENCE)
            line.connect(str(path))
            with line.makefile("rb") as file:
                return file.read().decode()
    except ConnectionRefusedError:
        with contextlib.suppress(OSError):
            path.unlink()
        return ""
    except (OSError, UnicodeDecodeError):
        return ""


def _answered(told: Mapping[str, str]) -> str:
    lines = [f'{ANSWERED}{{process="{name}"}} {int(bool(text))}' for name, text in told.items()]
    head = [f"# HELP {ANSWERED} Whether a process of this machine told what it counted.", f"# TYPE {ANSWERED} gauge"]
    return "".join(f"{line}\n" for line in [*head, *lines])
