# Pictures in the instructions of projects and templates.

import uuid

import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('projects', '0019_review_deadlines'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Illustration',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('name', models.SlugField(max_length=60)),
                ('alt', models.CharField(max_length=300)),
                ('added_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('removed_at', models.DateTimeField(blank=True, null=True)),
                ('added_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('asset', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='illustrations', to='projects.asset')),
                ('project', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='illustrations', to='projects.project')),
                ('template', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='illustrations', to='projects.projecttemplate')),
            ],
            options={
                'constraints': [
                    models.UniqueConstraint(fields=('project', 'name'), name='illustration_once_in_project'),
                    models.UniqueConstraint(fields=('template', 'name'), name='illustration_once_in_template'),
                    models.CheckConstraint(condition=models.Q(models.Q(('project', None), ('template__isnull', False)), models.Q(('project__isnull', False), ('template', None)), _connector='OR'), name='illustration_of_one'),
                    models.CheckConstraint(condition=models.Q(models.Q(('asset', None), ('removed_at__isnull', False)), models.Q(('asset__isnull', False), ('removed_at', None)), _connector='OR'), name='illustration_there_or_removed'),
                    models.CheckConstraint(condition=models.Q(('alt', ''), _negated=True), name='illustration_says_what_it_shows'),
                ],
            },
        ),
    ]
