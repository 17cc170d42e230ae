"""Every table as it stood after these steps: a new database is made in one."""

import django.db.models.deletion
import django.db.models.functions.datetime
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    replaces = [
        ('assist', '0001_foundation'),
        ('assist', '0002_registry'),
        ('assist', '0003_terms'),
        ('assist', '0004_inside_models'),
        ('assist', '0005_classes'),
        ('assist', '0006_refined_and_open'),
    ]

    initial = True

    dependencies = [
        ('projects', '0001_squashed_0034_preference'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='ModelVersion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('name', models.CharField(max_length=80)),
                ('version', models.CharField(max_length=40)),
                ('capability', models.CharField(choices=[('segment', 'Masks'), ('spans', 'Spans'), ('classify', 'Classes'), ('embed', 'Embeddings')], max_length=10)),
                ('runtime', models.CharField(max_length=40)),
                ('artifacts', models.JSONField(default=dict)),
                ('licence', models.CharField(blank=True, max_length=80)),
                ('source', models.CharField(blank=True, max_length=200)),
                ('metrics', models.JSONField(default=dict)),
                ('added_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('removed_at', models.DateTimeField(blank=True, null=True)),
                ('parent', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='children', to='assist.modelversion')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('name', 'version'), name='model_version_once')],
            },
        ),
        migrations.CreateModel(
            name='Deployment',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('share', models.PositiveSmallIntegerField()),
                ('started_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('ended_at', models.DateTimeField(blank=True, null=True)),
                ('project', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='projects.project')),
                ('started_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('version', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='deployments', to='assist.modelversion')),
            ],
            options={
                'constraints': [models.UniqueConstraint(condition=models.Q(('ended_at', None)), fields=('project', 'version'), name='deployment_once_at_a_time'), models.CheckConstraint(condition=models.Q(('share__gte', 1), ('share__lte', 100)), name='deployment_share_in_percent')],
            },
        ),
        migrations.CreateModel(
            name='Placement',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('answered', models.PositiveIntegerField(default=0)),
                ('skipped', models.PositiveIntegerField(default=0)),
                ('note', models.CharField(blank=True, max_length=300)),
                ('placed_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('placed_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('seat', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='projects.seat')),
                ('version', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='placements', to='assist.modelversion')),
            ],
        ),
        migrations.CreateModel(
            name='Preparation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('state', models.CharField(choices=[('running', 'Under way'), ('stopped', 'Stopped'), ('failed', 'Failed'), ('done', 'Done')], default='running', max_length=8)),
                ('after', models.BigIntegerField(default=0)),
                ('done', models.PositiveIntegerField(default=0)),
                ('problems', models.PositiveIntegerField(default=0)),
                ('seconds', models.FloatField(default=0.0)),
                ('note', models.CharField(blank=True, max_length=300)),
                ('started_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('batch', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='projects.batch')),
                ('started_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('version', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='assist.modelversion')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('batch', 'version'), name='preparation_once')],
            },
        ),
        migrations.CreateModel(
            name='Prepared',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('task_key', models.BigIntegerField()),
                ('output', models.JSONField()),
                ('version', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='assist.modelversion')),
            ],
            options={
                'verbose_name_plural': 'prepared',
                'constraints': [models.UniqueConstraint(fields=('task_key', 'version'), name='prepared_once')],
            },
        ),
        migrations.CreateModel(
            name='Suggestion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('assignment_key', models.BigIntegerField()),
                ('task_key', models.BigIntegerField()),
                ('project_key', models.UUIDField()),
                ('prompt', models.JSONField(default=dict)),
                ('output', models.JSONField(default=dict)),
                ('score', models.FloatField(blank=True, null=True)),
                ('latency_ms', models.PositiveIntegerField(default=0)),
                ('trap', models.BooleanField(default=False)),
                ('edit', models.FloatField(blank=True, null=True)),
                ('fate', models.CharField(choices=[('offered', 'Offered'), ('accepted', 'Accepted as it was'), ('edited', 'Accepted and edited'), ('refused', 'Refused'), ('ignored', 'Ignored'), ('refined', 'Refined by a later click')], default='offered', max_length=8)),
                ('offered_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('settled_at', models.DateTimeField(blank=True, null=True)),
                ('model', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='suggestions', to='assist.modelversion')),
            ],
            options={
                'indexes': [models.Index(fields=['assignment_key'], name='suggestion_by_assignment'), models.Index(fields=['project_key', 'id'], name='suggestion_by_project'), models.Index(condition=models.Q(('fate', 'offered')), fields=['id'], name='suggestion_open')],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('fate', 'offered'), ('settled_at', None)), models.Q(models.Q(('fate', 'offered'), _negated=True), ('settled_at__isnull', False)), _connector='OR'), name='suggestion_settled_has_time')],
            },
        ),
        migrations.CreateModel(
            name='Taught',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('field', models.CharField(max_length=60)),
                ('labels', models.JSONField(default=list)),
                ('sums', models.BinaryField()),
                ('verdicts', models.PositiveIntegerField(default=0)),
                ('blind', models.PositiveIntegerField(default=0)),
                ('right', models.FloatField(blank=True, null=True)),
                ('temperature', models.FloatField(blank=True, null=True)),
                ('upto', models.BigIntegerField(default=0)),
                ('at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('project', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='projects.project')),
                ('version', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='assist.modelversion')),
            ],
            options={
                'verbose_name_plural': 'taught',
                'constraints': [models.UniqueConstraint(fields=('project', 'version', 'field'), name='taught_once')],
            },
        ),
    ]
