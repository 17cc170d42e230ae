"""Tasks by their names, where people work by list: from one's list, or any that is free, where project or role allow.

In the pool nobody chooses: who could would find known answers, and meet whom they like.
"""

from collections.abc import Callable, Sequence
from uuid import uuid4

from projects import access
from projects.errors import HoldsAnother, NotAllowedNow, NotFree, NotListed
from projects.models import Assignment, AssignmentRules, Project, Task
from projects.queue import eligibility, list_sql, qualification, work_lists
from projects.queue.candidate_slots import Choice, terms_of
from projects.queue.claim_numbers import StaleChoice
from projects.queue.no_work import Nothing, crowded, not_live, training_first
from projects.queue.take import held_again, hold, promised
from taskers.access import may
from taskers.models import Person
from taskers.telemetry.spans import traced

TRIES = 6


@traced
def claim_named(tasker: Person, task: Task) -> Assignment:
    """This very task, held for them; whoever holds it already gets it again.

    The caller has checked that they may enter the project. Raises NotListed, NotFree, HoldsAnother while another of
    the project is in their hands, and NotAllowedNow with the reason why they may not work here now.
    """
    found = _claimed(tasker, task.project, [task.pk], lambda choice: _check(choice, task))
    return next(one for one in found if one.task_id == task.pk)


@traced
def claim_named_group(tasker: Person, project: Project, tasks: Sequence[int], number: int) -> list[Assignment]:
    """Those of these tasks that are free, by their keys and in their order, up to `number` and what their day has room
    for: held under one token, as of `claim_group`. Only where one may choose; whoever holds some of them gets those.

    The caller has checked that they may enter the project. Raises as `claim_named`, and NotListed where they may not
    choose.
    """
    mine = set(Task.objects.filter(project=project, pk__in=tasks).values_list("pk", flat=True))
    return _claimed(tasker, project, [key for key in tasks if key in mine], _check_group, number)


def _claimed(
    tasker: Person, project: Project, tasks: Sequence[int], check: Callable[[Choice], None], number: int = 1
) -> list[Assignment]:
    if project.state != Project.State.LIVE:
        raise _refused(not_live())
    for _attempt in range(TRIES):
        if found := held_again(tasker, {project.pk: project}):
            if not {one.task_id for one in found} & set(tasks):
                raise HoldsAnother()
            return found
        choice = terms_of(tasker, [project])
        check(choice)
        terms = promised(choice, list(choice.terms.values()))
        most = eligibility.left_today(choice.terms[project.pk], number)
        try:
            asked = {"tasks": list(tasks), "most": most, "token": uuid4()}
            taken = hold(choice, list_sql.TAKE_NAMED, terms | asked)
        except StaleChoice:
            continue  # another tab was faster
        if not taken:
            raise NotFree()
        return taken
    raise _refused(crowded())


def may_choose(tasker: Person, project: Project, mode: str) -> bool:
    """Whether somebody may open any free task of a project: its office always, its taskers where it says so; nobody in
    the pool."""
    if mode == AssignmentRules.Mode.POOL:
        return False
    office = may(tasker, project.organization, *access.REVIEW, project_key=project.public_id)
    return office or mode == AssignmentRules.Mode.CHOICE


def mode_for(tasker: Person, project: Project) -> tuple[str, Nothing | None]:
    """How people get work in a project; and why somebody may not see now what lies on lists there, None where they
    may. That the day or the budget is spent is no reason: what they may do tomorrow they may see today."""
    choice = terms_of(tasker, [project])
    why = _kept(choice, project.pk)
    return choice.terms[project.pk].mode, None if why and why.code in ("daily-cap", "spending-limit") else why


def kept_from_lists(tasker: Person, project: Project) -> Nothing | None:
    """Only the second of these."""
    return mode_for(tasker, project)[1]


def check_lists(tasker: Person, project: Project) -> None:
    """Raises NotAllowedNow with the reason why they may not."""
    if why := kept_from_lists(tasker, project):
        raise _refused(why)


def _kept(choice: Choice, project: int) -> Nothing | None:
    if why := choice.refusals.get(project):
        return why
    return training_first() if qualification.is_due(choice.tasker, choice.terms[project]) else None


def _check_group(choice: Choice) -> None:
    ((project, terms),) = choice.terms.items()
    if why := _kept(choice, project):
        raise _refused(why)
    if not may_choose(choice.tasker, choice.projects[project], terms.mode):
        raise NotListed()


def _check(choice: Choice, task: Task) -> None:
    tasker, terms = choice.tasker, choice.terms[task.project_id]
    if why := _kept(choice, task.project_id):
        raise _refused(why)
    if may_choose(tasker, task.project, terms.mode):
        return
    if not terms.by_list or not work_lists.is_listed(tasker, task):
        raise NotListed()


def _refused(why: Nothing) -> NotAllowedNow:
    return NotAllowedNow(why.text)
