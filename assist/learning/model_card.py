"""What a model is, on one page: what it learnt from, how it does and where, what it isn't for, whose it is.

After Mitchell and others, "Model Cards for Model Reporting", 2019. Made from our own rows each time, so it can't grow
old; as JSON it goes with the model.
"""

from typing import Any

from assist.models import Deployment, Evaluation, ModelVersion, Tombstone, TrainingRun
from assist.registry import lineage, registry
from projects.models import Project
from taskers.errors import NotFound

EVALUATIONS = 5  # the newest


def of(project: Project, version: ModelVersion) -> dict[str, Any]:
    """The card of a version as it is in a project."""
    run = TrainingRun.objects.filter(version=version).select_related("snapshot", "project").first()
    return {
        "name": version.name,
        "version": version.version,
        "capability": version.capability,
        "licence": version.licence,
        "source": version.source,
        "belongs_to": version.organization.name if version.organization else "",
        "began_from": str(version.parent) if version.parent else "",
        "files": version.artifacts,
        "data": _data(run) if run else None,
        "figures": version.metrics,
        "evaluations": [_evaluation(one, version) for one in _evaluations(project, version)],
        "deployments": [_deployment(one) for one in _deployments(project, version)],
        "erased": [_erased(one) for one in _tombstones(version)],
        "limits": _limits(version, run),
    }


def found(project: Project, public_id: Any) -> ModelVersion:
    """A version that this project may know of. Raises NotFound."""
    rows = ModelVersion.objects.select_related("organization", "parent").filter(public_id=public_id)
    version = rows.first()
    if version is None or version.organization_id not in (None, project.organization_id):
        raise NotFound("There is no such model here.")
    return version


def _data(run: TrainingRun) -> dict[str, Any]:
    """What it learnt from, and how."""
    return {
        "project": run.project.name,
        "snapshot": run.snapshot.sha256,
        "cut": run.snapshot.cut.isoformat(),
        "verdicts": run.snapshot.rows,
        "found_without_a_model": run.snapshot.blind,
        "splits": run.snapshot.by_split,
        "recipe": run.recipe,
        "parameters": run.parameters,
        "seed": run.seed,
        "code": run.code,
        "packages": run.packages,
    }


def _tombstones(version: ModelVersion) -> list[Tombstone]:
    """What was erased since of all that taught it, or what it began from."""
    rests = {(one.erasure, one.snapshot) for one in lineage.rests(version=version.pk)}
    rows = Tombstone.objects.filter(erasure__in={erasure for erasure, _snapshot in rests}).select_related("erasure")
    return [one for one in rows.order_by("pk") if (one.erasure_id, one.snapshot_id) in rests]


def _erased(one: Tombstone) -> dict[str, Any]:
    return {"at": one.at.isoformat(), "verdicts": one.learnt, "why": one.erasure.reason, "snapshot": one.sha256}


def _evaluations(project: Project, version: ModelVersion) -> list[Evaluation]:
    rows = Evaluation.objects.filter(project=project, state=Evaluation.State.DONE)
    mine = rows.filter(candidate=version) | rows.filter(champion=version)
    return list(mine.select_related("candidate", "champion").order_by("-pk")[:EVALUATIONS])


def _evaluation(one: Evaluation, version: ModelVersion) -> dict[str, Any]:
    """How it did over all tasks and in each slice, beside the other."""
    side, other = ("candidate", "champion") if one.candidate_id == version.pk else ("champion", "candidate")
    return {
        "at": one.ended_at.isoformat() if one.ended_at else "",
        "beside": str(getattr(one, other)),
        "as": side,
        "outcome": one.outcome,
        "tasks": one.tasks,
        "holdout": one.holdout,
        "slices": [
            {"slice": found["slice"], "tasks": found["tasks"], "score": found[side], "beside": found[other]}
            for found in one.findings
        ],
    }


def _deployments(project: Project, version: ModelVersion) -> list[Deployment]:
    return list(Deployment.objects.filter(project=project, version=version).order_by("pk"))


def _deployment(one: Deployment) -> dict[str, Any]:
    ended = one.ended_at.isoformat() if one.ended_at else None
    basis = {"basis": one.basis, "reason": one.reason} if one.reason else {"basis": one.basis}
    return {"from": one.started_at.isoformat(), "to": ended, "share": one.share} | basis


def _limits(version: ModelVersion, run: TrainingRun | None) -> list[str]:
    """What it must not be taken for; codes, which the page says in words."""
    known = ["suggests"] if not version.metrics else []
    if run is not None:
        known += ["own-data", "own-labels"]
    if version.organization_id is not None:
        known.append("own-organization")
    if version.pk in lineage.taken_back():
        known.append("taken-back")
    if lineage.rests_on_erased(version):
        known.append("erased")
    if version.smoke in registry.UNTRIED:
        known.append("untried")
    return known or ["general"]
