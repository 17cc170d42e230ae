"""Which tasks a reviewer looks at although their answers decide them: by lot, by confidence, by who answered, by label.

Before the verdict, so that nothing is paid until somebody looked; or after it, when it stands and is paid already.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from projects.errors import Refused
from projects.models import limits

BEFORE, AFTER = "before", "after"
NAMES = {"share", "below", "standing", "labels", "when"}


@dataclass(frozen=True)
class Decided:
    """What a rule may ask of a task whose answers decide it."""

    drawn: float  # evenly in [0, 1), for its task (queue/draws.py)
    confidence: float
    standing: float  # the lowest of those who answered
    labels: Collection[str]  # that the answer uses


@dataclass(frozen=True)
class ReviewRule:
    """Any of these is enough; what is nothing asks for nothing."""

    share: float = 0.0  # of tasks, drawn by chance
    below: float = 0.0  # confidence
    standing: float = 0.0  # of anybody who answered
    labels: tuple[str, ...] = ()
    when: str = BEFORE

    @property
    def asks(self) -> bool:
        """Whether it asks for anything."""
        return bool(self.share or self.below or self.standing or self.labels)

    def why(self, one: Decided) -> str:
        """The first reason why a reviewer looks at it, in a sentence for them; "" for none."""
        found = self.reasons(one)
        return SENTENCES[found[0]] if found else ""

    def reasons(self, one: Decided) -> list[str]:
        """All of them, by the names of this rule."""
        met = {
            "share": self.share > 0 and one.drawn < self.share,
            "below": one.confidence < self.below,
            "standing": one.standing < self.standing,
            "labels": not set(self.labels).isdisjoint(one.labels),
        }
        return [name for name, is_met in met.items() if is_met]


SENTENCES = {
    "share": "Its answers agree. It was drawn by chance, since the project has a share looked at.",
    "below": "Its answers agree, and are less sure than the project's rule for reviews asks.",
    "standing": "Its answers agree, and somebody of a standing below the project's rule for reviews is among them.",
    "labels": "Its answers agree, and use a label that the project has looked at.",
}


def of(said: Mapping[str, Any]) -> ReviewRule:
    """The rule that a project's settings keep."""
    return ReviewRule(**{**said, "labels": tuple(said.get("labels", ()))}) if said else ReviewRule()


def check(said: object) -> None:
    """Raises Refused for what is no rule."""
    if not isinstance(said, dict) or set(said) - NAMES or said.get("when", BEFORE) not in (BEFORE, AFTER):
        names = ", ".join(sorted(NAMES))
        raise Refused("A rule for reviews has %(names)s.", code="bad-setting", place="review", names=names)
    for name in ("share", "below", "standing"):
        limits.check(name, said.get(name, 0.0), limits.SHARE, "bad-setting")
    labels = said.get("labels", [])
    if not isinstance(labels, list) or len(labels) > limits.LABELS or not all(map(_is_key, labels)):
        raise Refused("These are no labels.", code="bad-setting", place="review")


def check_labels(said: Mapping[str, Any], before: Mapping[str, Any], in_use: Collection[str]) -> None:
    """Raises Refused where a rule speaks of a label that is neither in use nor was in the rule before."""
    if not set(said.get("labels", ())) <= {*in_use, *before.get("labels", ())}:
        raise Refused("These are no labels.", code="bad-setting", place="review")


def relabelled(said: Mapping[str, Any], became: Mapping[str, str]) -> dict[str, Any]:
    """The rule as settings keep it, each label by what it became; those that became nothing are left out."""
    labels = list(dict.fromkeys(became[one] for one in said.get("labels", ()) if one in became))
    kept = {name: value for name, value in said.items() if name != "labels"} | ({"labels": labels} if labels else {})
    return kept if of(kept).asks else {}


def _is_key(label: object) -> bool:
    return isinstance(label, str) and len(label) <= limits.KEY and "\x00" not in label
