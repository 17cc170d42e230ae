"""Whether two people are two: money needs somebody else's yes, from an account that nobody here could act through."""

from datetime import timedelta

from django.utils import timezone

from taskers.audit import trail
from taskers.errors import Problem
from taskers.models import Payout, Person

LATELY = timedelta(days=14)


class SamePerson(Problem):
    """Whoever began this can't be its second person as well: you can't approve it; ask somebody else of finance."""

    code = "same-person"
    status = 403


class PaidByIt(Problem):
    """You are paid by this run; ask somebody of finance who isn't."""

    code = "paid-by-it"
    status = 403


class NotIndependent(Problem):
    """Within 14 days one of you changed the other's access, or one person let both of you in; ask somebody else."""

    code = "not-independent"
    status = 403


def check_second(payout: Payout, first: Person, second: Person) -> None:
    """Raise SamePerson, PaidByIt or NotIndependent unless `second` may say yes to what `first` did with a run."""
    if first.pk == second.pk:
        raise SamePerson()
    if payout.items.filter(tasker=second).exists():
        raise PaidByIt()
    check_two(first, second)


def check_two(first: Person, second: Person) -> None:
    """Raise SamePerson or NotIndependent unless these are two people, neither of whom could act as the other."""
    if first.pk == second.pk:
        raise SamePerson()
    since = timezone.now() - LATELY
    touched = trail.touched_access(first, second, since=since) or trail.touched_access(second, first, since=since)
    if touched or trail.could_act_as(first, since=since) & trail.could_act_as(second, since=since):
        raise NotIndependent()
