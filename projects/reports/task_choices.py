"""What the task browser offers to choose from, in one query: batches, labels, taskers, tags, fields of the metadata,
kept views."""

import json
from typing import Any, NamedTuple

from projects.models import Project
from taskers.database.prepared import ask_named

OFFERED = 200  # of each
CHOICES = """
SELECT
  (SELECT coalesce(json_agg(json_build_object('key', b.public_id, 'name', b.name) ORDER BY b.id DESC), '[]')
   FROM (SELECT * FROM projects_batch WHERE project_id = %(project)s::bigint
     ORDER BY id DESC LIMIT %(most)s::int) b)::text AS batches,
  (SELECT coalesce(json_agg(json_build_object('key', l.key, 'name', l.name, 'colour', l.colour,
     'retired', l.retired_at IS NOT NULL) ORDER BY l.position, l.id), '[]')
   FROM projects_label l WHERE l.project_id = %(project)s::bigint)::text AS labels,
  (SELECT coalesce(json_agg(json_build_object('email', p.email, 'name', p.name) ORDER BY p.name), '[]')
   FROM (SELECT DISTINCT p.id, p.email, p.name FROM taskers_membership m JOIN taskers_person p ON p.id = m.person_id
     WHERE m.organization_id = %(organization)s::bigint AND m.role = 'tasker'
     ORDER BY p.name LIMIT %(most)s::int) p)::text AS taskers,
  (WITH RECURSIVE found AS (
     (SELECT tag FROM projects_tasktag WHERE project_id = %(project)s::bigint ORDER BY tag LIMIT 1)
     UNION ALL
     SELECT (SELECT t.tag FROM projects_tasktag t
       WHERE t.project_id = %(project)s::bigint AND t.tag > found.tag ORDER BY t.tag LIMIT 1)
     FROM found WHERE found.tag IS NOT NULL
   ) SELECT coalesce(json_agg(f.tag), '[]') FROM (
     SELECT tag FROM found WHERE tag IS NOT NULL LIMIT %(most)s::int) f)::text AS tags,
  (SELECT coalesce(json_agg(DISTINCT c.name), '[]') FROM (
     SELECT columns FROM projects_batch WHERE project_id = %(project)s::bigint ORDER BY id DESC LIMIT 20) b
   CROSS JOIN LATERAL jsonb_array_elements_text(b.columns) AS c(name))::text AS meta,
  (SELECT coalesce(json_agg(json_build_object('key', v.public_id, 'name', v.name, 'query', v.asked->>'query')
     ORDER BY v.name), '[]')
   FROM projects_taskview v WHERE v.project_id = %(project)s::bigint)::text AS views,
  (SELECT s.fields FROM projects_projectsettings s WHERE s.project_id = %(project)s::bigint
   ORDER BY s.version DESC LIMIT 1)::text AS fields
"""


class Choices(NamedTuple):
    """Plain values, as the page shows them."""

    batches: list[dict[str, Any]]
    labels: list[dict[str, Any]]
    taskers: list[dict[str, Any]]
    tags: list[str]
    meta: list[str]
    views: list[dict[str, Any]]
    fields: list[dict[str, Any]]


def of(project: Project) -> Choices:
    """What a project offers."""
    terms = {"project": project.pk, "organization": project.organization_id, "most": OFFERED}
    (found,) = ask_named(CHOICES, terms)
    return Choices(**{name: json.loads(text or "[]") for name, text in found.items()})
