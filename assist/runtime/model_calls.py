"""What a model's process may ask of the process that started it: embeddings of the images it was asked about, requests
to the host that its manifest names, and that its traces be sent."""

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import asdict
from importlib import import_module
from typing import Any
from urllib.parse import urlsplit

from assist.adapters import Offer
from assist.errors import CopilotError
from assist.runtime.embedding_files import Disk, Key
from assist.runtime.model_channel import Call

log = logging.getLogger(__name__)

MAX_IMAGES = 10_000  # remembered of those it was asked about
MAX_EMBEDDING_BYTES = 64 << 20
MAX_SPANS_BYTES = 4 << 20
MAX_SECONDS = 120.0


class ModelCalls:
    """The answers for one model; each call is checked against what this model may have."""

    def __init__(self, offer: Offer, disk: Disk | None) -> None:
        self._offer = offer
        self._disk = disk
        self._images: OrderedDict[str, None] = OrderedDict()

    def asked_about(self, image: object) -> None:
        """The model is being asked about this image: what was made of it before is its business."""
        if isinstance(image, str):
            self._images[image] = None
            self._images.move_to_end(image)
            if len(self._images) > MAX_IMAGES:
                self._images.popitem(last=False)

    def calls(self) -> Mapping[str, Call]:
        """By name."""
        return {
            "read-embedding": self._read,
            "write-embedding": self._write,
            "discard-embedding": self._discard,
            "exchange": self._exchange,
            "export-spans": self._export,
        }

    async def _read(self, fields: dict[str, Any]) -> dict[str, Any]:
        key = self._key(fields)
        return {"data": await asyncio.to_thread(self._disk.read, key) if self._disk else None}

    async def _write(self, fields: dict[str, Any]) -> dict[str, Any]:
        key, data = self._key(fields), fields["data"]
        if not isinstance(data, bytes) or len(data) > MAX_EMBEDDING_BYTES:
            raise ValueError("no embedding")
        # Another model's answers rest on what is kept under a shared encoder, so a brought one only reads there.
        if self._disk and (not self._offer.brought or self._offer.encoder == self._offer.key):
            await asyncio.to_thread(self._disk.write, key, data)
        return {}

    async def _discard(self, fields: dict[str, Any]) -> dict[str, Any]:
        key = self._key(fields)
        if self._disk and (not self._offer.brought or self._offer.encoder == self._offer.key):
            await asyncio.to_thread(self._disk.discard, key, ValueError(str(fields["why"])[:200]))
        return {}

    def _key(self, fields: dict[str, Any]) -> Key:
        image, encoder = fields["image"], fields["encoder"]
        if encoder != self._offer.encoder or image not in self._images:
            raise ValueError("not its embedding")
        return image, encoder

    async def _exchange(self, fields: dict[str, Any]) -> dict[str, Any]:
        url, body = fields["url"], fields["body"]
        if not self._names(url) or not isinstance(body, bytes | None):
            raise CopilotError("backend-refused", "This model's manifest does not name that host.")
        # Few models ask other hosts, and the guard of such requests brings Django.
        from assist.adapters import outside
        from taskers.outbound.sending import Limits

        seconds, read = float(fields["seconds"]), int(fields["read"])
        if not (seconds > 0 and read >= 0):  # a wait of NaN seconds would end in no order with other waits
            raise ValueError("no limits")
        limits = Limits(min(seconds, MAX_SECONDS), read=min(read, outside.MAX_READ))
        return asdict(await outside.ask_directly(url, outside.owner_name(self._offer.key), body, limits))

    def _names(self, url: object) -> bool:
        """Whether an address lies under the one in the manifest."""
        named = self._offer.terms.options.get("url", "") if self._offer.terms else ""
        if not isinstance(url, str) or not named:
            return False
        wanted, allowed = urlsplit(url), urlsplit(named.rstrip("/"))
        same_host = (wanted.scheme, wanted.netloc) == (allowed.scheme, allowed.netloc)
        if not same_host or not f"{wanted.path}/".startswith(f"{allowed.path}/"):
            return False
        from taskers.outbound.host_keys import AMBIGUOUS

        return AMBIGUOUS.search(wanted.path.removeprefix(allowed.path)) is None

    async def _export(self, fields: dict[str, Any]) -> dict[str, Any]:
        data = fields["data"]
        if isinstance(data, bytes) and len(data) <= MAX_SPANS_BYTES:
            export = import_module("taskers.telemetry.export")  # of an extra: most don't have it
            await asyncio.to_thread(export.send_encoded, data)
        return {}
