"""A model's page is read strictly: what is wrong is named, with its place, before a library sees a file."""

import io
import pickle
import zipfile
from pathlib import Path
from typing import Any

import pytest

from assist.adapters import bringing, manifest
from assist.adapters.manifest import ManifestProblem
from tests.support.assist import brought

PAGE = """
name = "helmets"
version = "3"
capability = "detect"
adapter = "onnx-detector"
licence = "Apache-2.0"
labels = ["helmet", "vest"]
[files]
"model.onnx" = "{sha}"
[label_map]
helmet = "hard-hat"
[options]
decode = "yolo"
width = 640
height = 640
"""
GOOD = PAGE.format(sha="a" * 64)


def test_page_says_all_that_is_known_of_a_model() -> None:
    found = manifest.parse(GOOD.encode())
    assert (found.key, found.capability, found.licence) == ("helmets@3", "detect", "Apache-2.0")
    assert found.terms.labels == ("helmet", "vest") and found.terms.label_map == {"helmet": "hard-hat"}
    assert found.terms.options == {"decode": "yolo", "width": 640, "height": 640}


@pytest.mark.parametrize(
    "old, new, code, place",
    [
        ('name = "helmets"', "", "missing-field", "name"),
        ('name = "helmets"', 'name = "../helmets"', "bad-name", "name"),
        ('name = "helmets"', "name = 3", "bad-field", "name"),
        ('licence = "Apache-2.0"', 'licence = " "', "missing-field", "licence"),
        ('licence = "Apache-2.0"', 'licence = "MIT"\nlicense = "MIT"', "unknown-field", "license"),
        ('"onnx-detector"', '"tensorflow"', "unknown-adapter", "adapter"),
        ('"detect"', '"dream"', "unknown-capability", "capability"),
        ('"detect"', '"spans"', "unknown-capability", "capability"),
        ('["helmet", "vest"]', '["helmet", "helmet"]', "bad-field", "labels"),
        ('["helmet", "vest"]', "[]", "missing-field", "labels"),
        ('["helmet", "vest"]', "[1]", "bad-field", "labels"),
        ('"model.onnx"', '"../model.onnx"', "bad-file-name", "files.../model.onnx"),
        ('"model.onnx"', '"/model.onnx"', "bad-file-name", "files./model.onnx"),
        ('"model.onnx"', '"model.pkl"', "unexpected-file", "files.model.pkl"),
        ('"model.onnx"', '"model.data"', "missing-file", "files"),
        ("a" * 64, "a" * 63, "bad-field", "files.model.onnx"),
        ('helmet = "hard-hat"', "helmet = 3", "bad-field", "label_map.helmet"),
        ('decode = "yolo"', 'decode = "yola"', "bad-field", "options.decode"),
        ('decode = "yolo"', "", "missing-field", "options.decode"),
        ("width = 640", "width = 640\nwide = 3", "unknown-field", "options.wide"),
        ("width = 640", "width = true", "bad-field", "options.width"),
        ("width = 640", "width = 1000000", "bad-field", "options.width"),
        ("width = 640", "width = 640\nmean = [1, 2]", "bad-field", "options.mean"),
        ("width = 640", "width = 640\nscore = nan", "bad-field", "options.score"),
        ("[options]", "[input]\nmost_letters = 5\n[options]", "unknown-field", "input.most_letters"),
        ("[options]", "[[options]]", "bad-field", "options"),
        ("[options]", "[options", "not-toml", "model.toml"),
    ],
)
def test_what_is_wrong_with_a_page_is_named_with_its_place(old: str, new: str, code: str, place: str) -> None:
    assert old in GOOD
    with pytest.raises(ManifestProblem) as problem:
        manifest.parse(GOOD.replace(old, new).encode())
    assert (problem.value.code, problem.value.place) == (code, place)


@pytest.fixture
def model(tmp_path: Path) -> Path:
    return brought.detector_folder(tmp_path / "things")


def refused(source: Path) -> tuple[str, str]:
    with pytest.raises(ManifestProblem) as problem, bringing.checked(source):
        pass
    return problem.value.code, problem.value.place


def test_folder_with_its_files_is_what_the_page_says(model: Path) -> None:
    with bringing.checked(model) as (offer, files):
        assert (offer.key, offer.capability, files) == ("things@1", "detect", model)
        assert [one.member for one in offer.artifacts] == ["model.onnx"]


def test_missing_or_changed_file_is_named(model: Path) -> None:
    (model / "model.onnx").write_bytes(b"another")
    assert refused(model) == ("wrong-hash", "model.onnx")
    (model / "model.onnx").unlink()
    assert refused(model) == ("missing-file", "model.onnx")
    (model / "model.toml").unlink()
    assert refused(model) == ("no-manifest", "model.toml")


class Program:
    def __reduce__(self) -> Any:
        return (print, ("it ran",))


@pytest.mark.parametrize("protocol", [2, 4, 5])
def test_pickle_under_the_name_of_weights_is_refused_and_not_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], protocol: int
) -> None:
    content = pickle.dumps(Program(), protocol)
    model = brought.folder(tmp_path / "m", brought.DETECTOR, {"model.onnx": content}, **DETECT)
    assert refused(model) == ("pickle", "model.onnx")
    assert "it ran" not in capsys.readouterr().out


DETECT: dict[str, Any] = {"capability": "detect", "adapter": "onnx-detector", "labels": ["thing"]}


def test_torch_file_under_another_name_is_refused(tmp_path: Path) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as file:
        file.writestr("archive/data.pkl", pickle.dumps({}))
    model = brought.folder(tmp_path / "m", brought.DETECTOR, {"model.onnx": packed.getvalue()}, **DETECT)
    assert refused(model) == ("pickle", "model.onnx")


def test_link_out_of_the_folder_is_refused(model: Path, tmp_path: Path) -> None:
    (model / "model.onnx").rename(tmp_path / "elsewhere")
    (model / "model.onnx").symlink_to(tmp_path / "elsewhere")
    assert refused(model) == ("outside-folder", "model.onnx")


def zipped(model: Path, at: Path, below: str = "") -> Path:
    with zipfile.ZipFile(at, "w") as file:
        for path in sorted(model.rglob("*")):
            file.write(path, f"{below}{path.relative_to(model)}")
    return at


@pytest.mark.parametrize("below", ["", "things/"])
def test_zip_of_the_folder_or_of_what_is_in_it_is_the_same_model(model: Path, tmp_path: Path, below: str) -> None:
    with bringing.checked(zipped(model, tmp_path / "m.zip", below)) as (offer, _):
        assert offer.key == "things@1"


def test_zip_that_reaches_outside_or_swells_is_refused(
    model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad = zipped(model, tmp_path / "m.zip")
    with zipfile.ZipFile(bad, "a") as file:
        file.writestr("../../outside", b"x")
    assert refused(bad)[0] == "outside-folder" and not (tmp_path.parent / "outside").exists()
    monkeypatch.setattr(bringing, "MOST_BYTES", 10)
    assert refused(zipped(model, tmp_path / "n.zip"))[0] == "too-large"
    (tmp_path / "no.zip").write_bytes(b"no zip")
    assert refused(tmp_path / "no.zip")[0] == "not-a-zip"
