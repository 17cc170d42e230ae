"""What a reviewer's page needs to put an answer together from parts of several."""

from collections.abc import Mapping, Sequence
from typing import Any

from projects.inference import deadline
from projects.models import ProjectSettings
from projects.task_types import TASK_TYPES

LONGEST = 5.0  # seconds for which somebody who opens a review may wait


def matches_json(task_type: str, answers: Sequence[Mapping[str, Any]], settings: ProjectSettings) -> list[list[list]]:
    """Which parts of these answers, as they are shown, are about one thing: [[number of the answer, of the part], …].

    Empty where there is nothing to combine, or matching takes too long; the answers can be compared all the same.
    """
    said = [one["answer"] for one in answers]
    if len(said) < 2:
        return []
    try:
        with deadline.within(LONGEST):
            found = TASK_TYPES[task_type].matched_parts(said, settings.thresholds)
    except deadline.TooLong:
        return []
    return [[list(part) for part in match] for match in found]
