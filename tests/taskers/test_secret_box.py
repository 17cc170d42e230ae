"""No secret of a second step lies in clear in the database; keys change without losing one."""

import io
import json
import stat
from pathlib import Path

import pytest
from allauth.mfa.models import Authenticator
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client

from taskers.credentials import secret_box
from taskers.credentials.secret_box import BoxLocked
from tests.support import make
from tests.support.cast import Cast
from tests.support.taskers.second_step import SECRET, at_the_second_step, code_now, with_second_step

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def box(settings, tmp_path: Path) -> Path:
    """A box of the test's own."""
    settings.SECRET_BOX_KEYS = []
    settings.SECRET_BOX_FILE = tmp_path / "data" / "secret-box"
    return settings.SECRET_BOX_FILE


def in_the_table() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(string_agg(data::text, ' '), '') FROM mfa_authenticator")
        return cursor.fetchone()[0]


def comes_in(email: str) -> bool:
    answer = at_the_second_step(email).post("/accounts/2fa/authenticate/", {"code": code_now()})
    return answer.status_code == 302


def test_a_second_step_set_up_through_the_page_leaves_nothing_in_clear(cast: Cast, box: Path) -> None:
    alice = Client()
    alice.post("/accounts/login/", {"login": "alice@example.org", "password": make.PASSWORD})
    alice.post("/accounts/reauthenticate/", {"password": make.PASSWORD})
    alice.get("/accounts/2fa/totp/activate/")
    session = alice.session
    session["mfa.totp.secret"] = SECRET
    session.save()
    answer = alice.post("/accounts/2fa/totp/activate/", {"code": code_now()})
    assert answer.status_code == 302, answer.content.decode()
    kept = in_the_table()
    assert SECRET not in kept and kept.count("box1:") == 2  # the seed, and the recovery codes'
    codes = alice.get("/accounts/2fa/recovery-codes/").content.decode()
    assert "recovery" in codes.lower()
    assert stat.S_IMODE(box.stat().st_mode) == 0o600
    row = Authenticator.objects.get(type="recovery_codes")
    code = row.wrap().get_unused_codes()[0]
    assert code in codes and code not in kept
    thief = at_the_second_step("alice@example.org")
    assert thief.post("/accounts/2fa/authenticate/", {"code": code}).status_code == 302


def test_what_an_older_process_writes_meanwhile_is_read_and_sealed_at_night(cast: Cast) -> None:
    from projects.jobs import reseal

    Authenticator.objects.create(user=cast.alice, type="totp", data={"secret": SECRET})
    assert comes_in("alice@example.org")
    assert reseal.func(0) == 1 and SECRET not in in_the_table()
    assert reseal.func(0) == 0


def test_keys_change_and_nobody_notices(cast: Cast, box: Path) -> None:
    with_second_step(cast.alice)
    (old,) = secret_box.keys()
    said = io.StringIO()
    call_command("secret_box", "rotate", stdout=said)
    assert "1 secrets were sealed anew" in said.getvalue()
    new, kept = secret_box.keys()
    assert kept == old and f"box1:{new.name}:" in in_the_table() and stat.S_IMODE(box.stat().st_mode) == 0o600
    late = secret_box.Key(old.name, old.text)  # a process that hadn't noticed yet
    box.write_text(f"{late.text}\n{new.text}\n")
    with_second_step(cast.bob)
    box.write_text(f"{new.text}\n{late.text}\n")
    call_command("secret_box", "retire", stdout=said)
    assert len(secret_box.keys()) == 2  # something lies under the old one still
    call_command("secret_box", "reseal", stdout=said)
    call_command("secret_box", "retire", stdout=said)
    assert secret_box.keys() == [new]
    assert comes_in("alice@example.org")


def test_without_its_key_a_copy_of_the_database_tells_nothing_and_says_so(cast: Cast, box: Path) -> None:
    with_second_step(cast.alice)
    (right,) = secret_box.keys()
    box.write_text(secret_box.new_key() + "\n")
    answer = at_the_second_step("alice@example.org").post("/accounts/2fa/authenticate/", {"code": code_now()})
    assert answer.status_code == 503 and "the key it was sealed with is missing" in answer.content.decode()
    with pytest.raises(CommandError, match=right.name):
        call_command("secret_box", "status", stdout=io.StringIO())
    box.write_text(right.text + "\n")
    assert comes_in("alice@example.org")
    call_command("secret_box", "status", stdout=io.StringIO())


def test_what_was_changed_or_meant_for_something_else_does_not_open() -> None:
    sealed = secret_box.seal("a seed", "second-step")
    assert secret_box.unseal(sealed, "second-step") == "a seed" and "a seed" not in sealed
    mark, name, closed = sealed.split(":")
    for wrong in (f"{mark}:{name}:{'A' * len(closed)}", f"{mark}:{name}:", f"{mark}:{name}:%%%", f"{mark}:{name}"):
        with pytest.raises(BoxLocked):
            secret_box.unseal(wrong, "second-step")
    with pytest.raises(BoxLocked):
        secret_box.unseal(sealed, "something else")
    assert secret_box.seal("a seed", "second-step") != sealed


def test_keys_may_come_from_the_environment(settings, box: Path) -> None:
    one, two = secret_box.new_key(), secret_box.new_key()
    settings.SECRET_BOX_KEYS = [one]
    sealed = secret_box.seal("a seed", "x")
    settings.SECRET_BOX_KEYS = [two, one]
    assert secret_box.unseal(sealed, "x") == "a seed" and not box.exists()
    for verb in ("rotate", "retire"):
        with pytest.raises(CommandError, match="TANDEM_SECRET_BOX"):
            call_command("secret_box", verb)
    settings.SECRET_BOX_KEYS = ["too short"]
    with pytest.raises(ImproperlyConfigured):
        secret_box.seal("a seed", "x")


def test_an_audit_record_of_a_second_step_holds_no_secret(cast: Cast) -> None:
    from taskers.models import AuditRecord

    with_second_step(cast.alice)
    comes_in("alice@example.org")
    assert SECRET not in json.dumps(list(AuditRecord.objects.values("detail", "subject", "agent")))
