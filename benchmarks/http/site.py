"""One installation with work for programs: `python -P site.py TASKS TASKERS`, run from the root of any commit's tree.

It says where it is as one line of JSON, and is gone when its standard input ends. What modules are called has changed,
so it knows the names of both times.
"""

import json
import os
import socket
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path.cwd()
sys.path.insert(0, str(ROOT))
os.environ["TANDEM_HOSTS"] = "127.0.0.1"
os.environ["TANDEM_POOL"] = "8"

import django  # noqa: E402

from benchmarks import database  # noqa: E402


def main() -> None:
    with database.fresh() as url:
        django.setup()
        told = _filled(int(sys.argv[1]), int(sys.argv[2])) | {"url": url}
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            listener.listen(256)
            listener.set_inheritable(True)
            command = [sys.executable, "-m", "config.web", str(listener.fileno())]
            web = subprocess.Popen(command, pass_fds=[listener.fileno()], stdout=sys.stderr)
            worker = subprocess.Popen([sys.executable, "manage.py", "work"], stdout=sys.stderr)
            try:
                time.sleep(6)  # until both have loaded what they need
                keys = {"port": listener.getsockname()[1], "web": web.pid, "worker": worker.pid}
                print(json.dumps(told | keys), flush=True)
                sys.stdin.read()
            finally:
                for one in (web, worker):
                    one.terminate()
                for one in (web, worker):
                    one.wait(60)


def _filled(tasks: int, taskers: int) -> dict:
    """A live project whose every answer decides, and so many taskers' tokens."""
    try:
        from benchmarks.queue import fixtures
        from taskers.credentials import tokens
    except ImportError:
        from benchmarks.queue import ground as fixtures  # type: ignore[attr-defined, no-redef]
        from taskers import tokens  # type: ignore[attr-defined, no-redef]
    from config import postgres, settings
    from config.readers import READERS

    owner = fixtures.organization()
    project = fixtures.project(owner, "Pipeline", wanted=1)
    fixtures.batch(project, "First", tasks, wanted=1)
    fixtures.analyze()
    people = fixtures.people(owner, taskers, "Pipeline")
    return {
        "project": str(project.public_id),
        "secrets": [tokens.issue(one, owner, name="Pipeline")[1] for one in people],
        "answer": fixtures.ANSWER,
        "readers": list(READERS),
        "database": postgres.server_pid(Path(settings.DATA_DIR)),
    }


if __name__ == "__main__":
    main()
