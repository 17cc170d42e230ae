"""How a project's gold fares as a whole, and how much of it is needed. Reads only."""

from dataclasses import dataclass

from django.db.models import Count, Q

from projects.inference.precision import answers_for
from projects.models import PooledGold, Project
from projects.models.limits import Between
from projects.quality.gold import pool

PRECISION = Between(0.02, 0.3)
USUAL = 0.1


@dataclass(frozen=True)
class Health:
    """How much gold is dealt, worn, leaked or doubted; and for a precision how many each person must answer.

    Nobody is asked the same twice, so as many different ones must be dealt.
    """

    dealt: int
    doubted: int
    leaked: int
    retired: int
    precision: float
    needed: int

    @property
    def missing(self) -> int:
        return max(0, self.needed - self.dealt)


def health(project: Project, precision: float = USUAL) -> Health:
    """The health of what is mixed in unseen."""
    live, gone = Q(retired_at=None), Q(retired_at__isnull=False)
    found = PooledGold.objects.filter(project=project, pool=PooledGold.Pool.CONTROL).aggregate(
        dealt=Count("pk", filter=live & Q(suspect_at=None)),
        doubted=Count("pk", filter=live & Q(suspect_at__isnull=False)),
        leaked=Count("pk", filter=gone & Q(retired_why=pool.LEAKED)),
        retired=Count("pk", filter=gone),
    )
    within = min(max(precision, PRECISION.least), PRECISION.most)
    return Health(**found, precision=within, needed=answers_for(within))
