"""Handing out work, and taking it back. The only writer of Assignment.state, Task.wanted and Task.withheld.

Every move is a conditional UPDATE whose row count is the answer. Moves that may make or end a promise of a task lock
the task's row first, so that what is counted for it can't change between the look and the step (DESIGN rules 1 to 3).
"""

from projects.queue.audit import audit
from projects.queue.claim import claim, claim_any, claim_group, peek
from projects.queue.gold import set_aside
from projects.queue.handing_in import Delivery, deliver, hand_in, lock_known
from projects.queue.leases import expire_due, in_hands, let_go, release, renew, report, skip
from projects.queue.nothing import Nothing
from projects.queue.reviewing import claim_review, next_review, waiting_for_review
from projects.queue.slots import fill, lock, open_slots, raise_wanted, restore, settle, void, withhold

__all__ = [
    "Delivery",
    "Nothing",
    "audit",
    "claim",
    "claim_any",
    "claim_group",
    "claim_review",
    "deliver",
    "expire_due",
    "fill",
    "hand_in",
    "in_hands",
    "let_go",
    "lock",
    "lock_known",
    "next_review",
    "open_slots",
    "peek",
    "raise_wanted",
    "release",
    "renew",
    "report",
    "restore",
    "set_aside",
    "settle",
    "skip",
    "void",
    "waiting_for_review",
    "withhold",
]
