"""What somebody chose for an import: what becomes of its answers, what its labels and columns mean. Kept with it; what
labels mean is kept with the project as well, and proposed the next time."""

import itertools
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from procrastinate.contrib.django import app

from projects.configuration import configure, label_keys, save_settings
from projects.data.importing.usual_labels import likely, plain
from projects.data.reading.readers.columns import ANSWER, SPANS
from projects.errors import Refused
from projects.models import Import, ImportedLabel, Project, limits
from projects.quality.gold import grading
from projects.queue.answer_check import asked_of
from projects.task_types import TASK_TYPES
from projects.task_types.region_shapes import SHAPES
from projects.task_types.shape import a_text
from taskers.errors import NO_REASON, StateConflict
from taskers.models import Person

JOB = "projects.jobs.run_import"
EXTERNAL_ID = "external_id"
# What columns are called that plainly hold the name of a row. Whether each row has one of its own is seen by the rows.
ID_NAMES = {"uuid", "guid", "uid", *(f"{thing}_id" for thing in (
    "task", "item", "row", "record", "sample", "example", "doc", "document", "text", "image", "external"
))}  # fmt: skip
# What columns of a table are called that hold the spans of its texts, and what goes with an answer.
SPANS_NAMES = ("spans", "entities", "annotations", "answer", "answers")
OF_ANSWER_NAMES = {
    "by": (
        "annotator",
        "annotator_id",
        "annotated_by",
        "worker",
        "worker_id",
        "workerid",
        "rater",
        "labeler",
        "labeller",
    ),
    "answered_at": ("answered_at", "annotated_at", "labeled_at", "labelled_at"),
    "seconds": ("seconds", "lead_time", "worktimeinseconds"),
}
CREATE, LEAVE = "+", "-"  # instead of a label's key: make one of this name; leave it out


@dataclass(frozen=True)
class Choices:
    """What was chosen, or nothing yet."""

    answers: str = Import.Answers.LEAVE
    source: str = ""  # whose predictions or work it is, where the file names nobody
    labels: Mapping[str, str] = field(default_factory=dict)  # a name in the file -> a label's key, CREATE or LEAVE
    columns: Mapping[str, str] = field(default_factory=dict)  # of a table: a column -> the field that it becomes
    format: str = ""  # "": as it looks

    @classmethod
    def of(cls, file_import: Import) -> "Choices":
        return cls(**(file_import.choices or {}))

    def as_json(self) -> dict[str, Any]:
        return {
            "answers": self.answers,
            "source": self.source,
            "labels": dict(self.labels),
            "columns": dict(self.columns),
            "format": self.format,
        }


def checked(choices: Choices) -> Choices:
    """The same, in form. Raises Refused with the place of the fault."""
    if choices.answers not in Import.Answers.values:
        allowed = ", ".join(Import.Answers.values)
        raise Refused("Answers become one of: %(choices)s.", code="bad-choice", place="answers", choices=allowed)
    if len(choices.labels) > MOST_NAMES or len(choices.columns) > MOST_NAMES:
        raise Refused("At most %(most)s names can be mapped.", code="too-many-labels", place="labels", most=MOST_NAMES)
    for place, mapping in (("labels", choices.labels), ("columns", choices.columns)):
        for name, meaning in mapping.items():
            a_text(name, place, limits.IMPORTED_NAME, blank=True)
            a_text(meaning, place, limits.IMPORTED_NAME, blank=place == "columns")  # such a column is left out
    source = " ".join(a_text(choices.source, "source", limits.NAME, blank=True).split())
    source = source.replace("@", " ")[: limits.SOURCE]
    return Choices(choices.answers, source, choices.labels, choices.columns, choices.format)


MOST_NAMES = 2_000


@transaction.atomic
def choose(file_import: Import, choices: Choices, *, by: Person | None) -> None:
    """Keep what was chosen, make the labels that are to be made, and have a worker load the files.

    Raises Refused with the place of the fault, or StateConflict where the import waits for no choice.
    """
    choices = checked(choices)
    project = file_import.batch.project
    if choices.answers == Import.Answers.GOLD:
        grading.refuse_in_file_order(project)
    labels = _made(project, choices, file_import.plan or {}, by)
    choices = Choices(choices.answers, choices.source, labels, choices.columns, choices.format or file_import.format)
    rows = Import.objects.filter(pk=file_import.pk, state=Import.State.PLANNED)
    if not rows.update(state=Import.State.WAITING, choices=choices.as_json(), **NO_REASON):
        raise StateConflict("This import waits for no choice.")
    remember(project, labels)
    app.configure_task(JOB, queue="imports").defer(import_key=file_import.pk)


@transaction.atomic
def look_again(file_import: Import, columns: Mapping[str, str]) -> None:
    """Have a worker look at the files with these columns, and ask again. Raises Refused, StateConflict."""
    columns = checked(Choices(columns=columns)).columns
    rows = Import.objects.filter(pk=file_import.pk, state=Import.State.PLANNED)
    if not rows.update(state=Import.State.WAITING, stop=Import.Stop.ALWAYS, plan={"mapped": dict(columns)}):
        raise StateConflict("This import waits for no choice.")
    app.configure_task(JOB, queue="imports").defer(import_key=file_import.pk)


def columns_before(project: Project, names: Sequence[str]) -> dict[str, str]:
    """What the columns of a table meant the last time that one with the same columns was loaded."""
    if not names:
        return {}
    rows = Import.objects.filter(batch__project=project, choices__columns__has_any_keys=list(names)).order_by("-pk")
    for said in rows.values_list("choices__columns", flat=True)[:20]:
        if set(said) <= set(names):
            return said
    return {}


def column_proposals(project: Project, names: Sequence[str], *, has_own_answers: bool = False) -> dict[str, str]:
    """What columns of a table probably are by their names: the answer to a field that is called so, spans, by whom and
    when it was given, or the task's own name, which each row must then have. `has_own_answers`: the format says
    itself where its answers are."""
    own = {"external_id", "id", *TASK_TYPES[project.task_type].payload_fields}
    plain_names = {name: name.strip().lower() for name in names}
    fields: Sequence[Mapping[str, Any]] = getattr(asked_of(project, {}), "fields", ())
    answers = {str(said).lower(): f"{ANSWER}.{one['key']}" for one in fields for said in (one["name"], one["key"])}
    found = {name: answers[said] for name, said in plain_names.items() if said in answers and said not in own}
    if not has_own_answers:
        found |= _of_answers(project, plain_names, found)
    if not {"external_id", "id"} & set(plain_names.values()):
        ids = (name for name, said in plain_names.items() if re.sub(r"[\s-]+", "_", said) in ID_NAMES)
        found |= dict.fromkeys(itertools.islice(ids, 1), EXTERNAL_ID)
    return found


def _of_answers(project: Project, plain_names: Mapping[str, str], answers: Mapping[str, str]) -> dict[str, str]:
    """The column of spans, and those that say of the answers by whom and when; nothing where there is no answer."""
    by_plain_name = {plain_name: name for name, plain_name in reversed(list(plain_names.items()))}
    proposals: dict[str, str] = {}
    if TASK_TYPES[project.task_type].answer_list == SPANS:
        column = next((by_plain_name[name] for name in SPANS_NAMES if name in by_plain_name), None)
        proposals |= {} if column is None else {column: SPANS}
    if not proposals and not answers:
        return {}
    for target, known_names in OF_ANSWER_NAMES.items():
        column = next((by_plain_name[name] for name in known_names if name in by_plain_name), None)
        if column is not None and column not in answers:
            proposals[column] = target
    return proposals


def _made(project: Project, choices: Choices, plan: Mapping, by: Person | None) -> dict[str, str]:
    """The mapping with keys instead of CREATE; the labels are made, with the shapes that the files have for them."""
    known = {one.key: one for one in project.labels.in_use()}
    for name, meaning in choices.labels.items():
        if meaning not in (CREATE, LEAVE) and meaning not in known:
            text = "This project has no label “%(value)s”."
            raise Refused(text, code="unknown-label", place=f"labels.{name[:60]}", value=meaning[:60])
    wanted = [name for name, meaning in choices.labels.items() if meaning == CREATE]
    if not wanted:
        return dict(choices.labels)
    shapes = {one["name"]: [kind for kind in one.get("shapes", ()) if kind in SHAPES] for one in plan.get("labels", ())}
    new, keys = [], {}
    taken = {*known, *project.labels.values_list("key", flat=True)}
    for name in wanted:
        key = _free_key(name, taken)
        taken.add(key)
        keys[name] = key
        new.append(
            {"key": key, "name": name[: limits.LABEL_NAME]} | ({"shapes": shapes[name]} if shapes.get(name) else {})
        )
    configure.set_labels(project, [*save_settings.labels_of(project), *new], by=by)
    return {name: keys.get(name, meaning) for name, meaning in choices.labels.items()}


def _free_key(name: str, taken: Collection[str]) -> str:
    """A key for a new label; never one that was used for another meaning."""
    key = label_keys.key_of({"name": name}) or "label"
    number, found = 2, key
    while found in taken:
        found = f"{key[: limits.KEY - 4]}_{number}"
        number += 1
    return found


def remember(project: Project, labels: Mapping[str, str]) -> None:
    """What names mean in this project, from now on."""
    by_key = {one.key: one for one in project.labels.in_use()}
    rows = [
        ImportedLabel(project=project, name=name, label=by_key.get(meaning))
        for name, meaning in labels.items()
        if meaning == LEAVE or meaning in by_key
    ]
    ImportedLabel.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["project", "name"], update_fields=["label"]
    )


def proposals(project: Project, names: Sequence[str]) -> dict[str, str]:
    """What each name in a file probably means: what it means, a label that is known under that name, or one to be
    made."""
    called = _called(project)
    return {name: said or likely(name, called) or CREATE for name, said in meanings(project, names).items()}


def meanings(project: Project, names: Sequence[str]) -> dict[str, str | None]:
    """What each name in a file means: what was chosen last (LEAVE among it), or a label that is called so; else
    None."""
    kept = dict(ImportedLabel.objects.filter(project=project, name__in=names).values_list("name", "label__key"))
    called = _called(project)
    in_use = set(project.labels.in_use().values_list("key", flat=True))
    models = project.settings_now().label_mapping
    found: dict[str, str | None] = {}
    for name in names:
        if name in kept and (kept[name] is None or kept[name] in in_use):
            found[name] = kept[name] or LEAVE
        elif models.get(name) in in_use:
            found[name] = models[name]
        else:
            found[name] = called.get(plain(name))
    return found


def _called(project: Project) -> dict[str, str]:
    """The keys of the labels in use by how they are called."""
    labels = list(project.labels.in_use())
    return {plain(said): one.key for one in reversed(labels) for said in (one.name, one.key)}
