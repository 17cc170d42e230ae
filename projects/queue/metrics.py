"""What the queue counts of what it does, for operators: never of whom, where, or which task."""

from prometheus_client import Counter

CLAIMS = Counter("tandem_claims_total", "Times that somebody asked for work, by whether there was any.", ["found"])
CLAIMED, NOTHING = CLAIMS.labels("work"), CLAIMS.labels("nothing")
SUBMITS = Counter("tandem_submits_total", "Pieces of work that were handed in.", ["lane"])
EXPIRIES = Counter("tandem_lease_expiries_total", "Leases that ran out before the work was handed in.")
