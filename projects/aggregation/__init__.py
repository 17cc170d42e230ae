"""From several answers to one: the outcome's shape and the methods by name and version.

Every method is a pure function of its inputs: the order of the answers is nothing, and the same
answers give the same outcome. A verdict stores the name under which it was made, so a method that
changes gets a new version beside the old one.
"""

from projects.aggregation.majority import majority_v1
from projects.aggregation.outcome import Aggregate, Agree, Merge, Outcome

AGGREGATIONS: dict[str, Aggregate] = {
    "majority_v1": majority_v1,
}

__all__ = ["AGGREGATIONS", "Agree", "Aggregate", "Merge", "Outcome"]
