"""What each piece of work writes anew is cleaned before a fiftieth of it is dead, and not a fifth: every index leads to
dead rows until then."""

from django.db import migrations

TABLES = ("assignment", "batch", "batchcursor", "batchprogress", "claimnumber", "daytally", "draft", "task")


class Migration(migrations.Migration):
    dependencies = [("projects", "0013_decisions")]

    operations = [
        migrations.RunSQL(
            f"ALTER TABLE projects_{table} SET (autovacuum_vacuum_scale_factor = 0.02)",
            f"ALTER TABLE projects_{table} RESET (autovacuum_vacuum_scale_factor)",
        )
        for table in TABLES
    ]
