"""When imported answers and verdicts were given at their source, and how long they took."""

import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("projects", "0029_published_at"),
    ]

    operations = [
        pgtrigger.migrations.RemoveTrigger(
            model_name="annotation",
            name="annotation_append_only",
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="verdict",
            name="verdict_not_edited",
        ),
        migrations.AddField(
            model_name="annotation",
            name="source_answered_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="annotation",
            name="source_duration_ms",
            field=models.PositiveBigIntegerField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="verdict",
            name="source_answered_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="verdict",
            name="source_duration_ms",
            field=models.PositiveBigIntegerField(blank=True, null=True),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="annotation",
            trigger=pgtrigger.compiler.Trigger(
                name="annotation_append_only",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition='WHEN (OLD."active_ms" IS DISTINCT FROM (NEW."active_ms") OR OLD."answer" IS DISTINCT FROM (NEW."answer") OR OLD."assignment_id" IS DISTINCT FROM (NEW."assignment_id") OR OLD."at" IS DISTINCT FROM (NEW."at") OR OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."public_id" IS DISTINCT FROM (NEW."public_id") OR OLD."refused" IS DISTINCT FROM (NEW."refused") OR OLD."settings_version" IS DISTINCT FROM (NEW."settings_version") OR OLD."source_answered_at" IS DISTINCT FROM (NEW."source_answered_at") OR OLD."source_duration_ms" IS DISTINCT FROM (NEW."source_duration_ms") OR OLD."task_id" IS DISTINCT FROM (NEW."task_id") OR OLD."tasker_id" IS DISTINCT FROM (NEW."tasker_id"))',
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                    hash="5b25d128f5612c2c66c099b52a6c97248f50eaf0",
                    operation="UPDATE",
                    pgid="pgtrigger_annotation_append_only_ba7bc",
                    table="projects_annotation",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="verdict",
            trigger=pgtrigger.compiler.Trigger(
                name="verdict_not_edited",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition='WHEN (OLD."agreements" IS DISTINCT FROM (NEW."agreements") OR OLD."answer" IS DISTINCT FROM (NEW."answer") OR OLD."at" IS DISTINCT FROM (NEW."at") OR OLD."confidence" IS DISTINCT FROM (NEW."confidence") OR OLD."decided_by_id" IS DISTINCT FROM (NEW."decided_by_id") OR OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."method" IS DISTINCT FROM (NEW."method") OR OLD."note" IS DISTINCT FROM (NEW."note") OR OLD."public_id" IS DISTINCT FROM (NEW."public_id") OR OLD."rests_on" IS DISTINCT FROM (NEW."rests_on") OR OLD."settings_version" IS DISTINCT FROM (NEW."settings_version") OR OLD."source_answered_at" IS DISTINCT FROM (NEW."source_answered_at") OR OLD."source_duration_ms" IS DISTINCT FROM (NEW."source_duration_ms") OR OLD."task_id" IS DISTINCT FROM (NEW."task_id"))',
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                    hash="4e189db16b02982c63bedbaf621b195b13edb3e9",
                    operation="UPDATE",
                    pgid="pgtrigger_verdict_not_edited_817b9",
                    table="projects_verdict",
                    when="BEFORE",
                ),
            ),
        ),
    ]
