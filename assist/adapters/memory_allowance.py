"""How much memory a brought model may take once its libraries are loaded: a bomb in a small file ends its own process.

Set once in a model's process, before the model is loaded; elsewhere nothing is limited.
"""

import re
from pathlib import Path
from typing import TYPE_CHECKING

from assist.adapters.devices import CPU, Device, usable_cores
from assist.adapters.kinds import KINDS
from taskers.sandbox.enter import limit
from taskers.sandbox.policy import ADDRESS_SPARE_BYTES, Limits

if TYPE_CHECKING:
    from assist.adapters import Offer

BASE_MB = 160  # beside what follows, of a model that declares nothing
THREAD_MB = 8  # the kernel counts the whole stack of a thread
TIMES_FILES = 4  # weights are read, converted and held
OWN_DATA = re.compile(r"VmData:\s+(\d+) kB")

_allowance_mb = 0


def grant(offer: "Offer") -> None:
    """Have `tighten` leave this model so much; nothing is limited for models that come with Tandem."""
    global _allowance_mb
    _allowance_mb = allowance_mb(offer) if offer.brought else 0


def allowance_mb(offer: "Offer") -> int:
    """By what its manifest declares, else by its kind and the size of its files."""
    assert offer.terms is not None
    files_mb = sum(artifact.size for artifact in offer.artifacts) >> 20
    declared = offer.terms.resources.get("memory_mb") or KINDS[offer.terms.adapter].memory_mb or BASE_MB
    threads_mb = THREAD_MB * (3 * usable_cores() + 8)
    return declared + threads_mb + TIMES_FILES * files_mb


def tighten(device: Device) -> None:
    """Called when the libraries are loaded and the model is not. Drivers of GPUs reserve far more than they use."""
    if not _allowance_mb or device != CPU:
        return
    status = Path("/proc/self/status").read_text()
    match = OWN_DATA.search(status)
    assert match is not None
    memory_bytes = (int(match[1]) << 10) + (_allowance_mb << 20)
    address_bytes = memory_bytes + ADDRESS_SPARE_BYTES
    limit(Limits(memory_bytes=memory_bytes, file_bytes=0, open_files=0, address_bytes=address_bytes))


def exhausted_text(key: str) -> str:
    """What is said of a model that needed more."""
    return f"{key} needs more than the {_allowance_mb:,} MB of memory it may have: declare resources.memory_mb."
