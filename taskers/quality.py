"""How good a tasker's work is: grades are evidence, a standing is what they add up to.

The only writer of Grade and Standing. A standing is a Beta posterior over the chance that a piece of this person's
work is good: each grade adds its value to one side and the rest to the other, weighted by how far its source is to be
trusted. The newest grade of a subject replaces the older ones in the sum; the rows all stay.
"""

from dataclasses import dataclass
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Greatest, Now
from scipy.stats import beta

from taskers.models import Grade, Organization, Person, Standing

# A known answer and a reviewer are taken at their word; the others' agreement counts half, since people err alike.
WEIGHTS = {Grade.Source.GOLD.value: 1.0, Grade.Source.REVIEW.value: 1.0, Grade.Source.VERDICT.value: 0.5}
PRIOR_GOOD, PRIOR_POOR = 3.0, 1.0


@dataclass(frozen=True)
class Estimate:
    """A standing as numbers: the posterior mean, its 90 % interval, and the weight of evidence behind it."""

    mean: float
    low: float
    high: float
    evidence: float


def record(
    *,
    key: str,
    subject: str,
    organization: Organization,
    project_key: UUID,
    tasker: Person,
    source: str,
    value: float,
    blind: bool,
    detail: dict | None = None,
) -> Grade:
    """Add one piece of evidence, once per key, and move the standing by it. `value` is in [0, 1]."""
    with transaction.atomic():
        Standing.objects.get_or_create(tasker=tasker, project_key=project_key, defaults={"organization": organization})
        # The lock makes two grades of one tasker follow each other, so that each sees what the other replaced.
        Standing.objects.select_for_update().get(tasker=tasker, project_key=project_key)
        found = Grade.objects.filter(key=key).first()
        if found:
            return found
        before = Grade.objects.filter(subject=subject, tasker=tasker).order_by("-pk").first()
        grade = Grade.objects.create(
            key=key,
            subject=subject,
            organization=organization,
            project_key=project_key,
            tasker=tasker,
            source=source,
            value=min(1.0, max(0.0, value)),
            blind=blind,
            detail=detail or {},
        )
        good, poor = _counts(grade)
        if before:
            good, poor = good - _counts(before)[0], poor - _counts(before)[1]
        _shift(tasker, project_key, good, poor)
        return grade


def standing(tasker: Person, project_key: UUID) -> Estimate:
    """What is known of a tasker on a project; without any grade, the prior and no evidence."""
    row = Standing.objects.filter(tasker=tasker, project_key=project_key).first()
    return estimate(row.good if row else 0.0, row.poor if row else 0.0)


def estimate(good: float, poor: float) -> Estimate:
    """The posterior for these weighted counts."""
    posterior = beta(PRIOR_GOOD + good, PRIOR_POOR + poor)
    low, high = posterior.interval(0.9)
    return Estimate(float(posterior.mean()), float(low), float(high), good + poor)


def rebuild(project_key: UUID) -> int:
    """Work every standing of a project out again from its grades; returns how many there are."""
    with transaction.atomic():
        sums: dict[int, tuple[float, float]] = {}
        newest: dict[tuple[int, str], Grade] = {}
        for row in Standing.objects.select_for_update().filter(project_key=project_key):
            sums[row.tasker_id] = (0.0, 0.0)
        for grade in Grade.objects.filter(project_key=project_key).order_by("pk"):
            newest[(grade.tasker_id, grade.subject)] = grade
        for (tasker_id, _), grade in newest.items():
            good, poor = _counts(grade)
            so_far = sums.get(tasker_id, (0.0, 0.0))
            sums[tasker_id] = (so_far[0] + good, so_far[1] + poor)
        for tasker_id, (good, poor) in sums.items():
            Standing.objects.filter(tasker_id=tasker_id, project_key=project_key).update(
                good=good, poor=poor, updated_at=Now()
            )
        return len(sums)


def _counts(grade: Grade) -> tuple[float, float]:
    weight = WEIGHTS[grade.source]
    return weight * grade.value, weight * (1 - grade.value)


def _shift(tasker: Person, project_key: UUID, good: float, poor: float) -> None:
    rows = Standing.objects.filter(tasker=tasker, project_key=project_key)
    # Sums of floats can end a hair below nothing, which the table would refuse.
    rows.update(good=Greatest(F("good") + good, 0.0), poor=Greatest(F("poor") + poor, 0.0), updated_at=Now())
