"""What the task browser is asked, from an address: filters, columns, an order, and what of it means nothing here."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.db.models import QuerySet
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from projects.models import Project, limits
from projects.reports import confusions, task_search
from projects.reports.task_search import SORTS, Filters
from projects.workflow import work_lists
from taskers.models import Membership, Person, Skill
from taskers.web.requests import key_in

TEXTS = (
    "external_id",
    "words",
    "batch",
    "state",
    "label",
    "tasker",
    "low",
    "high",
    "tag",
    "meta",
    "sort",
    "confused",
    "list",
    "priority",
)
COLUMNS: dict[str, Any] = {
    "look": _("Preview"),
    "batch": _("Batch"),
    "state": _("State"),
    "judgements": _("Judgements"),
    "confidence": _("Confidence"),
    "tags": _("Tags"),
    "priority": _("Priority"),
    "loaded": _("Loaded"),
}
USUAL = [one for one in COLUMNS if one != "priority"]
META = "meta."  # before the name of a field of the metadata
NOBODY = "nobody"  # for a work list: on none
FIRST = "first"  # for a priority
MOST_COLUMNS = 20
ORDERS: dict[str, Any] = {
    "": _("As loaded"),
    "-created": _("Newest first"),
    "external_id": _("External id"),
    "-external_id": _("External id, from the end"),
    "confidence": _("Least sure first"),
    "-confidence": _("Surest first"),
}


@dataclass(frozen=True)
class Asked:
    """What was asked: as text, for the form and for links; as filters; `unknown` names what means nothing here."""

    texts: Mapping[str, str]
    columns: Sequence[str]
    filters: Filters
    unknown: str

    @property
    def sort(self) -> str:
        return self.texts["sort"]

    @property
    def address(self) -> str:
        """The same as the query of an address, without a place in the list."""
        return self.with_place({})

    def with_place(self, place: Mapping[str, str]) -> str:
        kept = [(name, value) for name, value in self.texts.items() if value]
        chosen = [("column", one) for one in self.columns] if list(self.columns) != USUAL else []
        return urlencode([*kept, *chosen, *place.items()])


def asked_of(project: Project, said: QueryDict) -> Asked:
    """What an address or a form asks of a project's tasks."""
    texts = {name: said.get(name, "").strip()[: limits.SEARCHED].replace("\x00", "") for name in TEXTS}
    if said.get("words", "").endswith(" ") and texts["words"]:
        texts["words"] += " "  # the last word is whole
    batch = project.batches.filter(public_id=key_in(texts["batch"])).first() if texts["batch"] else None
    label = project.labels.filter(key=texts["label"]).first() if texts["label"] else None
    tasker = taskers_of(project).filter(email=texts["tasker"].lower()).first() if texts["tasker"] else None
    state = texts["state"] if texts["state"] in task_search.STATES else ""
    sort = texts["sort"] if texts["sort"].removeprefix("-") in SORTS else ""
    low, high = _share(texts["low"]), _share(texts["high"])
    metas = _metas(texts["meta"])
    external_id = task_search.loaded_as(project, texts["external_id"])
    tag = " ".join(texts["tag"].split()).casefold()
    among = confusions.tasks_of(project, texts["confused"]) if texts["confused"] else None
    besides: dict[str, Any] = {"words": texts["words"], "tag": tag, "metas": metas, "among": among}
    listed = taskers_of(project).filter(email=texts["list"].lower()).first() if "@" in texts["list"] else None
    first = texts["priority"] == FIRST
    besides |= {"listed": listed, "unlisted": texts["list"] == NOBODY, "first": first}
    filters = Filters(external_id, batch, state, label, tasker, low, high, **besides)
    answers = {"batch": batch, "state": state, "label": label, "tasker": tasker, "low": low, "high": high} | {
        "meta": metas,
        "sort": sort,
        "confused": among,
        "list": listed or (texts["list"] == NOBODY or None),
        "priority": first or None,
    }
    unknown = next((name for name, answer in answers.items() if texts[name] and answer in (None, "", ())), "")
    return Asked(texts, _columns(said.getlist("column")), filters, unknown)


def taskers_of(project: Project) -> QuerySet[Person]:
    """Who may work, or has worked, in the project's organization."""
    keys = Membership.objects.filter(organization_id=project.organization_id, role="tasker").values("person")
    return Person.objects.filter(pk__in=keys).order_by("name")


def lists_of(project: Project, said: QueryDict) -> dict[str, Any]:
    """Whose work lists are named, as bulk verbs take it: addresses of people and names of teams, commas between.
    Raises StateConflict, and says which it doesn't find."""
    text = said.get("lists", "").replace("\x00", "")[: limits.LISTS_NAMED]
    names = {one.strip().lower() if "@" in one else one.strip() for one in text.split(",")} - {""}
    people = list(work_lists.people_for(said.get("verb", ""), project).filter(email__in=names))
    teams = list(Skill.objects.filter(organization_id=project.organization_id, name__in=names).order_by("pk"))
    if missing := names - {one.email for one in people} - {one.name for one in teams}:
        raise work_lists.unknown(missing)
    found: dict[str, Any] = {"people": [str(one.public_id) for one in people], "teams": [one.key for one in teams]}
    return found | {"how": said.get("how", "each") or "each"}


def _columns(said: Sequence[str]) -> list[str]:
    known = [one.replace("\x00", "")[: limits.SEARCHED] for one in said if one in COLUMNS or one.startswith(META)]
    return list(dict.fromkeys(known))[:MOST_COLUMNS] or USUAL


def _metas(said: str) -> tuple[dict[str, Any], ...]:
    """The ways in which `name=value` may stand in the metadata: as a text, and where it reads as one, as a number; a
    table's columns are kept in small letters."""
    name, equals, value = (part.strip() for part in said.partition("="))
    if not equals or not name:
        return ()
    names = dict.fromkeys((name, name.lower()))
    ways: list[dict[str, Any]] = [{one: value} for one in names]
    try:
        number = json.loads(value)
    except (ValueError, RecursionError):
        return tuple(ways)
    whole = isinstance(number, int) and not isinstance(number, bool)
    if whole or isinstance(number, float) and math.isfinite(number):
        ways += [{one: number} for one in names]
    return tuple(ways)


def _share(percent: str) -> float | None:
    try:
        value = float(percent) / 100
    except ValueError:
        return None
    return value if 0 <= value <= 1 else None
