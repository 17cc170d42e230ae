"""What may be done to many tasks: each verb for one task, what is kept to undo it, and how it is undone."""

from collections.abc import Callable, Mapping
from typing import Any

from projects import queue
from projects.errors import Refused
from projects.models import Assignment, BulkAction, BulkTrace, Project, Task, Verdict
from projects.workflow import tags, task_actions, void_work, work_lists
from taskers.errors import StateConflict
from taskers.models import Person

Verb = BulkAction.Verb
Terms = Mapping[str, Any]
Act = Callable[[Task, Terms, Person], object]


def _cancel(task: Task, terms: Terms, by: Person) -> object:
    return task_actions.cancel(task, by=by, note=terms.get("note", ""))


def _hold(task: Task, terms: Terms, by: Person) -> object:
    return task_actions.withhold(task, by=by, note=terms.get("note", ""))


def _release(task: Task, _terms: Terms, by: Person) -> object:
    return task_actions.hand_out_again(task, by=by)


def _requeue(task: Task, _terms: Terms, by: Person) -> object:
    return task_actions.requeue(task, by=by)


def _overlap(task: Task, terms: Terms, by: Person) -> object:
    return task_actions.raise_overlap(task, terms["wanted"], by=by)


def _amend(task: Task, terms: Terms, by: Person) -> object:
    return task_actions.amend(task, terms["meta"], by=by)


def _review(task: Task, terms: Terms, by: Person) -> object:
    return task_actions.send_to_review(task, by=by, note=terms.get("note", ""))


def _tag(task: Task, terms: Terms, by: Person) -> object:
    return tags.put(task, terms["tag"], by=by)


def _untag(task: Task, terms: Terms, by: Person) -> object:
    return tags.take_off(task, terms["tag"], by=by)


def _void(task: Task, terms: Terms, by: Person) -> object:
    """The judgement that one person handed in on it; others are asked instead, and a verdict is set aside."""
    theirs = Assignment.objects.filter(task=task, kind="judge", state="submitted", voided_at=None)
    found = theirs.filter(tasker__public_id=terms["tasker"]).first()
    if found is None:
        raise StateConflict("Nothing of theirs counts here.", code="not-theirs")
    return void_work.rework(found, terms["note"], by=by)


def _list(task: Task, terms: Terms, by: Person) -> object:
    task_actions.refuse_if_settled(task)
    people, teams = work_lists.meant(task, terms)
    return queue.work_lists.put_on(task, people, teams, by=by, action=terms.get("action"))


def _unlist(task: Task, terms: Terms, by: Person) -> object:
    return queue.work_lists.take_off(task, *work_lists.meant_off(task, terms), by=by)


def _first(task: Task, _terms: Terms, by: Person) -> object:
    return task_actions.put_first(task, by=by)


def _in_turn(task: Task, _terms: Terms, by: Person) -> object:
    return task_actions.put_in_turn(task, by=by)


def _undo(task: Task, terms: Terms, by: Person) -> object:
    """As the action that is undone kept it."""
    trace = BulkTrace.objects.select_related("action").get(action__public_id=terms["of"], task=task)
    return UNDO[trace.action.verb](task, trace.before | {"terms": trace.action.terms, "action": terms["action"]}, by)


VERBS: dict[str, Act] = {
    Verb.CANCEL: _cancel,
    Verb.HOLD: _hold,
    Verb.RELEASE: _release,
    Verb.REQUEUE: _requeue,
    Verb.OVERLAP: _overlap,
    Verb.AMEND: _amend,
    Verb.REVIEW: _review,
    Verb.TAG: _tag,
    Verb.UNTAG: _untag,
    Verb.VOID: _void,
    Verb.LIST: _list,
    Verb.UNLIST: _unlist,
    Verb.FIRST: _first,
    Verb.IN_TURN: _in_turn,
    Verb.UNDO: _undo,
}
# What programs and people may ask for; undoing has an address of its own.
ASKED = [verb for verb in VERBS if verb != Verb.UNDO]
NEEDED: dict[Verb, str] = {Verb.OVERLAP: "wanted", Verb.AMEND: "meta", Verb.TAG: "tag", Verb.UNTAG: "tag"}
NEEDED |= {Verb.VOID: "tasker"}


def check(verb: str, terms: Terms) -> None:
    """Raises Refused for a verb that there isn't, or without what it needs."""
    if verb not in ASKED:
        raise Refused("Choose one of %(choices)s.", code="unknown-verb", place="verb", choices=", ".join(ASKED))
    if (needed := NEEDED.get(Verb(verb))) and terms.get(needed) is None:
        raise Refused("Say %(name)s.", code="missing", place=needed, name=needed)
    if verb == Verb.VOID and not terms.get("note", "").strip():
        raise Refused("Say why; it is kept with the answer.", code="no-reason", place="note")
    if verb in (Verb.LIST, Verb.UNLIST):
        work_lists.check(terms)
    if "meta" in terms:
        task_actions.check_meta(terms["meta"])
    if "tag" in terms:
        tags.checked(terms["tag"])


def check_here(project: Project, verb: str, terms: Terms) -> None:
    """Raises StateConflict where whoever is named isn't found in the project."""
    if verb in (Verb.LIST, Verb.UNLIST):
        work_lists.named(verb, project, terms)


def before(task: Task, verb: str, terms: Terms) -> dict[str, Any] | None:
    """What is kept of a task to undo this; None where it can't be undone."""
    if verb == Verb.REQUEUE:
        decided = Verdict.objects.current().filter(task=task).exists()
        return None if decided else {"withheld": task.withheld}
    if verb == Verb.AMEND:
        meta = task.payload.get("meta")
        known = meta if isinstance(meta, dict) else {}
        return {"meta": {name: known.get(name) for name in terms["meta"]}}
    if verb == Verb.LIST:
        return {"own": work_lists.put_newly(task, terms)}
    if verb == Verb.UNLIST:
        return {"own": work_lists.taken_off(task, terms)}
    return {"withheld": task.withheld, "wanted": task.wanted} if verb in UNDO else None


def _back_out(task: Task, was: Terms, by: Person) -> object:
    """Hand out again what was held back, cancelled or sent to review, or withhold it as it was before."""
    return task_actions.bring_back(task, withheld=was["withheld"], wanted=was["wanted"], by=by)


def _back_in(task: Task, was: Terms, by: Person) -> object:
    """Withhold again what was handed out."""
    if was["withheld"] == Task.Withheld.CANCELLED:
        return task_actions.cancel(task, by=by)
    return queue.withhold(task, was["withheld"], by=by)


def _fewer(task: Task, was: Terms, by: Person) -> object:
    if task.wanted != was["terms"]["wanted"]:
        raise StateConflict("How many are wanted was changed since.", code="changed-since")
    return task_actions.lower_overlap(task, was["wanted"], by=by)


def _amend_back(task: Task, was: Terms, by: Person) -> object:
    return task_actions.amend(task, was["meta"], by=by)


UNDO: dict[str, Act] = {
    Verb.HOLD: _back_out,
    Verb.CANCEL: _back_out,
    Verb.REVIEW: _back_out,
    Verb.RELEASE: _back_in,
    Verb.REQUEUE: _back_in,
    Verb.OVERLAP: _fewer,
    Verb.AMEND: _amend_back,
    Verb.TAG: lambda task, was, by: tags.take_off(task, was["terms"]["tag"], by=by),
    Verb.LIST: lambda task, was, by: work_lists.take_back(task, was.get("own", []), by=by),
    Verb.UNLIST: lambda task, was, by: work_lists.put_back(task, was.get("own", []), by=by, action=was["action"]),
    Verb.UNTAG: lambda task, was, by: tags.put(task, was["terms"]["tag"], by=by),
    Verb.FIRST: _in_turn,
    Verb.IN_TURN: lambda task, _was, by: queue.prioritize(task, Task.Priority.FIRST, by=by),
}
