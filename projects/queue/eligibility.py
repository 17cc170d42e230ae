"""Whether somebody may work on a project now, and if not, why, in words. Pure: it is given what was read.

Nobody is told how they could have been told apart from others: reasons name what the project asks for and what the
person has, never how they compare.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from projects.queue.no_work import Nothing
from taskers.standing.grades import PRIOR_GOOD, PRIOR_POOR


class Rules(Protocol):
    """What a project asks, and what is known of the person: `projects.queue.candidate_slots.Terms`."""

    @property
    def standing_floor(self) -> float | None: ...
    @property
    def standing_evidence(self) -> float | None: ...
    @property
    def good(self) -> float | None: ...
    @property
    def poor(self) -> float | None: ...
    @property
    def daily_tasks(self) -> int | None: ...
    @property
    def daily_earnings(self) -> int | None: ...
    @property
    def judgements_today(self) -> int | None: ...
    @property
    def promised_today(self) -> int | None: ...
    @property
    def barred(self) -> str | None: ...
    @property
    def barred_reason(self) -> str | None: ...
    @property
    def barred_until(self) -> datetime | None: ...
    @property
    def spent(self) -> bool: ...
    @property
    def rate(self) -> int: ...
    @property
    def lacking(self) -> str | None: ...


@dataclass(frozen=True)
class Asked:
    """One requirement: a skill, by its key, and how it is compared."""

    skill: int
    name: str
    kind: str  # of skill: "skill", "language", "qualification"
    comparator: str
    value: float | None = None
    values: Sequence[float] = ()


def why_not(rules: Rules) -> Nothing | None:
    """The first reason why this person can't work here now; None when they may."""
    return _barred(rules) or _lacking(rules) or _standing(rules) or _spent(rules) or _cap(rules)


def _barred(rules: Rules) -> Nothing | None:
    if rules.barred is None:
        return None
    said = {"barred": _(rules.barred), "reason": (rules.barred_reason or "").rstrip(".")}
    if rules.barred_until:
        said["until"] = f"{rules.barred_until:%-d %B %Y, %H:%M} UTC"
        return Nothing(rules.barred, _("You are %(barred)s here until %(until)s: %(reason)s.") % said)
    return Nothing(rules.barred, _("You are %(barred)s here: %(reason)s.") % said)


def _lacking(rules: Rules) -> Nothing | None:
    for lacking in json.loads(rules.lacking or "[]"):
        mine = lacking["mine"]
        said = {"kind": _(lacking["kind"]), "name": lacking["name"], "mine": "" if mine is None else f"{mine:g}"}
        if lacking["comparator"] == "missing":
            return Nothing("has-skill", _("This project is for people without the %(kind)s %(name)s.") % said)
        if lacking["comparator"] == "at_least":
            text = _("This project asks for the %(kind)s %(name)s of at least %(value)s")
            said["value"] = f"{lacking['value']:g}"
        elif lacking["comparator"] == "in":
            text = _("This project asks for the %(kind)s %(name)s at %(value)s")
            said["value"] = _either(lacking["values"])
        else:
            text = _("This project asks for the %(kind)s %(name)s; you don't have it, or it ran out.")
            return Nothing("lacks-skill", text % said)
        has = _("; you don't have it.") if mine is None else _("; yours is %(mine)s.")
        return Nothing("lacks-skill", (text + has) % said)
    return None


def _standing(rules: Rules) -> Nothing | None:
    floor, good, poor = rules.standing_floor or 0.0, rules.good or 0.0, rules.poor or 0.0
    if good + poor < (rules.standing_evidence or 0.0):
        return None
    mean = (PRIOR_GOOD + good) / (PRIOR_GOOD + PRIOR_POOR + good + poor)
    if mean >= floor:
        return None
    # Without the number: known answers weigh more, and its steps would tell them.
    text = _("This project asks for a standing of %(floor)s; yours is lower now.")
    return Nothing("standing-too-low", text % {"floor": f"{floor:.0%}"})


def _spent(rules: Rules) -> Nothing | None:
    if not rules.spent:
        return None
    text = _("This project has spent what it may for now, and hands out nothing more. What you handed in is paid.")
    return Nothing("spending-limit", text)


def _cap(rules: Rules) -> Nothing | None:
    done, promised = rules.judgements_today or 0, rules.promised_today or 0
    if rules.daily_tasks is not None and done >= rules.daily_tasks:
        text = ngettext(
            "You have done the %(tasks)s task that one person may do here in a day.",
            "You have done the %(tasks)s tasks that one person may do here in a day.",
            rules.daily_tasks,
        )
        return Nothing("daily-cap", text % {"tasks": rules.daily_tasks})
    if rules.daily_earnings is not None and promised + max(1, rules.rate) > rules.daily_earnings:
        return Nothing("daily-cap", _("You have earned what one person may earn here in a day."))
    return None


def left_today(rules: Rules, most: int) -> int:
    """How many pieces of work the day has room for still, at most so many and at least one: `why_not` was asked.

    A piece counts what the terms say, or, where units or time are paid beside, what those of today were on average; one
    alone where that isn't known yet.
    """
    left, done, promised = [most], rules.judgements_today or 0, rules.promised_today or 0
    if rules.daily_tasks is not None:
        left.append(rules.daily_tasks - done)
    if rules.daily_earnings is not None:
        each = max(rules.rate, -(-promised // done) if done else 0)
        left.append((rules.daily_earnings - promised) // each if each else most if done else 1)
    return max(1, min(left))


def unmet(asked: Sequence[Asked], mine: Mapping[int, float]) -> str | None:
    """The requirements that somebody with these values (skill key -> value) doesn't meet, as `Rules.lacking`."""
    lacking = [one for one in asked if not _met(one, mine.get(one.skill))]
    rows = [
        {
            "name": one.name,
            "kind": one.kind,
            "comparator": one.comparator,
            "value": one.value,
            "values": list(one.values),
            "mine": mine.get(one.skill),
        }
        for one in lacking
    ]
    return json.dumps(rows) if rows else None


def _met(asked: Asked, mine: float | None) -> bool:
    match asked.comparator:
        case "missing":
            return mine is None
        case "at_least":
            return mine is not None and asked.value is not None and mine >= asked.value
        case "in":
            return mine is not None and mine in asked.values
        case _:
            return mine is not None


def _either(values: Sequence[float]) -> str:
    return " or ".join(f"{value:g}" for value in values) or "no value"
