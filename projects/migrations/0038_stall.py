"""Tasks that wait for answers which nobody may give are told on their project's page."""

import django.db.models.deletion
from django.db import migrations, models
from django.db.models.functions import Now


class Migration(migrations.Migration):
    dependencies = [("projects", "0037_gold_settles_like_work")]

    operations = [
        migrations.CreateModel(
            "Stall",
            [
                (
                    "project",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="stall",
                        serialize=False,
                        to="projects.project",
                    ),
                ),
                ("tasks", models.PositiveIntegerField(default=0)),
                ("begun", models.PositiveIntegerField(default=0)),
                ("whole", models.BooleanField(default=True)),
                ("people", models.PositiveIntegerField(default=0)),
                ("machines", models.PositiveIntegerField(default=0)),
                ("kept", models.JSONField(default=dict)),
                ("looked_at", models.DateTimeField(db_default=Now())),
            ],
        ),
    ]
