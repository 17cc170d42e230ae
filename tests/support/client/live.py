"""Tandem as a customer's program finds it: a web server, a worker, and somebody's token."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from taskers.credentials import tokens
from taskers.models import Organization, Person
from tests.support.commands import ROOT, environment
from tests.support.config.serving import serving

HOOKS = {"TANDEM_OUTBOUND": "http://127.0.0.1", "TANDEM_OUTBOUND_PRIVATE": "127.0.0.1"}


@contextmanager
def answering() -> Iterator[str]:
    """A web server in this process, for as long as the block lasts; its address."""
    with serving() as port:
        yield f"http://127.0.0.1:{port}"


@contextmanager
def working(**variables: str) -> Iterator[subprocess.Popen]:
    """A worker in a process of its own, for as long as the block lasts."""
    command = [sys.executable, str(ROOT / "manage.py"), "work", "--concurrency", "1", "--skip-checks"]
    quiet = subprocess.DEVNULL
    worker = subprocess.Popen(command, env=environment() | variables, stdout=quiet, stderr=quiet)
    try:
        yield worker
    finally:
        worker.terminate()
        try:
            worker.wait(60)
        except subprocess.TimeoutExpired:
            worker.kill()
            worker.wait()


def secret_of(person: Person, organization: Organization) -> str:
    """A token of somebody's."""
    return tokens.issue(person, organization, name="Pipeline")[1]
