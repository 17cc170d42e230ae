"""Which tasks an erasure is about, where they aren't named one by one: what a person answered, what came with a value
of metadata, what shows an image. Archived ones are read from their files, part by part.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TypeVar
from uuid import UUID

from django.db.models import Q

from assist.models import Erasure
from projects.data import archive
from projects.data.archive import Kept
from projects.errors import Refused
from projects.models import ArchivedTask, Asset, Project, Task
from taskers.models import Person

Of = Erasure.Of
SHA256 = re.compile(r"[0-9a-f]{64}")
T = TypeVar("T")
LAST = 2**63 - 1  # the key of no task


@dataclass(frozen=True)
class Selected:
    """Tasks, by their public ids, and how they were found."""

    of: Erasure.Of
    tasks: frozenset[UUID]


def named(tasks: Iterable[UUID]) -> Selected:
    """Those that somebody names."""
    return Selected(Of.TASKS, frozenset(tasks))


def of_person(project: Project, who: str) -> Selected:
    """What somebody answered or decided, whose public id or address this is. Raises Refused where nobody is called so
    who is or was of the organization, or did something here."""
    found = Person.objects.filter(_called(who)).first()
    if not found:
        raise _nobody()
    own = Task.objects.filter(Q(annotations__tasker=found) | Q(verdicts__decided_by=found), project=project)

    def answered(one: Kept) -> bool:
        said = {row.tasker_id for row in one.annotations} | {row.decided_by_id for row in one.verdicts}
        return found.pk in said

    tasks = _public(lambda: own.values_list("public_id", flat=True), project, answered)
    if not tasks and not found.memberships.filter(organization=project.organization_id).exists():
        raise _nobody()
    return Selected(Of.PERSON, tasks)


def _nobody() -> Refused:
    return Refused("Nobody here has this address or id.", code="unknown-person", place="person")


def _called(who: str) -> Q:
    try:
        return Q(public_id=UUID(who.strip()))
    except ValueError:
        return Q(email__iexact=who.strip())


def with_metadata(project: Project, key: str, value: str) -> Selected:
    """What came with this value under this key, as a customer's name: as text, whatever kind of value it is, or as one
    of several. Blanks around it make no other value."""
    if not key.strip() or not value.strip():
        raise Refused("Name a key of the metadata, and its value.", code="blank", place="metadata")

    def came_with(meta: object) -> bool:
        if not isinstance(meta, dict):
            return False
        there = [one for name, one in meta.items() if name.strip() == key.strip()]
        return any(_said(each) == value.strip() for one in there for each in (one if isinstance(one, list) else [one]))

    rows = Task.objects.filter(project=project, payload__has_key="meta")
    told = rows.values_list("public_id", "payload__meta")

    def own() -> Iterator[UUID]:
        return (one for one, meta in told.iterator() if came_with(meta))

    return Selected(Of.METADATA, _public(own, project, lambda one: came_with(one.task.payload.get("meta"))))


def _said(value: object) -> str:
    """A value as JSON has it, a text as it is."""
    return value.strip() if isinstance(value, str) else json.dumps(value)


def showing(project: Project, sha256: str) -> Selected:
    """What shows the image whose file has this sha256."""
    digest = sha256.strip().lower()
    if not SHA256.fullmatch(digest):
        text = "An image is named by the sha256 of its file, 64 letters and digits."
        raise Refused(text, code="bad-sha256", place="image")
    assets = Asset.objects.filter(organization=project.organization_id, sha256=digest)
    shown = Q(asset__in=assets) | Q(other_asset__in=assets)
    live = Task.objects.filter(shown, project=project).values_list("public_id", flat=True)
    archived = ArchivedTask.objects.filter(shown, project=project).values_list("public_id", flat=True)
    return Selected(Of.IMAGE, met(live.all, archived.all))


def _public(live: Callable[[], Iterable[UUID]], project: Project, matches: Callable[[Kept], bool]) -> frozenset[UUID]:
    def archived() -> Iterator[UUID]:
        return (one.task.public_id for one in archive.between(project, None, 0, LAST) if matches(one))

    return met(live, archived)


def met(live: Callable[[], Iterable[T]], archived: Callable[[], Iterable[T]]) -> frozenset[T]:
    """Those of both. What is live is looked at before and after, so that a task which is archived or restored meanwhile
    is met once at least."""
    before = frozenset(live())
    return before | frozenset(archived()) | frozenset(live())
