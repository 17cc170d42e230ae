"""A process puts itself into the sandbox, before it opens anything untrusted and before it starts a thread."""

import os
import resource

from taskers.sandbox import landlock, privileges, seccomp
from taskers.sandbox.policy import Limits, Policy

STACK_BYTES = 64 << 20  # of the first thread, which RLIMIT_DATA leaves out
MAX_THREADS = 8192  # of all processes of the same user, so that they leave the machine numbers; root is never limited


class CannotEnter(Exception):
    """The sandbox could not be entered; the message says what is missing. Nothing untrusted may be opened then."""


def enter(policy: Policy) -> None:
    """Give up everything that the policy does not allow, for good, as far as this kernel can deny it.

    What the kernel cannot deny, `machine.gaps` names. Raises CannotEnter where something that it can deny failed.
    """
    if len(os.listdir("/proc/self/task")) > 1:
        raise CannotEnter("A thread was started before the sandbox was entered; it would stay outside.")
    try:
        limit(policy.limits)
        privileges.drop()
        if landlock.abi():
            _confine(policy)
        if seccomp.available():
            seccomp.install()
    except (OSError, ValueError) as problem:
        raise CannotEnter(f"The sandbox can't be entered: {problem}.") from None


def limit(limits: Limits) -> None:
    """Lower the limits of this process to these; those that are lower already stay. Raises OSError, ValueError."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    wanted = {
        resource.RLIMIT_DATA: limits.memory_bytes,
        resource.RLIMIT_AS: limits.address_bytes,
        resource.RLIMIT_FSIZE: limits.file_bytes,
        resource.RLIMIT_NOFILE: limits.open_files,
        resource.RLIMIT_CPU: limits.cpu_seconds,
        resource.RLIMIT_STACK: STACK_BYTES,
        resource.RLIMIT_NPROC: MAX_THREADS,
    }
    for kind, value in wanted.items():
        hard = resource.getrlimit(kind)[1]
        if value and (hard == resource.RLIM_INFINITY or value < hard):
            resource.setrlimit(kind, (value, value))


def _confine(policy: Policy) -> None:
    rules = landlock.Ruleset()
    for path in policy.readable:
        rules.allow(path, landlock.READ)
    for path in policy.writable:
        rules.allow(path, landlock.READ | landlock.WRITE)
    for path in policy.devices:
        rules.allow(path, landlock.DEVICE)
    rules.restrict()
