"""What a model that was brought here is made of, and how its kind of adapter reads it. Standard library only."""

import contextlib
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

BUNDLE = "bundle"
OWNER_MARK = "+"  # before the owner in the name of an organization's own model; no manifest may have it in a name


def owner_of(key: str) -> str:
    """The first digits of the public id of a model's organization; "" where it was brought for everybody."""
    return key.partition("@")[0].partition(OWNER_MARK)[2]


@dataclass(frozen=True)
class Terms:
    """What a manifest says beside names and files."""

    adapter: str
    labels: Sequence[str] = ()  # the model's own, in the order of its numbers
    label_map: Mapping[str, str] = field(default_factory=dict)  # the model's label -> a project's label key
    input: Mapping[str, Any] = field(default_factory=dict)  # its limits
    resources: Mapping[str, Any] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)  # the adapter's own


@dataclass(frozen=True)
class Bundle:
    """One such model, ready to be loaded."""

    key: str
    capability: str
    files: Mapping[str, Path]  # by their place in the model's folder; each was verified
    terms: Terms
    store: Path  # the folder of model files
    own_state: Path | None = None  # the only folder that it may write to, where it is sandboxed

    @property
    def state(self) -> Path:
        """Where it may keep what outlives its process."""
        return self.own_state or self.store

    def one(self, suffix: str) -> str:
        """The place of its one file of a kind."""
        return next(name for name in self.files if name.endswith(suffix))

    @contextlib.contextmanager
    def folder(self) -> Iterator[Path]:
        """The model's folder as it was brought, for as long as it is read: links to the files that lie by content.

        A sandboxed process, which may write nothing, finds it laid out beside them.
        """
        laid = self.store / BUNDLE
        if laid.is_dir():
            yield laid
            return
        self.store.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".folder-", dir=self.store) as place:
            for name, file in self.files.items():
                link = Path(place) / name
                link.parent.mkdir(parents=True, exist_ok=True)
                link.hardlink_to(file)
            yield Path(place)
