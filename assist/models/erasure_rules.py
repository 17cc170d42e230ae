"""What PostgreSQL asks once something that taught a model was erased."""

import pgtrigger

from assist.models.scope import KEPT

# The runs that learnt from what was erased since, and each version that came of one or began from such a version. What
# stood in the gate's split alone taught nobody.
RESTS = """
    WITH RECURSIVE rests AS (
        SELECT stone.erasure_id AS erasure, stone.snapshot_id AS snapshot, run.id AS run, run.version_id AS version
        FROM assist_tombstone stone JOIN assist_trainingrun run ON run.snapshot_id = stone.snapshot_id
        WHERE stone.learnt > 0
        UNION SELECT rests.erasure, rests.snapshot, NULL::bigint, younger.id
        FROM assist_modelversion younger JOIN rests ON younger.parent_id = rests.version
    )
"""
RESTED = f"{RESTS} SELECT FROM rests WHERE version = NEW.version_id"
RAISE = """
    THEN
        RAISE EXCEPTION 'a model that learnt from what was erased since'
            USING ERRCODE = 'check_violation', CONSTRAINT = '{name}';
    END IF;
    RETURN NEW;
"""

# Two people may let it suggest all the same; no such word makes it a default or an annotator. A share that is kept or
# made smaller is no new deployment.
DEPLOYED = pgtrigger.Trigger(
    name="deployment_of_erased",
    when=pgtrigger.Before,
    operation=pgtrigger.Insert,
    func=f"""IF NEW.basis <> 'override' AND EXISTS ({RESTED}) AND NOT EXISTS ({KEPT}){
        RAISE.format(name="deployment_of_erased")
    }""",
)
DEFAULT = pgtrigger.Trigger(
    name="default_of_erased",
    when=pgtrigger.Before,
    operation=pgtrigger.Insert,
    func=f"IF EXISTS ({RESTED}){RAISE.format(name='default_of_erased')}",
)
ANNOTATES = pgtrigger.Trigger(
    name="annotator_of_erased",
    when=pgtrigger.Before,
    operation=pgtrigger.Insert | pgtrigger.Update,
    func=f"""IF TG_OP = 'UPDATE' AND NEW.annotator_id = OLD.annotator_id AND NEW.version_id = OLD.version_id
    THEN
        RETURN NEW;
    END IF;
    IF EXISTS ({RESTED}){RAISE.format(name="annotator_of_erased")}""",
)

# A project that begins afterwards doesn't begin with it; after scope.BEGINS_WITHOUT, which may have said so already.
BEGINS_WITHOUT = pgtrigger.Trigger(
    name="project_then_without_erased",
    when=pgtrigger.After,
    operation=pgtrigger.Insert,
    func=f"""
    INSERT INTO assist_passedover (default_id, project_id)
    {RESTS} SELECT DISTINCT held.id, NEW.id FROM assist_organizationdefault held
    JOIN rests ON rests.version = held.version_id
    WHERE held.organization_id = NEW.organization_id AND held.ended_at IS NULL
    ON CONFLICT DO NOTHING;
    RETURN NULL;
""",
)


def learns(name: str) -> pgtrigger.Trigger:
    """Nothing begins to learn from a snapshot that was emptied."""
    return pgtrigger.Trigger(
        name=name,
        when=pgtrigger.Before,
        operation=pgtrigger.Insert,
        func=f"""IF EXISTS (SELECT FROM assist_tombstone stone WHERE stone.snapshot_id = NEW.snapshot_id) THEN
        RAISE EXCEPTION 'learning from a snapshot that was emptied'
            USING ERRCODE = 'check_violation', CONSTRAINT = '{name}';
    END IF;
    RETURN NEW;
""",
    )
