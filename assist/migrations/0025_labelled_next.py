"""That a model chooses in part what is labelled next, what it looked at, and with which chance each task was put first."""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('assist', '0024_erasure'),
        ('projects', '0019_review_deadlines'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Selection',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('state', models.CharField(choices=[('on', 'On'), ('off', 'Off')], default='on', max_length=3)),
                ('share', models.FloatField()),
                ('random_share', models.FloatField()),
                ('arranged_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('arranged_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('project', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='projects.project')),
            ],
        ),
        migrations.CreateModel(
            name='SelectionRound',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('share', models.FloatField()),
                ('random_share', models.FloatField()),
                ('state', models.CharField(choices=[('running', 'Under way'), ('done', 'Done'), ('stopped', 'Stopped'), ('failed', 'Failed')], default='running', max_length=7)),
                ('reason', models.CharField(blank=True, max_length=300)),
                ('looked_at', models.PositiveIntegerField(default=0)),
                ('first', models.PositiveIntegerField(default=0)),
                ('by_lot', models.PositiveIntegerField(default=0)),
                ('begun_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('chosen_at', models.DateTimeField(blank=True, null=True)),
                ('ended_at', models.DateTimeField(blank=True, null=True)),
                ('selection', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='rounds', to='assist.selection')),
                ('version', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='assist.modelversion')),
            ],
        ),
        migrations.CreateModel(
            name='SelectedTask',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('task', models.BigIntegerField()),
                ('asked', models.BooleanField(default=False)),
                ('doubt', models.FloatField(blank=True, null=True)),
                ('random', models.BooleanField(default=False)),
                ('propensity', models.FloatField(blank=True, null=True)),
                ('first', models.BooleanField(default=False)),
                ('round', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='tasks', to='assist.selectionround')),
            ],
        ),
        migrations.AddIndex(
            model_name='selection',
            index=models.Index(condition=models.Q(('state', 'on')), fields=['id'], name='selection_on'),
        ),
        migrations.AddConstraint(
            model_name='selection',
            constraint=models.CheckConstraint(condition=models.Q(('share__gte', 0.02), ('share__lte', 0.25), ('random_share__gte', 0.3), ('random_share__lte', 0.9)), name='selection_within_limits'),
        ),
        migrations.AddIndex(
            model_name='selectionround',
            index=models.Index(fields=['selection', '-id'], name='selection_round_by_selection'),
        ),
        migrations.AddConstraint(
            model_name='selectionround',
            constraint=models.UniqueConstraint(condition=models.Q(('state', 'running')), fields=('selection',), name='selection_round_one_at_a_time'),
        ),
        migrations.AddConstraint(
            model_name='selectionround',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('ended_at', None), ('state', 'running')), models.Q(models.Q(('state', 'running'), _negated=True), ('ended_at__isnull', False)), _connector='OR'), name='selection_round_over_has_time'),
        ),
        migrations.AddIndex(
            model_name='selectedtask',
            index=models.Index(fields=['task'], name='selected_task_by_task'),
        ),
        migrations.AddConstraint(
            model_name='selectedtask',
            constraint=models.UniqueConstraint(fields=('round', 'task'), name='selected_task_once'),
        ),
        migrations.AddConstraint(
            model_name='selectedtask',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('first', False), ('propensity', None)), models.Q(('propensity__gt', 0), ('propensity__lte', 1)), _connector='OR'), name='selected_task_has_a_chance'),
        ),
    ]
