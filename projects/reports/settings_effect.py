"""What settings come to: each in a sentence about the tasks that answers decided lately."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Any, NamedTuple

from django.utils.formats import number_format
from django.utils.translation import gettext as _

from projects.models import Project, ProjectSettings
from projects.quality.audits import REVIEW
from projects.quality.consensus import AUTO, IMPORTED
from projects.reports import method_effect, offered_effect, sample_effect
from taskers.database.prepared import ask
from taskers.money.ledger import about

NEWEST = 500
LEAST = 5  # fewer tasks, or fewer answers that took a known time, tell nothing
TIMED = 500  # milliseconds: what took less was not worked at here

# Those that a model alone or somebody elsewhere decided say nothing of how answers agree, and what a reviewer decided
# anew says it twice. Of what one decided first the answers were compared; how sure they were together isn't kept.
LATELY = f"""
SELECT v.confidence, v.method = '{REVIEW}', (SELECT count(*) FROM jsonb_object_keys(v.agreements)),
  array(SELECT value::float FROM jsonb_each_text(v.agreements) WHERE value IS NOT NULL),
  people.agreements, people.active, people.elapsed,
  (SELECT sum(g.in_review) FROM projects_batch b JOIN projects_batchprogress g ON g.batch_id = b.id
    WHERE b.project_id = %(project)s::bigint)
FROM (
  SELECT e.verdict_id FROM projects_verdictentry e WHERE e.project_id = %(project)s::bigint AND e.label = ''
  ORDER BY e.id DESC LIMIT {NEWEST}
) lately JOIN projects_verdict v ON v.id = lately.verdict_id CROSS JOIN LATERAL (
  SELECT array_agg(e.value::float) FILTER (WHERE e.value IS NOT NULL) AS agreements,
    array_agg(a.active_ms::float / 1000) FILTER (WHERE a.active_ms > {TIMED}) AS active,
    array_agg(extract(epoch FROM s.ended_at - s.held_at)::float) FILTER (WHERE s.ended_at > s.held_at) AS elapsed
  FROM jsonb_each_text(v.agreements) e JOIN projects_annotation a ON a.id = e.key::bigint
  JOIN projects_assignment s ON s.id = a.assignment_id
  JOIN taskers_person p ON p.id = a.tasker_id AND p.kind = 'human'
) people
WHERE v.superseded_at IS NULL AND v.method NOT IN ('{AUTO}', '{IMPORTED}') AND NOT (v.method = '{REVIEW}'
  AND EXISTS (SELECT FROM projects_verdict b WHERE b.task_id = v.task_id AND b.id < v.id))
"""


@dataclass(frozen=True)
class Lately:
    """How sure the newest tasks were that answers decided, how many answers each of them had, and how far each of
    those that was compared agreed with what was decided, there or by a reviewer; people's apart, who are paid by it.
    How many were `reviewed` instead, and how many wait for that. What people took for their answers, in seconds:
    `active` at work, and `elapsed` from claim to submit."""

    sure: list[float]
    answers: list[int]
    agreements: list[float]
    of_people: list[float]
    reviewed: int
    waiting: int
    active: list[float] = field(default_factory=list)
    elapsed: list[float] = field(default_factory=list)

    @property
    def tasks(self) -> int:
        """All of them."""
        return len(self.sure) + self.reviewed + self.waiting

    @property
    def decided(self) -> int:
        """Those that somebody decided."""
        return len(self.sure) + self.reviewed

    @property
    def took(self) -> int:
        """All answers of the tasks that answers decided."""
        return sum(self.answers)


class Terms(NamedTuple):
    """The settings whose effect is told, saved or not; their thresholds, with what holds where none is said; and the
    currency of their money."""

    settings: ProjectSettings
    thresholds: Mapping[str, Any]
    currency: str

    def money(self, amount: float) -> str:
        """Millionths in words, to the cent."""
        return about(amount, self.currency)


def lately(project: Project) -> Lately:
    """One query, however large the project."""
    rows = ask(LATELY, {"project": project.pk})
    decided = [row for row in rows if not row[1]]
    return Lately(
        sure=[row[0] for row in decided],
        answers=[row[2] for row in decided],
        agreements=[one for row in rows for one in row[3]],
        of_people=[one for row in rows for one in row[4] or ()],
        reviewed=len(rows) - len(decided),
        waiting=min(NEWEST, int(rows[0][7] or 0)) if rows else 0,
        active=[one for row in rows for one in row[5] or ()],
        elapsed=[one for row in rows for one in row[6] or ()],
    )


def of(
    project: Project, settings: ProjectSettings, thresholds: Mapping[str, Any], names: Collection[str] | None = None
) -> dict[str, str]:
    """A sentence by the name of the setting, in the reader's language, of these or of all; none where too little was
    decided lately, or nothing can be told. `thresholds` are those in force, with what holds where none is said."""
    found = lately(project)
    if len(found.sure) < LEAST:
        return {}
    terms = Terms(settings, thresholds, project.organization.currency)
    said = {name: tell(found, terms) for name, tell in TOLD.items()}
    said |= sample_effect.of(sample_effect.sample(project, settings), *terms)
    said |= {name: weigh(project, settings) for name, weigh in WEIGHED.items() if names is None or name in names}
    return {name: one for name, one in said.items() if one and (names is None or name in names)}


def _wanted(found: Lately, terms: Terms) -> str:
    words = {"tasks": len(found.sure), "each": number_format(found.took / len(found.sure), 1)}
    said = _("The last %(tasks)s tasks that answers decided took %(each)s of them each.") % words
    begun = {"wanted": terms.settings.wanted, "first": terms.settings.wanted * len(found.sure), "took": found.took}
    return f"{said} " + _("With %(wanted)s they would have begun with %(first)s answers, and took %(took)s.") % begun


def _most(found: Lately, terms: Terms) -> str:
    most, target = terms.settings.most, terms.settings.target
    if most is None:
        return ""
    unsure = [number for number, sure in zip(found.answers, found.sure, strict=True) if sure < target]
    words = {"most": most, "number": len(unsure), "tasks": len(found.sure)}
    if not unsure:
        return _("None of the last %(tasks)s tasks was less sure than the target: nobody more is asked.") % words
    return _(
        "With %(most)s, the %(number)s of the last %(tasks)s tasks that were less sure than the target could have cost"
        " up to %(more)s answers more."
    ) % (words | {"more": sum(max(0, most - one) for one in unsure)})


def _budget(found: Lately, terms: Terms) -> str:
    budget, tasks = terms.settings.budget, len(found.sure)
    if budget is None:
        return ""
    words = {"budget": number_format(budget, 1), "tasks": tasks, "each": number_format(found.took / tasks, 1)}
    if found.took <= budget * tasks:
        return _("With %(budget)s, the last %(tasks)s tasks lie within it: they took %(each)s answers each.") % words
    return _(
        "With %(budget)s, the last %(tasks)s tasks would have had %(fewer)s answers fewer than their %(took)s."
    ) % (words | {"fewer": round(found.took - budget * tasks), "took": found.took})


def _agreement(found: Lately, terms: Terms) -> str:
    if not found.agreements:
        return ""
    agreement = float(terms.thresholds["agreement"])
    return _(
        "With %(share)s %%, %(number)s of %(answers)s answers to the last %(tasks)s decided tasks would have been"
        " too unlike the verdict to decide it."
    ) % _share_below(found.agreements, agreement, found)


def _pay_floor(found: Lately, terms: Terms) -> str:
    if not found.of_people:
        return ""
    return _(
        "With %(share)s %%, %(number)s of %(answers)s answers to the last %(tasks)s decided tasks would not have"
        " been paid."
    ) % _share_below(found.of_people, terms.settings.pay_floor, found)


def _share_below(some: Sequence[float], line: float, found: Lately) -> dict[str, int]:
    words = {"share": round(100 * line), "number": _below(some, line)}
    return words | {"answers": len(some), "tasks": found.decided}


def _target(found: Lately, terms: Terms) -> str:
    settings = terms.settings
    words = {"share": round(100 * settings.target), "number": _below(found.sure, settings.target)}
    if settings.most is None:
        said = _("Of the last %(tasks)s tasks %(number)s had less than %(share)s %%; nobody more is asked.")
    else:
        said = _(
            "With %(share)s %%, %(number)s of the last %(tasks)s tasks would have been asked of one more person, and in"
            " the end of a reviewer."
        )
    return f"{said % (words | {'tasks': found.tasks})}{_with_reviewers(found)}"


def _audit_share(found: Lately, terms: Terms) -> str:
    share = terms.settings.audit_share
    words = {"share": round(100 * share), "number": round(len(found.sure) * share), "tasks": found.tasks}
    said = _(
        "With %(share)s %%, about %(number)s of the last %(tasks)s tasks would have gone to a reviewer as an audit."
    )
    return f"{said % words}{_with_reviewers(found)}"


def _with_reviewers(found: Lately) -> str:
    if not found.reviewed and not found.waiting:
        return ""
    words = {"reviewed": found.reviewed, "waiting": found.waiting}
    said = _(
        "Answers left the rest open: a reviewer decided %(reviewed)s of these tasks, and %(waiting)s wait for one."
    )
    return f" {said % words}"


def _rate(found: Lately, terms: Terms) -> str:
    rate = terms.settings.rate
    if len(found.active) < LEAST or not rate:
        return ""
    middle = median(found.active)
    words = {
        "answers": len(found.active),
        "seconds": number_format(middle, 0),
        "all": terms.money(rate * len(found.active)),
    }
    return _(
        "Half of the last %(answers)s answers of people took %(seconds)s seconds of work or less: at that pace an hour"
        " earns %(hour)s. All of them come to %(all)s."
    ) % (words | {"hour": terms.money(rate * 3600 / middle)})


def _hourly_rate(found: Lately, terms: Terms) -> str:
    hourly, most = terms.settings.hourly_rate, terms.settings.paid_seconds
    if len(found.active) < LEAST or not hourly:
        return ""
    paid = [hourly * min(one, most) / 3600 for one in found.active]
    words = {"answers": len(paid), "middle": terms.money(median(paid)), "all": terms.money(sum(paid))}
    return (
        _("It adds %(middle)s to the middle one of the last %(answers)s answers of people, and %(all)s to all.") % words
    )


def _paid_seconds(found: Lately, terms: Terms) -> str:
    most = terms.settings.paid_seconds
    if len(found.active) < LEAST or not terms.settings.hourly_rate:
        return ""
    words = {"most": most, "answers": len(found.active), "number": sum(one > most for one in found.active)}
    return _("With %(most)s, %(number)s of the last %(answers)s answers of people took longer than is paid.") % words


def _review_rate(found: Lately, terms: Terms) -> str:
    rate = terms.settings.review_rate
    if not rate:
        return ""
    words = {"reviewed": found.reviewed, "tasks": found.decided, "all": terms.money(rate * found.reviewed)}
    return _("Reviewers decided %(reviewed)s of the last %(tasks)s decided tasks: that comes to %(all)s.") % words


def _lease_seconds(found: Lately, terms: Terms) -> str:
    lease = terms.settings.lease_seconds
    if len(found.elapsed) < LEAST:
        return ""
    words = {
        "minutes": number_format(lease / 60, 1 if lease % 60 else 0),
        "number": sum(one > lease for one in found.elapsed),
    }
    return _(
        "With %(minutes)s minutes, %(number)s of the last %(answers)s answers of people took longer from claim to"
        " submitting: signs of life alone kept them."
    ) % (words | {"answers": len(found.elapsed)})


def _shows_verdicts(found: Lately, terms: Terms) -> str:
    if not found.of_people:
        return ""
    line = float(terms.thresholds["agreement"])
    words = {"answers": len(found.of_people), "tasks": found.decided, "number": _below(found.of_people, line)}
    if terms.settings.shows_verdicts:
        said = _(
            "So the verdict stands beside %(answers)s answers of people to the last %(tasks)s decided tasks;"
            " %(number)s of them are unlike it."
        )
    else:
        said = _(
            "Whoever gave the %(answers)s answers to the last %(tasks)s decided tasks reads what they earned alone;"
            " %(number)s of them are unlike the verdict, and may be contested unseen."
        )
    return said % words


def _below(some: Sequence[float], line: float) -> int:
    return sum(one < line for one in some)


TOLD: Mapping[str, Callable[[Lately, Terms], str]] = {
    "wanted": _wanted,
    "most": _most,
    "target": _target,
    "budget": _budget,
    "agreement": _agreement,
    "pay_floor": _pay_floor,
    "audit_share": _audit_share,
    "rate": _rate,
    "hourly_rate": _hourly_rate,
    "paid_seconds": _paid_seconds,
    "review_rate": _review_rate,
    "lease_seconds": _lease_seconds,
    "shows_verdicts": _shows_verdicts,
}
# Of these more is asked than stands in a row; each once it is wanted.
WEIGHED: Mapping[str, Callable[[Project, ProjectSettings], str]] = {
    "aggregation": method_effect.of,
    "minimum_score": offered_effect.of,
}
NAMES = (*TOLD, *sample_effect.TOLD, *WEIGHED)  # of all that are told
