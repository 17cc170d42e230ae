"""How many tasks an evaluation left out, since their picture can't be read; and how far a model's scores of spans may be
believed in a project."""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("assist", "0021_training_plans"),
    ]

    operations = [
        migrations.AddField(
            model_name="evaluation",
            name="unread",
            field=models.PositiveIntegerField(db_default=0, default=0),
        ),
        migrations.AlterField(
            model_name="modelversion",
            name="capability",
            field=models.CharField(
                choices=[
                    ("segment", "Masks"),
                    ("detect", "Boxes"),
                    ("spans", "Spans"),
                    ("classify", "Classes"),
                    ("classify-image", "Classes of images"),
                    ("embed", "Embeddings"),
                    ("embed-image", "Embeddings of images"),
                    ("read", "Text in images"),
                    ("generate", "Words for fields"),
                    ("imported", "Imported predictions"),
                    ("terms", "Names decided before"),
                ],
                max_length=16,
            ),
        ),
        migrations.CreateModel(
            name="MeasuredScores",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("mean", models.JSONField()),
                ("covariance", models.JSONField()),
                ("known", models.PositiveIntegerField()),
                ("right", models.PositiveIntegerField()),
                ("texts", models.PositiveIntegerField()),
                ("verdicts", models.PositiveIntegerField()),
                ("read", models.PositiveIntegerField()),
                ("terms", models.CharField(max_length=64)),
                ("upto", models.BigIntegerField()),
                (
                    "at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
                ),
                (
                    "project",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="projects.project",
                    ),
                ),
                (
                    "version",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="assist.modelversion"
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "measured scores",
                "constraints": [
                    models.UniqueConstraint(fields=("project", "version"), name="measured_scores_once")
                ],
            },
        ),
    ]
