"""What a customer who follows the feed of verdicts holds, and what it should."""

from uuid import UUID

from projects.api.verdict_serializers import FeedLine
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


class Reader:
    """A customer's program that goes by the lines of the feed alone: their states, their answers, their order."""

    def __init__(self, project: Project) -> None:
        self.project, self.after = project, 0
        self.answers: dict[str, UUID] = {}
        self.cancelled: set[str] = set()

    def read(self) -> None:
        """Go on to the end."""
        while lines := verdict_index.since(self.project, self.after, 2):
            rows = FeedLine([one.verdict if isinstance(one, VerdictEntry) else one for one in lines], many=True).data
            for row in rows:
                self.answers.pop(row["task"], None)
                self.cancelled.discard(row["task"])
                if row["state"] == "decided":
                    self.answers[row["task"]] = UUID(row["id"])
                elif row["state"] == "cancelled":
                    self.cancelled.add(row["task"])
            self.after = lines[-1].pk
