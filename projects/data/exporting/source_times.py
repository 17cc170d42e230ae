"""When the imported answers that verdicts rest on were given at their source, and how long all answers took."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence

from django.db.models import Q

from projects.models import Annotation, AnswerTimes


def times_of(rests_on: Mapping[int, int]) -> dict[int, list[AnswerTimes]]:
    """By task the times of its answers, as far as they are known. `rests_on`: annotations, with their tasks."""
    if not rests_on:
        return {}
    timed = Q(source_answered_at__isnull=False) | Q(source_duration_ms__isnull=False) | Q(active_ms__gt=0)
    rows = Annotation.objects.filter(timed, pk__in=rests_on)
    times: dict[int, list[AnswerTimes]] = defaultdict(list)
    columns = ("pk", "source_answered_at", "source_duration_ms", "active_ms")
    for key, answered_at, duration_ms, active_ms in rows.values_list(*columns):
        times[rests_on[key]].append(AnswerTimes.of_annotation(answered_at, duration_ms, active_ms))
    return times


def archived_times(annotations: Sequence[Annotation], rests_on: Collection[int]) -> list[AnswerTimes]:
    """The same of a task's annotations that came out of the archive."""
    return [
        AnswerTimes.of_annotation(annotation.source_answered_at, annotation.source_duration_ms, annotation.active_ms)
        for annotation in annotations
        if annotation.pk in rests_on
    ]
