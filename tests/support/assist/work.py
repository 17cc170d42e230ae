"""Makers of the copilot's own kinds of rows: image projects, and what models offered."""

from typing import Any
from uuid import uuid4

from django.utils import timezone

from assist.learning import rollout
from assist.models import AnnotatorVersion, Deployment, ModelVersion, Suggestion
from assist.registry import registry
from assist.suggestions import record
from assist.suggestions.bindings import bind
from assist.suggestions.offers import EVERYTHING, Offer
from projects import queue
from projects.data.media import assets
from projects.data.media.pictures import read_picture
from projects.models import Annotation, Assignment, Batch, Project, Task
from projects.models.work import Asset
from taskers.models import Organization, Person
from tests.support import make

SAM, SPACY = "mobile-sam@0.2.0", "en-core-web-sm@3.8.0"
CAT = [{"key": "cat", "name": "Cat", "colour": "#1971c2", "hotkey": "n"}]


def image_project(owner: Organization, **settings: Any) -> Project:
    """A live project of masks."""
    return make.project(owner, "Objects in photographs", "image_regions", labels=CAT, **settings)


def image_task(in_batch: Batch, file: bytes, name: str = "picture.png", wanted: int = 2) -> Task:
    """A task with its stored picture and its open judgements."""
    picture = read_picture(file)
    asset: Asset = assets.store(in_batch.project.organization, [picture])[picture.sha256]
    task = Task.objects.create(
        project=in_batch.project,
        batch=in_batch,
        asset=asset,
        external_id=name,
        payload={"asset": asset.sha256, "width": asset.width, "height": asset.height, "name": name},
        payload_hash=asset.sha256,
        wanted=wanted,
    )
    queue.open_slots([task.pk])
    make.in_order([task])
    return task


def offered(
    held: Assignment, output: dict[str, Any], model: str = SPACY, prompt: dict[str, Any] | None = None
) -> Suggestion:
    """Something that a model offered for work in somebody's hands."""
    assert held.tasker and held.token
    binding = bind(held.tasker.pk, held.public_id, held.token)
    prompt = prompt or ({"text": True} if "start" in output else {"points": [[1, 1, 1]]})
    offer = Offer(prompt, output, None, 9, uuid4())
    record.keep(binding, model, [offer])
    return Suggestion.objects.get(public_id=offer.public_id)


def offered_then(done: Assignment) -> None:
    """Work that is long handed in had a suggestion shown to it."""
    Suggestion.objects.create(
        assignment_key=done.pk,
        task_key=done.task_id,
        project_key=done.task.project.public_id,
        model=registry.model_version(SPACY),
        output=span_offer(0, 5),
    )


def everything_offered(done: Annotation, version: ModelVersion, count: int) -> None:
    """All that stands apart was asked for in work that was handed in, and none of it taken."""
    Suggestion.objects.bulk_create(
        Suggestion(
            assignment_key=done.assignment_id,
            task_key=done.task_id,
            project_key=done.task.project.public_id,
            model=version,
            prompt=EVERYTHING,
            score=0.75,
            latency_ms=9_000,
            outcome="refused",
            settled_at=timezone.now(),
        )
        for _ in range(count)
    )


def span_offer(start: int, end: int, label: str = "person") -> dict[str, Any]:
    return {"start": start, "end": end, "label": label, "model_label": label.upper()}


def decides(made: AnnotatorVersion, *, by: Person) -> None:
    """It decides alone, by the word of two people."""
    project = made.annotator.project
    wish = rollout.ask_to_decide(project, made.version, reason="Measured elsewhere", by=by)
    rollout.confirm_override(wish, by=_second(project))


def _second(project: Project) -> Person:
    return Person.objects.filter(email="second@example.org").first() or make.person("Second", project.organization)


def deployed(project: Project, version: ModelVersion, *, share: int, by: Person) -> Deployment:
    """A version that answers there: as the first, or by the word of two people."""
    if not rollout.others_answered(project, version):
        return registry.deploy(project, version, share=share, by=by, grounds=registry.FIRST)
    grounds = registry.override("Measured elsewhere", _second(project))
    return registry.deploy(project, version, share=share, by=by, grounds=grounds)
