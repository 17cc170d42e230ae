"""After a secret may have been read: one command, and nothing that was given out before opens anything."""

import io
import re
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from django.contrib.sessions.models import Session
from django.core.management import CommandError, call_command
from django.test import Client

from config import environment
from taskers.audit.trail import Kind
from taskers.credentials import tokens
from taskers.files import private_file
from taskers.models import ApiToken, AuditRecord, Person
from taskers.people import invitations, service_accounts
from tests.support import make
from tests.support.cast import Cast

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def key_file(settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A key in a data folder of the test's own."""
    monkeypatch.delenv("SECRET_KEY", raising=False)
    settings.SECRET_KEY_FILE = tmp_path / "data" / "secret"
    settings.SECRET_KEY = environment.kept_secret("SECRET_KEY", settings.SECRET_KEY_FILE)
    return settings.SECRET_KEY_FILE


def rotated() -> str:
    output = io.StringIO()
    call_command("rotate_secret_key", stdout=output)
    return output.getvalue()


def signed_in(email: str) -> Client:
    browser = Client()
    browser.post("/accounts/login/", {"login": email, "password": make.PASSWORD})
    assert browser.get("/profile/").status_code == 200
    return browser


def is_signed_in(browser: Client) -> bool:
    return browser.get("/profile/").status_code == 200


def who_is(secret: str) -> int:
    return Client().get("/api/v1/me/", headers={"Authorization": f"Bearer {secret}"}).status_code


def live_tokens() -> int:
    return ApiToken.objects.filter(revoked_at=None).count()


def test_nothing_that_was_given_out_before_opens_anything(cast: Cast, key_file: Path, settings) -> None:
    before = key_file.read_text()
    mina, nora = signed_in("mina@example.org"), signed_in("nora@example.org")
    secrets = [
        tokens.issue(person, organization, name="x")[1]
        for person, organization in ((cast.mina, cast.riverside), (cast.nora, cast.hilltop))
    ]
    program = service_accounts.create(cast.riverside, name="Loader", role="manager", by=cast.olga)
    secrets.append(service_accounts.issue(program, name="x", scopes=["read"], by=cast.olga)[1])
    link = invitations.password_reset_path(cast.riverside, cast.bob, by=cast.olga)
    _invitation, invited = invitations.invite(cast.riverside, cast.olga, email="zoe@example.org", role="tasker")
    assert [who_is(secret) for secret in secrets] == [200, 200, 200]

    output = rotated()

    assert "Ended: 3 API tokens, 2 sessions, 1 invitations" in output and "restart" in output
    after = key_file.read_text()
    assert after != before and after not in output and stat.S_IMODE(key_file.stat().st_mode) == 0o600
    assert [path.name for path in key_file.parent.iterdir()] == ["secret"]
    for key in (before, after):  # a process that runs on with the old key, and one that was restarted
        settings.SECRET_KEY = key
        assert not is_signed_in(mina) and not is_signed_in(nora)
        assert [who_is(secret) for secret in secrets] == [401, 401, 401]
        assert "new_password" not in Client().get(link, follow=True).content.decode()
        with pytest.raises(invitations.InvitationGone):
            invitations.find(invited)
    signed_in("mina@example.org")


def test_each_organization_reads_of_it_in_its_own_trail(cast: Cast) -> None:
    tokens.issue(cast.nora, cast.hilltop, name="x")
    invitations.invite(cast.riverside, cast.olga, email="zoe@example.org", role="tasker")
    rotated()
    records = AuditRecord.objects.filter(kind=Kind.SECRET_KEY_ROTATED)
    assert {record.organization for record in records} == {cast.riverside, cast.hilltop, None}
    assert {record.agent for record in records} == {"manage.py rotate_secret_key"}
    assert [record.detail for record in records if record.organization] == [{}, {}]
    assert records.get(organization=None).detail == {"tokens": 1, "sessions": 0, "invitations": 1}
    (token,) = AuditRecord.objects.filter(kind=Kind.TOKEN_REVOKED)
    assert (token.organization, token.detail["why"]) == (cast.hilltop, "secret-key-rotated")
    (invitation,) = AuditRecord.objects.filter(kind=Kind.INVITATION_WITHDRAWN)
    assert (invitation.organization, invitation.detail["why"]) == (cast.riverside, "secret-key-rotated")


def test_it_may_be_repeated(cast: Cast, key_file: Path) -> None:
    tokens.issue(cast.mina, cast.riverside, name="x")
    rotated()
    first = key_file.read_text()
    assert "Ended: 0 API tokens, 0 sessions, 0 invitations" in rotated()
    assert key_file.read_text() != first
    signed_in("mina@example.org")
    secret = tokens.issue(cast.mina, cast.riverside, name="new")[1]
    assert who_is(secret) == 200


def test_killed_while_it_revokes_it_leaves_a_whole_key_and_is_run_again(
    cast: Cast, key_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for person in (cast.mina, cast.olga):
        tokens.issue(person, cast.riverside, name="x")
    browser, before, epoch = signed_in("mina@example.org"), key_file.read_text(), cast.mina.access_epoch
    revoke_all, calls = tokens.revoke_all, []

    def killed(person: Person, **terms) -> int:
        calls.append(person)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return revoke_all(person, **terms)

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(tokens, "revoke_all", killed)
        rotated()
    half = key_file.read_text()
    assert half != before and len(half) >= 48
    assert live_tokens() == 2 and Session.objects.count() == 1, "all of it or nothing"
    assert Person.objects.get(pk=cast.mina.pk).access_epoch == epoch
    assert not AuditRecord.objects.filter(kind=Kind.SECRET_KEY_ROTATED).exists()
    rotated()
    assert live_tokens() == 0 and not is_signed_in(browser) and key_file.read_text() not in (before, half)


def test_where_the_key_can_not_be_written_nothing_is_revoked_and_the_old_one_stays(
    cast: Cast, key_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tokens.issue(cast.mina, cast.riverside, name="x")
    before = key_file.read_text()

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(private_file.os, "fsync", full)
    with pytest.raises(CommandError, match=r"/secret could not be written \(No space left on device\)"):
        rotated()
    assert key_file.read_text() == before and live_tokens() == 1
    assert [path.name for path in key_file.parent.iterdir()] == ["secret"]


def test_a_key_from_the_environment_is_made_and_told_and_the_rest_is_revoked(
    cast: Cast, key_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = key_file.read_text()
    monkeypatch.setenv("SECRET_KEY", "k" * 50)
    tokens.issue(cast.mina, cast.riverside, name="x")
    output = rotated()
    assert "on every machine" in output and re.search(r"^[\w-]{64}$", output, re.MULTILINE)
    assert key_file.read_text() == before and live_tokens() == 0


def test_a_first_key_is_written_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty file would be a key that no later start could replace."""
    path = tmp_path / "first" / "secret"

    def killed(_descriptor: int) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(private_file.os, "fsync", killed)
        environment.kept_secret("SECRET_KEY", path)
    assert not path.exists()
    key = environment.kept_secret("SECRET_KEY", path)
    assert len(key) >= 64 and environment.kept_secret("SECRET_KEY", path) == key
    private_file.write(path, "another", replace=False)
    assert path.read_text() == key, "whoever was first stays"


def test_what_a_killed_rotation_left_beside_a_key_goes_with_the_next_write(tmp_path: Path) -> None:
    path, left = tmp_path / "secret", tmp_path / ".secret-k2x_9aab"
    others = [tmp_path / ".secret-box-k2x_9aab", tmp_path / "secret-k2x_9aab"]
    for file in (left, *others):
        file.write_text("an old key")
    private_file.write(path, "a new key", replace=True)
    assert path.read_text() == "a new key" and not left.exists()
    assert all(file.exists() for file in others)


def test_writers_at_the_same_time_leave_one_whole_key_and_nothing_beside_it(tmp_path: Path) -> None:
    path, keys = tmp_path / "secret", [f"{number}" * 5_000 for number in range(8)]
    with ThreadPoolExecutor(len(keys)) as writers:
        for _round in range(20):
            list(writers.map(lambda key: private_file.write(path, key, replace=True), keys))
    assert path.read_text() in keys and not list(tmp_path.glob(".secret-*"))
