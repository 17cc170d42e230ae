"""Embeddings by (image sha256, model): in memory first, then on disk, made once however many ask.

Half precision everywhere, so that an answer is the same whether its embedding was just made or read back.
"""

import asyncio
import struct
import threading
import zlib
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterable
from itertools import islice
from pathlib import Path

import numpy as np

from assist.adapters import Embedding
from assist.runtime import metrics
from assist.runtime.embedding_files import Disk, EmbeddingFiles, Key, first_to_go

# File: magic, crc32 of the numbers, image height and width, channels, grid height and width; then float16 numbers.
MAGIC = b"TEMB0001"
HEADER = struct.Struct("<8sIIIIII")

# How large the store is, in MiB, unless the environment says otherwise (docs/operate.md); and bytes of an embedding as
# the default model makes them, which stand for all before there is one.
STORE_MB = {"TANDEM_EMBEDDINGS_MEMORY_MB": 512, "TANDEM_EMBEDDINGS_MB": 4096}
USUAL = (2 << 20) + HEADER.size


class EmbeddingStore:
    """Memory over disk, each with its own limit in bytes; the least recently used goes first, and what is pinned only
    where nothing else is left.

    The disk is a folder, or whatever `disk` is: a sandboxed process reaches it through the process that started it.
    """

    def __init__(
        self,
        folder: Path | None,
        memory_bytes: int = 512 << 20,
        disk_bytes: int = 4 << 30,
        disk: Disk | None = None,
    ) -> None:
        self._disk = EmbeddingFiles(folder, disk_bytes) if folder is not None else disk
        self._memory_bytes = memory_bytes
        self._disk_bytes = disk_bytes
        self._held: OrderedDict[Key, Embedding] = OrderedDict()
        self._held_bytes = 0
        self._lock = threading.Lock()
        self._making: dict[Key, asyncio.Task[Embedding]] = {}
        self._awaited: set[asyncio.Task[Embedding]] = set()  # of these, those that were begun for somebody who waits
        self._writing: set[asyncio.Task[None]] = set()
        self._pinned: frozenset[str] = frozenset()  # sha256 of images
        self._counts = dict.fromkeys(("in_memory", "on_disk", "made", "out_of_memory"), 0)

    @property
    def disk_faults(self) -> int:
        """How often the disk failed."""
        return self._disk.faults if self._disk else 0

    def pin(self, images: Iterable[str]) -> None:
        """Until the next call, what was made of these images goes last; what was pinned before is so no longer."""
        pinned = frozenset(images)
        with self._lock:
            self._pinned = pinned
        if self._disk is not None:
            self._disk.pin(pinned)

    def recall(self, key: Key) -> Embedding | None:
        """From memory, at once."""
        with self._lock:
            embedding = self._held.get(key)
            if embedding is not None:
                self._held.move_to_end(key)
            return embedding

    def read(self, key: Key) -> Embedding | None:
        """From memory or disk; a file that is torn or not ours counts as absent and is removed."""
        embedding = self.recall(key)
        if embedding is not None or self._disk is None:
            return embedding
        data = self._disk.read(key)
        if data is None:
            return None
        try:
            embedding = _decode(data)
        except ValueError as error:
            self._disk.discard(key, error)
            return None
        self._hold(key, embedding)
        return embedding

    def write(self, key: Key, embedding: Embedding) -> None:
        """Into memory, and to disk if the disk lets us."""
        self._hold(key, embedding)
        if self._disk is not None:
            self._disk.write(key, _encode(embedding))

    async def obtain(
        self, key: Key, make: Callable[[], Awaitable[Embedding]] | None, patience: float | None = None
    ) -> Embedding | None:
        """The embedding, made by `make` if nobody has it; who asks meanwhile waits for the same one.

        `patience`: somebody waits, and for one that was asked for without it no longer than so many seconds: then it
        is made anew. Without `make`, None if it is neither held nor being made. A cancelled asker stops nobody else's
        wait.
        """
        embedding = self.recall(key)
        if embedding is not None:
            metrics.IN_MEMORY.inc()
            self._counts["in_memory"] += 1
            return embedding
        making = self._making.get(key)
        if making is None:
            embedding = await asyncio.to_thread(self.read, key)
            if embedding is not None:
                metrics.ON_DISK.inc()
                self._counts["on_disk"] += 1
                return embedding
            making = self._making.get(key)  # somebody may have begun during the read
        if making is not None and patience is not None and making not in self._awaited:
            await asyncio.wait({making}, timeout=patience)
            if not making.done():
                now = self._making.get(key)
                making = now if now is not making else None  # the next who wait may have lost patience before
        if making is None:
            if make is None:
                return None
            making = self._begin(key, make)
            if patience is not None:
                self._awaited.add(making)
        return await asyncio.shield(making)

    def bytes_held(self) -> int:
        """What memory holds now."""
        return self._held_bytes

    def bytes_on_disk(self) -> int:
        """What the disk is known to hold, once it was first written to."""
        return self._disk.bytes_used() if self._disk else 0

    def figures(self, encoders: int = 1) -> dict[str, int]:
        """How full it is and may be, and since its start: how often what was asked for was found in memory or on disk,
        or had to be made; and how many had to go. `pinned`: images that are; `pinned_kept`: of how many it has what was
        made of them; `pinned_most`: for how many it has room, where
        so many encoders make an embedding each, as large as those it holds."""
        held = {"memory_bytes": self.bytes_held(), "disk_bytes": self.bytes_on_disk()}
        on_disk = self._disk.images() if self._disk else set()
        with self._lock:
            kept = {image for image, _ in self._held} | on_disk
            pinned = {"pinned": len(self._pinned), "pinned_kept": len(self._pinned & kept)}
            one = self._usual_size()
        limits = {"memory_limit": self._memory_bytes, "disk_limit": self._disk_bytes}
        pinned["pinned_most"] = max(limits.values()) // (one * max(1, encoders))
        return held | limits | pinned | self._counts | {"off_disk": self._disk.removed if self._disk else 0}

    def _usual_size(self) -> int:
        """Bytes of an embedding, the middle of those on disk or else in memory. The caller holds the lock."""
        sizes = self._disk.sizes() if self._disk else []
        sizes = sizes or [one.features.nbytes + HEADER.size for one in self._held.values()]
        return sum(sizes) // len(sizes) if sizes else USUAL

    async def written(self) -> None:
        """Wait until what was made is on disk, as far as the disk lets us."""
        while self._writing:
            await asyncio.wait(set(self._writing))

    def _begin(self, key: Key, make: Callable[[], Awaitable[Embedding]]) -> asyncio.Task[Embedding]:
        metrics.MISSED.inc()
        self._counts["made"] += 1
        making = asyncio.create_task(self._make(key, make))
        self._making[key] = making
        making.add_done_callback(lambda task: self._made(key, task))
        return making

    async def _make(self, key: Key, make: Callable[[], Awaitable[Embedding]]) -> Embedding:
        """Whoever waits for it has it at once; it goes to disk behind them."""
        embedding = await make()
        self._hold(key, embedding)
        writing = asyncio.create_task(asyncio.to_thread(self.write, key, embedding))
        self._writing.add(writing)
        writing.add_done_callback(self._writing.discard)
        return embedding

    def _made(self, key: Key, task: asyncio.Task[Embedding]) -> None:
        self._awaited.discard(task)
        if self._making.get(key) is task:  # else it was made anew meanwhile
            del self._making[key]
        if not task.cancelled():
            task.exception()  # looked at here, since every asker may have gone

    def _hold(self, key: Key, embedding: Embedding) -> None:
        with self._lock:
            old = self._held.pop(key, None)
            self._held_bytes += embedding.features.nbytes - (old.features.nbytes if old else 0)
            self._held[key] = embedding
            while self._held_bytes > self._memory_bytes and len(self._held) > 1:
                older = list(islice(self._held, len(self._held) - 1))  # what came just now is asked about just now
                self._held_bytes -= self._held.pop(first_to_go(older, _image_of, self._pinned)).features.nbytes
                metrics.FROM_MEMORY.inc()
                self._counts["out_of_memory"] += 1


def _image_of(key: Key) -> str:
    return key[0]


def _encode(embedding: Embedding) -> bytes:
    numbers = np.ascontiguousarray(embedding.features, np.float16).tobytes()
    _, channels, rows, columns = embedding.features.shape
    return HEADER.pack(MAGIC, zlib.crc32(numbers), *embedding.image_size, channels, rows, columns) + numbers


def _decode(data: bytes) -> Embedding:
    if len(data) < HEADER.size:
        raise ValueError("the file is cut short")
    magic, crc, height, width, channels, rows, columns = HEADER.unpack_from(data)
    numbers = memoryview(data)[HEADER.size :]
    if magic != MAGIC or len(numbers) != 2 * channels * rows * columns or zlib.crc32(numbers) != crc:
        raise ValueError("the file is torn or not an embedding")
    return Embedding(np.frombuffer(numbers, np.float16).reshape(1, channels, rows, columns), (height, width))
