"""Frames between web processes and the runtime: four bytes of length, then one msgpack map."""

import asyncio
import struct
from typing import IO, Any

import msgpack

from taskers.files import msgpack_objects

MAX_FRAME = 160 * 1024 * 1024  # bytes: an image file and a little more
MAX_OBJECTS = 2_000_000  # lists, maps, numbers and texts in one frame; an empty list is one byte, and 64 in memory
_LENGTH = struct.Struct(">I")


class BadFrame(Exception):
    """What came over the line is not one of our frames."""


def pack(message: dict[str, Any]) -> bytes:
    """One frame."""
    body = msgpack.packb(message, use_bin_type=True)
    return _LENGTH.pack(len(body)) + body


async def read(reader: asyncio.StreamReader) -> dict[str, Any] | None:
    """The next message, or None at the end of the line. Raises BadFrame."""
    try:
        (length,) = _LENGTH.unpack(await reader.readexactly(_LENGTH.size))
        if length > MAX_FRAME:
            raise BadFrame(f"a frame of {length} bytes; {MAX_FRAME} is the limit")
        body = await reader.readexactly(length)
    except (asyncio.IncompleteReadError, ConnectionError):
        return None
    return _unpack(body)


def read_now(file: IO[bytes]) -> dict[str, Any] | None:
    """The same for a file that blocks. Raises BadFrame."""
    head = file.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        return None
    (length,) = _LENGTH.unpack(head)
    if length > MAX_FRAME:
        raise BadFrame(f"a frame of {length} bytes; {MAX_FRAME} is the limit")
    body = file.read(length)
    return _unpack(body) if len(body) == length else None


def _unpack(body: bytes) -> dict[str, Any]:
    try:
        message = msgpack_objects.unpacked(body, MAX_OBJECTS, raw=False)
    except (ValueError, msgpack.UnpackException) as error:
        raise BadFrame(str(error)) from None
    if not isinstance(message, dict):
        raise BadFrame("a frame is a map")
    return message


def split_address(address: str) -> tuple[str, str, int]:
    """("unix", path, 0) or ("tcp", host, port) of `unix:/path` or `tcp://host:port`. Raises ValueError."""
    if address.startswith("unix:") and len(address) > len("unix:"):
        return "unix", address.removeprefix("unix:"), 0
    host, _, port = address.removeprefix("tcp://").rpartition(":")
    if address.startswith("tcp://") and host and port.isdigit():
        return "tcp", host.strip("[]"), int(port)
    raise ValueError(f"TANDEM_RUNTIME must be unix:/path or tcp://host:port, not {address!r}.")
