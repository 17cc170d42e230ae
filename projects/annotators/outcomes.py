"""What became of models' blind answers, read from the outbox: right or wrong, what it teaches, and when to stop.

A verdict tells of a model only if no model had a part in it and nobody who answered saw what one suggests.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from django.db.models import Q

from projects.annotators import lifecycle
from projects.configuration.terms import Terms, terms_of
from projects.inference.calibration import calibrate
from projects.inference.sequential_test import RATES, SequentialTest
from projects.models import Annotation, ModelAnnotator, ModelAnswer, Task, Verdict
from projects.quality.aggregation import agreement_in, threshold_of
from projects.quality.consensus import AUTO
from projects.quality.votes import exposed, known_answer
from taskers.models import Event, Person
from taskers.outbox.events import follow

READER = "model_outcomes"
TELLING = {"decided", "voided", "gold_submitted"}
NEWEST = 2000  # answers that teach; older ones were given by what is another model by now
Outcome = ModelAnswer.Outcome


def catch_up() -> int:
    """Look at the next events; returns how many there were."""
    return follow(READER, settle, limit=200)


def settle(events: Iterable[Event]) -> None:
    """Learn from what these events tell of models."""
    tasks = {event.data["task"] for event in events if event.kind in TELLING}
    rows = ModelAnswer.objects.filter(task__in=tasks, outcome__in=[Outcome.WAITING, Outcome.KNOWN]).order_by("pk")
    by_annotator: dict[int, list[ModelAnswer]] = defaultdict(list)
    for one in rows.select_related("annotation__assignment", "task"):
        by_annotator[one.annotator_id].append(one)
    for key in sorted(by_annotator):
        _learn(key, by_annotator[key])


def _learn(key: int, rows: Sequence[ModelAnswer]) -> None:
    locked = ModelAnnotator.objects.select_for_update(of=("self",)).select_related("project__organization", "tasker")
    annotator = locked.get(pk=key)
    came_back = _compared(annotator, rows)
    test = SequentialTest(annotator.audits, tuple(annotator.e_values or (0.0,) * len(RATES)))
    for one in came_back:
        test = test.after(not one.right, annotator.target_error)
    changed = {"audits": test.audits, "e_values": list(test.e_values)} | ({"alone": 0} if came_back else {})
    ModelAnnotator.objects.filter(pk=key).update(**changed, **taught(annotator))
    if annotator.mode == ModelAnnotator.Mode.DECIDE and came_back and test.fires(1 - annotator.assurance):
        lifecycle.stop(annotator, _why(annotator))


def _compared(annotator: ModelAnnotator, rows: Sequence[ModelAnswer]) -> list[ModelAnswer]:
    """Judge these answers by the verdicts that stand; those of them that are audits come back."""
    terms = terms_of(annotator.project)
    keys = [one.task_id for one in rows]
    verdicts = {one.task_id: one for one in Verdict.objects.current().filter(task__in=keys)}
    voices = _voices(keys, verdicts.values())
    came_back = []
    for one in rows:
        verdict = verdicts.get(one.task_id)
        if verdict is None or one.annotation.assignment.kind == "gold":
            continue
        before = one.outcome
        right = _right(terms, one, verdict) if _independent(verdict, voices[one.task_id]) else None
        if right is None and before == Outcome.KNOWN:
            continue
        one.outcome, one.right = (Outcome.LOST, None) if right is None else (Outcome.KNOWN, right)
        ModelAnswer.objects.filter(pk=one.pk).update(outcome=one.outcome, right=one.right)
        if before == Outcome.WAITING and right is not None and _is_audit(one):
            came_back.append(one)
    return came_back


def _voices(tasks: Sequence[int], verdicts: Iterable[Verdict]) -> dict[int, list[Annotation]]:
    """Task key -> every answer that counts there, and what its verdict rests on."""
    resting = [key for one in verdicts for key in one.rests_on]
    counting = Annotation.objects.counting().filter(task__in=tasks).values("pk")
    found: dict[int, list[Annotation]] = defaultdict(list)
    rows = Annotation.objects.filter(Q(pk__in=resting) | Q(pk__in=counting))
    for one in rows.select_related("assignment", "tasker").order_by("pk"):
        found[one.task_id].append(one)
    return found


def _independent(verdict: Verdict, voices: Sequence[Annotation]) -> bool:
    resting = [one for one in voices if one.pk in verdict.rests_on]
    by_model = verdict.method == AUTO or any(one.tasker.kind == Person.Kind.MODEL for one in resting)
    return not by_model and not exposed(voices)


def _right(terms: Terms, one: ModelAnswer, verdict: Verdict) -> bool | None:
    task: Task = one.task
    said = known_answer(terms, task, one.annotation.answer)
    told = known_answer(terms, task, verdict.answer)
    if said is None or told is None:
        return None
    return bool(agreement_in(terms)(said, told) >= threshold_of(terms))


def _is_audit(one: ModelAnswer) -> bool:
    """Whether it stands for what the model decides alone: it would have, had it not been drawn."""
    return one.drawn and one.accepted and one.mode == ModelAnnotator.Mode.DECIDE


def taught(annotator: ModelAnnotator) -> dict[str, object]:
    """What the newest blind answers say of the model's confidence, as columns of its row."""
    rows = ModelAnswer.objects.filter(annotator=annotator, outcome=Outcome.KNOWN).order_by("-pk")
    known = list(rows.values_list("confidence", "right")[:NEWEST])
    learnt = calibrate([one for one, _ in known], [bool(right) for _, right in known])
    return {
        "mean": list(learnt.mean),
        "covariance": [list(row) for row in learnt.covariance],
        "known": learnt.known,
    }


def _why(annotator: ModelAnnotator) -> str:
    rows = ModelAnswer.objects.filter(
        annotator=annotator, outcome=Outcome.KNOWN, drawn=True, accepted=True, mode=ModelAnnotator.Mode.DECIDE
    ).order_by("-pk")
    newest = list(rows.values_list("right", flat=True)[:50])
    return (
        f"{newest.count(False)} of its last {len(newest)} audits were wrong: more than"
        f" {100 * annotator.target_error:g} % errors, with {100 * annotator.assurance:g} % assurance."
    )
