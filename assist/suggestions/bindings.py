"""What a copilot's socket is bound to: one live assignment in one person's hands."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from django.core.files.storage import default_storage

from assist.errors import CopilotError
from assist.registry import registry, resolution
from assist.suggestions import choices, planted_errors
from assist.suggestions.offers import CLASSES, Binding, Imported, Picture, TextField
from assist.suggestions.prototypes import Choices
from projects import access
from projects.models import Assignment, ImportedPrediction, Label, ProjectSettings, Task
from projects.queue import gold_dealing
from projects.queue.clock import Clock
from taskers.errors import Problem
from taskers.models import Person

# What the copilot can do for a task type; of classifications, for those of texts. Nothing for preferences: people are
# asked there which of two models is better, and a third one's word would only be in their way.
CAPABILITIES = {"image_regions": "segment", "text_spans": "spans", "classification": "classify"}
TEXTS_ALONE = "The copilot suggests classes of texts; this one shows an image. Go on without it."
NOTHING_TO_GUESS = "Nothing is asked here that the copilot has a guess for. Go on without it."


# What else of the same work a model that was brought can do, where one is deployed: nothing of it comes by itself.
READS = "read"
SEERS = ("detect", READS)  # of which one at a time sees all of an image; a detector before a reader
OF_IMAGES = ("classify-image", "embed-image")
WRITES = "generate"  # words for the fields that take a text, or for the attributes of spans that do
MORE = {"segment": SEERS, "spans": (WRITES,), "classify": (*OF_IMAGES, WRITES)}


def capabilities_of(task_type: str, settings: ProjectSettings) -> tuple[str, ...]:
    """All that models can do for a project, what the copilot does by itself first."""
    usual = capability_of(task_type, settings)
    return (usual, *MORE.get(usual, ())) if usual else ()


def capability_of(task_type: str, settings: ProjectSettings) -> str:
    """What the copilot can do for a project; empty for nothing. Many tasks on one screen get no suggestions."""
    return CAPABILITIES.get(task_type, "") if settings.grid == 1 else ""


def bind(person_key: int, assignment_id: UUID, token: UUID) -> Binding:
    """The binding, if this person holds this assignment now with this token and may use the copilot for it.

    Raises CopilotError: "not-yours" for strangers, neighbours and the signed-out, "wrong-token" for a token of other
    work or of none, "not-held" when the lease has ended, "copilot-off" when the project or the draw said no.
    """
    return _binding(held_now(person_key, assignment_id, token))


def held_now(person_key: int, assignment_id: UUID, token: UUID) -> Assignment:
    """The assignment, if this person holds it now with this token. Raises CopilotError "not-yours",
    "wrong-token" or "not-held"."""
    person = Person.objects.filter(pk=person_key, is_active=True).first()
    if person is None:
        raise CopilotError("not-yours")
    try:
        assignment = access.own_assignment(person, assignment_id)
    except Problem:
        raise CopilotError("not-yours") from None
    if assignment.token != token:
        raise CopilotError("wrong-token")
    if not _held(assignment, token):
        raise CopilotError("not-held")
    return assignment


def bind_trial(person_key: int, task_id: UUID) -> Binding:
    """The binding of a manager who tries a task: nothing is held, and nothing is kept.

    Raises CopilotError: "not-yours" for everybody who doesn't manage the task's project, "copilot-off".
    """
    person = Person.objects.filter(pk=person_key, is_active=True).first()
    if person is None:
        raise CopilotError("not-yours")
    try:
        task = access.task(person, task_id, *access.MANAGE)
    except Problem:
        raise CopilotError("not-yours") from None
    settings = task.project.settings_now()
    if not settings.copilot:
        raise CopilotError("copilot-off")
    return _of_task(task, settings, None)


def _held(assignment: Assignment, token: UUID) -> bool:
    """By the database's clock, whether or not anybody has noticed yet that the lease ran out."""
    rows = Assignment.objects.held().filter(pk=assignment.pk, token=token)
    return rows.filter(deadline__gte=Clock()).exists()


def _binding(assignment: Assignment) -> Binding:
    task = assignment.task
    settings = task.project.settings.get(version=assignment.settings_version or 0)
    wanted = settings.copilot if assignment.copilot is None else assignment.copilot
    if not wanted:
        raise CopilotError("copilot-off")
    return _of_task(task, settings, assignment)


def _of_task(task: Task, settings: ProjectSettings, assignment: Assignment | None) -> Binding:
    capability = capability_of(task.project.task_type, settings)
    if not capability:
        raise CopilotError("copilot-off")
    imported = _imported(task)
    subject = subject_of(assignment or task)
    writes = _writes(task, settings) if capability == "classify" and imported is None else ()
    writer = resolution.chosen(task.project.public_id, WRITES, subject) or "" if writes else ""
    capability, model = _answering(task, capability, subject, images=imported is None)
    kind, detector = _seer(task, capability, subject)
    labels = list(task.project.labels.in_use())
    words_by, worded = _worded(task, capability, subject, labels, detector if kind == READS else "")
    return Binding(
        assignment_key=assignment.pk if assignment else None,
        assignment_id=assignment.public_id if assignment else None,
        task_key=task.pk,
        project_key=task.project.public_id,
        capability=capability,
        picture=picture_of(task) if capability in {"segment", "classify-image", "embed-image"} else None,
        text=str(task.payload.get("text", "")),
        choices=_choices(task, settings, capability, writer) if imported is None and capability in CLASSES else (),
        writer=writer,
        writes=writes if writer else (),
        mapping=dict(settings.label_mapping),
        labels=frozenset(one.key for one in labels),
        minimum_score=settings.minimum_score,
        minimums=dict(settings.label_minimums),
        sharpens=settings.sharpens,
        planted=assignment is not None and _shows_planted_error(assignment, settings),
        model=model,
        imported=imported,
        own_map=registry.label_map_of(model),
        detector=detector,
        detector_map=registry.label_map_of(detector),
        shapes={one.key: tuple(one.shapes or ("mask",)) for one in labels} if detector else {},
        written=written_in(labels) if detector else {},
        words_by=words_by,
        worded=worded,
    )


def _seer(task: Task, capability: str, subject: str) -> tuple[str, str]:
    """What sees all of an image, a detector or a reader, and the version deployed for that; "" where none is."""
    for one in SEERS if capability == "segment" else ():
        if found := resolution.chosen(task.project.public_id, one, subject):
            return one, found
    return "", ""


def _worded(
    task: Task, capability: str, subject: str, labels: Sequence[Label], reader: str
) -> tuple[str, dict[str, dict[str, str]]]:
    """The version that has words for attributes of text, and those by label with their names: of spans all of them,
    written by a model that writes; of regions the one that holds what is written there, read by a reader."""
    asked = worded_of(labels)
    if capability == "spans" and asked:
        return resolution.chosen(task.project.public_id, WRITES, subject) or "", asked
    return reader, {label: dict(list(found.items())[:1]) for label, found in asked.items()} if reader else {}


def worded_of(labels: Iterable[Label]) -> dict[str, dict[str, str]]:
    """By label its attributes of text, each with its name; without those that have none."""
    texts = {
        one.key: {each["key"]: each["name"] for each in one.attributes if each["kind"] == "text"} for one in labels
    }
    return {label: found for label, found in texts.items() if found}


def _answering(task: Task, capability: str, subject: str, *, images: bool) -> tuple[str, str]:
    """As what a task is asked about, and the version deployed for that, or "". `images`: one that is classified may be
    looked at, where a model that does so is deployed."""
    if images and capability == "classify" and task.asset_id is not None and "text" not in task.payload:
        for one in OF_IMAGES:
            if model := resolution.chosen(task.project.public_id, one, subject):
                return one, model
    return capability, resolution.chosen(task.project.public_id, capability, subject) or ""


def written_in(labels: Iterable[Label]) -> dict[str, str]:
    """By label the attribute that holds what is written in a part under it; without those where none does."""
    texts = {one.key: [each["key"] for each in one.attributes if each["kind"] == "text"] for one in labels}
    return {label: keys[0] for label, keys in texts.items() if keys}


def _imported(task: Task) -> Imported | None:
    """The newest of the predictions that were imported for a task."""
    newest = ImportedPrediction.objects.filter(task=task).select_related("source").order_by("-at", "-pk").first()
    if newest is None:
        return None
    return Imported(registry.imported(task.project.public_id, newest.source.name), newest.answer, newest.score)


def _writes(task: Task, settings: ProjectSettings) -> tuple[TextField, ...]:
    """The fields of a text that take one, each time they are asked."""
    return tuple(choices.texts(settings, task.payload)) if "text" in task.payload else ()


def _choices(task: Task, settings: ProjectSettings, capability: str, writer: str) -> tuple[Choices, ...]:
    """Where a writer has words for it there need be none."""
    if capability == "classify" and "text" not in task.payload:
        raise CopilotError("copilot-off", TEXTS_ALONE)
    found = tuple(choices.of(task.project, settings, task.payload))
    if not found and not writer:
        raise CopilotError("copilot-off", NOTHING_TO_GUESS)
    return found


def _shows_planted_error(assignment: Assignment, settings: ProjectSettings) -> bool:
    """A planted error is shown where nothing is decided by the answer: on what was dealt for it, and on as many known
    answers, where there is anything else to deal for it."""
    if assignment.kind == Assignment.Kind.EXTRA:
        return True
    drawn = assignment.kind == Assignment.Kind.GOLD and planted_errors.drawn(
        assignment.public_id, settings.planted_share
    )
    return drawn and gold_dealing.could_be_left_out(assignment)


def subject_of(work: Assignment | Task) -> str:
    """By what it is drawn which of a project's model versions answers."""
    return str(work.public_id)


def picture_of(task: Task) -> Picture | None:
    """The image of a task, if it has one."""
    asset = task.asset
    if asset is None:
        return None
    return Picture(asset.sha256, asset.height, asset.width, str(asset.file.name))


def read_picture(picture: Picture) -> bytes:
    """The image's file. Raises CopilotError "no-image"."""
    try:
        with default_storage.open(picture.file) as file:
            return file.read()
    except OSError:
        raise CopilotError("no-image") from None
