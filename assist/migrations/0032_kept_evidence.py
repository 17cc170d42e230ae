"""What a deployment rests on is never deleted, ends once, and stays what it is."""

import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("assist", "0031_taught_and_groups"),
    ]

    operations = [
        pgtrigger.migrations.RemoveTrigger(
            model_name="evaluation",
            name="evaluation_said_once",
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="deployment",
            trigger=pgtrigger.compiler.Trigger(
                name="deployment_ends_once",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition='WHEN (OLD."ended_at" IS DISTINCT FROM (NEW."ended_at"))',
                    func="\n            IF OLD.ended_at IS NULL AND NEW.ended_at <= clock_timestamp() THEN RETURN NEW; END IF;\n            RAISE EXCEPTION 'a row of % ends once, and not later than now', TG_TABLE_NAME;\n        ",
                    hash="c6d9c512e3d4a804e64620bce495077c9ba500e1",
                    operation="UPDATE",
                    pgid="pgtrigger_deployment_ends_once_dcfc0",
                    table="assist_deployment",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="deployment",
            trigger=pgtrigger.compiler.Trigger(
                name="deployment_not_deleted",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot delete rows from % table', TG_TABLE_NAME;",
                    hash="0c853c6cd5bd06d68b24e23d849c06d57576d248",
                    operation="DELETE",
                    pgid="pgtrigger_deployment_not_deleted_c26ad",
                    table="assist_deployment",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="deployment",
            trigger=pgtrigger.compiler.Trigger(
                name="deployment_not_emptied",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'the rows of % are never deleted', TG_TABLE_NAME;",
                    hash="ac8669153ac31ab83f337d69c0983d1866724d02",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_deployment_not_emptied_701f1",
                    table="assist_deployment",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="evaluation",
            trigger=pgtrigger.compiler.Trigger(
                name="evaluation_said_once",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition="WHEN (NOT (OLD.\"state\" = 'running'))",
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                    hash="84c8043ea5a934269d91468d22270dc57b00c9d6",
                    operation="UPDATE",
                    pgid="pgtrigger_evaluation_said_once_18cd9",
                    table="assist_evaluation",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="evaluation",
            trigger=pgtrigger.compiler.Trigger(
                name="evaluation_stays_of_two",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition='WHEN (OLD."begun_at" IS DISTINCT FROM (NEW."begun_at") OR OLD."begun_by_id" IS DISTINCT FROM (NEW."begun_by_id") OR OLD."candidate_id" IS DISTINCT FROM (NEW."candidate_id") OR OLD."champion_id" IS DISTINCT FROM (NEW."champion_id") OR OLD."margin" IS DISTINCT FROM (NEW."margin") OR OLD."project_id" IS DISTINCT FROM (NEW."project_id") OR OLD."public_id" IS DISTINCT FROM (NEW."public_id") OR OLD."rules" IS DISTINCT FROM (NEW."rules"))',
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                    hash="44e176445da7827d8d76ba6cf52e8d260aacbed6",
                    operation="UPDATE",
                    pgid="pgtrigger_evaluation_stays_of_two_3bf05",
                    table="assist_evaluation",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="evaluation",
            trigger=pgtrigger.compiler.Trigger(
                name="evaluation_not_deleted",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot delete rows from % table', TG_TABLE_NAME;",
                    hash="e55e23128b611bfe59dd8903f067044b096344aa",
                    operation="DELETE",
                    pgid="pgtrigger_evaluation_not_deleted_0d306",
                    table="assist_evaluation",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="evaluation",
            trigger=pgtrigger.compiler.Trigger(
                name="evaluation_not_emptied",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'the rows of % are never deleted', TG_TABLE_NAME;",
                    hash="e9bca0b4c3141e2a97994148b1c08732b844ff21",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_evaluation_not_emptied_f1e93",
                    table="assist_evaluation",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="evaluationscore",
            trigger=pgtrigger.compiler.Trigger(
                name="evaluation_score_append_only",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                    hash="87d6e53b4686247c512c0d121a8a12d2eb56ac5f",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_evaluation_score_append_only_588fa",
                    table="assist_evaluationscore",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="modelversion",
            trigger=pgtrigger.compiler.Trigger(
                name="model_version_stays_what_it_is",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition='WHEN (OLD."capability" IS DISTINCT FROM (NEW."capability") OR OLD."name" IS DISTINCT FROM (NEW."name") OR OLD."public_id" IS DISTINCT FROM (NEW."public_id") OR OLD."version" IS DISTINCT FROM (NEW."version"))',
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                    hash="04e09952f41959d9fb204081415441578ffecd94",
                    operation="UPDATE",
                    pgid="pgtrigger_model_version_stays_what_it_is_e0c59",
                    table="assist_modelversion",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="organizationdefault",
            trigger=pgtrigger.compiler.Trigger(
                name="default_ends_once",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition='WHEN (OLD."ended_at" IS DISTINCT FROM (NEW."ended_at"))',
                    func="\n            IF OLD.ended_at IS NULL AND NEW.ended_at <= clock_timestamp() THEN RETURN NEW; END IF;\n            RAISE EXCEPTION 'a row of % ends once, and not later than now', TG_TABLE_NAME;\n        ",
                    hash="c498b00265e87af5117139850fe5f75730cbadfd",
                    operation="UPDATE",
                    pgid="pgtrigger_default_ends_once_4556b",
                    table="assist_organizationdefault",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="organizationdefault",
            trigger=pgtrigger.compiler.Trigger(
                name="default_not_deleted",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot delete rows from % table', TG_TABLE_NAME;",
                    hash="89a54253afe284d80c22eb79dc122de535cb349f",
                    operation="DELETE",
                    pgid="pgtrigger_default_not_deleted_0408c",
                    table="assist_organizationdefault",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="rollout",
            trigger=pgtrigger.compiler.Trigger(
                name="rollout_not_deleted",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot delete rows from % table', TG_TABLE_NAME;",
                    hash="9adca0ee16268e1d1fe88d94582a74826e868ed1",
                    operation="DELETE",
                    pgid="pgtrigger_rollout_not_deleted_df7e6",
                    table="assist_rollout",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="suggestion",
            trigger=pgtrigger.compiler.Trigger(
                name="suggestion_not_deleted",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot delete rows from % table', TG_TABLE_NAME;",
                    hash="b715abc86f145e28b62ed123b872ae354d19e792",
                    operation="DELETE",
                    pgid="pgtrigger_suggestion_not_deleted_a5f39",
                    table="assist_suggestion",
                    when="BEFORE",
                ),
            ),
        ),
    ]
