"""On what terms an export is made: which tasks, split how, under which labels, with their pictures or without.

The same words are typed into the page, sent to the API, kept with a delivery and read again by the worker. Pure but for
the project's batches and labels, which it looks up.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils import timezone
from django.utils.dateparse import parse_datetime

from projects.errors import Refused
from projects.models import Batch, Project, limits

PARTS = ("train", "val", "test")
MASKS = ("rle", "polygons", "png")
NAMES = ("batch", "labels", "confidence", "since", "split", "label_map", "media", "masks")
FILTER = NAMES[:4]
LEFT_OUT = None  # what a label map says of a label whose parts are left out


@dataclass(frozen=True)
class Split:
    """Tasks in parts, by a hash of what they belong to: tasks of one group are in one part, in each export the same."""

    shares: Mapping[str, int]  # part -> percent
    by: str = ""  # the field of their meta that names the group; "": each task by itself

    def part(self, salt: str, task: str, payload: Mapping[str, Any]) -> str:
        """The part that a task is in. One without the field is a group of its own."""
        group = (payload.get("meta") or {}).get(self.by) if self.by else None
        name = f"task:{task}" if group is None else f"group:{group}"
        drawn = hashlib.blake2b(name.encode(), key=salt.encode()[:64], digest_size=8).digest()
        at = int.from_bytes(drawn) / 2**64 * 100
        for part, share in self.shares.items():
            if at < share:
                return part
            at -= share
        return self.parts[-1]

    @property
    def parts(self) -> tuple[str, ...]:
        return tuple(part for part, share in self.shares.items() if share)


@dataclass(frozen=True)
class Terms:
    """Those of one export. What is left out says: everything, whole, as it is."""

    batch: Batch | None = None
    labels: tuple[str, ...] = ()  # tasks whose answer uses one of these
    confidence: float = 0.0
    since: datetime | None = None
    split: Split | None = None
    label_map: Mapping[str, str | None] = field(default_factory=dict)  # label key -> the name it goes out under
    media: bool = False
    masks: str = ""  # "": as the format usually does
    undecided: bool = False  # also answers that nothing was decided from yet; a delivery never takes them

    @property
    def narrowed(self) -> bool:
        """Whether it is about some of the decided tasks alone."""
        return bool(self.batch or self.labels or self.confidence or self.since)

    def said(self) -> dict[str, Any]:
        """In plain values, as `read` takes them."""
        split = {"by": self.split.by, "shares": dict(self.split.shares)} if self.split else None
        return {
            "batch": str(self.batch.public_id) if self.batch else None,
            "labels": list(self.labels),
            "confidence": self.confidence,
            "since": self.since.isoformat() if self.since else None,
            "split": split,
            "label_map": dict(self.label_map),
            "media": self.media,
            "masks": self.masks,
        }


def read(project: Project, said: Mapping[str, Any]) -> Terms:
    """Terms from plain values. Raises Refused with the place of what is wrong."""
    for name in said:
        if name not in NAMES:
            raise Refused("An export knows no term “%(name)s”.", code="unknown-term", place=str(name)[:40], name=name)
    keys = dict(project.labels.values_list("key", "name"))
    label_map = _label_map(said.get("label_map") or {}, keys)
    masks = said.get("masks") or ""
    if masks and masks not in MASKS:
        raise Refused("Masks go out as: %(choices)s.", code="wrong-masks", place="masks", choices=", ".join(MASKS))
    return Terms(
        batch=_batch(project, said.get("batch")),
        labels=_labels(said.get("labels") or (), keys),
        confidence=_confidence(said.get("confidence") or 0),
        since=_since(said.get("since")),
        split=_split(said.get("split")),
        label_map=label_map,
        media=bool(said.get("media")),
        masks=masks,
    )


def _batch(project: Project, id: object) -> Batch | None:
    if not id:
        return None
    try:
        found = project.batches.filter(public_id=UUID(str(id))).first()
    except ValueError:
        found = None
    if found is None:
        raise Refused("There is no such batch in this project.", code="unknown-batch", place="batch")
    return found


def _labels(said: Sequence[str], keys: Mapping[str, str]) -> tuple[str, ...]:
    for one in said:
        if one not in keys:
            raise Refused("This project has no label “%(label)s”.", code="unknown-label", place="labels", label=one)
    return tuple(sorted(set(said)))


def _confidence(said: object) -> float:
    if isinstance(said, bool) or not isinstance(said, int | float) or not 0 <= said <= 1:
        raise Refused("A confidence lies between 0 and 1.", code="out-of-range", place="confidence")
    return float(said)


def _since(said: object) -> datetime | None:
    if not said:
        return None
    try:
        found = said if isinstance(said, datetime) else parse_datetime(str(said))
    except ValueError:
        found = None
    if found is None:
        raise Refused("A moment is written as 2026-03-31T12:00:00Z.", code="not-a-time", place="since")
    return found if timezone.is_aware(found) else timezone.make_aware(found)


def _split(said: Any) -> Split | None:
    if not said:
        return None
    shares, by = said.get("shares"), said.get("by") or ""
    whole = isinstance(shares, Mapping) and all(
        part in PARTS and isinstance(share, int) and not isinstance(share, bool) and share >= 0
        for part, share in shares.items()
    )
    if not whole or sum(shares.values()) != 100:
        text = "The shares of train, val and test are whole percents that make up 100."
        raise Refused(text, code="bad-shares", place="split")
    if not isinstance(by, str) or len(by) > limits.NAME:
        raise Refused("Tasks are grouped by the name of a field.", code="bad-group", place="split")
    return Split({part: shares.get(part, 0) for part in PARTS}, by)


def _label_map(said: Any, keys: Mapping[str, str]) -> dict[str, str | None]:
    if not isinstance(said, Mapping):
        raise Refused("A label map says a name for each label.", code="bad-label-map", place="label_map")
    found: dict[str, str | None] = {}
    for key, name in said.items():
        if key not in keys:
            text = "This project has no label “%(label)s”."
            raise Refused(text, code="unknown-label", place="label_map", label=str(key)[: limits.KEY])
        if name is not LEFT_OUT and not isinstance(name, str):
            raise Refused("A label's other name is text.", code="bad-label-map", place="label_map")
        name = name.strip()[: limits.LABEL_NAME] if name else LEFT_OUT
        if name and not name.isprintable():
            raise Refused("A label's other name is one line of text.", code="bad-label-map", place="label_map")
        found[key] = name or LEFT_OUT
    if found and all(found.get(key, key) is LEFT_OUT for key in keys):
        text = "This label map leaves out every label: nothing would remain."
        raise Refused(text, code="label-map-empty", place="label_map")
    return found
