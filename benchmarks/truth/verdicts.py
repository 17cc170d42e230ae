"""What was asked, what was reached, and whether that meets it: one line each, told again at the end."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

Say = Callable[[str], None]


@dataclass
class Ledger:
    """Collects the rows of every part that ran."""

    say: Say
    rows: list[tuple[str, str, str, bool]] = field(default_factory=list)

    def told(self, what: str, asked: str, reached: str, met: bool) -> None:
        """One row; printed at once and in the table at the end."""
        self.rows.append((what, asked, reached, met))
        self.say(f"asked {asked}; reached {reached}: {'met' if met else 'missed'}")

    def table(self) -> None:
        """All rows, as a table that documents take as it is."""
        if not self.rows:
            return
        self.say("\n## What must be reached\n")
        rows = [(what, asked, reached, "met" if met else "missed") for what, asked, reached, met in self.rows]
        heads = ("what", "asked", "reached", "")
        wide = [max(len(row[n]) for row in (heads, *rows)) for n in range(4)]
        for row in (heads, tuple("-" * one for one in wide), *rows):
            self.say("| " + " | ".join(f"{text:{width}s}" for text, width in zip(row, wide, strict=True)) + " |")
