from django.db import migrations, models

# Models of runs that failed at their first question, or were cut off before their end, were named by no run: their
# names say of which they are.
TAUGHT = """
    UPDATE assist_trainingrun run SET version_id = made.id
    FROM assist_modelversion made, projects_project project, taskers_organization owner
    WHERE run.version_id IS NULL AND run.state <> 'done'
      AND project.id = run.project_id AND owner.id = project.organization_id
      AND made.organization_id = owner.id
      AND made.version = left(replace(run.public_id::text, '-', ''), 12)
      AND made.name = run.recipe || '-' || left(replace(project.public_id::text, '-', ''), 8)
          || '+' || left(replace(owner.public_id::text, '-', ''), 8)
"""


class Migration(migrations.Migration):
    dependencies = [
        ("assist", "0030_bet_looks"),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="trainingrun",
            name="training_done_has_version",
        ),
        migrations.AddConstraint(
            model_name="trainingrun",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("version__isnull", False), models.Q(("state", "done"), _negated=True), _connector="OR"
                ),
                name="training_done_has_version",
            ),
        ),
        migrations.AddField(
            model_name="shadowanswer",
            name="group",
            field=models.CharField(db_default="", default="", max_length=64),
        ),
        migrations.RunSQL(TAUGHT, migrations.RunSQL.noop),  # last: what it defers keeps tables from being altered
    ]
