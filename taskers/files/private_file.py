"""A small file for its owner's eyes alone, written whole or not at all."""

import fcntl
import os
from pathlib import Path
from tempfile import NamedTemporaryFile


def write(path: Path, text: str, *, replace: bool) -> None:
    """Write a file with mode 0600; whoever is killed meanwhile leaves what was there before. Where `replace` is off,
    the file of whoever was first stays. What one that was killed left beside it goes, since it may hold keys that are
    thrown away. Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)  # nobody else's unfinished file is taken for one that was left
        for left in path.parent.glob(f".{path.name}-????????"):
            left.unlink(missing_ok=True)
        _write(path, text, replace)
        os.fsync(folder)  # a new name outlives a crash only then
    finally:
        os.close(folder)


def _write(path: Path, text: str, replace: bool) -> None:
    with NamedTemporaryFile("w", dir=path.parent, prefix=f".{path.name}-", delete=False) as file:  # made with 0600
        new = Path(file.name)
        try:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
            if replace:
                new.replace(path)
            else:
                path.hardlink_to(new)
        except FileExistsError:  # another process made it between the look and the leap
            pass
        finally:
            new.unlink(missing_ok=True)
