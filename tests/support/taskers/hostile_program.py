"""What a model tries that has taken over its process: each attempt, and whether it was denied.

Run in the sandbox with the paths and ports of a world as JSON; prints {attempt: what came of it}. Standard library
only, since it runs with the system's Python too.
"""

import asyncio
import ctypes
import errno
import fcntl
import json
import os
import resource
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

WORLD = json.loads(sys.argv[1])
FOLDER, SECRET, PARENT = Path(WORLD["folder"]), Path(WORLD["secret"]), WORLD["parent"]
libc = ctypes.CDLL(None, use_errno=True)
libc.syscall.restype = ctypes.c_long
IS_X86 = os.uname().machine == "x86_64"


def system_call(x86: int, arm: int, *arguments: int) -> int:
    """The value of a system call. Raises OSError."""
    value = libc.syscall(x86 if IS_X86 else arm, *(ctypes.c_long(argument) for argument in arguments))
    if value < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return value


def connect(family: int, kind: int, address: object) -> None:
    with socket.socket(family, kind) as line:
        line.settimeout(2)
        line.connect(address)
        line.send(b"out")


def send_datagram_from_pair() -> None:
    one, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    with one, other:
        one.sendto(b"out", WORLD["socket"])


def trace_parent() -> None:
    if libc.ptrace(16, PARENT, 0, 0) < 0:  # PTRACE_ATTACH
        raise OSError(ctypes.get_errno(), "ptrace")


def read_memory_of_parent() -> bytes:
    with open(f"/proc/{PARENT}/mem", "rb") as file:
        return file.read(1)


def fork() -> int:
    child = os.fork()
    if child == 0:
        os._exit(0)
    return child


def signal_by_file() -> int:
    """The kernel would send it once there is something to read."""
    return fcntl.fcntl(0, fcntl.F_SETOWN, PARENT)


def grow_a_stack() -> int:
    """Memory that grows downwards, which RLIMIT_DATA does not count."""
    return system_call(9, 222, 0, 2 * WORLD["memory_bytes"], 3, 0x122, -1, 0)


def fill_page_tables() -> int:
    """Memory that may only be read, which RLIMIT_DATA does not count: each part that is touched costs a page table."""
    return system_call(9, 222, 0, 1 << 44, 1, 0x4022, -1, 0)


def take_places_for_requests() -> int:
    """Of io_setup; the system's own number of them is /proc/sys/fs/aio-max-nr."""
    context = ctypes.c_ulong(0)
    return system_call(206, 0, 1, ctypes.addressof(context))


def hold_memory_in_sockets() -> None:
    one, other = socket.socketpair()
    with one, other:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 22)


def raise_stack_limit() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_STACK)
    if soft == hard:
        raise PermissionError("it is as high as it may be")
    resource.setrlimit(resource.RLIMIT_STACK, (soft + 4096, hard))


def truncate_where_landlock_is_old() -> str:
    """Landlock denies it by another error, from Linux 6.2 on."""
    try:
        os.truncate(FOLDER / "model.bin", 0)
    except OSError as problem:
        if problem.errno == errno.EPERM:
            raise
    return "left to Landlock"


def let_others_trace_it() -> None:
    if libc.prctl(4, 1, 0, 0, 0) < 0:  # PR_SET_DUMPABLE
        raise OSError(ctypes.get_errno(), "prctl")


ATTEMPTS: dict[str, Callable[[], object]] = {
    "read the data folder": SECRET.read_text,
    "list the data folder": lambda: os.listdir(SECRET.parent),
    "read it through its own /proc": lambda: Path(f"/proc/self/root{SECRET}").read_text(),
    "read another model": Path(WORLD["neighbor"]).read_text,
    "read another process's environment": Path(f"/proc/{PARENT}/environ").read_bytes,
    "read the first process's environment": Path("/proc/1/environ").read_bytes,
    "read another process's memory": read_memory_of_parent,
    "read /etc/shadow": Path("/etc/shadow").read_text,
    "read /etc/passwd": Path("/etc/passwd").read_text,
    "connect by TCP": lambda: connect(socket.AF_INET, socket.SOCK_STREAM, ("127.0.0.1", WORLD["port"])),
    "send by UDP": lambda: connect(socket.AF_INET, socket.SOCK_DGRAM, ("127.0.0.1", WORLD["port"])),
    "connect to a UNIX socket": lambda: connect(socket.AF_UNIX, socket.SOCK_STREAM, WORLD["socket"]),
    "connect to an abstract socket": lambda: connect(socket.AF_UNIX, socket.SOCK_STREAM, "\0" + WORLD["abstract"]),
    "send a datagram from a pair": send_datagram_from_pair,
    "open a netlink socket": lambda: socket.socket(16, socket.SOCK_RAW),
    "open a packet socket": lambda: socket.socket(17, socket.SOCK_RAW),
    "signal another process": lambda: os.kill(PARENT, 0),
    "signal every process": lambda: os.kill(-1, 0),
    "signal its group": lambda: os.killpg(os.getpgid(0), 0),
    "signal by descriptor": lambda: signal.pidfd_send_signal(os.pidfd_open(PARENT), 0),
    "trace another process": trace_parent,
    "read by process_vm_readv": lambda: system_call(310, 270, PARENT, 0, 0, 0, 0, 0),
    "limit another process": lambda: system_call(302, 261, PARENT, 7, 0, 0),
    "signal by a file": signal_by_file,
    "slow another process": lambda: os.setpriority(os.PRIO_PROCESS, PARENT, 19),
    "slow every process of its user": lambda: os.setpriority(os.PRIO_USER, 0, 19),
    "pin another process": lambda: os.sched_setaffinity(PARENT, os.sched_getaffinity(0)),
    "schedule another process": lambda: os.sched_setscheduler(PARENT, os.SCHED_IDLE, os.sched_param(0)),
    "slow another process's disk": lambda: system_call(251, 30, 1, PARENT, 3 << 13),
    "watch the data folder": lambda: system_call(294, 26, 0),
    "let others trace it": let_others_trace_it,
    "make rules of its own": lambda: system_call(444, 444, 0, 0, 1),
    "make a filter of its own": lambda: system_call(317, 277, 2, 0, 0),
    "fork": fork,
    "start a program": lambda: subprocess.run(["/bin/true"], check=True),
    "become another program": lambda: os.execv("/bin/true", ["true"]),
    "make a namespace": lambda: system_call(272, 97, 0x10000000),
    "become root": lambda: os.setuid(0),
    "mount": lambda: system_call(165, 40, 0, 0, 0, 0, 0),
    "use io_uring": lambda: system_call(425, 425, 1, 0),
    "load a BPF program": lambda: system_call(321, 280, 0, 0, 0),
    "use the keyring": lambda: system_call(250, 219, 0, -3, 0),
    "make memory that no limit counts": lambda: os.memfd_create("model"),
    "make memory that counts as a stack": grow_a_stack,
    "raise the limit of its stack": raise_stack_limit,
    "hold memory in sockets": hold_memory_in_sockets,
    "have the kernel hold page tables": fill_page_tables,
    "take the system's places for requests": take_places_for_requests,
    "write every disk of the machine": lambda: system_call(306, 267, os.open(FOLDER / "model.bin", os.O_RDONLY)),
    "write to /tmp": lambda: Path("/tmp/tandem-sandbox-escaped").write_text("out"),
    "write to the source": lambda: Path(WORLD["source"]).open("a").close(),
    "write to its own model": lambda: (FOLDER / "model.bin").open("r+b").close(),
    "truncate its own model": lambda: os.truncate(FOLDER / "model.bin", 0),
    "truncate its own model on an old kernel": truncate_where_landlock_is_old,
    "make a file beside its model": lambda: (FOLDER / "new").write_text("out"),
    "remove its own model": lambda: (FOLDER / "model.bin").unlink(),
    "change the mode of its model": lambda: os.chmod(FOLDER / "model.bin", 0),
    "change the times of its model": lambda: os.utime(FOLDER / "model.bin", (0, 0)),
    "link a secret into its folder": lambda: os.link(SECRET, FOLDER / "secret"),
    "make a device": lambda: os.mknod(FOLDER / "null", 0o020666, os.makedev(1, 3)),
    "type into the terminal": lambda: __import__("fcntl").ioctl(0, 0x5412, b"x"),
    "take more memory than its limit": lambda: bytearray(WORLD["memory_bytes"]),
}


def at_work() -> str:
    """What a model needs: its files, threads, an event loop."""
    assert (FOLDER / "model.bin").read_bytes() == b"weights"
    thread = threading.Thread(target=lambda: None)
    thread.start()
    thread.join()

    async def rest() -> int:
        await asyncio.sleep(0)
        return await asyncio.to_thread(os.getpid)

    assert asyncio.run(rest()) == os.getpid()
    os.kill(os.getpid(), 0)
    os.setpriority(os.PRIO_PROCESS, 0, os.getpriority(os.PRIO_PROCESS, 0))
    os.sched_setaffinity(0, os.sched_getaffinity(0))
    with open("/dev/null", "w") as nowhere:
        nowhere.write("nothing")
    return "works"


def main() -> None:
    outcomes = {}
    for name, attempt in ATTEMPTS.items():
        try:
            outcomes[name] = f"allowed: {attempt()!r}"[:80]
        except (OSError, MemoryError, AttributeError) as problem:
            outcomes[name] = f"denied: {type(problem).__name__}"
    environment = {name: value for name, value in os.environ.items() if WORLD["key"] in value}
    print(json.dumps({"attempts": outcomes, "secrets": environment, "work": at_work()}))


if __name__ == "__main__":
    main()
