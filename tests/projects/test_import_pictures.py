"""Pictures and archives of them: what is stored, and what is said about those that can't be."""

import hashlib
import io
import struct
import tracemalloc
import zipfile
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms
from PIL.PngImagePlugin import PngInfo

from projects.data.importing import Fault, Row
from projects.data.media import structure
from projects.data.media.pictures import MAX_BYTES, read_picture
from projects.data.reading.readers.mask_files import numbers_of
from projects.errors import Refused
from tests.support.projects.importing import read
from tests.support.rounds import rounds

# Left half red, right half blue, 40 wide and 20 high.
PIXELS = np.zeros((20, 40, 3), dtype=np.uint8)
PIXELS[:, :20, 0] = PIXELS[:, 20:, 2] = 255


def encoded(image: Image.Image, kind: str = "PNG", **options) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def decoded(data: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))


def code(data: bytes) -> str:
    with pytest.raises(Refused) as refused:
        read_picture(data)
    assert refused.value.text.endswith(".")
    return refused.value.code


PHOTO = Image.fromarray(PIXELS)
PROFILE = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


@pytest.mark.parametrize(("kind", "media_type"), [("PNG", "image/png"), ("JPEG", "image/jpeg"), ("WEBP", "image/webp")])
def test_ordinary_pictures_are_stored_byte_for_byte(kind, media_type):
    data = encoded(PHOTO, kind)
    picture = read_picture(data)
    assert picture.data == data and picture.changes == ()
    assert (picture.width, picture.height, picture.media_type) == (40, 20, media_type)
    assert picture.sha256 == picture.original_sha256


@pytest.mark.parametrize("turn", range(1, 9))
def test_rotated_photographs_are_stored_upright(turn):
    back = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}  # how to lay the upright picture for each orientation
    laid = PHOTO.transpose(Image.Transpose(back[turn])) if turn > 1 else PHOTO
    exif = Image.Exif()
    exif[0x0112] = turn
    picture = read_picture(encoded(laid, "JPEG", quality=95, exif=exif))
    assert (picture.width, picture.height) == (40, 20)
    stored = decoded(picture.data).astype(int)
    assert stored.shape == (20, 40, 3)
    assert np.abs(stored - PIXELS)[:, [2, -3]].max() < 40
    assert Image.open(io.BytesIO(picture.data)).getexif().get(0x0112, 1) == 1
    assert picture.changes == (("turned upright",) if turn > 1 else ("metadata left out",))


def test_transparency_is_laid_on_white_so_that_all_see_the_same_pixels():
    hidden = np.dstack([PIXELS, np.full((20, 40), 255, np.uint8)])
    hidden[:, :20, 3] = 0
    picture = read_picture(encoded(Image.fromarray(hidden)))
    stored = decoded(picture.data)
    assert (stored[:, :20] == 255).all() and (stored[:, 20:] == PIXELS[:, 20:]).all()
    assert picture.changes == ("laid on white",)


def test_a_palette_with_a_transparent_colour_is_laid_on_white():
    data = encoded(PHOTO.quantize(2), "PNG", transparency=0)
    stored = decoded(read_picture(data).data)
    assert (stored == 255).all(axis=2).mean() == 0.5


def test_sixteen_bit_grey_keeps_what_can_be_seen():
    samples = np.linspace(100, 1100, 800).reshape(20, 40).astype(np.uint16)
    picture = read_picture(encoded(Image.fromarray(samples), "PNG"))
    stored = decoded(picture.data)
    assert stored.min() == 0 and stored.max() == 255 and picture.media_type == "image/png"


def test_printers_colours_and_formats_no_browser_shows_are_converted():
    assert read_picture(encoded(PHOTO.convert("CMYK"), "JPEG")).changes == ("CMYK converted to RGB",)
    for kind in ("TIFF", "BMP", "GIF"):
        picture = read_picture(encoded(PHOTO, kind))
        assert picture.media_type == "image/png" and picture.changes == (f"{kind} converted to PNG",)
        assert np.abs(decoded(picture.data).astype(int) - PIXELS).max() < 8


def test_what_cannot_be_labelled_is_refused_by_name():
    many = [PHOTO, PHOTO.rotate(180)]
    assert code(b"") == "empty-file"
    assert code(b"hello") == "not-an-image"
    assert code(b"%!PS-Adobe-3.0 EPSF-3.0\n") == "not-an-image"
    assert code(encoded(PHOTO)[:-30]) == "truncated-image"
    assert code(encoded(PHOTO, "JPEG")[:400]) == "truncated-image"
    for kind in ("GIF", "PNG", "WEBP", "TIFF"):
        assert code(encoded(many[0], kind, save_all=True, append_images=many[1:])) == "animated-image"
    assert code(encoded(Image.fromarray(np.zeros((4, 4), np.float32)), "TIFF")) == "unsupported-image"
    assert code(b"x" * (MAX_BYTES + 1)) == "too-large"


PLACE = "48.2082 N"  # where somebody lives, as cameras and programs write it into files


def told(kind: str, image: Image.Image = PHOTO) -> bytes:
    """A picture whose file tells its owner and place in every way that its kind knows."""
    exif = Image.Exif()
    exif[0x010E] = exif[0x8298] = PLACE
    exif.get_ifd(0x8825)[1] = PLACE
    if kind == "PNG":
        texts = PngInfo()
        texts.add_text("Author", PLACE)
        texts.add_text("Place", PLACE, zip=True)
        texts.add_itxt("XML:com.adobe.xmp", PLACE)
        return encoded(image, kind, exif=exif, pnginfo=texts) + PLACE.encode()
    if kind == "JPEG":
        data = encoded(image, kind, exif=exif, comment=PLACE, quality=90, progressive=True, icc_profile=PROFILE)
        body = b"Photoshop 3.0\0" + PLACE.encode()
        return data[:2] + b"\xff\xed" + struct.pack(">H", len(body) + 2) + body + data[2:] + PLACE.encode()
    return encoded(image, kind, exif=exif, xmp=PLACE.encode(), icc_profile=PROFILE, lossless=True)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_place_and_owner_are_left_out_and_every_pixel_is_kept(kind):
    data = told(kind)
    picture = read_picture(data)
    assert PLACE.encode() in data and PLACE.encode() not in picture.data
    stored = Image.open(io.BytesIO(picture.data))
    assert not stored.getexif() and not stored.info.keys() & {"exif", "xmp", "comment", "photoshop", "Author", "Place"}
    assert (decoded(picture.data) == decoded(data)).all()
    assert stored.info.get("icc_profile") == Image.open(io.BytesIO(data)).info.get("icc_profile")
    assert picture.changes == ("metadata left out",)
    assert picture.original_sha256 == hashlib.sha256(data).hexdigest() != picture.sha256
    assert read_picture(picture.data).data == picture.data


def test_a_turned_photograph_loses_its_place_too():
    exif = Image.Exif()
    exif[0x0112], exif[0x8298] = 6, PLACE
    picture = read_picture(encoded(PHOTO, "JPEG", exif=exif, comment=PLACE))
    assert PLACE.encode() not in picture.data and picture.changes[0] == "turned upright"


def test_the_previews_behind_a_cameras_photograph_are_left_out():
    data = encoded(PHOTO, "MPO", save_all=True, append_images=[PHOTO.rotate(180)])
    picture = read_picture(data)
    assert len(picture.data) < len(data) and picture.data.count(b"\xff\xd8\xff") == 1
    assert (decoded(picture.data) == decoded(data)).all() and picture.media_type == "image/jpeg"


def test_a_file_that_cannot_be_followed_is_encoded_again_without_what_it_tells():
    data = told("PNG")
    cut = data[: data.index(b"IEND") - 4]  # all pixels, no end
    picture = read_picture(cut)
    assert PLACE.encode() in cut and PLACE.encode() not in picture.data
    assert picture.changes == ("encoded again without metadata",)
    assert (decoded(picture.data) == PIXELS).all()


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF"])
def test_a_single_pixel_is_a_picture(kind):
    picture = read_picture(encoded(PHOTO.resize((1, 1)), kind))
    assert (picture.width, picture.height) == (1, 1) and decoded(picture.data).shape == (1, 1, 3)
    assert Image.open(io.BytesIO(picture.thumbnail)).size == (1, 1)


def png_header(width: int, height: int) -> bytes:
    """A PNG that claims a size and holds almost nothing: a bomb is decided by its header."""

    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">L", len(body)) + name + body + struct.pack(">L", zlib.crc32(name + body))

    header = struct.pack(">LLBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


@pytest.mark.parametrize("size", [(20_000, 20_000), (20_000, 10_000), (10_000, 10_000), (2**31 - 1, 2**31 - 1)])
def test_a_bomb_of_pixels_is_refused_by_its_header(size):
    assert code(png_header(*size)) in ("too-many-pixels", "truncated-image")
    assert code(png_header(20_000, 20_000)) == code(png_header(20_000, 10_000)) == "too-many-pixels"


def text_chunk(name: bytes, before: bytes) -> bytes:
    """A PNG with a chunk of 64 MiB of nothing, packed into 64 KiB."""
    whole, body = encoded(PHOTO), before + zlib.compress(bytes(64 << 20), 9)
    crc = struct.pack(">L", zlib.crc32(name + body))
    return whole[:33] + struct.pack(">L", len(body)) + name + body + crc + whole[33:]


def tiled(side: int) -> bytes:
    """A TIFF of 16 × 16 pixels in one tile of side × side, packed."""
    packed = zlib.compress(bytes(side * side))
    numbers = {256: 16, 257: 16, 258: 8, 259: 8, 262: 1, 277: 1, 322: side, 323: side, 324: 8, 325: len(packed)}
    rows = b"".join(struct.pack("<HHLL", tag, 4, 1, value) for tag, value in numbers.items())
    return b"II*\0" + struct.pack("<L", 8 + len(packed)) + packed + struct.pack("<H", len(numbers)) + rows + bytes(4)


def scanned(times: int) -> bytes:
    """A progressive JPEG whose last scan is there so often."""
    whole = encoded(PHOTO, "JPEG", progressive=True)
    at = whole.rfind(b"\xff\xda")
    return whole[:at] + whole[at:-2] * times + whole[-2:]


def with_segments(count: int) -> bytes:
    """A JPEG with so many segments of EXIF."""
    whole = encoded(PHOTO, "JPEG")
    return whole[:2] + b"\xff\xe1\x00\x09Exif\0\0A" * count + whole[2:]


def with_comments(comments: bytes) -> bytes:
    """A GIF with these extensions before its picture."""
    whole = encoded(PHOTO, "GIF")
    at = structure._colours(whole[10]) + 13
    return whole[:at] + comments + whole[at:]


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(text_chunk(b"zTXt", b"k\0\0"), id="text"),
        pytest.param(text_chunk(b"iTXt", b"k\0\1\0\0\0"), id="text in a language"),
        pytest.param(text_chunk(b"iCCP", b"k\0\0"), id="profile"),
    ],
)
def test_texts_and_profiles_that_unpack_to_far_more_are_never_held(data):
    assert code(data) == "truncated-image"


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(tiled(4096), id="a tile far larger than its picture"),
        pytest.param(scanned(structure.MAX_SCANS + 1), id="scan upon scan"),
        pytest.param(with_segments(structure.MAX_SEGMENTS + 1), id="segments of a JPEG"),
        pytest.param(with_comments(b"\x21\xfe\x01A\0" * (structure.MAX_COMMENTS + 1)), id="comments"),
        pytest.param(with_comments(b"\x21\xfe" + b"\x01A" * (structure.MAX_COMMENTS + 1) + b"\0"), id="one comment"),
    ],
)
def test_what_would_keep_a_decoder_busy_for_hours_is_refused_before_it_is_decoded(data, monkeypatch):
    monkeypatch.setattr(Image.Image, "load", lambda _image: pytest.fail("it was decoded"))
    assert code(data) == "too-many-parts"


@pytest.mark.parametrize("data", [tiled(4096), with_comments(b"\x21\xfe\x01A\0" * (structure.MAX_COMMENTS + 1))])
def test_so_is_a_mask(data):
    with pytest.raises(Refused) as refused:
        numbers_of(data)
    assert refused.value.code == "too-many-parts"


def test_segments_are_counted_whatever_lies_between_them(monkeypatch):
    monkeypatch.setattr(structure, "MAX_METADATA", 1000)
    data = encoded(PHOTO, "JPEG", comment=b"x" * 600)
    assert read_picture(data).changes == ("metadata left out",)
    end = data.rfind(b"\xff\xd9")
    assert code(data[:end] + b"junk\xff\xff\xfe" + struct.pack(">H", 602) + b"y" * 600 + data[end:]) == "too-many-parts"


@pytest.mark.parametrize("kind", ["JPEG", "GIF", "TIFF"])
def test_what_cameras_and_programs_write_has_few_parts(kind):
    options = {"JPEG": {"progressive": True, "comment": b"a remark"}, "GIF": {"comment": b"a remark"}, "TIFF": {}}[kind]
    assert read_picture(encoded(PHOTO, kind, **options)).width == 40
    assert read_picture(tiled(256)).width == 16
    assert read_picture(scanned(20)).width == 40


@pytest.mark.parametrize("blocks", [1, 260])
def test_a_remark_of_the_file_stays_out_of_its_thumbnail_however_long_it_is(blocks):
    remark = b"\x21\xfe" + (b"\xfa" + b"A" * 250) * blocks + b"\0"
    assert b"AAAA" not in read_picture(with_comments(remark)).thumbnail


def test_converting_a_large_picture_takes_no_second_of_its_size():
    grey = np.zeros((3000, 3000), np.uint16)
    grey[0, 0] = 1000
    data = encoded(Image.fromarray(grey))
    tracemalloc.start()
    try:
        picture = read_picture(data)
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert most < 30 * 2**20  # each copy of it in floating point takes 72 MB
    assert decoded(picture.data)[0, 0].tolist() == [255, 255, 255]


def test_thumbnails_are_small_and_keep_their_proportions():
    thumbnail = Image.open(io.BytesIO(read_picture(encoded(PHOTO.resize((1000, 500)))).thumbnail))
    assert thumbnail.size == (320, 160) and thumbnail.format == "JPEG"


@given(cut=st.integers(0, 400), flips=st.lists(st.tuples(st.integers(0, 399), st.integers(0, 255)), max_size=8))
@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF"])
@settings(max_examples=rounds(60), deadline=None)
def test_damaged_pictures_are_refused_or_read_but_never_crash(kind, cut, flips):
    data = bytearray(encoded(PHOTO, kind))
    for at, value in flips:
        data[at % len(data)] = value
    try:
        picture = read_picture(bytes(data[: len(data) - cut]))
    except Refused as refused:
        assert refused.code
    else:
        assert decoded(picture.data).shape == (picture.height, picture.width, 3)


def zipped(entries: dict[str, bytes], **options) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", **options) as archive:
        for name, data in entries.items():
            archive.writestr(name, data)
    return out.getvalue()


def zip_items(data: bytes, skip: int = 0) -> list:
    return read("pictures", data, "pictures.zip", skip)


def zip_code(data: bytes) -> str:
    with pytest.raises(Refused) as refused:
        zip_items(data)
    return refused.value.code


def test_a_zip_gives_one_row_per_picture_named_by_its_path():
    entries = {"a/": b"", "a/one.png": encoded(PHOTO), "__MACOSX/a/._one.png": b"x", "a/.DS_Store": b"x"}
    (row,) = zip_items(zipped(entries))
    assert isinstance(row, Row) and row.picture is not None
    fields = {"asset": row.picture.sha256, "width": 40, "height": 20, "name": "a/one.png"}
    assert (row.place, row.external_id, row.fields) == ("a/one.png", "a/one.png", fields)


def test_bad_entries_are_told_by_path_and_good_ones_go_on():
    photo = encoded(PHOTO)
    bomb = zipfile.ZIP_DEFLATED
    entries = {
        "../up.png": photo,
        "/abs.png": photo,
        "C:\\x.png": photo,
        "a\nb.png": photo,
        "notes.txt": b"hi",
    }
    entries |= {"cut.png": photo[:60], "none.png": b"", "zeros.png": b"\0" * 5_000_000, "good.png": photo}
    found = zip_items(zipped(entries, compression=bomb))
    assert [item.place for item in found if isinstance(item, Row)] == ["good.png"]
    assert [item.code for item in found if isinstance(item, Fault)] == [
        *["unsafe-path"] * 4,
        "not-an-image",
        "truncated-image",
        "empty-file",
        "zip-bomb",
    ]


def test_archives_that_are_none_are_refused_whole():
    good = zipped({"a.png": encoded(PHOTO)})
    assert zip_code(b"") == "empty-file"
    assert zip_code(b"hello" * 100) == "not-a-zip"
    assert zip_code(good[:-30]) == "not-a-zip"
    assert zip_code(zipped({})) == "empty-file"


def test_entries_that_share_bytes_are_a_bomb():
    data = bytearray(zipped({"a.png": encoded(PHOTO), "b.png": encoded(PHOTO)}))
    second = data.rfind(b"PK\x01\x02")
    data[second + 42 : second + 46] = struct.pack("<L", 0)  # the second entry points at the first one's bytes
    assert zip_code(bytes(data)) == "zip-bomb"


def test_a_list_of_entries_too_large_to_hold_is_refused_before_it_is_read():
    data = bytearray(zipped({"a.png": encoded(PHOTO)}))
    end = data.rfind(b"PK\x05\x06")
    data[end + 12 : end + 16] = struct.pack("<L", 2**31)
    assert zip_code(bytes(data)) == "too-large"


def test_more_entries_than_can_be_held_are_refused_whatever_the_archive_says_of_them(monkeypatch):
    monkeypatch.setattr("projects.data.connectors.archives.MAX_ENTRIES", 2)
    data = bytearray(zipped({name: encoded(PHOTO) for name in ("a.png", "b.png", "c.png")}))
    end = data.rfind(b"PK\x05\x06")
    data[end + 8 : end + 12] = struct.pack("<HH", 1, 1)  # it says one
    assert zip_code(bytes(data)) == "too-large"


def test_an_entry_with_damaged_bytes_is_one_fault():
    photo = encoded(PHOTO)
    data = bytearray(zipped({"a.png": photo, "b.png": photo}))
    data[60] ^= 0xFF
    found = zip_items(bytes(data))
    assert [type(item) for item in found] == [Fault, Row] and found[0].code == "damaged-entry"


def test_an_encrypted_entry_is_one_fault():
    data = bytearray(zipped({"a.png": encoded(PHOTO)}))
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.find(mark) + offset] |= 1
    (fault,) = zip_items(bytes(data))
    assert fault.code == "encrypted"


def test_reading_an_archive_goes_on_where_an_earlier_run_stopped():
    data = zipped({f"{n}.png": encoded(PHOTO) if n % 2 else b"x" for n in range(4)})
    whole = zip_items(data)
    for skip in range(5):
        assert zip_items(data, skip) == whole[skip:]


@given(flips=st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 255)), min_size=1, max_size=12))
@settings(max_examples=rounds(300), deadline=None)
def test_damaged_archives_give_rows_and_faults_or_one_refusal(flips):
    data = bytearray(zipped({"a.png": encoded(PHOTO), "b.txt": b"hello" * 20}, compression=zipfile.ZIP_DEFLATED))
    for at, value in flips:
        data[at % len(data)] = value
    try:
        found = zip_items(bytes(data))
    except Refused as refused:
        assert refused.code
    else:
        assert all(isinstance(item, Row | Fault) for item in found)
