"""The order in which a batch is handed out is drawn by lot: a key of its own in place of the order of loading.

What is open already is shuffled as the column is added: all rows get keys of one moment, spread over the two seconds
before it.
"""

from django.db import migrations, models

NOW = "((extract(epoch FROM statement_timestamp()) * 1000000)::bigint << 11)"
SHUFFLED = models.Func(template=f"{NOW} - floor(random() * 4294967296)::bigint", output_field=models.BigIntegerField())
AS_MADE = models.Func(template=f"{NOW} + floor(random() * 2048)::bigint", output_field=models.BigIntegerField())


class Migration(migrations.Migration):
    dependencies = [("projects", "0038_stall")]

    operations = [
        migrations.AddField("projectsettings", "file_order", models.BooleanField(default=False, db_default=False)),
        migrations.AddField("assignment", "walk_key", models.BigIntegerField(editable=False, db_default=SHUFFLED)),
        migrations.AlterField("assignment", "walk_key", models.BigIntegerField(editable=False, db_default=AS_MADE)),
        migrations.RemoveIndex("assignment", "assignment_walk"),
        migrations.AddIndex(
            "assignment",
            models.Index(
                fields=["batch", "slot", "walk_key"],
                condition=models.Q(state="open", kind="judge"),
                name="assignment_walk",
            ),
        ),
    ]
