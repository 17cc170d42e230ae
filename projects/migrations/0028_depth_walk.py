"""The index of walks that finish tasks, made beside work that goes on; it can be made again where it was killed."""

from django.db import migrations, models

DEPTH_WALK = [
    "DROP INDEX CONCURRENTLY IF EXISTS assignment_depth_walk",
    """CREATE INDEX CONCURRENTLY assignment_depth_walk ON projects_assignment (batch_id, (slot / 1000), walk_key)
    WHERE kind = 'judge' AND state = 'open'""",
]


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("projects", "0027_depth_first"),
    ]

    operations = [
        migrations.RunSQL(
            DEPTH_WALK,
            "DROP INDEX CONCURRENTLY IF EXISTS assignment_depth_walk",
            state_operations=[
                migrations.AddIndex(
                    model_name="assignment",
                    index=models.Index(
                        models.F("batch"),
                        models.expressions.CombinedExpression(models.F("slot"), "/", models.Value(1000)),
                        models.F("walk_key"),
                        condition=models.Q(("kind", "judge"), ("state", "open")),
                        name="assignment_depth_walk",
                    ),
                ),
            ],
        ),
    ]
