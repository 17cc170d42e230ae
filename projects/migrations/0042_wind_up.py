"""How far the half-done tasks of a batch that is over are decided is told on its project's page."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("projects", "0041_corrections")]

    operations = [
        migrations.CreateModel(
            "WindUp",
            [
                (
                    "batch",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="wind_up",
                        serialize=False,
                        to="projects.batch",
                    ),
                ),
                ("tasks", models.PositiveIntegerField(blank=True, null=True)),
                ("done", models.PositiveIntegerField(default=0)),
            ],
        ),
    ]
