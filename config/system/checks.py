"""Each thing that an operator wants to know, from what was found: well, not well, or not known."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from config.database_privileges import EXCESS
from config.metrics.figures import Figure

SILENT_SECONDS = 30
LATE_SECONDS = 60
WAITING_SECONDS = 600
REVIEW_SECONDS = 3 * 24 * 3600
LEAST_FREE = 0.05  # of a disk
MOST_CONNECTIONS = 0.9  # of those that the server takes
MOST_EXPIRED = 0.2  # of the claims of the same hour
FEW = 20  # claims in an hour, of which no share tells anything
LOOKED_AT = 20_000  # events, the newest

# What this page asks beyond the figures that Prometheus is told.
MORE = (
    Figure(
        "heartbeat",
        "Seconds since a worker's last sign of life.",
        [],
        "SELECT extract(epoch FROM clock_timestamp() - max(last_heartbeat)) FROM procrastinate_workers",
    ),
    Figure(
        "failed",
        "Jobs that failed for good within a day.",
        [],
        """SELECT count(*) FROM procrastinate_jobs j WHERE j.status = 'failed' AND EXISTS (
             SELECT FROM procrastinate_events e
             WHERE e.job_id = j.id AND e.type = 'failed' AND e.at > now() - interval '1 day')""",
    ),
    Figure(
        "hour",
        "Of the last hour, leases that ran out and claims, among the newest events.",
        [],
        f"""SELECT count(*) FILTER (WHERE kind = 'expired'), count(*) FILTER (WHERE kind IN ('claimed', 'dealt'))
            FROM (SELECT kind, at FROM taskers_event ORDER BY transaction DESC, id DESC LIMIT {LOOKED_AT}) e
            WHERE at > now() - interval '1 hour'""",
    ),
    Figure("database_role", "The role that asks, and whether it may do more than it needs.", ["role"], EXCESS),
)


class State(StrEnum):
    WELL = "well"
    ILL = "ill"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Line:
    """One thing, how it is, and the heading of the runbook that says what to do."""

    name: str
    state: State
    says: str
    heading: str


@dataclass(frozen=True)
class Found:
    """What the page was told: rows by figure, disks by name as (free, whole), and what the runtime says, if anything.

    `late`: the database gave no rows just now, so they are old ones or none. `embedded`: it is the server that Tandem
    brings, whose owner the same system user may sign in as.
    """

    rows: Mapping[str, Sequence[tuple]]
    late: bool
    disks: Mapping[str, tuple[int, int]]
    runtime: Mapping[str, Any] | None
    starting: bool = False
    embedded: bool = False


def lines(found: Found) -> list[Line]:
    """All of them, in the order in which one leans on the other."""
    return [line for check in CHECKS for line in check(found)]


def _database(found: Found) -> Iterator[Line]:
    heading = "The database does not answer"
    if found.late:
        yield Line(_("Database"), State.ILL, _("It did not answer within a second and a half."), heading)
        return
    size = _one(found, "tandem_database_bytes")
    yield Line(_("Database"), State.WELL, _("It answers; %(size)s.") % {"size": _bytes(size)}, heading)
    used, most = _one(found, "tandem_database_connections"), _one(found, "tandem_database_connections_most")
    says = _("%(used)d of %(most)d are taken.") % {"used": used, "most": most}
    state = State.ILL if most and used / most > MOST_CONNECTIONS else State.WELL
    yield Line(_("Connections to the database"), state, says, "The database runs out of connections")


def _database_role(found: Found) -> Iterator[Line]:
    name, heading = _("Rights in the database"), "The application may change the guards of its database"
    if not found.rows.get("database_role"):
        yield Line(name, State.UNKNOWN, _("Nobody could be asked."), heading)
        return
    role, may_do_more = found.rows["database_role"][0]
    if may_do_more:
        says = _("Tandem signs in as “%(role)s”, which may change tables and the triggers that guard them.")
    elif found.embedded:
        says = _(
            "Tandem signs in as “%(role)s”, which owns nothing: this holds against faults and injected SQL. Whoever"
            " acts as the system user that runs Tandem can sign in as the owner."
        )
    else:
        says = _("Tandem signs in as “%(role)s”, which owns nothing.")
    yield Line(name, State.ILL if may_do_more else State.WELL, says % {"role": role}, heading)


def _worker(found: Found) -> Iterator[Line]:
    name, heading = _("Worker"), "No worker is alive"
    rows = found.rows.get("heartbeat")
    if rows is None:
        yield Line(name, State.UNKNOWN, _("Nobody could be asked."), heading)
    elif rows[0][0] is None:
        yield Line(name, State.ILL, _("None has ever given a sign of life here."), heading)
    else:
        says = _("Its last sign of life was %(ago)s ago.") % {"ago": _duration(rows[0][0])}
        yield Line(name, State.WELL if rows[0][0] <= SILENT_SECONDS else State.ILL, says, heading)


def _copilot(found: Found) -> Iterator[Line]:
    name, heading = _("Copilot's runtime and models"), "The copilot is off"
    if found.runtime is None:
        says = _("It is starting.") if found.starting else _("It is not running: people annotate by hand.")
        yield Line(name, State.UNKNOWN if found.starting else State.ILL, says, heading)
        return
    models = found.runtime["models"]
    ill = {key: one for key, one in models.items() if one["state"] in ("failed", "restarting")}
    loading = [key for key, one in models.items() if one["state"] == "loading"]
    if ill:
        says = " ".join(one["text"] or key for key, one in ill.items())
        yield Line(name, State.ILL, says, heading)
    elif loading:
        yield Line(name, State.UNKNOWN, _("Still loading: %(models)s.") % {"models": ", ".join(loading)}, heading)
    else:
        yield Line(name, State.WELL, _("Ready: %(models)s.") % {"models": ", ".join(models)}, heading)


def _sandbox(found: Found) -> Iterator[Line]:
    name, heading = _("Sandbox of models"), "The sandbox denies less than it should"
    if found.runtime is None:  # as the line above this one says
        return
    if "sandbox" not in found.runtime:  # a runtime of the release before
        yield Line(name, State.UNKNOWN, _("Nobody could be asked."), heading)
        return
    gaps = found.runtime["sandbox"]
    state = State.ILL if any(gap["open"] for gap in gaps) else State.WELL
    says = " ".join(gap["text"] for gap in gaps) or _("A model can read its own files and nothing else.")
    yield Line(name, state, says, heading)


def _jobs(found: Found) -> Iterator[Line]:
    name = _("Jobs in the background")
    if "tandem_jobs" not in found.rows:
        yield Line(name, State.UNKNOWN, _("Nobody could be asked."), "Jobs wait")
        return
    waiting = sum(row[2] for row in found.rows["tandem_jobs"] if row[1] == "waiting")
    longest = max((row[1] for row in found.rows.get("tandem_jobs_oldest_waiting_seconds", ())), default=0)
    says = _("None waits.")
    if waiting:
        says = _("%(number)d wait, the first for %(time)s.") % {"number": waiting, "time": _duration(longest)}
    yield Line(name, State.ILL if longest > WAITING_SECONDS else State.WELL, says, "Jobs wait")
    stalled, failed = _one(found, "tandem_jobs_stalled"), _one(found, "failed")
    says = _("%(number)d are in the hands of a worker that died.") % {"number": stalled} if stalled else _("None.")
    yield Line(_("Stalled jobs"), State.ILL if stalled else State.WELL, says, "Jobs are stalled")
    says = _("%(number)d failed for good within a day.") % {"number": failed} if failed else _("None within a day.")
    yield Line(_("Failed jobs"), State.ILL if failed else State.WELL, says, "Jobs fail")


def _outbox(found: Found) -> Iterator[Line]:
    name, heading = _("Readers of the outbox"), "A reader of the outbox is behind"
    rows = found.rows.get("tandem_outbox_lag_seconds")
    if rows is None:
        yield Line(name, State.UNKNOWN, _("Nobody could be asked."), heading)
        return
    reader, lag = max(rows, key=lambda row: row[1], default=("", 0))
    says = _("All have read what happened.")
    if lag > 1:
        says = _("“%(reader)s” is furthest behind: %(time)s.") % {"reader": reader, "time": _duration(lag)}
    yield Line(name, State.ILL if lag > LATE_SECONDS else State.WELL, says, heading)


def _webhooks(found: Found) -> Iterator[Line]:
    name, late_heading, dead_heading = _("Webhooks"), "Webhooks are late", "Webhooks were given up"
    rows = found.rows.get("tandem_webhooks")
    if rows is None:
        yield Line(name, State.UNKNOWN, _("Nobody could be asked."), late_heading)
        return
    late, numbers = _one(found, "tandem_webhooks_late_seconds"), _by(found, "tandem_webhooks")
    says = _("%(waiting)d messages wait, %(dead)d were given up.") % {
        "waiting": numbers.get("waiting", 0),
        "dead": numbers.get("dead", 0),
    }
    if late > LATE_SECONDS:
        says = _("The oldest message should have been sent %(ago)s ago.") % {"ago": _duration(late)}
        yield Line(name, State.ILL, says, late_heading)
    else:
        yield Line(name, State.ILL if numbers.get("dead") else State.WELL, says, dead_heading)


def _queue(found: Found) -> Iterator[Line]:
    name, heading = _("Leases"), "Leases are not taken back"
    if not found.rows.get("hour"):
        yield Line(name, State.UNKNOWN, _("Nobody could be asked."), heading)
        return
    overdue = _one(found, "tandem_queue_overdue")
    expired, claims = found.rows["hour"][0]
    says = _("Nothing was claimed in the last hour.")
    if claims:
        says = _("%(expired)d of %(claims)d ran out in the last hour.") % {"expired": expired, "claims": claims}
    often = claims >= FEW and expired > MOST_EXPIRED * claims
    if overdue:
        says = ngettext(
            "%(number)d piece of work is held although its time is over.",
            "%(number)d pieces of work are held although their time is over.",
            int(overdue),
        )
        yield Line(name, State.ILL, says % {"number": overdue}, heading)
    else:
        yield Line(name, State.ILL if often else State.WELL, says, "Many leases run out" if often else heading)
    opened, held = _by(found, "tandem_queue_open"), _by(found, "tandem_queue_held")
    told = {"open": opened.get("judge", 0), "held": sum(held.values()), "review": opened.get("review", 0)}
    says = _("%(open)d open, %(held)d held, %(review)d waiting for a reviewer.") % told
    longest = _by(found, "tandem_queue_oldest_open_seconds").get("review", 0)
    state = State.ILL if told["review"] and longest > REVIEW_SECONDS else State.WELL
    yield Line(_("Work"), state, says, "Work waits for reviewers")


def _disk(found: Found) -> Iterator[Line]:
    heading = "The disk is nearly full"
    if not found.disks:
        yield Line(_("Disk"), State.UNKNOWN, _("It did not answer."), heading)
    one = len(set(found.disks.values())) == 1
    for folder, (free, whole) in list(found.disks.items())[: 1 if one else None]:
        named = _("Disk") if one else _("Disk of the media") if folder == "media" else _("Disk of the data folder")
        says = _("%(free)s of %(whole)s are free.") % {"free": _bytes(free), "whole": _bytes(whole)}
        yield Line(named, State.ILL if free < LEAST_FREE * whole else State.WELL, says, heading)


CHECKS: tuple[Callable[[Found], Iterator[Line]], ...] = (
    _database,
    _database_role,
    _worker,
    _copilot,
    _sandbox,
    _jobs,
    _outbox,
    _webhooks,
    _queue,
    _disk,
)


def _one(found: Found, name: str) -> float:
    rows = found.rows.get(name)
    return rows[0][-1] if rows else 0


def _by(found: Found, name: str) -> dict[str, float]:
    return {lane: number or 0 for lane, number in found.rows.get(name, ())}


def _bytes(number: float) -> str:
    return f"{number / 2**30:.1f} GiB" if number >= 2**30 else f"{number / 2**20:.0f} MiB"


def _duration(seconds: float) -> str:
    if seconds < 120:
        return _("%(n)d s") % {"n": seconds}
    if seconds < 2 * 3600:
        return _("%(n)d min") % {"n": seconds / 60}
    return _("%(n)d h") % {"n": seconds / 3600}
