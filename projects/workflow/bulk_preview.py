"""What doing something to many tasks would come to, before anybody does it: how many, what is left alone, and why."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from django.utils.translation import gettext_lazy as _

from projects.models import Batch, BulkAction, Task
from projects.workflow import tags, work_lists
from projects.workflow.task_actions import BY_HAND
from taskers.database.prepared import ask_rows

Verb = BulkAction.Verb

STANDS = """
SELECT t.withheld, b.state AS batch, v.id IS NOT NULL AS decided, g.known, h.held,
  CASE WHEN %(verb)s::text = 'overlap' THEN t.wanted ELSE 0 END AS wanted, g2.tagged, s.theirs,
  y.entries, y.over_entries, t.priority, count(*) AS number
FROM unnest(%(tasks)s::bigint[]) AS k(id)
JOIN projects_task t ON t.id = k.id JOIN projects_batch b ON b.id = t.batch_id
LEFT JOIN projects_verdict v ON v.task_id = t.id AND v.superseded_at IS NULL
CROSS JOIN LATERAL (SELECT EXISTS (
  SELECT FROM projects_gold g JOIN projects_pooledgold p ON p.gold_id = g.id AND p.retired_at IS NULL
  WHERE g.task_id = t.id) AS known) g
CROSS JOIN LATERAL (SELECT EXISTS (
  SELECT FROM projects_assignment a WHERE a.task_id = t.id AND a.state = 'held' AND a.kind = 'judge') AS held) h
CROSS JOIN LATERAL (SELECT %(tag)s::text <> '' AND EXISTS (
  SELECT FROM projects_tasktag x WHERE x.task_id = t.id AND x.tag = %(tag)s::text) AS tagged) g2
CROSS JOIN LATERAL (SELECT %(tasker)s::text <> '' AND EXISTS (
  SELECT FROM projects_assignment m JOIN taskers_person w ON w.id = m.tasker_id
  WHERE m.task_id = t.id AND m.kind = 'judge' AND m.state = 'submitted' AND m.voided_at IS NULL
    AND w.public_id = nullif(%(tasker)s::text, '')::uuid) AS theirs) s
CROSS JOIN LATERAL (
  SELECT count(*) AS entries, count(*) FILTER (WHERE e.over_at IS NOT NULL) AS over_entries
  FROM projects_reservation e
  LEFT JOIN taskers_person l ON l.id = e.person_id LEFT JOIN taskers_skill m ON m.id = e.team_id
  WHERE cardinality(%(people)s::text[]) + cardinality(%(teams)s::text[]) > 0 AND e.task_id = t.id
    AND (l.public_id::text = ANY(%(people)s::text[]) OR m.key = ANY(%(teams)s::text[]))) y
GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11
"""
OVER = {Batch.State.CLOSED, Batch.State.CANCELLED}
REASONS: dict[str, Any] = {
    "decided": _("are decided"),
    "withheld": _("are withheld already"),
    "out": _("are handed out already"),
    "not-held": _("nobody holds back"),
    "over": _("belong to a batch that is over"),
    "gold": _("are gold"),
    "held": _("somebody works on"),
    "wanted": _("ask for as many already"),
    "tagged": _("have the tag already"),
    "untagged": _("haven’t the tag"),
    "theirs": _("hold no work of theirs that counts"),
    "listed": _("are on these lists already"),
    "unlisted": _("are on none of these lists"),
    "first": _("come first already"),
    "in-turn": _("come in their turn already"),
    "cancelled": _("are cancelled"),
}


class Stands(NamedTuple):
    """How some tasks are, all alike, and how many they are."""

    withheld: str
    batch: str
    decided: bool
    known: bool
    held: bool
    wanted: int
    tagged: bool
    theirs: bool
    entries: int  # on the lists that are named
    over_entries: int  # of these, what is over, and can be put on anew
    priority: int
    number: int


class Preview(NamedTuple):
    """How many would be done, and how many left alone, by the reason (a key of REASONS)."""

    would: int
    left: dict[str, int]


def of(tasks: Sequence[int], verb: str, terms: Mapping[str, Any]) -> Preview:
    """What it would come to as things stand now. Nothing is locked: when it is done, each task is asked again.

    Raises Refused for a bad tag."""
    said = {"tasks": list(tasks), "verb": verb, "tag": tags.checked(terms["tag"]) if "tag" in terms else ""}
    said |= {"tasker": str(terms.get("tasker", ""))}
    said |= {name: [str(one) for one in terms.get(name) or []] for name in ("people", "teams")}
    would, left = 0, Counter[str]()
    for stands in ask_rows(STANDS, said, Stands):
        if why := against(stands, verb, terms):
            left[why] += stands.number
        else:
            would += stands.number
    return Preview(would, dict(left.most_common()))


def against(stands: Stands, verb: str, terms: Mapping[str, Any]) -> str:
    """Why such a task would be left alone, as far as it can be foreseen; "" for nothing."""
    match verb:
        case Verb.TAG:
            return "tagged" if stands.tagged else ""
        case Verb.UNTAG:
            return "" if stands.tagged else "untagged"
        case Verb.AMEND:
            return ""
        case Verb.UNLIST:
            return "" if stands.entries else "unlisted"
        case Verb.LIST:
            return _undone(stands) or _listed(stands, terms)
        case Verb.VOID:
            return _over(stands) or _known(stands) or ("" if stands.theirs else "theirs")
        case Verb.HOLD:
            return _undecided(stands) or ("withheld" if stands.withheld else "")
        case Verb.CANCEL:
            gone = stands.withheld == Task.Withheld.CANCELLED
            return _known(stands) or _undecided(stands) or ("held" if stands.held else "withheld" if gone else "")
        case Verb.RELEASE:
            return ("" if stands.withheld in BY_HAND else "not-held") or _over(stands)
        case Verb.REQUEUE:
            if stands.decided:
                return _over(stands) or _known(stands)
            return _over(stands) or ("" if stands.withheld else "out")
        case Verb.REVIEW:
            return _over(stands) or _known(stands) or _undecided(stands) or ("withheld" if stands.withheld else "")
        case Verb.FIRST:
            first = stands.priority == Task.Priority.FIRST
            return _over(stands) or _known(stands) or _undone(stands) or ("first" if first else "")
        case Verb.IN_TURN:
            return "in-turn" if stands.priority == Task.Priority.NORMAL else ""
        case _:
            enough = stands.wanted >= terms.get("wanted", 0)
            return _over(stands) or _known(stands) or _undecided(stands) or ("wanted" if enough else "")


def _listed(stands: Stands, terms: Mapping[str, Any]) -> str:
    """In turns each task goes on one list only, and which isn't foreseen."""
    all_of_them = len(terms.get("people") or []) + len(terms.get("teams") or [])
    there = stands.entries - stands.over_entries
    return "listed" if terms.get("how") != work_lists.TURNS and there >= all_of_them else ""


def _undecided(stands: Stands) -> str:
    return "decided" if stands.decided else ""


def _undone(stands: Stands) -> str:
    return "cancelled" if stands.withheld == Task.Withheld.CANCELLED else _undecided(stands)


def _over(stands: Stands) -> str:
    return "over" if stands.batch in OVER else ""


def _known(stands: Stands) -> str:
    return "gold" if stands.known else ""
