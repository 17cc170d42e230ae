from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('projects', '0031_belief_parts'),
    ]

    operations = [
        migrations.AddField(
            model_name='projectsettings',
            name='instructions_by_language',
            field=models.JSONField(blank=True, db_default={}, default=dict),
        ),
    ]
