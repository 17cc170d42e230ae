"""Why work is refused, by name. Codes are listed in docs/api.md; a name never changes its meaning."""

from taskers.errors import Problem, StateConflict


class Refused(Problem):
    """What was sent can't be taken as it is."""

    code = "refused"
    status = 422


class NothingToExport(Refused):
    """No task is decided here yet, so there is nothing to export. Include undecided answers, or export again later."""

    code = "nothing-to-export"


class NothingSubmitted(NothingToExport):
    """No answer has been submitted here yet, so there is nothing to export. Export again once there is one."""


class GaveUp(Refused):
    """It was begun again and again, and never came to its end. Ask your operator what the log says."""

    code = "gave-up"


class WorkerCrashed(Refused):
    """The job %(job)s killed its worker %(number)s times, so it was ended. Ask your operator what the log says."""

    code = "worker-crashed"


class Quarantined(Refused):
    """Reading %(name)s killed %(number)s workers (job %(job)s), so the file is in quarantine: ask your operator."""

    code = "quarantined"


class LeaseLost(StateConflict):
    """This work is no longer yours: its time ran out and somebody else has it now. Your draft is kept."""

    code = "lease-lost"


class WrongToken(StateConflict):
    """This token doesn't belong to this work. Claim it again and send the token that comes with it."""

    code = "wrong-token"


class HoldsAnother(StateConflict):
    """You have another task of this project in hand. Finish it or give it back, then open this one."""

    code = "holds-another"


class NotFree(StateConflict):
    """This task isn't free for you: it is decided or withheld, others are at it, or you did it already."""

    code = "not-free"


class NotListed(StateConflict):
    """This task isn't on your list."""

    code = "not-on-your-list"


class NotAllowedNow(StateConflict):
    """You may not work here at the moment."""

    code = "may-not-work"


class Banned(StateConflict):
    """You were banned here after the time for this work ran out, so it can't be taken any more. Your draft is kept."""

    code = "banned"


class NotPublished(StateConflict):
    """This project isn't published yet: its work begins once one of its managers publishes it."""

    code = "not-published"


class TooManyReports(StateConflict):
    """You reported as many tasks as one person may in a day. Skip this one, or do it as well as it can be done."""

    code = "too-many-reports"


class AlreadySubmitted(StateConflict):
    """You handed this work in already, perhaps in another tab; the first answer stands."""

    code = "already-submitted"
    submitted: dict | None = None  # the answer that stands, and for how long it may be corrected, as the wire shows it


class AlreadyDecided(StateConflict):
    """This task already has a verdict."""

    code = "already-decided"


class NotTheLast(StateConflict):
    """Only your last decision can be taken back, while it stands."""

    code = "not-the-last"


class LaterOnIt(StateConflict):
    """Something newer stands on this decision: gold, a dispute, an audit or another review."""

    code = "later-on-it"


class StaleDraft(StateConflict):
    """A newer draft of this work is already saved, perhaps from another tab."""

    code = "stale-draft"

    def __init__(self, newest: dict | None = None) -> None:
        """`newest` is the draft that is saved, as the wire shows it."""
        self.newest = newest
        super().__init__()


class OwnWork(Problem):
    """Nobody reviews a task that they worked on."""

    code = "own-work"
    status = 403


class PartnersWork(Problem):
    """Nobody reviews a task that somebody worked on whom they have a conflict of interest with."""

    code = "partners-work"
    status = 403


class CorrectionOver(StateConflict):
    """The time to correct this work is over; what was handed in counts."""

    code = "correction-over"


class StillCorrectable(StateConflict):
    """An answer to this task may still be corrected by whoever gave it; decide it when that time is over."""

    code = "still-correctable"
