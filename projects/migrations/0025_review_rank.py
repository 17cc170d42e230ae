"""The order of what waits for review, held by an index: the most that a judgement would tell comes first."""

from django.db import migrations, models

# What waits already is few, and each has been weighed.
PLACE = """
UPDATE projects_task t SET review_rank = -b.gain FROM projects_belief b
WHERE t.withheld = 'review' AND b.task_id = t.id
"""


class Migration(migrations.Migration):
    dependencies = [("projects", "0024_copies")]

    operations = [
        migrations.AddField("task", "review_rank", models.FloatField(db_default=0.0, default=0.0)),
        migrations.RunSQL(PLACE, migrations.RunSQL.noop),
        migrations.AddIndex(
            "task",
            models.Index(
                condition=models.Q(("withheld", "review")),
                fields=["project", "review_rank", "id"],
                name="task_for_review",
            ),
        ),
    ]
