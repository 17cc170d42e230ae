"""Audits that reviewers answered, hour by hour. Those of the past are counted here, but for those whose events the
rollups have yet to read."""

from django.db import migrations, models

PAST_AUDITS = """
INSERT INTO projects_batchhour AS h (batch_id, hour, audited, confirmed)
SELECT t.batch_id, date_trunc('hour', v.at, 'UTC'), count(*), count(*) FILTER (WHERE b.answer = v.answer OR coalesce((
    SELECT (v.agreements ->> nearest.key)::float FROM jsonb_each_text(b.agreements) nearest
    WHERE v.agreements ->> nearest.key IS NOT NULL
    ORDER BY nearest.key::bigint = ANY(b.rests_on) DESC, nearest.value::float DESC NULLS LAST, nearest.key LIMIT 1
  ), 0) >= coalesce((
    SELECT (s.thresholds ->> 'agreement')::float FROM projects_projectsettings s
    WHERE s.project_id = t.project_id AND s.version = v.settings_version
  ), 0.75))
FROM projects_secondlook l
JOIN projects_verdict b ON b.id = l.verdict_id AND b.method <> 'review_v1'
JOIN projects_task t ON t.id = b.task_id
JOIN LATERAL (
  SELECT * FROM projects_verdict r WHERE r.task_id = b.task_id AND r.id > b.id ORDER BY r.id LIMIT 1
) v ON v.method = 'review_v1' AND v.at = b.superseded_at
WHERE l.reason = 'audit' AND v.id NOT IN (
  SELECT (e.data ->> 'verdict')::bigint
  FROM taskers_event e LEFT JOIN taskers_cursor c ON c.reader = 'rollups'
  WHERE (e.transaction, e.id) > (coalesce(c.transaction, -9223372036854775808), coalesce(c.event_id, 0))
    AND e.kind = 'decided' AND e.data ->> 'verdict' IS NOT NULL
)
GROUP BY 1, 2
ON CONFLICT (batch_id, hour) DO UPDATE SET audited = h.audited + excluded.audited,
  confirmed = h.confirmed + excluded.confirmed
"""


class Migration(migrations.Migration):

    dependencies = [
        ("projects", "0030_source_answer_times"),
        ("taskers", "0009_bonus_rules"),
    ]

    operations = [
        migrations.AddField(
            model_name="batchhour",
            name="audited",
            field=models.BigIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name="batchhour",
            name="confirmed",
            field=models.BigIntegerField(db_default=0, default=0),
        ),
        migrations.RunSQL(PAST_AUDITS, migrations.RunSQL.noop),
    ]
