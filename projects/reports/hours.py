"""What happened hour by hour, added up from the outbox (see progress.py), and read by dashboards.

The only writer of BatchHour. An event says which row to count; what is counted is read from that row, by the very
statement that counts everything anew: both ways come to the same.
"""

from collections import defaultdict
from collections.abc import Iterable

from django.db import connection

from projects.configuration.terms import AGREEMENT
from projects.quality.audits import REVIEW
from taskers.database.prepared import ask
from taskers.models import Event

# Work shorter than this is a slip of the hand; longer, somebody went away (milliseconds).
SHORTEST, LONGEST = 500, 3_600_000
HOUR = "date_trunc('hour', {at}, 'UTC')"
HANDED_IN, VOIDED, DECIDED, REOPENED, KNOWN = "handed in", "voided", "decided", "reopened", "known"

# Which of a piece of events' rows each of these counts, by the key that the event names it with.
EVENTS = {
    "submitted": (HANDED_IN, "annotation"),
    "voided": (VOIDED, "assignment"),
    "decided": (DECIDED, "verdict"),
    "reopened": (REOPENED, "verdict"),
    "gold_graded": (KNOWN, "annotation"),
}
# Another took its place at the moment at which it ended.
REPLACED = """EXISTS (SELECT FROM projects_verdict r
  WHERE r.task_id = v.task_id AND r.id > v.id AND r.at = v.superseded_at OFFSET 0)"""
TIMED = f"w.kind <> 'model' AND n.active_ms BETWEEN {SHORTEST} AND {LONGEST}"

# Whether a reviewer's verdict `v` confirms the audited verdict `b` whose place it takes: the same answer, or one with
# which the answer nearest to the audited verdict agrees. Agreements are stored with the verdicts, so no answer is
# compared here; where none can be compared, a different answer is an error.
AUDITED = f"""
  SELECT b.answer = v.answer OR coalesce((
    SELECT (v.agreements ->> nearest.key)::float FROM jsonb_each_text(b.agreements) nearest
    WHERE v.agreements ->> nearest.key IS NOT NULL
    ORDER BY nearest.key::bigint = ANY(b.rests_on) DESC, nearest.value::float DESC NULLS LAST, nearest.key LIMIT 1
  ), 0) >= coalesce((
    SELECT (s.thresholds ->> 'agreement')::float FROM projects_projectsettings s
    WHERE s.project_id = t.project_id AND s.version = v.settings_version
  ), {AGREEMENT}) AS confirmed
  FROM projects_secondlook l
  WHERE l.verdict_id = b.id AND l.reason = 'audit' AND b.anew AND b.method <> '{REVIEW}' AND v.method = '{REVIEW}'
"""

COLUMNS = {
    HANDED_IN: "people machines timed timed_ms helped helped_ms",
    VOIDED: "voided",
    DECIDED: "by_answers by_reviewers by_models anew sure compared agreed audited confirmed",
    REOPENED: "reopened sure",
    KNOWN: "known right",
}
COUNTS = {
    # The first answer of each judgement: a correction is no second one.
    HANDED_IN: f"""
SELECT a.batch_id, {HOUR.format(at="n.at")} AS hour,
  count(*) FILTER (WHERE w.kind <> 'model') AS people, count(*) FILTER (WHERE w.kind = 'model') AS machines,
  count(*) FILTER (WHERE {TIMED}) AS timed, coalesce(sum(n.active_ms) FILTER (WHERE {TIMED}), 0) AS timed_ms,
  count(*) FILTER (WHERE {TIMED} AND a.copilot) AS helped,
  coalesce(sum(n.active_ms) FILTER (WHERE {TIMED} AND a.copilot), 0) AS helped_ms
FROM projects_annotation n JOIN projects_assignment a ON a.id = n.assignment_id AND a.kind || '' = 'judge'
JOIN taskers_person w ON w.id = n.tasker_id
WHERE {{which}} AND NOT EXISTS (
  SELECT FROM projects_annotation e WHERE e.assignment_id = n.assignment_id AND e.id < n.id OFFSET 0)
GROUP BY 1, 2
""",
    VOIDED: f"""
SELECT a.batch_id, {HOUR.format(at="a.voided_at")} AS hour, count(*) AS voided
FROM projects_assignment a WHERE {{which}} AND a.kind || '' = 'judge' AND a.voided_at IS NOT NULL
GROUP BY 1, 2
""",
    DECIDED: f"""
SELECT t.batch_id, {HOUR.format(at="v.at")} AS hour,
  count(*) FILTER (WHERE v.decided_by_id IS NULL AND v.method <> 'auto_v1') AS by_answers,
  count(*) FILTER (WHERE v.decided_by_id IS NOT NULL) AS by_reviewers,
  count(*) FILTER (WHERE v.method = 'auto_v1') AS by_models,
  count(*) FILTER (WHERE b.anew) AS anew,
  sum(round(1000000 * (v.confidence - CASE WHEN b.anew THEN b.confidence ELSE 0 END)))::bigint AS sure,
  coalesce(sum(g.compared), 0)::bigint AS compared, coalesce(sum(g.agreed), 0)::bigint AS agreed,
  count(u.confirmed) AS audited, count(*) FILTER (WHERE u.confirmed) AS confirmed
FROM projects_verdict v JOIN projects_task t ON t.id = v.task_id
LEFT JOIN LATERAL (
  SELECT b.id, b.confidence, b.answer, b.agreements, b.rests_on, b.method, v.at = b.superseded_at AS anew
  FROM projects_verdict b
  WHERE b.task_id = v.task_id AND b.id < v.id ORDER BY b.id DESC LIMIT 1
) b ON true
CROSS JOIN LATERAL (
  SELECT count(*) AS compared, sum(round(1000000 * o.value::float))::bigint AS agreed
  FROM jsonb_each_text(v.agreements) o WHERE o.value IS NOT NULL
) g
LEFT JOIN LATERAL ({AUDITED}) u ON true
WHERE {{which}}
GROUP BY 1, 2
""",
    REOPENED: f"""
SELECT t.batch_id, {HOUR.format(at="v.superseded_at")} AS hour, count(*) AS reopened,
  -sum(round(1000000 * v.confidence))::bigint AS sure
FROM projects_verdict v JOIN projects_task t ON t.id = v.task_id
WHERE {{which}} AND v.superseded_at IS NOT NULL AND NOT {REPLACED}
GROUP BY 1, 2
""",
    KNOWN: f"""
SELECT t.batch_id, {HOUR.format(at="g.at")} AS hour, count(*) AS known,
  sum(round(1000000 * g.value))::bigint AS "right"
FROM projects_annotation n JOIN projects_task t ON t.id = n.task_id
JOIN projects_assignment a ON a.id = n.assignment_id AND a.kind || '' = 'gold'
JOIN taskers_person w ON w.id = n.tasker_id AND w.kind <> 'model'
JOIN taskers_grade g ON g.key = 'gold:annotation:' || n.id AND g.blind
WHERE {{which}}
GROUP BY 1, 2
""",
}
KEYS = {HANDED_IN: "n.id", VOIDED: "a.id", DECIDED: "v.id", REOPENED: "v.id", KNOWN: "n.id"}
OF_BATCH = {HANDED_IN: "a.batch_id", VOIDED: "a.batch_id", DECIDED: "t.batch_id", REOPENED: "t.batch_id"} | {
    KNOWN: "t.batch_id"
}
ARCHIVED = "NOT EXISTS (SELECT FROM projects_archive x WHERE x.batch_id = {batch})"


def _added(what: str, which: str) -> str:
    names = COLUMNS[what].split()
    values = ", ".join(f"%(times)s::int * found.{quoted(name)}" for name in names)
    sums = ", ".join(f"{quoted(name)} = h.{quoted(name)} + excluded.{quoted(name)}" for name in names)
    return f"""
INSERT INTO projects_batchhour AS h (batch_id, hour, {", ".join(map(quoted, names))})
SELECT batch_id, hour, {values} FROM ({COUNTS[what].format(which=which)}) found ORDER BY batch_id, hour
ON CONFLICT (batch_id, hour) DO UPDATE SET {sums}
RETURNING h.id
"""


def quoted(name: str) -> str:
    """A column whose name may be a word of SQL ("right")."""
    return f'"{name}"'


ADD = {what: _added(what, f"{KEYS[what]} = ANY(%(keys)s::bigint[])") for what in COUNTS}
ADD_ALL = {what: _added(what, ARCHIVED.format(batch=OF_BATCH[what])) for what in COUNTS}


def add(events: Iterable[Event], *, times: int = 1) -> None:
    """Add what these events name; `times=-1` takes it off again."""
    keys: dict[str, set[int]] = defaultdict(set)
    for event in events:
        what, name = EVENTS.get(event.kind, ("", ""))
        if what and (key := event.data.get(name)):
            keys[what].add(key)
    for what, statement in ADD.items():
        if found := keys.get(what):
            ask(statement, {"keys": sorted(found), "times": times})


def rebuild() -> None:
    """Count every hour anew, but of batches that are archived, of which nothing changes any more. The caller's
    transaction sees one snapshot (progress.rebuild)."""
    with connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM projects_batchhour h WHERE {ARCHIVED.format(batch='h.batch_id')}")
    for statement in ADD_ALL.values():
        ask(statement, {"times": 1})
