"""One line of what was asked and what is reached."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """What, what was asked of it, what was found, and whether that holds; None where nothing was asked."""

    what: str
    asked: str
    reached: str
    holds: bool | None = None
