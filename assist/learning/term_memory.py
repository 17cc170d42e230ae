"""What verdicts teach the copilot about names: which were decided before in a project, and which words before them are
left out. The only writer of DecidedTerms.

Learnt again whenever a fiftieth more has been decided, from the newest verdicts, so that what is decided otherwise, or
reopened, counts no more.
"""

from datetime import datetime
from threading import Lock
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models.functions import Now

from assist.learning import erased
from assist.models import DecidedTerms, Suggestion
from assist.registry.registry import TERMS
from assist.suggestions import decided_terms, leading_words
from assist.suggestions.bindings import capability_of
from assist.suggestions.leading_words import Leading
from projects.configuration.terms import terms_of
from projects.models import Project, VerdictEntry
from projects.quality import votes
from projects.quality.consensus import AUTO

NEWEST = 2_000  # verdicts
SHARE = 50  # one new verdict of so many is worth beginning for
KEPT = 4  # projects whose terms a process holds, some ten megabytes each
SHOWN = 12

_kept: dict[int, tuple[datetime, decided_terms.Terms]] = {}  # the one asked for last comes last
_reading = Lock()


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
    decided = [
        decided_terms.Decided(
            str(one.task.payload["text"]),
            [(span["start"], span["end"], span["label"]) for span in answer["spans"]],
            one.task_id,
        )
        for one, answer in zip(entries, answers, strict=True)
        if answer is not None
    ]
    terms = decided_terms.learn(decided)
    stored = terms.as_json() | {"leading": leading_words.learn(decided)}
    values = {"terms": stored, "number": len(terms.known), "verdicts": len(entries), "upto": entries[0].pk}
    with transaction.atomic():
        if erased.among(project, [one.task_id for one in entries]):
            return 0  # while they were read: they are learnt anew without them
        DecidedTerms.objects.update_or_create(project=project, defaults=values | {"at": Now()})
    return len(entries)


def forget(project: Project) -> None:
    """Let go of all that was learnt."""
    DecidedTerms.objects.filter(project=project).delete()


def find(project_key: UUID, text: str, of: int) -> list[decided_terms.Find]:
    """Names in the text of a task that were decided before in this project, elsewhere."""
    row = DecidedTerms.objects.filter(project__public_id=project_key).values_list("project", "at").first()
    return _held(*row).find(text, of) if row else []


def leading(project_key: UUID) -> Leading:
    """The words that this project's verdicts leave out before what they mark."""
    rows = DecidedTerms.objects.filter(project__public_id=project_key)
    return rows.values_list("terms__leading", flat=True).first() or {}


def _held(project: int, at: datetime) -> decided_terms.Terms:
    """The terms as they are now, read once in this process for all who ask."""
    with _reading:
        before, terms = _kept.pop(project, (None, decided_terms.Terms({})))
        if before != at:
            terms = decided_terms.read(DecidedTerms.objects.values_list("terms", flat=True).get(project=project))
        _kept[project] = (at, terms)
        while len(_kept) > KEPT:
            del _kept[next(iter(_kept))]
        return terms


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
        "surest": [one[3] for one in surest],
        "leading": _shown_leading(project, row.terms.get("leading") or {}),
    }


def _shown_leading(project: Project, leading: Leading) -> list[tuple[str, str]]:
    """The name of each label with its commonest leading words."""
    names = dict(project.labels.values_list("key", "name"))
    return [(names.get(label, label), ", ".join(list(words)[:SHOWN])) for label, words in leading.items()]


def _decided(project: Project) -> Any:
    """The verdicts that people had a hand in: what a model decided alone teaches no model. Known answers don't either:
    they are asked of people still. Nor does what was erased."""
    rows = VerdictEntry.objects.filter(project=project, label="", task__gold__isnull=True)
    return rows.exclude(verdict__method=AUTO).exclude(task__in=erased.tasks(project))
