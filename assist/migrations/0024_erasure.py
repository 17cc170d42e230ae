"""What was erased of what models learnt from, and slices that an evaluation proposes and people declare."""

import django.db.models.deletion
import django.db.models.functions.datetime
import pgtrigger.compiler
import pgtrigger.migrations
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("assist", "0023_deciding_alone"),
        ("projects", "0019_review_deadlines"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="DeclaredSlice",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("public_id", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("name", models.CharField(max_length=300)),
                ("traits", models.JSONField()),
                ("since", models.DateTimeField()),
                (
                    "declared_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
                ),
            ],
        ),
        migrations.CreateModel(
            name="ErasedTask",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("task", models.BigIntegerField(unique=True)),
                ("public_id", models.UUIDField()),
            ],
        ),
        migrations.CreateModel(
            name="Erasure",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("public_id", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("reason", models.CharField(max_length=300)),
                (
                    "state",
                    models.CharField(
                        choices=[("waiting", "Waiting"), ("done", "Done")], default="waiting", max_length=7
                    ),
                ),
                (
                    "asked_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
                ),
                ("ended_at", models.DateTimeField(blank=True, null=True)),
            ],
        ),
        migrations.CreateModel(
            name="Tombstone",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("rows", models.PositiveIntegerField()),
                ("learnt", models.PositiveIntegerField()),
                ("sha256", models.CharField(max_length=64)),
                ("at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ("emptied_at", models.DateTimeField(blank=True, null=True)),
            ],
        ),
        migrations.AddField(
            model_name="evaluation",
            name="proposed",
            field=models.JSONField(db_default=[], default=list),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="annotatorversion",
            trigger=pgtrigger.compiler.Trigger(
                name="annotator_of_erased",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="IF TG_OP = 'UPDATE' AND NEW.annotator_id = OLD.annotator_id AND NEW.version_id = OLD.version_id\n    THEN\n        RETURN NEW;\n    END IF;\n    IF EXISTS (\n    WITH RECURSIVE rests AS (\n        SELECT stone.erasure_id AS erasure, stone.snapshot_id AS snapshot, run.id AS run, run.version_id AS version\n        FROM assist_tombstone stone JOIN assist_trainingrun run ON run.snapshot_id = stone.snapshot_id\n        WHERE stone.learnt > 0\n        UNION SELECT rests.erasure, rests.snapshot, NULL::bigint, younger.id\n        FROM assist_modelversion younger JOIN rests ON younger.parent_id = rests.version\n    )\n SELECT FROM rests WHERE version = NEW.version_id)\n    THEN\n        RAISE EXCEPTION 'a model that learnt from what was erased since'\n            USING ERRCODE = 'check_violation', CONSTRAINT = 'annotator_of_erased';\n    END IF;\n    RETURN NEW;\n",
                    hash="e57fb0531d6a9e74745648d7883bf0d4aed1c367",
                    operation="INSERT OR UPDATE",
                    pgid="pgtrigger_annotator_of_erased_fedab",
                    table="assist_annotatorversion",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="begunproject",
            trigger=pgtrigger.compiler.Trigger(
                name="project_then_without_erased",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n    INSERT INTO assist_passedover (default_id, project_id)\n    \n    WITH RECURSIVE rests AS (\n        SELECT stone.erasure_id AS erasure, stone.snapshot_id AS snapshot, run.id AS run, run.version_id AS version\n        FROM assist_tombstone stone JOIN assist_trainingrun run ON run.snapshot_id = stone.snapshot_id\n        WHERE stone.learnt > 0\n        UNION SELECT rests.erasure, rests.snapshot, NULL::bigint, younger.id\n        FROM assist_modelversion younger JOIN rests ON younger.parent_id = rests.version\n    )\n SELECT DISTINCT held.id, NEW.id FROM assist_organizationdefault held\n    JOIN rests ON rests.version = held.version_id\n    WHERE held.organization_id = NEW.organization_id AND held.ended_at IS NULL\n    ON CONFLICT DO NOTHING;\n    RETURN NULL;\n",
                    hash="c66c43065a0cd077df4527cb0f8b72cb013d8b4e",
                    operation="INSERT",
                    pgid="pgtrigger_project_then_without_erased_36dad",
                    table="projects_project",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="deployment",
            trigger=pgtrigger.compiler.Trigger(
                name="deployment_of_erased",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="IF NEW.basis <> 'override' AND EXISTS (\n    WITH RECURSIVE rests AS (\n        SELECT stone.erasure_id AS erasure, stone.snapshot_id AS snapshot, run.id AS run, run.version_id AS version\n        FROM assist_tombstone stone JOIN assist_trainingrun run ON run.snapshot_id = stone.snapshot_id\n        WHERE stone.learnt > 0\n        UNION SELECT rests.erasure, rests.snapshot, NULL::bigint, younger.id\n        FROM assist_modelversion younger JOIN rests ON younger.parent_id = rests.version\n    )\n SELECT FROM rests WHERE version = NEW.version_id) AND NOT EXISTS (\n    SELECT FROM assist_deployment was\n    WHERE was.project_id = NEW.project_id AND was.version_id = NEW.version_id AND was.share >= NEW.share\n      AND was.ended_at >= transaction_timestamp()\n)\n    THEN\n        RAISE EXCEPTION 'a model that learnt from what was erased since'\n            USING ERRCODE = 'check_violation', CONSTRAINT = 'deployment_of_erased';\n    END IF;\n    RETURN NEW;\n",
                    hash="a51a15f20084b6e770aa7028d866e32c6b3b73b0",
                    operation="INSERT",
                    pgid="pgtrigger_deployment_of_erased_70aa0",
                    table="assist_deployment",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="organizationdefault",
            trigger=pgtrigger.compiler.Trigger(
                name="default_of_erased",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="IF EXISTS (\n    WITH RECURSIVE rests AS (\n        SELECT stone.erasure_id AS erasure, stone.snapshot_id AS snapshot, run.id AS run, run.version_id AS version\n        FROM assist_tombstone stone JOIN assist_trainingrun run ON run.snapshot_id = stone.snapshot_id\n        WHERE stone.learnt > 0\n        UNION SELECT rests.erasure, rests.snapshot, NULL::bigint, younger.id\n        FROM assist_modelversion younger JOIN rests ON younger.parent_id = rests.version\n    )\n SELECT FROM rests WHERE version = NEW.version_id)\n    THEN\n        RAISE EXCEPTION 'a model that learnt from what was erased since'\n            USING ERRCODE = 'check_violation', CONSTRAINT = 'default_of_erased';\n    END IF;\n    RETURN NEW;\n",
                    hash="1e2fe9f76cde32c0dc965fd7b89e2db33c99c5ee",
                    operation="INSERT",
                    pgid="pgtrigger_default_of_erased_2d4ef",
                    table="assist_organizationdefault",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="search",
            trigger=pgtrigger.compiler.Trigger(
                name="search_of_erased",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="IF EXISTS (SELECT FROM assist_tombstone stone WHERE stone.snapshot_id = NEW.snapshot_id) THEN\n        RAISE EXCEPTION 'learning from a snapshot that was emptied'\n            USING ERRCODE = 'check_violation', CONSTRAINT = 'search_of_erased';\n    END IF;\n    RETURN NEW;\n",
                    hash="a6a793a85f8fa7b4ced23e747b29eaf6faa38a7e",
                    operation="INSERT",
                    pgid="pgtrigger_search_of_erased_80499",
                    table="assist_search",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="trainingrun",
            trigger=pgtrigger.compiler.Trigger(
                name="training_of_erased",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="IF EXISTS (SELECT FROM assist_tombstone stone WHERE stone.snapshot_id = NEW.snapshot_id) THEN\n        RAISE EXCEPTION 'learning from a snapshot that was emptied'\n            USING ERRCODE = 'check_violation', CONSTRAINT = 'training_of_erased';\n    END IF;\n    RETURN NEW;\n",
                    hash="45af302f9457137c026187e012636e9dfbbab3b0",
                    operation="INSERT",
                    pgid="pgtrigger_training_of_erased_5d641",
                    table="assist_trainingrun",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.AddField(
            model_name="declaredslice",
            name="declared_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="declaredslice",
            name="evaluation",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="assist.evaluation"
            ),
        ),
        migrations.AddField(
            model_name="declaredslice",
            name="project",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="+", to="projects.project"
            ),
        ),
        migrations.AddField(
            model_name="erasure",
            name="asked_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="erasure",
            name="project",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="projects.project"
            ),
        ),
        migrations.AddField(
            model_name="erasedtask",
            name="erasure",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="tasks", to="assist.erasure"
            ),
        ),
        migrations.AddField(
            model_name="tombstone",
            name="erasure",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="tombstones", to="assist.erasure"
            ),
        ),
        migrations.AddField(
            model_name="tombstone",
            name="snapshot",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="tombstones", to="assist.snapshot"
            ),
        ),
        migrations.AddConstraint(
            model_name="declaredslice",
            constraint=models.UniqueConstraint(fields=("project", "name"), name="declared_slice_once"),
        ),
        migrations.AddIndex(
            model_name="erasure",
            index=models.Index(fields=["project", "-id"], name="erasure_by_project"),
        ),
        migrations.AddConstraint(
            model_name="erasure",
            constraint=models.CheckConstraint(
                condition=models.Q(("reason", ""), _negated=True), name="erasure_has_a_reason"
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="erasure",
            trigger=pgtrigger.compiler.Trigger(
                name="erasure_stays",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition="WHEN (OLD.\"state\" = 'done')",
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                    hash="5e202700819bc03dafd666d55a0b7fa9cdd3cd4b",
                    operation="UPDATE",
                    pgid="pgtrigger_erasure_stays_cdf0b",
                    table="assist_erasure",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="erasure",
            trigger=pgtrigger.compiler.Trigger(
                name="erasure_is_kept",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot delete rows from % table', TG_TABLE_NAME;",
                    hash="cef7e3052992784ea49f71f434d055a389753f88",
                    operation="DELETE",
                    pgid="pgtrigger_erasure_is_kept_89fa1",
                    table="assist_erasure",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="erasedtask",
            trigger=pgtrigger.compiler.Trigger(
                name="erased_task_stays",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                    hash="40eb97bdaa27140b80fb9559f7767f409b2647c5",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_erased_task_stays_35039",
                    table="assist_erasedtask",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.AddConstraint(
            model_name="tombstone",
            constraint=models.UniqueConstraint(fields=("erasure", "snapshot"), name="tombstone_once"),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="tombstone",
            trigger=pgtrigger.compiler.Trigger(
                name="tombstone_stays",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition='WHEN (OLD."at" IS DISTINCT FROM (NEW."at") OR OLD."erasure_id" IS DISTINCT FROM (NEW."erasure_id") OR OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."learnt" IS DISTINCT FROM (NEW."learnt") OR OLD."rows" IS DISTINCT FROM (NEW."rows") OR OLD."sha256" IS DISTINCT FROM (NEW."sha256") OR OLD."snapshot_id" IS DISTINCT FROM (NEW."snapshot_id"))',
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                    hash="91355da1ac3df5879825d8f27b99fb7c86a8a080",
                    operation="UPDATE",
                    pgid="pgtrigger_tombstone_stays_8521e",
                    table="assist_tombstone",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="tombstone",
            trigger=pgtrigger.compiler.Trigger(
                name="tombstone_is_kept",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot delete rows from % table', TG_TABLE_NAME;",
                    hash="baf110aa00bba427bf632eaf35fd1cd1260c3892",
                    operation="DELETE",
                    pgid="pgtrigger_tombstone_is_kept_0b2ed",
                    table="assist_tombstone",
                    when="BEFORE",
                ),
            ),
        ),
    ]
