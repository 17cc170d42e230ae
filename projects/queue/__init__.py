"""Handing out work, and taking it back. The only writer of Assignment.state, Task.wanted and Task.withheld.

Every move is a conditional UPDATE whose row count is the answer. Moves that may make or end a promise of a task lock
the task's row first, so that what is counted for it can't change between the look and the step (DESIGN rules 1 to 3).
"""

from projects.queue import work_lists
from projects.queue.audit import audit
from projects.queue.broken import dismiss, report, uphold
from projects.queue.claim import MOST_IN_A_GROUP, claim, claim_any, claim_group
from projects.queue.claim_numbers import RequestedTask, choose_anew
from projects.queue.complete import Delivery, deliver, lock_known, promise
from projects.queue.gold import set_aside, take_up
from projects.queue.imported import PastJudgement, extend_imported, hand_in_imported, openings_of
from projects.queue.leases import expire_due, force_release, held, no_longer_held, release, renew, skip
from projects.queue.look_ahead import Lookahead, look_ahead, peek
from projects.queue.named_claim import (
    check_lists,
    claim_named,
    claim_named_group,
    kept_from_lists,
    may_choose,
    mode_for,
)
from projects.queue.no_work import Nothing
from projects.queue.priority import prioritize
from projects.queue.qualification import begins_with_course
from projects.queue.reviewing import (
    claim_review,
    first_reviewable,
    next_review,
    refuse_own_work,
    waiting_for_review,
)
from projects.queue.slots import (
    MOST_WANTED,
    ask_again,
    ask_nobody,
    have_reviewed,
    is_correctable,
    lock,
    lower_wanted,
    open_slots,
    raise_wanted,
    reorder,
    restore,
    void,
    want_no_more,
    withhold,
)
from projects.queue.task_state import ask_more, fill, pass_on, settle

__all__ = [
    "Delivery",
    "Lookahead",
    "MOST_IN_A_GROUP",
    "MOST_WANTED",
    "Nothing",
    "PastJudgement",
    "RequestedTask",
    "ask_again",
    "ask_more",
    "ask_nobody",
    "audit",
    "begins_with_course",
    "check_lists",
    "choose_anew",
    "claim",
    "claim_any",
    "claim_group",
    "claim_named",
    "claim_named_group",
    "claim_review",
    "deliver",
    "dismiss",
    "expire_due",
    "extend_imported",
    "fill",
    "first_reviewable",
    "force_release",
    "hand_in_imported",
    "openings_of",
    "have_reviewed",
    "held",
    "kept_from_lists",
    "is_correctable",
    "lock",
    "lock_known",
    "look_ahead",
    "may_choose",
    "mode_for",
    "next_review",
    "open_slots",
    "pass_on",
    "peek",
    "prioritize",
    "promise",
    "lower_wanted",
    "raise_wanted",
    "refuse_own_work",
    "release",
    "no_longer_held",
    "renew",
    "reorder",
    "report",
    "restore",
    "set_aside",
    "settle",
    "skip",
    "take_up",
    "uphold",
    "void",
    "waiting_for_review",
    "want_no_more",
    "withhold",
    "work_lists",
]
