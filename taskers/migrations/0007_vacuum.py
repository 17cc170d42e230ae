"""What each request of a program writes anew is cleaned before a fiftieth of it is dead, and not a fifth."""

from django.db import migrations

TABLES = ("apitoken", "cursor", "throttlebucket")


class Migration(migrations.Migration):
    dependencies = [("taskers", "0006_money")]

    operations = [
        migrations.RunSQL(
            f"ALTER TABLE taskers_{table} SET (autovacuum_vacuum_scale_factor = 0.02)",
            f"ALTER TABLE taskers_{table} RESET (autovacuum_vacuum_scale_factor)",
        )
        for table in TABLES
    ]
