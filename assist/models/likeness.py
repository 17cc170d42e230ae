"""What becomes of tasks that are nearly the same as one that is there already."""

from django.db import models

from projects.models import Project
from taskers.models import Person


class NearlyTheSame(models.Model):
    """A project's choice (sole writer: alike/duplicates.py); without one such tasks are flagged."""

    class Act(models.TextChoices):
        FLAG = "flag", "Tag them"
        HOLD = "hold", "Tag them and hold them back"
        NOTHING = "nothing", "Don’t look for them"

    project = models.OneToOneField(Project, on_delete=models.CASCADE, related_name="+")
    act = models.CharField(max_length=7, choices=Act, default=Act.FLAG)
    # A choice holds for what comes behind the newest task of its moment; for what isn't looked through yet up to there,
    # what held before does.
    after = models.BigIntegerField(default=0, db_default=0)
    before = models.CharField(max_length=7, choices=Act, default=Act.FLAG, db_default=Act.FLAG)
    # Empty where nobody chose: projects that were there when tasks began to be compared.
    chosen_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")

    def __str__(self) -> str:
        return f"{self.act} in {self.project}"
