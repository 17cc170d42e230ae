"""A model of this installation as a tasker: it claims through the queue, and hands in like anybody.

All that this means (watched, counted, deciding, audits, switching itself off) is projects' to say; here is only who
fills it. The only writer of AnnotatorVersion.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext_noop
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued

from assist.annotators import autonomous_answers, image_answers
from assist.annotators.autonomous_answers import ABLE
from assist.errors import CopilotError
from assist.learning import label_vectors, measured_scores, term_memory
from assist.models import AnnotatorVersion, ModelVersion
from assist.registry import lineage, registry
from assist.runtime.client import RuntimeClient
from assist.suggestions import choices, class_vectors, judged, leading_words, precompute, prototypes, suited, sureness
from assist.suggestions.prototypes import Choices, Learnt
from projects import queue
from projects.annotators import lifecycle
from projects.errors import Refused
from projects.models import Assignment, ModelAnnotator, Project, ProjectSettings
from projects.queue import Nothing
from projects.workflow import submission
from taskers.errors import Problem, StateConflict
from taskers.models import Person

log = logging.getLogger(__name__)

Ask = Callable[..., dict[str, Any]]  # an operation of the runtime and its fields

JOB = "assist.jobs.work"
AT_ONCE = 500  # tasks of one run; the next minute brings the next
USUAL = {"all-done", "empty", "loading", "waiting"}  # why nothing is handed out, in the course of things
MOST_SKIPPED = 20  # of one run: more, and something is wrong with all of them


@transaction.atomic
def place(project: Project, version: ModelVersion, *, by: Person, **terms: float) -> AnnotatorVersion:
    """Make the version a model annotator, watched at first, and set it to work. Raises StateConflict, or Refused as
    lifecycle.py does."""
    why = hindrance(project, project.settings_now())
    if why:
        raise StateConflict(why)
    usable = registry.usable(project).filter(pk=version.pk).exists()
    if version.capability not in ABLE[project.task_type] or not usable:
        raise StateConflict("%(model)s can't do what these tasks need.", model=str(version))
    suited.check_shown(project, version)
    if lineage.rests_on_erased(version):
        raise StateConflict(lineage.TAUGHT_BY_ERASED, model=str(version))
    annotator = lifecycle.give(project, name=str(version), by=by, **terms)
    made = AnnotatorVersion.objects.create(annotator=annotator, version=version, placed_by=by)
    _defer(made)
    return made


def hindrance(project: Project, terms: ProjectSettings) -> str:
    """Why no model can answer this project's tasks by itself, as a page or a refusal says it in the reader's language;
    "" if one can."""
    if project.task_type not in ABLE:
        return gettext_noop("No model answers tasks of this type by itself.")
    in_use = project.labels.in_use()
    labels = in_use.values_list("shapes", flat=True) if project.task_type == "image_regions" else []
    if labels and not any(image_answers.DRAWN & set(shapes or ("mask",)) for shapes in labels):
        return gettext_noop("A model answers with boxes and masks, and no label here takes any.")
    if any(
        one.get("required") or one.get("counts")
        for asked in in_use.values_list("attributes", flat=True)
        for one in asked
    ):
        return gettext_noop(
            "A model says no attributes, and a label here asks for one that must be filled in or counts."
        )
    if project.task_type == "classification" and [one["kind"] for one in terms.fields] != ["choice"]:
        return gettext_noop("A model can answer a single field that takes a choice, and nothing else.")
    return ""


def of_project(project: Project) -> Sequence[AnnotatorVersion]:
    """The models of this installation that are annotators here, oldest first."""
    rows = AnnotatorVersion.objects.filter(annotator__project=project)
    return list(rows.select_related("annotator__tasker", "version", "placed_by").order_by("pk"))


def start_due() -> int:
    """Set every placed model to work that may claim; returns how many. Asking twice does no harm."""
    rows = AnnotatorVersion.objects.exclude(annotator__mode=ModelAnnotator.Mode.OFF).filter(
        annotator__project__state=Project.State.LIVE
    )
    return sum(_defer(one) for one in rows.order_by("pk"))


def run(key: int) -> int:
    """Claim and answer until there is nothing more, or the copilot is away; returns how many tasks were answered."""
    rows = AnnotatorVersion.objects.select_related("annotator__project__organization", "annotator__tasker", "version")
    annotator_version = rows.get(pk=key)
    if annotator_version.annotator.mode == ModelAnnotator.Mode.OFF:
        return 0
    answered = skipped = 0
    note = ""
    with asyncio.Runner() as runner:
        client = RuntimeClient(settings.RUNTIME_ADDRESS)
        try:
            while answered + skipped < AT_ONCE and skipped < MOST_SKIPPED:
                mine = queue.claim(annotator_version.annotator.tasker, annotator_version.annotator.project)
                if isinstance(mine, Nothing):
                    note = "" if mine.code in USUAL else mine.text
                    break
                if _deal_with(annotator_version, mine, partial(_ask, runner, client, annotator_version)):
                    answered += 1
                else:
                    skipped += 1
        except (CopilotError, Problem) as problem:
            log.info("%s stopped: %s", annotator_version, problem.text)
            AnnotatorVersion.objects.filter(pk=key).update(note=problem.text[:300])
            return answered
        finally:
            runner.run(client.close())
    if skipped == MOST_SKIPPED:
        note = "It could make nothing of one task after the other: look at the last that it skipped."
    AnnotatorVersion.objects.filter(pk=key).exclude(note=note[:300]).update(note=note[:300])
    return answered


def _deal_with(annotator_version: AnnotatorVersion, mine: Assignment, ask: Ask) -> bool:
    """Answer one task, or skip one that no answer can be made for. Raises CopilotError, with the work given back."""
    tasker, token = annotator_version.annotator.tasker, mine.token
    assert token is not None  # it was claimed a moment ago
    try:
        answer, sure = _answer(annotator_version.version, mine, ask)
        submission.submit(mine, tasker, token, answer, confidence=sure)
    except CopilotError:
        queue.release(mine, tasker, token)
        raise
    except Refused as refused:
        queue.skip(mine, tasker, token, reason="too-hard", note=refused.text[:500])
        AnnotatorVersion.objects.filter(pk=annotator_version.pk).update(skipped=F("skipped") + 1)
        return False
    AnnotatorVersion.objects.filter(pk=annotator_version.pk).update(answered=F("answered") + 1)
    return True


def _answer(version: ModelVersion, mine: Assignment, ask: Ask) -> tuple[dict[str, Any], float]:
    """What the model says to a task, and how sure it is."""
    project, text = mine.task.project, str(mine.task.payload.get("text", ""))
    labels = dict(project.labels.in_use().values_list("key", "name"))
    terms = project.settings.get(version=mine.settings_version or 0)
    if why := hindrance(project, terms):
        raise Refused(why, code="not-able")
    if version.capability in image_answers.OF_IMAGES:
        return image_answers.answer(version, mine, terms, ask)
    if not text.strip():
        raise Refused("There is no text here to read.", code="no-text")
    if version.capability == "spans":
        found = precompute.found(mine.task_id, str(version))
        if found is None:
            found = ask("spans_of", texts=[text])["spans"][0]
        if found is None:
            raise Refused("The model gave no answer to this one.", code="no-answer")
        own = version.terms.get("label_map")
        measured = measured_scores.of(project.public_id, str(version))
        keeps = partial(sureness.suffices, measured, terms.label_minimums, terms.minimum_score)
        leading = term_memory.leading(project.public_id)

        def trim(start: int, end: int, label: str) -> int:
            return leading_words.trimmed_start(text, start, end, leading.get(label, {}))

        return autonomous_answers.of_spans(found, str(version), terms.label_mapping, labels, own, keeps, trim)
    if not labels:
        raise Refused("The project has no labels.", code="no-labels")
    field = terms.fields[0]["key"]
    asked = next((one for one in choices.of(project, terms, mine.task.payload) if one.field == field), None)
    if judged.gives_shares(version):
        return _as_judged(version, terms, asked, text, mine, ask)
    taught = label_vectors.learnt(project.public_id, str(version)).get(field)
    if asked is None or asked.kind != "choice" or taught is None:
        shares = ask("classify", text=text, labels=list(labels.values()))["scores"]
        return autonomous_answers.of_classes(shares, str(version), field, labels)
    shares = _as_taught(asked, taught, text, ask)
    return autonomous_answers.of_classes(shares, str(version), field, {key: labels[key] for key in asked.phrases})


def _as_judged(
    version: ModelVersion, terms: ProjectSettings, asked: Choices | None, text: str, mine: Assignment, ask: Ask
) -> tuple[dict[str, Any], float]:
    """The label that the model gives itself."""
    if asked is None:
        raise Refused("There is nothing to choose between.", code="not-able")
    ahead = precompute.found(mine.task_id, str(version))
    labels = judged.phrases_of([asked])
    shares = ahead["shares"] if ahead else ask("shares", texts=[text], labels=labels)["shares"][0]
    guesses = judged.guesses([asked], shares or {}, terms.label_mapping, version.terms["label_map"])
    if not guesses:
        raise Refused("The model gave no answer to this one.", code="no-answer")
    (guess,) = guesses
    return autonomous_answers.of_guess(guess, asked.value(guess.label), asked.kind, str(version))


def _as_taught(asked: Choices, taught: Learnt, text: str, ask: Ask) -> list[float]:
    """A share for each label, by its words and by what verdicts taught, as the suggestions of this model go by it."""
    phrases = list(dict.fromkeys(phrase for said in asked.phrases.values() for phrase in said))
    reply = ask("vectors", texts=[text, *phrases])
    first, *rest = np.frombuffer(reply["vectors"], "<f4").reshape(1 + len(phrases), reply["width"])
    words = class_vectors.words(asked, dict(zip(phrases, rest, strict=True)))
    return [float(share) for share in prototypes.shares(asked, taught, words, first)]


def _ask(
    runner: asyncio.Runner, client: RuntimeClient, annotator_version: AnnotatorVersion, op: str, **fields: Any
) -> dict:
    """Ask its model, or the one that is named, behind what people ask: nobody waits for the answer."""
    usual = {"model": str(annotator_version.version), "asker": None}
    return runner.run(client.ask(op, **usual | fields))


def _defer(annotator_version: AnnotatorVersion) -> bool:
    job = app.configure_task(
        JOB, queue="copilot", lock=f"place:{annotator_version.pk}", queueing_lock=f"place:{annotator_version.pk}"
    )
    try:
        with transaction.atomic():
            job.defer(annotator_version_key=annotator_version.pk)
    except AlreadyEnqueued:
        return False
    return True
