"""Rows checked by themselves, before anything is asked of the tasks that there are."""

import hashlib
import json
from typing import Any, NamedTuple

from projects.data.importing.answers import Spoken
from projects.data.importing.callbacks import Callback
from projects.data.media.pictures import Picture
from projects.data.reading.rows import Known, Row
from projects.errors import Refused
from projects.models import Asset, limits
from projects.task_types import TaskType
from projects.task_types.preference import PAIR
from projects.task_types.shape import a_text, joined

AUTO = "auto-"  # what an external id begins with that is made of the content


class Ready(NamedTuple):
    """A row that passed every check that needs no look at other rows."""

    place: str
    external_id: str
    payload: dict[str, Any]
    digest: str
    picture: Picture | None
    known: Known | None  # with its answer checked
    id: str | int | None  # of the row
    callback: Callback | None
    formerly: str  # the external id that it had when `id` was a field like any other; "" where that is no matter
    said: tuple[Spoken, ...]  # answers that came with it
    brings_answers: bool = False  # whether the file has any, also if they are left out


def ready(room: TaskType, row: Row, named: dict[str, Asset]) -> Ready:
    fields = dict(row.fields)
    if row.picture is None:
        for place, part in parts(room, fields).items():
            sized = _sized(part, place, named)
            fields = fields | {place: sized} if place else sized
    payload = room.check_payload(_with_meta(room, fields, row.picture))
    digest = _digest(payload, row.picture)
    external_id, formerly = row.external_id, ""
    if external_id is None:
        external_id = _made_id(digest)
        if any(said.by for said in row.said) and "meta" in payload:
            # A crowd's file has a row for each answer: what stands beside the answer makes no other task of it.
            external_id, formerly = _made_id(_digest(_without_meta(payload), row.picture)), external_id
    name = a_text(external_id, "external_id" if row.id is None else "id", limits.EXTERNAL_ID)
    if row.id is not None:
        formerly = _made_id(_digest(payload | {"meta": payload.get("meta", {}) | {"id": row.id}}, row.picture))
    return Ready(row.place, name, payload, digest, row.picture, None, row.id, None, formerly, (), bool(row.said))


def _without_meta(payload: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in payload.items() if name != "meta"}


def _made_id(digest: str) -> str:
    return f"{AUTO}{digest[:20]}"


def parts(room: TaskType, fields: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """What of a row is about a picture, by its place: the row itself (""), always or where it names one; of a pair the
    candidates that name one."""
    if room.media == "image" or ("asset" in room.payload_fields and fields.get("asset")):
        return {"": fields}
    pair = {name: fields.get(name) for name in PAIR if name in room.payload_fields}
    return {name: part for name, part in pair.items() if isinstance(part, dict) and part.get("asset")}


def _sized(part: dict[str, Any], place: str, named: dict[str, Asset]) -> dict[str, Any]:
    """With the size of the stored picture that it names; Refused where there is none, or it is said to be another."""
    asset = named.get(str(part.get("asset")))
    if asset is None:
        text = "No stored picture has this sha256; load the pictures first."
        if not part.get("asset"):
            text = (
                "A picture is named by its asset, the sha256 of one that is stored: load files, or a list of addresses."
            )
        raise Refused(text, code="unknown-asset", place=joined(place, "asset"))
    sized = {"width": asset.width, "height": asset.height, "name": asset.sha256, **part}
    if (sized["width"], sized["height"]) != (asset.width, asset.height):
        raise Refused(
            "The stored picture is %(width)s × %(height)s.",
            code="wrong-image-size",
            place=joined(place, "width"),
            width=asset.width,
            height=asset.height,
        )
    return sized


def _with_meta(room: TaskType, fields: dict[str, Any], picture: Picture | None) -> dict[str, Any]:
    """Fields that the type doesn't know come back with the result as meta; so does what was done to a picture."""
    extra = {name: value for name, value in fields.items() if name not in room.payload_fields}
    if picture is not None and picture.changes:
        extra |= {"original_sha256": picture.original_sha256, "changes": list(picture.changes)}
    if not extra:
        return fields
    kept = {name: value for name, value in fields.items() if name in room.payload_fields}
    meta = kept.get("meta", {})
    return kept | {"meta": meta | extra if isinstance(meta, dict) else meta}


def _digest(payload: dict[str, Any], picture: Picture | None) -> str:
    """What makes a payload the same again. A picture counts as it was sent: the next version of the
    decoder may store other bytes for it, and the same file must still be known."""
    if picture is not None:
        payload = payload | {"asset": picture.original_sha256}
    text = json.dumps(payload, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
