"""`python -m taskers.sandbox MODULE|SCRIPT.py ARGUMENTS`: run it inside the sandbox that SANDBOX_POLICY describes.

Ends with 78 where the sandbox cannot be entered; the code is then not run at all.
"""

import importlib
import os
import runpy
import sys
import tempfile

from taskers.sandbox.enter import CannotEnter, enter
from taskers.sandbox.policy import Policy

VARIABLE = "SANDBOX_POLICY"
CANNOT_ENTER = 78  # EX_CONFIG of sysexits.h


def main() -> None:
    try:
        policy = Policy.loads(os.environ.pop(VARIABLE))
        for package in policy.packages:
            importlib.import_module(package)
        enter(policy)
    except (CannotEnter, KeyError, ValueError, TypeError) as problem:
        print(f"tandem: {problem}", file=sys.stderr)
        sys.exit(CANNOT_ENTER)
    # Packages ask for a temporary folder as they are imported; to look for one fails where nothing may be written.
    tempfile.tempdir = policy.writable[0] if policy.writable else "/nonexistent"
    program = sys.argv[1]
    sys.argv = sys.argv[1:]
    if program.endswith(".py"):
        del sys.path[0]  # neither our own packages nor the script's neighbours: only what is installed
        runpy.run_path(program, run_name="__main__")
    else:
        runpy.run_module(program, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
