# What a project was called when a delivery's verdicts were picked: a run that takes over makes the same files.

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('projects', '0021_raised_rates'),
    ]

    operations = [
        migrations.AddField(
            model_name='delivery',
            name='project_name',
            field=models.CharField(blank=True, db_default='', default='', max_length=120),
        ),
    ]
