"""What was learnt from one organization's verdicts answers nobody else, unless that one gave its consent: triggers,
whoever writes the rows."""

from assist.models.deployment_rules import OFFERED
from assist.models.rivals import SAME

# A brought model answers once it has answered a first question, and nowhere but where it belongs.
MAY_ANSWER = """
    IF EXISTS (
        SELECT FROM assist_modelversion own
        WHERE own.id = NEW.version_id AND own.smoke IN ('waiting', 'failed')
    ) THEN
        RAISE EXCEPTION 'deployment of a model that has not answered a first question'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'deployment_was_tried';
    END IF;
    IF EXISTS (
        SELECT FROM assist_modelversion own
        JOIN projects_project project ON project.id = NEW.project_id
        WHERE own.id = NEW.version_id AND own.organization_id <> project.organization_id
    ) THEN
        RAISE EXCEPTION 'deployment of a model of another organization'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'deployment_at_home';
    END IF;
    RETURN NEW;
"""

# A consent that held when a snapshot was taken, and holds still.
CONSENTED = """
    SELECT FROM taskers_trainingconsent consent
    WHERE consent.organization_id = taught.organization_id AND consent.withdrawn_at IS NULL
      AND consent.given_at <= snapshot.cut
"""

# A version and all that it began from; a run says whose verdicts taught each of them. What its organization lets
# everybody have is left out.
TAUGHT_ELSEWHERE = f"""
    WITH RECURSIVE lineage AS (
        SELECT id, parent_id FROM assist_modelversion WHERE id = {{version}}
        UNION SELECT older.id, older.parent_id FROM assist_modelversion older
        JOIN lineage ON older.id = lineage.parent_id
    )
    SELECT FROM lineage
    JOIN assist_trainingrun run ON run.version_id = lineage.id
    JOIN assist_snapshot snapshot ON snapshot.id = run.snapshot_id
    JOIN projects_project taught ON taught.id = run.project_id
    WHERE taught.organization_id IS DISTINCT FROM {{organization}} AND NOT EXISTS ({CONSENTED})
"""
# The snapshots that taught some versions, or what one of them began from.
TAUGHT_BY = """
    WITH RECURSIVE lineage AS (
        SELECT id, parent_id FROM assist_modelversion WHERE id = ANY(%s)
        UNION SELECT older.id, older.parent_id FROM assist_modelversion older
        JOIN lineage ON older.id = lineage.parent_id
    )
    SELECT run.snapshot_id FROM lineage JOIN assist_trainingrun run ON run.version_id = lineage.id
"""
RAISE = """
    THEN
        RAISE EXCEPTION 'a model that learnt from another organization'
            USING ERRCODE = 'check_violation', CONSTRAINT = '{name}';
    END IF;
"""
OF_THE_PROJECT = "(SELECT organization_id FROM projects_project WHERE id = NEW.project_id)"
OF_THE_ANNOTATOR = """(
        SELECT project.organization_id FROM projects_modelannotator annotator
        JOIN projects_project project ON project.id = annotator.project_id WHERE annotator.id = NEW.annotator_id
    )"""


# All that learnt from others than this organization and isn't open to it: by its key, from what was taught downwards.
CLOSED_TO = f"""
    WITH RECURSIVE closed AS (
        SELECT run.version_id AS id FROM assist_trainingrun run
        JOIN assist_snapshot snapshot ON snapshot.id = run.snapshot_id
        JOIN projects_project taught ON taught.id = run.project_id
        WHERE run.version_id IS NOT NULL AND taught.organization_id <> %s AND NOT EXISTS ({CONSENTED})
        UNION SELECT younger.id FROM assist_modelversion younger JOIN closed ON younger.parent_id = closed.id
    )
    SELECT id FROM closed
"""

# What others may use, or have, of an organization that took its consent back.
WITHDRAWN = f"""
    WITH RECURSIVE closed AS (
        SELECT run.version_id AS id, taught.organization_id FROM assist_trainingrun run
        JOIN assist_snapshot snapshot ON snapshot.id = run.snapshot_id
        JOIN projects_project taught ON taught.id = run.project_id
        WHERE run.version_id IS NOT NULL AND NOT EXISTS ({CONSENTED})
        UNION SELECT younger.id, closed.organization_id FROM assist_modelversion younger
        JOIN closed ON younger.parent_id = closed.id
    )
    SELECT closed.id FROM closed JOIN assist_modelversion own ON own.id = closed.id
    WHERE own.organization_id IS DISTINCT FROM closed.organization_id
"""


def _taught_elsewhere(organization: str, version: str = "NEW.version_id") -> str:
    return TAUGHT_ELSEWHERE.format(version=version, organization=organization)


# A share that is kept, or made smaller, by the transaction that ended it isn't a new deployment.
KEPT = """
    SELECT FROM assist_deployment was
    WHERE was.project_id = NEW.project_id AND was.version_id = NEW.version_id AND was.share >= NEW.share
      AND was.ended_at >= transaction_timestamp()
"""
DEPLOYED_AT_HOME = f"""IF EXISTS ({_taught_elsewhere(OF_THE_PROJECT)}) AND NOT EXISTS ({KEPT}){
    RAISE.format(name="deployment_learnt_at_home")
}    RETURN NEW;
"""

# What works already may go on, and be counted: only another version, or another annotator, is asked about anew.
ANNOTATES_AT_HOME = f"""IF TG_OP = 'UPDATE' AND NEW.annotator_id = OLD.annotator_id AND NEW.version_id = OLD.version_id
    THEN
        RETURN NEW;
    END IF;
    IF EXISTS ({_taught_elsewhere(OF_THE_ANNOTATOR)}) OR EXISTS (
        SELECT FROM assist_modelversion own
        WHERE own.id = NEW.version_id AND own.organization_id <> {OF_THE_ANNOTATOR}
    ){RAISE.format(name="annotator_learnt_at_home")}    RETURN NEW;
"""

# What comes of a run is its organization's, or everybody's where that one had consented by the snapshot's moment.
MADE_AT_HOME = f"""IF NEW.version_id IS NOT NULL AND NOT EXISTS (
        SELECT FROM assist_modelversion own
        JOIN projects_project taught ON taught.id = NEW.project_id
        JOIN assist_snapshot snapshot ON snapshot.id = NEW.snapshot_id
        WHERE own.id = NEW.version_id AND (
            own.organization_id = taught.organization_id
            OR (own.organization_id IS NULL AND EXISTS ({CONSENTED}))
        )
    ){RAISE.format(name="training_made_at_home")}    RETURN NEW;
"""

# Nothing calls itself everybody's that began from what one organization's verdicts taught without its consent.
EVERYBODYS = f"""IF NEW.organization_id IS NULL AND NEW.parent_id IS NOT NULL
        AND EXISTS ({_taught_elsewhere("NULL", "NEW.parent_id")})
    THEN
        RAISE EXCEPTION 'a model for everybody that rests on verdicts without consent'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'model_version_consented';
    END IF;
    RETURN NEW;
"""

# An organization's default has the basis `first`: it answered a first question, belongs here, and suggests.
MAY_BE_DEFAULT = f"""
    IF EXISTS (
        SELECT FROM assist_modelversion own
        WHERE own.id = NEW.version_id AND (own.smoke IN ('waiting', 'failed') OR own.removed_at IS NOT NULL)
    ) THEN
        RAISE EXCEPTION 'default without a basis: it has not answered a first question'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'default_has_a_basis';
    END IF;
    IF EXISTS (
        SELECT FROM assist_modelversion own
        WHERE own.id = NEW.version_id AND own.organization_id <> NEW.organization_id
    ) OR EXISTS ({_taught_elsewhere("NEW.organization_id")}){RAISE.format(name="default_learnt_at_home")}    RETURN NEW;
"""

# Nor does it begin anew once what it rests on was taken back: a project that begins afterwards is passed over.
BEGINS_WITHOUT = f"""
    INSERT INTO assist_passedover (default_id, project_id)
    SELECT held.id, NEW.id FROM assist_organizationdefault held
    WHERE held.organization_id = NEW.organization_id AND held.ended_at IS NULL
      AND EXISTS ({_taught_elsewhere("NEW.organization_id", "held.version_id")});
    RETURN NULL;
"""

# It takes nobody's place: where another model that suggests the same has answered already it doesn't count.
PASSES_OVER = f"""
    INSERT INTO assist_passedover (default_id, project_id)
    SELECT NEW.id, project.id FROM projects_project project
    JOIN assist_modelversion own ON own.id = NEW.version_id
    WHERE project.organization_id = NEW.organization_id AND (
        EXISTS (
            SELECT FROM assist_deployment other JOIN assist_modelversion theirs ON theirs.id = other.version_id
            WHERE other.project_id = project.id AND other.version_id <> own.id AND {SAME}
        ) OR EXISTS (
            SELECT FROM ({OFFERED.format(project="project.public_id")}) theirs WHERE theirs.id <> own.id AND {SAME}
        )
    );
    RETURN NULL;
"""
