"""How a person likes to work."""

from django.db import models

from taskers.models.people import Person


class Preferences(models.Model):
    """What a person chose for the studio, on whatever machine they sit; who chose nothing has no row."""

    person = models.OneToOneField(Person, on_delete=models.CASCADE, related_name="+", primary_key=True)
    keys = models.JSONField(default=dict)  # "table.action" -> chords, of those that aren't as Tandem brings them
    submit_on_choice = models.BooleanField(default=False, db_default=False)

    class Meta:
        verbose_name_plural = "preferences"

    def __str__(self) -> str:
        return f"Preferences of {self.person_id}"
