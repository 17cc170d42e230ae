"""A project that is judged to its end, and its readers up to date."""

from projects import queue
from projects.models import Assignment
from projects.reports import progress, verdict_index
from projects.workflow import submission
from tests.support import make


def judge_all(cast, project) -> None:
    """Alice and Bob hand in everything there is; they agree about Maria, and every verdict earns."""
    for tasker in (cast.alice, cast.bob):
        while isinstance(found := queue.claim(tasker, project), Assignment):
            submission.submit(found, tasker, found.token, make.MARIA_AND_OSLO, active_ms=1234)


def read_all() -> None:
    for reader in (progress, verdict_index):
        while reader.catch_up():
            pass
