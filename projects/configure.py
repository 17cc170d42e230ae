"""Making projects and changing what they ask for. Settings are versions, never edits; labels keep their keys."""

from collections.abc import Mapping, Sequence

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.text import slugify

from projects.aggregation import AGGREGATIONS
from projects.errors import Refused
from projects.models import Label, Project, ProjectSettings
from projects.tasktypes import TASK_TYPES
from taskers.errors import StateConflict
from taskers.models import Organization, Person
from taskers.outbox import emit

# What a version of the settings says; the rest of the row is its bookkeeping.
FIELDS = (
    "instructions",
    "wanted",
    "rate",
    "lease_seconds",
    "copilot",
    "label_mapping",
    "minimum_score",
    "aggregation",
    "thresholds",
    "pay_floor",
)
COLOURS = ("#1971c2", "#e8590c", "#2f9e44", "#9c36b5", "#c2255c", "#0c8599", "#f08c00", "#5f3dc4", "#66a80f", "#495057")


@transaction.atomic
def create(
    organization: Organization,
    by: Person | None,
    *,
    name: str,
    task_type: str,
    labels: Sequence[Mapping] = (),
    **settings: object,
) -> Project:
    """A new project with its labels and the first version of its settings. Raises Refused or StateConflict."""
    if task_type not in TASK_TYPES:
        raise Refused(f"Choose one of {', '.join(TASK_TYPES)}.", code="unknown-task-type", place="task_type")
    name = name.strip()
    if not name:
        raise Refused("A project needs a name.", code="no-name", place="name")
    try:
        with transaction.atomic():
            project = Project.objects.create(
                organization=organization, name=name[:120], task_type=task_type, created_by=by, state="live"
            )
    except IntegrityError:
        text = f"There is already a project named {name!r}."
        raise StateConflict(text, code="project-exists", place="name") from None
    set_labels(project, labels, by=by)
    change(project, by, **settings)
    _tell("project_created", project, by, task_type=task_type)
    return project


@transaction.atomic
def change(project: Project, by: Person | None, **settings: object) -> ProjectSettings:
    """The next version of a project's settings: the present one with these changes. Raises Refused."""
    unknown = set(settings) - set(FIELDS)
    if unknown:
        raise Refused(f"There is no setting {', '.join(sorted(unknown))}.", code="unknown-setting")
    # The lock makes two changes follow each other, so that versions have no gaps and none is lost.
    Project.objects.select_for_update(no_key=True).get(pk=project.pk)
    before = project.settings.order_by("-version").first()
    values = {field: getattr(before, field) for field in FIELDS} if before else {}
    values |= settings
    _check(values)
    if before and all(getattr(before, field) == value for field, value in values.items()):
        return before
    made = ProjectSettings.objects.create(
        project=project, version=before.version + 1 if before else 1, made_by=by, **values
    )
    _tell("settings_changed", project, by, version=made.version, changed=sorted(settings))
    return made


@transaction.atomic
def set_labels(project: Project, labels: Sequence[Mapping], *, by: Person | None) -> list[Label]:
    """Make a project's labels these, in this order: known keys are changed, new ones added, those left out retired.

    Each is {"name", "key"?, "colour"?, "hotkey"?}. Raises Refused with the place of the fault.
    """
    wanted = _plain_labels(project, labels)
    project.labels.filter(retired_at=None).exclude(key__in=[one["key"] for one in wanted]).update(
        retired_at=timezone.now(), hotkey=""
    )
    # Hotkeys are unique among the labels in use; freed first, so that two labels may swap theirs.
    project.labels.filter(key__in=[one["key"] for one in wanted]).update(hotkey="")
    rows = []
    for position, one in enumerate(wanted):
        row, _ = Label.objects.update_or_create(
            project=project, key=one["key"], defaults={**one, "position": position, "retired_at": None}
        )
        rows.append(row)
    _tell("labels_changed", project, by, labels=[one["key"] for one in wanted])
    return rows


@transaction.atomic
def move(project: Project, state: str, *, by: Person | None) -> Project:
    """Bring a project into another state. Raises StateConflict when it is there already."""
    if not Project.objects.filter(pk=project.pk).exclude(state=state).update(state=state):
        raise StateConflict(f"This project is {state} already.")
    project.refresh_from_db()
    _tell(f"project_{state}", project, by)
    return project


def label_key(label: Mapping) -> str:
    """The key of a label: the one it has, or else one made from its name, whatever its script."""
    name = str(label.get("name", ""))
    made = slugify(name) or slugify(name, allow_unicode=True)
    return str(label.get("key") or made.replace("-", "_"))[:60]


def _plain_labels(project: Project, labels: Sequence[Mapping]) -> list[dict]:
    plain: list[dict] = []
    keys, hotkeys = set(), set()
    for index, one in enumerate(labels):
        place = f"labels[{index}]"
        name = str(one.get("name", "")).strip()[:80]
        key = label_key(one)
        hotkey = str(one.get("hotkey") or "").lower()[:1]
        if not name or not key:
            raise Refused("A label needs a name with a letter or digit in it.", code="bad-label", place=f"{place}.name")
        if key in keys:
            raise Refused(f"Two labels would have the key {key!r}.", code="label-twice", place=f"{place}.key")
        if hotkey and (hotkey in hotkeys or not hotkey.isalnum()):
            raise Refused(f"The key {hotkey!r} is taken or isn't a letter or digit.", code="bad-hotkey", place=place)
        colour = str(one.get("colour") or COLOURS[index % len(COLOURS)])
        if len(colour) != 7 or colour[0] != "#" or not all(c in "0123456789abcdefABCDEF" for c in colour[1:]):
            raise Refused("A colour looks like #1971c2.", code="bad-colour", place=f"{place}.colour")
        keys.add(key)
        hotkeys.add(hotkey)
        plain.append({"key": key, "name": name, "colour": colour, "hotkey": hotkey})
    return plain


def _check(values: Mapping) -> None:
    def between(field: str, low: float, high: float) -> None:
        value = values.get(field, low)
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not low <= value <= high:
            raise Refused(f"{field} is a number from {low} to {high}.", code="bad-setting", place=field)

    between("wanted", 1, 50)
    between("rate", 0, 10**12)
    between("pay_floor", 0, 1)
    between("minimum_score", 0, 1)
    if "lease_seconds" in values:
        between("lease_seconds", 30, 7 * 24 * 3600)
    if values.get("aggregation", "majority_v1") not in AGGREGATIONS:
        raise Refused(f"Choose one of {', '.join(AGGREGATIONS)}.", code="bad-setting", place="aggregation")


def _tell(kind: str, project: Project, by: Person | None, **data: object) -> None:
    emit(
        kind,
        organization_id=project.organization_id,
        actor_id=by.pk if by else None,
        project_key=project.public_id,
        subject=f"project:{project.public_id}",
        **data,
    )
