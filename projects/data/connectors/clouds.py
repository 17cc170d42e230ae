"""Buckets of Google's and of Microsoft's, through fsspec's file systems for them, which are extras of their own.

What they speak can't be played here: these two are written by their packages' documentation and untested against the
real ones. Hosts are fixed, and each must be one that the outbound guard allows before anything is asked. Keys are
given, never looked for on this machine or at the addresses where clouds keep them.
"""

import importlib.util
import json
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, BinaryIO, NamedTuple, NoReturn

import fsspec

from projects.data.connectors.archives import missing, safe
from projects.data.connectors.fetched import MOST, Disconnected, from_start, holder
from projects.data.connectors.files import Entry, Files
from projects.errors import Refused
from taskers.errors import Problem
from taskers.outbound.guard import guard

PIECE = 1024 * 1024
TOKENS = "https://oauth2.googleapis.com/token"  # where Google's keys are changed for tokens
ACCOUNT = re.compile(r"[a-z0-9]{3,24}")
VERSIONS = ("etag", "ETag", "generation", "md5Hash", "updated", "last_modified", "mtime", "created")

Given = Mapping[str, str]
Kept = tuple[dict[str, object], dict[str, object]]


class ExtraMissing(Refused):
    """Such buckets need a package that isn't installed here."""

    code = "extra-missing"


class Cloud(NamedTuple):
    """One provider: fsspec's name for it, the extra of Tandem that brings its package, and what that is told."""

    protocol: str
    package: str
    extra: str
    hosts: Callable[[Mapping[str, Any]], list[str]]
    terms: Callable[[Mapping[str, Any], Mapping[str, Any]], dict[str, Any]]


GOOGLE = Cloud(
    "gcs",
    "gcsfs",
    "gcs",
    lambda _settings: ["https://storage.googleapis.com", TOKENS],
    lambda _settings, secret: {"token": json.loads(secret["key"]) if secret else "anon"},
)
AZURE = Cloud(
    "abfs",
    "adlfs",
    "azure",
    lambda settings: [f"https://{settings['account']}.blob.core.windows.net"],
    lambda settings, secret: {
        "account_name": settings["account"],
        "account_key": secret.get("key"),
        "anon": not secret,
    },
)


def check_google(given: Given) -> Kept:
    """Settings and secret in form. Raises Refused with the place."""
    settings, key = _bucket_in(given), (given.get("key") or "").strip()
    if key:
        try:
            said = json.loads(key)
            good = said["type"] == "service_account" and said["token_uri"] == TOKENS and said["private_key"]
        except (ValueError, KeyError, TypeError):
            good = False
        if not good:
            text = "This isn't the JSON of a service account's key, as Google gives it."
            raise Refused(text, code="bad-key", place="key")
    _see(GOOGLE, settings)
    return settings, {"key": key} if key else {}


def check_azure(given: Given) -> Kept:
    """The same for a container of a storage account."""
    account, key = (given.get("account") or "").strip(), (given.get("key") or "").strip()
    if not ACCOUNT.fullmatch(account):
        text = "An account has a name of 3 to 24 lower-case letters and digits."
        raise Refused(text, code="bad-account", place="account")
    settings = _bucket_in(given) | {"account": account}
    _see(AZURE, settings)
    return settings, {"key": key} if key else {}


def _bucket_in(given: Given) -> dict[str, object]:
    bucket, prefix = (given.get("bucket") or "").strip(), (given.get("prefix") or "").strip().strip("/")
    if not bucket or "/" in bucket:
        raise Refused("A bucket has a name without a slash.", code="bad-bucket", place="bucket")
    return {"bucket": bucket, "prefix": prefix}


def _see(cloud: Cloud, settings: Mapping[str, Any]) -> None:
    """Raises ExtraMissing, and OutboundRefused where one of its hosts may not be asked."""
    if importlib.util.find_spec(cloud.package) is None:
        raise ExtraMissing(
            "Such buckets need a package that isn't installed: whoever runs this Tandem installs tandem[%(extra)s].",
            place="kind",
            extra=cloud.extra,
        )
    for host in cloud.hosts(settings):
        try:
            guard().check(host)
        except Problem as problem:
            raise Refused(problem.template, code=problem.code, place="bucket", **problem.values) from None


@contextmanager
def system_of(cloud: Cloud, settings: Mapping[str, Any], secret: Mapping[str, Any]) -> Iterator[tuple[Any, str]]:
    """The provider as a file system, and where in it the prefix leads. Raises ExtraMissing, Refused."""
    _see(cloud, settings)
    system = fsspec.filesystem(
        cloud.protocol, skip_instance_cache=True, use_listings_cache=False, **cloud.terms(settings, secret)
    )
    yield system, f"{settings['bucket']}/{settings.get('prefix', '')}".rstrip("/")


@contextmanager
def opened(cloud: Cloud, settings: Mapping[str, Any], secret: Mapping[str, Any]) -> Iterator[Files]:
    """The objects. Raises ExtraMissing, Refused; nothing is asked before somebody lists them."""
    with system_of(cloud, settings, secret) as (system, base):
        yield Objects(system, base)


class Objects:
    """The objects below a path of one of fsspec's file systems, folder by folder in the order of their names."""

    def __init__(self, system: Any, base: str) -> None:
        self._system, self._base = system, base
        self._seen: dict[str, int] = {}

    def entries(self) -> Iterator[Entry]:
        try:
            for _folder, _inner, files in self._system.walk(self._base, detail=True, on_error="raise"):
                for path, told in sorted((one["name"], one) for one in files.values()):
                    yield self._entry(path, told)
        except Exception as problem:
            _told(problem, "")

    def _entry(self, path: str, told: Mapping[str, Any]) -> Entry:
        root = self._system._strip_protocol(self._base)
        name = safe(path.removeprefix(root).lstrip("/"))
        version = next((str(told[one]) for one in VERSIONS if told.get(one)), "")
        self._seen[name] = int(told["size"] or 0)
        return Entry(name, self._seen[name], version)

    def open(self, name: str) -> BinaryIO:
        if self._seen and name not in self._seen:
            raise missing(name)
        size = self._seen.get(name)
        if size is not None and size > MOST:
            raise Refused(
                "The file has %(number)s bytes; at most %(most)s are allowed.", code="too-large", number=size, most=MOST
            )
        held, length = holder(), 0
        try:
            with self._system.open(f"{self._base}/{name}", "rb") as file:
                while (piece := file.read(PIECE)) and length <= MOST:
                    length += len(piece)
                    held.write(piece)
            if size not in (None, length):
                raise Refused("The file changed while it was read.", code="file-changed")
        except Exception as problem:
            held.close()
            _told(problem, name)
        return from_start(held)


def _told(problem: Exception, name: str) -> NoReturn:
    """Raise what went wrong under its name, without a word of what the place itself said: that may hold keys."""
    if isinstance(problem, Problem):
        raise problem
    said = {str(getattr(problem, one, "")) for one in ("code", "status_code", "status")}
    if "401" in said:
        raise Disconnected("The bucket doesn't know this key.", code="wrong-credentials") from None
    if "403" in said or isinstance(problem, PermissionError):
        if name:
            raise Refused("The key may not read this file.", code="access-denied") from None
        raise Disconnected("The key may not list this bucket.", code="access-denied") from None
    if "404" in said or "412" in said or isinstance(problem, FileNotFoundError):
        if name:
            raise Refused("The file changed, or went, after it was listed.", code="file-changed") from None
        raise Disconnected("There is no such bucket.", code="no-such-bucket") from None
    raise Disconnected("The bucket could not be asked just now.") from None
