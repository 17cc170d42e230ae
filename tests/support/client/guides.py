"""The guides of docs/guides/, run as they stand there: files written, commands run, what they say compared."""

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

from tests.support.walls import ROOT

BLOCK = re.compile(r"^```(\w+)(?: (\S+))?\n(.*?)^```$", re.M | re.S)
GUIDES = ROOT / "docs" / "guides"


class Block(NamedTuple):
    """A block of a page: its language, the file that it is, if any, and its text."""

    language: str
    file: str
    text: str


def blocks(name: str) -> list[Block]:
    """Those of a guide, in their order."""
    return [Block(*found) for found in BLOCK.findall((GUIDES / f"{name}.md").read_text())]


class Guide:
    """A guide, followed command by command in a folder."""

    def __init__(self, name: str, folder: Path, **variables: str) -> None:
        self.folder, self.left = folder, blocks(name)
        tools = folder / "tools"
        tools.mkdir()
        for tool, words in {"tandem": "-m tandem_client", "python": ""}.items():
            script = tools / tool
            script.write_text(f'#!/bin/sh\nexec "{sys.executable}" {words} "$@"\n')
            script.chmod(0o755)
        self.environment = {name: value for name, value in os.environ.items() if not name.startswith("TANDEM_")}
        self.environment |= {"PATH": f"{tools}:{os.environ['PATH']}", "PYTHONPATH": str(ROOT / "client")}
        self.environment |= {"XDG_CONFIG_HOME": str(folder / "config")} | variables

    def step(self) -> str:
        """Run the next command; what it says, which is what the guide says, where that says anything."""
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", self._command()],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=600,
        )
        assert done.returncode == 0, done.stderr
        if (promised := self.promise()) is not None:
            assert done.stdout == promised
        return done.stdout

    def begin(self) -> subprocess.Popen[str]:
        """Set the next command going; whoever does ends it."""
        command = ["bash", "-c", f"exec {self._command().strip()}"]
        return subprocess.Popen(command, cwd=self.folder, env=self.environment, stdout=subprocess.PIPE, text=True)

    def promise(self) -> str | None:
        """What the guide says that the last command says."""
        return self.left.pop(0).text if self.left and self.left[0].language == "text" else None

    def over(self) -> bool:
        """Whether nothing of the guide is left."""
        return not self.left

    def _command(self) -> str:
        while self.left[0].file:
            file = self.left.pop(0)
            (self.folder / file.file).write_text(file.text)
        assert self.left[0].language == "sh", self.left[0]
        return self.left.pop(0).text
