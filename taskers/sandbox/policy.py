"""What a sandboxed process may read, write and use up. Everything else is denied."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

# Address space beside the memory that may be taken: libraries, mapped files, stacks, what allocators reserve. Page
# tables for what is touched take 1/512 of it, which RLIMIT_DATA leaves out.
ADDRESS_SPARE_BYTES = 64 << 30


@dataclass(frozen=True)
class Limits:
    """Limits of one process; 0 means that the limit is not set."""

    memory_bytes: int = 0  # RLIMIT_DATA: heap and anonymous memory; mapped libraries and files do not count
    file_bytes: int = 1 << 30  # size of any file that it writes
    open_files: int = 512
    cpu_seconds: int = 0
    address_bytes: int = 0  # RLIMIT_AS: bounds page tables; not for drivers of GPUs, which reserve address space


@dataclass(frozen=True)
class Policy:
    """`readable` and `writable` are files or folders, `devices` are files below /dev that may be read and written.

    `packages` are top-level packages that are imported before, since the folder they lie in cannot be listed inside.
    """

    readable: Sequence[str] = ()
    writable: Sequence[str] = ()
    devices: Sequence[str] = ()
    packages: Sequence[str] = ()
    limits: Limits = field(default_factory=Limits)

    def with_paths(self, *, readable: Sequence[Path] = (), writable: Sequence[Path] = ()) -> "Policy":
        """The same policy with more paths."""
        return replace(
            self,
            readable=(*self.readable, *map(str, readable)),
            writable=(*self.writable, *map(str, writable)),
        )

    def dumps(self) -> str:
        """The policy as the launcher hands it to the process."""
        return json.dumps(asdict(self))

    @classmethod
    def loads(cls, text: str) -> "Policy":
        """Raises ValueError, KeyError or TypeError for anything that `dumps` did not write."""
        fields = json.loads(text)
        return cls(**{**fields, "limits": Limits(**fields["limits"])})
