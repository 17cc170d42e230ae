"""What was learnt from one organization's verdicts answers nobody else, whoever writes the rows."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import IntegrityError, InternalError, ProgrammingError, connection, transaction
from django.utils import timezone

from assist.models import ModelVersion, Snapshot, TrainingRun
from projects.annotators import lifecycle
from projects.models import Project
from tests.support import make
from tests.support.cast import Cast

pytestmark = pytest.mark.django_db
REFUSED = (IntegrityError, ProgrammingError, InternalError)


@pytest.fixture
def home(cast: Cast) -> Project:
    return make.project(cast.riverside, "At home")


@pytest.fixture
def away(cast: Cast) -> Project:
    return make.project(cast.hilltop, "Next door")


def version(name: str, **terms: Any) -> ModelVersion:
    return ModelVersion.objects.create(name=name, version="1", capability="spans", runtime="spacy", **terms)


def run_of(cast: Cast, project: Project, made: ModelVersion) -> TrainingRun:
    snapshot = Snapshot.objects.create(
        project=project, cut=timezone.now(), settings_version=1, schema=1, state="ready", sha256=64 * "a",
        made_by=cast.mina,
    )  # fmt: skip
    terms = {"recipe": "spacy-entities", "seed": 0, "code": 64 * "b", "packages": 64 * "c", "asked_by": cast.mina}
    return TrainingRun.objects.create(project=project, snapshot=snapshot, state="done", version=made, **terms)


def sql(statement: str, *values: object) -> Callable[[], None]:
    def said() -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement, values)

    return said


DEPLOY = """INSERT INTO assist_deployment (project_id, version_id, share, basis, reason, started_by_id)
VALUES (%s, %s, 100, 'first', '', %s)"""
ANNOTATE = """INSERT INTO assist_annotatorversion (annotator_id, version_id, answered, skipped, note, placed_by_id)
VALUES (%s, %s, 0, 0, '', %s)"""


def test_no_statement_deploys_what_another_organization_taught(cast, home, away) -> None:
    taught = version("taught", organization=cast.riverside)
    run_of(cast, home, taught)
    child = version("child", parent=version("middle", parent=taught))  # says of itself that it is everybody's
    for one in (taught, child):
        with pytest.raises(REFUSED, match="organization"):
            sql(DEPLOY, away.pk, one.pk, cast.mina.pk)()
    sql(DEPLOY, home.pk, taught.pk, cast.mina.pk)()
    annotator, _secret = lifecycle.register(away, name="Somebody's", by=cast.mina)
    for one in (taught, child):
        with pytest.raises(REFUSED, match="organization"):
            sql(ANNOTATE, annotator.pk, one.pk, cast.mina.pk)()


def test_what_was_taught_stays_whose_it_is(cast, home) -> None:
    taught = version("taught", organization=cast.riverside)
    run_of(cast, home, taught)
    for owner in (None, cast.hilltop.pk):
        with pytest.raises(REFUSED):
            sql("UPDATE assist_modelversion SET organization_id = %s WHERE id = %s", owner, taught.pk)()
    for name, owner in (("everybodys", None), ("theirs", cast.hilltop)):
        with pytest.raises(REFUSED, match="organization"), transaction.atomic():
            run_of(cast, home, version(name, organization=owner))
