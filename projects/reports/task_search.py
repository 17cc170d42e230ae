"""Finding tasks among millions: one filter leads through an index, the others are asked of what it finds.

No page counts anything, and none reads on for ever: after LOOK_AT tasks that don't fit, what was found so far is shown
and the search goes on where it stopped. Pages are cut by key, so the last page costs what the first one does.
"""

import base64
import binascii
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection
from django.utils.translation import gettext_lazy as _

from projects.errors import Refused
from projects.models import Batch, Label, Project, Stall, Task
from projects.reports import task_words
from taskers.models import Person

PAGE = 50
LOOK_AT = 2000
MAX_CURSOR = 4_000  # characters: the longest name of a task in base64, each letter written as its number
LOOK_AT_ALL = 50_000  # of one statement, where all that fit are asked for
BESIDES = ("among", "words", "tag", "listed", "unlisted", "first", "meta", "metas", "since", "until", "decided_since")
CODE = re.compile("[0-9a-f]{8}")
LAST = "\U0010ffff"  # sorts after every external id that begins alike

WITHHELD = {f"withheld-{one.value}": _(one.label) for one in Task.Withheld if one.value}
STATES: dict[str, Any] = {"open": _("Waiting for taskers"), "held": _("In work"), "decided": _("Decided")} | WITHHELD


@dataclass(frozen=True)
class Filters:
    """What to look for; an empty field asks nothing. `low` and `high` bound the verdict's confidence in [0, 1]."""

    external_id: str = ""
    batch: Batch | None = None
    state: str = ""
    label: Label | None = None
    tasker: Person | None = None
    low: float | None = None
    high: float | None = None
    words: str = ""  # each of which the task holds, the last one as a beginning
    tag: str = ""
    listed: Person | None = None  # on whose work list it is
    unlisted: bool = False  # it is on nobody's
    first: bool = False  # it was put first, and isn't over
    among: Sequence[int] | None = None  # keys of tasks; an empty one finds nothing
    # What programs ask besides; each is looked for among what the others find.
    meta: Mapping[str, Any] | None = None  # fields of the metadata that must be so
    metas: Sequence[Mapping[str, Any]] = ()  # or one of several ways in which they may be written
    since: datetime | None = None  # loaded
    until: datetime | None = None
    decided_since: datetime | None = None

    @property
    def asked(self) -> int:
        """How many filters are set."""
        return len(self.names)

    @property
    def names(self) -> set[str]:
        """Those that are set; a bound of 0.0 is one."""
        values = {one.name: getattr(self, one.name) for one in fields(self)}
        return {name for name, value in values.items() if value is not False and value not in ("", None, ())}


@dataclass(frozen=True)
class Found:
    """A page of tasks: their keys in order, cursors around it, and whether the search stopped before it was full."""

    keys: Sequence[int]
    earlier: str
    later: str
    stopped: bool


@dataclass(frozen=True)
class Lead:
    """The index that leads: rows of (k, id) after a cursor. `uses` names the filters it answers by itself."""

    sql: str
    key: str  # the column that orders them, with the id behind it
    row: str  # the column of the task's id
    type: str
    uses: frozenset[str]


def _simple(table: str, where: str, *uses: str, row: str = "id", key: str = "", type: str = "bigint") -> Lead:
    key = key or row
    sql = f"SELECT {key} AS k, {row} AS id FROM {table} WHERE {where} AND {{after}} ORDER BY {{order}} LIMIT {{most}}"
    return Lead(sql, key, row, type, frozenset(uses))


def _by_batch(where: str, *uses: str) -> Lead:
    """Assignments stand in the order of tasks within a batch alone, so each batch gives its next ones."""
    sql = f"""
    SELECT near.task_id AS k, near.task_id AS id FROM projects_batch b CROSS JOIN LATERAL (
      SELECT DISTINCT task_id FROM projects_assignment a
      WHERE a.batch_id = b.id AND {where} AND {{after}} ORDER BY {{order}} LIMIT {{most}}
    ) near
    WHERE b.project_id = %(project)s AND (%(batch)s::bigint IS NULL OR b.id = %(batch)s)
    ORDER BY {{outer}} LIMIT {{most}}"""
    return Lead(sql, "task_id", "task_id", "bigint", frozenset({"batch", *uses}))


EXTERNAL = _simple(
    "projects_task",
    'project_id = %(project)s AND external_id COLLATE "C" >= %(prefix)s AND external_id COLLATE "C" < %(beyond)s',
    "external_id",
    key='external_id COLLATE "C"',
    type="text",
)
TASKER = _by_batch("a.tasker_id = %(tasker)s", "tasker")
UNFINISHED = _by_batch("a.kind = 'judge' AND a.state = %(state)s", "state")
WITHHELD_TASKS = _simple("projects_task", "project_id = %(project)s AND withheld = %(withheld)s", "state")
ENTRY = "project_id = %(project)s AND label = %(label)s"
LABEL = _simple("projects_verdictentry", ENTRY, "label", "decided", row="task_id")
CONFIDENCE = _simple(
    "projects_verdictentry",
    f"{ENTRY} AND confidence BETWEEN %(low)s AND %(high)s",
    "label",
    "confidence",
    "decided",
    row="task_id",
    key="confidence",
    type="double precision",
)
AMONG = _simple("unnest(%(among)s::bigint[]) AS named(id)", "true", "among")
TAG = _simple("projects_tasktag", "project_id = %(project)s AND tag = %(tag)s", "tag", row="task_id")
LISTED = _simple("projects_reservation", "project_id = %(project)s AND person_id = %(listed)s", "listed", row="task_id")
# Reads all that hold the words, so it is asked only where they were seldom met (see `search`).
WORDS = replace(
    _simple("projects_taskwords", "words @@ %(query)s::tsquery", "words", row="task_id"),
    sql="SELECT task_id AS k, task_id AS id FROM (SELECT task_id FROM projects_taskwords"
    " WHERE words @@ %(query)s::tsquery OFFSET 0) w WHERE {after} ORDER BY {order} LIMIT {most}",
)
FIRST = _simple("projects_task", "project_id = %(project)s AND priority = 1")
BATCH = _simple("projects_task", "batch_id = %(batch)s", "batch")
EVERYTHING = _simple("projects_task", "project_id = %(project)s")

DECIDED = "EXISTS (SELECT FROM projects_verdict v WHERE v.task_id = t.id AND v.superseded_at IS NULL)"
JUDGED = "EXISTS (SELECT FROM projects_assignment a WHERE a.task_id = t.id AND a.kind = 'judge'"
CONDITIONS = {
    "external_id": "starts_with(t.external_id, %(prefix)s)",
    "batch": "t.batch_id = %(batch)s",
    "open": f"{JUDGED} AND a.state = 'open')",
    "held": f"{JUDGED} AND a.state = 'held')",
    "decided": DECIDED,
    "withheld": "t.withheld = %(withheld)s",
    "tasker": "EXISTS (SELECT FROM projects_assignment a WHERE a.task_id = t.id AND a.tasker_id = %(tasker)s)",
    "label": "EXISTS (SELECT FROM projects_verdictentry e WHERE e.task_id = t.id AND e.label = %(label)s)",
    "among": "t.id = ANY(%(among)s::bigint[])",
    "words": "EXISTS (SELECT FROM projects_taskwords w WHERE w.task_id = t.id AND w.words @@ %(query)s::tsquery)",
    "tag": "EXISTS (SELECT FROM projects_tasktag g WHERE g.task_id = t.id AND g.tag = %(tag)s)",
    "listed": "EXISTS (SELECT FROM projects_reservation r WHERE r.task_id = t.id AND r.person_id = %(listed)s)",
    # As the project's page counts them (stalls.py): the list of somebody who may not work there is nobody's.
    "unlisted": """NOT EXISTS (SELECT FROM projects_reservation r WHERE r.task_id = t.id AND r.over_at IS NULL
      AND (%(listers)s::bigint[] IS NULL OR r.person_id = ANY(%(listers)s::bigint[])
        OR r.team_id = ANY(%(teams)s::bigint[])))""",
    # That a task was put first is kept when it is over.
    "first": f"t.priority = 1 AND t.withheld <> 'cancelled' AND NOT {DECIDED}",
    "metas": "t.payload->'meta' @> ANY(%(metas)s::jsonb[])",
    "meta": "t.payload->'meta' @> %(meta)s::jsonb",
    "since": "t.created_at >= %(since)s::timestamptz",
    "until": "t.created_at < %(until)s::timestamptz",
    "decided_since": f"{DECIDED[:-1]} AND v.at >= %(decided_since)s::timestamptz)",
    "confidence": "EXISTS (SELECT FROM projects_verdictentry e WHERE e.task_id = t.id AND e.label = ''"
    " AND e.confidence BETWEEN %(low)s AND %(high)s)",
}

SEARCH = """
WITH led AS MATERIALIZED ({lead})
SELECT k, id, true FROM (SELECT led.k, led.id FROM led JOIN projects_task t ON t.id = led.id {joined}
  ORDER BY {outer} LIMIT {page}) AS found
UNION ALL
SELECT k, id, false FROM (SELECT k, id FROM led ORDER BY {outer} OFFSET {last} LIMIT 1) AS edge
"""


def loaded_as(project: Project, said: str) -> str:
    """The external id of the task that taskers know by this code (Task.code); anything else as it is said."""
    if not CODE.fullmatch(said):
        return said
    first, last = UUID(f"{said}{'0' * 24}"), UUID(f"{said}{'f' * 24}")
    rows = Task.objects.filter(project=project, public_id__range=(first, last))
    return rows.values_list("external_id", flat=True).first() or said


# What a list may be sorted by; with a minus before it the other way round. By confidence, the decided ones alone.
SORTS = ("created", "external_id", "confidence")


def lead_for(filters: Filters, sort: str = "") -> Lead:
    """The filter that leads: the one that is expected to leave least to look at, among those in the order of `sort`."""
    if sort:
        return _sorted(filters, sort.removeprefix("-"))
    if filters.among is not None:
        return AMONG
    if filters.external_id:
        return EXTERNAL
    if filters.words:
        return WORDS
    if filters.tag:
        return TAG
    if filters.listed:
        return LISTED
    if filters.first:
        return FIRST
    if filters.tasker:
        return TASKER
    if filters.state in ("open", "held"):
        return UNFINISHED
    if filters.state in WITHHELD:
        return WITHHELD_TASKS
    if filters.low is not None or filters.high is not None:
        return CONFIDENCE
    if filters.label or (filters.state == "decided" and not filters.batch):
        return LABEL
    return BATCH if filters.batch else EVERYTHING


def _sorted(filters: Filters, by: str) -> Lead:
    if by == "external_id":
        return EXTERNAL
    if by == "confidence":
        return CONFIDENCE
    lead = lead_for(replace(filters, external_id="", low=None, high=None))
    return lead if lead.type == "bigint" else EVERYTHING


def compile_search(
    filters: Filters, lead: Lead, cursor: tuple[Any, int] | None, down: bool, page: int = PAGE, look_at: int = 0
) -> str:
    """The query of a page, pure text; its parameters are those of `terms`."""
    asked = _conditions(filters, lead) - lead.uses
    if "decided" in lead.uses:
        asked -= {"decided"}
    most = look_at or LOOK_AT if asked else page + 1
    direction, sign = ("DESC", "<") if down else ("ASC", ">")
    single = lead.key == lead.row
    after = "true"
    if cursor is not None:
        left, right = (lead.row, "%(at)s") if single else (f"({lead.key}, {lead.row})", f"(%(k)s::{lead.type}, %(at)s)")
        after = f"{left} {sign} {right}"
    inner = f"{lead.row} {direction}" if single else f"{lead.key} {direction}, {lead.row} {direction}"
    outer = f"k {direction}, id {direction}"
    led = lead.sql.format(after=after, order=inner, outer=outer, most=most)
    where = " AND ".join(CONDITIONS[one] for one in sorted(asked))
    joined = f"WHERE {where}" if where else ""
    return SEARCH.format(lead=led, joined=joined, outer=outer, page=page + 1, last=most - 1)


def _conditions(filters: Filters, lead: Lead) -> set[str]:
    asked = {one for one in ("external_id", "batch", "tasker", "label", *BESIDES) if getattr(filters, one)}
    if filters.among is not None:
        asked.add("among")
    if filters.state:
        asked.add("withheld" if filters.state in WITHHELD else filters.state)
    if filters.low is not None or filters.high is not None:
        asked.add("confidence")
    if "state" in lead.uses:
        asked -= {"withheld", "open", "held"}
    return asked


def terms(project: Project, filters: Filters, cursor: tuple[Any, int] | None) -> dict[str, Any]:
    """What the query's placeholders stand for."""
    k, at = cursor or (None, None)
    lists = Stall.objects.filter(project=project).values_list("listers", "teams")
    listers, teams = (lists.first() if filters.unlisted else None) or (None, None)
    return {
        "project": project.pk,
        "prefix": filters.external_id,
        "beyond": filters.external_id + LAST,
        "batch": filters.batch.pk if filters.batch else None,
        "tasker": filters.tasker.pk if filters.tasker else None,
        "label": filters.label.key if filters.label else "",
        "state": filters.state,
        "withheld": filters.state.removeprefix("withheld-"),
        "low": 0.0 if filters.low is None else filters.low,
        "high": 1.0 if filters.high is None else filters.high,
        "k": k,
        "at": at,
        "meta": json.dumps(filters.meta or {}),
        "metas": [json.dumps(one) for one in filters.metas],
        "tag": filters.tag,
        "listed": filters.listed.pk if filters.listed else None,
        "listers": listers,
        "teams": teams,
        "among": list(filters.among or ()),
        "query": task_words.query(project.pk, filters.words),
        "since": filters.since,
        "until": filters.until,
        "decided_since": filters.decided_since,
    }


def search(project: Project, filters: Filters, *, sort: str = "", after: str = "", before: str = "") -> Found:
    """One page of a project's tasks, after or before a cursor of an earlier page; a broken cursor starts anew.

    Words are looked for among the tasks at hand first: those that many hold fill a page at once. Where they didn't, few
    hold them, and their own index finds these few.
    """
    seldom = lead_for(filters, sort)
    if seldom is not WORDS:
        return _page(project, filters, seldom, sort, after, before)
    lead = lead_for(replace(filters, words=""), sort)
    found = _page(project, filters, lead, sort, after, before)
    in_order = lead.type == WORDS.type  # else the cursors of one say nothing to the other
    return _page(project, filters, WORDS, sort, after, before) if found.stopped and in_order else found


def _page(project: Project, filters: Filters, lead: Lead, sort: str, after: str, before: str) -> Found:
    back = bool(before)
    down = back != sort.startswith("-")
    cursor = _decoded(before or after, lead)
    with connection.cursor() as db:
        db.execute(compile_search(filters, lead, cursor, down), terms(project, filters, cursor))
        rows = db.fetchall()
    found = sorted(((k, key) for k, key, fits in rows if fits), reverse=down)
    edge = next(((k, key) for k, key, fits in rows if not fits), None)
    page, more = found[:PAGE], len(found) > PAGE
    stopped = edge is not None and not more
    ahead = _encoded(page[-1]) if more else _encoded(edge) if edge else ""
    behind = _encoded(page[0]) if page and cursor else ""
    if back:
        return Found([key for _, key in reversed(page)], ahead, behind, stopped)
    return Found([key for _, key in page], behind, ahead, stopped)


def walk(project: Project, filters: Filters, sort: str, after: str, page: int, look_at: int) -> tuple[list[int], str]:
    """The next tasks that fit, at most a page of them, and the cursor after which to go on; "" at the end.

    Looks at so many tasks at most, so that there may be fewer, or none, though the cursor says that there are more.
    Raises Refused for a cursor of another list.
    """
    lead, back = lead_for(filters, sort), sort.startswith("-")
    cursor = _decoded(after, lead)
    if after and cursor is None:
        raise Refused("This is no cursor of this list.", code="bad-cursor", place="after")
    with connection.cursor() as db:
        db.execute(compile_search(filters, lead, cursor, back, page, look_at), terms(project, filters, cursor))
        rows = db.fetchall()
    found = sorted(((k, key) for k, key, fits in rows if fits), reverse=back)
    edge = next(((k, key) for k, key, fits in rows if not fits), None)
    if len(found) > page:
        return [key for _, key in found[:page]], _encoded(found[page - 1])
    return [key for _, key in found], _encoded(edge) if edge else ""


def all_keys(project: Project, filters: Filters, most: int) -> list[int]:
    """The tasks that fit, in the order in which they were loaded, or one more than `most` of them."""
    keys: list[int] = []
    after = ""
    while len(keys) <= most:
        found, after = walk(project, filters, "created", after, most + 1 - len(keys), LOOK_AT_ALL)
        keys += found
        if not after:
            break
    return keys


def _encoded(at: tuple[Any, int]) -> str:
    return base64.urlsafe_b64encode(json.dumps(at).encode()).decode().rstrip("=")


def _decoded(cursor: str, lead: Lead) -> tuple[Any, int] | None:
    if len(cursor) > MAX_CURSOR:
        return None
    kinds = {"bigint": int, "text": str, "double precision": float}
    try:
        k, at = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        if isinstance(at, bool) or not isinstance(at, int) or not 0 <= at < 2**63:
            return None
        return kinds[lead.type](k), at
    except (binascii.Error, ValueError, TypeError, OverflowError, RecursionError):
        return None
