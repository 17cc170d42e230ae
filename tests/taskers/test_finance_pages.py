"""Pay day on finance's own pages: what is owed, a run of chosen people, the processor's file, a cent to its answer."""

from datetime import UTC, datetime

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from taskers.audit.trail import Kind
from taskers.models import AuditRecord, Bonus, Payout, PayoutItem, PayTerms
from taskers.money import ledger, origins
from taskers.people import payees
from tests.support import make
from tests.support.taskers.money import balance_of, earn

pytestmark = pytest.mark.django_db
TOLD = {"legal_name": "Alice Arnold", "country": "NO", "account": "NO9386011117947", "tax_number": "123"}


def signed_in(person) -> Client:
    client = Client()
    client.force_login(person)
    return client


def test_pay_day(cast) -> None:
    project = make.project(cast.riverside, wanted=1)
    task = make.task(make.batch(project))
    make.judged(cast.alice, project, make.MARIA)
    earn(cast, cast.bob, 9_000_000)
    finn, fay, olga = signed_in(cast.finn), signed_in(cast.fay), signed_in(cast.olga)

    page = finn.get("/money/").content.decode()
    assert "$9.05" in page and "Alice" in page
    finn.post("/money/run/", {"who": "chosen", "person": [str(cast.alice.public_id)]})
    payout = Payout.objects.get()
    here = f"/money/payouts/{payout.public_id}/"
    assert "You made this run" in finn.get(here).content.decode()
    fay.post(f"{here}step/", {"act": "approve"})
    approved = finn.get(here).content.decode()
    assert "two people are needed to cancel" in approved and "Compare with" in approved, (
        "before the table is taken away"
    )
    table = finn.get(f"{here}processor.csv").content.decode()
    assert table.splitlines()[0].startswith("payment_key,") and "0.05" in table

    item = PayoutItem.objects.get()
    drill = olga.get(f"/money/items/{item.pk}/").content.decode()
    (origin,) = origins.of(item)
    assert f"/money/earnings/{origin.id}/" in drill and "$0.05" in drill
    of_answer = f"/money/earnings/{origin.id}/"
    shown = finn.get(of_answer).content.decode()
    assert "Person" in shown and "The task" in shown and f"/projects/tasks/{task.public_id}/" not in shown
    assert f"/projects/tasks/{task.public_id}/" in olga.get(of_answer).content.decode(), "she may open it"

    file = SimpleUploadedFile("back.csv", f"payment_key,status,note\n{item.key},failed,No account".encode())
    compared = finn.post(f"{here}reconcile/", {"file": file}).content.decode()
    assert "Not paid" in compared and "No account" in compared
    payout.refresh_from_db()
    assert payout.state == "approved", "nothing is written by looking"
    text = f"payment_key,status,note\n{item.key},failed,No account"
    finn.post(f"{here}reconcile/", {"text": text, "apply": "yes", "reference": "ACH 3"})
    finn.post(f"/money/items/{item.pk}/return/", {"act": "confirm"})
    assert balance_of(cast.alice, "owed") == 0
    his, hers = (one.get(f"/money/items/{item.pk}/").content.decode() for one in (finn, fay))
    assert "You said this" in his and 'value="confirm"' not in his and 'value="confirm"' in hers
    assert 'value="ask"' not in hers and "$0.05 of it" in finn.get(here).content.decode()
    assert fay.post(f"/money/items/{item.pk}/return/", {"act": "anything"}).status_code == 404
    assert item.returns.get().state == "asked", "only a no is a no"
    fay.post(f"/money/items/{item.pk}/return/", {"act": "confirm"})
    assert (balance_of(cast.alice, "owed"), ledger.audit()) == (50_000, [])
    assert "owed again" in finn.get(here).content.decode().lower()


def test_a_bonus_and_a_statement_of_one_person(cast, settings) -> None:
    project = make.project(cast.riverside)
    finn, fay = signed_in(cast.finn), signed_in(cast.fay)
    here = f"/money/people/{cast.alice.public_id}/"
    said = {"amount": "80", "project": str(project.public_id), "reason": "The night shift"}
    assert finn.post(here, said | {"amount": "x"}).status_code == 422
    finn.post(here, said)
    bonus = Bonus.objects.get()
    finn.post(f"/money/bonuses/{bonus.public_id}/", {"act": "approve"})
    assert balance_of(cast.alice, "owed") == 0
    fay.post(f"/money/bonuses/{bonus.public_id}/", {"act": "approve"})
    assert balance_of(cast.alice, "owed") == 80_000_000
    assert "The night shift" in finn.get(here).content.decode()
    rows = finn.get(f"{here}statement.csv").content.decode()
    assert "The night shift" in rows and "80.000000" in rows
    alice = signed_in(cast.alice)
    assert "The night shift" in alice.get("/my-work/statement/").content.decode()
    settings.SHOWN_EVERY = 10**9
    assert "The night shift" not in alice.get("/my-work/statement/").content.decode(), "not before its turn"


def test_where_money_goes_is_shown_to_finance_with_a_record_and_stands_in_the_years_table(cast) -> None:
    earn(cast, cast.alice, 1_000_000)
    payees.tell(cast.riverside, cast.alice, TOLD)
    finn = signed_in(cast.finn)
    assert "NO93" not in finn.get(f"/money/people/{cast.alice.public_id}/").content.decode()
    assert TOLD["account"] in finn.post(f"/money/people/{cast.alice.public_id}/details/").content.decode()
    year = datetime.now(UTC).year
    table = finn.get(f"/money/years/{year}/payees.csv").content.decode().splitlines()
    assert table[1].split(",")[3:8] == ["Alice Arnold", "NO", "123", "0.00", "1.00"]
    assert AuditRecord.objects.filter(kind=Kind.PAYEE_VIEWED, person=cast.alice, actor=cast.finn).count() == 2
    assert finn.get("/money/years/").status_code == 200
    assert "isn&#x27;t over" in finn.post("/money/years/", {"year": year}, follow=True).content.decode()


def test_terms_are_set_on_their_page(cast) -> None:
    finn = signed_in(cast.finn)
    said = {"hold_days": "7", "minimum": "10.00", "bonus_alone": "0", "dispute_days": "14", "answer_days": "3"}
    assert finn.post("/money/terms/", said | {"hold_days": "900"}).status_code == 422
    finn.post("/money/terms/", said)
    terms = PayTerms.objects.get()
    assert (terms.hold_days, terms.minimum_cents, terms.bonus_alone, terms.dispute_days) == (7, 1_000, 0, 14)
    earn(cast, cast.alice, 20_000_000)
    assert "held" in signed_in(cast.alice).get("/my-work/").content.decode()
    assert "still within the hold period" in finn.post("/money/run/", {"who": "all"}, follow=True).content.decode()


def test_a_tasker_says_where_their_money_goes(cast) -> None:
    alice = Client()
    alice.post("/accounts/login/", {"login": cast.alice.email, "password": make.PASSWORD})
    assert alice.get("/my-work/payee/").status_code == 200
    assert alice.post("/my-work/payee/", TOLD | {"account": ""}).status_code == 422
    assert alice.post("/my-work/payee/", TOLD)["Location"] == "/my-work/statement/"
    page = alice.get("/my-work/statement/").content.decode()
    assert "…7947" in page and TOLD["account"] not in page
    assert alice.get("/my-work/statement.csv").status_code == 200


def test_a_manager_sees_what_a_project_spends_and_limits_it(cast) -> None:
    project = make.project(cast.riverside, wanted=1)
    make.tasks(make.batch(project), 2)
    make.judged(cast.alice, project, make.MARIA)
    mina, here = signed_in(cast.mina), f"/projects/{project.public_id}/spending/"
    assert "$0.05" in mina.get(here).content.decode()
    assert mina.post(here, {"amount": "-1"}).status_code == 422
    mina.post(here, {"amount": "12.50"})
    assert "$12.50" in mina.get(here).content.decode()
