"""Python run beside a site, in one process that keeps Django loaded: to start one for each script takes seconds."""

import io
import json
import subprocess
import sys
import traceback
from contextlib import redirect_stdout
from pathlib import Path

COMMAND = [sys.executable, "-m", "tests.support.browser.beside"]


class Beside:
    """The process, begun with the first script and ended with `close`."""

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        self.folder, self.environment = folder, environment
        self.process: subprocess.Popen[str] | None = None

    def run(self, script: str) -> str:
        """What a script printed. AssertionError with its traceback if it failed."""
        if self.process is None:
            self.process = subprocess.Popen(
                COMMAND, cwd=self.folder, env=self.environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
            )
        assert self.process.stdin and self.process.stdout
        self.process.stdin.write(json.dumps(script) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        assert line, "the process beside the site ended"
        answer = json.loads(line)
        assert not answer["fault"], answer["fault"]
        return answer["printed"]

    def close(self) -> None:
        """End it, if it ever began."""
        if self.process is not None:
            self.process.communicate()


def _serve() -> None:
    import django
    from django.db import connections

    django.setup()
    for line in sys.stdin:
        printed, fault = io.StringIO(), ""
        try:
            with redirect_stdout(printed):
                exec(compile(json.loads(line), "<beside>", "exec"), {"__name__": "beside"})
        except Exception:
            fault = traceback.format_exc()
        connections.close_all()
        print(json.dumps({"printed": printed.getvalue(), "fault": fault}), flush=True)


if __name__ == "__main__":
    _serve()
