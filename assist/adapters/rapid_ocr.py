"""Lines of text in images by RapidOCR and its three files: one finds lines, one turns them, one reads them.

The library fetches what it isn't given; it is given everything, and whatever it would have to fetch is refused.
"""

from typing import Any

import numpy as np
from rapidocr import RapidOCR
from rapidocr.utils.download_file import DownloadFile

from assist.adapters import Boxes, FoundBox, RuntimeMissing, detections
from assist.adapters.bundle import Bundle
from assist.adapters.devices import Device
from assist.adapters.library_faults import failed, reason

PARTS = {"Det": "_det_", "Cls": "_cls_", "Rec": "_rec_"}
LEAST = 0.5  # below this a line is not told at all
LONGEST = 2_000  # characters of a line
MOST_LINES = 500  # of one image


def load(bundle: Bundle, device: Device) -> "RapidOcr":
    """From its files, known by their names. Raises RuntimeMissing."""
    files: dict[str, Any] = {}
    for part, mark in PARTS.items():
        found = [path for name, path in bundle.files.items() if mark in name]
        if len(found) != 1:
            raise RuntimeMissing(f"{bundle.key} has no file for {part}: its name has {mark} in it.")
        files[f"{part}.model_path"] = str(found[0])
    setattr(DownloadFile, "run", _nothing_is_fetched)  # noqa: B010 (a class method, which the types would keep)
    try:
        reader = RapidOCR(params=files | {"Global.text_score": LEAST, "Global.log_level": "error"})
        reader(np.full((64, 256, 3), 255, np.uint8))  # its parts are loaded when they are first needed
        for load_one in (reader._load_cls_model, reader._load_rec_model):
            load_one()
    except Exception as problem:  # whatever files that are none may do to their reader
        raise RuntimeMissing(f"The files of {bundle.key} are no models that run here: {reason(problem)}.") from None
    return RapidOcr(reader, bundle.terms.labels[0])


def _nothing_is_fetched(*asked: Any) -> None:
    raise RuntimeMissing("A file of the reader is not in the model folder: fetch the models again.")


class RapidOcr:
    """Lines as upright boxes, each with what is written there."""

    device = "cpu"

    def __init__(self, reader: RapidOCR, label: str) -> None:
        self._reader, self._label = reader, label

    def boxes(self, image: np.ndarray, size: tuple[int, int] | None = None) -> Boxes:
        """In the order of reading, as the library finds it. Raises CopilotError "no-answer"."""
        try:
            said: Any = self._reader(np.ascontiguousarray(image[:, :, ::-1]))
        except Exception as problem:  # whatever the library throws: none of it is ours
            raise failed("image", problem) from None
        height, width = (int(one) for one in size or image.shape[:2])
        scale = np.array([width / image.shape[1], height / image.shape[0]])
        if getattr(said, "boxes", None) is None or getattr(said, "txts", None) is None:
            return Boxes([])
        lines = zip(said.boxes, said.txts, said.scores, strict=True)
        found = [self._line(np.asarray(box, float) * scale, text, score, (width, height)) for box, text, score in lines]
        kept = [one for one in found if one is not None]
        dropped = {"outside": len(found) - len(kept), "too-many": max(0, len(kept) - MOST_LINES)}
        return Boxes(kept[:MOST_LINES], {why: count for why, count in dropped.items() if count})

    def _line(self, corners: np.ndarray, text: str, score: float, size: tuple[int, int]) -> FoundBox | None:
        upper, lower = np.clip(corners.min(0), 0, size), np.clip(corners.max(0), 0, size)
        if not np.isfinite(corners).all() or ((lower - upper) < detections.LEAST_SIDE).any():
            return None
        (x, y), (width, height) = upper.tolist(), (lower - upper).tolist()
        sure = round(min(1.0, max(0.0, float(score))), 4)
        said = text.strip()[:LONGEST]
        return FoundBox(round(x, 2), round(y, 2), round(width, 2), round(height, 2), self._label, sure, said)
