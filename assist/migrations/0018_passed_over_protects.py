"""What was passed over stays, and Django says so before it deletes anything; the tables themselves don't change."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("assist", "0017_what_suggests_the_same"),
        ("projects", "0017_priority_indexes"),
    ]

    operations = [
        migrations.AlterField(
            model_name="passedover",
            name="default",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="passed_over", to="assist.organizationdefault"
            ),
        ),
        migrations.AlterField(
            model_name="passedover",
            name="project",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="projects.project"
            ),
        ),
    ]
