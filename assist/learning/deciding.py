"""What a project asks of a model before it decides alone. The only writer of DecidingFloors.

Whether one may is the gate's to say (deciding_gate.decide), or two people's (rollout.ask_to_decide); PostgreSQL asks
for either (assist/models/annotators.py).
"""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models.functions import Now

from assist.learning.deciding_gate import Floors
from assist.models import AnnotatorVersion, DecidingFloors, Evaluation, Override
from assist.registry import lineage
from projects.configuration.project_events import tell
from projects.models import ModelAnnotator, Project, limits
from taskers.errors import StateConflict
from taskers.models import Person


def floors_of(project: Project) -> Floors:
    """What it asks: its own word, or what is usual."""
    row = DecidingFloors.objects.filter(project=project).first()
    return Floors(**{name: getattr(row, name) for name in limits.DECIDING}) if row else Floors()


@transaction.atomic
def set_floors(project: Project, *, by: Person, **floors: Any) -> Floors:
    """Ask this from the next evaluation on; what isn't named stays. Raises StateConflict."""
    for name, value in floors.items():
        within = limits.DECIDING[name]
        if not within.holds(value):
            text = "“%(name)s” is from %(least)s to %(most)s."
            raise StateConflict(text, name=name, least=f"{within.least:g}", most=f"{within.most:g}")
    Project.objects.select_for_update(of=("self",)).get(pk=project.pk)  # what another sets meanwhile stays
    before = floors_of(project)
    asked, signed = replace(before, **floors), {"set_by": by, "set_at": Now()}
    DecidingFloors.objects.update_or_create(
        project=project, defaults=floors | signed, create_defaults=asdict(asked) | signed
    )
    tell("deciding_floors_set", project, by, before=asdict(before), after=asdict(asked))
    return asked


def with_basis(rows: Iterable[AnnotatorVersion]) -> Sequence[AnnotatorVersion]:
    """The same, of one project; those that decide alone with the newest that says that they may."""
    placed = list(rows)
    alone = [one for one in placed if one.annotator.mode == ModelAnnotator.Mode.DECIDE]
    if not alone:
        return placed
    versions, project = [one.version_id for one in alone], alone[0].annotator.project_id
    passed = Evaluation.objects.filter(project=project, candidate__in=versions, alone=Evaluation.Outcome.PASSED)
    said = Override.objects.filter(project=project, version__in=versions, purpose=Override.Purpose.DECIDE)
    confirmed = said.filter(state=Override.State.CONFIRMED).select_related("asked_by", "answered_by")
    found: dict[int, list[Evaluation | Override]] = {key: [] for key in versions}
    for one in passed.exclude(candidate__in=lineage.erased()).only("public_id", "candidate", "begun_at"):
        found[one.candidate_id].append(one)
    for wish in confirmed:
        found[wish.version_id].append(wish)
    for row in alone:
        row.basis = max(found[row.version_id], key=_since, default=None)
    return placed


def _since(basis: Evaluation | Override) -> datetime:
    at = basis.begun_at if isinstance(basis, Evaluation) else basis.answered_at
    assert at is not None  # it was confirmed
    return at
