"""What models offered, and what became of it. The only writer of Suggestion (and of ModelVersion, which it names)."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.db.models import Q
from django.db.models.functions import Now

from assist.facts import Binding, Offer
from assist.models import ModelVersion, Suggestion
from assist.runtimes import RUNTIMES
from projects.models import Annotation
from projects.tasktypes import TASK_TYPES

OFFERED, ACCEPTED, EDITED = Suggestion.Fate.OFFERED, Suggestion.Fate.ACCEPTED, Suggestion.Fate.EDITED
REFUSED, IGNORED = Suggestion.Fate.REFUSED, Suggestion.Fate.IGNORED


def model_version(key: str) -> ModelVersion:
    """The record of a model in the registry, made when it is first asked for."""
    known = RUNTIMES[key]
    version, _ = ModelVersion.objects.get_or_create(
        name=known.name,
        version=known.version,
        defaults={
            "capability": known.capability,
            "runtime": known.loader.split(":")[0],
            "artifacts": {artifact.member: artifact.sha256 for artifact in known.artifacts},
            "licence": known.licence,
            "source": known.source,
        },
    )
    return version


def keep(binding: Binding, model: str, offers: Sequence[Offer]) -> None:
    """Write down what was offered for an assignment. The same offer twice is written once."""
    assert binding.assignment_key is not None  # a trial keeps nothing
    version = model_version(model)
    Suggestion.objects.bulk_create(
        [
            Suggestion(
                public_id=offer.public_id,
                assignment_key=binding.assignment_key,
                task_key=binding.task_key,
                project_key=binding.project_key,
                model=version,
                prompt=offer.prompt,
                output=offer.output,
                score=offer.score,
                latency_ms=offer.latency_ms,
            )
            for offer in offers
        ],
        ignore_conflicts=True,
    )


def kept_spans(binding: Binding, model: str) -> list[Offer]:
    """The spans that this model has offered for this assignment already: a reload shows the same ones again."""
    assert binding.assignment_key is not None  # a trial keeps nothing
    name, _, version = model.rpartition("@")
    rows = Suggestion.objects.filter(assignment_key=binding.assignment_key, prompt={"text": True})
    rows = rows.filter(model__name=name, model__version=version).order_by("pk")
    return [Offer(row.prompt, row.output, row.score, row.latency_ms, row.public_id) for row in rows]


def settle(annotation: Annotation) -> int:
    """Set the fates of what was offered for a submitted annotation, from what its parts say of their origin.

    Whoever claims to have taken an offer as it was, but changed it, has edited it. Suggestions of other assignments
    are left alone whatever the answer says. Doing it again changes nothing; returns how many fates changed.
    """
    taken = _taken(annotation)
    refused = set(map(str, annotation.refused))
    rows = list(Suggestion.objects.filter(assignment_key=annotation.assignment_id))
    fates: dict[str, list[int]] = {}
    for row in rows:
        fates.setdefault(_fate(row, taken.get(str(row.public_id), []), refused), []).append(row.pk)
    return sum(_move(keys, fate) for fate, keys in fates.items())


def ignore(assignment_key: int) -> int:
    """Nothing came of what was offered: the work was given back, skipped, or ran out."""
    keys = Suggestion.objects.filter(assignment_key=assignment_key, fate=OFFERED).values_list("pk", flat=True)
    return _move(list(keys), IGNORED)


def _move(keys: Sequence[int], fate: str) -> int:
    return Suggestion.objects.filter(~Q(fate=fate), pk__in=keys).update(fate=fate, settled_at=Now())


def _taken(annotation: Annotation) -> dict[str, list[dict[str, Any]]]:
    """Suggestion id -> the parts of the answer that came from it."""
    taken: dict[str, list[dict[str, Any]]] = {}
    for part in _parts(annotation):
        suggestion = (part.get("provenance") or {}).get("suggestion")
        if isinstance(suggestion, str):
            taken.setdefault(suggestion, []).append(part)
    return taken


def _parts(annotation: Annotation) -> Iterable[dict[str, Any]]:
    room = TASK_TYPES[annotation.task.project.task_type]
    return annotation.answer.get(room.answer_list, [])


def _fate(row: Suggestion, parts: list[dict[str, Any]], refused: set[str]) -> str:
    if parts:
        return ACCEPTED if any(_as_it_was(row.output, part) for part in parts) else EDITED
    return REFUSED if str(row.public_id) in refused else IGNORED


def _as_it_was(output: dict[str, Any], part: dict[str, Any]) -> bool:
    if part["provenance"].get("source") != "suggestion":
        return False
    if "masks" not in output:
        return all(part.get(name) == output.get(name) for name in ("start", "end", "label"))
    shape = part.get("shape", {})
    sizes = {tuple(mask["size"]) for mask in output["masks"]}
    if tuple(shape.get("size", ())) not in sizes:
        return True  # brought up to the image's size on accepting: pixels can't be compared run by run
    return shape.get("counts") in {mask["counts"] for mask in output["masks"]}
