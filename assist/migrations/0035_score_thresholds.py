"""From which scores on suggestions of each label may be called high or medium."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('assist', '0034_copilot_harm'),
    ]

    operations = [
        migrations.AddField(
            model_name='measuredscores',
            name='thresholds',
            field=models.JSONField(blank=True, null=True),
        ),
    ]
