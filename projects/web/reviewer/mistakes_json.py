"""What the review page tells of mistakes that were found in answers, and of those that were mended."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from projects.models import Annotation, Mistake, Task
from projects.quality.gold import difference_words


def with_mistakes(task: Task, answers: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Answers as the page shows them, each with the mistakes that were found in it; one that was mended with the answer
    that it took the place of, and what changed in words."""
    marked = list(Mistake.objects.filter(task=task).select_related("annotation").order_by("pk"))
    if not marked:
        return list(answers)
    current = Annotation.objects.current().filter(task=task)
    keys = {str(one): (pk, assignment) for one, pk, assignment in current.values_list("public_id", "pk", "assignment")}
    by_assignment: dict[int, list[Mistake]] = defaultdict(list)
    for one in marked:
        by_assignment[one.annotation.assignment_id].append(one)
    return [one | _told(task, one, keys.get(one["id"], (0, 0)), by_assignment) for one in answers]


def _told(task: Task, answer: dict, key: tuple[int, int], marked: dict[int, list[Mistake]]) -> dict[str, Any]:
    found = marked.get(key[1], [])
    mended = next((one for one in found if one.mended_id == key[0]), None)
    told: dict[str, Any] = {
        "mistakes": [
            {"reason": one.get_reason_display(), "note": one.note, "state": one.get_state_display()} for one in found
        ]
    }
    if mended is not None:
        earlier = mended.annotation.answer
        told |= {"earlier": earlier, "changes": difference_words.between(task, earlier, answer["answer"])}
    return told
