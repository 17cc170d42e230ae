"""What was asked of a figure, and what it came to."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Goal:
    """A measure that must be reached: at most `most`, in `unit`."""

    name: str
    most: float
    reached: float
    unit: str = "ms"

    @property
    def met(self) -> bool:
        return self.reached <= self.most


def tell(goals: list[Goal]) -> None:
    """The table of what must be reached. A figure that could not be taken (NaN) counts as missed."""
    print(f"\n{'must reach':48}{'asked':>12}{'reached':>12}")
    for goal in goals:
        asked, reached = f"≤ {goal.most:g} {goal.unit}", f"{goal.reached:.1f} {goal.unit}"
        print(f"{goal.name:48}{asked:>12}{reached:>12}  {'met' if goal.met else 'MISSED'}")
    print(f"{sum(goal.met for goal in goals)} of {len(goals)} met")
