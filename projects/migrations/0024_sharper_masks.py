# Masks of small things, worked out once more from near.

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
    ]
