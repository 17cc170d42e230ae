"""What one earning was for: the answer behind it, and how its amount adds up. For finance: without what tasks show."""

from collections import Counter
from dataclasses import dataclass, field
from uuid import UUID

from django.utils.translation import gettext as _

from projects.models import Annotation, ProjectSettings, Task
from projects.quality import pay
from projects.task_types import TASK_TYPES
from taskers.errors import NotFound
from taskers.models import Account, Organization, Transfer


@dataclass(frozen=True)
class Earned:
    """An earning with its answer; parts are words and millionths."""

    transfer: Transfer
    task: Task | None = None
    answer: Annotation | None = None
    parts: list[tuple[str, int]] = field(default_factory=list)
    says: list[tuple[str, int]] = field(default_factory=list)  # names of labels, and how often the answer has each
    agreement: float | None = None  # with what was decided

    @property
    def project_key(self) -> UUID | None:
        """Whose money it is."""
        return self.transfer.source.project_key

    @property
    def seconds(self) -> float | None:
        """Of active time."""
        return self.answer.active_ms / 1000 if self.answer else None


def of(organization: Organization, key: int) -> Earned:
    """Raises NotFound for what isn't an earning here."""
    rows = Transfer.objects.select_related("source", "target__tasker", "reversed_by")
    earnings = rows.filter(source__organization=organization, source__kind=Account.Kind.LABELLING)
    transfer = earnings.filter(pk=key, target__kind=Account.Kind.OWED).first()
    if transfer is None:
        raise NotFound()
    known = Annotation.objects.select_related("assignment", "task__project__organization", "tasker")
    answer = known.filter(pk=transfer.detail.get("annotation"), task__project__organization=organization).first()
    if answer is None:  # a bonus, or archived since
        return Earned(transfer)
    task = answer.task
    decided = task.verdicts.filter(public_id=transfer.detail.get("verdict")).first()
    compared = (decided.agreements if decided else {}).get(str(answer.pk))
    return Earned(transfer, task, answer, _parts(transfer, answer), _says(answer), compared)


def _parts(transfer: Transfer, answer: Annotation) -> list[tuple[str, int]]:
    """How the amount adds up, by what was promised when the work was taken."""
    if transfer.key.startswith("review:"):
        return [(_("A review"), transfer.amount)]
    promised = ProjectSettings.objects.filter(project=answer.task.project, version=answer.settings_version).first()
    rate = min(answer.assignment.rate or 0, transfer.amount)
    if promised is None:
        return [(_("The task"), transfer.amount)]
    raised = min(rate, transfer.detail.get(pay.RAISED, 0))
    time = min(pay.amount(promised, 0, 0, answer.active_ms), transfer.amount - rate)
    units = transfer.amount - rate - time
    parts = [(_("The task"), rate - raised), (_("More for accuracy"), raised), (_("Time"), time)]
    return [(name, amount) for name, amount in [*parts, (_("Regions or words"), units)] if amount]


def _says(answer: Annotation) -> list[tuple[str, int]]:
    project = answer.task.project
    names = dict(project.labels.values_list("key", "name"))
    parts = next((some for some in answer.answer.values() if isinstance(some, list)), [])
    used: Counter[str] = Counter(one["label"] for one in parts if isinstance(one, dict) and one.get("label") in names)
    for label in TASK_TYPES[project.task_type].labels_used(answer.answer) - used.keys():
        used[label] = 1
    return [(names.get(key, key), number) for key, number in used.most_common()]
