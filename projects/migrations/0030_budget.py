from django.db import migrations, models
from django.db.models import F, Q


class Migration(migrations.Migration):
    dependencies = [("projects", "0029_refused_rows_and_tally_times")]

    operations = [
        migrations.AddField("projectsettings", "budget", models.FloatField(blank=True, null=True)),
        migrations.AddConstraint(
            "projectsettings",
            models.CheckConstraint(
                condition=Q(budget=None) | Q(budget__gte=F("wanted"), budget__lte=F("most"), most__isnull=False),
                name="settings_budget_sane",
            ),
        ),
    ]
