"""Tasks were put on somebody's work list: they read it once for each action, however many tasks it was about. Of a
draft nobody reads anything: they are told of new work once it is published (work.py)."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy, ngettext

from projects.models import AssignmentRules, BulkAction, Project
from projects.workflow import work_lists
from taskers.database.prepared import ask
from taskers.models import Event
from taskers.notifications.told import Kind, Told

# On whose lists an action put how many tasks: each person's own, and those of the teams that they are in. Most tasks
# were put on the same lists: so these are counted first, and people looked up once for all of them.
PUT = """
SELECT who.person, sum(put.number)::bigint FROM (
  SELECT t.before->'own' AS own, count(*) AS number FROM projects_bulktrace t
  WHERE t.action_id = %(action)s::bigint GROUP BY 1
) put CROSS JOIN LATERAL (
  SELECT (pair->>0)::bigint AS person FROM jsonb_array_elements(put.own) AS pair WHERE pair->>0 IS NOT NULL
  UNION
  SELECT q.person_id FROM jsonb_array_elements(put.own) AS pair
  JOIN taskers_qualification q ON q.skill_id = (pair->>1)::bigint
  WHERE q.expires_at IS NULL OR q.expires_at > clock_timestamp()
) who
GROUP BY who.person
"""
IN_TEAMS = """
SELECT DISTINCT person_id FROM taskers_qualification
WHERE skill_id = ANY(%(teams)s::bigint[]) AND (expires_at IS NULL OR expires_at > clock_timestamp())
"""


def hear(events: Sequence[Event]) -> Iterable[Told]:
    about = [one for one in events if one.project_key and _puts(one)]
    published = Project.objects.exclude(state=Project.State.DRAFT)
    projects = published.in_bulk({notice.project_key for notice in about}, field_name="public_id")
    able = {key: _able(project) for key, project in projects.items()}
    for one in about:
        if (project := projects.get(one.project_key)) is None or not able[project.public_id]:
            continue
        address = reverse("my-list", args=[project.public_id])
        for person, number in _put(one):
            if person in able[project.public_id] and person != one.actor_id:
                values = {"project": project.name, "tasks": number}
                yield Told(person, one.organization_id, f"{one.pk}", address, values)


def _puts(one: Event) -> bool:
    """Whether it put tasks on lists. What an action does to each of its tasks is told when it has ended."""
    return not one.data.get("action") if one.kind == "listed" else one.data["verb"] == BulkAction.Verb.LIST


def _able(project: Project) -> set[int]:
    """Who may work by a list there; in the pool a list says nothing yet."""
    if not AssignmentRules.objects.filter(project=project).exclude(mode=AssignmentRules.Mode.POOL).exists():
        return set()
    return set(work_lists.people_for(BulkAction.Verb.LIST, project).values_list("pk", flat=True))


def _put(one: Event) -> list[tuple[int, int]]:
    """Whose list has how many more by it."""
    if one.kind == "listed":
        in_teams = {person for (person,) in ask(IN_TEAMS, {"teams": one.data["teams"]})} if one.data["teams"] else set()
        return [(person, 1) for person in sorted({*one.data["people"], *in_teams})]
    action = BulkAction.objects.filter(public_id=one.subject.removeprefix("bulk:")).values_list("pk", flat=True)
    return [row for key in action for row in ask(PUT, {"action": key})]


def words(values: Mapping[str, Any]) -> str:
    return (
        ngettext(
            "%(tasks)s task was put on your work list in %(project)s.",
            "%(tasks)s tasks were put on your work list in %(project)s.",
            values["tasks"],
        )
        % values
    )


HEARD = frozenset({"bulk_action_ended", "listed"})
KIND = Kind("listed", gettext_lazy("Tasks that were put on your work list"), HEARD, hear, words)
