"""Optuna's tables, as Optuna 5.0 makes them itself: whoever searches may make none. Those that are there stay."""

from django.db import migrations

TABLES = """
DO $$ BEGIN
IF to_regclass('optuna.studies') IS NULL THEN
    CREATE TYPE optuna.studydirection AS ENUM ('NOT_SET', 'MINIMIZE', 'MAXIMIZE');
    CREATE TYPE optuna.trialstate AS ENUM ('RUNNING', 'COMPLETE', 'PRUNED', 'FAIL', 'WAITING');
    CREATE TYPE optuna.trialvaluetype AS ENUM ('FINITE', 'INF_POS', 'INF_NEG');
    CREATE TYPE optuna.trialintermediatevaluetype AS ENUM ('FINITE', 'INF_POS', 'INF_NEG', 'NAN');
    CREATE TABLE optuna.studies (
        study_id SERIAL NOT NULL,
        study_name VARCHAR(512) NOT NULL,
        PRIMARY KEY (study_id)
    );
    CREATE UNIQUE INDEX ix_studies_study_name ON optuna.studies (study_name);
    CREATE TABLE optuna.alembic_version (
        version_num VARCHAR(32) NOT NULL,
        CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
    );
    CREATE TABLE optuna.version_info (
        version_info_id INTEGER NOT NULL,
        schema_version INTEGER,
        library_version VARCHAR(256),
        PRIMARY KEY (version_info_id),
        CHECK (version_info_id=1)
    );
    CREATE TABLE optuna.study_directions (
        study_direction_id SERIAL NOT NULL,
        direction optuna.studydirection NOT NULL,
        study_id INTEGER NOT NULL,
        objective INTEGER NOT NULL,
        PRIMARY KEY (study_direction_id),
        UNIQUE (study_id, objective),
        FOREIGN KEY(study_id) REFERENCES optuna.studies (study_id)
    );
    CREATE TABLE optuna.study_user_attributes (
        study_user_attribute_id SERIAL NOT NULL,
        study_id INTEGER,
        key VARCHAR(512),
        value_json TEXT,
        PRIMARY KEY (study_user_attribute_id),
        UNIQUE (study_id, key),
        FOREIGN KEY(study_id) REFERENCES optuna.studies (study_id)
    );
    CREATE TABLE optuna.study_system_attributes (
        study_system_attribute_id SERIAL NOT NULL,
        study_id INTEGER,
        key VARCHAR(512),
        value_json TEXT,
        PRIMARY KEY (study_system_attribute_id),
        UNIQUE (study_id, key),
        FOREIGN KEY(study_id) REFERENCES optuna.studies (study_id)
    );
    CREATE TABLE optuna.trials (
        trial_id SERIAL NOT NULL,
        number INTEGER,
        study_id INTEGER,
        state optuna.trialstate NOT NULL,
        datetime_start TIMESTAMP WITHOUT TIME ZONE,
        datetime_complete TIMESTAMP WITHOUT TIME ZONE,
        PRIMARY KEY (trial_id),
        FOREIGN KEY(study_id) REFERENCES optuna.studies (study_id)
    );
    CREATE INDEX ix_trials_study_id ON optuna.trials (study_id);
    CREATE TABLE optuna.trial_user_attributes (
        trial_user_attribute_id SERIAL NOT NULL,
        trial_id INTEGER,
        key VARCHAR(512),
        value_json TEXT,
        PRIMARY KEY (trial_user_attribute_id),
        UNIQUE (trial_id, key),
        FOREIGN KEY(trial_id) REFERENCES optuna.trials (trial_id)
    );
    CREATE TABLE optuna.trial_system_attributes (
        trial_system_attribute_id SERIAL NOT NULL,
        trial_id INTEGER,
        key VARCHAR(512),
        value_json TEXT,
        PRIMARY KEY (trial_system_attribute_id),
        UNIQUE (trial_id, key),
        FOREIGN KEY(trial_id) REFERENCES optuna.trials (trial_id)
    );
    CREATE TABLE optuna.trial_params (
        param_id SERIAL NOT NULL,
        trial_id INTEGER,
        param_name VARCHAR(512),
        param_value FLOAT(53),
        distribution_json TEXT,
        PRIMARY KEY (param_id),
        UNIQUE (trial_id, param_name),
        FOREIGN KEY(trial_id) REFERENCES optuna.trials (trial_id)
    );
    CREATE TABLE optuna.trial_values (
        trial_value_id SERIAL NOT NULL,
        trial_id INTEGER NOT NULL,
        objective INTEGER NOT NULL,
        value FLOAT(53),
        value_type optuna.trialvaluetype NOT NULL,
        PRIMARY KEY (trial_value_id),
        UNIQUE (trial_id, objective),
        FOREIGN KEY(trial_id) REFERENCES optuna.trials (trial_id)
    );
    CREATE TABLE optuna.trial_intermediate_values (
        trial_intermediate_value_id SERIAL NOT NULL,
        trial_id INTEGER NOT NULL,
        step INTEGER NOT NULL,
        intermediate_value FLOAT(53),
        intermediate_value_type optuna.trialintermediatevaluetype NOT NULL,
        PRIMARY KEY (trial_intermediate_value_id),
        UNIQUE (trial_id, step),
        FOREIGN KEY(trial_id) REFERENCES optuna.trials (trial_id)
    );
    CREATE TABLE optuna.trial_heartbeats (
        trial_heartbeat_id SERIAL NOT NULL,
        trial_id INTEGER NOT NULL,
        heartbeat TIMESTAMP WITHOUT TIME ZONE NOT NULL,
        PRIMARY KEY (trial_heartbeat_id),
        UNIQUE (trial_id),
        FOREIGN KEY(trial_id) REFERENCES optuna.trials (trial_id)
    );
END IF;
END $$
"""


class Migration(migrations.Migration):
    dependencies = [
        ("assist", "0032_kept_evidence"),
    ]

    operations = [migrations.RunSQL(TABLES, migrations.RunSQL.noop)]
