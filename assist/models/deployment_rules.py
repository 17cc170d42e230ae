"""What PostgreSQL itself asks of a deployment before it is written down."""

from assist.models.rivals import SAME

# The versions that were ever offered in a project: the index is asked for one after the other, so that it takes no
# longer where millions of suggestions are. `{project}` stands for the project's public id.
OFFERED = """
    WITH RECURSIVE models AS (
        (SELECT one.model_id FROM assist_suggestion one WHERE one.project_key = {project}
         ORDER BY one.model_id LIMIT 1)
        UNION ALL
        SELECT (SELECT further.model_id FROM assist_suggestion further
                WHERE further.project_key = {project} AND further.model_id > models.model_id
                ORDER BY further.model_id LIMIT 1)
        FROM models WHERE models.model_id IS NOT NULL
    )
    SELECT theirs.id, theirs.capability FROM models JOIN assist_modelversion theirs ON theirs.id = models.model_id
"""
OF_THE_PROJECT = "(SELECT public_id FROM projects_project WHERE id = NEW.project_id)"

# A row needs a basis, and here is what the database makes of one. `was` is the row of the same version that this very
# transaction ended: a share that is kept or made smaller rests on what it rested on. What a rollout puts back, in the
# transaction that ends it, rests on what it rested on before; its steps are as large as the rollout says, and a version
# that is on one has no other share. What did harm is evaluated anew. Whatever suggests the same counts as another
# (rivals.py), whichever capability it does it by.
HAS_A_BASIS = f"""
    IF NEW.rollout_id IS NOT NULL AND EXISTS (
        SELECT FROM assist_rollout r JOIN assist_deployment was ON was.id = r.predecessor_id
        WHERE r.id = NEW.rollout_id AND r.project_id = NEW.project_id AND was.version_id = NEW.version_id
          AND r.state = 'back' AND r.ended_at >= transaction_timestamp() AND was.share >= NEW.share
          AND was.basis = NEW.basis AND was.evaluation_id IS NOT DISTINCT FROM NEW.evaluation_id
          AND was.seconded_by_id IS NOT DISTINCT FROM NEW.seconded_by_id
    ) THEN RETURN NEW; END IF;
    IF EXISTS (
        SELECT FROM assist_deployment was
        WHERE was.project_id = NEW.project_id AND was.version_id = NEW.version_id AND was.share >= NEW.share
          AND was.ended_at >= transaction_timestamp() AND was.basis = NEW.basis
          AND was.evaluation_id IS NOT DISTINCT FROM NEW.evaluation_id
    ) THEN RETURN NEW; END IF;
    IF (NEW.rollout_id IS NOT NULL AND NOT EXISTS (
        SELECT FROM assist_rollout r
        WHERE r.id = NEW.rollout_id AND r.project_id = NEW.project_id AND r.version_id = NEW.version_id
          AND r.state IN ('live', 'promoted') AND r.share = NEW.share AND r.evaluation_id = NEW.evaluation_id
    )) OR (NEW.rollout_id IS NULL AND EXISTS (
        SELECT FROM assist_rollout r
        WHERE r.project_id = NEW.project_id AND r.version_id = NEW.version_id AND r.state IN ('live', 'held')
    )) THEN
        RAISE EXCEPTION 'deployment without a basis: no step of its rollout'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'deployment_has_a_basis';
    END IF;
    IF NEW.basis = 'first' AND (
        EXISTS (
            SELECT FROM assist_deployment other
            JOIN assist_modelversion theirs ON theirs.id = other.version_id
            JOIN assist_modelversion own ON own.id = NEW.version_id AND {SAME}
            WHERE other.project_id = NEW.project_id
        ) OR EXISTS (
            SELECT FROM ({OFFERED.format(project=OF_THE_PROJECT)}) theirs
            JOIN assist_modelversion own ON own.id = NEW.version_id AND own.id <> theirs.id AND {SAME}
        )
    ) THEN
        RAISE EXCEPTION 'deployment without a basis: another model answered here first'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'deployment_has_a_basis';
    END IF;
    IF NEW.basis = 'passed' AND NOT EXISTS (
        SELECT FROM assist_evaluation e
        WHERE e.id = NEW.evaluation_id AND e.outcome = 'passed' AND e.project_id = NEW.project_id
          AND e.candidate_id = NEW.version_id AND e.rules = (SELECT max(rules) FROM assist_evaluation)
          AND NOT EXISTS (
            SELECT FROM assist_rollout r WHERE r.evaluation_id = e.id AND r.state = 'back' AND r.reason = 'harm'
          )
          AND NOT EXISTS (
            SELECT FROM assist_deployment other
            JOIN assist_modelversion theirs ON theirs.id = other.version_id
            JOIN assist_modelversion own ON own.id = NEW.version_id AND {SAME}
            WHERE other.project_id = NEW.project_id AND other.version_id <> NEW.version_id
            GROUP BY other.version_id
            HAVING bool_or(other.ended_at IS NULL)
                <> bool_or(other.started_at <= e.begun_at AND coalesce(other.ended_at > e.begun_at, true))
          )
          AND NOT EXISTS (
            SELECT FROM assist_organizationdefault d
            JOIN projects_project project ON project.id = NEW.project_id AND project.organization_id = d.organization_id
            JOIN assist_modelversion theirs ON theirs.id = d.version_id
            JOIN assist_modelversion own ON own.id = NEW.version_id AND {SAME}
            WHERE d.version_id <> NEW.version_id AND (d.started_at > e.begun_at OR d.ended_at > e.begun_at)
              AND NOT EXISTS (
                SELECT FROM assist_passedover p WHERE p.default_id = d.id AND p.project_id = NEW.project_id
              )
          )
    ) THEN
        RAISE EXCEPTION 'deployment without a basis: no evaluation against what answers here now was passed'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'deployment_has_a_basis';
    END IF;
    RETURN NEW;
"""
