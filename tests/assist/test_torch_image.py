"""Image classifiers and embedders of torch: weights alone are read, by the name of their architecture."""

import io
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from assist.adapters import RuntimeMissing
from assist.adapters.manifest import ManifestProblem
from assist.adapters.onnx_image import frame_of
from tests.support.assist import brought
from tests.support.assist.brought import entered, torch_folder, torchvision_model

IMAGE = np.random.default_rng(1).integers(0, 255, (50, 90, 3), np.uint8)


def saved(what: Any, **said: Any) -> bytes:
    file = io.BytesIO()
    torch.save(what, file, **said)
    return file.getvalue()


def scripted() -> bytes:
    file = io.BytesIO()
    torch.jit.save(torch.jit.script(torch.nn.Linear(2, 2)), file)
    return file.getvalue()


def test_weights_that_a_training_program_left_tell_classes_and_where_images_lie(tmp_path: Path) -> None:
    model = torchvision_model()
    left = saved({"state_dict": {f"module.{name}": one for name, one in model.state_dict().items()}, "epoch": 3})
    (shares,) = entered(tmp_path, torch_folder(tmp_path / "m", left, "model.pth")).shares([IMAGE], [])
    assert max(shares, key=shares.get) == "green" and sum(shares.values()) == pytest.approx(1, abs=1e-3)
    embedder = torch_folder(tmp_path / "n", left, "model.pth", name="lies", capability="embed", labels=[])
    rows = entered(tmp_path, embedder).image_vectors([IMAGE, IMAGE[::-1]])
    assert rows.shape == (2, 1024) and np.linalg.norm(rows, axis=1) == pytest.approx([1, 1])
    assert not np.allclose(rows[0], rows[1])


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (lambda: saved(torchvision_model()), "isn't weights alone"),
        (scripted, "isn't weights alone"),
        (lambda: saved([1, 2]), "isn't weights alone"),
        (lambda: saved({0: torch.zeros(2)}), "isn't weights alone"),
        (lambda: saved({"classifier.3.weight": torch.zeros(())}), "holds no weights of mobilenet_v3_small"),
        (lambda: saved(torchvision_model(7).state_dict()), "tells 7 labels apart, and its manifest names 3"),
        (lambda: saved({"conv.weight": torch.zeros(2)}), "holds no weights of mobilenet_v3_small: Missing key"),
    ],
)
def test_what_is_a_program_or_of_another_making_is_named(tmp_path: Path, content: Any, why: str) -> None:
    with pytest.raises((RuntimeMissing, ManifestProblem), match=why):
        entered(tmp_path, torch_folder(tmp_path / "m", content(), "model.pth"))


def test_what_would_be_larger_in_memory_than_in_its_file_is_refused(tmp_path: Path) -> None:
    content = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(saved({"w": torch.zeros(10**6)}))) as plain,
        zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as packed,
    ):
        for name in plain.namelist():
            packed.writestr(name, plain.read(name))
    with (
        pytest.raises(ManifestProblem, match="model.pth: It is packed"),
        brought.checked(torch_folder(tmp_path / "m", content.getvalue(), "model.pth")),
    ):
        pass


def test_the_middle_of_a_thin_image_is_cut_out_before_it_is_made_larger() -> None:
    """The rest of a line of 100,000 pixels, as high as the window, would take a gigabyte."""
    line = np.zeros((1, 100_000, 3), np.uint8)
    line[:, 50_000:] = 255
    (frame,), placed = frame_of(line, {"width": 64, "height": 64, "fit": "crop"})
    assert frame.shape == (3, 64, 64) and frame.min() >= 0 and placed.across == pytest.approx(1 / 64)
    wide, _ = frame_of(np.full((50, 90, 3), 255, np.uint8), {"width": 64, "height": 64, "fit": "crop"})
    assert wide.min() == 1, "nothing of it is empty"


def test_a_bare_pickle_and_an_unknown_architecture_are_refused(tmp_path: Path) -> None:
    bare = saved(torchvision_model().state_dict(), _use_new_zipfile_serialization=False)
    with (
        pytest.raises(ManifestProblem, match="model.pth: It is a pickle"),
        brought.checked(torch_folder(tmp_path / "m", bare, "model.pth")),
    ):
        pass
    page = "[options]\narchitecture = 'their_own'\nwidth = 8\nheight = 8\n"
    files = {"w.pth": saved({"w": torch.zeros(2)})}
    own = brought.folder(tmp_path / "n", page, files, capability="embed", adapter="torchvision")
    with pytest.raises(RuntimeMissing, match="no architecture 'their_own'"):
        entered(tmp_path, own)
