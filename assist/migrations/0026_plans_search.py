"""A training plan may search for better settings first."""

import django.db.models.deletion
from django.db import migrations, models
from django.db.models import Q

OPEN = ["snapshot", "searching", "training", "evaluating", "evidence"]
OVER = ["asked", "rollout", "refused", "cannot-tell", "stopped", "failed"]
STATES = [
    ("snapshot", "A snapshot is taken"),
    ("searching", "Settings are searched for"),
    ("training", "Training"),
    ("evaluating", "Being evaluated"),
    ("evidence", "Waits for evidence"),
    ("asked", "Waits for a person"),
    ("rollout", "Its rollout began"),
    ("refused", "Refused"),
    ("cannot-tell", "Evidence never came"),
    ("stopped", "Stopped"),
    ("failed", "Failed"),
]


class Migration(migrations.Migration):
    dependencies = [
        ("assist", "0025_labelled_next"),
    ]

    operations = [
        migrations.AddField(
            model_name="trainingplan",
            name="trials",
            field=models.PositiveSmallIntegerField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="trainingplan",
            name="search_minutes",
            field=models.PositiveSmallIntegerField(db_default=60, default=60),
        ),
        migrations.AddField(
            model_name="planround",
            name="search",
            field=models.ForeignKey(
                blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="assist.search"
            ),
        ),
        migrations.AlterField(
            model_name="planround",
            name="state",
            field=models.CharField(choices=STATES, default="snapshot", max_length=11),
        ),
        migrations.AlterField(
            model_name="roundstep",
            name="state",
            field=models.CharField(choices=STATES, max_length=11),
        ),
        migrations.RemoveConstraint(model_name="trainingplan", name="training_plan_within_limits"),
        migrations.AddConstraint(
            model_name="trainingplan",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("every_days", None),
                        models.Q(("every_days__gte", 1), ("every_days__lte", 366)),
                        _connector="OR",
                    ),
                    models.Q(
                        ("new_verdicts", None),
                        models.Q(("new_verdicts__gte", 1), ("new_verdicts__lte", 5000)),
                        _connector="OR",
                    ),
                    ("minutes__gte", 1),
                    ("minutes__lte", 1440),
                    models.Q(("trials", None), models.Q(("trials__gte", 2), ("trials__lte", 200)), _connector="OR"),
                    ("search_minutes__gte", 1),
                    ("search_minutes__lte", 1440),
                    ("most_failures__gte", 1),
                    ("most_failures__lte", 20),
                ),
                name="training_plan_within_limits",
            ),
        ),
        migrations.RemoveConstraint(model_name="planround", name="plan_round_over_has_time"),
        migrations.AddConstraint(
            model_name="planround",
            constraint=models.CheckConstraint(
                condition=Q(state__in=OPEN, ended_at=None) | Q(state__in=OVER, ended_at__isnull=False),
                name="plan_round_over_has_time",
            ),
        ),
    ]
