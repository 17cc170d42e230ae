"""Pictures from outside, made safe: decided by the header before decoding, then stored upright in 8 bits.

The stored picture is the one coordinates refer to, everywhere: in the browser, in the copilot, in exports.
So whatever viewers treat differently (orientation, transparency, depth, animation) is settled here, once. Nothing that
a file says of its place, owner or camera is kept: it leaves without touching a pixel (metadata.py), or by encoding the
picture again where the file's parts can't be followed.
"""

import hashlib
import io
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageOps

from projects.data.media.metadata import without_metadata
from projects.data.media.structure import TooManyParts, check_parts, check_tiles
from projects.errors import Refused

MAX_PIXELS = 64_000_000
MAX_BYTES = 100 * 1024 * 1024
THUMBNAIL_SIDE = 320
BAND = 256  # rows that are converted at a time: a whole picture takes up to half a gigabyte more
WHITE = (255, 255, 255)
ORIENTATION = 0x0112

# Only these decoders are ever tried: Pillow knows dozens, some of which start other programs.
FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF")
BROWSER_TYPES = {"PNG": "image/png", "JPEG": "image/jpeg", "MPO": "image/jpeg", "WEBP": "image/webp"}
PLAIN_MODES = ("1", "L", "P", "RGB")


@dataclass(frozen=True)
class Picture:
    """A checked picture as it will be stored, and its thumbnail (JPEG, longest side ≤ 320)."""

    data: bytes
    sha256: str  # of data
    original_sha256: str  # of the bytes that were sent; the same as sha256 where nothing was changed
    media_type: str
    width: int
    height: int
    changes: tuple[str, ...]
    thumbnail: bytes


def read_picture(data: bytes) -> Picture:
    """Check and normalise one picture; Refused with the reason if it can't be labelled."""
    if not data:
        raise Refused("The file is empty.", code="empty-file")
    if len(data) > MAX_BYTES:
        raise Refused(
            "The file has %(number)s bytes; at most %(most)s are allowed.",
            code="too-large",
            number=len(data),
            most=MAX_BYTES,
        )
    image, kind = _opened(data)
    try:
        image.load()
    except Exception as problem:  # decoders raise nearly anything on damaged data
        raise Refused(
            "The image is damaged or cut off: %(problem)s.", code="truncated-image", problem=_reason(problem)
        ) from None
    image, changes = _normalised(image, kind)
    if changes or kind not in BROWSER_TYPES:
        stored, media_type = _encoded(image, kind)
    else:
        stored, media_type = data, BROWSER_TYPES[kind]
    stored, media_type, told = _bare(stored, image, media_type)
    return Picture(
        data=stored,
        sha256=hashlib.sha256(stored).hexdigest(),
        original_sha256=hashlib.sha256(data).hexdigest(),
        media_type=media_type,
        width=image.width,
        height=image.height,
        changes=(*changes, *told),
        thumbnail=_thumbnail(image),
    )


def _opened(data: bytes) -> tuple[Image.Image, str]:
    """The image with only its header read, and its format; Refused if the header says no."""
    check_parts(data)
    try:
        image = Image.open(io.BytesIO(data), formats=FORMATS)
        check_tiles(image)
        width, height = image.size
        # An MPO is a camera's JPEG with previews behind the photograph; the first frame is the picture.
        animated = image.format != "MPO" and getattr(image, "is_animated", False)
    except TooManyParts:
        raise
    except Image.DecompressionBombError:
        raise Refused(
            "The image has more pixels than the %(max_pixels)s million that are allowed.",
            code="too-many-pixels",
            max_pixels=MAX_PIXELS // 10**6,
        ) from None
    except Image.UnidentifiedImageError:
        text = "This is not an image that can be read: PNG, JPEG, WebP, GIF, BMP and TIFF are."
        raise Refused(text, code="not-an-image") from None
    except Exception as problem:  # decoders raise nearly anything on damaged data
        raise Refused(
            "The image's header is damaged: %(problem)s.", code="truncated-image", problem=_reason(problem)
        ) from None
    if width * height > MAX_PIXELS:
        text = "The image has %(width)s × %(height)s pixels, more than the %(max_pixels)s million that are allowed."
        raise Refused(text, code="too-many-pixels", width=width, height=height, max_pixels=MAX_PIXELS // 10**6)
    if animated:
        text = "The file holds several frames or pages; send each as an image of its own."
        raise Refused(text, code="animated-image")
    return image, str(image.format)


def _normalised(image: Image.Image, kind: str) -> tuple[Image.Image, list[str]]:
    """The image upright, in 8 bits, opaque, grey or RGB; and what had to be done for it."""
    changes = []
    if _orientation(image) != 1:
        image = ImageOps.exif_transpose(image)
        changes.append("turned upright")
    if image.mode.startswith("I;16"):
        image = _eight_bits(image)
        changes.append("16-bit grey stretched to 8 bits")
    if image.mode in ("I", "F"):
        text = "The image has 32-bit samples; convert it to 8 or 16 bits first."
        raise Refused(text, code="unsupported-image")
    if image.mode in ("RGBA", "LA", "PA", "RGBa", "La") or "transparency" in image.info:
        image = _on_white(image)
        changes.append("laid on white")
    if image.mode not in PLAIN_MODES:
        changes.append(f"{image.mode} converted to RGB")
        image = image.convert("RGB")
    if kind not in BROWSER_TYPES:
        changes.append(f"{kind} converted to PNG")
    return image, changes


def _orientation(image: Image.Image) -> int:
    """EXIF orientation 1 to 8; 1 (upright) where there is none or the EXIF block is damaged."""
    try:
        value = image.getexif().get(ORIENTATION, 1)
    except Exception:  # a damaged EXIF block says nothing about the pixels
        return 1
    return value if isinstance(value, int) and 1 <= value <= 8 else 1


def _eight_bits(image: Image.Image) -> Image.Image:
    """16-bit grey stretched over its own range: sensors use 10 to 14 bits, which would show as black."""
    bounds = [(int(rows.min()), int(rows.max())) for rows in (np.asarray(image.crop(box)) for box in _bands(image))]
    low, high = min(lowest for lowest, _ in bounds), max(highest for _, highest in bounds)
    scale = 255.0 / (high - low) if high > low else 0.0
    grey = Image.new("L", image.size)
    for box in _bands(image):
        samples = np.asarray(image.crop(box)).astype(np.float64)
        grey.paste(Image.fromarray(np.rint((samples - low) * scale).astype(np.uint8)), box)
    return grey


def _on_white(image: Image.Image) -> Image.Image:
    opaque = Image.new("RGB", image.size, WHITE)
    for box in _bands(image):
        layer = image.crop(box).convert("RGBA")
        opaque.paste(layer, box, mask=layer.getchannel("A"))
    return opaque


def _bands(image: Image.Image) -> Iterator[tuple[int, int, int, int]]:
    """Boxes of BAND rows, from the top down."""
    for top in range(0, image.height, BAND):
        yield 0, top, image.width, min(top + BAND, image.height)


def _encoded(image: Image.Image, kind: str) -> tuple[bytes, str]:
    out = io.BytesIO()
    if kind in ("JPEG", "MPO"):
        image.convert("L" if image.mode == "L" else "RGB").save(out, "JPEG", quality=95)
        return out.getvalue(), "image/jpeg"
    image.save(out, "PNG")
    return out.getvalue(), "image/png"


def _bare(stored: bytes, image: Image.Image, media_type: str) -> tuple[bytes, str, list[str]]:
    """The stored file without metadata, its media type, and what that changed."""
    kind = {kept: kind for kind, kept in BROWSER_TYPES.items() if kind != "MPO"}[media_type]
    try:
        bare = without_metadata(stored, kind)
    except ValueError:
        pixels = image.convert("L" if image.mode in ("1", "L") else "RGB")
        pixels.info.clear()  # the PNG writer would keep some of it
        again, media_type = _encoded(pixels, "PNG")
        return again, media_type, ["encoded again without metadata"]
    return bare, media_type, [] if bare == stored else ["metadata left out"]


def _thumbnail(image: Image.Image) -> bytes:
    """Without a remark of the file: Pillow would write the comment of a GIF into it."""
    if image.mode in ("1", "P"):  # can't be mixed before they are converted, which takes four bytes a pixel
        roughly = 8 * THUMBNAIL_SIDE
        small = image.resize(_within(image.size, roughly), Image.Resampling.NEAREST).convert("RGB")
    else:
        small = image
    small = small.resize(_within(image.size, THUMBNAIL_SIDE), Image.Resampling.BICUBIC, reducing_gap=2.0)
    small = small.convert("RGB")
    small.info.clear()
    out = io.BytesIO()
    small.save(out, "JPEG", quality=80)
    return out.getvalue()


def _within(size: tuple[int, int], longest: int) -> tuple[int, int]:
    """The size, brought down so that no side is longer."""
    scale = min(1.0, longest / max(size))
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


def _reason(problem: Exception) -> str:
    return (str(problem) or type(problem).__name__).rstrip(".")[:200]
