"""What a rule may watch: each looks at somebody's newest work and says what it measures where that is over the line."""

from projects.workflow.automatic_rules.conditions import agreement, drift, gold, skips, speed, time
from projects.workflow.automatic_rules.conditions.protocol import Condition

CONDITIONS: dict[str, Condition] = {
    "speed": speed.CONDITION,
    "time": time.CONDITION,
    "gold": gold.CONDITION,
    "agreement": agreement.CONDITION,
    "skips": skips.CONDITION,
    "drift": drift.CONDITION,
}
