"""What is watched: of each kind, what came in, one figure each, in its order. A new kind is a function and a line."""

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

import numpy as np
from django.db.models import Exists, FloatField, OuterRef
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast, Coalesce
from django.utils.translation import gettext_lazy as _

from assist.alike import index
from assist.learning.drift.detector import BASE, places, unlike
from assist.models import DriftSeries, SelectedTask, Suggestion
from assist.suggestions.offers import EVERYTHING
from projects.models import ModelAnswer, Project, Task, VerdictEntry

MOST = 20_000  # of each kind, from the one on from which it counts
Outcome = Suggestion.Outcome
CHANGED = {Outcome.ACCEPTED: 0.0, Outcome.REFUSED: 1.0}


class Came(NamedTuple):
    """One thing: when it came, and its figure."""

    at: datetime
    figure: float


class Read(NamedTuple):
    """What came, without the base, in its order; and the keys of all rows that were read for it, rising. Where these
    are MOST, there may be more."""

    came: list[Came]
    keys: Sequence[int]


@dataclass(frozen=True)
class Kind:
    """`read` gives what came after a key, of at most MOST rows."""

    title: Any
    about: Any
    read: Callable[[Project, int], Read]


def texts(project: Project, after: int) -> Read:
    """How unlike a text is to the likest of the base."""
    return _unlike(project, index.TEXTS, after)


def images(project: Project, after: int) -> Read:
    """The same of images."""
    return _unlike(project, index.IMAGES, after)


def sureness(project: Project, after: int) -> Read:
    """How sure the model is that answers now, over what it offered for a task."""
    scored = _offered(project, after).exclude(score=None)
    # By the model's own word: what verdicts make of it changes with every measurement.
    own = Coalesce(Cast(KeyTextTransform("own_score", "output"), FloatField()), "score")
    rows = scored.annotate(own=own).values_list("pk", "offered_at", "assignment_key", "own")
    return _together([(key, at, work, float(score)) for key, at, work, score in rows[:MOST]])


def changes(project: Project, after: int) -> Read:
    """How much people change of what that model offers."""
    settled = _offered(project, after).filter(outcome__in=[Outcome.ACCEPTED, Outcome.EDITED, Outcome.REFUSED])
    rows = settled.values_list("pk", "offered_at", "assignment_key", "outcome", "edit")
    told = [(key, at, work, CHANGED.get(outcome, edit or 0.0)) for key, at, work, outcome, edit in rows[:MOST]]
    return _together(told)


def labels(project: Project, after: int) -> Read:
    """How common the labels of a verdict are among those of the base."""
    rows = VerdictEntry.objects.filter(project=project, pk__gt=after).exclude(label="").order_by("pk")
    rows = rows.exclude(_steered("task_id"))
    told = list(rows.values_list("pk", "verdict__at", "verdict", "label")[:MOST])
    base = dict.fromkeys(verdict for _key, _at, verdict, _label in told)
    first = set(list(base)[:BASE])
    common = Counter(label for _key, _at, verdict, label in told if verdict in first)
    whole = sum(common.values()) or 1
    read = _together([(key, at, verdict, common[label] / whole) for key, at, verdict, label in told])
    return read._replace(came=read.came[BASE:])


def errors(project: Project, after: int) -> Read:
    """Whether a model that is an annotator was wrong where people decided without any model's help: audits, gold. As
    its place among the same model's earlier ones: another, weaker model beside it is no change."""
    known = ModelAnswer.objects.filter(annotator__project=project, pk__gt=after, outcome=ModelAnswer.Outcome.KNOWN)
    known = known.exclude(_steered("task_id"))
    rows = list(known.order_by("pk").values_list("pk", "at", "annotator", "right")[:MOST])
    wrong: dict[int, list[bool]] = defaultdict(list)
    for _key, _at, annotator, right in rows:
        wrong[annotator].append(not right)
    placed = {annotator: iter(places(figures, seed=annotator)) for annotator, figures in wrong.items()}
    came = [Came(at, float(next(placed[annotator]))) for _key, at, annotator, _right in rows]
    return Read(came, [key for key, *_rest in rows])


KINDS: dict[str, Kind] = {
    DriftSeries.What.TEXTS: Kind(_("Texts that come in"), _("How unlike earlier ones they are."), texts),
    DriftSeries.What.IMAGES: Kind(_("Images that come in"), _("How unlike earlier ones they are."), images),
    DriftSeries.What.SURENESS: Kind(_("The model’s own confidence"), _("In what it suggests for a task."), sureness),
    DriftSeries.What.CHANGES: Kind(_("Changes to suggestions"), _("How much people change of them."), changes),
    DriftSeries.What.LABELS: Kind(_("Labels of verdicts"), _("How common they were before."), labels),
    DriftSeries.What.ERRORS: Kind(_("Errors in audits"), _("Of models, on what people decided without help."), errors),
}


def _unlike(project: Project, model: str, after: int) -> Read:
    kept = index.vectors_of(project, model)
    keys = kept.keys()
    chosen = np.flatnonzero(keys > after)[:MOST]
    if len(chosen) <= BASE:
        return Read([], [])
    rows = kept.rows(chosen)
    figures = unlike(rows, BASE)
    told = [int(key) for key in keys[chosen[BASE:]]]
    when = dict(Task.objects.filter(project=project, pk__in=told).values_list("pk", "created_at"))
    came = [Came(when[key], float(one)) for key, one in zip(told, figures, strict=True) if key in when]
    return Read(came, sorted(map(int, keys[chosen])))


def _offered(project: Project, after: int) -> Any:
    """By the model whose suggestion came last: another one's confidence is no drift."""
    rows = Suggestion.objects.of_models().filter(project_key=project.public_id, planted=False)
    rows = rows.exclude(prompt=EVERYTHING).exclude(_steered("task_key")).order_by("pk")
    newest = rows.order_by("-pk").values_list("model", flat=True).first()
    return rows.filter(pk__gt=after, model=newest)


def _steered(task: str) -> Exists:
    """What a model put first, or left, for its doubts is like nothing that came before."""
    return Exists(SelectedTask.objects.steered().filter(task=OuterRef(task)))


def _together(rows: Sequence[tuple[int, datetime, int, float]]) -> Read:
    """One of each piece of work: what comes of the same one is no evidence of its own."""
    found: dict[int, list[Came]] = {}
    for _key, at, work, figure in rows:
        found.setdefault(work, []).append(Came(at, figure))
    came = [Came(some[-1].at, float(np.mean([one.figure for one in some]))) for some in found.values()]
    return Read(came, [key for key, *_rest in rows])
