"""What a model tries that has taken over its process: each attempt, and whether it was denied.

Run in the sandbox with the paths and ports of a world as JSON; prints {attempt: what came of it}. Standard library
only, since it runs with the system's Python too.
"""

import asyncio
import ctypes
import json
import os
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
    "write to /tmp": lambda: Path("/tmp/tandem-sandbox-escaped").write_text("out"),
    "write to the source": lambda: Path(WORLD["source"]).open("a").close(),
    "write to its own model": lambda: (FOLDER / "model.bin").open("r+b").close(),
    "truncate its own model": lambda: os.truncate(FOLDER / "model.bin", 0),
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
