"""Room for what is unpacked for a moment: often on the disk where the database and the media lie."""

import errno
import shutil
from pathlib import Path

from taskers.errors import StorageFull

RESERVE = 1024**3  # bytes that are left to everything else, or a tenth of a small disk
FULL = (errno.ENOSPC, errno.EFBIG, errno.EDQUOT)


def check(folder: Path | str, size: int) -> None:
    """Raises StorageFull where so many bytes more would leave too little."""
    disk = shutil.disk_usage(folder)
    if disk.free < size + min(RESERVE, disk.total // 10):
        raise StorageFull()
