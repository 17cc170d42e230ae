"""`python -m config COMMAND`: Tandem's life as processes. See docs/operate.md."""

import argparse
import subprocess
import sys
from contextlib import nullcontext
from os import environ
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

from config import backup, database_owner, postgres, start
from config.folder import make_writable
from config.problem import CannotStart
from taskers.files.folders import data_folder


def main(arguments: list[str] | None = None) -> int:
    """Exit code: 0 after an orderly stop, 1 with one sentence where it can't go on."""
    chosen = _parser().parse_args(arguments)
    try:
        return chosen.do(chosen) or 0
    except CannotStart as problem:
        print(f"tandem: {problem}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m config", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(name: str, do, text: str) -> argparse.ArgumentParser:
        made = commands.add_parser(name, help=text, description=text)
        made.set_defaults(do=do)
        return made

    said = "start everything on this machine, with a demo"
    run = command("run", lambda chosen: start.run(chosen.port, demo=chosen.demo), said)
    run.add_argument("--port", type=int, default=8000)
    run.add_argument("--no-demo", dest="demo", action="store_false", help="start empty, or as it was left")
    command("serve", lambda _: start.serve(), "the production start; the environment says how")
    save = command("backup", _backup, "write the database and the media into a new folder")
    save.add_argument("folder", type=Path)
    load = command("restore", _restore, "read a backup back into an empty database")
    load.add_argument("folder", type=Path)
    load.add_argument("--replace", action="store_true", help="drop what the database holds first")
    around = command("with-database", _with_database, "run a command while the database is up")
    around.add_argument("words", nargs=argparse.REMAINDER, metavar="COMMAND ...")
    command("stop-database", _stop_database, "stop an embedded PostgreSQL that nobody uses")
    return parser


def _database():
    """Holds the database up for the length of a block, if it is the embedded one."""
    if environ.get("DATABASE_URL"):
        return nullcontext()
    make_writable(data_folder())
    return postgres.running(data_folder())


def _owner() -> str:
    try:
        return database_owner.address(environ, data_folder())
    except ImproperlyConfigured as problem:
        raise CannotStart(str(problem)) from None


def _backup(chosen: argparse.Namespace) -> None:
    with _database():
        print(backup.backup(_owner(), data_folder(), chosen.folder))


def _restore(chosen: argparse.Namespace) -> None:
    with _database():
        role = database_owner.application(environ, data_folder())
        print(backup.restore(_owner(), data_folder(), chosen.folder, replace=chosen.replace, application=role))


def _with_database(chosen: argparse.Namespace) -> int:
    if not chosen.words:
        raise CannotStart("Say which command: `python -m config with-database python manage.py audit`.")
    with _database():
        try:
            return subprocess.run(chosen.words).returncode
        except OSError as problem:
            raise CannotStart(f"Can't run {chosen.words[0]}: {problem.strerror}.") from None


def _stop_database(_: argparse.Namespace) -> None:
    data = data_folder()
    if postgres.in_use(data):
        raise CannotStart(f"The embedded PostgreSQL of {data} is in use: stop Tandem first.")
    if not postgres.server_pid(data):
        print("The embedded PostgreSQL is not running.")
        return
    postgres.start(data).release()
    print("The embedded PostgreSQL is stopped.")


if __name__ == "__main__":
    sys.exit(main())
