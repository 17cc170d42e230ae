"""Gives up for good whatever a process could do beyond its user's own rights (man 7 capabilities)."""

import ctypes
import os
import struct

from taskers.sandbox.landlock import libc

PR_SET_NO_NEW_PRIVS, PR_CAPBSET_DROP, PR_CAP_AMBIENT, PR_SET_DUMPABLE = 38, 24, 47, 4
CLEAR_AMBIENT = 4
CAPABILITY_VERSION = 0x20080522
CAPABILITIES = range(64)


def drop() -> None:
    """Set no_new_privs and clear every capability, root's too. Raises OSError."""
    _checked(libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
    for capability in CAPABILITIES:
        libc.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0)  # fails without the right to, and then there is none to drop
    libc.prctl(PR_CAP_AMBIENT, CLEAR_AMBIENT, 0, 0, 0)
    header = ctypes.create_string_buffer(struct.pack("=Ii", CAPABILITY_VERSION, 0))
    _checked(libc.capset(header, struct.pack("=6I", 0, 0, 0, 0, 0, 0)))
    # Others of the same user can then neither trace this process nor read its memory, nor is a core written.
    _checked(libc.prctl(PR_SET_DUMPABLE, 0, 0, 0, 0))


def _checked(failed: int) -> None:
    if failed:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
