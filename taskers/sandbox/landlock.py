"""Landlock: the kernel's access rules that a process sets for itself, by ctypes (man 7 landlock).

Each version of the interface (ABI) handles more kinds of access. What the running kernel does not know is left out;
what it knows and no rule allows is denied. The rules hold for the calling thread and all that it starts.
"""

import ctypes
import os
import struct

CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 444, 445, 446  # the same numbers on every architecture
VERSION_FLAG = 1
PATH_BENEATH = 1

EXECUTE, WRITE_FILE, READ_FILE, READ_DIR, REMOVE_DIR, REMOVE_FILE = (1 << bit for bit in range(6))
MAKE_CHAR, MAKE_DIR, MAKE_REG, MAKE_SOCK, MAKE_FIFO, MAKE_BLOCK, MAKE_SYM = (1 << bit for bit in range(6, 13))
REFER, TRUNCATE, IOCTL_DEV = 1 << 13, 1 << 14, 1 << 15

READ = READ_FILE | READ_DIR
WRITE = WRITE_FILE | REMOVE_DIR | REMOVE_FILE | MAKE_DIR | MAKE_REG | MAKE_SYM | REFER | TRUNCATE
DEVICE = READ_FILE | WRITE_FILE | IOCTL_DEV
OF_A_FILE = EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE | IOCTL_DEV

NETWORK = 0b11  # binding and connecting by TCP
SCOPES = 0b11  # abstract UNIX sockets, and signals to processes outside

libc = ctypes.CDLL(None, use_errno=True)
libc.syscall.restype = ctypes.c_long


def abi() -> int:
    """The version of the interface that the running kernel has; 0 where it has none or Landlock is switched off."""
    version = libc.syscall(CREATE_RULESET, None, ctypes.c_size_t(0), ctypes.c_uint32(VERSION_FLAG))
    return max(0, version)


def handled_files(version: int) -> int:
    """Every kind of access to files that this version of the interface can deny."""
    known_bits = {1: 13, 2: 14, 3: 15, 4: 15}.get(version, 16)
    return (1 << known_bits) - 1


class Ruleset:
    """Rules under construction. `restrict` puts them into force for good."""

    def __init__(self) -> None:
        """Raises OSError where the kernel has no Landlock."""
        version = abi()
        self._files = handled_files(version)
        fields = [self._files]
        if version >= 4:
            fields.append(NETWORK)
        if version >= 6:
            fields.append(SCOPES)
        attributes = struct.pack(f"={len(fields)}Q", *fields)
        self._fd = self._checked(CREATE_RULESET, attributes, ctypes.c_size_t(len(attributes)), ctypes.c_uint32(0))

    def allow(self, path: str, access: int) -> None:
        """Allow access to a file, or to everything beneath a folder; a path that does not exist is passed over."""
        try:
            place = os.open(path, os.O_PATH | os.O_CLOEXEC)
        except OSError:
            return
        try:
            if not os.path.isdir(path):
                access &= OF_A_FILE
            rule = struct.pack("=Qi", access & self._files, place)
            self._checked(ADD_RULE, ctypes.c_int(self._fd), ctypes.c_int(PATH_BENEATH), rule, ctypes.c_uint32(0))
        finally:
            os.close(place)

    def restrict(self) -> None:
        """Put the rules into force. The process must have set no_new_privs. Raises OSError."""
        self._checked(RESTRICT_SELF, ctypes.c_int(self._fd), ctypes.c_uint32(0))
        os.close(self._fd)

    @staticmethod
    def _checked(number: int, *arguments: object) -> int:
        value = libc.syscall(number, *arguments)
        if value < 0:
            code = ctypes.get_errno()
            raise OSError(code, f"Landlock: {os.strerror(code)}")
        return value
