"""From several answers to one: the outcome's shape and the methods by name and version.

Every method is a pure function of its inputs: the order of the answers is nothing, and the same
answers give the same outcome. A verdict stores the name under which it was made, so a method that
changes gets a new version beside the old one.
"""

from projects.inference.instance_level import ByParts
from projects.inference.majority import majority_v1
from projects.inference.outcome import Aggregate, Agree, Merge, Outcome, Weigh
from projects.inference.region_parts import REGIONS
from projects.inference.span_parts import SPANS
from projects.inference.standing import standing_v1

AGGREGATIONS: dict[str, Aggregate] = {
    "majority_v1": majority_v1,
}

# Those that need each tasker's standing beside the answers.
WEIGHTED: dict[str, Weigh] = {
    "standing_v1": standing_v1,
}

# Those that decide answers made of parts, one by one: they need an accuracy model of two classes, with parameters.
BY_PART: dict[str, ByParts] = {
    "spans_v1": SPANS,
    "regions_v1": REGIONS,
}

__all__ = ["AGGREGATIONS", "BY_PART", "WEIGHTED", "Aggregate", "Agree", "Merge", "Outcome", "Weigh"]
