"""Sentences that stand on a project's page: what is waiting, and why. Parts above this one may add their own."""

from collections.abc import Callable

from django.db import DatabaseError, connection
from django.utils.translation import gettext as _

from projects.models import Project

Speaker = Callable[[Project], str]

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


def said_of(project: Project, *, waiting: bool) -> list[str]:
    """Everything there is to say about a project at this moment, most urgent first; `waiting`: whether imports do."""
    sentences = [_worker(waiting), *(speak(project) for speak in SPEAKERS)]
    return [one for one in sentences if one]


def _worker(waiting: bool) -> str:
    if worker_alive():
        return ""
    if waiting:
        return _("Imports are waiting: no worker is alive. Ask your operator to start one.")
    return _("No worker is alive: progress isn't added up, and files that you load will wait.")
