"""The masks that the studio's own RLE is tested against are pycocotools' own, and stay so.

To write the fixture anew after adding a case: `python -m tests.projects.test_rle_fixture`.
"""

import json
from pathlib import Path

import numpy as np
import numpy.typing as npt
from pycocotools import mask as coco

FIXTURE = Path(__file__).parents[1] / "fixtures" / "rle.json"


def ellipse(height: int, width: int, cx: float, cy: float, rx: float, ry: float) -> npt.NDArray[np.uint8]:
    y, x = np.mgrid[:height, :width]
    return np.asarray(((x - cx) / rx) ** 2 + ((y - cy) / ry) ** 2 < 1, dtype=np.uint8)


def cases() -> dict[str, npt.NDArray[np.uint8]]:
    """Bitmaps of shape (height, width), 0 or 1, each hard for an encoder in its own way."""
    rng = np.random.default_rng(7)
    noise = np.asarray(rng.random((24, 31)) < 0.5, dtype=np.uint8)
    blobs = np.maximum(ellipse(120, 90, 30, 40, 20, 25), ellipse(120, 90, 60, 80, 22, 30))
    return {
        "one pixel, empty": np.zeros((1, 1), np.uint8),
        "one pixel, full": np.ones((1, 1), np.uint8),
        "empty": np.zeros((7, 5), np.uint8),
        "full": np.ones((7, 5), np.uint8),
        "first pixel only": np.eye(6, 9, dtype=np.uint8) * (np.arange(9) == 0).astype(np.uint8),
        "last pixel only": np.pad(np.ones((1, 1), np.uint8), ((5, 0), (8, 0))),
        "chequered": np.asarray(np.indices((8, 9)).sum(axis=0) % 2, dtype=np.uint8),
        "noise": noise,
        "two blobs": blobs,
        "long runs": np.pad(np.ones((900, 40), np.uint8), ((50, 74), (300, 427))),
    }


def fixture() -> list[dict[str, object]]:
    rows: list[dict[str, object]] = []
    for name, bitmap in cases().items():
        packed = coco.encode(np.asfortranarray(bitmap))
        row: dict[str, object] = {
            "name": name,
            "size": [int(side) for side in packed["size"]],
            "counts": packed["counts"].decode("ascii"),
            "area": int(coco.area(packed)),
            "box": [int(side) for side in coco.toBbox(packed)],
        }
        if bitmap.size <= 1000:
            row["rows"] = ["".join(map(str, line)) for line in bitmap.tolist()]
        rows.append(row)
    return rows


def test_pycocotools_still_agrees_with_the_fixture() -> None:
    assert json.loads(FIXTURE.read_text(encoding="utf-8")) == fixture()


def test_fixture_decodes_to_the_bitmaps_it_was_made_from() -> None:
    stored = {row["name"]: row for row in json.loads(FIXTURE.read_text(encoding="utf-8"))}
    for name, bitmap in cases().items():
        row = stored[name]
        again = coco.decode({"size": row["size"], "counts": row["counts"].encode("ascii")})
        assert np.array_equal(again, bitmap), name


if __name__ == "__main__":
    FIXTURE.write_text(json.dumps(fixture(), indent=1) + "\n", encoding="utf-8")
