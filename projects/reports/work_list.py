"""Somebody's work list in a project, as they see it: what is on it, and whether they may open it now."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from projects.models import Project
from projects.queue import work_lists
from projects.queue.list_sql import FREE
from projects.reports import task_choices, task_lines, task_search
from projects.reports.task_choices import Choices
from projects.reports.task_lines import Look
from taskers.database.prepared import ask
from taskers.models import Person

PAGE = 50
NO_CHOICES = Choices([], [], [], [], [], [], [])
MINE, FREE_NOW, OVER, TAKEN = _("Held by you"), _("Free"), _("Done"), _("Others are at it")

# Of some tasks: whether this tasker has it in hand, is done with it or it is decided, and may have it.
STANDS = f"""
SELECT t.id, t.public_id, t.asset_id IS NOT NULL AND t.other_asset_id IS NULL, EXISTS (
    SELECT FROM projects_assignment a WHERE a.task_id = t.id AND a.tasker_id = %(tasker)s::bigint
      AND a.kind || '' = 'judge' AND a.state || '' = 'held'),
  EXISTS (SELECT FROM projects_verdict v WHERE v.task_id = t.id AND v.superseded_at IS NULL) OR EXISTS (
    SELECT FROM projects_assignment a WHERE a.task_id = t.id AND a.tasker_id = %(tasker)s::bigint
      AND a.state || '' IN ('submitted', 'skipped')),
  EXISTS ({FREE.format(task="t.id")})
FROM projects_task t WHERE t.id = ANY(%(tasks)s::bigint[])
"""


@dataclass(frozen=True)
class Entry:
    """One task: how it stands for this person, and whether they may open it."""

    id: UUID
    state: str
    opens: bool
    look: Look | None  # what it is about, with what they answered themselves
    pictured: bool  # whether one picture shows it: a pair's stand in another order for each tasker

    @property
    def code(self) -> str:
        """As taskers know it (Task.code)."""
        return str(self.id)[:8]


@dataclass(frozen=True)
class Page:
    """Some entries in their order, and what the next page begins after ("" at the end)."""

    entries: Sequence[Entry]
    after: str


def of(tasker: Person, project: Project, *, after: int = 0, number: int = PAGE) -> Page:
    """What is on their lists, theirs and those of their teams, so many entries at most."""
    found = work_lists.listed(tasker, project, after=after, most=number + 1)
    keys = list(dict.fromkeys(task for _pk, task in found[:number]))
    return Page(_entries(tasker, keys), str(found[number - 1][0]) if len(found) > number else "")


def free_in(tasker: Person, project: Project, *, after: str = "") -> Page:
    """What has something open, whoever's list it is on: where somebody may choose."""
    found = task_search.search(project, task_search.Filters(state="open"), after=after)
    return Page(_entries(tasker, found.keys), found.later)


def _entries(tasker: Person, keys: Sequence[int]) -> list[Entry]:
    if not keys:
        return []
    looks = task_lines.looks(keys, whose=tasker)
    stands = {key: rest for key, *rest in ask(STANDS, {"tasks": list(keys), "tasker": tasker.pk, "partners": []})}
    made = []
    for key in keys:
        public_id, pictured, mine, over, free = stands[key]
        state = MINE if mine else OVER if over else FREE_NOW if free else TAKEN
        made.append(Entry(public_id, str(state), mine or (free and not over), looks.get(key), pictured))
    return made


def view(project: Project, entries: Sequence[Entry]) -> dict[str, Any]:
    """What pages/my_list.js draws them by, by their ids."""
    looks = {str(one.id): one.look for one in entries if one.look}
    pictures = {str(one.id): {"picture": reverse("task-thumbnail", args=[one.id])} for one in entries if one.pictured}
    marked = any(look.answer for look in looks.values())  # else nothing needs the labels' colours
    return task_lines.view(task_choices.of(project) if marked else NO_CHOICES, looks, pictures)
