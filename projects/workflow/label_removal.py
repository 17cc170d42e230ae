"""Taking labels away: what can be answered no more is withdrawn from gold, whoever takes the label away."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from django.db import transaction

from projects.configuration import label_changes, label_keys, label_use, save_settings
from projects.models import PooledGold, Project, ProjectSettings
from projects.quality.gold import grading, kept_words
from projects.queue.clock import Clock
from taskers.models import Person


@contextmanager
def withdrawing_gold(project: Project, by: Person | None) -> Iterator[None]:
    """Withdraw the gold that needs a label which is retired, and not merged, in here."""
    with transaction.atomic():
        before = set(project.labels.in_use().values_list("key", flat=True))
        yield
        for key in before - set(project.labels.in_use().values_list("key", flat=True)):
            if project.labels.filter(key=key, merged_into=None).exists():
                _withdraw(project, key, by)


def _withdraw(project: Project, key: str, by: Person | None) -> None:
    stocked = PooledGold.objects.filter(project=project, retired_at=None)
    for gold in label_use.using(stocked, key, "gold__answer").select_related("gold__task__project"):
        grading.retire(gold, kept_words.LABEL_RETIRED, by=by)
        # Whoever has its task in hand can't choose the label any more: nobody is graded by it.
        doubtless = PooledGold.objects.filter(pk=gold.pk, suspect_at=None)
        doubtless.update(suspect_at=Clock(), suspect_why=kept_words.LABEL_RETIRED)


def revise(
    project: Project,
    by: Person,
    *,
    seen: str,
    labels: Sequence[Mapping],
    merged: Mapping[str, str],
    **terms: Any,
) -> ProjectSettings:
    """Save a page of settings; of the labels that it takes away, merge those named in `merged` (key -> key of the label
    that stands for it) and retire the others. Raises as save_settings.revise and label_changes.merge do."""
    kept = {label_keys.present_key(label) for label in labels}
    with withdrawing_gold(project, by):
        save_settings.check_unchanged(project, seen)
        for key, into in merged.items():
            if into not in kept:
                raise label_changes.not_mergeable()
            label_changes.merge(project, key, into, by=by)
        seen = save_settings.mark(project) if merged else seen
        return save_settings.revise(project, by, seen=seen, labels=labels, **terms)
