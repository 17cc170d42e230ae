"""What the database holds of the main job's story (tests/browser/test_story.py), beside what its pages say."""

import time

from tests.support.browser.site import Site
from tests.support.waiting import until

PICTURES = "Harbour photographs"
REPORTS = "Harbour reports"
PEOPLE = {name: f"{name}@riverside.example" for name in ("maya", "leo", "amina", "jun", "priya", "tomas", "hannah")}
TASKERS = [PEOPLE[name] for name in ("leo", "amina", "jun")]


def check_masks(site: Site) -> None:
    """Leo's and Amina's masks of the astronaut differ by some pixels; every suggestion is kept, with its latency."""
    rows = site.query(
        "SELECT p.email, n.answer->'regions'->0->'shape'->>'counts' FROM projects_annotation n"
        " JOIN taskers_person p ON p.id = n.tasker_id JOIN projects_task t ON t.id = n.task_id"
        " WHERE t.payload->>'name' = 'astronaut.png'"
    )
    counts = {email.split("@")[0]: code for email, code in rows}
    assert len(set(counts.values())) == 3
    kept = site.query("SELECT outcome, latency_ms FROM assist_suggestion")
    assert kept and all(latency > 0 for _outcome, latency in kept)


def check_verdicts(site: Site) -> None:
    """The astronaut was decided by two who agree, the cat by Priya, the report by both."""

    def methods() -> dict[str, str]:
        rows = site.query(
            "SELECT t.external_id, v.method FROM projects_verdict v JOIN projects_task t ON t.id = v.task_id"
            " JOIN projects_project p ON p.id = t.project_id"
            f" WHERE v.superseded_at IS NULL AND p.name IN ('{PICTURES}', '{REPORTS}')"
        )
        return {name.split(".")[0]: method for name, method in rows}

    wanted = {"astronaut": "majority_v1", "chelsea": "review_v1", "report-1": "majority_v1"}
    # A worker decides, behind what it was sent before.
    until(lambda: methods() == wanted, why=methods)


# Of the story's projects and its three taskers; the organization had others before.
BALANCES = """
SELECT a.kind, sum(m.amount) FROM taskers_account a JOIN (
  SELECT target_id AS account, amount FROM taskers_transfer UNION ALL SELECT source_id, -amount FROM taskers_transfer
) m ON m.account = a.id
LEFT JOIN taskers_person w ON w.id = a.tasker_id LEFT JOIN projects_project p ON p.public_id = a.project_key
WHERE w.email = ANY(%s) OR p.name = ANY(%s) GROUP BY a.kind
"""


def outcomes(site: Site) -> dict[str, int]:
    """What became of the copilot's offers, once the outbox told it: six masks and most spans were taken as they were,
    two spans refused."""
    until = time.monotonic() + 60
    while True:
        rows = site.query(
            "SELECT outcome, count(*) FROM assist_suggestion s JOIN projects_project p ON p.public_id = s.project_key"
            " WHERE p.name = ANY(%s) GROUP BY outcome",
            [PICTURES, REPORTS],
        )
        found = dict(rows)
        if found.get("accepted", 0) > 6 or time.monotonic() > until:
            return found
        time.sleep(0.5)


def check_books(site: Site) -> None:
    """Anew from transfers alone: two paid for the astronaut, one for the cat, and two fractions for the report."""
    balances = dict(site.query(BALANCES, TASKERS, [PICTURES, REPORTS]))
    assert sum(balances.values()) == 0
    (earned,) = site.query(
        "SELECT sum(t.amount) FROM taskers_transfer t JOIN taskers_account a ON a.id = t.source_id"
        " JOIN projects_project p ON p.public_id = a.project_key"
        " WHERE starts_with(t.key, 'verdict:') AND p.name = ANY(%s)",
        [PICTURES, REPORTS],
    )[0]
    right = site.query(
        "SELECT count(*) FROM projects_verdict v JOIN projects_task t ON t.id = v.task_id"
        " JOIN projects_project p ON p.id = t.project_id WHERE v.method = 'review_v1' AND p.name = ANY(%s)",
        [PICTURES, REPORTS],
    )
    assert right == [(1,)]
    assert earned == -balances["labelling"] == 2 * 100_000 + 1 * 100_000 + 2 * 5_000
    # Half-cent fractions stay owed; whole cents were paid once.
    assert balances["paid"] == 300_000
    assert balances["owed"] == 10_000
    assert balances.get("in_payout", 0) == 0
    assert outcomes(site)["accepted"] > 6 and outcomes(site)["refused"] == 2
    audit = site.manage("audit")
    assert audit.returncode == 0, audit.stdout + audit.stderr


# How many rows there are of all that must happen once, of the story alone: what was there before goes on.
COUNTS = """
WITH project AS (SELECT id, public_id FROM projects_project WHERE name = ANY(%s)),
  task AS (SELECT id FROM projects_task WHERE project_id IN (SELECT id FROM project)),
  account AS (SELECT a.id FROM taskers_account a LEFT JOIN taskers_person w ON w.id = a.tasker_id
    WHERE w.email = ANY(%s) OR a.project_key IN (SELECT public_id FROM project))
SELECT (SELECT count(*) FROM task),
  (SELECT count(*) FROM projects_assignment WHERE task_id IN (SELECT id FROM task)),
  (SELECT count(*) FROM projects_annotation WHERE task_id IN (SELECT id FROM task)),
  (SELECT count(*) FROM projects_verdict WHERE task_id IN (SELECT id FROM task)),
  (SELECT count(*) FROM taskers_grade WHERE project_key IN (SELECT public_id FROM project)),
  (SELECT count(*) FROM taskers_transfer WHERE source_id IN (SELECT id FROM account)),
  (SELECT count(*) FROM taskers_payoutitem i JOIN taskers_person w ON w.id = i.tasker_id WHERE w.email = ANY(%s))
"""


def counts(site: Site) -> tuple[int, ...]:
    (found,) = site.query(COUNTS, [PICTURES, REPORTS], TASKERS, TASKERS)
    return found
