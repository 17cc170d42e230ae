"""People, access, money, standing and the outbox."""

import django.db.models.deletion
import django.db.models.functions.datetime
import django.utils.timezone
import pgtrigger.compiler
import pgtrigger.migrations
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('auth', '0012_alter_user_first_name_max_length'),
    ]

    operations = [
        migrations.CreateModel(
            name='Person',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('password', models.CharField(max_length=128, verbose_name='password')),
                ('last_login', models.DateTimeField(blank=True, null=True, verbose_name='last login')),
                ('is_superuser', models.BooleanField(default=False, help_text='Designates that this user has all permissions without explicitly assigning them.', verbose_name='superuser status')),
                ('public_id', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('email', models.EmailField(max_length=254, unique=True)),
                ('name', models.CharField(max_length=120)),
                ('kind', models.CharField(choices=[('human', 'Person'), ('model', 'Model')], default='human', max_length=8)),
                ('time_zone', models.CharField(default='UTC', max_length=64)),
                ('language', models.CharField(blank=True, db_default='', max_length=12)),
                ('is_active', models.BooleanField(default=True)),
                ('is_staff', models.BooleanField(default=False)),
                ('access_epoch', models.PositiveIntegerField(db_default=0, default=0, editable=False)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('groups', models.ManyToManyField(blank=True, help_text='The groups this user belongs to. A user will get all permissions granted to each of their groups.', related_name='user_set', related_query_name='user', to='auth.group', verbose_name='groups')),
                ('user_permissions', models.ManyToManyField(blank=True, help_text='Specific permissions for this user.', related_name='user_set', related_query_name='user', to='auth.permission', verbose_name='user permissions')),
            ],
            options={
                'verbose_name_plural': 'people',
            },
        ),
        migrations.CreateModel(
            name='Cursor',
            fields=[
                ('reader', models.CharField(max_length=60, primary_key=True, serialize=False)),
                ('transaction', models.BigIntegerField(default=-9223372036854775808)),
                ('event_id', models.BigIntegerField(default=0)),
            ],
        ),
        migrations.CreateModel(
            name='EventPart',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveBigIntegerField(unique=True)),
                ('file', models.CharField(max_length=200, unique=True)),
                ('sha256', models.CharField(max_length=64)),
                ('size', models.BigIntegerField()),
                ('schema', models.PositiveSmallIntegerField()),
                ('events', models.PositiveIntegerField()),
                ('first_transaction', models.BigIntegerField()),
                ('first_event', models.BigIntegerField()),
                ('last_transaction', models.BigIntegerField()),
                ('last_event', models.BigIntegerField()),
                ('lowest_event', models.BigIntegerField()),
                ('highest_event', models.BigIntegerField()),
                ('first_at', models.DateTimeField()),
                ('last_at', models.DateTimeField()),
                ('made_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
            ],
            options={
                'indexes': [
                    models.Index(fields=['last_transaction', 'last_event'], name='event_part_reach'),
                ],
            },
        ),
        migrations.CreateModel(
            name='Grade',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.CharField(max_length=120, unique=True)),
                ('project_key', models.UUIDField()),
                ('subject', models.CharField(max_length=80)),
                ('source', models.CharField(choices=[('gold', 'Known answer'), ('verdict', 'Agreement with the others'), ('review', "A reviewer's decision")], max_length=8)),
                ('value', models.FloatField()),
                ('blind', models.BooleanField(default=True)),
                ('detail', models.JSONField(default=dict)),
                ('at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
            ],
            options={
                'indexes': [
                    models.Index(fields=['subject', 'id'], name='grade_by_subject'),
                ],
                'constraints': [
                    models.CheckConstraint(condition=models.Q(('value__gte', 0), ('value__lte', 1)), name='grade_value_in_unit'),
                ],
            },
        ),
        migrations.CreateModel(
            name='Invitation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('email', models.EmailField(max_length=254)),
                ('name', models.CharField(blank=True, max_length=120)),
                ('role', models.CharField(choices=[('owner', 'Owner'), ('manager', 'Manager'), ('reviewer', 'Reviewer'), ('finance', 'Finance'), ('ml_engineer', 'ML engineer'), ('tasker', 'Tasker')], max_length=16)),
                ('project_key', models.UUIDField(blank=True, null=True)),
                ('secret_hash', models.CharField(max_length=64, unique=True)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('expires_at', models.DateTimeField()),
                ('accepted_at', models.DateTimeField(blank=True, null=True)),
                ('withdrawn_at', models.DateTimeField(blank=True, null=True)),
            ],
        ),
        migrations.CreateModel(
            name='LabelStanding',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('project_key', models.UUIDField()),
                ('label', models.CharField(max_length=60)),
                ('good', models.FloatField(default=0)),
                ('poor', models.FloatField(default=0)),
            ],
            options={
                'constraints': [
                    models.CheckConstraint(condition=models.Q(('good__gte', 0), ('poor__gte', 0)), name='label_standing_not_negative'),
                ],
            },
        ),
        migrations.CreateModel(
            name='Membership',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('project_key', models.UUIDField(blank=True, null=True)),
                ('role', models.CharField(choices=[('owner', 'Owner'), ('manager', 'Manager'), ('reviewer', 'Reviewer'), ('finance', 'Finance'), ('ml_engineer', 'ML engineer'), ('tasker', 'Tasker')], max_length=16)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('ended_at', models.DateTimeField(blank=True, null=True)),
            ],
            options={
                'constraints': [
                    models.CheckConstraint(condition=models.Q(('role__in', ['owner', 'manager', 'reviewer', 'finance', 'ml_engineer', 'tasker'])), name='membership_role_known'),
                ],
            },
        ),
        migrations.CreateModel(
            name='Organization',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('name', models.CharField(max_length=120)),
                ('currency', models.CharField(default='USD', max_length=3)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
            ],
        ),
        migrations.CreateModel(
            name='Payout',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('currency', models.CharField(max_length=3)),
                ('state', models.CharField(choices=[('proposed', 'Waiting for approval'), ('approved', 'Approved'), ('settled', 'Settled'), ('cancelled', 'Cancelled')], default='proposed', max_length=10)),
                ('made_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('approved_at', models.DateTimeField(blank=True, null=True)),
                ('exported_at', models.DateTimeField(blank=True, null=True)),
                ('ended_at', models.DateTimeField(blank=True, null=True)),
                ('reference', models.CharField(blank=True, max_length=120)),
            ],
        ),
        migrations.CreateModel(
            name='PayoutItem',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('cents', models.BigIntegerField()),
                ('key', models.CharField(max_length=80)),
            ],
            options={
                'constraints': [
                    models.CheckConstraint(condition=models.Q(('key', ''), _negated=True), name='payout_item_has_key'),
                    models.CheckConstraint(condition=models.Q(('cents__gt', 0)), name='payout_item_positive'),
                ],
            },
        ),
        migrations.CreateModel(
            name='Qualification',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('value', models.FloatField(default=1.0)),
                ('expires_at', models.DateTimeField(blank=True, null=True)),
                ('granted_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('note', models.CharField(blank=True, max_length=200)),
            ],
            options={
                'constraints': [
                    models.CheckConstraint(condition=models.Q(('value__gte', -1000000000.0), ('value__lte', 1000000000.0)), name='qualification_value_sane'),
                ],
            },
        ),
        migrations.CreateModel(
            name='Skill',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.SlugField(max_length=60)),
                ('name', models.CharField(max_length=80)),
                ('kind', models.CharField(choices=[('skill', 'Skill'), ('language', 'Language'), ('qualification', 'Qualification')], default='skill', max_length=13)),
            ],
        ),
        migrations.CreateModel(
            name='Standing',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('project_key', models.UUIDField()),
                ('good', models.FloatField(default=0)),
                ('poor', models.FloatField(default=0)),
                ('shown_good', models.FloatField(db_default=0, default=0)),
                ('shown_poor', models.FloatField(db_default=0, default=0)),
                ('updated_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
            options={
                'constraints': [
                    models.CheckConstraint(condition=models.Q(('good__gte', 0), ('poor__gte', 0)), name='standing_counts_not_negative'),
                ],
            },
        ),
        migrations.CreateModel(
            name='ThrottleBucket',
            fields=[
                ('key', models.CharField(max_length=160, primary_key=True, serialize=False)),
                ('settles_at', models.DateTimeField(db_index=True)),
                ('admitted', models.BooleanField(default=True)),
            ],
        ),
        migrations.CreateModel(
            name='Transfer',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.CharField(max_length=120, unique=True)),
                ('amount', models.BigIntegerField()),
                ('currency', models.CharField(max_length=3)),
                ('reason', models.CharField(blank=True, max_length=200)),
                ('detail', models.JSONField(default=dict)),
                ('at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
            ],
            options={
                'constraints': [
                    models.CheckConstraint(condition=models.Q(('amount__gt', 0)), name='transfer_amount_positive'),
                ],
            },
        ),
        migrations.CreateModel(
            name='Preferences',
            fields=[
                ('person', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='+', serialize=False, to=settings.AUTH_USER_MODEL)),
                ('keys', models.JSONField(default=dict)),
                ('submit_on_choice', models.BooleanField(db_default=False, default=False)),
            ],
            options={
                'verbose_name_plural': 'preferences',
            },
        ),
        migrations.CreateModel(
            name='Account',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('labelling', 'Cost of labelling'), ('owed', 'Owed to a tasker'), ('in_payout', 'In a payout'), ('paid', 'Paid out')], max_length=12)),
                ('currency', models.CharField(max_length=3)),
                ('project_key', models.UUIDField(blank=True, null=True)),
                ('tasker', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='accounts', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'constraints': [
                    models.CheckConstraint(condition=models.Q(models.Q(('kind', 'labelling'), ('project_key__isnull', False), ('tasker', None)), models.Q(('kind__in', ['owed', 'in_payout', 'paid']), ('project_key', None), ('tasker__isnull', False)), _connector='OR'), name='account_owner_fits_kind'),
                ],
            },
        ),
        migrations.CreateModel(
            name='ApiToken',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('name', models.CharField(max_length=80)),
                ('prefix', models.CharField(max_length=12)),
                ('secret_hash', models.CharField(max_length=64, unique=True)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('last_used_at', models.DateTimeField(blank=True, null=True)),
                ('expires_at', models.DateTimeField(blank=True, null=True)),
                ('revoked_at', models.DateTimeField(blank=True, null=True)),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='tokens', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name='AuditRecord',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('kind', models.CharField(max_length=40)),
                ('outcome', models.CharField(choices=[('done', 'Done'), ('refused', 'Refused'), ('failed', 'Failed')], default='done', max_length=8)),
                ('subject', models.CharField(blank=True, max_length=80)),
                ('address', models.GenericIPAddressField(null=True)),
                ('agent', models.CharField(blank=True, max_length=200)),
                ('detail', models.JSONField(default=dict)),
                ('actor', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('person', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'indexes': [
                    models.Index(fields=['person', 'kind', '-id'], name='audit_by_person'),
                    models.Index(fields=['actor', 'kind', '-id'], name='audit_by_actor'),
                ],
                'constraints': [
                    models.CheckConstraint(condition=models.Q(('outcome__in', ['done', 'refused', 'failed'])), name='audit_outcome_known'),
                ],
            },
        ),
        migrations.CreateModel(
            name='Dispute',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('subject', models.CharField(max_length=120)),
                ('text', models.TextField()),
                ('state', models.CharField(choices=[('open', 'Open'), ('upheld', 'Upheld'), ('refused', 'Refused')], default='open', max_length=8)),
                ('answer', models.TextField(blank=True)),
                ('opened_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('answered_at', models.DateTimeField(blank=True, null=True)),
                ('answered_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('tasker', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='disputes', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'constraints': [
                    models.UniqueConstraint(condition=models.Q(('state', 'open')), fields=('tasker', 'subject'), name='dispute_open_once'),
                ],
            },
        ),
        migrations.CreateModel(
            name='Event',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('transaction', models.BigIntegerField(db_default=models.Func(output_field=models.BigIntegerField(), template='(pg_current_xact_id()::text)::bigint'), editable=False)),
                ('organization_id', models.BigIntegerField()),
                ('kind', models.CharField(max_length=40)),
                ('actor_id', models.BigIntegerField(null=True)),
                ('project_key', models.UUIDField(null=True)),
                ('subject', models.CharField(blank=True, max_length=80)),
                ('data', models.JSONField(default=dict)),
                ('at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
            ],
            options={
                'indexes': [models.Index(fields=['transaction', 'id'], name='event_order'), models.Index(fields=['subject', 'id'], name='event_subject')],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='event',
            trigger=pgtrigger.compiler.Trigger(name='event_append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n            IF TG_OP = 'DELETE' AND (\n  EXISTS (SELECT FROM taskers_eventpart p\n    WHERE (p.last_transaction, p.last_event) >= (OLD.transaction, OLD.id)\n      AND (p.first_transaction, p.first_event) <= (OLD.transaction, OLD.id)\n      AND OLD.id BETWEEN p.lowest_event AND p.highest_event)\n  AND NOT EXISTS (SELECT FROM taskers_cursor c WHERE (c.transaction, c.event_id) < (OLD.transaction, OLD.id)))\n THEN RETURN OLD; END IF;\n            RAISE EXCEPTION 'append-only: % of a row of % that is not archived', TG_OP, TG_TABLE_NAME;\n        ", hash='f8d620c77c6b49c2de08ede3050db0c2513d7e8a', operation='UPDATE OR DELETE', pgid='pgtrigger_event_append_only_a8c2e', table='taskers_event', when='BEFORE')),
        ),
        migrations.AddField(
            model_name='grade',
            name='tasker',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='grades', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='invitation',
            name='invited_by',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='labelstanding',
            name='tasker',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='membership',
            name='person',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='memberships', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='membership',
            name='organization',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='memberships', to='taskers.organization'),
        ),
        migrations.AddField(
            model_name='invitation',
            name='organization',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='invitations', to='taskers.organization'),
        ),
        migrations.AddField(
            model_name='grade',
            name='organization',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='taskers.organization'),
        ),
        migrations.AddField(
            model_name='dispute',
            name='organization',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='disputes', to='taskers.organization'),
        ),
        migrations.AddField(
            model_name='auditrecord',
            name='organization',
            field=models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='taskers.organization'),
        ),
        migrations.AddField(
            model_name='apitoken',
            name='organization',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='tokens', to='taskers.organization'),
        ),
        migrations.AddField(
            model_name='account',
            name='organization',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='accounts', to='taskers.organization'),
        ),
        migrations.AddField(
            model_name='payout',
            name='approved_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='payout',
            name='cancel_asked_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='payout',
            name='ended_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='payout',
            name='made_by',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='payout',
            name='organization',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='payouts', to='taskers.organization'),
        ),
        migrations.AddField(
            model_name='payoutitem',
            name='payout',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='items', to='taskers.payout'),
        ),
        migrations.AddField(
            model_name='payoutitem',
            name='tasker',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='payout_items', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='qualification',
            name='granted_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='qualification',
            name='person',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='qualifications', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='skill',
            name='organization',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='skills', to='taskers.organization'),
        ),
        migrations.AddField(
            model_name='qualification',
            name='skill',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='qualifications', to='taskers.skill'),
        ),
        migrations.AddField(
            model_name='standing',
            name='organization',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='taskers.organization'),
        ),
        migrations.AddField(
            model_name='standing',
            name='tasker',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='standings', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='transfer',
            name='reverses',
            field=models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='reversed_by', to='taskers.transfer'),
        ),
        migrations.AddField(
            model_name='transfer',
            name='source',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='outgoing', to='taskers.account'),
        ),
        migrations.AddField(
            model_name='transfer',
            name='target',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='incoming', to='taskers.account'),
        ),
        migrations.AddConstraint(
            model_name='labelstanding',
            constraint=models.UniqueConstraint(fields=('tasker', 'project_key', 'label'), name='label_standing_once'),
        ),
        migrations.AddConstraint(
            model_name='membership',
            constraint=models.UniqueConstraint(condition=models.Q(('ended_at', None)), fields=('person', 'organization', 'role', 'project_key'), name='membership_once', nulls_distinct=False),
        ),
        migrations.AddConstraint(
            model_name='invitation',
            constraint=models.UniqueConstraint(condition=models.Q(('accepted_at', None), ('withdrawn_at', None)), fields=('organization', 'email', 'role', 'project_key'), name='invitation_once', nulls_distinct=False),
        ),
        migrations.AddIndex(
            model_name='grade',
            index=models.Index(fields=['tasker', 'project_key', 'id'], name='grade_by_tasker'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='grade',
            trigger=pgtrigger.compiler.Trigger(name='grade_append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='5c14087249a9b1e97bc71258b7e25248db5cf40b', operation='UPDATE OR DELETE', pgid='pgtrigger_grade_append_only_ffd1c', table='taskers_grade', when='BEFORE')),
        ),
        migrations.AddIndex(
            model_name='auditrecord',
            index=models.Index(fields=['organization', '-id'], name='audit_by_organization'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='auditrecord',
            trigger=pgtrigger.compiler.Trigger(name='audit_record_append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='1332dd9d27fc4acd1c9ad0e28f5863d6bd042bca', operation='UPDATE OR DELETE', pgid='pgtrigger_audit_record_append_only_0d738', table='taskers_auditrecord', when='BEFORE')),
        ),
        migrations.AddConstraint(
            model_name='account',
            constraint=models.UniqueConstraint(fields=('organization', 'kind', 'currency', 'tasker', 'project_key'), name='account_once', nulls_distinct=False),
        ),
        migrations.AddConstraint(
            model_name='payout',
            constraint=models.CheckConstraint(condition=models.Q(('approved_by', None), models.Q(('approved_by', models.F('made_by')), _negated=True), _connector='OR'), name='payout_two_people'),
        ),
        migrations.AddConstraint(
            model_name='payout',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state__in', ['approved', 'settled']), _negated=True), models.Q(('approved_at__isnull', False), ('approved_by__isnull', False)), _connector='OR'), name='payout_approved_by_somebody'),
        ),
        migrations.AddConstraint(
            model_name='payout',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state', 'cancelled'), _negated=True), ('exported_at', None), models.Q(('cancel_asked_by__isnull', False), models.Q(('cancel_asked_by', models.F('ended_by')), _negated=True)), _connector='OR'), name='payout_exported_cancelled_by_two'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='payout',
            trigger=pgtrigger.compiler.Trigger(name='payout_not_approved_by_who_is_paid', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (NEW."approved_by_id" IS NOT NULL)', func="\n                    IF EXISTS (\n                      SELECT FROM taskers_payoutitem i WHERE i.payout_id = NEW.id AND i.tasker_id = NEW.approved_by_id\n                    ) THEN RAISE EXCEPTION 'a payout is not approved by somebody whom it pays'; END IF;\n                    RETURN NEW;\n                ", hash='1c34b427e1deb93da9541350d0748c781dccb556', operation='UPDATE', pgid='pgtrigger_payout_not_approved_by_who_is_paid_048c5', table='taskers_payout', when='BEFORE')),
        ),
        migrations.AddConstraint(
            model_name='payoutitem',
            constraint=models.UniqueConstraint(fields=('payout', 'tasker'), name='payout_item_once'),
        ),
        migrations.AddConstraint(
            model_name='payoutitem',
            constraint=models.UniqueConstraint(fields=('payout', 'key'), name='payout_item_key_once'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='payoutitem',
            trigger=pgtrigger.compiler.Trigger(name='payout_item_append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='d4c9e0f9fe2430af6539eb6f4e2514d02550168c', operation='UPDATE OR DELETE', pgid='pgtrigger_payout_item_append_only_2d8db', table='taskers_payoutitem', when='BEFORE')),
        ),
        migrations.AddConstraint(
            model_name='skill',
            constraint=models.UniqueConstraint(fields=('organization', 'key'), name='skill_key_once'),
        ),
        migrations.AddConstraint(
            model_name='qualification',
            constraint=models.UniqueConstraint(fields=('person', 'skill'), name='qualification_once'),
        ),
        migrations.AddConstraint(
            model_name='standing',
            constraint=models.UniqueConstraint(fields=('tasker', 'project_key'), name='standing_once'),
        ),
        migrations.AddConstraint(
            model_name='transfer',
            constraint=models.CheckConstraint(condition=models.Q(('source', models.F('target')), _negated=True), name='transfer_between_two_accounts'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='transfer',
            trigger=pgtrigger.compiler.Trigger(name='transfer_append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='f9fcf92f33c3daa119d69a50154fca3361c932a4', operation='UPDATE OR DELETE', pgid='pgtrigger_transfer_append_only_d108a', table='taskers_transfer', when='BEFORE')),
        ),
        migrations.RunSQL(
            """
            CREATE TABLE taskers_cache (cache_key varchar(255) PRIMARY KEY, value text NOT NULL, expires timestamptz NOT NULL);
            CREATE INDEX taskers_cache_expires ON taskers_cache (expires);
            """,
            "DROP TABLE taskers_cache;",
        ),
    ]
