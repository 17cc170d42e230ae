
import django.db.models.deletion
import django.db.models.functions.comparison
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('projects', '0002_references'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='VerdictEntry',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('label', models.CharField(blank=True, default='', max_length=60)),
                ('confidence', models.FloatField()),
            ],
            options={
                'verbose_name_plural': 'verdict entries',
            },
        ),
        migrations.AddIndex(
            model_name='assignment',
            index=models.Index(condition=models.Q(('kind', 'judge'), ('state__in', ['open', 'held'])), fields=['batch', 'state', 'task'], name='assignment_unfinished'),
        ),
        migrations.AddIndex(
            model_name='assignment',
            index=models.Index(condition=models.Q(('tasker__isnull', False)), fields=['tasker', 'batch', 'task'], name='assignment_tasker_task'),
        ),
        migrations.AddIndex(
            model_name='task',
            index=models.Index(models.F('project'), django.db.models.functions.comparison.Collate('external_id', 'C'), name='task_external_id_start'),
        ),
        migrations.AddField(
            model_name='verdictentry',
            name='project',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='projects.project'),
        ),
        migrations.AddField(
            model_name='verdictentry',
            name='task',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='projects.task'),
        ),
        migrations.AddField(
            model_name='verdictentry',
            name='verdict',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='projects.verdict'),
        ),
        migrations.AddIndex(
            model_name='verdictentry',
            index=models.Index(fields=['project', 'label', 'task'], name='verdict_entry_by_label'),
        ),
        migrations.AddIndex(
            model_name='verdictentry',
            index=models.Index(fields=['project', 'label', 'confidence', 'task'], name='verdict_entry_confidence'),
        ),
        migrations.AddIndex(
            model_name='verdictentry',
            index=models.Index(condition=models.Q(('label', '')), fields=['project', 'id'], name='verdict_entry_feed'),
        ),
        migrations.AddConstraint(
            model_name='verdictentry',
            constraint=models.UniqueConstraint(fields=('task', 'label'), name='verdict_entry_once'),
        ),
    ]
