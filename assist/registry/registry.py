"""Which models there are and where each one answers. The only writer of ModelVersion and Deployment."""

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import Now

from assist.adapters import RUNTIMES, SHIPPED, Offer, bringing, catalogue
from assist.adapters.files import WeightsProblem, path_of
from assist.adapters.kinds import lays
from assist.models import (
    AnnotatorVersion,
    Deployment,
    Evaluation,
    ModelVersion,
    OrganizationDefault,
    Rollout,
    RolloutEvent,
    rivals,
)
from assist.registry import lineage
from assist.registry.resolution import WHOLE
from projects.models import Project
from taskers.errors import StateConflict, Word
from taskers.models import Organization, Person
from taskers.models.limits import Between
from taskers.outbox.events import emit

OWNER = 8  # digits of an organization's public id that stand in the names of its own models
SAID = 600  # letters of what is kept of a first question
UNTRIED = (ModelVersion.Smoke.WAITING, ModelVersion.Smoke.FAILED)
IMPORTED = "imported"
NOBODY_ASKS = "none"  # the runtime of what only stands in the record of what was offered
TERMS = "decided-terms@1"  # how names that were decided before are called among the models
SHARE = Between(1, WHOLE)  # of a project's work, for one version


def model_version(key: str) -> ModelVersion:
    """The record of a model; of one that Tandem knows by itself it is made when it is first asked for.

    Raises WeightsProblem for a name nobody knows.
    """
    name, _, version = key.rpartition("@")
    found = ModelVersion.objects.filter(name=name, version=version).first()
    if found is not None:
        return found
    if key == TERMS or version.startswith(f"{IMPORTED}-"):
        terms = {"capability": "terms" if key == TERMS else IMPORTED, "runtime": NOBODY_ASKS}
        return ModelVersion.objects.get_or_create(name=name, version=version, defaults=terms)[0]
    if key not in RUNTIMES:
        raise WeightsProblem(f"There is no model {key!r}: add it with `manage.py models add`.")
    return _written(RUNTIMES[key])


def listed(folder: Path) -> list[ModelVersion]:
    """The records of what comes along and is in this folder, so that it can be chosen before anybody was offered
    anything."""
    known = {str(one): one for one in ModelVersion.objects.filter(name__in=[key.split("@")[0] for key in SHIPPED])}
    return [known.get(key) or model_version(key) for key in SHIPPED if is_here(key, folder)]


def is_here(key: str, folder: Path) -> bool:
    """Whether the files of a model that comes along were fetched."""
    return all(path_of(one, folder).exists() for one in RUNTIMES[key].artifacts)


def imported(project_key: UUID, source: str) -> str:
    """The name of a source whose predictions were imported into a project; its record is made with its first offer."""
    return f"{source}@{IMPORTED}-{project_key.hex[:16]}"


def add(
    folder: Path, file: Path, *, name: str, version: str, kind: str, licence: str, source: str = "", parent: str = ""
) -> ModelVersion:
    """Take a model file into the store and write its record. Twice the same is once; raises WeightsProblem."""
    before = ModelVersion.objects.filter(name=name, version=version).first()
    told = {"name": name, "version": version, "kind": kind, "licence": licence, "source": source, "parent": parent}
    return _written(catalogue.add(folder, file, **told, formerly=_file_of(before)))


def bring(
    folder: Path,
    source: Path,
    *,
    organization: Organization | None = None,
    check: Callable[[Offer], None] = lambda _offer: None,
) -> ModelVersion:
    """Check a model's folder or zip, take its files into the store and write its record. It is asked a first question
    before it may answer (trial.py). Twice the same is once.

    With an organization it is that one's alone, and its name says so. Raises ManifestProblem, WeightsProblem, and what
    `check` raises of its manifest.
    """
    owner = organization.public_id.hex[:OWNER] if organization else ""
    with bringing.checked(source, owner) as (offer, files):
        check(offer)
        before = ModelVersion.objects.filter(name=offer.name, version=offer.version).first()
        if before is not None and (before.artifacts != _artifacts(offer) or before.terms != _terms(offer)):
            raise WeightsProblem(f"{offer.key} is or was another model: give this one another version.")
        return _written(catalogue.enter(folder, offer, files), organization)


def tried(version: ModelVersion, *, well: bool, said: str, figures: Mapping[str, float]) -> ModelVersion:
    """Write down how a brought model did at its first question."""
    smoke = ModelVersion.Smoke.PASSED if well else ModelVersion.Smoke.FAILED
    ModelVersion.objects.filter(pk=version.pk).update(smoke=smoke, smoke_said=said[:SAID])
    measured(version, figures)
    version.refresh_from_db()
    return version


def usable(project: Project) -> QuerySet[ModelVersion]:
    """The versions that may answer in a project: everybody's and its organization's own, each of them tried."""
    return usable_by(project.organization_id)


def usable_by(organization: Organization | int) -> QuerySet[ModelVersion]:
    """The same of all of an organization's projects. What rests on verdicts of others that took their consent back
    isn't among them, nor what nobody can ask."""
    key = organization.pk if isinstance(organization, Organization) else organization
    rows = ModelVersion.objects.filter(Q(organization=None) | Q(organization=key), removed_at=None)
    return (
        rows.exclude(smoke__in=UNTRIED)
        .exclude(runtime=NOBODY_ASKS)
        .exclude(pk__in=lineage.closed_to(key))
        .order_by("name", "version")
    )


def remove(folder: Path, key: str) -> None:
    """Take an added model's file away. Its record stays, since suggestions name it.

    Raises StateConflict while a project still asks it, or WeightsProblem.
    """
    name, _, version = key.rpartition("@")
    with transaction.atomic():
        asked = Deployment.objects.live().filter(version__name=name, version__version=version)
        if where := ", ".join(asked.values_list("project__name", flat=True)[:5]):
            raise StateConflict(
                "%(model)s still answers in %(where)s: withdraw it there first.", model=key, where=where
            )
        begun = OrganizationDefault.objects.live().filter(version__name=name, version__version=version)
        if where := ", ".join(begun.values_list("organization__name", flat=True)[:5]):
            raise StateConflict("Projects of %(where)s begin with %(model)s: end that first.", model=key, where=where)
        seated = AnnotatorVersion.objects.filter(version__name=name, version__version=version).exclude(
            annotator__mode="off"
        )
        if where := ", ".join(seated.values_list("annotator__project__name", flat=True)[:5]):
            raise StateConflict(
                "%(model)s still works in %(where)s: switch it off there first.", model=key, where=where
            )
        if any(key == one for one in catalogue.offers(folder)) or not _is_brought(name, version):
            catalogue.remove(folder, key)
        ModelVersion.objects.filter(name=name, version=version, removed_at=None).update(removed_at=Now())


def _is_brought(name: str, version: str) -> bool:
    """Whether there is a record of such a model, of which the files may be gone already."""
    return ModelVersion.objects.filter(name=name, version=version, removed_at=None).exclude(smoke="").exists()


def waits(version: ModelVersion) -> None:
    """It has to answer a first question before it may be chosen anew."""
    ModelVersion.objects.filter(pk=version.pk).update(smoke=ModelVersion.Smoke.WAITING, smoke_said="")


@transaction.atomic
def measured(version: ModelVersion, figures: Mapping[str, float]) -> None:
    """Write down what was measured of a model: over what was known under the same names, beside the rest."""
    known = ModelVersion.objects.select_for_update().get(pk=version.pk).metrics
    ModelVersion.objects.filter(pk=version.pk).update(metrics=known | dict(figures))


@dataclass(frozen=True)
class Grounds:
    """Why a version may answer: the first here, passed by an evaluation, or two people's word with their reason; and
    whose step it is. The database asks as well (assist/models/deployment_rules.py)."""

    basis: Deployment.Basis
    evaluation: Evaluation | None = None
    reason: str = ""
    seconded_by: Person | None = None
    rollout: Rollout | None = None


FIRST = Grounds(Deployment.Basis.FIRST)


def passed(evaluation: Evaluation) -> Grounds:
    """An evaluation against what answers there now."""
    return Grounds(Deployment.Basis.PASSED, evaluation=evaluation)


def step(rollout: Rollout) -> Grounds:
    """The same evaluation, step by step."""
    return Grounds(Deployment.Basis.PASSED, evaluation=rollout.evaluation, rollout=rollout)


def override(reason: str, seconded_by: Person) -> Grounds:
    """A reason that a second person shares."""
    return Grounds(Deployment.Basis.OVERRIDE, reason=reason, seconded_by=seconded_by)


@transaction.atomic
def deploy(project: Project, version: ModelVersion, *, share: int, by: Person, grounds: Grounds) -> Deployment:
    """From now on this version answers for what it suggests in this share (1 to 100 percent) of the project's work.

    The version's earlier deployment there ends. What it lacks of its share is taken from the version that it was
    measured against, or where that one hasn't so much from the version that answers most; StateConflict is raised where
    that one hasn't either, and without a basis.
    """
    if not SHARE.holds(share):
        raise StateConflict("The share is from 1 to 100 percent.")
    if version.removed_at is not None:
        raise StateConflict("%(model)s was removed from this installation.", model=str(version))
    check_tried(version)
    Project.objects.select_for_update(of=("self",)).get(pk=project.pk)
    some = rivals.of(version.capability)
    live = Deployment.objects.live().filter(project=project, version__capability__in=some)
    others = live.exclude(version=version)
    taken = sum(others.values_list("share", flat=True))
    lacking = max(0, taken + share - WHOLE)
    giver = _giver(others, grounds, lacking)
    if giver is not None and lacking > giver.share:
        text = "Other versions have %(taken)s %% already, which leaves %(left)s %% for this one."
        raise StateConflict(text, taken=taken, left=max(0, WHOLE - taken))
    live.filter(version=version).update(ended_at=Now())
    made = _begun(project, version, share, by, grounds)
    if giver is not None and lacking:
        _give_up(giver, lacking)
    tell("model_deployed", project, version, by, share=share, basis=grounds.basis)
    return made


def _giver(others: QuerySet[Deployment], grounds: Grounds, lacking: int) -> Deployment | None:
    """Which of the others gives up what is lacking."""
    measured = grounds.evaluation.champion_id if grounds.evaluation else None
    beaten = others.filter(version=measured, share__gte=lacking).first()
    return beaten or others.order_by("-share", "pk").first()


def check_tried(version: ModelVersion) -> None:
    """Raises StateConflict where a brought model hasn't answered a first question."""
    if version.smoke in UNTRIED:
        why = version.smoke_said or Word("it waits for it.")
        raise StateConflict("%(model)s hasn't answered a first question: %(why)s", model=str(version), why=why)


def _begun(project: Project, version: ModelVersion, share: int, by: Person, grounds: Grounds) -> Deployment:
    row = Deployment(project=project, version=version, share=share, started_by=by, basis=grounds.basis)
    row.evaluation, row.reason, row.seconded_by = grounds.evaluation, grounds.reason, grounds.seconded_by
    row.rollout = grounds.rollout
    try:
        with transaction.atomic():
            row.save(force_insert=True)
            return row
    except IntegrityError as problem:
        said = str(problem)
        if "has not answered a first question" in said:
            raise StateConflict("%(model)s has to answer its first question again.", model=str(version)) from None
        if "no step of its rollout" in said:
            raise StateConflict(ON_ITS_WAY, model=str(version)) from None
        if lineage.REFUSED in said:
            raise StateConflict(lineage.TAKEN_BACK, model=str(version)) from None
        if lineage.ERASED in said:
            raise StateConflict(lineage.RESTS_ON_ERASED, model=str(version)) from None
        if "deployment without a basis" not in said:
            raise
        raise StateConflict(NO_BASIS[grounds.basis]) from None


ON_ITS_WAY = "%(model)s is on its way here step by step: roll that back first."
NO_BASIS = {
    Deployment.Basis.FIRST: "Another model answers here already: evaluate this one against it first.",
    Deployment.Basis.PASSED: "No passed evaluation against what answers here now: evaluate it again.",
    Deployment.Basis.OVERRIDE: "Two people and a reason are needed.",
}


def _give_up(row: Deployment, percent: int) -> None:
    """It keeps the rest of its share, on the grounds that it had."""
    Deployment.objects.live().filter(pk=row.pk).update(ended_at=Now())
    if rest := row.share - percent:
        kept = Grounds(Deployment.Basis(row.basis), row.evaluation, row.reason, row.seconded_by)
        _begun(row.project, row.version, rest, row.started_by, kept)


@transaction.atomic
def withdraw(deployment: Deployment, *, by: Person) -> None:
    """The version no longer answers there; the default, or the others, take over. Raises StateConflict if it ended."""
    if not Deployment.objects.live().filter(pk=deployment.pk).update(ended_at=Now()):
        raise StateConflict("This deployment has ended already.")
    told = {"share": deployment.share, "basis": deployment.basis}
    tell("model_withdrawn", deployment.project, deployment.version, by, **told)


@transaction.atomic
def put_back(rollout: Rollout, *, by: Person) -> None:
    """A rollout is over: its version answers no more, and what it took goes to the version that it was taken from, on
    the grounds that this one had. Where that was withdrawn meanwhile, has to be asked a first question again, or may be
    had no more by this organization, the others, or the runtime's own, take over; so they do where they have it all."""
    project, was = rollout.project, rollout.predecessor
    Project.objects.select_for_update(of=("self",)).get(pk=project.pk)
    some = rivals.of(rollout.version.capability)
    live = Deployment.objects.live().filter(project=project, version__capability__in=some)
    mine = live.filter(version=rollout.version).first()
    if mine is not None:
        withdraw(mine, by=by)
    others = list(live.select_related("version"))
    kept = next((one for one in others if was and one.version_id == was.version_id), None)
    if was is None or mine is None or (kept is None and not _gave_up_all(rollout, was)):
        return
    if was.version.removed_at or was.version.smoke in UNTRIED:
        return
    if lineage.is_closed(was.version, project.organization_id):
        return
    if was.basis != Deployment.Basis.OVERRIDE and lineage.rests_on_erased(was.version):
        return
    free = WHOLE - sum(one.share for one in others) + (kept.share if kept else 0)
    share = min(was.share, free)
    if share <= (kept.share if kept else 0):
        return
    if kept is not None:
        live.filter(pk=kept.pk).update(ended_at=Now())
    grounds = Grounds(Deployment.Basis(was.basis), was.evaluation, was.reason, was.seconded_by, rollout)
    _begun(project, was.version, share, was.started_by, grounds)
    tell("model_deployed", project, was.version, by, share=share, basis=was.basis)


def _gave_up_all(rollout: Rollout, was: Deployment) -> bool:
    """Whether a rollout took all that its predecessor had, and nobody let that one answer, and withdrew it, since."""
    took = rollout.timeline.filter(kind=RolloutEvent.Kind.PROMOTED).first()
    since = Deployment.objects.filter(project=rollout.project_id, version=was.version_id)
    return took is not None and not since.filter(started_at__gt=took.at).exists()


def tell(kind: str, project: Project, version: ModelVersion, by: Person, **data: object) -> None:
    """Write down what happened to a version in a project, and who did it, in the transaction that does it."""
    emit(
        kind,
        organization_id=project.organization_id,
        actor_id=by.pk,
        project_key=project.public_id,
        subject=f"project:{project.public_id}",
        model=str(version),
        **data,
    )


def label_map_of(key: str) -> dict[str, str] | None:
    """What the manifest of a model that was brought says of its labels; None of any other, and of one that has none."""
    name, _, version = key.rpartition("@")
    if not name:
        return None
    terms = ModelVersion.objects.filter(name=name, version=version).values_list("terms", flat=True).first()
    return dict(terms["label_map"]) if terms and not lays(terms) else None


def _file_of(version: ModelVersion | None) -> str:
    """The sha256 of an added model's one file; empty where there is no such model."""
    return "".join(version.artifacts.values()) if version else ""


def _artifacts(offer: Offer) -> dict[str, str]:
    return {artifact.member: artifact.sha256 for artifact in offer.artifacts}


def _terms(offer: Offer) -> dict[str, object]:
    return json.loads(json.dumps(asdict(offer.terms))) if offer.terms else {}


def _written(offer: Offer, organization: Organization | None = None) -> ModelVersion:
    parent = model_version(offer.parent) if offer.parent else None
    if parent is not None and organization is None and lineage.is_private(parent):
        raise WeightsProblem(f"{offer.parent} rests on verdicts that may teach no model for everybody.")
    version, _ = ModelVersion.objects.update_or_create(
        name=offer.name,
        version=offer.version,
        defaults={"removed_at": None},
        create_defaults={
            "capability": offer.capability,
            "runtime": offer.loader.split(":")[0],
            "artifacts": _artifacts(offer),
            "terms": _terms(offer),
            "smoke": ModelVersion.Smoke.WAITING if offer.brought else ModelVersion.Smoke.NOT_ASKED,
            "organization": organization,
            "licence": offer.licence,
            "source": offer.source,
            "parent": parent,
        },
    )
    return version
