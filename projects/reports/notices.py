"""Sentences that stand on a project's page: what is waiting, and why. Parts above this one may add their own."""

from collections.abc import Callable

from django.db import DatabaseError, connection
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from projects.models import Project, ProjectSettings

Speaker = Callable[[Project, ProjectSettings], str]

# What the copilot has to say is known above this app: assist adds a speaker here when it is installed.
SPEAKERS: list[Speaker] = []

SILENCE = 30  # seconds; workers say that they live every 10


def worker_alive() -> bool:
    """True if any worker, on any machine, has given a sign of life lately."""
    try:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT EXISTS (SELECT FROM procrastinate_workers"
                " WHERE last_heartbeat > now() - make_interval(secs => %s))",
                [SILENCE],
            )
            return cursor.fetchone()[0]
    except DatabaseError:
        return False


# One statement: the project's page asks it every few seconds.
ASKED = """
SELECT EXISTS (SELECT FROM procrastinate_workers WHERE last_heartbeat > now() - make_interval(secs => %(silence)s)),
  count(*) FILTER (WHERE retired_why = 'leaked' AND retired_at > now() - interval '7 days'),
  count(*) FILTER (WHERE suspect_at IS NOT NULL AND retired_at IS NULL),
  (SELECT string_agg(p.name, ', ' ORDER BY p.name) FROM projects_modelannotator s
   JOIN taskers_person p ON p.id = s.tasker_id WHERE s.project_id = %(project)s AND s.stopped_at IS NOT NULL),
  (SELECT count(*) FROM projects_comment r WHERE r.project_id = %(project)s AND r.to = 'manager'
     AND r.thread_id IS NULL AND r.answered_at IS NULL),
  (SELECT count(*) FROM (
     SELECT FROM projects_task t WHERE t.project_id = %(project)s AND t.withheld = 'broken' LIMIT 1000) t),
  (SELECT count(DISTINCT b.task_id) FROM projects_brokenreport b JOIN projects_task t ON t.id = b.task_id
   WHERE b.project_id = %(project)s AND b.outcome = '' AND t.withheld <> 'broken'),
  EXISTS (SELECT FROM taskers_membership m JOIN taskers_person w ON w.id = m.person_id AND w.is_active
   JOIN projects_project j ON j.id = %(project)s AND j.organization_id = m.organization_id
   WHERE m.role = 'tasker' AND m.ended_at IS NULL AND (m.project_key IS NULL OR m.project_key = j.public_id))
FROM projects_pooledgold WHERE project_id = %(project)s
"""


def said_of(project: Project, settings: ProjectSettings, *, waiting: bool, undecided: bool = False) -> list[str]:
    """Everything there is to say about a project at this moment, most urgent first; `waiting`: whether imports do;
    `undecided`: whether tasks are handed out of which no stall is known, which are looked for every few minutes.

    `settings` are the project's newest, which the page has read already.
    """
    alive, leaked, doubtful, stopped, questions, broken, reported, tasker = _asked(project)
    sentences = [_worker(alive, waiting), _nobody() if undecided and not tasker else ""]
    sentences += [_questions(questions), _broken(project, broken)]
    sentences += [_reported(project, reported)]
    sentences += [_known_answers(leaked, doubtful), _models(stopped)]
    return [one for one in (*sentences, *(speak(project, settings) for speak in SPEAKERS)) if one]


def _asked(project: Project) -> tuple[bool, int, int, str | None, int, int, int, bool]:
    """A worker lives; known answers that leaked lately, or are doubtful; models that stopped; questions that wait;
    tasks that were reported as broken and withheld, as far as a thousand; tasks reported by too few people for that;
    somebody is a tasker."""
    try:
        with connection.cursor() as cursor:
            cursor.execute(ASKED, {"silence": SILENCE, "project": project.pk})
            return cursor.fetchone()
    except DatabaseError:
        return False, 0, 0, None, 0, 0, 0, True


def _nobody() -> str:
    """Tasks lie there, and nobody may ever get one."""
    said = _("Nobody is a tasker here, so nobody gets these tasks: invite people, or give yourself the role.")
    return format_html('{} <a href="{}">{}</a>', said, reverse("people"), _("People"))


def _known_answers(leaked: int, doubtful: int) -> str:
    """What the watch over the known answers found (pool.py): leaked lately, or doubtful until somebody looks."""
    said = []
    if leaked:
        said.append(
            ngettext(
                "%(n)s gold task looks leaked and was retired.",
                "%(n)s gold tasks look leaked and were retired.",
                leaked,
            )
            % {"n": leaked}
        )
    if doubtful:
        said.append(
            ngettext("%(n)s gold task may be wrong.", "%(n)s gold tasks may be wrong.", doubtful) % {"n": doubtful}
        )
    return " ".join([*said, _("See Gold under Workforce.")]) if said else ""


def _questions(waiting: int) -> str:
    """Taskers who asked something and wait."""
    if not waiting:
        return ""
    said = ngettext("%(n)s question of a tasker waits.", "%(n)s questions of taskers wait.", waiting)
    return " ".join([said % {"n": waiting}, _("See Questions under Workforce.")])


def _broken(project: Project, reported: int) -> str:
    """Tasks that taskers reported, until a manager does something about them."""
    if not reported:
        return ""
    said = ngettext("%(n)s task was reported as broken.", "%(n)s tasks were reported as broken.", reported)
    address = reverse("tasks", args=[project.public_id]) + "?state=withheld-broken"
    return format_html('{} <a href="{}">{}</a>', said % {"n": reported}, address, _("Look"))


def _reported(project: Project, waiting: int) -> str:
    """Tasks that somebody reported and that are handed out all the same, until others say so too or a manager looks."""
    if not waiting:
        return ""
    said = ngettext(
        "%(n)s task was reported, by too few people to withhold it.",
        "%(n)s tasks were reported, by too few people to withhold them.",
        waiting,
    )
    address = reverse("project-reports", args=[project.public_id])
    return format_html('{} <a href="{}">{}</a>', said % {"n": waiting}, address, _("Who reported what"))


def _models(stopped: str | None) -> str:
    """What became of models that may decide alone (lifecycle.py)."""
    if not stopped:
        return ""
    return _(
        "%(models)s switched itself off: its audits say that it errs too often. See Models at work under Quality."
    ) % {"models": stopped}


def _worker(alive: bool, waiting: bool) -> str:
    if alive:
        return ""
    if waiting:
        return _("Imports are waiting: no worker is alive. Ask your operator to start one.")
    return _("No worker is alive: progress isn't added up, and files that you load will wait.")
