"""What is installed is what was locked, file by file: pip itself installs from a folder of small wheels."""

import hashlib
import shutil
import subprocess
from pathlib import Path

import pytest

from config import install
from config.install import CannotInstall
from tests.support.config import wheels

RANGES = ["torch>=2.6", "torchvision>=0.21"]


@pytest.fixture(scope="module")
def venv(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment into which nothing was installed, and nothing is by a test that shares it."""
    path = tmp_path_factory.mktemp("venv")
    install._make(path)
    return path


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that pip takes packages from, and from nowhere else."""
    folder = tmp_path / "index"
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    return folder


def installed(venv: Path) -> dict[str, str]:
    """The names and versions of all packages, with the hash of the list of each one's files."""
    records = venv.glob("lib/*/site-packages/*.dist-info/RECORD")
    return {record.parent.name: hashlib.sha256(record.read_bytes()).hexdigest() for record in records}


def names(venv: Path) -> set[str]:
    own = {"pip", "setuptools"}
    return {name for folder in installed(venv) if (name := folder.partition("-")[0]) not in own}


@pytest.mark.slow
def test_two_installations_from_one_lock_are_the_same_and_bring_nothing_else(tmp_path, index, venv) -> None:
    lock = wheels.lock(
        tmp_path / "run.txt",
        [
            wheels.wheel(index, "alpha", requires=["beta", "torch", "uninvited"]),
            wheels.wheel(index, "beta", "2.1"),
        ],
    )
    extra = wheels.lock(tmp_path / "test.txt", [wheels.wheel(index, "gamma")])
    wheels.wheel(index, "beta", "3.0")
    wheels.wheel(index, "uninvited")
    wheels.wheel(index, "torch", "2.7", requires=["beta>=2", "nvidia-cublas==13.1; platform_system != 'none'"])
    wheels.wheel(index, "torchvision", "0.22", requires=["torch==2.7", "beta"])
    wheels.wheel(index, "torchvision", "0.23", requires=["torch==2.8"])
    wheels.wheel(index, "nvidia-cublas", "13.1")

    places = [shutil.copytree(venv, tmp_path / name, symlinks=True) for name in ("first", "second")]
    brought = [install.install(place, [lock, extra], RANGES, "installed") for place in places]
    first, second = map(installed, places)

    assert brought == [True, True] and first == second
    assert names(places[0]) == {"alpha", "beta", "gamma", "torch", "torchvision", "nvidia_cublas"}
    assert {"beta-2.1.dist-info", "torchvision-0.22.dist-info"} <= set(first), "what fits the lock, and each other"
    assert not install.install(places[0], [lock, extra], RANGES, "installed"), "nothing changed"
    wheels.lock(lock, [wheels.wheel(index, "alpha"), wheels.wheel(index, "beta", "3.0")])
    assert install.install(places[0], [lock, extra], RANGES, "installed")
    assert "beta-3.0.dist-info" in installed(places[0])


def test_a_file_that_was_changed_since_it_was_locked_is_named_and_nothing_is_installed(tmp_path, index, venv) -> None:
    lock = wheels.lock(tmp_path / "run.txt", [wheels.wheel(index, "alpha"), wheels.wheel(index, "beta")])
    wheels.wheel(index, "beta", content="import os")
    with pytest.raises(CannotInstall, match=r"fetched as beta.* isn't the file that was locked"):
        install.install_locked(venv, [lock])
    assert names(venv) == set()


def test_a_package_without_a_hash_is_refused(tmp_path, index, venv) -> None:
    lock = wheels.lock(tmp_path / "run.txt", [wheels.wheel(index, "alpha")])
    wheels.wheel(index, "beta")
    lock.write_text(lock.read_text() + "beta==1.0\n")
    with pytest.raises(CannotInstall, match="Hashes are required"):
        install.install_locked(venv, [lock])
    assert names(venv) == set()


def test_a_source_package_is_not_built(tmp_path, index, venv) -> None:
    index.mkdir()
    source = index / "alpha-1.0.tar.gz"
    source.write_bytes(b"")
    lock = tmp_path / "run.txt"
    lock.write_text(f"alpha==1.0 --hash=sha256:{hashlib.sha256(b'').hexdigest()}\n")
    with pytest.raises(CannotInstall, match="No matching distribution"):
        install.install_locked(venv, [lock])


def test_a_build_of_pytorch_that_needs_more_than_the_lock_names_is_refused_before_it_is_installed(
    tmp_path, index, venv
) -> None:
    lock = wheels.lock(tmp_path / "run.txt", [wheels.wheel(index, "alpha")])
    wheels.wheel(index, "torch", "2.7", requires=["triton", "newcomer>=1"])
    for name in ("torchvision", "triton", "newcomer"):
        wheels.wheel(index, name)
    with pytest.raises(CannotInstall, match="needs newcomer, which the locks don't name"):
        install.install_torch(venv / "bin" / "python", [lock], RANGES)
    assert names(venv) == set()


def test_an_extra_that_is_not_there_is_one_sentence(capsys) -> None:
    assert install.main(["azur"]) == 1
    assert capsys.readouterr().err.startswith("tandem: There is no extra named 'azur': ")


def test_packages_install_only_from_the_locks() -> None:
    command = ["make", "--dry-run", "--no-print-directory", "--always-make", "-C", str(install.ROOT), "node_modules"]
    commands = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert "npm ci" in commands and "npm install" not in commands
