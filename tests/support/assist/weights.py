"""The files of the models that come along: fetched once on a machine, listed by nobody."""

from pathlib import Path

import filelock

from assist.adapters import RUNTIMES, files
from taskers.files.folders import models_folder


def pinned() -> Path:
    """This machine's folder of models. The pinned ones are fetched if they are not there yet; a machine that can't
    have them fails here."""
    folder = models_folder()
    folder.mkdir(parents=True, exist_ok=True)
    with filelock.FileLock(folder / ".lock"):
        files.fetch(folder)
    return folder


def linked(at: Path) -> Path:
    """A folder `at` that has them too, where models may be added: neither here nor there is one of the other's seen."""
    folder = pinned()
    at.mkdir(parents=True)
    for artifact in {one.sha256: one for offer in RUNTIMES.values() for one in offer.artifacts}.values():
        file = files.path_of(artifact, folder)
        if file.exists():
            files.path_of(artifact, at).symlink_to(file)
    return at
