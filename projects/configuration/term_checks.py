"""What a project's terms may be, as numbers and together."""

from collections.abc import Mapping
from typing import Any

from projects.configuration import methods
from projects.configuration.terms import terms_of
from projects.errors import Refused
from projects.inference.calibration import Calibration
from projects.models import PooledGold, Project, ProjectSettings, limits
from taskers.models.limits import Between

# What says how many judgements a task gets.
OVERLAP = ("aggregation", "most", "target")
MAY_BE_EMPTY = ("most", "budget")


def check_numbers(values: Mapping, task_type: str) -> None:
    """Raises Refused, with the setting as the place, for what is out of bounds or doesn't fit the other settings."""
    for name, limit in limits.SETTINGS.items():
        if name in values and not (values[name] is None and name in MAY_BE_EMPTY):
            limits.check(name, values[name], limit, "bad-setting")
    for name, limit in limits.THRESHOLDS.items():
        if name in (values.get("thresholds") or {}):
            limits.check(name, values["thresholds"][name], limit, "bad-setting")
    if len(values.get("instructions") or "") > limits.INSTRUCTIONS:
        text = "Instructions are a text of at most %(most)s characters."
        raise Refused(text, code="too-long", place="instructions", most=limits.INSTRUCTIONS)
    wanted, most, budget = values.get("wanted", 1), values.get("most"), values.get("budget")
    if most is not None:
        limits.check("most", most, Between(wanted, limits.SETTINGS["most"].most), "bad-setting")
    if budget is not None:
        if most is None:
            raise Refused("Say how many judgements one task may get at most.", code="bad-setting", place="most")
        limits.check("budget", budget, Between(wanted, most), "bad-setting")
    fitting = {one.key: f"{one.title} ({one.key})" for one in methods.fitting(task_type, values.get("fields") or [])}
    if values.get("aggregation", methods.MAJORITY) not in fitting:
        text = "What is asked here can't be decided that way. Choose one of %(choices)s."
        raise Refused(text, code="bad-setting", place="aggregation", choices=", ".join(fitting.values()))


def check_reach(project: Project, before: ProjectSettings | None, values: Mapping[str, Any]) -> None:
    """Raises Refused for a target that is new, and that no agreement reaches."""
    method, most = values.get("aggregation", methods.MAJORITY), values.get("most")
    if most and (before is None or any(getattr(before, name) != values.get(name) for name in OVERLAP)):
        known = terms_of(project, method=method).calibration if before else None
        _check_overlap(values["target"], method, most, known)


def _check_overlap(target: float, method: str, most: int, calibration: Calibration | None) -> None:
    """A target that even one voice never reaches would ask for every judgement there may be, and then a reviewer."""
    reached = int(100 * methods.surest(method, most, calibration))
    if 100 * target < reached + 1:
        return
    text = (
        "By majority, %(most)s answers that all agree are %(reached)s %% sure, as far as is known here: every task"
        " would go to a reviewer. Be sure enough from %(reached)s %% or less, let more be asked, or weigh by standing."
    )
    raise Refused(text, code="beyond-reach", place="target", most=most, reached=reached)


def check_file_order(project: Project) -> None:
    """Raises Refused where gold is mixed in: out of an order that is known, it would be seen."""
    dealt = PooledGold.objects.filter(project=project, pool=PooledGold.Pool.CONTROL, retired_at=None)
    if dealt.exists():
        text = "Gold is mixed into this project's work, and in file order they would stand out. Retire them first."
        raise Refused(text, code="file-order", place="file_order")
