"""Whether somebody may work on a project now, and if not, why, in words. Pure: it is given what was read.

Nobody is told how they could have been told apart from others: reasons name what the project asks for and what the
person has, never how they compare.
"""

import json
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from taskers.quality import PRIOR_GOOD, PRIOR_POOR


class Rules(Protocol):
    """What a project asks, and what is known of the person: `projects.queue.places.Terms`."""

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
    def rate(self) -> int: ...
    @property
    def lacking(self) -> str | None: ...


Reason = tuple[str, str]  # a code for programs, a sentence for the person


def why_not(rules: Rules) -> Reason | None:
    """The first reason why this person can't work here now; None when they may."""
    return _barred(rules) or _lacking(rules) or _standing(rules) or _cap(rules)


def _barred(rules: Rules) -> Reason | None:
    if rules.barred is None:
        return None
    until = f" until {rules.barred_until:%-d %B %Y, %H:%M} UTC" if rules.barred_until else ""
    return rules.barred, f"You are {rules.barred} here{until}: {(rules.barred_reason or '').rstrip('.')}."


def _lacking(rules: Rules) -> Reason | None:
    for name, comparator, value, values, kind, mine in json.loads(rules.lacking or "[]"):
        what = f"the {kind} {name}"
        has = "you don't have it" if mine is None else f"yours is {mine:g}"
        match comparator:
            case "at_least":
                return "lacks-skill", f"This project asks for {what} of at least {value:g}; {has}."
            case "in":
                return "lacks-skill", f"This project asks for {what} at {_either(values)}; {has}."
            case "missing":
                return "has-skill", f"This project is for people without {what}."
            case _:
                return "lacks-skill", f"This project asks for {what}; you don't have it, or it ran out."
    return None


def _standing(rules: Rules) -> Reason | None:
    floor, good, poor = rules.standing_floor or 0.0, rules.good or 0.0, rules.poor or 0.0
    if good + poor < (rules.standing_evidence or 0.0):
        return None
    mean = (PRIOR_GOOD + good) / (PRIOR_GOOD + PRIOR_POOR + good + poor)
    if mean >= floor:
        return None
    return "standing-too-low", f"This project asks for a standing of {floor:.0%}; yours is {mean:.0%} now."


def _cap(rules: Rules) -> Reason | None:
    done, promised = rules.judgements_today or 0, rules.promised_today or 0
    if rules.daily_tasks is not None and done >= rules.daily_tasks:
        return "daily-cap", f"You have done the {rules.daily_tasks} tasks that one person may do here in a day."
    if rules.daily_earnings is not None and promised + rules.rate > rules.daily_earnings:
        return "daily-cap", "You have earned what one person may earn here in a day."
    return None


def local_day(person) -> date:
    """Today, where this person lives."""
    return datetime.now(_zone(person.time_zone)).date()


def seconds_to_midnight(person) -> int:
    """How long today still lasts, where this person lives."""
    now = datetime.now(_zone(person.time_zone))
    tomorrow = datetime.combine(now.date() + timedelta(days=1), datetime.min.time(), now.tzinfo)
    return max(1, int((tomorrow.astimezone(UTC) - now.astimezone(UTC)).total_seconds()))


def _zone(name: str):
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return UTC


def _either(values: Sequence[float]) -> str:
    return " or ".join(f"{value:g}" for value in values) or "no value"
