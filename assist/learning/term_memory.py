"""What verdicts teach the copilot about names: which were decided before in a project. The only writer of DecidedTerms.

Learnt again whenever a fiftieth more has been decided, from the newest verdicts, so that what is decided otherwise, or
reopened, counts no more.
"""

from functools import lru_cache
from typing import Any
from uuid import UUID

from django.db.models.functions import Now

from assist.models import DecidedTerms, Suggestion
from assist.registry.registry import TERMS
from assist.suggestions import decided_terms
from assist.suggestions.bindings import capability_of
from projects.configuration.terms import terms_of
from projects.models import Project, VerdictEntry
from projects.quality import votes
from projects.quality.consensus import AUTO

NEWEST = 2_000  # verdicts
SHARE = 50  # one new verdict of so many is worth beginning for
KEPT = 32  # projects whose terms a process holds
SHOWN = 12


def due(project: Project) -> bool:
    """Whether enough was decided since it was last taught."""
    settings = project.settings_now()
    if not settings.copilot or capability_of(project.task_type, settings) != "spans":
        return False
    row = DecidedTerms.objects.filter(project=project).values_list("upto", "verdicts").first()
    upto, verdicts = row or (0, 0)
    wanted = max(1, verdicts // SHARE)
    return _decided(project).filter(pk__gt=upto)[:wanted].count() >= wanted


def learn(project: Project) -> int:
    """Learn the names of the newest verdicts; returns how many verdicts there were."""
    entries = list(_decided(project).select_related("task", "verdict").order_by("-pk")[:NEWEST])
    if not entries:
        return 0
    today = terms_of(project)
    answers = [votes.known_answer(today, one.task, one.verdict.answer) for one in entries]
    found = decided_terms.learn(
        [
            decided_terms.Decided(
                str(one.task.payload["text"]), [(span["start"], span["end"], span["label"]) for span in answer["spans"]]
            )
            for one, answer in zip(entries, answers, strict=True)
            if answer is not None
        ]
    )
    values = {"terms": found.as_json(), "number": len(found.known), "verdicts": len(entries), "upto": entries[0].pk}
    DecidedTerms.objects.update_or_create(project=project, defaults=values | {"at": Now()})
    return len(entries)


def find(project_key: UUID, text: str) -> list[decided_terms.Find]:
    """Names in this text that were decided before in this project."""
    row = DecidedTerms.objects.filter(project__public_id=project_key).values_list("project", "upto", "at").first()
    return _held(*row).find(text) if row else []


@lru_cache(maxsize=KEPT)
def _held(project: int, upto: int, at: Any) -> decided_terms.Terms:
    """The terms as they are now, read once: what was learnt since has another `at`."""
    return decided_terms.read(DecidedTerms.objects.get(project=project).terms)


def standing(project: Project) -> dict[str, Any] | None:
    """What has been learnt so far and what became of what was offered by it, for the page; None before the first."""
    row = DecidedTerms.objects.filter(project=project).first()
    if row is None:
        return None
    name, _, version = TERMS.rpartition("@")
    offered = Suggestion.objects.filter(project_key=project.public_id, model__name=name, model__version=version)
    settled = offered.exclude(outcome=Suggestion.Outcome.OFFERED).order_by("-pk")
    outcomes = list(settled.values_list("outcome", flat=True)[:NEWEST])
    surest = sorted(row.terms["terms"], key=lambda one: -one[2])[:SHOWN]
    return {
        "row": row,
        "offered": len(outcomes),
        "percent": round(100 * outcomes.count(Suggestion.Outcome.ACCEPTED) / len(outcomes)) if outcomes else None,
        "surest": [written for _words, _label, _score, written in surest],
    }


def _decided(project: Project) -> Any:
    """The verdicts that people had a hand in: what a model decided alone teaches no model."""
    return VerdictEntry.objects.filter(project=project, label="").exclude(verdict__method=AUTO)
