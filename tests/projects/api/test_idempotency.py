"""A request that is sent again is done once: the answer comes again, and nothing happens twice."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from io import BytesIO
from threading import Event as Flag

import pytest
from django.db import connection
from django.utils import timezone

from projects.models import Batch, Import, Project
from projects.workflow import batches
from taskers.credentials import idempotency
from taskers.models import ApiToken, IdempotencyKey, ServiceAccount
from tests.support import make
from tests.support.projects.pipeline import Api, Office, refused

pytestmark = pytest.mark.django_db


def keyed(api: Api, key: str, name: str, *args: object, body: object):
    return api.post(name, *args, body=body, key=key)


def test_a_batch_is_made_once_however_often_it_is_asked_for(mina: Api, project: Project) -> None:
    body = {"name": "March"}
    first = keyed(mina, "one", "batches", project.public_id, body=body)
    again = keyed(mina, "one", "batches", project.public_id, body=body)
    assert first.status_code == again.status_code == 201 and first.content == again.content
    assert (first.get("Idempotency-Replayed"), again["Idempotency-Replayed"]) == (None, "true")
    assert Batch.objects.filter(name="March").count() == 1
    assert keyed(mina, "two", "batches", project.public_id, body={"name": "April"}).status_code == 201


def test_a_key_that_came_with_something_else_is_refused(mina: Api, alice: Api, project: Project) -> None:
    keyed(mina, "one", "batches", project.public_id, body={"name": "March"})
    other = keyed(mina, "one", "batches", project.public_id, body={"name": "April"})
    refused(other, 422, "idempotency-key-reused")
    elsewhere = keyed(mina, "one", "projects", body={"name": "March", "task_type": "text_spans"})
    refused(elsewhere, 422, "idempotency-key-reused")
    refused(keyed(mina, "no spaces", "batches", project.public_id, body={}), 400, "bad-idempotency-key")
    refused(keyed(mina, "x" * 256, "batches", project.public_id, body={}), 400, "bad-idempotency-key")
    assert not Batch.objects.filter(name="April").exists()


def test_the_same_key_of_somebody_else_is_another(cast, mina: Api, project: Project) -> None:
    body = {"name": "March"}
    keyed(mina, "one", "batches", project.public_id, body=body)
    refused(keyed(Api(cast.olga, cast.riverside), "one", "batches", project.public_id, body=body), 409, "batch-exists")


def test_a_refusal_is_not_kept_so_that_it_may_be_put_right(mina: Api, project: Project) -> None:
    refused(keyed(mina, "one", "batches", project.public_id, body={"name": ""}), 400, "invalid")
    assert keyed(mina, "one", "batches", project.public_id, body={"name": "March"}).status_code == 201


def test_a_key_means_nothing_after_a_day(mina: Api, project: Project) -> None:
    keyed(mina, "one", "batches", project.public_id, body={"name": "March"})
    IdempotencyKey.objects.update(made_at=timezone.now() - timedelta(hours=25))
    assert keyed(mina, "one", "batches", project.public_id, body={"name": "April"}).status_code == 201
    assert idempotency.clean() == 0
    IdempotencyKey.objects.update(made_at=timezone.now() - timedelta(hours=25))
    assert idempotency.clean() == 1


def test_a_crash_in_between_has_done_neither(mina: Api, project: Project, monkeypatch) -> None:
    def crash(*_args: object, **_terms: object) -> None:
        raise RuntimeError("killed")

    mina.client.raise_request_exception = False
    with monkeypatch.context() as during:
        during.setattr(IdempotencyKey.objects, "create", crash)
        assert keyed(mina, "one", "batches", project.public_id, body={"name": "March"}).status_code == 500
    assert not Batch.objects.filter(name="March").exists()
    assert keyed(mina, "one", "batches", project.public_id, body={"name": "March"}).status_code == 201


@pytest.mark.django_db(transaction=True)
def test_of_two_at_once_one_does_it_and_the_other_is_told_to_wait(cast, monkeypatch) -> None:
    project, mina = make.project(cast.riverside), Api(cast.mina, cast.riverside)
    begun, go_on, create = Flag(), Flag(), batches.create

    def slowly(*args, **terms):
        begun.set()
        assert go_on.wait(30)
        return create(*args, **terms)

    def ask():
        try:
            return keyed(mina, "one", "batches", project.public_id, body={"name": "March"})
        finally:
            connection.close()

    monkeypatch.setattr(batches, "create", slowly)
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(ask)
        assert begun.wait(30)
        refused(keyed(mina, "one", "batches", project.public_id, body={"name": "March"}), 409, "idempotency-key-in-use")
        go_on.set()
        assert first.result().status_code == 201
    assert keyed(mina, "one", "batches", project.public_id, body={"name": "March"})["Idempotency-Replayed"] == "true"
    assert Batch.objects.filter(name="March").count() == 1


def test_a_file_is_loaded_once(mina: Api, batch: Batch) -> None:
    def send(text: bytes):
        file = BytesIO(text)
        file.name = "lines.txt"
        headers = {"Idempotency-Key": "one"}
        return mina.client.post(f"/api/v1/batches/{batch.public_id}/imports/", {"file": file}, headers=headers)

    first, again = send(b"A line.\n"), send(b"A line.\n")
    assert first.status_code == 202 and first.json()["id"] == again.json()["id"]
    refused(send(b"Another.\n"), 422, "idempotency-key-reused")
    assert Import.objects.get().file.size == 8


def test_a_secret_that_is_shown_once_lies_sealed(cast) -> None:
    olga = Office(cast.olga, cast.riverside)
    account = keyed(olga, "one", "service-accounts", body={"name": "Loader", "role": "manager"}).json()["id"]
    body = {"name": "Cron", "scopes": ["load"]}
    secret = keyed(olga, "two", "service-account-tokens", account, body=body).json()["secret"]
    assert keyed(olga, "two", "service-account-tokens", account, body=body).json()["secret"] == secret
    assert (ServiceAccount.objects.count(), ApiToken.objects.filter(name="Cron").count()) == (1, 1)
    assert not any(secret in one.answer for one in IdempotencyKey.objects.all())
    assert idempotency.used().total() == 2 and idempotency.reseal() == 0


def test_claims_need_no_key_and_keep_none(alice: Api, project: Project, batch: Batch) -> None:
    make.tasks(batch, 2)
    first = keyed(alice, "one", "claim", project.public_id, body={}).json()["assignment"]
    assert keyed(alice, "one", "claim", project.public_id, body={}).json()["assignment"]["id"] == first["id"]
    assert not IdempotencyKey.objects.exists()
