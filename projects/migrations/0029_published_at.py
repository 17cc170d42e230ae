"""When a project was published: those that exist were when they were made, except for drafts."""

import django.db.models.functions.datetime
from django.db import migrations, models

EXISTING = "UPDATE projects_project SET published_at = CASE WHEN state <> 'draft' THEN created_at END"


class Migration(migrations.Migration):

    dependencies = [
        ("projects", "0028_depth_walk"),
    ]

    operations = [
        migrations.AddField(
            model_name="project",
            name="published_at",
            field=models.DateTimeField(
                blank=True, db_default=django.db.models.functions.datetime.Now(), editable=False, null=True
            ),
        ),
        migrations.RunSQL(EXISTING, migrations.RunSQL.noop),
    ]
