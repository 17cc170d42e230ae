"""What numbers and texts of the work may be, each said once: models, forms, serializers and verbs ask here.

What an answer may hold stands with its task type (projects/task_types/), and so do the fields that are asked for
(asked_fields.py). Where the database's own constraint is wider, it stands in the model.
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from projects.errors import Refused
from taskers.models.limits import BONUS as GIVEN
from taskers.models.limits import Between
from taskers.money.ledger import MILLIONTHS

SHARE = Between(0, 1)
PERCENT = Between(0, 100)
SEED = Between(0, 2**31)  # of a training run
TRIALS = Between(1, 500)  # of a search
SEARCH_MINUTES = Between(1, 7 * 24 * 60)
AT_ONCE = Between(1, 8)  # trials
WEEK = 7 * 24 * 3600  # seconds


@dataclass(frozen=True)
class Money(Between):
    """Of millionths, which people write in units of the currency."""

    @property
    def bounds(self) -> dict[str, Any]:
        """As decimal fields take them, six digits behind the point."""
        return {
            "min_value": Decimal(int(self.least)) / MILLIONTHS if self.least else 0,
            "max_digits": len(str(int(self.most))),
            "decimal_places": 6,
        }


RATE = Money(0, 10**12 - 1)  # for one piece of work
# By the names of a project's settings.
SETTINGS: dict[str, Between] = {
    "wanted": Between(1, 50),
    "most": Between(1, 50),
    "budget": Between(1, 50),
    "target": Between(0.5, 0.999),
    "audit_share": SHARE,
    "rate": RATE,
    "unit_rate": RATE,
    "hourly_rate": RATE,
    "paid_seconds": Between(1, 4 * 3600),
    "review_rate": RATE,
    "raise_percent": Between(0, 300),
    "raise_from": Between(0.5, 0.99),  # no lower: it begins at .37 where nothing is known
    "pay_floor": SHARE,
    "lease_seconds": Between(30, WEEK),
    "minimum_score": SHARE,
    "control_share": Between(0, 0.5),
    "planted_share": Between(0, 0.5),
    "grid": Between(1, 100),
    "correction_minutes": Between(0, WEEK // 60),
}
THRESHOLDS: dict[str, Between] = {"agreement": SHARE, "iou": SHARE}
BONUS = Money(GIVEN.least, GIVEN.most)  # by a rule
SPENDING = Money(1, 10**15 - 1)  # of a project, in all
REVIEW_DAYS = Between(1, 365)  # after which what waits for a reviewer is paid
DAILY = Money(1, 10**15 - 1)  # to one person
# By the names of a project's rules.
RULES: dict[str, Between] = {
    "standing_floor": SHARE,
    "standing_evidence": Between(0, 10**6),
    "daily_tasks": Between(1, 10**6),
    "daily_earnings": DAILY,
    "gold_share": Between(0, 0.5),
    "gold_uses": Between(1, 10**6),
    "reporters": Between(1, 10),
    "reports_daily": Between(0, 1_000),
    "reports_share": SHARE,
    "training_tasks": Between(0, 100),
    "training_pass": SHARE,
    "training_tries": Between(1, 100),
    "training_days": Between(1, 36_500),
    "training_wait": Between(0, 8_760),
    "training_rate": RATE,
}
# By the names of the terms on which a model works among a project's annotators.
ANNOTATOR: dict[str, Between] = {
    "target_error": Between(0.001, 0.4),
    "assurance": Between(0.5, 0.999),
    "audit_share": Between(0.02, 1.0),
}
# By the names of what a project asks of a model before it decides alone.
DECIDING: dict[str, Between] = {
    "least_score": SHARE,
    "most_miscalibration": Between(0.01, 1),
    "most_seconds": Between(0.01, 600),
    "most_memory": Between(1, 1_000_000),  # MB
}
# Of a rule by which something follows by itself: work that is looked at, and how long what follows lasts.
RULE_WINDOW = Between(3, 200)
RULE_THRESHOLD = Between(0, 86_400)  # seconds of speed, percents as a form has them, else a share
GOLD_AT_ONCE = Between(1, 500)  # verdicts that become gold
RULE_HOURS = Between(1, 24 * 90)
# By the names of the terms on which a version comes to answer step by step.
ROLLOUT: dict[str, Between] = {
    "margin": Between(0.01, 0.3),
    "quiet_hours": Between(1, 720),
    "step_days": Between(1, 90),
    "shadow_verdicts": Between(0, 10_000),
}
# By the names of the terms on which a recipe learns anew by itself.
PLAN: dict[str, Between] = {
    "every_days": Between(1, 366),
    "new_verdicts": Between(1, 5_000),
    "minutes": Between(1, 24 * 60),
    "trials": Between(2, 200),
    "search_minutes": Between(1, 24 * 60),
    "most_failures": Between(1, 20),
}
# By the names of the terms on which a model chooses what is labelled next. What judges models is three tenths of all
# tasks, and is chosen by lot alone.
SELECTION: dict[str, Between] = {
    "share": Between(0.02, 0.25),
    "random_share": Between(0.3, 0.9),
}
VERSION = Between(0, 2**31 - 1)  # of a draft
BYTES = Between(1, 2**62)  # of a file that comes in parts
OFFSET = Between(0, 2**62)  # in it
ACTIVE_MS = Between(0, 2**53 - 1)  # milliseconds of work, as whoever did it says
PRIORITY = Between(-1_000_000, 1_000_000)  # of a project, a batch

DELIVERIES_AT_ONCE = 20  # of a project that wait or are being made
DELIVERY_DAYS = Between(1, 36_500)  # that a delivery's file is kept

# Characters.
NAME = 120  # of a project, a batch, a model among the annotators
LABEL_NAME = 80
KEY = 60  # of a label, an attribute; and an attribute's name or choice
INSTRUCTIONS = 50_000
EXPLANATION = 4_000
ALT = 300  # what a picture in the instructions shows
LISTED = 150_000  # of a label's attributes, or of fields one a line: as many as may be asked take no more
LISTS_NAMED = 2_000  # addresses and teams, with commas between
VALUES_LISTED = 2_000  # the values of a requirement, with commas between
EXTERNAL_ID = 200
URL = 2000  # of a receiver of webhooks
BEGINNING = 500  # what is kept of a receiver's answer
IMPORTED_NAME = 300  # of a label, in a file's words
FILE_NAME = 200
SOURCE = 80  # whose predictions or annotations were imported
COMMENT = 2_000
NOTE = 2_000  # of a tasker who skips or reports, of a reviewer who decides
WITHHELD_NOTE = 500  # why a task is handed out no more, for its history
REASON = 300  # why somebody is kept out, why a model is moved
VOID_REASON = 200
PAIR_NOTE = 200
RETIRED_WHY = 80
META = 20_000  # of a task's metadata, when it is amended
PLACE = 500  # where a delivery is written to
TAG = 40
SEARCHED = 200  # what is looked for, in words
SUGGESTION = 40  # the name of one that a tasker refused

# How many.
LABELS = 200
ATTRIBUTES = 20  # of one label
CHOICES = Between(2, 50)  # of one attribute
REQUIREMENTS = 30
REQUIRED_VALUES = 50  # of one requirement
ORDERED = 1_000  # items of a course, of one call
TAGS = 20  # on one task
TASK_VIEWS = 100  # of one project
ILLUSTRATIONS = 50  # pictures in the instructions of one project
ILLUSTRATION_BYTES = 10 * 2**20  # of one of them
REFUSED = 5_000  # suggestions, of one answer


def check(name: str, value: object, limit: Between, code: str) -> None:
    """Raises Refused, with its code and the name as the place, for what is no number within a limit."""
    if not limit.holds(value):
        text = "“%(name)s” is a number from %(low)s to %(high)s."
        raise Refused(text, code=code, place=name, name=name, low=limit.least, high=limit.most)
