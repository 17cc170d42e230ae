"""Which models there are and where each one answers. The only writer of ModelVersion and Deployment."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from uuid import UUID

from django.db import transaction
from django.db.models.functions import Now

from assist.adapters import RUNTIMES, Offer, catalogue
from assist.adapters.files import WeightsProblem
from assist.models import AnnotatorVersion, Deployment, ModelVersion
from assist.registry.hash_bucket import lot
from projects.models import Project
from taskers.errors import StateConflict
from taskers.models import Person
from taskers.models.limits import Between
from taskers.outbox.events import emit

WHOLE = 100  # percent
SHARE = Between(1, WHOLE)  # of a project's work, for one version


def model_version(key: str) -> ModelVersion:
    """The record of a model; of one that Tandem knows by itself it is made when it is first asked for.

    Raises WeightsProblem for a name nobody knows.
    """
    name, _, version = key.rpartition("@")
    found = ModelVersion.objects.filter(name=name, version=version).first()
    if found is not None:
        return found
    if key not in RUNTIMES:
        raise WeightsProblem(f"There is no model {key!r}: add it with `manage.py models add`.")
    return _written(RUNTIMES[key])


def add(
    folder: Path, file: Path, *, name: str, version: str, kind: str, licence: str, source: str = "", parent: str = ""
) -> ModelVersion:
    """Take a model file into the store and write its record. Twice the same is once; raises WeightsProblem."""
    before = ModelVersion.objects.filter(name=name, version=version).first()
    told = {"name": name, "version": version, "kind": kind, "licence": licence, "source": source, "parent": parent}
    return _written(catalogue.add(folder, file, **told, formerly=_file_of(before)))


def remove(folder: Path, key: str) -> None:
    """Take an added model's file away. Its record stays, since suggestions name it.

    Raises StateConflict while a project still asks it, or WeightsProblem.
    """
    name, _, version = key.rpartition("@")
    with transaction.atomic():
        asked = Deployment.objects.live().filter(version__name=name, version__version=version)
        projects = list(asked.values_list("project__name", flat=True)[:5])
        if projects:
            raise StateConflict(f"{key} still answers in {', '.join(projects)}: withdraw it there first.")
        seated = AnnotatorVersion.objects.filter(version__name=name, version__version=version).exclude(
            annotator__mode="off"
        )
        working = list(seated.values_list("annotator__project__name", flat=True)[:5])
        if working:
            raise StateConflict(f"{key} still works in {', '.join(working)}: switch it off there first.")
        catalogue.remove(folder, key)
        ModelVersion.objects.filter(name=name, version=version, removed_at=None).update(removed_at=Now())


@transaction.atomic
def measured(version: ModelVersion, figures: Mapping[str, float]) -> None:
    """Write down what was measured of a model: over what was known under the same names, beside the rest."""
    known = ModelVersion.objects.select_for_update().get(pk=version.pk).metrics
    ModelVersion.objects.filter(pk=version.pk).update(metrics=known | dict(figures))


@transaction.atomic
def deploy(project: Project, version: ModelVersion, *, share: int, by: Person) -> Deployment:
    """From now on this version answers for its capability in this share (1 to 100 percent) of the project's work.

    The version's earlier deployment there ends. Raises StateConflict if the shares would add up to more than all.
    """
    if not SHARE.holds(share):
        raise StateConflict("The share is from 1 to 100 percent.")
    if version.removed_at is not None:
        raise StateConflict(f"{version} was removed from this installation.")
    Project.objects.select_for_update(of=("self",)).get(pk=project.pk)
    live = Deployment.objects.live().filter(project=project, version__capability=version.capability)
    taken = sum(live.exclude(version=version).values_list("share", flat=True))
    if taken + share > WHOLE:
        raise StateConflict(f"Other versions have {taken} % already, which leaves {WHOLE - taken} % for this one.")
    live.filter(version=version).update(ended_at=Now())
    made = Deployment.objects.create(project=project, version=version, share=share, started_by=by)
    _tell("model_deployed", made, by)
    return made


@transaction.atomic
def withdraw(deployment: Deployment, *, by: Person) -> None:
    """The version no longer answers there; the default, or the others, take over. Raises StateConflict if it ended."""
    if not Deployment.objects.live().filter(pk=deployment.pk).update(ended_at=Now()):
        raise StateConflict("This deployment has ended already.")
    _tell("model_withdrawn", deployment, by)


def deployed(project: Project, capability: str) -> list[Deployment]:
    """What answers there now for a capability, beside the runtime's default."""
    rows = Deployment.objects.live().filter(project=project, version__capability=capability)
    return list(rows.select_related("version").order_by("pk"))


def chosen(project_key: UUID, capability: str, subject: str) -> str | None:
    """Which deployed version answers for this subject (an assignment); None where the runtime's default does.

    The same subject always gets the same version while the deployments stay as they are: by hash, not by chance.
    """
    rows = Deployment.objects.live().filter(project__public_id=project_key, version__capability=capability)
    shares = [(str(row.version), row.share) for row in rows.select_related("version").order_by("pk")]
    return _by_hash(shares, subject)


def chosen_then(project: Project, capability: str, work: Iterable[tuple[str, datetime]]) -> list[str]:
    """Which version was drawn for each subject at that moment; empty where the runtime's default answered."""
    rows = Deployment.objects.filter(project=project, version__capability=capability).select_related("version")
    known = list(rows.order_by("pk"))

    def shares(at: datetime) -> list[tuple[str, int]]:
        live = [row for row in known if row.started_at <= at and (row.ended_at is None or at < row.ended_at)]
        return [(str(row.version), row.share) for row in live]

    return [_by_hash(shares(at), subject) or "" for subject, at in work]


def _by_hash(shares: Sequence[tuple[str, int]], subject: str) -> str | None:
    place = lot(subject) * WHOLE
    for key, share in shares:
        if place < share:
            return key
        place -= share
    return None


def _file_of(version: ModelVersion | None) -> str:
    """The sha256 of an added model's one file; empty where there is no such model."""
    return "".join(version.artifacts.values()) if version else ""


def _written(offer: Offer) -> ModelVersion:
    parent = model_version(offer.parent) if offer.parent else None
    version, _ = ModelVersion.objects.update_or_create(
        name=offer.name,
        version=offer.version,
        defaults={"removed_at": None},
        create_defaults={
            "capability": offer.capability,
            "runtime": offer.loader.split(":")[0],
            "artifacts": {artifact.member: artifact.sha256 for artifact in offer.artifacts},
            "licence": offer.licence,
            "source": offer.source,
            "parent": parent,
        },
    )
    return version


def _tell(kind: str, deployment: Deployment, by: Person) -> None:
    project = deployment.project
    emit(
        kind,
        organization_id=project.organization_id,
        actor_id=by.pk,
        project_key=project.public_id,
        subject=f"project:{project.public_id}",
        model=str(deployment.version),
        share=deployment.share,
    )
