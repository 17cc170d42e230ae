"""Backup and restore: the database by PostgreSQL's own pg_dump and pg_restore, the media file by file.

A backup is a folder: `database.dump`, `media/`, and `manifest.json` with the sha256 of every file. It gets its name
only when it is whole. Media are copied twice, before the database is dumped and after: they are stored before the rows
that name them, so the second copy has what came meanwhile, and the first what was thrown away since the dump began.
Only a file that came after the first copy and went before the second can be missing.
"""

import contextlib
import hashlib
import json
import os
import shutil
import subprocess
import time
import tomllib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from config import database_privileges, postgres_place
from config.folder import ROOT
from config.postgres import APPLICATION
from config.problem import CannotStart
from config.restore_target import refuse_links, write_file
from config.step_cache import Stamps
from taskers.files.folders import media_folder

FORMAT = 1
DUMP = "database.dump"
MANIFEST = "manifest.json"
MEDIA = "media/"
STAMPS = "run/stamps"  # below the data folder
LIBPQ = {
    "host": "PGHOST",
    "hostaddr": "PGHOSTADDR",
    "port": "PGPORT",
    "user": "PGUSER",
    "password": "PGPASSWORD",
    "dbname": "PGDATABASE",
    "options": "PGOPTIONS",
    "sslmode": "PGSSLMODE",
    "sslrootcert": "PGSSLROOTCERT",
    "sslcert": "PGSSLCERT",
    "sslkey": "PGSSLKEY",
    "channel_binding": "PGCHANNELBINDING",
}
# Another cluster counts its transactions from the start: restored rows that are read in that order, and their readers'
# cursors, are moved below all that it will ever count, as they stand
# (docs/decisions/0003-reading-the-outbox-in-order.md).
SETTLE = """
DO $$
DECLARE shift bigint;
BEGIN
  IF to_regclass('{rows}') IS NULL OR to_regclass('{cursors}') IS NULL THEN RETURN; END IF;
  SELECT greatest((SELECT max(transaction) FROM {rows}), (SELECT max(transaction) FROM {cursors})) + 1
    INTO shift;
  IF shift IS NULL OR shift <= 0 THEN RETURN; END IF;
  ALTER TABLE {rows} DISABLE TRIGGER USER;
  UPDATE {rows} SET transaction = transaction - shift;
  ALTER TABLE {rows} ENABLE TRIGGER USER;
  -- A reader that has read nothing yet stands at the lowest number there is, and stays there.
  UPDATE {cursors} SET transaction = transaction - shift WHERE transaction > -9000000000000000000;
END $$
"""
READ_IN_ORDER = {"taskers_event": "taskers_cursor", "taskers_transfer": "taskers_transfercursor"}
OTHERS = (
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
    " AND pid <> pg_backend_pid() AND usesysid IS NOT NULL"  # all that an owner who isn't a superuser sees of others
)
OURS = "nspname !~ '^pg_' AND nspname <> 'information_schema'"


def backup(url: str, data: Path, folder: Path) -> str:
    """Write a backup into `folder`, which must not exist yet; gives one sentence of success. Raises CannotStart."""
    if folder.exists():
        raise CannotStart(f"{folder} exists already: name a new folder, so that no older backup is overwritten.")
    making = folder.with_name(f"{folder.name}.partial")
    try:
        shutil.rmtree(making, ignore_errors=True)
        making.mkdir(parents=True, mode=0o700)
        _copy(media_folder(data), making / "media")
        _run("pg_dump", url, ["--format=custom", "--no-owner", "--no-privileges", f"--file={making / DUMP}"])
        _copy(media_folder(data), making / "media")
        manifest = _manifest(url, making)
        (making / MANIFEST).write_text(json.dumps(manifest, indent=1))
        making.rename(folder)
    except OSError as problem:
        raise CannotStart(f"The backup could not be written to {folder}: {problem.strerror}.") from None
    files = len(manifest["files"]) - 1
    return f"Backup written to {folder}: the database and {files} media file{'' if files == 1 else 's'}."


def restore(url: str, data: Path, folder: Path, *, replace: bool = False, application: str = APPLICATION) -> str:
    """Read a backup into an empty database and the media folder; gives one sentence of success.

    Everything is verified before anything is touched, and the database is filled in one transaction. With
    `replace`, what the database holds is dropped first. `url` is the owner's address; the role `application` is given
    its rights again, which no dump holds. Raises CannotStart.
    """
    manifest = _verified(folder)
    root, media = _media_below(data)
    targets = {name: f"{media}/{name.removeprefix(MEDIA)}" for name in manifest["files"] if name.startswith(MEDIA)}
    refuse_links(root, targets.values())
    refuse_links(data, [STAMPS])
    _make_room(url, replace)
    arguments = ["--exit-on-error", "--single-transaction", "--no-owner", "--no-privileges"]
    name = conninfo_to_dict(url)["dbname"]
    _run("pg_restore", url, [*arguments, f"--dbname={name}", str(folder / DUMP)])
    _settle_what_is_read_in_order(url)
    _grant(url, application)
    try:
        for name, target in targets.items():
            write_file(root, target, folder / name, manifest["files"][name])
    except OSError as problem:
        raise CannotStart(f"The media could not be written to {media_folder(data)}: {problem.strerror}.") from None
    Stamps(data / STAMPS).clear()
    return f"Restored the backup of {manifest['created']} made by Tandem {manifest['tandem']}."


def _media_below(data: Path) -> tuple[Path, str]:
    """The folder below which no link is followed, and that of the media in it, as the operator named it: `media_folder`
    has followed what links there are."""
    named = Path(os.environ.get("TANDEM_MEDIA") or data / "media").absolute()
    return (data, str(named.relative_to(data))) if named.is_relative_to(data) else (media_folder(data), ".")


def _grant(url: str, application: str) -> None:
    try:
        with psycopg.connect(url) as connection:
            database_privileges.grant(connection, application)
    except psycopg.Error as problem:
        raise CannotStart(f"All is restored, but {application} could not be given its rights: {problem}.") from None


def _settle_what_is_read_in_order(url: str) -> None:
    with psycopg.connect(url) as connection:
        for rows, cursors in READ_IN_ORDER.items():
            connection.execute(SETTLE.format(rows=rows, cursors=cursors))


def _manifest(url: str, making: Path) -> dict:
    with psycopg.connect(url) as connection:
        server = connection.info.server_version // 10_000
    pyproject = tomllib.loads((ROOT / "pyproject.toml").read_text())
    return {
        "format": FORMAT,
        "tandem": pyproject["project"]["version"],
        "postgres": server,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "files": {str(path.relative_to(making)): _sha256(path) for path in _files(making)},
    }


def _verified(folder: Path) -> dict:
    """The manifest of a whole and unchanged backup."""
    try:
        manifest = json.loads((folder / MANIFEST).read_text())
    except FileNotFoundError:
        raise CannotStart(f"{folder} is not a finished backup: it has no {MANIFEST}.") from None
    except (OSError, ValueError, RecursionError) as problem:
        raise CannotStart(f"{folder / MANIFEST} can't be read: {problem}.") from None
    if not isinstance(manifest, dict) or not isinstance(manifest.get("files"), dict):
        raise CannotStart(f"{folder / MANIFEST} can't be read: it lists no files.")
    if manifest.get("format") != FORMAT:
        raise CannotStart(f"{folder} has backup format {manifest.get('format')}, and this Tandem reads {FORMAT}.")
    if not all(isinstance(manifest.get(name), str) for name in ("created", "tandem")):
        raise CannotStart(f"{folder / MANIFEST} can't be read: it doesn't say when and by what it was made.")
    for name, expected in ({DUMP: ""} | manifest["files"]).items():
        try:
            right = _within(folder, name) and _sha256(folder / name) == expected
        except (OSError, ValueError):
            right = False
        if not right:
            raise CannotStart(f"The backup is damaged: {folder / name} is missing or changed; nothing was restored.")
    return manifest


def _within(folder: Path, name: str) -> bool:
    """Whether a name in the manifest is that of a file of the backup's own: no way up or out, no link on the way, no
    device or pipe at its end."""
    steps = Path(name).parts
    if not steps or Path(name).is_absolute() or ".." in steps:
        return False
    if any(folder.joinpath(*steps[: n + 1]).is_symlink() for n in range(len(steps))):
        return False
    return folder.joinpath(*steps).is_file()


def _make_room(url: str, replace: bool) -> None:
    """Leave the database empty, or refuse."""
    with psycopg.connect(url, autocommit=True, connect_timeout=10) as connection:
        name = connection.info.dbname
        others = _number(connection, OTHERS)
        # A connection that was just closed is still counted for a moment.
        for _ in range(20):
            if not others:
                break
            time.sleep(0.1)
            others = _number(connection, OTHERS)
        if others:
            raise CannotStart(f"The database {name} is in use by {others} connections: stop Tandem first.")
        held = _number(
            connection, f"SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE {OURS}"
        )
        if held and not replace:
            raise CannotStart(
                f"The database {name} is not empty: restore into a new one, or say --replace to drop what it holds."
            )
        with connection.transaction():
            for (schema,) in connection.execute(f"SELECT nspname FROM pg_namespace WHERE {OURS}").fetchall():
                connection.execute(sql.SQL("DROP SCHEMA {} CASCADE").format(sql.Identifier(schema)))
            connection.execute("CREATE SCHEMA public")


def _number(connection: psycopg.Connection, query: str) -> int:
    row = connection.execute(query).fetchone()
    return row[0] if row else 0


def _run(tool: str, url: str, arguments: list[str]) -> None:
    """Run one of PostgreSQL's tools; the password travels in the environment, not in the process list."""
    given = {LIBPQ[key]: str(value) for key, value in conninfo_to_dict(url).items() if key in LIBPQ}
    command = [_tool(tool, url), "--no-password", *arguments]
    try:
        done = subprocess.run(command, env={**os.environ, **given}, capture_output=True, text=True)
    except OSError as problem:
        raise CannotStart(f"{command[0]} can't be run: {problem.strerror}.") from None
    if done.returncode:
        said = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
        raise CannotStart(f"{tool} failed: {said}")


def _tool(tool: str, url: str) -> str:
    """The wheel's tool for the embedded server; the machine's own for others, which may need TLS or be newer."""
    own = shutil.which(tool)
    if own and not str(conninfo_to_dict(url).get("host", "")).startswith("/"):
        return own
    return str(postgres_place.packaged() / "bin" / tool)


def _files(folder: Path) -> Iterator[Path]:
    """What lies in a folder itself: no link is followed."""
    return (path for path in sorted(folder.rglob("*")) if path.is_file() and not path.is_symlink())


def _copy(source: Path, target: Path) -> None:
    """Copy what is not there yet. A file of the same size is the same, as media are named by their content."""
    target.mkdir(parents=True, exist_ok=True)
    for path in _files(source):
        to = target / path.relative_to(source)
        with contextlib.suppress(FileNotFoundError):  # thrown away meanwhile
            if to.exists() and to.stat().st_size == path.stat().st_size:
                continue
            to.parent.mkdir(parents=True, exist_ok=True)
            half = to.with_name(f"{to.name}.copying")
            shutil.copyfile(path, half)
            half.replace(to)
            shutil.copystat(path, to)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
