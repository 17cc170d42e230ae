"""What would cost a decoder hours or gigabytes though the file is small, seen before the file is decoded.

Pillow and the libraries below it limit pixels and packed texts. They don't limit how often a JPEG is scanned, how large
the tiles of a TIFF are beside its picture, and they copy all comments again for each further piece of one.
"""

import re
from collections.abc import Iterator

from PIL import Image

from projects.errors import Refused

MAX_SEGMENTS = 2_000  # of a JPEG
MAX_METADATA = 32 * 1024 * 1024  # bytes of a JPEG that say something beside its pixels
MAX_SCANS = 100  # of a JPEG; what cameras and programs write has about ten
MAX_COMMENTS = 64 * 1024  # bytes of a GIF
MAX_BLOCKS = 1_000_000  # of a GIF; each holds up to 255 bytes
MAX_TILE = 2048 * 2048  # pixels, where the picture isn't larger itself

MARKER = re.compile(rb"\xff+([^\x00\x01\xd0-\xd8\xff])")  # one that a length follows, or the end
END, SCAN, COMMENT = 0xD9, 0xDA, 0xFE
TILE_WIDTH, TILE_LENGTH = 322, 323


class TooManyParts(Refused):
    """The picture is made of more parts than any camera or program writes; save it again with another program."""

    code = "too-many-parts"


def check_parts(data: bytes) -> None:
    """Look through a JPEG or a GIF; whatever else it is passes. Raises TooManyParts."""
    if data.startswith(b"\xff\xd8"):
        _check_jpeg(data)
    elif data.startswith((b"GIF87a", b"GIF89a")):
        try:
            _check_gif(data)
        except IndexError:
            return  # it is cut off, which the decoder says


def check_tiles(image: Image.Image) -> None:
    """Look at the header of an opened TIFF; whatever else it is passes. Raises TooManyParts."""
    tags = getattr(image, "tag_v2", {})
    width, length = tags.get(TILE_WIDTH, 0), tags.get(TILE_LENGTH, 0)
    if width * length > max(MAX_TILE, 2 * image.width * image.height):
        raise TooManyParts()


def _check_jpeg(data: bytes) -> None:
    scans = metadata = 0
    for segments, (marker, length) in enumerate(_jpeg_segments(data), start=1):
        scans += marker == SCAN
        metadata += length if marker == COMMENT or 0xE0 <= marker <= 0xEF else 0
        if segments > MAX_SEGMENTS or scans > MAX_SCANS or metadata > MAX_METADATA:
            raise TooManyParts()


def _jpeg_segments(data: bytes) -> Iterator[tuple[int, int]]:
    """The marker and the length of each segment, found as decoders find them: whatever lies between is passed over."""
    at = 2
    while (found := MARKER.search(data, at)) and found[1][0] != END:
        length = int.from_bytes(data[found.end() : found.end() + 2], "big")
        yield found[1][0], length
        at = found.end() + max(2, length)


def _check_gif(data: bytes) -> None:
    """As far as its second picture, at which it is refused anyway. Raises IndexError where it is cut off."""
    at, comments, blocks, pictures = 13 + _colours(data[10]), 0, 0, 0
    while pictures < 2:
        kind = data[at]
        at += 1
        if kind == 0x3B:
            return
        is_comment = kind == 0x21 and data[at] == COMMENT
        if kind == 0x21:
            at += 1
        elif kind == 0x2C:
            at += 10 + _colours(data[at + 8])
            pictures += 1
        else:
            continue
        while length := data[at]:
            at += 1 + length
            blocks += 1
            comments += length if is_comment else 0
            if comments > MAX_COMMENTS or blocks > MAX_BLOCKS:
                raise TooManyParts()
        at += 1


def _colours(flags: int) -> int:
    """The bytes of a table of colours, if one follows."""
    return 3 << (flags & 7) + 1 if flags & 0x80 else 0
