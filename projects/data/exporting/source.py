"""What a format writes from: the decided tasks on the terms of an export, and the classes that their labels become."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, NamedTuple

from projects.data.exporting.decided import Decided, decided
from projects.data.exporting.terms import Terms
from projects.data.exporting.undecided import undecided
from projects.models import Project
from projects.task_types import TASK_TYPES


class Class(NamedTuple):
    """What a label is in a file: classes are numbered from 0, as they come."""

    number: int
    name: str
    key: str  # of the label, or of the first of those that go out under this name
    colour: str
    shapes: tuple[str, ...]


# The tasks of one part of the split ("" where there is none), with their judgements or without.
Read = Callable[[str, bool], Iterator[Decided]]


@dataclass(frozen=True)
class Source:
    """What an export is made of."""

    project: Project
    terms: Terms
    labels: tuple[Mapping[str, Any], ...]  # every label there ever was: older answers may use those retired now
    read: Read
    told: Callable[[], object] = field(default=lambda: None)  # called once for each task that was taken
    settings_version: int | None = None  # the newest of the project's that counts; None: all do

    @property
    def splits(self) -> tuple[str, ...]:
        """The parts that are written, or "" alone."""
        return self.terms.split.parts if self.terms.split else ("",)

    def tasks(self, split: str = "", *, judgements: bool = False) -> Iterator[Decided]:
        """The tasks of one part, in the order of loading, their answers under the labels that go out."""
        room, keys = TASK_TYPES[self.project.task_type], self._keys
        for one in self.read(split, judgements):
            if self.terms.label_map:
                answer, _lost = room.relabelled(one.answer, keys)
                one = replace(one, answer=answer)
            yield one
            self.told()

    @cached_property
    def asked(self) -> tuple[Mapping[str, Any], ...]:
        """The fields of all versions of the settings, the newest first: renamed ones keep their answers."""
        versions = self.project.settings.order_by("-version")
        if self.settings_version is not None:
            versions = versions.filter(version__lte=self.settings_version)
        return tuple(one for fields in versions.values_list("fields", flat=True) for one in fields)

    @cached_property
    def classes(self) -> dict[str, Class]:
        """The class of each label key that an answer here may carry. Labels that go out under one name are one."""
        by_name: dict[str, Class] = {}
        names: dict[str, str] = {}
        for label in self.labels:
            key = self._keys[label["key"]]
            if key is None:
                continue
            name = self.terms.label_map.get(label["key"]) or label["name"]
            made = by_name.get(name) or Class(len(by_name), name, key, label["colour"], ())
            by_name[name] = made._replace(shapes=tuple(dict.fromkeys([*made.shapes, *label["shapes"]])))
            names.setdefault(key, name)
        return {key: by_name[name] for key, name in names.items()}

    def tag(self, key: str) -> str:
        """What a label is called in a file: its name. A key of no label stays as it is."""
        return self.classes[key].name if key in self.classes else key

    @cached_property
    def names(self) -> list[str]:
        """The names of the classes, by their numbers."""
        return [one.name for one in self.in_order]

    @cached_property
    def in_order(self) -> list[Class]:
        return sorted(set(self.classes.values()), key=lambda one: one.number)

    @cached_property
    def _keys(self) -> dict[str, str | None]:
        """Each label's key, or that of the first label that goes out under the same name; None: it is left out."""
        first: dict[str, str] = {}
        found: dict[str, str | None] = {}
        for label in self.labels:
            key = label["key"]
            if key not in self.terms.label_map:
                found[key] = key
                continue
            name = self.terms.label_map[key]
            found[key] = None if name is None else first.setdefault(name, key)
        return found


def labels_of(project: Project) -> tuple[dict[str, Any], ...]:
    """Every label there ever was, as `Source` takes them and a delivery keeps them."""
    rows = project.labels.order_by("position", "id")
    names = ("key", "name", "colour", "shapes", "field", "attributes")
    return tuple(
        {name: row[name] for name in names} | {"retired": row["retired_at"] is not None}
        for row in rows.values(*names, "retired_at")
    )


def standing(project: Project, terms: Terms, labels: Sequence[Mapping[str, Any]] = ()) -> Source:
    """What stands now: read while it is written, so that what is decided meanwhile may or may not be in it. `labels`:
    where they aren't today's."""

    def read(split: str, judgements: bool) -> Iterator[Decided]:
        for one in chosen(project, terms, judgements=judgements):
            if not split or (terms.split and part_of(project, terms, one) == split):
                yield one
        if terms.undecided:
            yield from undecided(project, terms.batch)

    return Source(project, terms, tuple(labels) or labels_of(project), read)


def chosen(project: Project, terms: Terms, *, judgements: bool = False) -> Iterator[Decided]:
    """The decided tasks that terms are about."""
    room, wanted = TASK_TYPES[project.task_type], set(terms.labels)
    for one in decided(project, terms.batch, judgements=judgements, media=terms.media):
        early = terms.since is not None and one.at < terms.since
        if early or one.confidence < terms.confidence:
            continue
        if not wanted or wanted & room.labels_used(one.answer):
            yield one


def part_of(project: Project, terms: Terms, one: Decided) -> str:
    """The part of the split that a task is in; "" where there is no split."""
    return terms.split.part(str(project.public_id), one.id, one.payload) if terms.split else ""
