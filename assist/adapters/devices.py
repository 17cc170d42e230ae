"""Where a model runs: chosen once, when its process starts. `TANDEM_DEVICE` is auto (the default), cpu, cuda or mps."""

import os
from dataclasses import dataclass

KINDS = ("auto", "cuda", "mps", "cpu")


class DeviceMissing(Exception):
    """The device that was asked for isn't on this machine; the message is one sentence that says what to do."""


@dataclass(frozen=True)
class Device:
    """A device by torch's name for it. `half`: whether models may run in half precision, which pays on CUDA alone."""

    name: str

    @property
    def half(self) -> bool:
        return self.name == "cuda"


CPU = Device("cpu")


def choose(wanted: str = "") -> Device:
    """The device of this machine: CUDA before MPS before the CPU, unless one is named. Imports torch.

    Raises DeviceMissing for a device that isn't here, and ValueError for a name that isn't known.
    """
    wanted = wanted or os.environ.get("TANDEM_DEVICE", "") or "auto"
    if wanted not in KINDS:
        raise ValueError(f"TANDEM_DEVICE is {wanted!r}; it is one of {', '.join(KINDS)}.")
    if wanted == "cpu":
        return CPU
    here = _here()
    if wanted == "auto":
        return Device(next((kind for kind in KINDS if kind in here), "cpu"))
    if wanted not in here:
        raise DeviceMissing(
            f"TANDEM_DEVICE asks for {wanted}, and this machine's PyTorch has {' and '.join(sorted(here))} only:"
            " install a PyTorch built for it, or set TANDEM_DEVICE=auto."
        )
    return Device(wanted)


def usable_cores() -> int:
    """The cores that this process may run on."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _here() -> set[str]:
    import torch

    found = {"cpu"}
    if torch.cuda.is_available():
        found.add("cuda")
    if torch.backends.mps.is_available():
        found.add("mps")
    return found
