"""A folder as one zip, for an upload: what belongs together is sent together."""

import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tandem_client.errors import BadInput


@contextmanager
def packed(folder: Path) -> Iterator[Path]:
    """The zip of a folder, for as long as the block lasts. Links and hidden files stay out; nothing is pressed, as
    pictures are already."""
    files = [path for path in sorted(folder.rglob("*")) if _goes_along(path, folder)]
    if not files:
        raise BadInput(f"{folder} holds no files.")
    with tempfile.TemporaryDirectory() as place:
        target = Path(place) / f"{folder.resolve().name or 'folder'}.zip"
        try:
            with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED, strict_timestamps=False) as archive:
                for path in files:
                    archive.write(path, path.relative_to(folder).as_posix())
        except OSError as error:
            raise BadInput(f"{error.filename or folder} can't be read: {error.strerror}.") from None
        yield target


def _goes_along(path: Path, folder: Path) -> bool:
    hidden = any(step.startswith(".") for step in path.relative_to(folder).parts)
    return not hidden and path.is_file() and not path.is_symlink()
