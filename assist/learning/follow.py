"""A reader of the outbox sees when enough was decided for the copilot to learn from."""

import contextlib
from collections.abc import Iterable

from django.db import transaction
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued

from assist.learning import label_vectors, measured_scores, term_memory
from projects.models import Project
from taskers.models import Event
from taskers.outbox.events import follow

TEACHER = "assist_classes"
LEARN = "assist.jobs.learn"
# By type of task: what learns from verdicts, one after the other.
TAUGHT = {
    "classification": (label_vectors,),
    "text_spans": (term_memory, measured_scores),
    "image_regions": (measured_scores,),
}


def teach() -> int:
    """Have the copilot learn from verdicts wherever enough are new; returns how many events there were."""
    return follow(TEACHER, _teach)


def _teach(events: Iterable[Event]) -> None:
    keys = {event.project_key for event in events if event.kind == "decided" and event.project_key}
    for project in Project.objects.filter(public_id__in=keys, task_type__in=TAUGHT):
        if any(one.due(project) for one in TAUGHT[project.task_type]):
            _hand_over(project)


def anew(project: Project) -> None:
    """Forget what a project's verdicts taught, and learn it from what is left of them."""
    label_vectors.forget(project)
    term_memory.forget(project)
    if project.task_type in TAUGHT:
        _hand_over(project)


def _hand_over(project: Project) -> None:
    # What waits already will see these verdicts too.
    with contextlib.suppress(AlreadyEnqueued), transaction.atomic():
        name = f"learn:{project.pk}"
        app.configure_task(LEARN, queue="copilot", lock=name, queueing_lock=name).defer(project_key=project.pk)
