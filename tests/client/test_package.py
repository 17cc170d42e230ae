"""The package builds by itself, from what lies in client/, and says what it is."""

import shutil
import subprocess
import sys
import zipfile
from email.parser import Parser
from pathlib import Path

import pytest

import tandem_client
from tests.support.walls import ROOT


@pytest.mark.slow
def test_the_package_builds_and_holds_all_of_it(tmp_path) -> None:
    source = tmp_path / "client"
    shutil.copytree(ROOT / "client", source, ignore=shutil.ignore_patterns("build", "*.egg-info", "__pycache__"))
    command = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation", "--no-index"]
    done = subprocess.run([*command, "-w", tmp_path, source], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = {Path(name) for name in archive.namelist()}
        (metadata,) = (name for name in names if name.name == "METADATA")
        (commands,) = (name for name in names if name.name == "entry_points.txt")
        said = Parser().parsestr(archive.read(str(metadata)).decode())
        assert "tandem = tandem_client.command:main" in archive.read(str(commands)).decode()
    ours = {path.relative_to(ROOT / "client") for path in (ROOT / "client" / "tandem_client").rglob("*.py")}
    assert names >= ours | {Path("tandem_client/py.typed")}
    assert (said["Name"], said["Version"]) == ("tandem-client", tandem_client.__version__)
    assert said.get_all("Requires-Dist") == ["httpx<1,>=0.27", 'PyYAML>=6; extra == "yaml"']
