"""A bucket that speaks S3, through fsspec. Listed page by page without a look at any object, each object asked once.

What an object holds is told by its ETag, which the listing gives: whether it is asked at all is decided by that, and it
is asked on the condition that it still is the same. Names are looked up by the outbound guard, at each connection.
"""

import asyncio
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import IO, Any, BinaryIO, NoReturn

import aiohttp.abc
import fsspec.asyn
import s3fs
from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError

from projects.data.connectors.archives import safe
from projects.data.connectors.beneath import NoSuchFile, check_name
from projects.data.connectors.fetched import MOST, Disconnected, first_question, from_start, holder
from projects.data.connectors.files import Entry, Files
from projects.errors import Refused
from taskers.errors import Problem
from taskers.outbound.guard import guard

PIECE = 1024 * 1024
PAGE = 1000  # objects of a list that come at once, the most that S3 gives
WAIT = 60  # seconds for each answer
CREDENTIALS = {
    "AuthorizationHeaderMalformed",
    "ExpiredToken",
    "InvalidAccessKeyId",
    "InvalidToken",
    "SignatureDoesNotMatch",
    "TokenRefreshRequired",
}
GONE = {"404", "NoSuchKey", "NotFound"}
CHANGED = {"412", "PreconditionFailed"}
FORBIDDEN = {"403", "AccessDenied", "AllAccessDisabled", "Forbidden"}


class GuardedNames(aiohttp.abc.AbstractResolver):
    """Looks up hosts as the outbound guard does: what isn't allowed has no address."""

    async def resolve(self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET) -> list[Any]:
        try:
            # The scheme was checked when the client was told where to go; here it is about where the host lies.
            address = (await asyncio.to_thread(guard().route, f"https://{host}:{port}/")).address
        except Problem:
            raise OSError("The outbound guard allows no connection to this host.") from None
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        flags = socket.AI_NUMERICHOST | socket.AI_NUMERICSERV
        return [{"hostname": host, "host": address, "port": port, "family": family, "proto": 0, "flags": flags}]

    async def close(self) -> None:
        """Nothing is open."""


class Bucket:
    """The objects below a prefix, in the order of their keys."""

    def __init__(self, system: s3fs.S3FileSystem, endpoint: str, bucket: str, prefix: str) -> None:
        self._system = system
        self._endpoint = endpoint
        self._bucket = bucket
        self._prefix = prefix
        self._base = prefix[: prefix.rfind("/") + 1]  # names go on from here
        self._keys: dict[str, tuple[str, str, int]] = {}  # by the name
        self._complete = False  # all of it was listed: whoever looks again sees the same

    def entries(self) -> Iterator[Entry]:
        if self._complete:
            yield from (Entry(name, size, etag) for name, (_key, etag, size) in self._keys.items())
            return
        after: dict[str, str] = {}
        while True:
            page = self._asked("list_objects_v2", Prefix=self._prefix, MaxKeys=PAGE, **after)
            for one in page.get("Contents", ()):
                if not one["Key"].endswith("/"):
                    yield self._entry(one["Key"], one["Size"], one["ETag"].strip('"'))
            if not page.get("IsTruncated"):
                self._complete = True
                return
            after = {"ContinuationToken": page["NextContinuationToken"]}

    def see(self) -> None:
        """Ask for the first object. Raises Disconnected where the bucket isn't there, or can't be asked."""
        self._asked("list_objects_v2", Prefix=self._prefix, MaxKeys=1)

    def _entry(self, key: str, size: int, etag: str) -> Entry:
        name = safe(key.removeprefix(self._base))
        self._keys[name] = (key, etag, size)
        return Entry(name, size, etag)

    def open(self, name: str) -> BinaryIO:
        check_name(name)
        # What nobody has listed yet is asked for by its name, whatever it holds by now.
        key, etag, size = self._keys.get(name, (self._base + name, "", None))
        if name not in self._keys and (self._complete or not key.startswith(self._prefix)):
            raise NoSuchFile(name)
        if size is not None and size > MOST:
            raise Refused(
                "The file has %(number)s bytes; at most %(most)s are allowed.", code="too-large", number=size, most=MOST
            )
        held = holder()
        try:
            guard().check(self._endpoint)
            fsspec.asyn.sync(self._system.loop, self._fetch, key, etag, size, held)
        except Refused:
            held.close()
            raise
        except Exception as problem:
            held.close()
            _told(problem, name)
        return from_start(held)

    async def _fetch(self, key: str, etag: str, size: int | None, into: IO[bytes]) -> None:
        same = {"IfMatch": f'"{etag}"'} if etag else {}
        answer = await self._system._call_s3("get_object", Bucket=self._bucket, Key=key, **same)
        length, most = 0, MOST if size is None else size
        async with answer["Body"] as body:
            while piece := await body.read(PIECE):
                length += len(piece)
                if length > most:
                    break
                into.write(piece)
        if length > most or size not in (None, length):
            raise Refused("The file changed while it was read.", code="file-changed")

    def _asked(self, verb: str, **terms: Any) -> dict[str, Any]:
        try:
            guard().check(self._endpoint)
            return self._system.call_s3(verb, Bucket=self._bucket, **terms)
        except Exception as problem:
            _told(problem, "")


@contextmanager
def opened(settings: Mapping[str, str], secret: Mapping[str, str]) -> Iterator[Files]:
    """The objects. Raises Refused, OutboundRefused; nothing is asked before somebody lists them."""
    with system_of(settings, secret) as system:
        yield Bucket(system, settings["endpoint"], settings["bucket"], settings.get("prefix", ""))


@contextmanager
def as_system(settings: Mapping[str, str], secret: Mapping[str, str]) -> Iterator[tuple[s3fs.S3FileSystem, str]]:
    """The server as a file system, and where in it the prefix leads. Raises OutboundRefused."""
    guard().check(settings["endpoint"])
    with system_of(settings, secret) as system:
        yield system, f"{settings['bucket']}/{settings.get('prefix', '')}".rstrip("/")


@contextmanager
def system_of(settings: Mapping[str, str], secret: Mapping[str, str]) -> Iterator[s3fs.S3FileSystem]:
    """The server as a file system, each of whose connections passes the outbound guard."""
    key = secret.get("key") or None
    system = s3fs.S3FileSystem(
        anon=key is None,  # never what lies about on this machine, or at the address where clouds keep keys
        key=key,
        secret=secret.get("secret") or None,
        endpoint_url=settings["endpoint"],
        client_kwargs={"region_name": settings.get("region") or "us-east-1"},
        config_kwargs={
            "connector_args": {"resolver": GuardedNames()},
            "connect_timeout": 10,
            "read_timeout": WAIT,
            "proxies": {},
            "retries": {"max_attempts": 2},
            "s3": {"addressing_style": "path"},
        },
        skip_instance_cache=True,
        use_listings_cache=False,
    )
    system.retries = 3
    try:
        yield system
    finally:
        if system._s3 is not None:
            s3fs.S3FileSystem.close_session(system.loop, system._s3creator)


def check(given: Mapping[str, str]) -> tuple[dict[str, object], dict[str, object]]:
    """Settings and secret in form, once the bucket answered. Raises Refused with the place."""
    endpoint = (given.get("endpoint") or "").strip().rstrip("/")
    region = (given.get("region") or "").strip()
    bucket, prefix = (given.get("bucket") or "").strip(), (given.get("prefix") or "").strip().lstrip("/")
    if not endpoint and region:
        endpoint = f"https://s3.{region}.amazonaws.com"
    if not bucket or "/" in bucket:
        raise Refused("A bucket has a name without a slash.", code="bad-bucket", place="bucket")
    try:
        guard().check(endpoint)
    except Problem as problem:
        raise Refused(problem.template, code=problem.code, place="endpoint", **problem.values) from None
    key, secret = (given.get("key") or "").strip(), (given.get("secret") or "").strip()
    if bool(key) != bool(secret):
        raise Refused("A key has an id and a secret; give both, or none.", code="half-a-key", place="secret")
    settings = {"endpoint": endpoint, "region": region, "bucket": bucket, "prefix": prefix}
    credentials = {"key": key, "secret": secret} if key else {}
    with first_question("endpoint"), system_of(settings, credentials) as system:
        system.retries = 1  # somebody waits
        Bucket(system, endpoint, bucket, prefix).see()
    return dict(settings), dict(credentials)


def _told(problem: BaseException, name: str) -> NoReturn:
    """Raise what went wrong under its name, without a word of what the place itself said: that may hold keys."""
    cause = problem if isinstance(problem, ClientError) else problem.__cause__
    code = cause.response.get("Error", {}).get("Code", "") if isinstance(cause, ClientError) else ""
    if isinstance(problem, Problem):
        raise problem
    if code in CREDENTIALS:
        raise Disconnected(
            "The bucket doesn't know this key, or its secret is wrong.", code="wrong-credentials"
        ) from None
    if code == "NoSuchBucket":
        raise Disconnected("There is no such bucket.", code="no-such-bucket") from None
    if code in FORBIDDEN and name:
        raise Refused("The key may not read this file.", code="access-denied") from None
    if code in FORBIDDEN:
        raise Disconnected("The key may not list this bucket.", code="access-denied") from None
    if code in CHANGED or (code in GONE and name):
        raise Refused("The file changed, or went, after it was listed.", code="file-changed") from None
    if isinstance(problem, BotoCoreError | HTTPClientError | ClientError | OSError | TimeoutError):
        raise Disconnected("The bucket could not be asked just now.") from None
    raise problem
