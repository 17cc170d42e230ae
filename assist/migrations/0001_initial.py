"""Models, where they are deployed, and what they suggested."""

import django.db.models.deletion
import django.db.models.functions.datetime
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("projects", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="ModelVersion",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("public_id", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("name", models.CharField(max_length=80)),
                ("version", models.CharField(max_length=40)),
                (
                    "capability",
                    models.CharField(
                        choices=[
                            ("segment", "Masks"),
                            ("spans", "Spans"),
                            ("classify", "Classes"),
                            ("embed", "Embeddings"),
                        ],
                        max_length=10,
                    ),
                ),
                ("runtime", models.CharField(max_length=40)),
                ("artifacts", models.JSONField(default=dict)),
                ("licence", models.CharField(blank=True, max_length=80)),
                ("source", models.CharField(blank=True, max_length=200)),
                ("metrics", models.JSONField(default=dict)),
                (
                    "added_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
                ),
                ("removed_at", models.DateTimeField(blank=True, null=True)),
                (
                    "parent",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="children",
                        to="assist.modelversion",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("name", "version"), name="model_version_once"),
                ],
            },
        ),
        migrations.CreateModel(
            name="LabelVectors",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("field", models.CharField(max_length=60)),
                ("labels", models.JSONField(default=list)),
                ("sums", models.BinaryField()),
                ("verdicts", models.PositiveIntegerField(default=0)),
                ("blind", models.PositiveIntegerField(default=0)),
                ("right", models.FloatField(blank=True, null=True)),
                ("temperature", models.FloatField(blank=True, null=True)),
                ("upto", models.BigIntegerField(default=0)),
                ("at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
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
                "verbose_name_plural": "label vectors",
                "constraints": [
                    models.UniqueConstraint(fields=("project", "version", "field"), name="label_vectors_once"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Deployment",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("share", models.PositiveSmallIntegerField()),
                (
                    "started_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
                ),
                ("ended_at", models.DateTimeField(blank=True, null=True)),
                (
                    "project",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="projects.project"
                    ),
                ),
                (
                    "started_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "version",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="deployments",
                        to="assist.modelversion",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("ended_at", None)),
                        fields=("project", "version"),
                        name="deployment_once_at_a_time",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("share__gte", 1), ("share__lte", 100)), name="deployment_share_in_percent"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="AnnotatorVersion",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("answered", models.PositiveIntegerField(default=0)),
                ("skipped", models.PositiveIntegerField(default=0)),
                ("note", models.CharField(blank=True, max_length=300)),
                (
                    "placed_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
                ),
                (
                    "annotator",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="projects.modelannotator"
                    ),
                ),
                (
                    "placed_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "version",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="annotator_versions",
                        to="assist.modelversion",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Precompute",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("public_id", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("running", "Under way"),
                            ("stopped", "Stopped"),
                            ("failed", "Failed"),
                            ("done", "Done"),
                        ],
                        default="running",
                        max_length=8,
                    ),
                ),
                ("after", models.BigIntegerField(default=0)),
                ("done", models.PositiveIntegerField(default=0)),
                ("problems", models.PositiveIntegerField(default=0)),
                ("seconds", models.FloatField(default=0.0)),
                ("note", models.CharField(blank=True, max_length=300)),
                (
                    "started_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
                ),
                (
                    "batch",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="projects.batch"
                    ),
                ),
                (
                    "started_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
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
                "constraints": [
                    models.UniqueConstraint(fields=("batch", "version"), name="precompute_once"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Precomputed",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("task_key", models.BigIntegerField()),
                ("output", models.JSONField()),
                (
                    "version",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="assist.modelversion"
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "precomputed",
                "constraints": [
                    models.UniqueConstraint(fields=("task_key", "version"), name="precomputed_once"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Suggestion",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("public_id", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("assignment_key", models.BigIntegerField()),
                ("task_key", models.BigIntegerField()),
                ("project_key", models.UUIDField()),
                ("prompt", models.JSONField(default=dict)),
                ("output", models.JSONField(default=dict)),
                ("score", models.FloatField(blank=True, null=True)),
                ("latency_ms", models.PositiveIntegerField(default=0)),
                ("planted", models.BooleanField(default=False)),
                ("edit", models.FloatField(blank=True, null=True)),
                (
                    "outcome",
                    models.CharField(
                        choices=[
                            ("offered", "Offered"),
                            ("accepted", "Accepted as it was"),
                            ("edited", "Accepted and edited"),
                            ("refused", "Refused"),
                            ("ignored", "Ignored"),
                            ("refined", "Refined by a later click"),
                        ],
                        default="offered",
                        max_length=8,
                    ),
                ),
                (
                    "offered_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
                ),
                ("settled_at", models.DateTimeField(blank=True, null=True)),
                (
                    "model",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="suggestions",
                        to="assist.modelversion",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["assignment_key"], name="suggestion_by_assignment"),
                    models.Index(fields=["project_key", "id"], name="suggestion_by_project"),
                    models.Index(condition=models.Q(("outcome", "offered")), fields=["id"], name="suggestion_open"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("outcome", "offered"), ("settled_at", None)),
                            models.Q(models.Q(("outcome", "offered"), _negated=True), ("settled_at__isnull", False)),
                            _connector="OR",
                        ),
                        name="suggestion_settled_has_time",
                    ),
                ],
            },
        ),
    ]
