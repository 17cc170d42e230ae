"""The answer when there is nothing to hand out."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Nothing:
    """There is nothing to hand out: why, in words, and in how many seconds asking again may help."""

    code: str
    text: str
    retry_seconds: int | None = None
