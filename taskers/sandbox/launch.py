"""How a trusted process starts one in the sandbox: its command, environment, identity and descriptors."""

import os
import pwd
import stat
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from taskers.files.folders import CHECKOUT, data_folder, media_folder
from taskers.sandbox.__main__ import VARIABLE
from taskers.sandbox.policy import Policy

USER_VARIABLE = "TANDEM_SANDBOX_USER"
# What a sandboxed process keeps of the launcher's environment. No address, key, token or folder of data is among it.
KEPT_VARIABLES = (
    "PATH",
    "LANG",
    "LC_ALL",
    "LC_CTYPE",
    "TZ",
    "LD_LIBRARY_PATH",
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "OPENBLAS_CORETYPE",
    "OPENBLAS_L2_SIZE",
    "MALLOC_ARENA_MAX",
    "MALLOC_MMAP_THRESHOLD_",
    "MALLOC_TRIM_THRESHOLD_",
    "CUDA_VISIBLE_DEVICES",
    "NVIDIA_VISIBLE_DEVICES",
    "TANDEM_DEVICE",
    "PYTHONFAULTHANDLER",
)
# Libraries look for a home to keep caches in. PyTorch makes its own at import, which a folder that exists satisfies.
NOTHING_TO_WRITE = {
    "HOME": "/nonexistent",
    "USER": "tandem",
    "LOGNAME": "tandem",
    "TORCHINDUCTOR_CACHE_DIR": sys.prefix,
}
SYSTEM = (
    "/lib",
    "/lib64",
    "/usr/lib",
    "/usr/lib32",
    "/usr/lib64",
    "/usr/local/cuda",
    "/usr/local/lib",
    "/usr/share/zoneinfo",
    "/etc/ld.so.cache",
    "/etc/ld.so.conf",
    "/etc/ld.so.conf.d",
    "/etc/localtime",
    "/proc/self",
    "/proc/cpuinfo",
    "/proc/driver/nvidia",
    "/proc/filesystems",
    "/proc/loadavg",
    "/proc/meminfo",
    "/proc/modules",
    "/proc/stat",
    "/proc/uptime",
    "/proc/sys/vm/overcommit_memory",
    "/sys/bus/pci",
    "/sys/devices",
    "/sys/fs/cgroup",
    "/dev/random",
    "/dev/urandom",
)
GPUS = ("/dev/nvidiactl", "/dev/nvidia-uvm", "/dev/nvidia-uvm-tools", "/dev/dri", "/dev/kfd")


class SandboxMisconfigured(Exception):
    """The sandbox can't be used as the operator set it up; the message says what to change."""


@dataclass(frozen=True)
class Launch:
    """What subprocess and asyncio take to start the process: `Popen(launch.command, **launch.options)`."""

    command: Sequence[str]
    options: Mapping[str, Any]


def prepare(
    program: Sequence[str],
    policy: Policy,
    *,
    packages: Sequence[str] = (),
    variables: Mapping[str, str] | None = None,
    gpu: bool = False,
) -> Launch:
    """A process that runs `program` (a module or a script, and its arguments) under `policy`.

    It may read Python, the installed packages, and those of Tandem's own `packages` that are named, and nothing of the
    data folder that the policy does not name. `variables` are added to its environment. Raises SandboxMisconfigured,
    also where its user can't reach what it is to read.
    """
    sources = [CHECKOUT / package for package in packages]
    sources += [Path(program[0])] if program[0].endswith(".py") else []
    everywhere = policy.with_paths(readable=[*python_paths(), *sources])
    devices = ("/dev/null", *policy.devices, *(gpu_devices() if gpu else ()))
    complete = replace(everywhere, devices=devices, packages=packages)
    environment = {name: os.environ[name] for name in KEPT_VARIABLES if name in os.environ}
    environment |= NOTHING_TO_WRITE | dict(variables or {})
    environment[VARIABLE] = complete.dumps()
    user = identity()
    refuse_closed(user, [sys.executable, *policy.readable, *policy.writable])
    options: dict[str, Any] = {"env": environment, "cwd": CHECKOUT, **user}
    return Launch([sys.executable, "-m", "taskers.sandbox", *program], options)


def identity() -> dict[str, Any]:
    """The user that the operator set aside for sandboxed processes, as options of a process; none where there is none.

    Raises SandboxMisconfigured where it is not known, is root, or this process may not become it.
    """
    name = os.environ.get(USER_VARIABLE, "").strip()
    if not name:
        return {}
    try:
        user = pwd.getpwnam(name)
    except KeyError:
        raise SandboxMisconfigured(f"{USER_VARIABLE} names {name}, and this machine has no such user.") from None
    if user.pw_uid == 0:
        raise SandboxMisconfigured(f"{USER_VARIABLE} names {name}, who is root: name a user without any rights.")
    if os.geteuid() == user.pw_uid:
        return {}
    if os.geteuid() != 0:
        raise SandboxMisconfigured(f"{USER_VARIABLE} is set, and only root may start processes as {name}.")
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


def refuse_closed(user: Mapping[str, Any], paths: Sequence[str]) -> None:
    """Raise SandboxMisconfigured where the user of `identity` can't pass through the folders above `paths`."""
    if user and (closed := closed_to(user["user"], user["group"], paths)):
        folders = ", ".join(map(str, closed))
        name = os.environ[USER_VARIABLE]
        raise SandboxMisconfigured(f"{name} can't pass through {folders}: chmod o+x, or move what lies there.")


def closed_to(user: int, group: int, paths: Sequence[str]) -> list[Path]:
    """The folders above `paths` that a user and a group, by number, may not pass through.

    Folders with an access control list are taken to be open, since their mode does not tell.
    """
    folders = sorted({folder for path in paths for folder in _folders_above(Path(path))})
    return [folder for folder in folders if not _may_pass(folder, user, group)]


def _folders_above(path: Path) -> set[Path]:
    """All folders on the way to a file, by its name and, if it is a link, by where it leads."""
    return {folder for way in (path.absolute(), path.resolve()) for folder in way.parents}


def _may_pass(folder: Path, user: int, group: int) -> bool:
    try:
        facts = folder.stat()
        if "system.posix_acl_access" in os.listxattr(folder):
            return True
    except OSError:
        return True  # what is missing, or can't be looked at, is named where it is opened
    if facts.st_uid == user:
        return bool(facts.st_mode & stat.S_IXUSR)
    return bool(facts.st_mode & (stat.S_IXGRP if facts.st_gid == group else stat.S_IXOTH))


def hand_over(*paths: Path) -> None:
    """Give files and folders that we made to the user that sandboxed processes run as, where that is another one."""
    user = identity()
    for path in paths if user else ():
        for entry in [path, *path.rglob("*")]:
            if not entry.is_symlink() and entry.stat().st_nlink == 1 or entry.is_dir():
                os.chown(entry, user["user"], user["group"], follow_symlinks=False)


def python_paths() -> list[Path]:
    """What every Python process reads: the interpreter, the installed packages, the system's libraries.

    Raises SandboxMisconfigured where the data folder lies within, since it would be readable too.
    """
    prefixes = {Path(prefix).resolve() for prefix in (sys.prefix, sys.base_prefix, sys.exec_prefix)}
    system = [Path(path) for path in SYSTEM]
    if Path("/usr") in prefixes:  # the system's own Python: its libraries are among the system's
        prefixes.discard(Path("/usr"))
        system.append(Path("/usr/bin"))
    paths = [*sorted(prefixes), *system]
    secret = (data_folder(), media_folder(data_folder()))
    for path in paths:
        for folder in secret:
            if folder.is_relative_to(path.resolve()):
                text = f"The data folder {folder} lies in {path}, which every sandboxed process must read: move it."
                raise SandboxMisconfigured(text)
    return paths


def gpu_devices() -> list[str]:
    """The devices of this machine's GPUs; empty where there are none."""
    cards = [str(path) for path in Path("/dev").glob("nvidia[0-9]*")]
    return [*cards, *(path for path in GPUS if os.path.exists(path))]
