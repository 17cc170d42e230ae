"""docs/models.md, done as it stands there: each page of a model is taken in, and the example server answers."""

import hashlib
import io
import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from assist.adapters import catalogue, manifest
from assist.models import ModelVersion
from tests.support.assist import brought, sam2
from tests.support.assist.brought import Backend
from tests.support.config.ports import free_port, listens
from tests.support.waiting import until
from tests.support.walls import ROOT

GUIDE = (ROOT / "docs" / "models.md").read_text()
PAGES = {tomllib.loads(page)["name"]: page for page in re.findall(r"^```toml\n(.*?)^```$", GUIDE, re.M | re.S)}


@pytest.fixture
def store(tmp_path: Path, settings) -> Path:
    settings.MODELS_DIR = str(tmp_path / "store")
    return tmp_path / "store"


def added(folder: Path, page: str) -> ModelVersion:
    """By the command that the guide names; it fails unless the model answers its first question."""
    (folder / "model.toml").write_text(page)
    call_command("models", "add", str(folder), stdout=io.StringIO())
    said = tomllib.loads(page)
    return ModelVersion.objects.get(name=said["name"], version=said["version"], smoke="passed")


def test_spacy_pipeline(db: None, store: Path, tmp_path: Path) -> None:
    folder = brought.spans_folder(tmp_path / "folder")
    command = re.search(r"^```sh\n(.*?)^```$", GUIDE, re.M | re.S)
    assert command
    printed = subprocess.run(["sh", "-c", command[1]], cwd=tmp_path, capture_output=True, text=True, check=True).stdout
    version = added(folder, PAGES["namen"] + printed)
    assert "Maria (NAME)" in version.smoke_said and version.terms["label_map"] == {"ORT": "place"}


@pytest.mark.parametrize("name, make", [("helmets", brought.detector_folder), ("moods", brought.classifier_folder)])
def test_onnx_file(db: None, store: Path, tmp_path: Path, name: str, make) -> None:
    folder = make(tmp_path / "folder")
    sha256 = tomllib.loads((folder / "model.toml").read_text())["files"]["model.onnx"]
    page = PAGES[name].replace("…", sha256)
    if name == "helmets":  # the tiny one has a smaller window
        page = page.replace("640", str(brought.SIDE))
    version = added(folder, page)
    assert ("helmet 0.90" if name == "helmets" else "its answer: green") in version.smoke_said


def test_weights_of_torch(db: None, store: Path, tmp_path: Path) -> None:
    (script,) = re.findall(r"^```python\n(from safetensors.*?)^```$", GUIDE, re.M | re.S)
    folder, page = tmp_path / "folder", PAGES["tints"]
    assert f'architecture = "{brought.TORCHVISION}"' in page
    folder.mkdir()
    exec(
        script.replace("weights.safetensors", str(folder / "weights.safetensors")),
        {"model": brought.torchvision_model()},
    )
    sha256 = hashlib.sha256((folder / "weights.safetensors").read_bytes()).hexdigest()
    assert "its answer: green" in added(folder, page.replace("…", sha256)).smoke_said


def test_model_of_texts_from_hugging_face(db: None, store: Path, tmp_path: Path) -> None:
    page = PAGES["letters"]
    folder = brought.text_folder(tmp_path / "folder", labels=tomllib.loads(page)["labels"])
    for name, sha256 in tomllib.loads((folder / "model.toml").read_text())["files"].items():
        page = page.replace(f'"{name}" = "…"', f'"{name}" = "{sha256}"')
    assert "Maria Lopez (PER)" in added(folder, page).smoke_said


def test_embedder_of_texts_from_hugging_face(db: None, store: Path, tmp_path: Path) -> None:
    folder, page = brought.embedder_folder(tmp_path / "folder"), PAGES["sentences"]
    for name, sha256 in tomllib.loads((folder / "model.toml").read_text())["files"].items():
        page = page.replace(f'"{name}" = "…"', f'"{name}" = "{sha256}"')
    assert "a vector of 2" in added(folder, page).smoke_said


def test_sam_2_in_two_files(db: None, store: Path, tmp_path: Path) -> None:
    folder, page = sam2.folder(tmp_path / "folder"), PAGES["sam2-tiny"]
    for name, sha256 in tomllib.loads((folder / "model.toml").read_text())["files"].items():
        page = page.replace(f'"{name}" = "…"', f'"{name}" = "{sha256}"')
    assert "a face in a photograph" in added(folder, page).smoke_said


@pytest.fixture
def allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TANDEM_OUTBOUND", "http://127.0.0.1")
    monkeypatch.setenv("TANDEM_OUTBOUND_PRIVATE", "127.0.0.1")


def test_example_server(db: None, store: Path, tmp_path: Path, allowed: None) -> None:
    (script,) = re.findall(r"^```python\n(\"\"\".*?)^```$", GUIDE, re.M | re.S)
    assert script.count("\n") <= 60
    (tmp_path / "server.py").write_text(script)
    port = free_port()
    with subprocess.Popen(
        [sys.executable, str(tmp_path / "server.py"), str(port)], stderr=subprocess.DEVNULL
    ) as server:
        try:
            until(lambda: listens(port))
            (tmp_path / "folder").mkdir()
            added(tmp_path / "folder", PAGES["colours"].replace("9090", str(port)))
            model = catalogue.find("colours@1", store).load(store)
            found = model.spans("A red lamp beside a Black door.")  # type: ignore[union-attr]
            assert [(one.start, one.end, one.label, one.score) for one in found] == [
                (2, 5, "COLOUR", 0.9),
                (20, 25, "COLOUR", 0.9),
            ]
        finally:
            server.terminate()


def reply(path: str, body: object) -> tuple[int, object]:
    """A Label Studio backend and a chat server in one."""
    label = {"value": {"start": 0, "end": 5, "labels": ["PER"]}, "score": 0.8}
    wants = json.dumps(body)
    content = '{"label": "a complaint about a product"}'
    if "Summary" in wants:
        content = '{"text": "Its battery failed."}'
    if "image_url" in wants:
        content = '{"boxes": [{"label": "dent", "left": 100, "top": 100, "right": 300, "bottom": 300}]}'
    choice = {"message": {"content": content}, "finish_reason": "stop"}
    return 200, {
        "/health": {"status": "UP"},
        "/setup": {"model_version": "0.0.1"},
        "/predict": {"results": [{"result": [label], "score": 0.8, "model_version": "0.0.1"}]},
        "/v1/chat/completions": {"model": "small-one", "choices": [choice]},
    }[path]


@pytest.mark.parametrize("name", ["theirs", "reader", "looker", "summaries"])
def test_backend_of_another_making(db: None, store: Path, tmp_path: Path, allowed: None, name: str) -> None:
    with brought.serving(reply) as host:
        page = re.sub(r"http://127\.0\.0\.1:\d+", host.url, PAGES[name])
        version = added(tmp_path, page)
        assert asked_of(host) == ["/health", "/setup", "/predict"] or name != "theirs"
        said = {
            "theirs": "Maria (PER)",
            "reader": "a complaint about a product",
            "looker": "in a photograph: dent",
            "summaries": "Its battery failed.",
        }
        assert said[name] in version.smoke_said


@pytest.mark.parametrize("name, width", [("places", 384), ("meanings", 8)])
def test_embedder_behind_http(db: None, store: Path, tmp_path: Path, allowed: None, name: str, width: int) -> None:
    def lies(path: str, body: Any) -> tuple[int, object]:
        inputs = body.get("inputs") or body["input"]
        rows = [[float(n == place) for n in range(width)] for place in range(len(inputs))]
        return 200, {
            "/predict": {"version": "1", "outputs": [{"vector": row} for row in rows]},
            "/v1/embeddings": {
                "model": "small-embedder",
                "data": [{"index": n, "embedding": row} for n, row in enumerate(rows)],
            },
        }[path]

    with brought.serving(lies) as host:
        version = added(tmp_path, re.sub(r"http://127\.0\.0\.1:\d+", host.url, PAGES[name]))
        assert f"a vector of {width};" in version.smoke_said and version.capability == "classify"


def asked_of(host: Backend) -> list[str]:
    return [path for path, _ in host.asked]


def test_every_adapter_and_field_is_in_the_guide() -> None:
    for name in (*manifest.KINDS, *manifest.FIELDS, *manifest.TABLES):
        assert f"`{name}`" in GUIDE or f"`[{name}]`" in GUIDE, name
