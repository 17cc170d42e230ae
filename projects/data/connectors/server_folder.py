"""A folder on the server, where the operator allows it: TANDEM_IMPORT_FOLDERS lists folders, each for everybody
(`/srv/shared`) or for one organization (`ID=/srv/theirs`)."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings as server

from projects.data.connectors.files import Files, Folder
from projects.errors import Refused
from taskers.models import Organization


class OneFolder(Folder):
    """The files below a folder that the operator allows; what is put in their place while it is read leads nowhere
    else."""


def allowed(organization: Organization) -> list[Path]:
    """The folders that the operator allows an organization."""
    found = []
    for word in server.IMPORT_FOLDERS:
        owner, equals, path = word.partition("=")
        if not equals:
            found.append(Path(word))
        elif owner == str(organization.public_id):
            found.append(Path(path))
    return [one.resolve() for one in found]


def within(organization: Organization, text: str) -> Path:
    """The folder, where it is one of those or lies below one. Raises Refused, which doesn't tell what else is there."""
    try:
        found = Path(text).resolve()
        inside = any(found == one or one in found.parents for one in allowed(organization))
        if Path(text).is_absolute() and inside and found.is_dir():
            return found
    except OSError:  # no such name can be
        pass
    text = "The operator allows no such folder."
    raise Refused(text, code="folder-not-allowed", place="folder")


@contextmanager
def opened(folder: Path) -> Iterator[Files]:
    """The files below the folder."""
    yield OneFolder(folder)
