"""Files from the server to the disk: in pieces, under another name until they are whole, gone on with where they broke.

Beside the `.part` lies the mark of the content that it is of. Where the server takes ranges, a broken download goes on
at its end, in another run too; where it doesn't, or the content is another by now, it begins anew.
"""

import os
from collections.abc import Callable, Mapping
from hashlib import sha256
from pathlib import Path
from urllib.parse import unquote

import httpx

from tandem_client.errors import ApiError, BadInput, UnexpectedAnswer, Unreachable
from tandem_client.transport import Request, Transport

Told = Callable[[int, int | None], object]  # bytes so far, and in all where the server says so
TRIES = 5
RANGE_NOT_THERE = 416


def download(
    transport: Transport,
    path: str,
    to: Path,
    *,
    query: dict[str, str | int | None] | None = None,
    progress: Told | None = None,
) -> Path:
    """Fetch a file to a path, or under the server's name into a folder; gives where it lies, whole."""
    part = _part(to, path, query)
    for tried in range(TRIES):
        request = Request("GET", path, query=query or {}, headers=_going_on(part))
        try:
            with transport.answer(request) as answer:
                target = to / _name(answer) if to.is_dir() else to
                _keep(answer, part, progress)
            os.replace(part, target)
            _mark(part).unlink(missing_ok=True)
            return target
        except Unreachable:
            if tried == TRIES - 1:
                raise
            transport.pause(tried)
        except ApiError as problem:
            if problem.status != RANGE_NOT_THERE or not part.exists():
                raise
            part.unlink()
        except OSError as error:
            raise BadInput(f"{error.filename or to} can't be written: {error.strerror}.") from None
    raise Unreachable(f"{transport.server} doesn't give the file that it offers.")


def _part(to: Path, path: str, query: Mapping[str, object] | None) -> Path:
    """Where it lies until it is whole: beside its place, under a name that no other download has."""
    if to.is_dir():
        return to / f".tandem-{sha256(repr((path, query)).encode()).hexdigest()[:16]}.part"
    return to.with_name(f".{to.name}.part")


def _mark(part: Path) -> Path:
    return part.with_name(f"{part.name}.mark")


def _going_on(part: Path) -> dict[str, str]:
    """What asks for the rest of a file, if the beginning of it lies here."""
    headers = {"Accept-Encoding": "identity"}  # so that places in the file are places in what is sent
    if part.exists() and part.stat().st_size and _mark(part).exists():
        headers |= {"Range": f"bytes={part.stat().st_size}-", "If-Range": _mark(part).read_text()}
    return headers


def _keep(answer: httpx.Response, part: Path, progress: Told | None) -> None:
    going_on = answer.status_code == 206
    begins = answer.headers.get("content-range", "")
    if going_on and not begins.startswith(f"bytes {part.stat().st_size}-"):
        raise UnexpectedAnswer(f"The server gave another piece of the file than it was asked for ({begins[:60]}).")
    _mark(part).unlink(missing_ok=True)
    mark = answer.headers.get("etag", "")
    length = answer.headers.get("content-length", "")
    with part.open("ab" if going_on else "wb") as file:
        if mark and not mark.startswith("W/") and "content-encoding" not in answer.headers:
            _mark(part).write_text(mark)
        done = file.tell()
        total = done + int(length) if length.isdecimal() else None
        for piece in answer.iter_bytes():  # as they come: of a broken line, all that came is kept
            file.write(piece)
            done += len(piece)
            if progress:
                progress(done, total)
        file.flush()
        os.fsync(file.fileno())


def _name(answer: httpx.Response) -> str:
    """What the server calls the file, as a name and never as a path."""
    for part in answer.headers.get("content-disposition", "").split(";"):
        key, _, value = part.strip().partition("=")
        if key.lower() == "filename" and value:
            name = Path(unquote(value.strip('"')).replace("\\", "/")).name
            if name and not name.startswith("."):
                return name
    return "download"
