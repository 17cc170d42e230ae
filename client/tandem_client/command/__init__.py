"""The command `tandem`. Each subcommand is a module: `add` tells what it takes, and one function does it.

Exit codes: 0 done; 1 refused or failed; 2 wrong usage; 3 not signed in, or not allowed; 4 nothing there; 5 the server
can't be reached or failed; 6 done, but some rows were refused; 130 stopped by you.
"""

import argparse
import io
import os
import sys
from collections.abc import Sequence

from tandem_client.command import batches, deliver, login, predict, projects, pull, push, watch
from tandem_client.command.output import Output
from tandem_client.errors import (
    NoLogin,
    NotAllowed,
    NotFound,
    NotSignedIn,
    NotThere,
    ServerFault,
    TandemError,
    Unreachable,
)
from tandem_client.version import VERSION

FAILED, USAGE, NOT_ALLOWED, NOT_THERE, UNREACHABLE, STOPPED = 1, 2, 3, 4, 5, 130
CODES: list[tuple[tuple[type[TandemError], ...], int]] = [
    ((NoLogin, NotSignedIn, NotAllowed), NOT_ALLOWED),
    ((NotFound, NotThere), NOT_THERE),
    ((Unreachable, ServerFault), UNREACHABLE),
]


def main(argv: Sequence[str] | None = None) -> int:
    """Do what the words ask for; gives the exit code."""
    asked = _parser().parse_args(argv)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal of another alphabet reads a mark, not a traceback
    output = Output(sys.stdout, sys.stderr, as_json=asked.json)
    try:
        return int(asked.run(asked, output) or 0)
    except TandemError as error:
        output.failed(error)
        return next((code for kinds, code in CODES if isinstance(error, kinds)), FAILED)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # whoever read has seen enough
        return FAILED
    except KeyboardInterrupt:
        output.note("Stopped.")
        return STOPPED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="tandem", description="Tandem from the command line.")
    parser.add_argument("--version", action="version", version=f"tandem {VERSION}")
    everywhere = argparse.ArgumentParser(add_help=False)
    everywhere.add_argument("--json", action="store_true", help="answer in JSON, for programs")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for module in (login, projects, batches, push, predict, pull, watch, deliver):
        module.add(commands, everywhere)
    return parser
