"""What banning somebody would take back, said before anybody does it. Reads only; void_work.py does it."""

from dataclasses import dataclass

from django.db.models import Exists, OuterRef, Q

from projects.models import Annotation, Project, ProjectSettings, Verdict
from projects.quality.pay import worth
from taskers.database.prepared import ask
from taskers.models import Organization, Person

MOST = 10_000  # pieces of work that are counted

COUNTED = """
SELECT count(*) FILTER (WHERE m.state = 'held'),
  count(*) FILTER (WHERE m.state = 'submitted' AND NOT m.decided),
  count(*) FILTER (WHERE m.state = 'submitted' AND m.decided),
  coalesce(sum(m.rate) FILTER (WHERE m.state = 'submitted' AND NOT m.decided), 0)::bigint,
  EXISTS (
    SELECT FROM projects_projectsettings s JOIN projects_project p ON p.id = s.project_id
    WHERE p.organization_id = %(organization)s::bigint AND (%(project)s::bigint IS NULL OR p.id = %(project)s::bigint)
      AND (s.unit_rate > 0 OR s.hourly_rate > 0))
FROM (
  SELECT a.state, a.rate, EXISTS (
    SELECT FROM projects_verdict v WHERE v.task_id = a.task_id AND v.superseded_at IS NULL OFFSET 0) AS decided
  FROM (
    SELECT a.* FROM projects_assignment a JOIN projects_batch b ON b.id = a.batch_id
    JOIN projects_project p ON p.id = b.project_id AND p.organization_id = %(organization)s::bigint
      AND (%(project)s::bigint IS NULL OR p.id = %(project)s::bigint)
    WHERE a.tasker_id = %(person)s::bigint AND a.kind || '' = 'judge' AND a.voided_at IS NULL
    ORDER BY a.id DESC LIMIT %(most)s::int
  ) a
) m
"""


@dataclass(frozen=True)
class Preview:
    """How many judgements: in their hands, which others get; handed in on undecided tasks, which are voided and asked
    of others; on decided ones, which stay. What was promised for the voided ones, in millionths; and whether only the
    newest work was looked at."""

    held: int
    voided: int
    kept: int
    promised: int

    @property
    def about(self) -> bool:
        """Whether there may be more of each."""
        return self.held + self.voided + self.kept >= MOST


def of(person: Person, organization: Organization, project: Project | None) -> Preview:
    """In one project, or in all of the organization's."""
    terms = {"person": person.pk, "organization": organization.pk, "project": project.pk if project else None}
    held, voided, kept, promised, beside = ask(COUNTED, terms | {"most": MOST})[0]
    promised += _beside_rates(person, organization, project) if beside and voided else 0
    return Preview(held, voided, kept, promised)


def _beside_rates(person: Person, organization: Organization, project: Project | None) -> int:
    """What was promised for units and time of the work that would be voided."""
    paid = ProjectSettings.objects.filter(Q(unit_rate__gt=0) | Q(hourly_rate__gt=0), project__organization=organization)
    paid = paid.filter(project=project) if project else paid
    terms = {(one.project_id, one.version): one for one in paid.select_related("project")}
    rows = Annotation.objects.current().filter(
        tasker=person,
        task__project__in={key for key, _version in terms},
        assignment__kind="judge",
        assignment__state="submitted",
        assignment__voided_at=None,
    )
    decided = Verdict.objects.current().filter(task=OuterRef("task"))
    found = rows.exclude(Exists(decided)).select_related("assignment", "tasker", "task").order_by("-pk")[:MOST]
    total = 0
    for one in found.iterator(chunk_size=500):
        promised = terms.get((one.task.project_id, one.settings_version))
        if promised is not None:
            one.task.project = promised.project
            total += worth(one, one.task, promised, None) - (one.assignment.rate or 0)
    return total
