"""Where a restore writes: below one folder, and through no link.

Whatever can write to the data folder could put a link there and have the operator's next restore write outside. Links
are looked for before anything is touched; and each folder on the way is opened by itself as none, so that one which
comes later leads nowhere either.
"""

import contextlib
import errno
import hashlib
import os
import shutil
import stat
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path, PurePosixPath

from config.problem import CannotStart

LINK_ERRORS = {errno.ELOOP, errno.ENOTDIR}  # by which systems say that a folder to be opened is a link
PIECE_BYTES = 1024 * 1024


class LinkInTarget(CannotStart):
    """A link lies where a restore would write."""

    def __init__(self, path: Path) -> None:
        super().__init__(
            f"{path} is a link, and a restore writes through none: remove it and restore again. If the media are to lie"
            " elsewhere, set TANDEM_MEDIA."
        )


def refuse_links(root: Path, names: Iterable[str]) -> None:
    """Raise LinkInTarget if any of these paths below `root`, or a folder on the way to it, is a link."""
    seen: set[Path] = set()
    for name in names:
        path = root
        for step in PurePosixPath(name).parts:
            path /= step
            if path not in seen and path.is_symlink():
                raise LinkInTarget(path)
            seen.add(path)


def write_file(root: Path, name: str, source: Path, sha256: str) -> None:
    """Copy a file to its place below `root`, unless it is there already. It has its name once all of it is written; a
    file that had this name, and another one elsewhere, is left as it is there. Raises LinkInTarget and OSError."""
    *steps, last = PurePosixPath(name).parts
    with _folder(root, steps) as parent:
        if _is_there(parent, last, sha256):
            return
        part = f"{last}.copying"
        with contextlib.suppress(FileNotFoundError):
            os.unlink(part, dir_fd=parent)
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600, dir_fd=parent)
        with open(descriptor, "wb") as target, source.open("rb") as content:
            shutil.copyfileobj(content, target, PIECE_BYTES)
            target.flush()
            facts = os.fstat(content.fileno())
            os.fchmod(descriptor, stat.S_IMODE(facts.st_mode) & 0o777)
            os.utime(descriptor, ns=(facts.st_atime_ns, facts.st_mtime_ns))
        os.rename(part, last, src_dir_fd=parent, dst_dir_fd=parent)


@contextlib.contextmanager
def _folder(root: Path, steps: Sequence[str]) -> Iterator[int]:
    """A descriptor of a folder below `root`, which is made where it isn't there."""
    root.mkdir(parents=True, exist_ok=True)
    descriptor, path = os.open(root, os.O_RDONLY | os.O_DIRECTORY), root
    try:
        for step in steps:
            path /= step
            with contextlib.suppress(FileExistsError):
                os.mkdir(step, dir_fd=descriptor)
            try:
                inner = os.open(step, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=descriptor)
            except OSError as problem:
                if problem.errno in LINK_ERRORS and path.is_symlink():
                    raise LinkInTarget(path) from None
                raise
            os.close(descriptor)
            descriptor = inner
        yield descriptor
    finally:
        os.close(descriptor)


def _is_there(parent: int, name: str, sha256: str) -> bool:
    try:
        descriptor = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=parent)
    except OSError:
        return False
    with open(descriptor, "rb") as file:
        return stat.S_ISREG(os.fstat(descriptor).st_mode) and hashlib.file_digest(file, "sha256").hexdigest() == sha256
