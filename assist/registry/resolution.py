"""Which model answers: a project's own deployments; for the rest of its work its organization's default; for what is
left what Tandem comes with, which the runtime serves by itself."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Exists, F, OuterRef, Q, QuerySet, Value

from assist.models import Deployment, ModelVersion, OrganizationDefault, PassedOver, deployment_rules, rivals
from assist.registry.hash_bucket import lot
from projects.models import Project

WHOLE = 100  # percent
NOW = Q(ended_at=None)
EVER = Q()


class Level(StrEnum):
    """Where a deployment stands; what has none is everybody's, and comes along."""

    PROJECT = "project"
    ORGANIZATION = "organization"


@dataclass(frozen=True)
class Standing:
    """A deployment at one of the levels, and for how long it held; a default has all that the project's own leave."""

    level: Level
    key: int
    version_key: int
    name: str
    capability: str
    share: int
    started_at: datetime
    ended_at: datetime | None

    def held(self, at: datetime) -> bool:
        """Whether it held at a moment."""
        return self.started_at <= at and (self.ended_at is None or at < self.ended_at)


@dataclass(frozen=True)
class Answer:
    """A version that answers in a share of a project's work, and from which level it comes."""

    version: ModelVersion
    share: int
    level: Level


def standing(project_key: UUID, when: Q, **of_version: object) -> list[Standing]:
    """The deployments at both levels that concern a project, in the order of their draw: one query."""
    here = Project.objects.filter(public_id=project_key)
    own = Deployment.objects.filter(when, project__public_id=project_key, **of_version)
    passed = Exists(PassedOver.objects.filter(default=OuterRef("pk"), project__public_id=project_key))
    theirs = OrganizationDefault.objects.filter(when, ~passed, organization__in=here.values("organization"))
    rows = _columns(own, Level.PROJECT, F("share")).union(
        _columns(theirs.filter(**of_version), Level.ORGANIZATION, Value(WHOLE)), all=True
    )
    found = [
        Standing(Level(level), key, version, f"{name}@{number}", capability, share, started, ended)
        for level, key, version, name, number, capability, share, started, ended in rows
    ]
    return sorted(found, key=lambda one: (one.level != Level.PROJECT, one.key))


def _columns(rows: QuerySet[Any], level: Level, share: Any) -> QuerySet[Any, tuple[Any, ...]]:
    return rows.values_list(
        Value(level.value),
        "pk",
        "version",
        "version__name",
        "version__version",
        "version__capability",
        share,
        "started_at",
        "ended_at",
    )


def resolved(known: Iterable[Standing]) -> list[tuple[Standing, int]]:
    """Of what holds at one moment and suggests the same (assist/models/rivals.py), what answers and in which share,
    each version once: the project's own, as far as the hundred percent go, then the newest default for what they leave.
    The rest is what the runtime answers with by itself."""
    known = list(known)
    own = [one for one in known if one.level == Level.PROJECT]
    own.sort(key=lambda one: rivals.of(one.capability).index(one.capability))
    found, rest = dict[int, tuple[Standing, int]](), WHOLE
    for one in own:
        if share := min(one.share, rest):
            found[one.version_key] = (one, share)
            rest -= share
    if rest and (defaults := [one for one in known if one.level == Level.ORGANIZATION]):
        one, share = found.get(defaults[-1].version_key, (defaults[-1], 0))
        found[one.version_key] = (one, share + rest)
    return list(found.values())


def everything(project: Project) -> list[Answer]:
    """What answers in a project now, of every capability."""
    known = standing(project.public_id, NOW)
    versions = ModelVersion.objects.in_bulk({one.version_key for one in known})
    return [
        Answer(versions[one.version_key], share, one.level)
        for some in dict.fromkeys(rivals.of(one.capability) for one in known)
        for one, share in resolved(each for each in known if each.capability in some)
    ]


def of_organization(answers: Iterable[Answer], own: Iterable[Deployment]) -> list[Answer]:
    """What answers as the organization's default, and the share that it has as such beside the project's own."""
    shares = {one.version_id: one.share for one in own}
    return [
        Answer(one.version, left, Level.ORGANIZATION)
        for one in answers
        if (left := one.share - shares.get(one.version.pk, 0)) > 0
    ]


def deployed(project: Project, capability: str) -> list[Answer]:
    """What answers there now for a capability, beside the runtime's default."""
    return [one for one in everything(project) if one.version.capability == capability]


def answered(project: Project, but: ModelVersion | None = None) -> set[str]:
    """The capabilities of what was ever deployed or offered there; `but`: its offers aside."""
    deployed = Deployment.objects.filter(project=project).values_list("version__capability", flat=True)
    with connection.cursor() as cursor:
        cursor.execute(deployment_rules.OFFERED.format(project="%(project)s"), {"project": project.public_id})
        offered = {capability for key, capability in cursor.fetchall() if but is None or key != but.pk}
    return {*deployed.distinct(), *offered}


def champion(project: Project, capability: str) -> ModelVersion | None:
    """What answers most of the project's work now, of all that suggests the same; None where that is what the runtime
    answers with by itself, or nothing is there."""
    some = rivals.of(capability)
    rows = [one for one in everything(project) if one.version.capability in some]
    rest = WHOLE - sum(row.share for row in rows) if rivals.comes_along(capability) else 0
    most = max(rows, key=lambda row: row.share, default=None)
    return most.version if most is not None and most.share >= rest else None


def default_changed(project: Project, version: ModelVersion, since: datetime) -> bool:
    """Whether the organization's default of what this version does changed here since then, itself aside."""
    known = standing(project.public_id, EVER, version__capability__in=rivals.of(version.capability))
    theirs = [one for one in known if one.level == Level.ORGANIZATION and one.version_key != version.pk]
    return any(one.started_at > since or (one.ended_at or since) > since for one in theirs)


def chosen(project_key: UUID, capability: str, subject: str) -> str | None:
    """Which deployed version of a capability answers for this subject (an assignment); None where one of another that
    suggests the same does, or the runtime's default.

    The same subject always gets the same version while the deployments stay as they are: by hash, not by chance.
    """
    found = resolved(standing(project_key, NOW, version__capability__in=rivals.of(capability)))
    drawn = _by_hash(_shares(found), subject)
    return drawn if any(one.name == drawn and one.capability == capability for one, _ in found) else None


def chosen_then(project: Project, capability: str, work: Iterable[tuple[str, datetime]]) -> list[str]:
    """Which version was drawn for each subject at that moment, of all that suggests the same; empty where the runtime's
    default answered."""
    work = list(work)
    shares = shares_then(project, capability, [at for _, at in work])
    return [_by_hash(then, subject) or "" for (subject, _), then in zip(work, shares, strict=True)]


def shares_then(project: Project, capability: str, moments: Iterable[datetime]) -> list[dict[str, int]]:
    """What share each deployed version had at each moment, in the order of their draw; the rest is the runtime's."""
    known = standing(project.public_id, EVER, version__capability__in=rivals.of(capability))
    return [_shares(resolved(one for one in known if one.held(at))) for at in moments]


def _shares(found: Iterable[tuple[Standing, int]]) -> dict[str, int]:
    return {one.name: share for one, share in found}


def _by_hash(shares: Mapping[str, int], subject: str) -> str | None:
    place = lot(subject) * WHOLE
    for key, share in shares.items():
        if place < share:
            return key
        place -= share
    return None
