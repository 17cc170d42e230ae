"""A lesson of a course comes again until its tasker goes on from it; what was taught before this counts as read."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("projects", "0021_fields_asked")]

    operations = [
        migrations.AddField(
            model_name="coursestep",
            name="read_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.RunSQL("UPDATE projects_coursestep SET read_at = at", migrations.RunSQL.noop),
    ]
