# Whether a project finishes tasks that were begun before others are begun: none does until somebody says so.

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("projects", "0026_import_makes_live"),
    ]

    operations = [
        migrations.AddField(
            model_name="projectsettings",
            name="depth_first",
            field=models.BooleanField(db_default=False, default=False),
        ),
    ]
