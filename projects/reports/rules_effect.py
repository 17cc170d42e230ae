"""What rules of handing out come to: each in a sentence about the people whose answers were decided lately, or who
reported or skipped tasks."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from projects.models import AssignmentRules, Project
from projects.queue.broken import FIRST_FEW
from projects.queue.leases import SKIP_REASONS, USUAL_MODES
from projects.reports.settings_effect import NEWEST
from taskers.database.prepared import array, ask
from taskers.standing.grades import PRIOR_GOOD, PRIOR_POOR

DAYS = 14
LEAST = 3  # fewer people, or days of theirs, tell nothing
WORKERS, PIECES = 100, 100  # into whose newest work is looked for skips, and how much of each
LOOKED = 500  # of all that each did lately, wherever that was

# People whose answers were decided lately, and how many. No floor or cap of theirs is asked of models.
ANSWERED = f"""
SELECT a.tasker_id, count(*) AS answers FROM (
  SELECT e.verdict_id FROM projects_verdictentry e WHERE e.project_id = %(project)s::bigint AND e.label = ''
  ORDER BY e.id DESC LIMIT {NEWEST}
) lately JOIN projects_verdict v ON v.id = lately.verdict_id AND v.superseded_at IS NULL
CROSS JOIN LATERAL jsonb_object_keys(v.agreements) k JOIN projects_annotation a ON a.id = k::bigint
JOIN taskers_person p ON p.id = a.tasker_id AND p.kind = 'human'
GROUP BY a.tasker_id
"""
LATELY = f"""
SELECT who.answers, coalesce(st.good, 0)::float, coalesce(st.poor, 0)::float, days.judgements, days.promised
FROM (
  {ANSWERED}
) who
LEFT JOIN taskers_standing st ON st.tasker_id = who.tasker_id AND st.project_key = %(key)s::uuid
CROSS JOIN LATERAL (
  SELECT array_agg(d.judgements::float) AS judgements, array_agg(d.promised::float) AS promised
  FROM projects_daytally d WHERE d.tasker_id = who.tasker_id AND d.project_id = %(project)s::bigint
    AND d.day > current_date - {DAYS} AND d.judgements > 0
) days
"""
# Who reported tasks in these days, with how many they reported and handed in on each day of theirs. What was refused
# then was never written down.
REPORTS = f"""
SELECT r.tasker_id, r.reports, coalesce(d.judgements, 0) FROM (
  SELECT b.tasker_id, (b.at AT TIME ZONE coalesce(nullif(p.time_zone, ''), 'UTC'))::date AS day, count(*) AS reports
  FROM projects_brokenreport b JOIN taskers_person p ON p.id = b.tasker_id
  WHERE b.project_id = %(project)s::bigint AND b.at > now() - make_interval(days => {DAYS}) GROUP BY 1, 2
) r LEFT JOIN projects_daytally d
  ON d.tasker_id = r.tasker_id AND d.project_id = %(project)s::bigint AND d.day = r.day
"""
# By reason what was skipped among the newest work of the people whose answers were decided lately: how many tasks, by
# how many people; under no reason, the rest. What is to come back later was given back, with its reason.
SKIPS = f"""
SELECT CASE WHEN n.reason = ANY(%(reasons)s::text[]) AND n.state IN ('skipped', 'released') THEN n.reason ELSE '' END,
  count(DISTINCT n.task_id), count(DISTINCT who.tasker_id), count(*)
FROM (
  {ANSWERED} ORDER BY 2 DESC, 1 LIMIT {WORKERS}
) who CROSS JOIN LATERAL (
  SELECT w.task_id, w.state, w.reason FROM (
    SELECT * FROM projects_assignment a WHERE a.tasker_id = who.tasker_id ORDER BY a.id DESC LIMIT {LOOKED}
  ) w JOIN projects_batch b ON b.id = w.batch_id
  WHERE w.kind = 'judge' AND b.project_id = %(project)s::bigint AND w.state <> 'held'
  ORDER BY w.id DESC LIMIT {PIECES}
) n GROUP BY 1
"""
# Of the known answers in stock how often each was dealt, and by how many each task is reported that nobody looked at.
STOCK = """
SELECT (SELECT array_agg(g.uses) FROM projects_pooledgold g
    WHERE g.project_id = %(project)s::bigint AND g.pool = 'control' AND g.retired_at IS NULL),
  (SELECT array_agg(r.people) FROM (
    SELECT count(DISTINCT b.tasker_id) AS people FROM projects_brokenreport b
    WHERE b.project_id = %(project)s::bigint AND b.outcome = '' GROUP BY b.task_id
  ) r)
"""


class Worker(NamedTuple):
    """Somebody whose answers were decided lately: how many, and what their grades add up to."""

    answers: int
    good: float
    poor: float

    @property
    def evidence(self) -> float:
        """How much work of theirs was graded."""
        return self.good + self.poor

    @property
    def standing(self) -> float:
        """As the floor is asked (queue/eligibility.py)."""
        return (PRIOR_GOOD + self.good) / (PRIOR_GOOD + PRIOR_POOR + self.evidence)


class Reports(NamedTuple):
    """How many tasks somebody reported on a day of theirs, and how many they handed in."""

    person: int
    reports: int
    done: int


class Skips(NamedTuple):
    """How many tasks were skipped for a reason, and by how many people."""

    tasks: int
    people: int


@dataclass(frozen=True)
class Lately:
    """The people, and for each day on which one of them worked here how much they did and were promised for it."""

    people: list[Worker]
    judgements: list[float]
    promised: list[float]  # millionths
    dealt: list[int] = field(default_factory=list)  # how often, each known answer in stock
    reported: list[int] = field(default_factory=list)  # by how many people, each task that nobody looked at yet
    reports: list[Reports] = field(default_factory=list)
    skips: Mapping[str, Skips] = field(default_factory=dict)  # by reason
    pieces: int = 0  # of work among which these were

    @property
    def answers(self) -> int:
        """Of all of them."""
        return sum(one.answers for one in self.people)


def lately(project: Project) -> Lately:
    """Four queries, however large the project."""
    dealt, reported = ask(STOCK, {"project": project.pk})[0]
    skipped = ask(SKIPS, {"project": project.pk, "reasons": array(list(SKIP_REASONS))})
    rows = ask(LATELY, {"project": project.pk, "key": project.public_id})
    return Lately(
        people=[Worker(*row[:3]) for row in rows],
        judgements=[one for row in rows for one in row[3] or ()],
        promised=[one for row in rows for one in row[4] or ()],
        dealt=list(dealt or ()),
        reported=list(reported or ()),
        reports=[Reports(*row) for row in ask(REPORTS, {"project": project.pk})],
        skips={reason: Skips(tasks, people) for reason, tasks, people, _pieces in skipped if reason},
        pieces=sum(row[3] for row in skipped),
    )


def of(project: Project, rules: AssignmentRules, names: Collection[str] | None = None) -> dict[str, str]:
    """A sentence by the name of the rule, in the reader's language, of these or of all; none where nothing is told."""
    found = lately(project)
    said = {name: tell(found, rules) for name, tell in TOLD.items() if names is None or name in names}
    return {name: one for name, one in said.items() if one}


def _standing_floor(found: Lately, rules: AssignmentRules) -> str:
    if len(found.people) < LEAST:
        return ""
    asked = [one for one in found.people if one.evidence >= rules.standing_evidence]
    words = {
        "share": round(100 * rules.standing_floor),
        "number": sum(one.standing < rules.standing_floor for one in asked),
        "asked": len(asked),
        "people": len(found.people),
    }
    return (
        _(
            "With %(share)s %%, %(number)s of the %(people)s people whose answers were decided lately would get no more"
            " work; %(asked)s have that much evidence."
        )
        % words
    )


def _daily_tasks(found: Lately, rules: AssignmentRules) -> str:
    most = rules.daily_tasks
    if most is None or len(found.judgements) < LEAST:
        return ""
    over = [one - most for one in found.judgements if one > most]
    words = {"most": most, "number": len(over), "days": len(found.judgements), "tasks": round(sum(over))}
    return (
        _(
            "With %(most)s, %(number)s of the %(days)s days that one of them worked here would have ended sooner, by"
            " %(tasks)s tasks in all."
        )
        % words
    )


def _daily_earnings(found: Lately, rules: AssignmentRules) -> str:
    most = rules.daily_earnings
    if most is None or len(found.promised) < LEAST:
        return ""
    words = {"number": sum(one > most for one in found.promised), "days": len(found.promised)}
    return _("%(number)s of the %(days)s days that one of them worked here were promised more.") % words


def _gold_share(found: Lately, rules: AssignmentRules) -> str:
    if len(found.people) < LEAST or rules.mode != AssignmentRules.Mode.POOL:
        return ""  # by list none is mixed in
    # Of all claims this share is gold, so that it comes on top of what is answered.
    share = rules.gold_share
    words = {"share": round(100 * share), "answers": found.answers, "gold": round(found.answers * share / (1 - share))}
    said = _(
        "With %(share)s %%, about %(gold)s pieces of gold come on top of %(answers)s answers, and are paid like"
        " them; more for newcomers."
    )
    return said % words


def _gold_uses(found: Lately, rules: AssignmentRules) -> str:
    if not found.dealt:
        return ""
    most = rules.gold_uses
    words = {"stock": len(found.dealt), "number": sum(one + 1 >= most for one in found.dealt)}
    left = {"left": sum(max(1, most - one) for one in found.dealt)}  # it is retired as it is dealt
    return _(
        "The %(stock)s known answers in stock can be dealt %(left)s times more; %(number)s of them once more only."
    ) % (words | left)


def _reporters(found: Lately, rules: AssignmentRules) -> str:
    if not found.reported:
        return ""
    words = {"tasks": len(found.reported), "number": sum(one >= rules.reporters for one in found.reported)}
    return (
        _("Of %(tasks)s tasks that are reported and wait for somebody to look, so many people reported %(number)s.")
        % words
    )


def _reports_daily(found: Lately, rules: AssignmentRules) -> str:
    if not found.reports:
        return ""
    more = [one.reports - _may_report(one, rules) for one in found.reports]
    words = {
        "days": DAYS,
        "people": len({one.person for one in found.reports}),
        "reports": sum(one.reports for one in found.reports),
        "met": len({one.person for one, over in zip(found.reports, more, strict=True) if over >= 0}),
        "refused": sum(over for over in more if over > 0),
    }
    return (
        _(
            "Reports in the last %(days)s days: %(reports)s, from so many people: %(people)s. With these limits"
            " %(met)s of them would have come to their limit on a day, and %(refused)s of the reports been refused."
        )
        % words
    )


def _reports_share(found: Lately, rules: AssignmentRules) -> str:
    if not found.reports:
        return ""
    limits = [FIRST_FEW + int(rules.reports_share * one.done) for one in found.reports]
    words = {
        "days": len(limits),
        "number": sum(one < rules.reports_daily for one in limits),
        "least": min(limits),
        "most": max(limits),
    }
    return (
        _(
            "Somebody reported tasks on %(days)s days of theirs: by this share they may report %(least)s to %(most)s a"
            " day, which is less than the number before on %(number)s of them."
        )
        % words
    )


def _may_report(one: Reports, rules: AssignmentRules) -> int:
    """As it is asked of a report (queue/broken.py)."""
    return min(rules.reports_daily, FIRST_FEW + int(rules.reports_share * one.done))


def _skip_mode(reason: str) -> Callable[[Lately, AssignmentRules], str]:
    """What is told of skips for a reason, by what becomes of them."""

    def tell(found: Lately, rules: AssignmentRules) -> str:
        if found.pieces < LEAST:
            return ""
        skips = found.skips.get(reason, Skips(0, 0))
        words = {"tasks": skips.tasks, "people": skips.people, "pieces": found.pieces}
        mode = rules.skip_modes.get(reason) or USUAL_MODES.get(reason, "others")
        said = _("Skipped so among the newest %(pieces)s pieces of work: %(tasks)s, by so many people: %(people)s.")
        return f"{said} {BECOMES[mode]}" % words if skips.tasks else said % words

    return tell


BECOMES = {
    "others": gettext_lazy("Each would be offered to somebody else."),
    "me": gettext_lazy("Each would come back, to whoever skipped it too."),
    "review": gettext_lazy("For a reviewer that makes %(tasks)s more."),
}
TOLD: Mapping[str, Callable[[Lately, AssignmentRules], str]] = {
    "standing_floor": _standing_floor,
    "daily_tasks": _daily_tasks,
    "daily_earnings": _daily_earnings,
    "gold_share": _gold_share,
    "gold_uses": _gold_uses,
    "reporters": _reporters,
    "reports_daily": _reports_daily,
    "reports_share": _reports_share,
    **{f"skip_{reason}": _skip_mode(reason) for reason in SKIP_REASONS},
}
