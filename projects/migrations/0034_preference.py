import django.db.models.deletion
import django.db.models.functions.datetime
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('projects', '0033_audits'),
    ]

    operations = [
        migrations.CreateModel(
            name='Ranking',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('method', models.CharField(max_length=40)),
                ('items', models.JSONField()),
                ('taskers', models.JSONField()),
                ('votes', models.PositiveIntegerField()),
                ('unkeyed', models.PositiveIntegerField()),
                ('left', models.FloatField()),
                ('ties', models.FloatField()),
                ('at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
            ],
        ),
        migrations.AddField(
            model_name='archivedtask',
            name='other_asset',
            field=models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='other_archived_tasks', to='projects.asset'),
        ),
        migrations.AddField(
            model_name='task',
            name='other_asset',
            field=models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='other_tasks', to='projects.asset'),
        ),
        migrations.AddIndex(
            model_name='archivedtask',
            index=models.Index(condition=models.Q(('other_asset__isnull', False)), fields=['other_asset'], name='archived_other_asset'),
        ),
        migrations.AddIndex(
            model_name='task',
            index=models.Index(condition=models.Q(('other_asset__isnull', False)), fields=['other_asset'], name='task_other_asset'),
        ),
        migrations.AddField(
            model_name='ranking',
            name='project',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='rankings', to='projects.project'),
        ),
        migrations.AddIndex(
            model_name='ranking',
            index=models.Index(fields=['project', '-id'], name='ranking_newest'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='ranking',
            trigger=pgtrigger.compiler.Trigger(name='ranking_append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='78e96ba96c6c2f9ed40199ce8747d8e8a21c4ac6', operation='UPDATE OR DELETE', pgid='pgtrigger_ranking_append_only_beffc', table='projects_ranking', when='BEFORE')),
        ),
    ]
