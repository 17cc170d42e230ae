"""Tasks were put on somebody's work list: they read it once for each action, however many tasks it was about."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy, ngettext

from projects.models import AssignmentRules, BulkAction, Project
from projects.workflow import work_lists
from taskers.database.prepared import ask
from taskers.models import Event
from taskers.notifications.told import Kind, Told

# On whose lists an action put how many tasks: each person's own, and those of the teams that they are in.
PUT = """
SELECT who.person, count(DISTINCT put.task_id) FROM (
  SELECT t.task_id, (pair->>0)::bigint AS person, (pair->>1)::bigint AS team
  FROM projects_bulktrace t CROSS JOIN LATERAL jsonb_array_elements(t.before->'own') AS pair
  WHERE t.action_id = %(action)s::bigint
) put CROSS JOIN LATERAL (
  SELECT put.person AS person WHERE put.person IS NOT NULL
  UNION ALL
  SELECT q.person_id FROM taskers_qualification q
  WHERE q.skill_id = put.team AND (q.expires_at IS NULL OR q.expires_at > clock_timestamp())
) who
GROUP BY who.person
"""
IN_TEAMS = """
SELECT DISTINCT person_id FROM taskers_qualification
WHERE skill_id = ANY(%(teams)s::bigint[]) AND (expires_at IS NULL OR expires_at > clock_timestamp())
"""


def hear(events: Sequence[Event]) -> Iterable[Told]:
    projects = Project.objects.in_bulk([one.project_key for one in events], field_name="public_id")
    for one in events:
        project = projects.get(one.project_key) if one.project_key else None
        if project is None or not _by_list(project):
            continue
        able = set(work_lists.people_for(BulkAction.Verb.LIST, project).values_list("pk", flat=True))
        address = reverse("my-list", args=[project.public_id])
        for person, number in _put(one):
            if person in able and person != one.actor_id:
                values = {"project": project.name, "tasks": number}
                yield Told(person, one.organization_id, f"{one.pk}", address, values)


def _put(one: Event) -> list[tuple[int, int]]:
    """Whose list has how many more by it."""
    if one.kind == "put_on_lists":
        people = {person for person, _team in one.data["own"] if person}
        teams = [team for _person, team in one.data["own"] if team]
        people |= {person for (person,) in ask(IN_TEAMS, {"teams": teams})}
        return [(person, 1) for person in sorted(people)]
    if one.data["verb"] != BulkAction.Verb.LIST:
        return []
    action = BulkAction.objects.filter(public_id=one.subject.removeprefix("bulk:")).values_list("pk", flat=True)
    return [row for key in action for row in ask(PUT, {"action": key})]


def _by_list(project: Project) -> bool:
    """In the pool a list says nothing yet."""
    rules = AssignmentRules.objects.filter(project=project)
    return rules.exclude(mode=AssignmentRules.Mode.POOL).exists()


def words(values: Mapping[str, Any]) -> str:
    return (
        ngettext(
            "%(tasks)s task was put on your work list in %(project)s.",
            "%(tasks)s tasks were put on your work list in %(project)s.",
            values["tasks"],
        )
        % values
    )


HEARD = frozenset({"bulk_action_ended", "put_on_lists"})
KIND = Kind("listed", gettext_lazy("Tasks that were put on your work list"), HEARD, hear, words)
