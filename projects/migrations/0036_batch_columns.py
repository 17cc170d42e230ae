"""The fields that came with a batch's tasks are known by name, so that a table of them has its columns."""

from django.db import migrations, models

# Of what is archived nobody knows: its rows lie in files.
LIVE = """
UPDATE projects_batch b SET columns = found.names
FROM (
  SELECT t.batch_id, to_jsonb((array_agg(DISTINCT name))[1:100]) AS names
  FROM projects_task t CROSS JOIN LATERAL jsonb_object_keys(
    CASE jsonb_typeof(t.payload -> 'meta') WHEN 'object' THEN t.payload -> 'meta' ELSE '{}' END) AS name
  GROUP BY t.batch_id
) found
WHERE found.batch_id = b.id
"""
ARCHIVED = "UPDATE projects_batch SET columns = NULL WHERE id IN (SELECT batch_id FROM projects_archive)"


class Migration(migrations.Migration):
    dependencies = [("projects", "0035_empty_usual")]

    operations = [
        migrations.AddField(
            "batch", "columns", models.JSONField(blank=True, db_default=[], default=list, null=True)
        ),
        migrations.AddField("intake", "columns", models.JSONField(blank=True, db_default=[], default=list)),
        migrations.AddField("intake", "ids", models.BigIntegerField(db_default=0, default=0)),
        migrations.AddField("intake", "unnamed", models.BigIntegerField(db_default=0, default=0)),
        migrations.RunSQL(LIVE, migrations.RunSQL.noop),
        migrations.RunSQL(ARCHIVED, migrations.RunSQL.noop),
    ]
