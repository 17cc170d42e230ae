"""What a picture's file says beside its pixels (place, owner, camera, remarks), left out without touching a pixel.

Kept is what decides how pixels look: JFIF and Adobe markers, colour profiles, gamma. Everything else that a camera or a
program adds goes: EXIF with its GPS place, XMP, IPTC, comments, texts, thumbnails, and whatever lies behind the end.
"""

import struct

JPEG_KEPT = {0xE0: b"JFIF\0", 0xE2: b"ICC_PROFILE\0", 0xEE: b"Adobe"}  # application segments, by how they begin
JPEG_BARE = {0x01, *range(0xD0, 0xD8)}  # markers without a length
PNG_DROPPED = {b"eXIf", b"tEXt", b"zTXt", b"iTXt", b"tIME"}
WEBP_DROPPED = {b"EXIF", b"XMP "}
WEBP_FLAGS = 0x08 | 0x04  # of VP8X: holds EXIF, holds XMP


def without_metadata(data: bytes, kind: str) -> bytes:
    """The same JPEG, MPO (its first picture), PNG or WebP with pixels alone; the same bytes where there was nothing.

    Raises ValueError where its parts can't be followed to the end.
    """
    parts = {"JPEG": _jpeg, "MPO": _jpeg, "PNG": _png, "WEBP": _webp}[kind]
    try:
        return parts(data)
    except (IndexError, struct.error):
        raise ValueError("The file ends before its picture does.") from None


def _jpeg(data: bytes) -> bytes:
    kept, at = [data[:2]], 2
    while True:
        if data[at] != 0xFF:
            raise ValueError("A JPEG segment doesn't begin where the last one ended.")
        marker = data[at + 1]
        if marker == 0xFF:  # filling
            at += 1
            continue
        if marker == 0xD9:
            return b"".join([*kept, data[at : at + 2]])
        end = at + 2 if marker in JPEG_BARE else at + 2 + struct.unpack_from(">H", data, at + 2)[0]
        if _jpeg_keeps(marker, data[at + 4 : end]):
            kept.append(data[at:end])
        at = end
        if marker == 0xDA:
            at = _after_scan(data, end)
            kept.append(data[end:at])


def _jpeg_keeps(marker: int, body: bytes) -> bool:
    if marker == 0xFE:
        return False
    if 0xE0 <= marker <= 0xEF:
        return marker in JPEG_KEPT and body.startswith(JPEG_KEPT[marker])
    return True


def _after_scan(data: bytes, at: int) -> int:
    """Where the compressed samples end: at the next marker that isn't a restart or a stuffed 0xFF."""
    while True:
        at = data.find(b"\xff", at)
        if at < 0:
            raise ValueError("The JPEG has no end.")
        if data[at + 1] == 0 or data[at + 1] in JPEG_BARE:
            at += 2
        elif data[at + 1] == 0xFF:
            at += 1
        else:
            return at


def _png(data: bytes) -> bytes:
    kept, at = [data[:8]], 8
    while True:
        length, name = struct.unpack_from(">L4s", data, at)
        end = at + 12 + length
        if end > len(data):
            raise ValueError("A PNG chunk is longer than the file.")
        if name not in PNG_DROPPED:
            kept.append(data[at:end])
        if name == b"IEND":
            return b"".join(kept)
        at = end


def _webp(data: bytes) -> bytes:
    kept, at = [], 12
    stop = 8 + struct.unpack_from("<L", data, 4)[0]
    if stop > len(data):
        raise ValueError("The WebP is longer than the file.")
    while at < stop:
        name, length = struct.unpack_from("<4sL", data, at)
        end = at + 8 + length + length % 2
        if name == b"VP8X":
            kept.append(data[at : at + 8] + bytes([data[at + 8] & ~WEBP_FLAGS]) + data[at + 9 : end])
        elif name not in WEBP_DROPPED:
            kept.append(data[at:end])
        at = end
    body = b"".join(kept)
    return b"RIFF" + struct.pack("<L", len(body) + 4) + b"WEBP" + body
