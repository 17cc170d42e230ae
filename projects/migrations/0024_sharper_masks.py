# Masks of small things, worked out once more from near: not in projects that were set up without, but in new ones.

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('projects', '0023_asked_to_decide'),
    ]

    operations = [
        migrations.AddField(
            model_name='projectsettings',
            name='sharpens',
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AlterField(
            model_name='projectsettings',
            name='sharpens',
            field=models.BooleanField(db_default=True, default=True),
        ),
    ]
