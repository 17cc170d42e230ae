"""What people can do: an organization's skills, languages and qualifications; who has them, how well, until when."""

from django.db import models
from django.db.models.functions import Now

from taskers.models import limits
from taskers.models.people import Organization, Person


class Skill(models.Model):
    """Something that a project may ask for. Values are numbers that the organization gives a meaning to."""

    class Kind(models.TextChoices):
        SKILL = "skill", "Skill"
        LANGUAGE = "language", "Language"
        QUALIFICATION = "qualification", "Qualification"  # earned by passing a course

    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="skills")
    key = models.SlugField(max_length=limits.SKILL_KEY)
    name = models.CharField(max_length=limits.SKILL_NAME)
    kind = models.CharField(max_length=13, choices=Kind, default=Kind.SKILL)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organization", "key"], name="skill_key_once")]

    def __str__(self) -> str:
        return self.name


class Qualification(models.Model):
    """One person's value in one skill; without an end it stays."""

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="qualifications")
    skill = models.ForeignKey(Skill, on_delete=models.PROTECT, related_name="qualifications")
    value = models.FloatField(default=1.0)
    expires_at = models.DateTimeField(null=True, blank=True)
    granted_by = models.ForeignKey(Person, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    granted_at = models.DateTimeField(db_default=Now())
    note = models.CharField(max_length=limits.SKILL_NOTE, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["person", "skill"], name="qualification_once"),
            models.CheckConstraint(condition=limits.SKILL_VALUE.on("value"), name="qualification_value_sane"),
        ]

    def __str__(self) -> str:
        return f"{self.person}: {self.skill} {self.value:g}"
