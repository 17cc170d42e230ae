"""Seccomp: system calls that a sandboxed process may not make, as a filter of classic BPF, by ctypes (man 2 seccomp).

Denied are new processes and programs, sockets, signals to others, tracing, changes of identity, mode and mounts, memory
that no limit counts, and whatever would pass by the filter (io_uring). Threads are allowed. A denied call fails with
EPERM instead of killing the process, since libraries try some of them and go on without.

Numbers: the kernel's arch/x86/entry/syscalls/syscall_64.tbl and include/uapi/asm-generic/unistd.h.
"""

import ctypes
import errno
import os
import platform
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from taskers.sandbox.landlock import libc

SET_MODE_FILTER, GET_ACTION_AVAIL = 1, 2
FLAG_TSYNC = 1  # the filter holds for all threads of the process
PR_GET_SECCOMP = 21

ALLOW, KILL_PROCESS, ERRNO = 0x7FFF0000, 0x80000000, 0x00050000
# struct seccomp_data: number, architecture, instruction pointer, six arguments of 64 bits (low half first).
NUMBER, ARCHITECTURE, FIRST_ARGUMENT = 0, 4, 16
LOAD, JUMP_EQUAL, JUMP_GREATER_EQUAL, JUMP_BITS, AND, RETURN = 0x20, 0x15, 0x35, 0x45, 0x54, 0x06

CLONE_THREAD = 0x10000
AF_UNIX, SOCK_STREAM, SOCKET_TYPES = 1, 1, 0xF
SHARED_ANONYMOUS = 0x21  # MAP_SHARED and MAP_ANONYMOUS
MAP_GROWSDOWN = 0x100  # counts as a stack, which RLIMIT_DATA leaves out
# F_SETOWN, F_SETSIG, F_SETOWN_EX: the kernel would signal another process; F_SETLEASE: others would wait to open a file
FILE_REQUESTS = (8, 10, 15, 1024)
PROCESS_REQUESTS = (4, 22)  # PR_SET_DUMPABLE, PR_SET_SECCOMP
# TIOCSTI, TIOCLINUX, TIOCSETD: typing into whoever's terminal it is; FIOSETOWN, SIOCSPGRP: as F_SETOWN
DEVICE_REQUESTS = (0x5412, 0x541C, 0x5423, 0x8901, 0x8902)
X32_CALLS = 0x40000000  # x86_64's second table of the same calls

# name: (x86_64, aarch64); None where an architecture does not have it.
DENIED: Mapping[str, tuple[int | None, int | None]] = {
    # new processes and programs
    "fork": (57, None),
    "vfork": (58, None),
    "execve": (59, 221),
    "execveat": (322, 281),
    # other processes
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "process_madvise": (440, 440),
    "process_mrelease": (448, 448),
    "pidfd_open": (434, 434),
    "pidfd_getfd": (438, 438),
    "pidfd_send_signal": (424, 424),
    "kcmp": (312, 272),
    "tkill": (200, 130),
    "rt_sigqueueinfo": (129, 138),
    "rt_tgsigqueueinfo": (297, 240),
    "migrate_pages": (256, 238),
    "move_pages": (279, 239),
    "sched_setparam": (142, 118),
    "sched_setscheduler": (144, 119),
    "sched_setattr": (314, 274),
    "ioprio_set": (251, 30),
    # sockets and other ways to talk to somebody
    "socket": (41, 198),
    "connect": (42, 203),
    "bind": (49, 200),
    "listen": (50, 201),
    "accept": (43, 202),
    "accept4": (288, 242),
    "setsockopt": (54, 208),  # a pair of sockets could hold megabytes in the kernel, which no limit counts
    "shmget": (29, 194),
    "shmat": (30, 196),
    "shmctl": (31, 195),
    "msgget": (68, 186),
    "msgsnd": (69, 189),
    "msgrcv": (70, 188),
    "msgctl": (71, 187),
    "semget": (64, 190),
    "semop": (65, 193),
    "semtimedop": (220, 192),
    "semctl": (66, 191),
    "mq_open": (240, 180),
    "mq_unlink": (241, 181),
    # shared memory that RLIMIT_DATA does not count
    "memfd_create": (319, 279),
    "memfd_secret": (447, 447),
    "map_shadow_stack": (453, 453),
    "io_setup": (206, 0),  # the whole system has a number of places
    "keyctl": (250, 219),
    "add_key": (248, 217),
    "request_key": (249, 218),
    # ways past this filter, and surfaces of the kernel that no model needs
    "io_uring_setup": (425, 425),
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "userfaultfd": (323, 282),
    "personality": (135, 92),
    "modify_ldt": (154, None),
    "lookup_dcookie": (212, 18),
    "open_by_handle_at": (304, 265),
    "name_to_handle_at": (303, 264),
    "fanotify_init": (300, 262),
    # names of files in folders that may not be listed: Landlock does not cover watching
    "inotify_init": (253, None),
    "inotify_init1": (294, 26),
    "inotify_add_watch": (254, 27),
    # rules and filters of its own, which the kernel keeps in memory that no limit counts
    "landlock_create_ruleset": (444, 444),
    "landlock_add_rule": (445, 445),
    "landlock_restrict_self": (446, 446),
    "seccomp": (317, 277),
    # identity
    "setuid": (105, 146),
    "setgid": (106, 144),
    "setreuid": (113, 145),
    "setregid": (114, 143),
    "setresuid": (117, 147),
    "setresgid": (119, 149),
    "setgroups": (116, 159),
    "setfsuid": (122, 151),
    "setfsgid": (123, 152),
    "capset": (126, 91),
    # modes and owners of files: Landlock does not cover them, and files of a model are shared by hard links
    "chmod": (90, None),
    "fchmod": (91, 52),
    "fchmodat": (268, 53),
    "fchmodat2": (452, 452),
    "chown": (92, None),
    "lchown": (94, None),
    "fchown": (93, 55),
    "fchownat": (260, 54),
    "setxattr": (188, 5),
    "lsetxattr": (189, 6),
    "fsetxattr": (190, 7),
    "setxattrat": (463, 463),
    "removexattr": (197, 14),
    "lremovexattr": (198, 15),
    "fremovexattr": (199, 16),
    "removexattrat": (466, 466),
    "file_setattr": (469, 469),
    "utime": (132, None),
    "utimes": (235, None),
    "futimesat": (261, None),
    "utimensat": (280, 88),
    "mknod": (133, None),
    "mknodat": (259, 33),
    "truncate": (76, 45),  # which Landlock covers from Linux 6.2 on
    # the system
    "sync": (162, 81),  # every disk of the machine would be busy
    "syncfs": (306, 267),
    "mount": (165, 40),
    "umount2": (166, 39),
    "pivot_root": (155, 41),
    "chroot": (161, 51),
    "setns": (308, 268),
    "unshare": (272, 97),
    "open_tree": (428, 428),
    "open_tree_attr": (467, 467),
    "move_mount": (429, 429),
    "fsopen": (430, 430),
    "fsconfig": (431, 431),
    "fsmount": (432, 432),
    "fspick": (433, 433),
    "mount_setattr": (442, 442),
    "statmount": (457, 457),
    "listmount": (458, 458),
    "init_module": (175, 105),
    "finit_module": (313, 273),
    "delete_module": (176, 106),
    "kexec_load": (246, 104),
    "kexec_file_load": (320, 294),
    "reboot": (169, 142),
    "swapon": (167, 224),
    "swapoff": (168, 225),
    "syslog": (103, 116),
    "acct": (163, 89),
    "quotactl": (179, 60),
    "quotactl_fd": (443, 443),
    "iopl": (172, None),
    "ioperm": (173, None),
    "sethostname": (170, 161),
    "setdomainname": (171, 162),
    "settimeofday": (164, 170),
    "clock_settime": (227, 112),
    "adjtimex": (159, 171),
    "clock_adjtime": (305, 266),
    "vhangup": (153, 58),
}


@dataclass(frozen=True)
class Architecture:
    """What differs between machines: AUDIT_ARCH, the column of DENIED, and the calls that depend on arguments."""

    audit: int
    column: int
    clone: int
    clone3: int
    kill: int
    tgkill: int
    prlimit64: int
    socketpair: int
    ioctl: int
    mmap: int
    seccomp: int
    fcntl: int
    prctl: int
    setpriority: int
    sched_setaffinity: int


ARCHITECTURES = {
    "x86_64": Architecture(0xC000003E, 0, 56, 435, 62, 234, 302, 53, 16, 9, 317, 72, 157, 141, 203),
    "aarch64": Architecture(0xC00000B7, 1, 220, 435, 129, 131, 261, 199, 29, 222, 277, 25, 167, 140, 122),
}


def available() -> bool:
    """Whether this kernel and architecture can filter system calls."""
    if platform.machine() not in ARCHITECTURES:
        return False
    action = ctypes.c_uint32(ERRNO)
    number = ARCHITECTURES[platform.machine()].seccomp
    return libc.syscall(number, GET_ACTION_AVAIL, 0, ctypes.byref(action)) == 0


def install() -> None:
    """Put the filter into force for all threads of this process, for good. Needs no_new_privs. Raises OSError."""
    machine = ARCHITECTURES[platform.machine()]
    code = program(machine, os.getpid())
    buffer = ctypes.create_string_buffer(code)
    # struct sock_fprog: the number of instructions, and where they are.
    descriptor = struct.pack("@HP", len(code) // 8, ctypes.addressof(buffer))
    failed = libc.syscall(machine.seccomp, SET_MODE_FILTER, FLAG_TSYNC, descriptor)
    if failed:
        code_of_error = ctypes.get_errno() if failed < 0 else errno.EBUSY
        raise OSError(code_of_error, f"seccomp: {os.strerror(code_of_error)}")


def program(machine: Architecture, pid: int) -> bytes:
    """The filter as instructions of classic BPF, for a process of this id."""
    steps: list[bytes] = [
        _load(ARCHITECTURE),
        _jump(JUMP_EQUAL, machine.audit, 1, 0),
        _return(KILL_PROCESS),
        _load(NUMBER),
    ]
    if machine.column == 0:
        steps += [_jump(JUMP_GREATER_EQUAL, X32_CALLS, 0, 1), _return(KILL_PROCESS)]
    for numbers in DENIED.values():
        if (number := numbers[machine.column]) is not None:
            steps += _when(number, [_return(ERRNO | errno.EPERM)])
    return b"".join([*steps, *_by_arguments(machine, pid), _return(ALLOW)])


def _by_arguments(machine: Architecture, pid: int) -> list[bytes]:
    """Instructions for the calls that are denied only with some arguments."""
    steps: list[bytes] = []
    # The C library starts a thread by clone3 where it can, whose flags lie in memory that a filter cannot read.
    steps += _when(machine.clone3, [_return(ERRNO | errno.ENOSYS)])
    steps += _when(machine.clone, [_argument(0), _jump(JUMP_BITS, CLONE_THREAD, 1, 0), _deny(), _return(ALLOW)])
    for number in (machine.kill, machine.tgkill):
        steps += _when(number, [_argument(0), _jump(JUMP_EQUAL, pid, 1, 0), _deny(), _return(ALLOW)])
    own = [_argument(0), _jump(JUMP_EQUAL, 0, 2, 0), _jump(JUMP_EQUAL, pid, 1, 0), _deny(), _return(ALLOW)]
    for number in (machine.prlimit64, machine.sched_setaffinity):
        steps += _when(number, own)
    # Whoever runs as the same user could be made to wait for a processor; the calling thread is PRIO_PROCESS, 0.
    steps += _when(machine.setpriority, [*_must_be(0, 0), *_must_be(1, 0), _return(ALLOW)])
    # asyncio wakes itself by a pair of connected sockets; a pair of datagram sockets could send to any address.
    pair = [
        _argument(0),
        _jump(JUMP_EQUAL, AF_UNIX, 1, 0),
        _deny(),
        _argument(1),
        _keep_bits(SOCKET_TYPES),
        _jump(JUMP_EQUAL, SOCK_STREAM, 1, 0),
        _deny(),
        _return(ALLOW),
    ]
    steps += _when(machine.socketpair, pair)
    shared = [
        _argument(3),
        _jump(JUMP_BITS, MAP_GROWSDOWN, 0, 1),
        _deny(),
        _keep_bits(SHARED_ANONYMOUS),
        _jump(JUMP_EQUAL, SHARED_ANONYMOUS, 0, 1),
        _deny(),
        _return(ALLOW),
    ]
    steps += _when(machine.mmap, shared)
    steps += _when(machine.ioctl, _none_of(1, DEVICE_REQUESTS))
    steps += _when(machine.fcntl, _none_of(1, FILE_REQUESTS))
    steps += _when(machine.prctl, _none_of(0, PROCESS_REQUESTS))
    return steps


def _none_of(position: int, values: Sequence[int]) -> list[bytes]:
    """Instructions that deny a call where this argument is one of these, and else allow it."""
    steps = [_argument(position)]
    for value in values:
        steps += [_jump(JUMP_EQUAL, value, 0, 1), _deny()]
    return [*steps, _return(ALLOW)]


def _must_be(position: int, value: int) -> list[bytes]:
    """Instructions that deny a call where this argument is anything else."""
    return [_argument(position), _jump(JUMP_EQUAL, value, 1, 0), _deny()]


def _when(number: int, steps: Sequence[bytes]) -> list[bytes]:
    """Instructions for one system call. They end in a return, so what follows still finds the call's number loaded."""
    return [_jump(JUMP_EQUAL, number, 0, len(steps)), *steps]


def _load(offset: int) -> bytes:
    return struct.pack("=HBBI", LOAD, 0, 0, offset)


def _argument(position: int) -> bytes:
    """Load the low half of an argument: all that is looked at are numbers of 32 bits."""
    return _load(FIRST_ARGUMENT + 8 * position)


def _keep_bits(bits: int) -> bytes:
    return struct.pack("=HBBI", AND, 0, 0, bits)


def _jump(test: int, value: int, if_true: int, if_false: int) -> bytes:
    return struct.pack("=HBBI", test, if_true, if_false, value)


def _return(action: int) -> bytes:
    return struct.pack("=HBBI", RETURN, 0, 0, action)


def _deny() -> bytes:
    return _return(ERRNO | errno.EPERM)
