"""Buckets of Google's and of Microsoft's, through fsspec's file systems for them, which are extras of their own.

What they speak can't be played here: these two are written by their packages' documentation and untested against the
real ones. Hosts are fixed, and each must be one that the outbound guard allows before anything is asked. Keys are
given, never looked for on this machine or at the addresses where clouds keep them.
"""

import importlib.util
import json
import os
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import IO, Any, BinaryIO, NamedTuple, NoReturn

import fsspec

from projects.data.connectors.archives import safe
from projects.data.connectors.beneath import NoSuchFile, check_name
from projects.data.connectors.fetched import MOST, Disconnected, first_question, from_start, holder
from projects.data.connectors.files import Entry, Files
from projects.errors import Refused
from taskers.errors import Problem
from taskers.outbound.guard import guard

PIECE = 1024 * 1024
TOKENS = "https://oauth2.googleapis.com/token"  # where Google's keys are changed for tokens
ACCOUNT = re.compile(r"[a-z0-9]{3,24}")
VERSIONS = ("etag", "ETag", "generation", "md5Hash", "updated", "last_modified", "mtime", "created")

Given = Mapping[str, str]
Checked = tuple[dict[str, object], dict[str, object]]


class ExtraMissing(Refused):
    """Such buckets need a package that isn't installed here."""

    code = "extra-missing"


class KeysLieAbout(Refused):
    """The server's environment holds keys of its own, which such buckets would be opened with."""

    code = "keys-lie-about"


class Cloud(NamedTuple):
    """One provider: fsspec's name for it, the extra of Tandem that brings its package, and what that is told."""

    protocol: str
    package: str
    extra: str
    hosts: Callable[[Mapping[str, Any]], list[str]]
    terms: Callable[[Mapping[str, Any], Mapping[str, Any]], dict[str, Any]]
    takes: tuple[str, ...] = ()  # how variables begin from which its package takes keys before those that are given


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
    takes=("AZURE_STORAGE_", "FSSPEC_ABFS"),
)


def check_google(given: Given) -> Checked:
    """Settings and secret in form, once the bucket answered. Raises Refused with the place."""
    settings, key = _bucket_in(given), (given.get("key") or "").strip()
    if key:
        try:
            said = json.loads(key)
            good = said["type"] == "service_account" and said["token_uri"] == TOKENS and said["private_key"]
        except (ValueError, KeyError, TypeError, RecursionError):
            good = False
        if not good:
            text = "This isn't the JSON of a service account's key, as Google gives it."
            raise Refused(text, code="bad-key", place="key")
    return _answered(GOOGLE, settings, {"key": key} if key else {})


def check_azure(given: Given) -> Checked:
    """The same for a container of a storage account."""
    account, key = (given.get("account") or "").strip(), (given.get("key") or "").strip()
    if not ACCOUNT.fullmatch(account):
        text = "An account has a name of 3 to 24 lower-case letters and digits."
        raise Refused(text, code="bad-account", place="account")
    settings = _bucket_in(given) | {"account": account}
    return _answered(AZURE, settings, {"key": key} if key else {})


def _bucket_in(given: Given) -> dict[str, object]:
    bucket, prefix = (given.get("bucket") or "").strip(), (given.get("prefix") or "").strip().lstrip("/")
    if not bucket or "/" in bucket:
        raise Refused("A bucket has a name without a slash.", code="bad-bucket", place="bucket")
    return {"bucket": bucket, "prefix": prefix}


def _answered(cloud: Cloud, settings: dict[str, object], secret: dict[str, object]) -> Checked:
    """The same, once the bucket answered. Raises Refused with the place, as `_see` does."""
    with first_question("bucket"):
        system = _system(cloud, settings, secret)
        try:
            system.info(settings["bucket"])
        except Exception as problem:
            _told(problem, "")
    return settings, secret


def _see(cloud: Cloud, settings: Mapping[str, Any]) -> None:
    """Raises ExtraMissing, KeysLieAbout, and Refused where one of its hosts may not be asked."""
    if importlib.util.find_spec(cloud.package) is None:
        raise ExtraMissing(
            "Such buckets need a package that isn't installed: whoever runs this Tandem runs"
            " `.venv/bin/python config/install.py %(extra)s`.",
            place="kind",
            extra=cloud.extra,
        )
    if lying := sorted(name for name, value in os.environ.items() if value and name.startswith(cloud.takes)):
        raise KeysLieAbout(
            "Keys of the server's own would be taken before yours: whoever runs this Tandem removes %(names)s from its "
            "environment first.",
            place="kind",
            names=", ".join(lying),
        )
    for host in cloud.hosts(settings):
        try:
            guard().check(host)
        except Problem as problem:
            raise Refused(problem.template, code=problem.code, place="bucket", **problem.values) from None


@contextmanager
def system_of(cloud: Cloud, settings: Mapping[str, Any], secret: Mapping[str, Any]) -> Iterator[tuple[Any, str]]:
    """The provider as a file system, and where in it the prefix leads. Raises ExtraMissing, Refused."""
    yield _system(cloud, settings, secret), f"{settings['bucket']}/{settings.get('prefix', '')}".rstrip("/")


def _system(cloud: Cloud, settings: Mapping[str, Any], secret: Mapping[str, Any]) -> Any:
    _see(cloud, settings)
    try:
        terms = cloud.terms(settings, secret)
        return fsspec.filesystem(cloud.protocol, skip_instance_cache=True, use_listings_cache=False, **terms)
    except (KeyError, TypeError, ValueError):
        raise Disconnected("This is no key that such buckets know.", code="wrong-credentials") from None
    except Exception as problem:
        _told(problem, "")


@contextmanager
def opened(cloud: Cloud, settings: Mapping[str, Any], secret: Mapping[str, Any]) -> Iterator[Files]:
    """The objects. Raises ExtraMissing, Refused; nothing is asked before somebody lists them."""
    yield Objects(_system(cloud, settings, secret), settings["bucket"], settings.get("prefix", ""))


class Kept(NamedTuple):
    """An object as it was listed."""

    path: str
    size: int | None
    version: str


class Objects:
    """The objects of one of fsspec's file systems whose keys begin with a prefix, folder by folder in the order of
    their names. Names go on from the prefix's last folder."""

    def __init__(self, system: Any, bucket: str, prefix: str) -> None:
        self._system = system
        self._folder = f"{bucket}/{prefix[: prefix.rfind('/') + 1]}"
        self._begin = f"{bucket}/{prefix}"
        self._kept: dict[str, Kept] = {}  # by the name
        self._complete = False  # all of it was listed: whoever looks again sees the same

    def entries(self) -> Iterator[Entry]:
        if self._complete:
            yield from (Entry(name, one.size or 0, one.version) for name, one in self._kept.items())
            return
        try:
            for _folder, inner, files in self._system.walk(self._folder.rstrip("/"), detail=True, on_error="raise"):
                for one in [key for key, told in inner.items() if not self._begins(told["name"].rstrip("/") + "/")]:
                    del inner[one]  # which isn't walked into then
                for path, told in sorted((one["name"], one) for key, one in files.items() if key):
                    if self._begins(path):
                        yield self._entry(path, told)
        except Exception as problem:
            _told(problem, "")
        self._complete = True

    def _begins(self, path: str) -> bool:
        return path.lstrip("/").startswith(self._begin)

    def _entry(self, path: str, told: Mapping[str, Any]) -> Entry:
        name = safe(path.lstrip("/").removeprefix(self._folder))
        version = next((str(told[one]) for one in VERSIONS if told.get(one)), "")
        size = told.get("size")
        self._kept[name] = Kept(path, None if size is None else int(size), version)
        return Entry(name, int(size or 0), version)

    def open(self, name: str) -> BinaryIO:
        check_name(name)
        # What nobody has listed yet is asked for by its name, whatever it holds by now.
        path, size, _version = self._kept.get(name, Kept(self._folder + name, None, ""))
        if name not in self._kept and (self._complete or not self._begins(path)):
            raise NoSuchFile(name)
        held = holder()
        try:
            _see_size(size or 0)
            with self._system.open(path, "rb") as file:
                length = _copied(file, held)
            _see_size(length)
            if size not in (None, length):
                raise Refused("The file changed while it was read.", code="file-changed")
        except Exception as problem:
            held.close()
            _told(problem, name)
        return from_start(held)


def _copied(file: BinaryIO, into: IO[bytes]) -> int:
    """How many bytes it has; of one that is too large not all are read."""
    length = 0
    while length <= MOST and (piece := file.read(PIECE)):
        length += len(piece)
        into.write(piece)
    return length


def _see_size(number: int) -> None:
    if number > MOST:
        raise Refused(
            "The file has %(number)s bytes; at most %(most)s are allowed.", code="too-large", number=number, most=MOST
        )


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
