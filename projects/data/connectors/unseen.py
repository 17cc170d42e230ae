"""The files of a connector that a project hasn't taken in yet, or that have changed since."""

from collections.abc import Callable, Iterator
from itertools import islice
from typing import BinaryIO, cast

from django.db import connection

from projects.data.connectors.files import Entry, Files
from projects.data.connectors.handle import Handle
from projects.models import Connector, Project, SeenFile

PAGE = 1000
SEEN = """
INSERT INTO projects_seenfile (connector_id, project_id, name, version)
SELECT %(connector)s, %(project)s, name, version
FROM unnest(%(names)s::text[], %(versions)s::text[]) AS t(name, version)
ON CONFLICT (connector_id, project_id, name) DO UPDATE SET version = excluded.version
"""


class Unseen:
    """Those files, found by comparing the listing, page by page, with what was kept: none is asked for to find out."""

    def __init__(self, files: Files, connector: Connector, project: Project) -> None:
        self._files = files
        self._connector = connector
        self._project = project
        self._listed: dict[str, str] = {}
        self._taken: dict[str, str] = {}

    def entries(self) -> Iterator[Entry]:
        listing = self._files.entries()
        while page := list(islice(listing, PAGE)):
            rows = SeenFile.objects.filter(
                connector=self._connector, project=self._project, name__in=[one.name for one in page]
            )
            seen = dict(rows.values_list("name", "version"))
            for one in page:
                if seen.get(one.name) != one.version[:200]:
                    self._listed[one.name] = one.version
                    yield one

    def open(self, name: str) -> BinaryIO:
        found = self._files.open(name)
        return cast(BinaryIO, _Open(found, lambda: self._taken.update({name: self._listed.get(name, "")})))

    def keep(self) -> None:
        """Those that were read since, and closed, are taken in, with whatever else this transaction does. One that is
        open still has more to give: whoever goes on after a crash reads it again."""
        keep(self._connector, self._project, self._taken)
        self._taken = {}


class _Open(Handle):
    """A file that tells once its reader is through with it."""

    def __init__(self, file: BinaryIO, through: Callable[[], None]) -> None:
        super().__init__(file)
        self._through = through

    def close(self) -> None:
        """Close it, and tell."""
        super().close()
        self._through()


def keep(connector: Connector, project: Project, versions: dict[str, str]) -> None:
    """These files are taken in."""
    names = list(versions)
    with connection.cursor() as cursor:
        for start in range(0, len(names), PAGE):
            some = names[start : start + PAGE]
            values = {"names": some, "versions": [versions[name][:200] for name in some]}
            cursor.execute(SEEN, values | {"connector": connector.pk, "project": project.pk})


def number(connector: Connector, project: Project, files: Files) -> int:
    """How many files are new or changed."""
    return sum(1 for _ in Unseen(files, connector, project).entries())
