"""Making projects and changing what they ask for. Settings are versions, never edits; labels keep their keys."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Case, Value, When
from django.utils import timezone
from procrastinate.contrib.django import app

from projects.configuration import (
    instructions,
    label_attributes,
    label_colours,
    label_keys,
    methods,
    review_rule,
    what_counts,
)
from projects.configuration.project_events import tell
from projects.configuration.term_checks import check_file_order, check_numbers, check_reach
from projects.configuration.terms import AGREEMENT
from projects.errors import NotPublished, Refused
from projects.inference.region_parts import IOU
from projects.models import Label, Project, ProjectSettings, limits
from projects.task_types import TASK_TYPES, asked_fields
from projects.task_types.classification import Classification
from projects.task_types.preference import OWN_LABELS, Preference
from projects.task_types.region_shapes import SHAPES
from taskers.errors import StateConflict, Word
from taskers.models import Organization, Person

# What a version of the settings says; the rest of the row is its bookkeeping.
FIELDS = (
    "instructions",
    "instructions_by_language",
    "wanted",
    "most",
    "target",
    "budget",
    "audit_share",
    "review",
    "rate",
    "unit_rate",
    "hourly_rate",
    "paid_seconds",
    "review_rate",
    "raise_percent",
    "raise_from",
    "lease_seconds",
    "file_order",
    "depth_first",
    "copilot",
    "label_mapping",
    "minimum_score",
    "label_minimums",
    "suggest",
    "sharpens",
    "confidence",
    "control_share",
    "planted_share",
    "aggregation",
    "thresholds",
    "pay_floor",
    "fields",
    "grid",
    "empty_usual",
    "shows_verdicts",
    "correction_minutes",
)
REORDER = "projects.jobs.reorder_project"
# What holds where a project says no threshold of its own.
THRESHOLDS = {"agreement": AGREEMENT, "iou": IOU, "span_match": "exact"}
TOLD = ("settings_changed", "labels_changed")  # the events of a change
MOVES = (Project.State.LIVE, Project.State.PAUSED, Project.State.ARCHIVED)  # what a project may be brought to


@transaction.atomic
def create(
    organization: Organization,
    by: Person | None,
    *,
    name: str,
    task_type: str,
    labels: Sequence[Mapping] = (),
    draft: bool = False,
    **settings: object,
) -> Project:
    """A new project with its labels and the first version of its settings; a draft hands out nothing until it is
    published. Raises Refused or StateConflict."""
    if task_type not in TASK_TYPES:
        raise Refused(
            "Choose one of %(choices)s.", code="unknown-task-type", place="task_type", choices=", ".join(TASK_TYPES)
        )
    name = " ".join(name.split())
    if not name:
        raise Refused("A project needs a name.", code="no-name", place="name")
    try:
        with transaction.atomic():
            project = Project.objects.create(
                organization=organization,
                name=name[: limits.NAME],
                task_type=task_type,
                created_by=by,
                **({"state": Project.State.DRAFT, "published_at": None} if draft else {"state": Project.State.LIVE}),
            )
    except IntegrityError:
        raise _taken(name) from None
    change(project, by, labels=labels, **settings)
    tell("project_created", project, by, task_type=task_type)
    return project


@transaction.atomic
def change(
    project: Project, by: Person | None, *, labels: Sequence[Mapping] | None = None, **settings: object
) -> ProjectSettings:
    """The next version of a project's settings: the present one with these changes; and these labels, if any are said.
    Raises Refused, also where a tasker could not answer what would be asked then."""
    if labels is not None and (new_keys := label_keys.rename(project, labels)):
        settings = _relabelled(project, settings, new_keys)
    before, made = _next_version(project, by, **settings)
    if labels is not None:
        _put_labels(project, labels, by)
        made = _counted_anew(project, by, made)
    elif before is None or before.grid != made.grid:
        _check_hotkeys(project, list(project.labels.in_use().values("key", "name", "hotkey", "shapes")))
    what_counts.check_method(project, made)
    if labels is not None or before is None or before.fields != made.fields:
        check_answerable(project, made)
    if "review" in settings:
        in_use = project.labels.in_use().values_list("key", flat=True)
        review_rule.check_labels(made.review, before.review if before else {}, in_use)
    return made


def _relabelled(project: Project, settings: Mapping[str, Any], new_keys: Mapping[str, str]) -> dict[str, Any]:
    """These settings and those in force, as far as they name labels, under the labels' new keys."""
    in_force = project.settings.order_by("-version").first()
    values = {name: getattr(in_force, name) for name in label_keys.FROM_LABELS} if in_force else {}
    return label_keys.relabelled({**values, **settings}, new_keys)


def _next_version(
    project: Project, by: Person | None, **settings: object
) -> tuple[ProjectSettings | None, ProjectSettings]:
    """The version before, if there is one, and the one that holds now."""
    unknown = set(settings) - set(FIELDS)
    if unknown:
        raise Refused("There is no setting %(choices)s.", code="unknown-setting", choices=", ".join(sorted(unknown)))
    # The lock makes two changes follow each other, so that versions have no gaps and none is lost.
    Project.objects.select_for_update(no_key=True).get(pk=project.pk)
    before = project.settings.order_by("-version").first()
    values = {field: getattr(before, field) for field in FIELDS} if before else {}
    values |= settings
    if (said := settings.get("instructions_by_language")) is not None:
        kept = before.instructions_by_language if before else {}
        values["instructions_by_language"] = instructions.checked(project, said, kept)
    _check_fields(project, values, before.fields if before else ())
    check_numbers(values, project.task_type)
    review_rule.check(values.get("review", {}))
    if values.get("unit_rate") and not TASK_TYPES[project.task_type].unit:
        raise Refused("Work of this type has no units to pay by.", code="bad-setting", place="unit_rate")
    if values.get("file_order"):
        check_file_order(project)
    if before and THRESHOLDS | values["thresholds"] == THRESHOLDS | before.thresholds:
        values["thresholds"] = before.thresholds
    method, most = values.get("aggregation", methods.MAJORITY), values.get("most")
    values.setdefault("target", methods.usual_target(method, values.get("wanted", 1), most))
    check_reach(project, before, values)
    if before and all(getattr(before, field) == value for field, value in values.items()):
        return before, before
    made = ProjectSettings.objects.create(
        project=project, version=before.version + 1 if before else 1, made_by=by, **values
    )
    tell("settings_changed", project, by, version=made.version, changed=sorted(settings))
    if before and (before.file_order, before.depth_first) != (made.file_order, made.depth_first):
        # What is open already takes its new place by and by.
        app.configure_task(REORDER, queue="jobs").defer(project_key=project.pk)
    return before, made


@transaction.atomic
def set_labels(project: Project, labels: Sequence[Mapping], *, by: Person | None) -> list[Label]:
    """Make a project's labels these, in this order: known keys are changed, new ones added, those left out retired.

    Each is {"name", "key"?, "colour"?, "hotkey"?, "shapes"?, "attributes"?, "field"?, "parent"?}; a parent is the key
    or name of a label before it. Raises Refused with the place of the fault, also where a tasker could not answer what
    is asked with these.
    """
    Project.objects.select_for_update(no_key=True).get(pk=project.pk)
    rows = _put_labels(project, labels, by)
    made = _counted_anew(project, by, project.settings_now())
    what_counts.check_method(project, made)
    check_answerable(project, made)
    return rows


def _counted_anew(project: Project, by: Person | None, settings: ProjectSettings) -> ProjectSettings:
    """What decides is one of the terms: where labels count otherwise now, the next version says it."""
    return settings if what_counts.is_told(project, settings) else _next_version(project, by)[1]


def _put_labels(project: Project, labels: Sequence[Mapping], by: Person | None) -> list[Label]:
    wanted = _plain_labels(project, _with_own(project, labels))
    project.labels.filter(retired_at=None).exclude(key__in=[one["key"] for one in wanted]).update(
        retired_at=timezone.now(), hotkey=""
    )
    # Hotkeys are unique among the labels in use; freed first, so that two labels may swap theirs.
    project.labels.filter(key__in=[one["key"] for one in wanted]).update(hotkey="")
    rows: dict[str, Label] = {}
    for position, one in enumerate(wanted):
        said = {**one, "position": position, "retired_at": None}
        if "parent" in one:
            said["parent"] = rows[one["parent"]] if one["parent"] else None
        rows[one["key"]], _made = Label.objects.update_or_create(project=project, key=one["key"], defaults=said)
    project.labels.in_use().exclude(parent__retired_at=None).update(parent=None)
    tell("labels_changed", project, by, labels=[one["key"] for one in wanted])
    return list(rows.values())


@transaction.atomic
def rename(project: Project, name: str, *, by: Person | None) -> None:
    """Call a project something else. Raises Refused, and StateConflict for a name in use."""
    name = " ".join(name.split())[: limits.NAME]
    if not name:
        raise Refused("A project needs a name.", code="no-name", place="name")
    try:
        with transaction.atomic():
            renamed = Project.objects.filter(pk=project.pk).exclude(name=name).update(name=name)
    except IntegrityError:
        raise _taken(name) from None
    if renamed:
        tell("project_renamed", project, by, before=project.name, name=name)
        project.name = name


def _taken(name: str) -> StateConflict:
    text = "There is already a project named %(name)r."
    return StateConflict(text, code="project-exists", place="name", name=name)


@transaction.atomic
def move(project: Project, state: str, *, by: Person | None) -> Project:
    """Pause, resume or archive a project. One that was archived as a draft becomes a draft again instead of live or
    paused. Raises NotPublished for a draft that is to be live or paused (publishing.py), Refused for any other state,
    and StateConflict when it is there already."""
    if state not in MOVES:
        raise Refused("A project is live, paused or archived.", code="bad-state", place="state")
    rows = Project.objects.filter(pk=project.pk).exclude(state=state)
    if state == Project.State.ARCHIVED:
        moved = rows.update(state=state)
    else:
        restored = Case(When(published_at=None, then=Value(Project.State.DRAFT)), default=Value(state))
        moved = rows.exclude(state=Project.State.DRAFT).update(state=restored)
    project.refresh_from_db()
    if not moved and project.state == Project.State.DRAFT:
        raise NotPublished()
    if not moved:
        raise StateConflict("This project is %(state)s already.", state=state)
    tell(f"project_{project.state}", project, by)
    return project


def _with_own(project: Project, labels: Sequence[Mapping]) -> Sequence[Mapping]:
    """These labels, with those that a type has by itself."""
    room = TASK_TYPES[project.task_type]
    if not isinstance(room, Preference):
        return labels
    return room.own_labels(labels, dict(project.labels.in_use().filter(key__in=OWN_LABELS).values_list("key", "name")))


def _plain_labels(project: Project, labels: Sequence[Mapping]) -> list[dict]:
    if len(labels) > limits.LABELS:
        raise Refused("A project has at most %(most)s labels.", code="bad-label", place="labels", most=limits.LABELS)
    plain: list[dict] = []
    called: dict[str, str] = {}  # by the key of those before
    held = dict(project.labels.values_list("key", "attributes"))
    colours = iter(label_colours.fresh((str(one.get("colour") or "") for one in labels), len(labels)))
    for index, one in enumerate(labels):
        place = f"labels[{index}]"
        name = " ".join(str(one.get("name", "")).split())[: limits.LABEL_NAME]
        key = label_keys.key_of(one)
        hotkey = str(one.get("hotkey") or "").lower()[:1]
        if not name or not key:
            raise Refused("A label needs a name with a letter or digit in it.", code="bad-label", place=f"{place}.name")
        if key in called:
            raise _twice(place, key, name, called[key])
        colour = str(one.get("colour") or next(colours))
        if len(colour) != 7 or colour[0] != "#" or not all(c in "0123456789abcdefABCDEF" for c in colour[1:]):
            raise Refused("A colour looks like #1971c2.", code="bad-colour", place=f"{place}.colour")
        called[key] = name
        plain.append({"key": key, "name": name, "colour": colour, "hotkey": hotkey} | _asked(one, place, plain))
        if "attributes" in plain[-1] and plain[-1]["attributes"] != held.get(key):  # older ones may be called the same
            label_attributes.check_names(plain[-1]["attributes"], f"{place}.attributes")
    _check_hotkeys(project, plain)
    return plain


def _twice(place: str, key: str, name: str, other: str) -> Refused:
    """Where both keys come from the names, the names are what there is to change."""
    field = "name" if key == label_keys.key_of({"name": name}) == label_keys.key_of({"name": other}) else "key"
    text = "“%(name)s” and “%(other)s” would have the same key, “%(key)s”: give one of them another name or key."
    return Refused(text, code="label-twice", place=f"{place}.{field}", name=name, other=other, key=key)


def _check_hotkeys(project: Project, labels: Sequence[Mapping]) -> None:
    """A label's key is a letter or digit that is neither the studio's own nor another label's."""
    grid = project.settings.order_by("-version").values_list("grid", flat=True).first() or 1
    kept = dict(project.labels.values_list("key", "shapes"))
    shaped = [{"shapes": one.get("shapes") or kept.get(one["key"])} for one in labels]
    taken = TASK_TYPES[project.task_type].studio_keys(shaped, grid)
    owners: dict[str, str] = {}
    for index, one in enumerate(labels):
        hotkey, place = one["hotkey"], f"labels[{index}].hotkey"
        if not hotkey:
            continue
        if not hotkey.isalnum():
            raise Refused("A label's key is a letter or a digit.", code="bad-hotkey", place=place)
        said = {"key": hotkey.upper(), "label": one["name"], "other": owners.get(hotkey, "")}
        if hotkey in owners:
            text = "“%(other)s” has the key %(key)s already; give “%(label)s” another."
            raise Refused(text, code="bad-hotkey", place=place, **said)
        if hotkey in taken:
            said["other"] = Word(taken[hotkey])
            text = "%(key)s is the studio's own key for “%(other)s”; give “%(label)s” another letter, or a digit."
            raise Refused(text, code="bad-hotkey", place=place, **said)
        owners[hotkey] = one["name"]


def _asked(label: Mapping, place: str, before: Sequence[Mapping]) -> dict[str, Any]:
    """What a label asks of the parts that carry it; what isn't said stays as it was."""
    asked: dict[str, Any] = {}
    if (shapes := label.get("shapes")) is not None:
        if not isinstance(shapes, (list, tuple)) or not shapes or not set(map(str, shapes)) <= set(SHAPES):
            raise Refused(
                "A label takes some of: %(choices)s.",
                code="bad-shapes",
                place=f"{place}.shapes",
                choices=", ".join(SHAPES),
            )
        asked["shapes"] = [shape for shape in SHAPES if shape in shapes]
    if label.get("attributes") is not None:
        asked["attributes"] = label_attributes.checked(label["attributes"], f"{place}.attributes")
    if label.get("field") is not None:
        asked["field"] = asked_fields.key_of(str(label["field"]))
    if label.get("parent") is not None:
        asked["parent"] = _parent(str(label["parent"]).strip(), place, before)
        if asked["parent"]:  # it belongs where its parent does
            asked["field"] = next(one.get("field", "") for one in before if one["key"] == asked["parent"])
    return asked


def _parent(said: str, place: str, before: Sequence[Mapping]) -> str:
    """The key of the label above, named by its key or name."""
    if not said:
        return ""
    found = [one["key"] for one in before if said == one["key"]] or [
        one["key"] for one in before if said.casefold() == one["name"].casefold()
    ]
    if not found:
        raise Refused(
            "There is no label “%(said)s” above this one to lie under.",
            code="no-parent",
            place=f"{place}.parent",
            said=said,
        )
    return found[-1]


def _check_fields(project: Project, values: dict, before: Sequence[Mapping]) -> None:
    """The fields of a classification, made plain; with them what comparing its numbers must know."""
    room = TASK_TYPES[project.task_type]
    if not isinstance(room, Classification):
        if values.get("fields") or values.get("grid", 1) != 1:
            raise Refused("Only a classification asks for fields.", code="bad-setting", place="fields")
        values["thresholds"] = what_counts.told_in(values.get("thresholds") or {}, project)
        return
    values["fields"] = asked_fields.checked(room.asks(values.get("fields") or []))
    asked_fields.check_names(values["fields"], before)
    if isinstance(room, Preference):
        values["copilot"] = False  # it suggests nothing there, so nobody's answer counts as one that saw a suggestion
    told = {"numbers": asked_fields.numbers, "optional": asked_fields.optional, "weights": asked_fields.weights}
    known = {name: of(values["fields"]) for name, of in told.items()}
    kept = {key: value for key, value in (values.get("thresholds") or {}).items() if key not in known}
    values["thresholds"] = kept | {key: value for key, value in known.items() if value}
    if values.get("grid") not in (None, 1) and isinstance(room, Preference):
        raise Refused("Pairs are judged one at a time.", code="bad-grid", place="grid")
    if values.get("grid") not in (None, 1) and [one["kind"] for one in values["fields"]] != ["choice"]:
        text = "Several images on one screen ask for one thing: a single field that takes a choice."
        raise Refused(text, code="bad-grid", place="grid")


def check_answerable(project: Project, settings: ProjectSettings) -> None:
    """Raises Refused where a tasker could not answer what these settings ask with the labels in use."""
    labels = list(project.labels.in_use().values("key", "name", "field"))
    TASK_TYPES[project.task_type].check_answerable(labels, settings.fields)
