"""What a project asks of a model before it decides alone. The only writer of DecidingFloors.

Whether one may is the gate's to say (gate.decide), or two people's (rollout.ask_to_decide); PostgreSQL asks for either
(assist/models/annotators.py).
"""

from dataclasses import asdict, replace

from django.db.models.functions import Now

from assist.learning.gate import Floors
from assist.models import DecidingFloors
from projects.models import Project, limits
from taskers.errors import StateConflict
from taskers.models import Person


def floors_of(project: Project) -> Floors:
    """What it asks: its own word, or what is usual."""
    row = DecidingFloors.objects.filter(project=project).first()
    return Floors(**{name: getattr(row, name) for name in limits.DECIDING}) if row else Floors()


def set_floors(project: Project, *, by: Person, **floors: float) -> Floors:
    """Ask this from the next evaluation on; what isn't named stays. Raises StateConflict."""
    for name, value in floors.items():
        within = limits.DECIDING[name]
        if not within.holds(value):
            text = "“%(name)s” is from %(least)s to %(most)s."
            raise StateConflict(text, name=name, least=f"{within.least:g}", most=f"{within.most:g}")
    asked = replace(floors_of(project), **floors)
    values = asdict(asked) | {"set_by": by, "set_at": Now()}
    DecidingFloors.objects.update_or_create(project=project, defaults=values)
    return asked
