"""Runs a command that must not outlive whoever asked for it: `python parent_death_signal.py PARENT COMMAND...`.

On Linux the kernel sends SIGTERM when the parent dies, however it dies. Elsewhere the next start sweeps up
(config.supervisor.sweep). A program of its own, and not a hook between fork and exec, because such hooks can
deadlock. Standard library only; never imports Django.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def main() -> None:
    parent, command = int(sys.argv[1]), sys.argv[2:]
    tie(parent, signal.SIGTERM)
    os.execvp(command[0], command)


def tie(parent: int, number: signal.Signals) -> None:
    """Have the kernel send this process a signal when `parent`, who started it, dies. Ends it if that has happened."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, number)
        if os.getppid() != parent:  # it died before the kernel knew
            sys.exit(1)


if __name__ == "__main__":
    main()
