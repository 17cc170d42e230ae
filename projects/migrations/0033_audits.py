import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("projects", "0032_instructions_by_language"),
    ]

    operations = [
        migrations.AddField(
            model_name="projectsettings",
            name="audit_share",
            field=models.FloatField(db_default=0.02, default=0.02),
        ),
        migrations.AddConstraint(
            model_name="projectsettings",
            constraint=models.CheckConstraint(
                condition=models.Q(("audit_share__gte", 0), ("audit_share__lte", 1)),
                name="settings_audit_share_in_unit",
            ),
        ),
        migrations.AlterField(
            model_name="secondlook",
            name="estimation",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="projects.estimation",
            ),
        ),
        migrations.AlterField(
            model_name="secondlook",
            name="reason",
            field=models.CharField(
                choices=[
                    ("other", "Another answer is likelier now"),
                    ("doubt", "Less sure than your target by now"),
                    ("tampered", "An answer that it rests on was changed afterwards"),
                    ("audit", "Drawn for an audit"),
                ],
                max_length=8,
            ),
        ),
        migrations.AddConstraint(
            model_name="secondlook",
            constraint=models.CheckConstraint(
                condition=models.Q(("reason", "audit"), ("estimation__isnull", False), _connector="OR"),
                name="second_look_has_its_estimate",
            ),
        ),
        migrations.AddIndex(
            model_name="secondlook",
            index=models.Index(
                condition=models.Q(("reason", "audit")), fields=["project", "task"], name="audit_by_project"
            ),
        ),
    ]
