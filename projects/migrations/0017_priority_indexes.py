"""Each slot of a task is promised once, in turn or first; and what was put first is found: beside work that goes on.

Each step is a transaction of its own and can be done again, where it was killed half way.
"""

import django.db.models.functions.math
from django.db import migrations, models

DRAFT = "assignment_slot_once_anew"
SLOT_ONCE = [
    f"DROP INDEX CONCURRENTLY IF EXISTS {DRAFT}",
    f"""CREATE UNIQUE INDEX CONCURRENTLY {DRAFT} ON projects_assignment (task_id, mod(slot, 1000))
    WHERE kind = 'judge' AND state IN ('open', 'held', 'submitted') AND voided_at IS NULL""",
    # In one transaction, so that at every moment one of them holds.
    f"DROP INDEX assignment_slot_once; ALTER INDEX {DRAFT} RENAME TO assignment_slot_once",
]
FIRST = [
    "DROP INDEX CONCURRENTLY IF EXISTS task_first",
    "CREATE INDEX CONCURRENTLY task_first ON projects_task (project_id, id) WHERE priority = 1",
]


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("projects", "0016_priority"),
    ]

    operations = [
        migrations.RunSQL(
            SLOT_ONCE,
            migrations.RunSQL.noop,
            state_operations=[
                migrations.RemoveConstraint(model_name="assignment", name="assignment_slot_once"),
                migrations.AddConstraint(
                    model_name="assignment",
                    constraint=models.UniqueConstraint(
                        models.F("task"),
                        django.db.models.functions.math.Mod(models.F("slot"), 1000),
                        condition=models.Q(
                            ("kind", "judge"), ("state__in", ["open", "held", "submitted"]), ("voided_at", None)
                        ),
                        name="assignment_slot_once",
                    ),
                ),
            ],
        ),
        migrations.RunSQL(
            FIRST,
            migrations.RunSQL.noop,
            state_operations=[
                migrations.AddIndex(
                    model_name="task",
                    index=models.Index(
                        condition=models.Q(("priority", 1)), fields=["project", "id"], name="task_first"
                    ),
                ),
            ],
        ),
    ]
