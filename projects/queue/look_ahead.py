"""What comes next, before it is claimed: so that the copilot, the media and the page can be ready. Nothing is held."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Q

from projects.models import Assignment, AssignmentRules, Project, Task
from projects.queue import candidate_slots, claim_numbers, gold_dealing, qualification, take
from projects.queue.candidate_slots import Terms
from projects.queue.gold_dealing import Due
from taskers.database.prepared import ask
from taskers.models import Person

AFTER = """
SELECT a.task_id FROM projects_assignment a
WHERE a.batch_id = %(batch)s::bigint AND a.slot = %(slot)s::int AND a.walk_key > %(key)s::bigint
  AND a.state = 'open' AND a.kind = 'judge'
ORDER BY a.walk_key LIMIT %(number)s::int
"""


@dataclass(frozen=True)
class Lookahead:
    """What the next claim will bring if nothing changes until then."""

    task: Task
    terms: Terms
    signature: str  # goes with the claim that asks for it


def look_ahead(mine: Assignment, tasker: Person, projects: Sequence[Project]) -> Lookahead | None:
    """What this tasker's next claim in these projects will bring once `mine` is handed in, if it can be said.

    The claim that brings its signature confirms it, or finds something else. Where a copilot helps, the outbox hears of
    it, known answers like any other, so that suggestions can be ready when it is shown.
    """
    few = candidate_slots.FEW_BATCHES
    choice = candidate_slots.choose_batches(tasker, projects, most=few, handing_in=mine)
    if any(one.by_list for one in choice.terms.values()):
        return None  # lists come first, and aren't walked
    if mine.kind == Assignment.Kind.TRAINING or (choice.held and choice.held.held != mine.pk) or not choice.slots:
        return None
    terms = choice.slots[0].terms
    if choice.partners or qualification.is_due(tasker, terms):
        return None  # it can't be foretold then
    due = gold_dealing.due(choice, gold_dealing.rng(tasker, choice.number))
    gold = gold_dealing.next_gold(choice) if gold_dealing.mixes(choice) else None
    task = take.look_ahead(choice, gold if due == Due() else due and due.task)
    if task is None:
        return None
    signature = claim_numbers.sign(tasker, choice.number, task.public_id)
    return Lookahead(task, choice.terms[task.project_id], signature)


def peek(assignment: Assignment, number: int = 2) -> list[Task]:
    """The tasks that this assignment's tasker will probably get next, so that their media can be fetched ahead.

    None where people work by list, and where known answers are mixed in: they come from elsewhere, and would be known
    by not having been fetched.
    """
    if assignment.task.asset_id is None:
        return []  # nothing to fetch ahead but the task itself
    rules = AssignmentRules.objects.filter(project=assignment.task.project_id)
    if rules.filter(Q(gold_share__gt=0) | ~Q(mode=AssignmentRules.Mode.POOL)).exists():
        return []
    terms = {"batch": assignment.batch_id, "slot": assignment.slot, "key": assignment.walk_key}
    rows = ask(AFTER, terms | {"number": number})
    by_key = Task.objects.select_related("asset").in_bulk([task for (task,) in rows])
    return [by_key[task] for (task,) in rows]
