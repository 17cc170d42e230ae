"""A project as a pattern for another, its course included: an item of a course is a task, so the copy loads it anew."""

from collections.abc import Iterator

from django.db import transaction

from projects.data.importing.storing import load_all
from projects.data.reading.rows import Known, Row
from projects.models import Project, limits
from projects.quality.qualification import qualification_tests
from projects.queue.qualification import course_items
from projects.workflow import batches, project_copies
from projects.workforce import rules
from taskers.models import Person

BATCH = "Course"
TERMS = [name for name in limits.RULES if name.startswith("training_")]


@transaction.atomic
def clone(project: Project, name: str, *, by: Person, draft: bool = False) -> Project:
    """Another project with the same labels, settings, instructions, rules and course, without its data, people or gold.

    Items whose answer the project itself wouldn't take any more, for a label that was retired say, stay behind. Raises
    StateConflict for a name in use.
    """
    copy = project_copies.clone(project, name, by=by, draft=draft)
    in_force = rules.in_force(project)
    terms = {name: getattr(in_force, name) for name in TERMS}
    if course_items(project).exists():
        load_all(batches.create(copy, BATCH, by=by), _rows(project), by=by)
    qualification_tests.set_terms(copy, by, skill=in_force.training_skill, **terms)
    return copy


def _rows(project: Project) -> Iterator[Row]:
    for kept in course_items(project):
        task = kept.gold.task
        known = Known(kept.gold.answer, course=True, explanation=kept.explanation, shown=kept.shown)
        yield Row(f"item {kept.position}", task.external_id, dict(task.payload), known=known)
