"""Work lists: tasks that are reserved for named people or teams (sole writer: queue/work_lists.py)."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from projects.models.work import Project, Task
from taskers.models import Person, Skill


class Reservation(models.Model):
    """A task on somebody's list, or on that of all who have a skill: a team. It promises nothing: the queue does.

    Once its person has done it, or it is decided, it is over: a claim passes it by no more.
    """

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="+", db_index=False)
    task = models.ForeignKey(Task, on_delete=models.CASCADE, related_name="reservations", db_index=False)
    person = models.ForeignKey(
        Person, null=True, blank=True, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    team = models.ForeignKey(Skill, null=True, blank=True, on_delete=models.CASCADE, related_name="+", db_index=False)
    made_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    made_at = models.DateTimeField(db_default=Now(), editable=False)
    over_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(person=None, team__isnull=False) | Q(person__isnull=False, team=None),
                name="reservation_for_one",
            ),
            models.UniqueConstraint(fields=["task", "person", "team"], nulls_distinct=False, name="reservation_once"),
        ]
        indexes = [
            # What a claim walks: the list of a person, and of a team, in a project.
            models.Index(
                fields=["person", "project", "id"],
                condition=Q(over_at=None, person__isnull=False),
                name="reservation_of_person",
            ),
            models.Index(
                fields=["team", "project", "id"],
                condition=Q(over_at=None, team__isnull=False),
                name="reservation_of_team",
            ),
            # The task browser.
            models.Index(fields=["project", "person", "task"], name="reservation_lead"),
        ]

    def __str__(self) -> str:
        return f"{self.task_id} for {self.person or self.team}"
