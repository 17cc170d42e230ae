"""What a tasker holds is found by an index of its own, and deadlines by one that serves nothing else.

A claim asks what is in its tasker's hands. On statistics that knew of no held rows the server walked all of those by
their deadlines, past the dead entries of everything handed in since the last vacuum.
"""

import django.db.models.expressions
from django.db import migrations, models
from django.db.models import F


class Migration(migrations.Migration):
    dependencies = [("projects", "0026_archive_reason")]

    operations = [
        migrations.AddIndex(
            "assignment",
            models.Index(
                django.db.models.expressions.CombinedExpression(F("tasker"), "+", models.Value(0)),
                condition=models.Q(("state", "held")),
                name="assignment_in_hands",
            ),
        ),
        migrations.AddIndex(
            "assignment",
            models.Index(
                fields=["deadline"],
                condition=models.Q(("ended_at", None), ("held_at__isnull", False)),
                name="assignment_runs_out",
            ),
        ),
        migrations.RemoveIndex("assignment", "assignment_deadline"),
    ]
