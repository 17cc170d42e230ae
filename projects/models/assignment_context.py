"""What lies on a tasker's desk: a piece of their work with all that the studio shows around it, in one statement each.

Every click of every tasker asks for these; they are prepared (taskers/database/prepared.py) for the same reason as a
claim is.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from uuid import UUID

from projects.models import Asset, Assignment, Batch, Draft, Project, ProjectSettings, Task
from taskers.database.prepared import ask, ask_models, columns, row_of, width
from taskers.models import Organization, Person

CHAPTERS = (Assignment, Task, Project, Organization, Batch, Asset)

OWN = f"""
SELECT {columns(Assignment, "a")}, {columns(Task, "t")}, {columns(Project, "p")}, {columns(Organization, "o")},
  {columns(Batch, "b")}, {columns(Asset, "s")}
FROM projects_assignment a
JOIN projects_task t ON t.id = a.task_id
JOIN projects_project p ON p.id = t.project_id
JOIN taskers_organization o ON o.id = p.organization_id
JOIN projects_batch b ON b.id = t.batch_id
LEFT JOIN projects_asset s ON s.id = t.asset_id
WHERE a.public_id = %(assignment)s::uuid AND a.tasker_id + 0 = %(tasker)s::bigint
  AND EXISTS (
    SELECT FROM taskers_membership m JOIN taskers_person who ON who.id = m.person_id AND who.is_active
    WHERE m.person_id = %(tasker)s::bigint AND m.organization_id = p.organization_id AND m.ended_at IS NULL
      AND (m.project_key IS NULL OR m.project_key = p.public_id))
"""

# The labels that new answers may carry, in the order the project gives, as one text: most of the time it is the text
# that was read before, and nothing of it need be read again.
LABELS = """
(SELECT json_agg(json_build_object(
   'key', l.key, 'name', l.name, 'colour', l.colour, 'hotkey', l.hotkey, 'shapes', l.shapes,
   'attributes', l.attributes, 'field', l.field, 'parent', p.key) ORDER BY l.position, l.id)
 FROM projects_label l LEFT JOIN projects_label p ON p.id = l.parent_id AND p.retired_at IS NULL
 WHERE l.project_id = %(project)s::bigint AND l.retired_at IS NULL)::text
"""
AROUND = f"""
SELECT {columns(Draft, "d")}, o.comments, o.answered, o.labels
FROM (
  SELECT
    (SELECT count(*) FROM projects_comment r WHERE r.task_id = %(task)s::bigint AND r.thread_id IS NULL
       AND (r.assignment_id = %(assignment)s::bigint OR r.to = 'taskers')) AS comments,
    EXISTS (SELECT FROM projects_comment r WHERE r.reader_id = %(tasker)s::bigint) AS answered,
    {LABELS} AS labels
) o LEFT JOIN projects_draft d ON d.assignment_id = %(assignment)s::bigint
"""
SETTINGS = f"""
SELECT {columns(ProjectSettings, "s")} FROM projects_projectsettings s
WHERE s.project_id = %(project)s::bigint AND s.version = %(version)s::int
"""
MOST_KNOWN = 1000  # versions of settings that a process keeps


@dataclass(frozen=True)
class Around:
    """What the studio shows around a task: the settings it was claimed under, the unsent work, what was said."""

    settings: ProjectSettings
    draft: Draft | None
    comments: int  # talks about the task that its tasker may read
    answered: bool  # whether answers wait that this tasker hasn't seen
    labels: str  # see `labels`


def own(person: Person, public_id: UUID) -> Assignment | None:
    """An assignment of this person's, now or before, while they belong to its organization; with all it hangs on."""
    rows = ask(OWN, {"assignment": public_id, "tasker": person.pk})
    if not rows:
        return None
    at, parts = 0, []
    for model in CHAPTERS:
        parts.append(rows[0][at : at + width(model)])
        at += width(model)
    assignment, task = row_of(Assignment, parts[0]), row_of(Task, parts[1])
    task.project = row_of(Project, parts[2])
    task.project.organization = row_of(Organization, parts[3])
    task.batch = assignment.batch = row_of(Batch, parts[4])
    task.asset = row_of(Asset, parts[5]) if task.asset_id else None
    assignment.task = task
    return assignment


def around(assignment: Assignment) -> Around:
    """What the studio shows around it."""
    task = assignment.task
    terms = {
        "assignment": assignment.pk,
        "task": task.pk,
        "tasker": assignment.tasker_id,
        "project": task.project_id,
    }
    *row, comments, answered, known = ask(AROUND, terms)[0]
    draft = row_of(Draft, row) if row[0] else None
    settings = settings_of(task.project, assignment.settings_version or 0)
    return Around(settings, draft, comments, answered, known or "[]")


def settings_of(project: Project, version: int) -> ProjectSettings:
    """One version of its settings, asked for once: no version is ever edited. What it holds is everybody's, to read."""
    settings = row_of(ProjectSettings, _columns_of(project.public_id, project.pk, version))
    settings.project = project
    return settings


@lru_cache(maxsize=MOST_KNOWN)
def _columns_of(_public_id: UUID, project: int, version: int) -> list[Any]:
    (row,) = ask_models(SETTINGS, {"project": project, "version": version}, s=ProjectSettings)
    return [getattr(row[0], field.attname) for field in ProjectSettings._meta.concrete_fields]


def labels(project: Project) -> str:
    """The labels that new answers may carry, in the order the project gives, as JSON."""
    return ask(f"SELECT {LABELS}", {"project": project.pk})[0][0] or "[]"
