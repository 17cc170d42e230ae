"""What was learnt from one organization's verdicts answers nobody else: triggers, whoever writes the rows."""

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

# The version and all that it began from; a run says whose verdicts taught each of them.
TAUGHT_ELSEWHERE = """
    WITH RECURSIVE lineage AS (
        SELECT id, parent_id FROM assist_modelversion WHERE id = NEW.version_id
        UNION SELECT older.id, older.parent_id FROM assist_modelversion older
        JOIN lineage ON older.id = lineage.parent_id
    )
    SELECT FROM lineage
    JOIN assist_trainingrun run ON run.version_id = lineage.id
    JOIN projects_project taught ON taught.id = run.project_id
    JOIN projects_project here ON here.id = {project}
    WHERE taught.organization_id <> here.organization_id
"""
RAISE = """
    THEN
        RAISE EXCEPTION 'a model that learnt from another organization'
            USING ERRCODE = 'check_violation', CONSTRAINT = '{name}';
    END IF;
"""

DEPLOYED_AT_HOME = (
    f"IF EXISTS ({TAUGHT_ELSEWHERE.format(project='NEW.project_id')})"
    f"{RAISE.format(name='deployment_learnt_at_home')}    RETURN NEW;\n"
)

ANNOTATES_AT_HOME = f"""IF EXISTS ({
    TAUGHT_ELSEWHERE.format(project="(SELECT project_id FROM projects_modelannotator WHERE id = NEW.annotator_id)")
}) OR EXISTS (
        SELECT FROM assist_modelversion own
        JOIN projects_modelannotator annotator ON annotator.id = NEW.annotator_id
        JOIN projects_project project ON project.id = annotator.project_id
        WHERE own.id = NEW.version_id AND own.organization_id <> project.organization_id
    ){RAISE.format(name="annotator_learnt_at_home")}    RETURN NEW;
"""

MADE_AT_HOME = f"""IF NEW.version_id IS NOT NULL AND NOT EXISTS (
        SELECT FROM assist_modelversion own
        JOIN projects_project project ON project.id = NEW.project_id
        WHERE own.id = NEW.version_id AND own.organization_id = project.organization_id
    ){RAISE.format(name="training_made_at_home")}    RETURN NEW;
"""
