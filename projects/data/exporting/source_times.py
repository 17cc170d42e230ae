"""When the imported answers that verdicts rest on were given at their source, and how long they took."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence

from django.db.models import Q

from projects.models import Annotation, AnswerTimes


def times_of(rests_on: Mapping[int, int]) -> dict[int, list[AnswerTimes]]:
    """By task the times of its imported answers. `rests_on`: the keys of annotations, each with its task's."""
    if not rests_on:
        return {}
    dated = Q(source_answered_at__isnull=False) | Q(source_duration_ms__isnull=False)
    rows = Annotation.objects.filter(dated, pk__in=rests_on)
    times: dict[int, list[AnswerTimes]] = defaultdict(list)
    for key, answered_at, duration_ms in rows.values_list("pk", "source_answered_at", "source_duration_ms"):
        times[rests_on[key]].append(AnswerTimes(answered_at, duration_ms))
    return times


def archived_times(annotations: Sequence[Annotation], rests_on: Collection[int]) -> list[AnswerTimes]:
    """The same of a task's annotations that came out of the archive."""
    return [
        AnswerTimes(annotation.source_answered_at, annotation.source_duration_ms)
        for annotation in annotations
        if annotation.pk in rests_on
    ]
