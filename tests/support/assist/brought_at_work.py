"""One of each kind of model that somebody brings, served by one runtime, and the host of those that are elsewhere."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from assist.adapters import catalogue
from assist.models import ModelVersion
from assist.registry import registry
from tests.support.assist import brought, sam2
from tests.support.assist.brought import Backend
from tests.support.assist.running import Runtime, running


@dataclass
class Brought:
    """The runtime, its store, the host, and the folder of each."""

    store: Path
    host: Backend
    runtime: Runtime
    folders: dict[str, Path]

    def version(self, name: str) -> ModelVersion:
        """One of them, which has answered a first question."""
        made = registry.bring(self.store, self.folders[name])
        return registry.tried(made, well=True, said="", figures={})


@contextmanager
def at_work(at: Path, store: Path) -> Iterator[Brought]:
    """All of them, while the tests go on."""
    with brought.serving(lambda path, body: (500, {})) as host:
        chat = "model = 'small-one'\nmost_tokens = 50\n"
        folders = {
            "things": detector(at / "things"),
            "namen": brought.spans_folder(at / "namen"),
            "moods": brought.classifier_folder(at / "moods", labels=["glad", "sad", "nothing"]),
            "sam2": sam2.folder(at / "sam2"),
            "places": brought.embedder_folder(at / "places"),
            "far": remote(at, "far", "spans", "http", host.url),
            "scribe": remote(at, "scribe", "generate", "http", host.url),
            "chat": remote(at, "chat", "classify", "openai", f"{host.url}/v1", chat),
        }
        for folder in folders.values():
            with brought.checked(folder) as (offer, files):
                catalogue.enter(store, offer, files)
        keys = ["fake-masks@1", *(f"{name}@1" for name in folders)]
        with pytest.MonkeyPatch.context() as allowed:
            allowed.setitem(os.environ, "TANDEM_OUTBOUND", "http://127.0.0.1")
            allowed.setitem(os.environ, "TANDEM_OUTBOUND_PRIVATE", "127.0.0.1")
            with running(*keys, weights=store, more=("--alone",)) as runtime:
                runtime.until_ready()
                yield Brought(store, host, runtime, folders)


def remote(at: Path, name: str, capability: str, adapter: str, url: str, options: str = "", **fields: Any) -> Path:
    """Of a model that answers on another host."""
    page = f"[options]\nurl = '{url}'\nseconds = 5\n{options}"
    return brought.folder(at / name, page, name=name, capability=capability, adapter=adapter, **fields)


def detector(at: Path) -> Path:
    """Of things that are cats, and of others that are dogs."""
    page = f"{brought.DETECTOR}[label_map]\nthing = 'cat'\nother = 'dog'\n"
    return brought.detector_folder(at, page=page)
