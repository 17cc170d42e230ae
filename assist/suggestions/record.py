"""What models offered, and what became of it. The only writer of Suggestion."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from django.db.models import Q
from django.db.models.functions import Now

from assist.models import Suggestion
from assist.registry.registry import model_version
from assist.suggestions import edit_distance
from assist.suggestions.islands import without_islands
from assist.suggestions.offers import EVERYTHING, Binding, Offer
from projects.models import Annotation, Assignment, Project
from projects.queue.answer_check import Offers, name_of
from projects.reports.offered_effect import Offered
from projects.task_types import TASK_TYPES

OFFERED, ACCEPTED, EDITED = Suggestion.Outcome.OFFERED, Suggestion.Outcome.ACCEPTED, Suggestion.Outcome.EDITED
REFUSED, IGNORED, REFINED = Suggestion.Outcome.REFUSED, Suggestion.Outcome.IGNORED, Suggestion.Outcome.REFINED

ENLARGED = 0.05  # how much of a mask may differ at its edge once the page has brought it up to the image's size
ROUNDED = 0.02  # how much of a box may differ once the page has brought it to whole pixels
SWEPT = 5_000


def keep(binding: Binding, model: str, offers: Sequence[Offer]) -> None:
    """Write down what this model, or whom an offer names, offered for an assignment. Twice the same is once."""
    assert binding.assignment_key is not None  # a trial keeps nothing
    versions = {one: model_version(one or model) for one in {offer.model for offer in offers}}
    Suggestion.objects.bulk_create(
        [
            Suggestion(
                public_id=offer.public_id,
                assignment_key=binding.assignment_key,
                task_key=binding.task_key,
                project_key=binding.project_key,
                model=versions[offer.model],
                prompt=offer.prompt,
                output=offer.output,
                score=offer.score,
                latency_ms=offer.latency_ms,
                planted=offer.planted,
            )
            for offer in offers
        ],
        ignore_conflicts=True,
    )


def offered(assignment_keys: Collection[int], parts: Sequence[Mapping[str, Any]]) -> Offers:
    """What was offered for these pieces of work, of that which parts of an answer claim to come from. A suggestion of
    another kind than the part doesn't count: no edit makes a mask of a span."""
    rows = Suggestion.objects.filter(assignment_key__in=assignment_keys)
    named = {part["provenance"]["suggestion"]: part for part in parts if part["provenance"]["suggestion"]}
    origins = {}
    suggestions = {str(row.public_id): row for row in rows.filter(public_id__in=named).select_related("model")}
    for part in parts:
        row = suggestions.get(part["provenance"]["suggestion"] or "")
        if row is not None and _could_become(row.output, part):
            origins[name_of(part)] = {"model": str(row.model)} | (
                {"source": "edited"} if _differs(row.output, part) else {}
            )
    models = rows.order_by().values_list("model__name", "model__version").distinct()
    return Offers(origins, {f"{name}@{version}" for name, version in models})


def _could_become(output: Mapping[str, Any], part: Mapping[str, Any]) -> bool:
    if "part" in output:
        return part.get("id") == output["part"]
    if "field" in output:
        return part.get("field") == output["field"]
    return ("start" in part) == ("start" in output and "masks" not in output)


def _differs(output: Mapping[str, Any], part: Mapping[str, Any]) -> bool:
    """Whether a look at the words alone shows it; shapes are compared later, while nobody waits (`settle`)."""
    names = [name for name in ("value", "start", "end", "label") if name in output and name in part]
    return "part" not in output and any(output[name] != part[name] for name in names)


def lately(project: Project, most: int) -> list[Offered]:
    """The newest suggestions of a project that a least score could have held back, planted errors left out."""
    rows = Suggestion.objects.filter(project_key=project.public_id, planted=False, score__isnull=False)
    rows = rows.exclude(prompt__has_key="points").exclude(prompt=EVERYTHING)  # masks are shown however sure they are
    said = rows.order_by("-pk").values_list("output__label", "score", "outcome")[:most]
    return [
        Offered(label or "", score or 0.0, outcome == ACCEPTED, outcome == REFUSED) for label, score, outcome in said
    ]


def kept_of_whole(binding: Binding, model: str, asked: dict[str, Any]) -> list[Offer]:
    """What this model has offered for all of this assignment's text or image already: a reload shows the same."""
    assert binding.assignment_key is not None  # a trial keeps nothing
    name, _, version = model.rpartition("@")
    rows = Suggestion.objects.filter(assignment_key=binding.assignment_key, prompt=asked)
    rows = rows.filter(model__name=name, model__version=version).order_by("pk")
    return [Offer(row.prompt, row.output, row.score, row.latency_ms, row.public_id, row.planted) for row in rows]


def planted_before(binding: Binding) -> bool:
    """Whether this piece of work was shown a planted error already."""
    assert binding.assignment_key is not None  # a trial keeps nothing
    return Suggestion.objects.filter(assignment_key=binding.assignment_key, planted=True).exists()


def settle(annotation: Annotation) -> int:
    """Set the outcomes of what was offered for a submitted annotation, from what its parts say of their origin.

    Whoever claims to have taken an offer as it was, but changed it, has edited it; how much is written down.
    Suggestions of other assignments are left alone whatever the answer says. Doing it again changes nothing; returns
    how many outcomes changed.
    """
    taken = _taken(annotation)
    refused = set(map(str, annotation.refused))
    rows = list(Suggestion.objects.filter(assignment_key=annotation.assignment_id))
    outcomes: dict[tuple[str, float | None], list[int]] = {}
    for row in rows:
        parts = _worded(row.output, annotation) if "part" in row.output else taken.get(str(row.public_id), [])
        outcome = _outcome_of(row, parts, refused, rows)
        edit = (
            0.0 if outcome == ACCEPTED else min(edit_distance.of(row.output, part) for part in parts) if parts else None
        )
        outcomes.setdefault((outcome, edit), []).append(row.pk)
    return sum(_move(keys, outcome, edit) for (outcome, edit), keys in outcomes.items())


def offered_for(assignment_keys: Collection[int]) -> set[int]:
    """Those of these pieces of work for which anything was offered."""
    if not assignment_keys:
        return set()
    rows = Suggestion.objects.filter(assignment_key__in=list(assignment_keys)).order_by("assignment_key")
    return set(rows.values_list("assignment_key", flat=True).distinct())


def ignore(assignment_key: int) -> int:
    """Nothing came of what was offered: the work was given back, skipped, or ran out."""
    keys = Suggestion.objects.filter(assignment_key=assignment_key, outcome=OFFERED).values_list("pk", flat=True)
    return _move(list(keys), IGNORED)


def sweep(*, limit: int = SWEPT) -> int:
    """Settle what was written down after its work had ended already: where the database is slow, or the work ends while
    a model answers, the outbox's reader may have passed by. Returns how many changed; the newest `limit` open ones are
    looked at."""
    open_ones = Suggestion.objects.filter(outcome=OFFERED).order_by("-pk")[:limit]
    keys = set(open_ones.values_list("assignment_key", flat=True))
    ended = Assignment.objects.filter(pk__in=keys).exclude(state__in=["open", "held"])
    given_back = ended.exclude(state=Assignment.State.SUBMITTED).values_list("pk", flat=True)
    handed_in = Annotation.objects.current().filter(assignment__in=ended).select_related("task__project")
    return sum(map(settle, handed_in)) + sum(map(ignore, given_back))


def _move(keys: Sequence[int], outcome: str, edit: float | None = None) -> int:
    return Suggestion.objects.filter(~Q(outcome=outcome), pk__in=keys).update(
        outcome=outcome, edit=edit, settled_at=Now()
    )


def _taken(annotation: Annotation) -> dict[str, list[dict[str, Any]]]:
    """Suggestion id -> the parts of the answer that came from it."""
    taken: dict[str, list[dict[str, Any]]] = {}
    for part in _parts(annotation):
        suggestion = (part.get("provenance") or {}).get("suggestion")
        if isinstance(suggestion, str):
            taken.setdefault(suggestion, []).append(part)
    return taken


def _worded(output: dict[str, Any], annotation: Annotation) -> list[dict[str, Any]]:
    """The part for whose attribute words were offered, if anything stands in that attribute."""
    (key,) = output["attributes"]
    return [
        part
        for part in _parts(annotation)
        if part.get("id") == output["part"] and part.get("label") == output["label"] and part["attributes"].get(key)
    ]


def _parts(annotation: Annotation) -> Iterable[dict[str, Any]]:
    task_type = TASK_TYPES[annotation.task.project.task_type]
    return annotation.answer.get(task_type.answer_list, [])


def _outcome_of(row: Suggestion, parts: list[dict[str, Any]], refused: set[str], rows: Sequence[Suggestion]) -> str:
    if parts:
        return ACCEPTED if any(_as_it_was(row.output, part, row.prompt) for part in parts) else EDITED
    if str(row.public_id) in refused:
        return REFUSED
    return REFINED if any(_sets_out_from(row, one) for one in rows) else IGNORED


def _sets_out_from(earlier: Suggestion, later: Suggestion) -> bool:
    """Whether a later click refined this mask: it carries all of its points. Three clicks at a thing are one offer."""
    before, now = earlier.prompt, later.prompt
    if later.pk <= earlier.pk or not now.get("previous"):
        return False
    points = before.get("points", [])
    return now.get("box") == before.get("box") and now.get("points", [])[: len(points)] == points


def _said(part: dict[str, Any]) -> dict[str, Any]:
    """The attributes that somebody said: not those that the label began with and nobody touched."""
    untouched = part["provenance"].get("untouched", ())
    return {name: value for name, value in part["attributes"].items() if name not in untouched}


def _as_it_was(output: dict[str, Any], part: dict[str, Any], prompt: Mapping[str, Any] = MappingProxyType({})) -> bool:
    if "part" in output:
        return all(part["attributes"].get(name) == said for name, said in output["attributes"].items())
    if part["provenance"].get("source") != "suggestion":
        return False
    if "field" in output:
        return part.get("field") == output["field"] and part.get("value") == output["value"]
    if "shape" in output:
        same = all(part.get(name) == output[name] for name in ("shape", "label"))
        return same and _said(part) == _said(part | {"attributes": output["attributes"]})
    if any(part.get("attributes", {}).get(name) != said for name, said in output.get("attributes", {}).items()):
        return False
    if "box" in output and (part.get("label") != output["label"] or part.get("shape", {}).get("type") == "box"):
        return part.get("label") == output["label"] and edit_distance.of(output, part) <= ROUNDED
    if "masks" not in output and "start" in output:
        return all(part.get(name) == output.get(name) for name in ("start", "end", "label"))
    if "masks" not in output:
        return False
    shape = part.get("shape", {})
    if "counts" not in shape or not output["masks"]:
        return False
    if _same_mask(output, part):
        return True
    width = shape["size"][1]  # of the image
    tidied = [without_islands(mask, _clicks(prompt, mask["size"][1] / width)) for mask in output["masks"]]
    return _same_mask(output | {"masks": tidied}, part)


def _clicks(prompt: Mapping[str, Any], scale: float) -> list[tuple[float, float]]:
    """The points of a prompt that add, times `scale`."""
    return [(x * scale, y * scale) for x, y, adds in prompt.get("points", ()) if adds]


def _same_mask(output: dict[str, Any], part: dict[str, Any]) -> bool:
    """Whether a part's mask is one of those on offer. One that the page has brought up to the image's size is not the
    same run by run, but nearly so to the eye."""
    shape = part["shape"]
    if tuple(shape["size"]) in {tuple(mask["size"]) for mask in output["masks"]}:
        return shape["counts"] in {mask["counts"] for mask in output["masks"]}
    return edit_distance.of(output, part) <= ENLARGED
