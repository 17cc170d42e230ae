"""Projects, tasks, the queue, answers, verdicts and what is known of them."""

import django.contrib.postgres.fields
import django.contrib.postgres.functions
import django.db.models.deletion
import django.db.models.expressions
import django.db.models.functions.comparison
import django.db.models.functions.datetime
import pgtrigger.compiler
import pgtrigger.migrations
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("taskers", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Project",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("public_id", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("name", models.CharField(max_length=120)),
                ("task_type", models.CharField(max_length=40)),
                (
                    "state",
                    models.CharField(
                        choices=[("draft", "Draft"), ("live", "Live"), ("paused", "Paused"), ("archived", "Archived")],
                        default="draft",
                        max_length=8,
                    ),
                ),
                ("priority", models.IntegerField(default=0)),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
                ),
                (
                    "created_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "organization",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="projects", to="taskers.organization"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("organization", "name"), name="project_name_once"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Batch",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("public_id", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("name", models.CharField(max_length=120)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("draft", "Draft"),
                            ("live", "Live"),
                            ("paused", "Paused"),
                            ("closed", "Closed"),
                            ("cancelled", "Cancelled"),
                        ],
                        default="draft",
                        max_length=10,
                    ),
                ),
                ("priority", models.IntegerField(default=0)),
                ("deadline", models.DateTimeField(blank=True, null=True)),
                ("columns", models.JSONField(blank=True, db_default=[], default=list, null=True)),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
                ),
                (
                    "created_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "project",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="batches", to="projects.project"
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "batches",
                "indexes": [
                    models.Index(condition=models.Q(("state", "live")), fields=["project"], name="batch_live"),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("project", "name"), name="batch_name_once"),
                ],
            },
        ),
        migrations.CreateModel(
            name="ArchivePart",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.PositiveIntegerField()),
                ("file", models.CharField(max_length=200, unique=True)),
                ("sha256", models.CharField(max_length=64)),
                ("size", models.BigIntegerField()),
                ("schema", models.PositiveSmallIntegerField()),
                ("first_task", models.BigIntegerField()),
                ("last_task", models.BigIntegerField()),
                ("rows", models.JSONField()),
                ("tasks", models.BigIntegerField()),
                ("wanted", models.BigIntegerField()),
                ("submitted", models.BigIntegerField()),
                ("decided", models.BigIntegerField()),
                ("in_review", models.BigIntegerField()),
                ("spent", models.BigIntegerField()),
                ("made_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
            ],
            options={
                "indexes": [
                    models.Index(fields=["last_task"], name="archive_part_reach"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("sha256__regex", "^[0-9a-f]{64}$")), name="archive_part_has_sha256"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Assignment",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "public_id",
                    models.UUIDField(
                        db_default=django.contrib.postgres.functions.RandomUUID(),
                        default=uuid.uuid4,
                        editable=False,
                        unique=True,
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("judge", "Judgement"),
                            ("gold", "Known answer"),
                            ("extra", "Left out"),
                            ("training", "Training"),
                            ("review", "Review"),
                            ("audit", "Audit"),
                            ("rework", "Rework"),
                        ],
                        db_default="judge",
                        default="judge",
                        max_length=8,
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("open", "Open"),
                            ("held", "In work"),
                            ("submitted", "Handed in"),
                            ("released", "Given back"),
                            ("skipped", "Skipped"),
                            ("expired", "Ran out"),
                            ("withdrawn", "Withdrawn"),
                        ],
                        db_default="open",
                        default="open",
                        max_length=9,
                    ),
                ),
                ("slot", models.PositiveSmallIntegerField(default=0)),
                (
                    "walk_key",
                    models.BigIntegerField(
                        db_default=models.Func(
                            output_field=models.BigIntegerField(),
                            template="((extract(epoch FROM statement_timestamp()) * 1000000)::bigint << 11) + floor(random() * 2048)::bigint",
                        ),
                        editable=False,
                    ),
                ),
                ("token", models.UUIDField(blank=True, null=True)),
                ("deadline", models.DateTimeField(blank=True, null=True)),
                ("held_at", models.DateTimeField(blank=True, null=True)),
                ("ended_at", models.DateTimeField(blank=True, null=True)),
                ("reason", models.CharField(blank=True, db_default="", max_length=40)),
                ("note", models.TextField(blank=True, db_default="")),
                ("settings_version", models.PositiveIntegerField(blank=True, null=True)),
                ("rate", models.BigIntegerField(blank=True, null=True)),
                ("copilot", models.BooleanField(blank=True, null=True)),
                ("voided_at", models.DateTimeField(blank=True, null=True)),
                ("void_reason", models.CharField(blank=True, db_default="", max_length=200)),
                (
                    "batch",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="assignments",
                        to="projects.batch",
                    ),
                ),
                (
                    "tasker",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="assignments",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("kind", "judge"), ("state", "open")),
                        fields=["batch", "slot", "walk_key"],
                        name="assignment_walk",
                    ),
                    models.Index(
                        condition=models.Q(("state", "held")), fields=["tasker", "batch"], name="assignment_held_by"
                    ),
                    models.Index(
                        django.db.models.expressions.CombinedExpression(models.F("tasker"), "+", models.Value(0)),
                        condition=models.Q(("state", "held")),
                        name="assignment_held_tasker",
                    ),
                    models.Index(
                        condition=models.Q(("ended_at", None), ("held_at__isnull", False)),
                        fields=["deadline"],
                        name="assignment_runs_out",
                    ),
                    models.Index(
                        condition=models.Q(("tasker__isnull", False)),
                        fields=["tasker", "id"],
                        name="assignment_by_tasker",
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state__in", ["open", "withdrawn"]), ("tasker", None), ("token", None)),
                            models.Q(
                                ("deadline__isnull", False),
                                ("held_at__isnull", False),
                                ("state__in", ["held", "submitted", "released", "skipped", "expired"]),
                                ("tasker__isnull", False),
                                ("token__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="assignment_owner_fits_state",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("voided_at", None), ("state", "submitted"), _connector="OR"),
                        name="assignment_only_submitted_is_voided",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ClaimNumber",
            fields=[
                (
                    "tasker",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("number", models.BigIntegerField(db_default=0, default=0)),
            ],
        ),
        migrations.CreateModel(
            name="Gold",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("answer", models.JSONField()),
                ("made_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ("retired_at", models.DateTimeField(blank=True, null=True)),
                (
                    "made_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "gold",
            },
        ),
        migrations.CreateModel(
            name="Task",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "public_id",
                    models.UUIDField(
                        db_default=django.contrib.postgres.functions.RandomUUID(),
                        default=uuid.uuid4,
                        editable=False,
                        unique=True,
                    ),
                ),
                ("external_id", models.CharField(max_length=200)),
                ("payload", models.JSONField()),
                ("payload_hash", models.CharField(max_length=64)),
                ("wanted", models.PositiveSmallIntegerField()),
                (
                    "withheld",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("", "Handed out"),
                            ("broken", "Reported as broken"),
                            ("cancelled", "Cancelled"),
                            ("review", "Waiting for review"),
                            ("manager", "Held back by a manager"),
                        ],
                        db_default="",
                        default="",
                        max_length=10,
                    ),
                ),
                ("review_rank", models.FloatField(db_default=0.0, default=0.0)),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("wanted__gte", 0)), name="task_wanted_not_negative"),
                ],
            },
        ),
        migrations.CreateModel(
            name="AgreementReport",
            fields=[
                (
                    "project",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="projects.project",
                    ),
                ),
                ("asked_at", models.DateTimeField(blank=True, null=True)),
                ("made_at", models.DateTimeField(blank=True, null=True)),
                ("numbers", models.JSONField(default=dict)),
            ],
        ),
        migrations.CreateModel(
            name="Stall",
            fields=[
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
                ("looked_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
        ),
        migrations.CreateModel(
            name="AccuracyModel",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("version", models.PositiveIntegerField()),
                ("method", models.CharField(max_length=40)),
                ("labels", models.JSONField(default=list)),
                ("numbers", models.JSONField(default=dict)),
                ("answers", models.PositiveIntegerField(default=0)),
                ("tasks", models.PositiveIntegerField(default=0)),
                ("upto", models.BigIntegerField(default=0)),
                ("copies", models.JSONField(blank=True, db_default=[], default=list)),
                ("at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                (
                    "project",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="accuracy_models",
                        to="projects.project",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("project", "version"), name="accuracy_model_version_once"),
                ],
            },
        ),
        migrations.CreateModel(
            name="AnnotatorParameters",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("mean", models.JSONField()),
                ("spread", models.JSONField(default=list)),
                ("learnt", models.PositiveIntegerField(default=0)),
                ("finding", models.CharField(blank=True, max_length=8)),
                (
                    "accuracy_model",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="parameters",
                        to="projects.accuracymodel",
                    ),
                ),
                (
                    "tasker",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("accuracy_model", "tasker"), name="annotator_parameters_once"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Archive",
            fields=[
                (
                    "batch",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="archive",
                        serialize=False,
                        to="projects.batch",
                    ),
                ),
                (
                    "started_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
                ),
                ("finished_at", models.DateTimeField(blank=True, null=True)),
                ("kept", models.PositiveIntegerField(default=0)),
                ("manifest", models.CharField(blank=True, max_length=200)),
                ("reason", models.CharField(blank=True, db_default="", default="", max_length=300)),
            ],
        ),
        migrations.CreateModel(
            name="BatchClosing",
            fields=[
                (
                    "batch",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="closing",
                        serialize=False,
                        to="projects.batch",
                    ),
                ),
                ("tasks", models.PositiveIntegerField(blank=True, null=True)),
                ("done", models.PositiveIntegerField(default=0)),
            ],
        ),
        migrations.CreateModel(
            name="BatchPace",
            fields=[
                (
                    "batch",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="pace",
                        serialize=False,
                        to="projects.batch",
                    ),
                ),
                ("served_at", models.DateTimeField(null=True)),
                ("hourly", models.FloatField(default=0.0)),
                ("measured_at", models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name="BatchProgress",
            fields=[
                (
                    "batch",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="progress",
                        serialize=False,
                        to="projects.batch",
                    ),
                ),
                ("tasks", models.BigIntegerField(default=0)),
                ("wanted", models.BigIntegerField(default=0)),
                ("submitted", models.BigIntegerField(default=0)),
                ("decided", models.BigIntegerField(default=0)),
                ("in_review", models.BigIntegerField(default=0)),
                ("spent", models.BigIntegerField(default=0)),
            ],
            options={
                "verbose_name_plural": "batch progress",
            },
        ),
        migrations.CreateModel(
            name="Asset",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("sha256", models.CharField(max_length=64)),
                ("media_type", models.CharField(max_length=80)),
                ("size", models.BigIntegerField()),
                ("width", models.PositiveIntegerField(default=0)),
                ("height", models.PositiveIntegerField(default=0)),
                ("file", models.FileField(max_length=200, upload_to="assets")),
                ("thumbnail", models.FileField(blank=True, max_length=200, upload_to="thumbnails")),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
                ),
                (
                    "organization",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="assets", to="taskers.organization"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("organization", "sha256"), name="asset_once"),
                ],
            },
        ),
        migrations.CreateModel(
            name="ArchivedTask",
            fields=[
                ("id", models.BigIntegerField(primary_key=True, serialize=False)),
                ("public_id", models.UUIDField(unique=True)),
                ("external_id", models.CharField(max_length=200)),
                ("payload_hash", models.CharField(max_length=64)),
                ("decided", models.BooleanField(db_default=True, default=True)),
                (
                    "project",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="projects.project",
                    ),
                ),
                (
                    "part",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="archived_tasks",
                        to="projects.archivepart",
                    ),
                ),
                (
                    "asset",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="archived_tasks",
                        to="projects.asset",
                    ),
                ),
                (
                    "other_asset",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="other_archived_tasks",
                        to="projects.asset",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("other_asset__isnull", False)),
                        fields=["other_asset"],
                        name="archived_other_asset",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("project", "external_id"), name="archived_external_id_once"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Correctable",
            fields=[
                (
                    "assignment",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="correctable",
                        serialize=False,
                        to="projects.assignment",
                    ),
                ),
                ("until", models.DateTimeField()),
            ],
            options={
                "indexes": [
                    models.Index(fields=["until"], name="correctable_until"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Draft",
            fields=[
                (
                    "assignment",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="draft",
                        serialize=False,
                        to="projects.assignment",
                    ),
                ),
                ("version", models.PositiveIntegerField()),
                ("answer", models.JSONField()),
                ("saved_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
        ),
        migrations.CreateModel(
            name="GoldSettlement",
            fields=[
                (
                    "assignment",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="settlement",
                        serialize=False,
                        to="projects.assignment",
                    ),
                ),
                ("goes_by", models.BigIntegerField(null=True)),
                ("due_at", models.DateTimeField(null=True)),
                ("settled_at", models.DateTimeField(null=True)),
                ("graded_at", models.DateTimeField(null=True)),
                ("alone", models.BooleanField(db_default=False, default=False)),
            ],
        ),
        migrations.CreateModel(
            name="Annotation",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("public_id", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("answer", models.JSONField()),
                ("settings_version", models.PositiveIntegerField()),
                ("active_ms", models.PositiveIntegerField(default=0)),
                ("refused", models.JSONField(default=list)),
                ("at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ("superseded_at", models.DateTimeField(blank=True, null=True)),
                (
                    "tasker",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="annotations",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "assignment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="annotations",
                        to="projects.assignment",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["tasker", "id"], name="annotation_by_tasker"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("superseded_at", None)),
                        fields=("assignment",),
                        name="annotation_one_current",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="BatchCursor",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("slot", models.PositiveSmallIntegerField(db_default=0, default=0)),
                ("assignment_key", models.BigIntegerField(db_default=0, default=0)),
                ("swept", models.BigIntegerField(db_default=0, default=0)),
                ("rounds", models.PositiveIntegerField(db_default=0, default=0)),
                (
                    "batch",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="projects.batch"
                    ),
                ),
                (
                    "tasker",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("tasker", "batch", "slot"), name="batch_cursor_once"),
                ],
            },
        ),
        migrations.CreateModel(
            name="ConflictOfInterest",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "public_id",
                    models.UUIDField(
                        db_default=django.contrib.postgres.functions.RandomUUID(),
                        default=uuid.uuid4,
                        editable=False,
                        unique=True,
                    ),
                ),
                (
                    "relation",
                    models.CharField(
                        choices=[
                            ("relatives", "Relatives"),
                            ("household", "They live together"),
                            ("training", "One trained the other"),
                            ("other", "Another reason"),
                        ],
                        default="other",
                        max_length=9,
                    ),
                ),
                ("note", models.CharField(blank=True, max_length=200)),
                ("made_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ("lifted_at", models.DateTimeField(blank=True, null=True)),
                (
                    "first",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "made_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "organization",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="taskers.organization"
                    ),
                ),
                (
                    "second",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("lifted_at", None)),
                        fields=["second", "organization"],
                        name="conflict_second",
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("first__lt", models.F("second"))), name="conflict_in_order"
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("lifted_at", None)),
                        fields=("first", "second", "organization"),
                        name="conflict_once",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="DayTally",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("day", models.DateField()),
                ("judgements", models.PositiveIntegerField(default=0)),
                ("promised", models.BigIntegerField(default=0)),
                ("at", models.DateTimeField(null=True)),
                (
                    "project",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="projects.project",
                    ),
                ),
                (
                    "tasker",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "day tallies",
                "constraints": [
                    models.UniqueConstraint(fields=("tasker", "project", "day"), name="day_tally_once"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Estimation",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "Waiting for a worker"),
                            ("people", "Estimating the people"),
                            ("tasks", "Weighing the tasks again"),
                            ("done", "Done"),
                        ],
                        default="waiting",
                        max_length=8,
                    ),
                ),
                ("upto", models.BigIntegerField(default=0)),
                ("position", models.BigIntegerField(default=0)),
                ("weighed", models.PositiveIntegerField(default=0)),
                ("proposed", models.PositiveIntegerField(default=0)),
                (
                    "started_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
                ),
                ("ended_at", models.DateTimeField(blank=True, null=True)),
                (
                    "accuracy_model",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="projects.accuracymodel",
                    ),
                ),
                (
                    "project",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="estimations", to="projects.project"
                    ),
                ),
                (
                    "started_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("state", "done"), _negated=True),
                        fields=("project",),
                        name="estimation_one_at_a_time",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Exclusion",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "public_id",
                    models.UUIDField(
                        db_default=django.contrib.postgres.functions.RandomUUID(),
                        default=uuid.uuid4,
                        editable=False,
                        unique=True,
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[("paused", "Paused"), ("blocked", "Blocked"), ("banned", "Banned")], max_length=7
                    ),
                ),
                ("reason", models.CharField(max_length=300)),
                ("made_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ("until", models.DateTimeField(blank=True, null=True)),
                ("lifted_at", models.DateTimeField(blank=True, null=True)),
                (
                    "made_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "organization",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="taskers.organization"
                    ),
                ),
                (
                    "project",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="exclusions",
                        to="projects.project",
                    ),
                ),
                (
                    "tasker",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="exclusions",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("lifted_at", None)),
                        fields=("tasker", "organization", "project"),
                        name="exclusion_once",
                        nulls_distinct=False,
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="PooledGold",
            fields=[
                (
                    "gold",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="stock",
                        serialize=False,
                        to="projects.gold",
                    ),
                ),
                (
                    "pool",
                    models.CharField(
                        choices=[
                            ("control", "Mixed in unseen"),
                            ("training", "Training, with the answer shown afterwards"),
                        ],
                        default="control",
                        max_length=8,
                    ),
                ),
                ("uses", models.PositiveIntegerField(default=0)),
                ("position", models.PositiveIntegerField(db_default=0, default=0)),
                ("explanation", models.TextField(blank=True, db_default="", default="")),
                ("shown", models.BooleanField(db_default=True, default=True)),
                ("shuffle", models.FloatField(default=0.0)),
                ("retired_at", models.DateTimeField(blank=True, null=True)),
                ("retired_why", models.CharField(blank=True, max_length=80)),
                ("fresh_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("looks", models.PositiveSmallIntegerField(db_default=0, default=0)),
                ("suspect_at", models.DateTimeField(blank=True, null=True)),
                ("suspect_why", models.CharField(blank=True, db_default="", max_length=200)),
            ],
            options={
                "verbose_name_plural": "pooled gold",
            },
        ),
        migrations.CreateModel(
            name="Import",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("public_id", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("name", models.CharField(max_length=200)),
                ("format", models.CharField(max_length=20)),
                ("file", models.FileField(max_length=200, upload_to="imports")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "Waiting for a worker"),
                            ("running", "Loading"),
                            ("done", "Loaded"),
                            ("failed", "Failed"),
                        ],
                        default="waiting",
                        max_length=8,
                    ),
                ),
                ("position", models.BigIntegerField(default=0)),
                ("loaded", models.BigIntegerField(default=0)),
                ("known", models.BigIntegerField(default=0)),
                ("refused", models.BigIntegerField(default=0)),
                ("errors", models.JSONField(default=list)),
                ("ids", models.BigIntegerField(db_default=0, default=0)),
                ("unnamed", models.BigIntegerField(db_default=0, default=0)),
                ("columns", models.JSONField(blank=True, db_default=[], default=list)),
                ("reason", models.CharField(blank=True, max_length=300)),
                (
                    "started_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
                ),
                ("ended_at", models.DateTimeField(blank=True, null=True)),
                (
                    "batch",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="imports", to="projects.batch"
                    ),
                ),
                (
                    "started_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="ImportFaults",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("faults", models.JSONField()),
                (
                    "file_import",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="more_faults", to="projects.import"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Label",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.SlugField(max_length=60)),
                ("name", models.CharField(max_length=80)),
                ("colour", models.CharField(default="#1c7ed6", max_length=7)),
                ("hotkey", models.CharField(blank=True, max_length=1)),
                ("position", models.PositiveSmallIntegerField(default=0)),
                ("retired_at", models.DateTimeField(blank=True, null=True)),
                ("shapes", models.JSONField(db_default=["mask"])),
                ("attributes", models.JSONField(blank=True, db_default=[], default=list)),
                ("field", models.CharField(blank=True, db_default="", default="", max_length=60)),
                (
                    "merged_into",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="merged",
                        to="projects.label",
                    ),
                ),
                (
                    "parent",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="under",
                        to="projects.label",
                    ),
                ),
                (
                    "project",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="labels", to="projects.project"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("project", "key"), name="label_key_once"),
                    models.UniqueConstraint(
                        condition=models.Q(("retired_at", None), models.Q(("hotkey", ""), _negated=True)),
                        fields=("project", "hotkey"),
                        name="label_hotkey_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("colour__regex", "^#[0-9a-fA-F]{6}$")), name="label_colour_hex"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="MethodCalibration",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("method", models.CharField(max_length=40)),
                ("mean", models.JSONField()),
                ("covariance", models.JSONField()),
                ("known", models.PositiveIntegerField()),
                ("right", models.PositiveIntegerField()),
                ("sources", models.JSONField(default=dict)),
                ("at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                (
                    "project",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="calibrations",
                        to="projects.project",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["project", "method", "-id"], name="method_calibration_newest"),
                ],
            },
        ),
        migrations.CreateModel(
            name="ModelAnnotator",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "public_id",
                    models.UUIDField(
                        db_default=django.contrib.postgres.functions.RandomUUID(),
                        default=uuid.uuid4,
                        editable=False,
                        unique=True,
                    ),
                ),
                (
                    "mode",
                    models.CharField(
                        choices=[("off", "Off"), ("watch", "Watched"), ("count", "Counts"), ("decide", "Decides")],
                        default="watch",
                        max_length=6,
                    ),
                ),
                ("target_error", models.FloatField(default=0.05)),
                ("assurance", models.FloatField(default=0.95)),
                ("audit_share", models.FloatField(default=0.1)),
                ("mean", models.JSONField(default=list)),
                ("covariance", models.JSONField(default=list)),
                ("known", models.PositiveIntegerField(default=0)),
                ("audits", models.PositiveIntegerField(default=0)),
                ("e_values", models.JSONField(default=list)),
                ("alone", models.PositiveIntegerField(default=0)),
                ("stopped_at", models.DateTimeField(blank=True, null=True)),
                (
                    "registered_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
                ),
                (
                    "project",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="model_annotators",
                        to="projects.project",
                    ),
                ),
                (
                    "registered_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "tasker",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="model_annotators",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("project", "tasker"), name="model_annotator_once"),
                    models.CheckConstraint(
                        condition=models.Q(("audit_share__gte", 0.02), ("audit_share__lte", 1)),
                        name="model_annotator_is_audited",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("target_error__gt", 0), ("target_error__lt", 0.5)),
                        name="model_annotator_target_sane",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("assurance__gte", 0.5), ("assurance__lt", 1)),
                        name="model_annotator_assurance_sane",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ModelAnnotatorChange",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "before",
                    models.CharField(
                        blank=True,
                        choices=[("off", "Off"), ("watch", "Watched"), ("count", "Counts"), ("decide", "Decides")],
                        max_length=6,
                    ),
                ),
                (
                    "mode",
                    models.CharField(
                        choices=[("off", "Off"), ("watch", "Watched"), ("count", "Counts"), ("decide", "Decides")],
                        max_length=6,
                    ),
                ),
                ("reason", models.CharField(blank=True, max_length=300)),
                ("terms", models.JSONField(default=dict)),
                ("at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                (
                    "annotator",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="moves", to="projects.modelannotator"
                    ),
                ),
                (
                    "by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        models.F("annotator"),
                        models.OrderBy(models.F("id"), descending=True),
                        name="annotator_change_newest",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Posterior",
            fields=[
                (
                    "task",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="posterior",
                        serialize=False,
                        to="projects.task",
                    ),
                ),
                ("method", models.CharField(max_length=40)),
                ("accuracy_model", models.PositiveIntegerField(default=0)),
                ("answers", models.PositiveSmallIntegerField(default=0)),
                ("raw", models.FloatField(default=0.0)),
                ("confidence", models.FloatField(default=0.0)),
                ("gain", models.FloatField(default=0.0)),
                ("classes", models.JSONField(default=dict)),
                ("parts", models.JSONField(db_default=[], default=list)),
                ("votes", models.JSONField(default=dict)),
                ("at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("confidence__gte", 0), ("confidence__lte", 1), ("gain__gte", 0)),
                        name="posterior_in_bounds",
                    ),
                ],
            },
        ),
        migrations.AddField(
            model_name="task",
            name="asset",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="tasks",
                to="projects.asset",
            ),
        ),
        migrations.AddField(
            model_name="task",
            name="batch",
            field=models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="tasks", to="projects.batch"
            ),
        ),
        migrations.AddField(
            model_name="task",
            name="other_asset",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="other_tasks",
                to="projects.asset",
            ),
        ),
        migrations.AddField(
            model_name="task",
            name="project",
            field=models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="tasks", to="projects.project"
            ),
        ),
        migrations.CreateModel(
            name="ModelAnswer",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("confidence", models.FloatField()),
                ("at_least", models.FloatField()),
                ("accepted", models.BooleanField()),
                ("drawn", models.BooleanField()),
                (
                    "mode",
                    models.CharField(
                        choices=[("off", "Off"), ("watch", "Watched"), ("count", "Counts"), ("decide", "Decides")],
                        max_length=6,
                    ),
                ),
                (
                    "outcome",
                    models.CharField(
                        choices=[
                            ("waiting", "People are asked"),
                            ("counted", "Weighed with the others"),
                            ("alone", "Decided alone"),
                            ("known", "Compared with people"),
                            ("lost", "Tells nothing"),
                        ],
                        max_length=7,
                    ),
                ),
                ("right", models.BooleanField(null=True)),
                ("at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                (
                    "annotation",
                    models.OneToOneField(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="of_model",
                        to="projects.annotation",
                    ),
                ),
                (
                    "annotator",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="answers",
                        to="projects.modelannotator",
                    ),
                ),
                (
                    "task",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="projects.task",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["annotator", "-id"], name="model_answer_newest"),
                    models.Index(
                        condition=models.Q(("outcome", "known")), fields=["annotator", "-id"], name="model_answer_known"
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("confidence__gte", 0), ("confidence__lte", 1)), name="model_answer_in_unit"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("right", None), ("outcome", "known"), _connector="XOR"),
                        name="model_answer_right_once_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("drawn", False), ("outcome__in", ["waiting", "known", "lost"]), _connector="OR"
                        ),
                        name="model_answer_drawn_is_blind",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("outcome", "alone"), _negated=True),
                            models.Q(("accepted", True), ("mode", "decide")),
                            _connector="OR",
                        ),
                        name="model_answer_alone_was_earned",
                    ),
                ],
            },
        ),
        migrations.AddField(
            model_name="gold",
            name="task",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.PROTECT, related_name="gold", to="projects.task"
            ),
        ),
        migrations.CreateModel(
            name="Comment",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("public_id", models.UUIDField(default=uuid.uuid4, unique=True)),
                (
                    "to",
                    models.CharField(
                        choices=[
                            ("reviewer", "Comment to the reviewer"),
                            ("manager", "Question to a manager"),
                            ("taskers", "Word to whoever does the task next"),
                        ],
                        max_length=8,
                    ),
                ),
                ("mark", models.CharField(blank=True, db_default="", max_length=64)),
                ("words", models.TextField()),
                ("at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ("answered_at", models.DateTimeField(blank=True, null=True)),
                (
                    "assignment",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="comments",
                        to="projects.assignment",
                    ),
                ),
                (
                    "author",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "project",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="projects.project",
                    ),
                ),
                (
                    "reader",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "thread",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="replies",
                        to="projects.comment",
                    ),
                ),
                (
                    "task",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="comments",
                        to="projects.task",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["task", "id"], name="comment_by_task"),
                    models.Index(fields=["assignment", "id"], name="comment_by_work"),
                    models.Index(
                        condition=models.Q(("thread", None), ("to", "manager")),
                        fields=["project", "id"],
                        name="comment_question",
                    ),
                    models.Index(
                        condition=models.Q(("answered_at", None), ("thread", None), ("to", "manager")),
                        fields=["project"],
                        name="comment_waiting",
                    ),
                    models.Index(
                        condition=models.Q(("reader__isnull", False)), fields=["reader"], name="comment_unread"
                    ),
                    models.Index(
                        condition=models.Q(("thread", None)), fields=["author", "id"], name="comment_by_author"
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("words", ""), _negated=True), name="comment_says_something"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("to", "taskers"), ("assignment__isnull", False), _connector="OR"),
                        name="comment_of_a_tasker_names_its_work",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="BrokenReport",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("note", models.TextField(blank=True)),
                ("at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                (
                    "outcome",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("", "Nobody has looked yet"),
                            ("broken", "It is broken"),
                            ("fine", "Nothing is wrong with it"),
                        ],
                        db_default="",
                        default="",
                        max_length=6,
                    ),
                ),
                ("settled_at", models.DateTimeField(blank=True, null=True)),
                (
                    "assignment",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="projects.assignment"
                    ),
                ),
                (
                    "project",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="projects.project",
                    ),
                ),
                (
                    "settled_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "tasker",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "task",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="projects.task"
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["tasker", "project", "at"], name="broken_by_tasker"),
                    models.Index(condition=models.Q(("outcome", "")), fields=["project", "task"], name="broken_open"),
                ],
            },
        ),
        migrations.AddField(
            model_name="assignment",
            name="task",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="assignments",
                to="projects.task",
            ),
        ),
        migrations.AddField(
            model_name="annotation",
            name="task",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="annotations", to="projects.task"
            ),
        ),
        migrations.CreateModel(
            name="ProjectSettings",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("version", models.PositiveIntegerField()),
                ("instructions", models.TextField(blank=True)),
                ("instructions_by_language", models.JSONField(blank=True, db_default={}, default=dict)),
                ("wanted", models.PositiveSmallIntegerField(default=1)),
                ("rate", models.BigIntegerField(default=0)),
                ("lease_seconds", models.PositiveIntegerField(default=900)),
                ("file_order", models.BooleanField(db_default=False, default=False)),
                ("copilot", models.BooleanField(default=True)),
                ("label_mapping", models.JSONField(default=dict)),
                ("minimum_score", models.FloatField(default=0.0)),
                ("label_minimums", models.JSONField(blank=True, default=dict)),
                (
                    "suggest",
                    models.CharField(
                        choices=[("open", "As soon as the task opens"), ("asked", "When the tasker asks")],
                        default="open",
                        max_length=6,
                    ),
                ),
                (
                    "confidence",
                    models.CharField(
                        choices=[("hidden", "Not shown"), ("band", "High, medium or low"), ("number", "In percent")],
                        default="band",
                        max_length=6,
                    ),
                ),
                ("control_share", models.FloatField(default=0.0)),
                ("planted_share", models.FloatField(default=0.0)),
                ("aggregation", models.CharField(default="majority_v1", max_length=40)),
                ("thresholds", models.JSONField(default=dict)),
                ("most", models.PositiveSmallIntegerField(blank=True, null=True)),
                ("target", models.FloatField(default=0.9)),
                ("audit_share", models.FloatField(db_default=0.02, default=0.02)),
                ("budget", models.FloatField(blank=True, null=True)),
                ("pay_floor", models.FloatField(default=0.5)),
                ("fields", models.JSONField(blank=True, db_default=[], default=list)),
                ("grid", models.PositiveSmallIntegerField(db_default=1, default=1)),
                ("empty_usual", models.BooleanField(db_default=False, default=False)),
                ("shows_verdicts", models.BooleanField(db_default=True, default=True)),
                ("correction_minutes", models.PositiveIntegerField(db_default=0, default=0)),
                ("made_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                (
                    "made_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "project",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="settings", to="projects.project"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("project", "version"), name="settings_version_once"),
                    models.CheckConstraint(
                        condition=models.Q(("wanted__gte", 1), ("wanted__lte", 50)), name="settings_wanted_sane"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("most", None),
                            models.Q(("most__gte", models.F("wanted")), ("most__lte", 50)),
                            _connector="OR",
                        ),
                        name="settings_most_sane",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("budget", None),
                            models.Q(
                                ("budget__gte", models.F("wanted")),
                                ("budget__lte", models.F("most")),
                                ("most__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="settings_budget_sane",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("target__gte", 0.5), ("target__lt", 1)), name="settings_target_sane"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("audit_share__gte", 0), ("audit_share__lte", 1)),
                        name="settings_audit_share_in_unit",
                    ),
                    models.CheckConstraint(condition=models.Q(("rate__gte", 0)), name="settings_rate_not_negative"),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("control_share__gte", 0),
                            ("control_share__lte", 0.5),
                            ("planted_share__gte", 0),
                            ("planted_share__lte", 0.5),
                        ),
                        name="settings_shares_sane",
                    ),
                    models.CheckConstraint(condition=models.Q(("lease_seconds__gte", 30)), name="settings_lease_sane"),
                    models.CheckConstraint(
                        condition=models.Q(("pay_floor__gte", 0), ("pay_floor__lte", 1)),
                        name="settings_pay_floor_in_unit",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("grid__gte", 1), ("grid__lte", 100)), name="settings_grid_sane"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("correction_minutes__lte", 10080)), name="settings_correction_sane"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="QualificationAttempt",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("items", models.PositiveSmallIntegerField()),
                (
                    "started_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
                ),
                ("ended_at", models.DateTimeField(blank=True, null=True)),
                ("score", models.FloatField(blank=True, null=True)),
                ("passed", models.BooleanField(blank=True, null=True)),
                ("forgiven_at", models.DateTimeField(blank=True, null=True)),
                (
                    "forgiven_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
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
                    "tasker",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["project", "tasker", "id"], name="qualification_attempt_of"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("ended_at", None), ("forgiven_at", None)),
                        fields=("project", "tasker"),
                        name="qualification_attempt_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("ended_at", None), ("passed", None), ("score", None)),
                            models.Q(
                                ("ended_at__isnull", False),
                                ("passed__isnull", False),
                                ("score__gte", 0),
                                ("score__lte", 1),
                            ),
                            _connector="OR",
                        ),
                        name="qualification_attempt_ends_with_a_score",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="QualificationStep",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("score", models.FloatField()),
                ("differences", models.JSONField(default=list)),
                ("at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ("read_at", models.DateTimeField(blank=True, null=True)),
                (
                    "annotation",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="qualification_step",
                        to="projects.annotation",
                    ),
                ),
                (
                    "attempt",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="steps",
                        to="projects.qualificationattempt",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("score__gte", 0), ("score__lte", 1)),
                        name="qualification_step_score_in_unit",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Ranking",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("method", models.CharField(max_length=40)),
                ("items", models.JSONField()),
                ("taskers", models.JSONField()),
                ("votes", models.PositiveIntegerField()),
                ("unkeyed", models.PositiveIntegerField()),
                ("left", models.FloatField()),
                ("ties", models.FloatField()),
                ("at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                (
                    "project",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="rankings",
                        to="projects.project",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["project", "-id"], name="ranking_newest"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Requirement",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "comparator",
                    models.CharField(
                        choices=[
                            ("at_least", "at least"),
                            ("in", "one of"),
                            ("exists", "any value"),
                            ("missing", "must not have"),
                        ],
                        default="exists",
                        max_length=8,
                    ),
                ),
                ("value", models.FloatField(blank=True, null=True)),
                (
                    "values",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.FloatField(), blank=True, default=list, size=None
                    ),
                ),
                (
                    "project",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="requirements", to="projects.project"
                    ),
                ),
                (
                    "skill",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="taskers.skill"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("project", "skill", "comparator"), name="requirement_once"),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("comparator", "at_least"), _negated=True),
                            ("value__isnull", False),
                            _connector="OR",
                        ),
                        name="requirement_has_its_value",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="SeenAnswer",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("payload_hash", models.CharField(max_length=64)),
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
                    "tasker",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("tasker", "project", "payload_hash"), name="seen_answer_once"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Verdict",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("public_id", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("answer", models.JSONField()),
                ("confidence", models.FloatField()),
                ("method", models.CharField(max_length=40)),
                (
                    "rests_on",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.BigIntegerField(), default=list, size=None
                    ),
                ),
                ("agreements", models.JSONField(default=dict)),
                ("settings_version", models.PositiveIntegerField()),
                ("note", models.TextField(blank=True)),
                ("at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ("superseded_at", models.DateTimeField(blank=True, null=True)),
                (
                    "decided_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "task",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="verdicts",
                        to="projects.task",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["task", "id"], name="verdict_by_task"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("superseded_at", None)), fields=("task",), name="verdict_one_current"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("confidence__gte", 0), ("confidence__lte", 1)),
                        name="verdict_confidence_in_unit",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="SecondLook",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("open", "Worth a second look"),
                            ("answered", "Decided anew"),
                            ("dismissed", "Dismissed"),
                            ("withdrawn", "No longer thought so"),
                        ],
                        default="open",
                        max_length=9,
                    ),
                ),
                (
                    "reason",
                    models.CharField(
                        choices=[
                            ("other", "Another answer is likelier now"),
                            ("doubt", "Less sure than your target by now"),
                            ("tampered", "An answer that it rests on was changed afterwards"),
                            ("audit", "Drawn for an audit"),
                        ],
                        max_length=8,
                    ),
                ),
                ("before", models.FloatField()),
                ("now", models.FloatField()),
                ("ended_at", models.DateTimeField(blank=True, null=True)),
                (
                    "ended_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "estimation",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="projects.estimation",
                    ),
                ),
                (
                    "project",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="second_looks",
                        to="projects.project",
                    ),
                ),
                (
                    "task",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="projects.task"
                    ),
                ),
                (
                    "verdict",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="projects.verdict",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("state", "open")), fields=["project", "now", "id"], name="second_look_open"
                    ),
                    models.Index(
                        condition=models.Q(("reason", "audit")), fields=["project", "task"], name="audit_by_project"
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("verdict",), name="second_look_once"),
                    models.CheckConstraint(
                        condition=models.Q(("reason", "audit"), ("estimation__isnull", False), _connector="OR"),
                        name="second_look_has_its_estimate",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="VerdictEntry",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("label", models.CharField(blank=True, default="", max_length=60)),
                ("confidence", models.FloatField()),
                (
                    "project",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="projects.project",
                    ),
                ),
                (
                    "task",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="projects.task",
                    ),
                ),
                (
                    "verdict",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="projects.verdict"
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "verdict entries",
                "indexes": [
                    models.Index(fields=["project", "label", "task"], name="verdict_entry_by_label"),
                    models.Index(fields=["project", "label", "confidence", "task"], name="verdict_entry_confidence"),
                    models.Index(
                        condition=models.Q(("label", "")), fields=["project", "id"], name="verdict_entry_feed"
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("task", "label"), name="verdict_entry_once"),
                ],
            },
        ),
        migrations.CreateModel(
            name="VerdictGone",
            fields=[
                ("id", models.BigIntegerField(primary_key=True, serialize=False)),
                ("task_public_id", models.UUIDField(unique=True)),
                ("external_id", models.CharField(max_length=200)),
                ("why", models.CharField(choices=[("reopened", "Reopened"), ("archived", "Archived")], max_length=8)),
                ("at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                (
                    "project",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="projects.project",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "verdicts gone",
                "indexes": [
                    models.Index(fields=["project", "id"], name="verdict_gone_feed"),
                ],
            },
        ),
        migrations.CreateModel(
            name="AssignmentRules",
            fields=[
                (
                    "project",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="rules",
                        serialize=False,
                        to="projects.project",
                    ),
                ),
                ("standing_floor", models.FloatField(default=0.0)),
                ("standing_evidence", models.FloatField(default=5.0)),
                ("daily_tasks", models.PositiveIntegerField(blank=True, null=True)),
                ("daily_earnings", models.BigIntegerField(blank=True, null=True)),
                ("gold_share", models.FloatField(default=0.0)),
                ("gold_uses", models.PositiveIntegerField(default=200)),
                ("skip_modes", models.JSONField(blank=True, default=dict)),
                ("reporters", models.PositiveSmallIntegerField(db_default=2, default=2)),
                ("reports_daily", models.PositiveSmallIntegerField(db_default=10, default=10)),
                ("reports_share", models.FloatField(db_default=0.1, default=0.1)),
                ("training_tasks", models.PositiveSmallIntegerField(default=0)),
                ("training_pass", models.FloatField(default=0.8)),
                ("training_tries", models.PositiveSmallIntegerField(default=2)),
                ("training_days", models.PositiveIntegerField(blank=True, null=True)),
                ("training_wait", models.PositiveIntegerField(db_default=0, default=0)),
                ("training_rate", models.BigIntegerField(db_default=0, default=0)),
                (
                    "training_skill",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="taskers.skill",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "assignment rules",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("standing_floor__gte", 0), ("standing_floor__lte", 1)),
                        name="rules_floor_in_unit",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("gold_share__gte", 0), ("gold_share__lte", 0.5)),
                        name="rules_gold_share_sane",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("reporters__gte", 1), ("reports_share__gte", 0), ("reports_share__lte", 1)),
                        name="rules_reports_sane",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("training_pass__gte", 0), ("training_pass__lte", 1)),
                        name="rules_pass_in_unit",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("training_tasks", 0), ("training_skill__isnull", False), _connector="OR"),
                        name="rules_training_gives_a_skill",
                    ),
                ],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="accuracymodel",
            trigger=pgtrigger.compiler.Trigger(
                name="accuracy_model_append_only",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                    hash="d231019094bb08b2e74a53c4c8de2900f7e51e69",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_accuracy_model_append_only_2b778",
                    table="projects_accuracymodel",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.AddField(
            model_name="archivepart",
            name="archive",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="parts", to="projects.archive"
            ),
        ),
        migrations.AddField(
            model_name="archive",
            name="started_by",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="goldsettlement",
            name="project",
            field=models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="projects.project"
            ),
        ),
        migrations.AddField(
            model_name="goldsettlement",
            name="tasker",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="qualificationstep",
            name="kept",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="steps", to="projects.pooledgold"
            ),
        ),
        migrations.AddField(
            model_name="pooledgold",
            name="project",
            field=models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="projects.project"
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="methodcalibration",
            trigger=pgtrigger.compiler.Trigger(
                name="method_calibration_append_only",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                    hash="9261dc1e8e576f494e9f3156391c93fff0d138bc",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_method_calibration_append_only_4c683",
                    table="projects_methodcalibration",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="modelannotatorchange",
            trigger=pgtrigger.compiler.Trigger(
                name="model_annotator_change_append_only",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                    hash="afe9ed368036fc9baf00bb88367c377c28c38136",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_model_annotator_change_append_only_62558",
                    table="projects_modelannotatorchange",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.AddField(
            model_name="posterior",
            name="project",
            field=models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="projects.project"
            ),
        ),
        migrations.AddIndex(
            model_name="task",
            index=models.Index(fields=["batch", "id"], name="task_by_batch"),
        ),
        migrations.AddIndex(
            model_name="task",
            index=models.Index(fields=["project", "id"], name="task_by_project"),
        ),
        migrations.AddIndex(
            model_name="task",
            index=models.Index(
                condition=models.Q(("withheld", ""), _negated=True),
                fields=["project", "withheld", "id"],
                name="task_withheld",
            ),
        ),
        migrations.AddIndex(
            model_name="task",
            index=models.Index(
                condition=models.Q(("other_asset__isnull", False)), fields=["other_asset"], name="task_other_asset"
            ),
        ),
        migrations.AddIndex(
            model_name="task",
            index=models.Index(
                condition=models.Q(("withheld", "review")),
                fields=["project", "review_rank", "id"],
                name="task_for_review",
            ),
        ),
        migrations.AddIndex(
            model_name="task",
            index=models.Index(
                models.F("project"),
                django.db.models.functions.comparison.Collate("external_id", "C"),
                name="task_external_id_start",
            ),
        ),
        migrations.AddConstraint(
            model_name="task",
            constraint=models.UniqueConstraint(fields=("project", "external_id"), name="task_external_id_once"),
        ),
        migrations.AddIndex(
            model_name="assignment",
            index=models.Index(fields=["task", "id"], name="assignment_by_task"),
        ),
        migrations.AddIndex(
            model_name="assignment",
            index=models.Index(
                condition=models.Q(("kind", "judge"), ("state__in", ["open", "held"])),
                fields=["batch", "state", "task"],
                name="assignment_unfinished",
            ),
        ),
        migrations.AddIndex(
            model_name="assignment",
            index=models.Index(
                condition=models.Q(("tasker__isnull", False)),
                fields=["tasker", "batch", "task"],
                name="assignment_tasker_task",
            ),
        ),
        migrations.AddConstraint(
            model_name="assignment",
            constraint=models.UniqueConstraint(
                condition=models.Q(
                    ("kind", "judge"), ("state__in", ["open", "held", "submitted"]), ("voided_at", None)
                ),
                fields=("task", "slot"),
                name="assignment_slot_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="assignment",
            constraint=models.UniqueConstraint(
                condition=models.Q(("kind", "judge"), ("state__in", ["held", "submitted"])),
                fields=("task", "tasker"),
                name="assignment_tasker_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="assignment",
            constraint=models.UniqueConstraint(
                condition=models.Q(("kind", "review"), ("state", "held")),
                fields=("task",),
                name="assignment_one_review_at_a_time",
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="annotation",
            trigger=pgtrigger.compiler.Trigger(
                name="annotation_append_only",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition='WHEN (OLD."active_ms" IS DISTINCT FROM (NEW."active_ms") OR OLD."answer" IS DISTINCT FROM (NEW."answer") OR OLD."assignment_id" IS DISTINCT FROM (NEW."assignment_id") OR OLD."at" IS DISTINCT FROM (NEW."at") OR OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."public_id" IS DISTINCT FROM (NEW."public_id") OR OLD."refused" IS DISTINCT FROM (NEW."refused") OR OLD."settings_version" IS DISTINCT FROM (NEW."settings_version") OR OLD."task_id" IS DISTINCT FROM (NEW."task_id") OR OLD."tasker_id" IS DISTINCT FROM (NEW."tasker_id"))',
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                    hash="5ae8326a51e0480f3d17ba58cd9176ad7cb006ec",
                    operation="UPDATE",
                    pgid="pgtrigger_annotation_append_only_ba7bc",
                    table="projects_annotation",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="annotation",
            trigger=pgtrigger.compiler.Trigger(
                name="annotation_not_deleted",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n            IF TG_OP = 'DELETE' AND EXISTS (SELECT FROM projects_archivedtask t WHERE t.id = OLD.task_id) THEN RETURN OLD; END IF;\n            RAISE EXCEPTION 'append-only: % of a row of % that is not archived', TG_OP, TG_TABLE_NAME;\n        ",
                    hash="b1e7fb5fe146f1bfef59b73f767d0b439d0e5616",
                    operation="DELETE",
                    pgid="pgtrigger_annotation_not_deleted_63e95",
                    table="projects_annotation",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="projectsettings",
            trigger=pgtrigger.compiler.Trigger(
                name="settings_append_only",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                    hash="72e64f403c06b08caff79a688b13cb08ea4a9b6f",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_settings_append_only_0579f",
                    table="projects_projectsettings",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="ranking",
            trigger=pgtrigger.compiler.Trigger(
                name="ranking_append_only",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                    hash="78e96ba96c6c2f9ed40199ce8747d8e8a21c4ac6",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_ranking_append_only_beffc",
                    table="projects_ranking",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="verdict",
            trigger=pgtrigger.compiler.Trigger(
                name="verdict_not_edited",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition='WHEN (OLD."agreements" IS DISTINCT FROM (NEW."agreements") OR OLD."answer" IS DISTINCT FROM (NEW."answer") OR OLD."at" IS DISTINCT FROM (NEW."at") OR OLD."confidence" IS DISTINCT FROM (NEW."confidence") OR OLD."decided_by_id" IS DISTINCT FROM (NEW."decided_by_id") OR OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."method" IS DISTINCT FROM (NEW."method") OR OLD."note" IS DISTINCT FROM (NEW."note") OR OLD."public_id" IS DISTINCT FROM (NEW."public_id") OR OLD."rests_on" IS DISTINCT FROM (NEW."rests_on") OR OLD."settings_version" IS DISTINCT FROM (NEW."settings_version") OR OLD."task_id" IS DISTINCT FROM (NEW."task_id"))',
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                    hash="b2884ef9680e7c0a4446e96a2e4afcb3c954d862",
                    operation="UPDATE",
                    pgid="pgtrigger_verdict_not_edited_817b9",
                    table="projects_verdict",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="verdict",
            trigger=pgtrigger.compiler.Trigger(
                name="verdict_not_deleted",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n            IF TG_OP = 'DELETE' AND EXISTS (SELECT FROM projects_archivedtask t WHERE t.id = OLD.task_id) THEN RETURN OLD; END IF;\n            RAISE EXCEPTION 'append-only: % of a row of % that is not archived', TG_OP, TG_TABLE_NAME;\n        ",
                    hash="a8ab0ab98f60bd0e0fd0a884d6607e7a2658a6e5",
                    operation="DELETE",
                    pgid="pgtrigger_verdict_not_deleted_f6510",
                    table="projects_verdict",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.AddConstraint(
            model_name="archivepart",
            constraint=models.UniqueConstraint(fields=("archive", "number"), name="archive_part_once"),
        ),
        migrations.AddIndex(
            model_name="goldsettlement",
            index=models.Index(condition=models.Q(("graded_at", None)), fields=["tasker"], name="gold_settlement_open"),
        ),
        migrations.AddConstraint(
            model_name="qualificationstep",
            constraint=models.UniqueConstraint(fields=("attempt", "kept"), name="qualification_step_once"),
        ),
        migrations.AddIndex(
            model_name="pooledgold",
            index=models.Index(
                condition=models.Q(("retired_at", None)),
                fields=["project", "pool", "uses", "shuffle"],
                name="gold_in_pool",
            ),
        ),
        migrations.AddIndex(
            model_name="posterior",
            index=models.Index(fields=["project", "task"], name="posterior_by_project"),
        ),
    ]
