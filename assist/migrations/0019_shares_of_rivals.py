"""What suggests the same shares one hundred percent since 0017: where two had more before, whoever is drawn first keeps
what it has, and the rest is shortened or ends. A model that may not begin anew ends."""

from django.db import migrations

OVER = """
DO $$
DECLARE
    one record;
BEGIN
    FOR one IN
        SELECT drawn.id, CASE WHEN drawn.may_begin THEN greatest(0, 100 - drawn.before) ELSE 0 END AS rest
        FROM (
            SELECT held.id, held.share,
                sum(held.share) OVER (
                    PARTITION BY held.project_id, rivals.kind ORDER BY rivals.place, held.id
                ) - held.share AS before,
                version.smoke NOT IN ('waiting', 'failed')
                    AND coalesce(version.organization_id = project.organization_id, true) AS may_begin
            FROM assist_deployment held
            JOIN assist_modelversion version ON version.id = held.version_id
            JOIN projects_project project ON project.id = held.project_id
            JOIN (VALUES
                ('classify-image', 1, 1), ('embed-image', 1, 2), ('detect', 2, 1), ('read', 2, 2)
            ) AS rivals (capability, kind, place) ON rivals.capability = version.capability
            WHERE held.ended_at IS NULL
        ) drawn
        WHERE drawn.before + drawn.share > 100
    LOOP
        UPDATE assist_deployment SET ended_at = now() WHERE id = one.id;
        IF one.rest > 0 THEN
            INSERT INTO assist_deployment
                (project_id, version_id, share, basis, evaluation_id, reason, seconded_by_id, started_by_id)
            SELECT project_id, version_id, one.rest, basis, evaluation_id, reason, seconded_by_id, started_by_id
            FROM assist_deployment WHERE id = one.id;
        END IF;
    END LOOP;
END $$
"""


class Migration(migrations.Migration):
    dependencies = [("assist", "0018_passed_over_protects")]
    operations = [migrations.RunSQL([OVER], migrations.RunSQL.noop)]
