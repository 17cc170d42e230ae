"""What a customer who follows the feed of verdicts holds, and what it should."""

from projects.models import Project, Verdict, VerdictEntry
from projects.reports import verdict_index


def followed(project: Project, known: dict, after: int) -> int:
    """What a customer's reader does: keeps what it is told, and forgets what it is told is gone."""
    while lines := verdict_index.since(project, after, 2):
        for line in lines:
            if isinstance(line, VerdictEntry):
                known[str(line.task.public_id)] = line.verdict.public_id
            else:
                known.pop(str(line.task_public_id), None)
            after = line.pk
    return after


def standing(project: Project) -> dict:
    rows = Verdict.objects.current().filter(task__project=project)
    return {str(task): public for task, public in rows.values_list("task__public_id", "public_id")}
