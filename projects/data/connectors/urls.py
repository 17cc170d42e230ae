"""A list of addresses, each a file. A file is fetched once: nothing tells, without asking, whether it has changed."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import BinaryIO
from urllib.parse import unquote, urlsplit

from projects.data.connectors.archives import safe
from projects.data.connectors.beneath import NoSuchFile, check_name
from projects.data.connectors.fetched import MOST, Disconnected, from_start, holder
from projects.data.connectors.files import Entry, Files
from projects.errors import Refused
from taskers.errors import Problem
from taskers.outbound.fetching import Fetching, Unreachable, fetch
from taskers.outbound.guard import guard

MOST_URLS = 100_000


class UrlList:
    """The files at these addresses, named by host and path."""

    def __init__(self, urls: Sequence[str], limits: Fetching) -> None:
        self._limits = limits
        self._urls: dict[str, str] = {}
        numbers: dict[str, int] = {}  # of each name that several have, the number of the next
        for url in urls:
            name = own = _name(url)
            while name in self._urls:
                numbers[own] = number = numbers.get(own, 1) + 1
                head, dot, ending = own.rpartition(".")
                name = f"{head}-{number}{dot}{ending}" if head else f"{ending}-{number}"
            self._urls[name] = url

    def entries(self) -> Iterator[Entry]:
        for name in self._urls:
            yield Entry(name, 0)

    def open(self, name: str) -> BinaryIO:
        check_name(name)
        if name not in self._urls:
            raise NoSuchFile(name)
        held = holder()
        try:
            fetch(self._urls[name], held, self._limits)
        except Unreachable as problem:
            held.close()
            raise Disconnected(problem.template, code=problem.code, place=name, **problem.values) from None
        except Problem as problem:
            held.close()
            raise Refused(problem.template, code=problem.code, **problem.values) from None
        return from_start(held)


def check(given: Mapping[str, str]) -> tuple[dict[str, object], dict[str, object]]:
    """What is shown of the list, and the list itself, which is kept as a secret: addresses may hold keys. Raises
    Refused with the place."""
    urls = list(dict.fromkeys(filter(None, map(str.strip, str(given.get("urls") or "").splitlines()))))
    if not 1 <= len(urls) <= MOST_URLS:
        raise Refused("Give 1 to %(most)s addresses, one a line.", code="bad-urls", place="urls", most=MOST_URLS)
    for number, url in enumerate(urls, 1):
        try:
            guard().check(url)
        except Problem as problem:
            place = f"urls, line {number}"
            raise Refused(problem.template, code=problem.code, place=place, **problem.values) from None
    return {"addresses": len(urls)}, {"urls": urls}


@contextmanager
def opened(secret: Mapping) -> Iterator[Files]:
    """The files, to be fetched one by one."""
    yield UrlList(secret["urls"], Fetching(most=MOST))


def _name(url: str) -> str:
    """What a file is called: nothing of what stands behind the "?", where keys are put."""
    parts = urlsplit(url)
    return safe(f"{parts.hostname or ''}/{unquote(parts.path)}")
