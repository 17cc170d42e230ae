"""The whole answer to a scrape: what the processes of this machine counted, and what database and disks say."""

import hmac
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from prometheus_client import CollectorRegistry, generate_latest

from config.metrics.figures import Figures
from config.metrics.gather import gather
from config.metrics.kept import Kept
from taskers.files.folders import data_folder, media_folder
from taskers.telemetry import publish

MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"
TOGETHER_SECONDS = 1.0  # scrapes that come within this of each other are told the same


def folders() -> dict[str, Path]:
    """Those whose disks are looked at."""
    data = data_folder()
    return {"data": data, "media": media_folder(data)}


class Told:
    """What is told here. Whoever scrapes more often than once a second makes no more work by it."""

    def __init__(self, terms: Mapping[str, Any]) -> None:
        self._registry = CollectorRegistry()
        self._registry.register(_Silent(Figures(terms, folders())))
        self._text = Kept(self._tell, fresh=TOGETHER_SECONDS, patience=5.0)

    def text(self) -> str:
        """Everything, in Prometheus' text form."""
        return self._text.answer().found or ""

    def _tell(self) -> str:
        return gather(publish.folder()) + generate_latest(self._registry).decode()


class _Silent:
    """A collector that isn't asked anything when it is registered."""

    def __init__(self, figures: Figures) -> None:
        self.collect = figures.collect

    def describe(self) -> list:
        return []


def allowed(authorization: str) -> bool:
    """Whether an `Authorization` header names the operator's token. Without one there is none to name."""
    token = os.environ.get("TANDEM_METRICS_TOKEN", "")
    scheme, _, said = authorization.partition(" ")
    return bool(token) and scheme.lower() == "bearer" and hmac.compare_digest(said.strip().encode(), token.encode())
