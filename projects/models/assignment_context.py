"""What lies on a tasker's desk: a piece of their work with all that the studio shows around it, in one statement each.

Every click of every tasker asks for these; they are prepared (taskers/database/prepared.py) for the same reason as a
claim is.
"""

from dataclasses import dataclass
from uuid import UUID

from projects.models import Asset, Assignment, Batch, Draft, Label, Project, ProjectSettings, Task
from taskers.database.prepared import ask, columns, row_of, width
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

AROUND = f"""
SELECT {columns(ProjectSettings, "s")}, {columns(Draft, "d")},
  (SELECT count(*) FROM projects_comment r WHERE r.task_id = %(task)s::bigint AND r.thread_id IS NULL
     AND (r.assignment_id = %(assignment)s::bigint OR r.to = 'taskers')),
  EXISTS (SELECT FROM projects_comment r WHERE r.reader_id = %(tasker)s::bigint)
FROM projects_projectsettings s
LEFT JOIN projects_draft d ON d.assignment_id = %(assignment)s::bigint
WHERE s.project_id = %(project)s::bigint AND s.version = %(version)s::int
"""

LABELS = f"""
SELECT {columns(Label, "l")} FROM projects_label l
WHERE l.project_id = %(project)s::bigint AND l.retired_at IS NULL ORDER BY l.position, l.id
"""


@dataclass(frozen=True)
class Around:
    """What the studio shows around a task: the settings it was claimed under, the unsent work, what was said."""

    settings: ProjectSettings
    draft: Draft | None
    comments: int  # talks about the task that its tasker may read
    answered: bool  # whether answers wait that this tasker hasn't seen


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
    terms = {
        "assignment": assignment.pk,
        "task": assignment.task_id,
        "tasker": assignment.tasker_id,
        "project": assignment.task.project_id,
        "version": assignment.settings_version or 0,
    }
    *row, comments, answered = ask(AROUND, terms)[0]
    cut = width(ProjectSettings)
    draft = row_of(Draft, tuple(row[cut:])) if row[cut] else None
    return Around(row_of(ProjectSettings, tuple(row[:cut])), draft, comments, answered)


def labels(project: Project) -> list[Label]:
    """The labels that new answers may carry, in the order the project gives."""
    return [row_of(Label, row) for row in ask(LABELS, {"project": project.pk})]
