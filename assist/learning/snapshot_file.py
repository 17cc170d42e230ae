"""A snapshot as one Parquet file: written row by row in the memory of one row group, read likewise.

The same rows give the same bytes, so its sha256 names it. Any reader of Parquet can open it. Only this module and the
archive's know pyarrow, and load it when it is needed.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, Any

SCHEMA = 2  # version of the layout; 1 lacks the last two columns
GROUP = 2_000  # rows
# How a task's turn came: as ever; by lot, or by a model's doubts (learning/selection/); or a model looked and left it.
USUAL, RANDOM, CHOSEN, LEFT = "usual", "random", "chosen", "left"


@dataclass(frozen=True)
class Line:
    """One verdict: of what, what was decided, how it was found, and what it may be used for."""

    task: str
    batch: str
    group: str
    split: str
    blind: bool
    payload: str  # JSON
    asset: str  # sha256 of its image; "" where it has none
    verdict: str
    answer: str  # JSON, under the labels of the snapshot's settings
    method: str
    confidence: float
    at: datetime
    stream: str = USUAL
    propensity: float | None = None  # to be put first at this look, given the split; None: no model looked at it

    @property
    def said(self) -> dict[str, Any]:
        """The answer."""
        return json.loads(self.answer)

    @property
    def shown(self) -> dict[str, Any]:
        """The payload."""
        return json.loads(self.payload)


class Writer:
    """Lines into a file, and what it then is."""

    def __init__(self, path: Path, told: Mapping[str, str]) -> None:
        import pyarrow as arrow
        from pyarrow import parquet

        kinds: dict[Any, Any] = {bool: arrow.bool_(), datetime: arrow.timestamp("us", tz="UTC")}
        kinds |= dict.fromkeys((float, float | None), arrow.float64())
        fields = [arrow.field(name, kinds.get(kind, arrow.string())) for name, kind in Line.__annotations__.items()]
        self._schema = arrow.schema(fields, metadata={"tandem": "snapshot", "schema": str(SCHEMA), **told})
        self._file = parquet.ParquetWriter(path, self._schema, compression="zstd")
        self._held: list[dict[str, Any]] = []
        self._table = arrow.Table
        self.path = path

    def add(self, lines: Iterable[Line]) -> None:
        """More of them."""
        for line in lines:
            self._held.append(vars(line))  # plain values, of which asdict would copy each
            if len(self._held) == GROUP:
                self._write()

    def close(self) -> str:
        """End it; returns its sha256."""
        if self._held:
            self._write()
        self._file.close()
        return digest(self.path)

    def _write(self) -> None:
        self._file.write_table(self._table.from_pylist(self._held, schema=self._schema))
        self._held = []


def name_of(sha256: str) -> str:
    """Where the file lies."""
    return f"snapshots/{sha256}.parquet"


def digest(path: Path) -> str:
    """The sha256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def read(path: Path, split: str = "") -> Iterator[Line]:
    """The lines of a file in their order; of one split, where that is said."""
    from pyarrow import parquet

    for group in parquet.ParquetFile(path).iter_batches(GROUP):
        for row in group.to_pylist():
            if not split or row["split"] == split:
                yield Line(**row)


def groups(file: IO[bytes], *, but: str) -> set[str]:
    """The groups of all lines but those of one split."""
    from pyarrow import parquet

    found = set[str]()
    for some in parquet.ParquetFile(file).iter_batches(columns=["group", "split"]):
        pairs = zip(some["group"].to_pylist(), some["split"].to_pylist(), strict=True)
        found.update(group for group, split in pairs if split != but)
    return found


def without(path: Path, split: str, target: Path) -> Path:
    """A copy that lacks the lines of one split."""
    writer = Writer(target, {name: value for name, value in told(path).items() if name != "ARROW:schema"})
    writer.add(line for line in read(path) if line.split != split)
    writer.close()
    return target


def told(path: Path) -> dict[str, str]:
    """What the file says of itself."""
    from pyarrow import parquet

    metadata = parquet.ParquetFile(path).schema_arrow.metadata or {}
    return {name.decode(): value.decode() for name, value in metadata.items()}
