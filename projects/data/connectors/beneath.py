"""Names of files that stand in somebody's data, such as a column of a table: each is a path below the place that is
read, or it is refused."""

import os
import stat
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from projects.errors import Refused

# Linux needs no right to list a folder in order to go through it; other systems do.
GO_THROUGH = getattr(os, "O_PATH", os.O_RDONLY) | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
# A pipe would be waited for, were it opened in the usual way.
TO_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
SHOWN_NAME = 200  # characters of a name that an error shows


class UnsafePath(Refused):
    """“%(name)s” leads out of the place that is read: give a path below it, without “..”, links or a leading slash."""

    code = "unsafe-path"

    def __init__(self, name: str) -> None:
        """`name` is what the data says."""
        shown = name[:SHOWN_NAME].encode("utf-8", "replace").decode().replace("\x00", "\N{REPLACEMENT CHARACTER}")
        super().__init__(name=shown)


class NoSuchFile(Refused):
    """There is no file “%(name)s”."""

    code = "no-such-file"

    def __init__(self, name: str) -> None:
        """`name` is what the data says."""
        super().__init__(name=name[-SHOWN_NAME:].encode("utf-8", "replace").decode())


def check_name(name: str) -> None:
    """Raises UnsafePath for a name that can lead out of the place in which it is looked for."""
    if not name or name.startswith("/") or "\x00" in name or ".." in name.split("/"):
        raise UnsafePath(name)


def open_beneath(root: Path, name: str) -> BinaryIO:
    """A file below a folder, opened step by step without following a link, so that nothing that is put in its place
    meanwhile leads out. Raises UnsafePath, NoSuchFile, PermissionError."""
    check_name(name)
    path = root / PurePosixPath(name)
    if not path.is_relative_to(root) or path == root:
        raise UnsafePath(name)
    folder = os.open(path.anchor, GO_THROUGH)
    try:
        for step in path.parts[1:-1]:
            inner = os.open(step, GO_THROUGH, dir_fd=folder)
            os.close(folder)
            folder = inner
        handle = os.open(path.name, TO_READ, dir_fd=folder)
    except PermissionError:
        raise
    except (OSError, ValueError):  # a link, among others: ELOOP or ENOTDIR
        raise _reason(root, path, name) from None
    finally:
        os.close(folder)
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise NoSuchFile(name)
    return os.fdopen(handle, "rb")


def _reason(root: Path, path: Path, name: str) -> Refused:
    """Why a file couldn't be opened. What a link leads to is told to nobody."""
    steps = [path, *path.parents]
    try:
        linked = any(step.is_symlink() for step in steps[: steps.index(root)])
    except (OSError, ValueError):
        linked = False
    return UnsafePath(name) if linked else NoSuchFile(name)
