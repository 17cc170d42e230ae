# More for each task to whom accuracy is shown.

from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('projects', '0020_illustrations'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name='projectsettings',
            name='raise_from',
            field=models.FloatField(db_default=0.9, default=0.9),
        ),
        migrations.AddField(
            model_name='projectsettings',
            name='raise_percent',
            field=models.PositiveSmallIntegerField(db_default=0, default=0),
        ),
        migrations.AddConstraint(
            model_name='projectsettings',
            constraint=models.CheckConstraint(condition=models.Q(('raise_percent__gte', 0), ('raise_percent__lte', 300), ('raise_from__gte', 0.5), ('raise_from__lte', 0.99)), name='settings_raise_sane'),
        ),
        migrations.AlterField(
            model_name='alertrule',
            name='watches',
            field=models.CharField(choices=[('accuracy', 'Accuracy on gold below'), ('pace', 'Chance to meet the deadline below'), ('per_day', 'Judgements a day below'), ('spend', 'Spent above'), ('stalled', 'Tasks that nobody may do, more than')], max_length=10),
        ),
    ]
