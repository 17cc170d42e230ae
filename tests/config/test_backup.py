"""A backup is worth what its restore gives back: here into a second database, compared row by row."""

import contextlib
import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from config import backup, database_owner
from config.problem import CannotStart
from config.step_cache import Stamps
from tests.plugins.place import as_application

ROOT = Path(__file__).resolve().parents[2]
SERVER = os.environ[database_owner.VARIABLE]


def address(name: str) -> str:
    return SERVER.replace("/tandem?", f"/{name}?")


def administer(statement: str, name: str) -> None:
    with psycopg.connect(SERVER, autocommit=True) as connection:
        connection.execute(sql.SQL(statement).format(sql.Identifier(name)))


@pytest.fixture
def databases(request) -> Iterator[tuple[str, str]]:
    """Two empty databases of this test's own: one to lose, one to restore into."""
    names = [f"{request.node.name[:40]}_{os.getpid()}_{which}" for which in ("old", "new")]
    for name in names:
        administer("CREATE DATABASE {}", name)
    yield address(names[0]), address(names[1])
    for name in names:
        administer("DROP DATABASE {} WITH (FORCE)", name)


@pytest.fixture
def old(databases) -> str:
    """A small database with what dumps get wrong: keys, sequences, triggers, odd text, another schema."""
    with psycopg.connect(databases[0]) as connection:
        connection.execute("""
            CREATE TABLE people (id bigserial PRIMARY KEY, name text UNIQUE NOT NULL);
            CREATE TABLE transfers (person bigint REFERENCES people, amount bigint CHECK (amount > 0));
            CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
                $$ BEGIN RAISE EXCEPTION 'append-only'; END $$;
            CREATE TRIGGER keep BEFORE UPDATE OR DELETE ON transfers FOR EACH ROW EXECUTE FUNCTION refuse();
            CREATE SCHEMA archive; CREATE TABLE archive.notes (body jsonb);
        """)
        connection.execute("INSERT INTO people (name) VALUES ('Zoë\t\\N'), ('李')")
        connection.execute("INSERT INTO transfers VALUES (1, 9000000000000000000), (2, 1)")
        connection.execute("INSERT INTO archive.notes VALUES ('{\"a\": null}')")
    return databases[0]


@pytest.fixture
def new(databases) -> str:
    return databases[1]


@pytest.fixture
def data(tmp_path, monkeypatch) -> Path:
    """A data folder with two media files."""
    monkeypatch.delenv("TANDEM_MEDIA")
    for name, content in {"ab/cat": b"meow", "cd/dog": b"\x00wuff"}.items():
        path = tmp_path / "data" / "media" / name
        path.parent.mkdir(parents=True)
        path.write_bytes(content)
    return tmp_path / "data"


def contents(url: str) -> dict[str, tuple]:
    """Every table's number of rows and a digest of them, and where every sequence stands."""
    with psycopg.connect(url) as connection:
        tables = connection.execute(
            "SELECT schemaname, tablename FROM pg_tables WHERE schemaname !~ '^(pg_|information_schema)'"
        ).fetchall()
        digest = sql.SQL("SELECT count(*), md5(string_agg(t::text, '|' ORDER BY t::text)) FROM {}.{} t")
        found = {
            ".".join(table): connection.execute(digest.format(*map(sql.Identifier, table))).fetchone() or ()
            for table in tables
        }
        sequences = connection.execute("SELECT schemaname || '.' || sequencename, last_value FROM pg_sequences")
        return found | {name: (value,) for name, value in sequences}


def files(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file()
    }


@pytest.fixture
def run(tmp_path) -> Callable[..., None]:
    """Runs a command as an operator would, on the database of this address."""
    folders = {"TANDEM_DATA": str(tmp_path / "data"), "TANDEM_MEDIA": str(tmp_path / "data" / "media")}

    def run(url: str, *words: str) -> None:
        given = {**os.environ, **folders, "DATABASE_URL": as_application(url), database_owner.VARIABLE: url}
        done = subprocess.run([sys.executable, *words], cwd=ROOT, env=given, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr

    return run


def test_what_is_restored_is_what_was_saved(old, new, data, tmp_path):
    said = backup.backup(old, data, tmp_path / "saved")
    assert "2 media files" in said
    Stamps(tmp_path / "elsewhere" / "run" / "stamps").mark("migrate", "of the database before")
    damaged = tmp_path / "elsewhere" / "media" / "ab" / "cat"
    damaged.parent.mkdir(parents=True)
    damaged.write_bytes(b"m??w")  # as long as what was saved
    backup.restore(new, tmp_path / "elsewhere", tmp_path / "saved")
    assert contents(new) == contents(old)
    assert contents(new)["public.transfers"][0] == 2
    assert files(tmp_path / "elsewhere" / "media") == files(data / "media")
    assert not Stamps(tmp_path / "elsewhere" / "run" / "stamps").done("migrate", "of the database before")
    with psycopg.connect(new) as connection, pytest.raises(psycopg.errors.RaiseException, match="append-only"):
        connection.execute("UPDATE transfers SET amount = 2")


def test_media_that_come_or_go_while_the_database_is_dumped_are_in_the_backup(old, data, tmp_path, monkeypatch):
    dump = backup._run

    def meanwhile(*given: object) -> None:
        dump(*given)
        (data / "media" / "ab" / "cat").unlink()
        (data / "media" / "ab" / "cow").write_bytes(b"moo")

    monkeypatch.setattr(backup, "_run", meanwhile)
    backup.backup(old, data, tmp_path / "saved")
    assert set(files(tmp_path / "saved" / "media")) == {"ab/cat", "ab/cow", "cd/dog"}


def test_the_whole_application_comes_back_by_the_commands_alone(databases, tmp_path, run):
    """The real tables and people, saved and restored as an operator would."""
    old, new = databases
    run(old, "manage.py", "migrate", "--verbosity", "0")
    run(old, "manage.py", "shell", "--verbosity", "0", "-c", "from tests.support import cast; cast.assemble()")
    run(old, "-m", "config", "backup", str(tmp_path / "saved"))
    run(new, "-m", "config", "restore", str(tmp_path / "saved"))
    saved, restored = contents(old), contents(new)
    # Only the outbox's transaction numbers move: another server counts from the start again.
    assert saved.pop("public.taskers_event")[0] == restored.pop("public.taskers_event")[0] > 5
    assert restored == saved
    assert restored["public.taskers_person"][0] > 5
    run(new, "manage.py", "migrate", "--check")


# Readers stay behind the oldest transaction of the whole server, and the tests beside this one run theirs there too.
BESIDE = """
import time, uuid
from taskers.models import EarningDay, Event, Organization, Person
from taskers.money import earning_days, ledger
from taskers.outbox.events import emit, follow
from tests.support import cast
def read():
    seen, until = [], time.monotonic() + 60
    while time.monotonic() < until:
        follow("test", lambda events: seen.extend(event.kind for event in events))
        if seen and seen[-1] == Event.objects.order_by("pk").last().kind:
            break
        time.sleep(0.05)
    return seen
def earn(amount):
    owner, alice = Organization.objects.get(name="Riverside"), Person.objects.get(name="Alice")
    keys = dict(organization=owner, project_key=uuid.uuid4(), tasker=alice)
    ledger.earn(key=f"made:{amount}", amount=amount, reason="", detail={}, **keys)
def days(enough):
    until = time.monotonic() + 60
    while True:
        earning_days.catch_up()
        found = sorted(EarningDay.objects.filter(tasker=None).values_list("amount", flat=True))
        if len(found) >= enough or time.monotonic() > until:
            return found
        time.sleep(0.05)
"""
BEFORE = """
cast.assemble()
earn(1)
assert days(1) == [1]
earn(20)
emit("read", organization_id=1)
assert read()[-1] == "read"
emit("unread", organization_id=1)
"""
AFTER = """
emit("new", organization_id=1)
found = read()
assert found == ["unread", "new"], found
earn(300)
found = days(3)
assert found == [1, 20, 300], found
"""
LIFTED = {"taskers_event": "taskers_cursor", "taskers_transfer": "taskers_transfercursor"}


def test_readers_and_sums_go_on_where_they_stood_before_the_restore(databases, tmp_path, run):
    """On another server transaction numbers start low again; here the old ones are lifted far above instead."""
    old, new = databases

    def shell(url: str, code: str) -> None:
        run(url, "manage.py", "shell", "--verbosity", "0", "-c", BESIDE + code)

    run(old, "manage.py", "migrate", "--verbosity", "0", "--skip-checks")
    shell(old, BEFORE)
    with psycopg.connect(old) as connection:
        for table, cursor in LIFTED.items():
            connection.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
            connection.execute(f"UPDATE {table} SET transaction = transaction + 1000000000")
            connection.execute(f"UPDATE {cursor} SET transaction = transaction + 1000000000")
            connection.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
    run(old, "-m", "config", "backup", str(tmp_path / "saved"))
    run(new, "-m", "config", "restore", str(tmp_path / "saved"))
    shell(new, AFTER)


def test_a_database_that_holds_something_is_not_overwritten_unless_told(old, new, data, tmp_path):
    backup.backup(old, data, tmp_path / "saved")
    with psycopg.connect(new) as connection:
        connection.execute("CREATE TABLE precious (work text)")
        connection.execute("INSERT INTO precious VALUES ('of weeks')")
    with pytest.raises(CannotStart, match="is not empty.*--replace"):
        backup.restore(new, data, tmp_path / "saved")
    assert contents(new)["public.precious"][0] == 1
    backup.restore(new, data, tmp_path / "saved", replace=True)
    assert contents(new) == contents(old)


def test_a_database_in_use_is_not_restored_into(old, new, data, tmp_path):
    backup.backup(old, data, tmp_path / "saved")
    with psycopg.connect(new), pytest.raises(CannotStart, match="in use by 1 connections: stop Tandem first"):
        backup.restore(new, data, tmp_path / "saved")


@pytest.mark.parametrize("victim", ["database.dump", "media/ab/cat"])
@pytest.mark.parametrize("harm", ["changed", "lost"])
def test_a_damaged_backup_is_refused_before_anything_is_touched(old, new, data, tmp_path, victim, harm):
    backup.backup(old, data, tmp_path / "saved")
    path = tmp_path / "saved" / victim
    path.unlink() if harm == "lost" else path.write_bytes(path.read_bytes()[:-1] + b"?")
    with pytest.raises(CannotStart, match=f"damaged: .*{victim} is missing or changed; nothing was restored"):
        backup.restore(new, tmp_path / "elsewhere", tmp_path / "saved", replace=True)
    assert contents(new) == {}
    assert not (tmp_path / "elsewhere").exists()


def test_only_what_the_manifest_names_is_restored_and_no_link_is_followed(old, new, data, tmp_path):
    """A backup that somebody put a file and links into: neither gets out, nor does what they lead to get in."""
    secret = tmp_path / "secret"
    secret.write_text("not of the backup")
    backup.backup(old, data, tmp_path / "saved")
    media = tmp_path / "saved" / "media"
    (media / "ab" / "page.html").write_text("<script>")
    (media / "ab" / "link").symlink_to(secret)
    (media / "out").symlink_to(tmp_path / "data")
    backup.restore(new, tmp_path / "elsewhere", tmp_path / "saved")
    assert files(tmp_path / "elsewhere" / "media") == files(data / "media")


@pytest.mark.parametrize("place", ["media", "media/ab", "media/ab/cat", "run", "run/stamps"])
def test_a_link_in_the_target_is_refused_before_anything_is_touched(old, new, data, tmp_path, place):
    backup.backup(old, data, tmp_path / "saved")
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "stamps").mkdir()
    (outside / "stamps" / "precious").write_text("not of Tandem")
    (outside / "precious").write_text("not of Tandem")
    before = files(outside)
    link = tmp_path / "elsewhere" / place
    link.parent.mkdir(parents=True)
    link.symlink_to(outside / "precious" if place.endswith("cat") else outside)
    with pytest.raises(CannotStart, match=f"{link} is a link"):
        backup.restore(new, tmp_path / "elsewhere", tmp_path / "saved")
    assert files(outside) == before and contents(new) == {}


@pytest.mark.parametrize("place", ["media/ab", "media/ab/cat", "media/ab/cat.copying"])
def test_a_link_that_comes_while_the_database_is_filled_leads_nowhere(old, new, data, tmp_path, monkeypatch, place):
    backup.backup(old, data, tmp_path / "saved")
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "precious").write_text("not of Tandem")
    before = files(outside)
    fill = backup._settle_what_is_read_in_order

    def link_meanwhile(url: str) -> None:
        fill(url)
        link = tmp_path / "elsewhere" / place
        link.parent.mkdir(parents=True)
        link.symlink_to(outside if place.endswith("ab") else outside / "precious")

    monkeypatch.setattr(backup, "_settle_what_is_read_in_order", link_meanwhile)
    with contextlib.suppress(CannotStart):  # of the last two what is a link is replaced by the file
        backup.restore(new, tmp_path / "elsewhere", tmp_path / "saved")
    assert files(outside) == before
    if place != "media/ab":
        assert files(tmp_path / "elsewhere" / "media") == files(data / "media")


def test_a_file_that_has_another_name_outside_is_not_written_through(old, new, data, tmp_path):
    backup.backup(old, data, tmp_path / "saved")
    outside = tmp_path / "precious"
    outside.write_text("not of Tandem")
    target = tmp_path / "elsewhere" / "media" / "ab" / "cat"
    target.parent.mkdir(parents=True)
    target.hardlink_to(outside)
    backup.restore(new, tmp_path / "elsewhere", tmp_path / "saved")
    assert outside.read_text() == "not of Tandem" and target.read_bytes() == b"meow"


def test_media_that_the_operator_has_elsewhere_are_restored_there(old, new, data, tmp_path, monkeypatch):
    """Behind a link too: where they lie is the operator's word, and what lies below it is not."""
    backup.backup(old, data, tmp_path / "saved")
    (tmp_path / "large").mkdir()
    (tmp_path / "disk").symlink_to(tmp_path / "large")
    monkeypatch.setenv("TANDEM_MEDIA", str(tmp_path / "disk"))
    backup.restore(new, tmp_path / "elsewhere", tmp_path / "saved")
    assert files(tmp_path / "large") == files(data / "media")


def test_a_pipe_and_an_unlisted_dump_are_no_part_of_a_backup(old, new, data, tmp_path):
    backup.backup(old, data, tmp_path / "saved")
    cat, manifest = tmp_path / "saved" / "media" / "ab" / "cat", tmp_path / "saved" / "manifest.json"
    content, listed = cat.read_bytes(), manifest.read_text()
    cat.unlink()
    os.mkfifo(cat)
    with pytest.raises(CannotStart, match="damaged"):
        backup.restore(new, tmp_path / "elsewhere", tmp_path / "saved")
    cat.unlink()
    cat.write_bytes(content)
    held = json.loads(listed)
    del held["files"]["database.dump"]
    manifest.write_text(json.dumps(held))
    with pytest.raises(CannotStart, match="damaged"):
        backup.restore(new, tmp_path / "elsewhere", tmp_path / "saved")
    assert contents(new) == {}


@pytest.mark.parametrize("name", ["../secret", "/etc/hostname", "media/ab/link"])
def test_a_manifest_that_leads_out_of_its_backup_is_refused(old, new, data, tmp_path, name):
    secret = tmp_path / "secret"
    secret.write_text("not of the backup")
    backup.backup(old, data, tmp_path / "saved")
    (tmp_path / "saved" / "media" / "ab" / "link").symlink_to(secret)
    manifest = tmp_path / "saved" / "manifest.json"
    held = json.loads(manifest.read_text())
    held["files"][name] = hashlib.sha256((tmp_path / "saved" / name).read_bytes()).hexdigest()
    manifest.write_text(json.dumps(held))
    with pytest.raises(CannotStart, match="damaged"):
        backup.restore(new, tmp_path / "elsewhere", tmp_path / "saved")
    assert contents(new) == {} and not (tmp_path / "elsewhere").exists()


def test_an_unfinished_backup_has_no_name_and_can_not_be_restored(old, new, data, tmp_path, monkeypatch):
    monkeypatch.setattr(backup, "_manifest", lambda *_: (_ for _ in ()).throw(OSError(28, "No space left")))
    with pytest.raises(CannotStart, match="could not be written.*No space left"):
        backup.backup(old, data, tmp_path / "saved")
    assert not (tmp_path / "saved").exists()
    with pytest.raises(CannotStart, match="not a finished backup"):
        backup.restore(new, data, tmp_path / "saved.partial")


def test_an_older_backup_is_never_overwritten(old, data, tmp_path):
    backup.backup(old, data, tmp_path / "saved")
    with pytest.raises(CannotStart, match="exists already"):
        backup.backup(old, data, tmp_path / "saved")


def test_a_backup_of_a_later_format_is_refused(old, new, data, tmp_path):
    backup.backup(old, data, tmp_path / "saved")
    manifest = tmp_path / "saved" / "manifest.json"
    manifest.write_text(json.dumps({**json.loads(manifest.read_text()), "format": 99}))
    with pytest.raises(CannotStart, match="has backup format 99"):
        backup.restore(new, data, tmp_path / "saved")


@pytest.mark.parametrize(
    "text",
    [
        "[" * 100_000,
        json.dumps({"format": backup.FORMAT, "created": "now", "tandem": "1"}),
        json.dumps({"format": backup.FORMAT, "files": {}}),
    ],
    ids=["nested without end", "no files", "no maker"],
)
def test_a_manifest_that_is_none_is_named_before_anything_is_restored(tmp_path, text):
    (tmp_path / backup.MANIFEST).write_text(text)
    with pytest.raises(CannotStart, match=f"{backup.MANIFEST} can't be read"):
        backup.restore("postgresql://nobody.invalid/tandem", tmp_path, tmp_path)


def test_the_password_is_not_told_when_a_dump_fails(data, tmp_path):
    with pytest.raises(CannotStart, match="pg_dump failed") as refused:
        backup.backup("postgresql://tandem:hush-hush@127.0.0.1:1/tandem", data, tmp_path / "saved")
    assert "hush-hush" not in str(refused.value)
