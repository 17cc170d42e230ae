"""Model files that an operator adds: kept by content, listed once, loaded by the runtime, removed again."""

import json
from pathlib import Path

import pytest
import torch
from django.core.management import CommandError, call_command
from django.utils import timezone

from assist.adapters import MaskPrompt, RuntimeMissing, catalogue, meta_sam
from assist.adapters.files import WeightsProblem
from assist.adapters.sam_modules import sam_model_registry
from assist.models import Deployment, ModelVersion
from assist.registry import registry, resolution
from taskers.errors import StateConflict
from taskers.models import Event
from tests.support.assist import work
from tests.support.assist.pictures import Picture
from tests.support.cast import Cast

FILE = b"a checkpoint" * 1000
METRICS = ["--metrics", "miou=0.71", "boxes=590"]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "sam.pth"
    path.write_bytes(FILE)
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "models"


def add(folder: Path, file: Path, **terms: str):
    terms = {"name": "sam", "version": "1", "kind": "sam-vit-b", "licence": "Apache-2.0", **terms}
    return catalogue.add(folder, file, **terms)


def test_added_file_lies_by_its_content_and_is_listed(folder: Path, file: Path) -> None:
    offer = add(folder, file)
    (artifact,) = offer.artifacts
    assert (folder / artifact.sha256).read_bytes() == FILE
    assert catalogue.offers(folder)["sam@1"] == offer
    assert add(folder, file) == offer and len(json.loads((folder / catalogue.LISTED).read_text())) == 1


@pytest.mark.parametrize(
    "terms, said",
    [
        ({"kind": "sam-vit-x"}, "no kind of model"),
        ({"name": "../sam"}, "small letters"),
        ({"version": ""}, "small letters"),
        ({"licence": " "}, "licence"),
        ({"parent": "nobody@1"}, "no model 'nobody@1'"),
    ],
)
def test_what_can_not_be_added_is_refused_with_the_reason(folder: Path, file: Path, terms: dict, said: str) -> None:
    with pytest.raises(WeightsProblem, match=said):
        add(folder, file, **terms)
    assert not (folder / catalogue.LISTED).exists()


def test_another_file_under_a_taken_name_is_refused(folder: Path, file: Path) -> None:
    add(folder, file)
    file.write_bytes(b"another")
    with pytest.raises(WeightsProblem, match="another version"):
        add(folder, file)


def test_missing_file_and_full_disk_are_said(folder: Path, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(WeightsProblem, match="No such file"):
        add(folder, file.with_name("nothing.pth"))

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(catalogue.os, "replace", full)
    with pytest.raises(WeightsProblem, match="No space left on device"):
        add(folder, file)
    assert not list(folder.glob(".*.part")), "nothing half done is left"


def test_removed_model_takes_its_file_along_unless_another_has_the_same(folder: Path, file: Path) -> None:
    offer, twin = add(folder, file), add(folder, file, name="twin")
    path = folder / offer.artifacts[0].sha256
    catalogue.remove(folder, "sam@1")
    assert path.exists() and list(catalogue.offers(folder))[-1] == twin.key
    catalogue.remove(folder, "twin@1")
    assert not path.exists()
    with pytest.raises(WeightsProblem, match="belongs to Tandem"):
        catalogue.remove(folder, "mobile-sam@0.2.0")


def test_operator_adds_lists_verifies_and_removes(cast: Cast, folder: Path, file: Path, settings, capsys) -> None:
    settings.MODELS_DIR = folder
    terms = ["--name", "sam", "--version", "1", "--kind", "sam-vit-b", "--licence", "Apache-2.0"]
    call_command("models", "add", str(file), *terms, "--source", "the vendor", "--parent", "mobile-sam@0.2.0", *METRICS)
    version = ModelVersion.objects.get(name="sam")
    assert (version.capability, version.licence, version.source) == ("segment", "Apache-2.0", "the vendor")
    assert str(version.parent) == "mobile-sam@0.2.0"
    call_command("models", "list")
    assert "sam@1" in capsys.readouterr().out
    with pytest.raises(CommandError, match="mobile-sam encoder is not in"):
        call_command("models", "verify")
    call_command("models", "remove", "sam@1")
    version.refresh_from_db()
    assert version.removed_at is not None and version.metrics == {"miou": 0.71, "boxes": 590.0}
    with pytest.raises(CommandError, match="as NAME=NUMBER"):
        call_command("models", "add", str(file), *terms, "--metrics", "good")
    with pytest.raises(CommandError, match="no model"):
        call_command("models", "remove", "sam@1")


def test_name_of_a_removed_model_is_not_given_to_another_file(cast: Cast, folder: Path, file: Path) -> None:
    """Embeddings and suggestions of the first are kept under it: the second would decode the first's embeddings."""
    terms = {"name": "sam", "version": "1", "kind": "sam-vit-b", "licence": "MIT"}
    first = registry.add(folder, file, **terms)
    registry.remove(folder, "sam@1")
    file.write_bytes(b"another")
    with pytest.raises(WeightsProblem, match="choose another version"):
        registry.add(folder, file, **terms)
    assert "sam@1" not in catalogue.offers(folder)
    first.refresh_from_db()
    assert first.removed_at is not None
    file.write_bytes(FILE)
    assert registry.add(folder, file, **terms) == first, "the very same file may come back"
    first.refresh_from_db()
    assert first.removed_at is None


def test_deployments_share_a_projects_work_by_hash(cast: Cast, folder: Path, file: Path) -> None:
    project = work.image_project(cast.riverside)
    old = registry.add(folder, file, name="sam", version="1", kind="sam-vit-b", licence="MIT")
    new = registry.add(folder, file, name="sam", version="2", kind="sam-vit-b", licence="MIT")
    key = project.public_id
    assert resolution.chosen(key, "segment", "anything") is None
    work.deployed(project, old, share=60, by=cast.mina)
    work.deployed(project, new, share=41, by=cast.mina)
    assert [one.share for one in Deployment.objects.live().order_by("version")] == [59, 41], "what lacked was taken"
    third = registry.add(folder, file, name="sam", version="3", kind="sam-vit-b", licence="MIT")
    with pytest.raises(StateConflict, match="leaves 0 %"):
        work.deployed(project, third, share=60, by=cast.mina)
    deployed = work.deployed(project, new, share=20, by=cast.mina)
    subjects, now = [f"assignment {number}" for number in range(400)], timezone.now()
    drawn = resolution.chosen_then(project, "segment", [(one, now) for one in subjects])
    shares = [drawn.count(one) / 400 for one in ("sam@1", "sam@2", "")]
    assert shares == pytest.approx([0.59, 0.2, 0.21], abs=0.08)  # three standard errors
    assert resolution.chosen(key, "spans", "assignment 1") is None
    for _again in range(2):
        assert drawn[:25] == [resolution.chosen(key, "segment", one) or "" for one in subjects[:25]]
    with pytest.raises(StateConflict, match="withdraw it there first"):
        registry.remove(folder, "sam@2")
    registry.withdraw(deployed, by=cast.mina)
    with pytest.raises(StateConflict, match="ended already"):
        registry.withdraw(deployed, by=cast.mina)
    work.deployed(project, old, share=100, by=cast.mina)
    assert [one.share for one in Deployment.objects.live()] == [100]
    kinds = list(Event.objects.filter(kind__startswith="model_").order_by("pk").values_list("kind", flat=True))
    assert kinds == [*["model_deployed"] * 3, "model_withdrawn", "model_deployed"]


@pytest.fixture(scope="module")
def random_vit_b(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoint at ViT-B's true size, with random weights."""
    torch.manual_seed(7)
    path = tmp_path_factory.mktemp("sam") / "sam_vit_b_random.pth"
    torch.save(sam_model_registry["vit_b"]().state_dict(), path)
    return path


@pytest.mark.torture
def test_meta_checkpoint_answers_at_its_true_size(folder: Path, random_vit_b: Path, astronaut: Picture) -> None:
    offer = add(folder, random_vit_b)
    model = offer.load(folder)
    embedding = model.embed(astronaut.pixels)  # type: ignore[union-attr]
    assert embedding.features.shape == (1, 256, 64, 64) and embedding.features.dtype == "float16"
    masks = model.decode(embedding, MaskPrompt(box=(180.0, 65.0, 90.0, 110.0)))  # type: ignore[union-attr]
    assert masks.pixels.shape == (3, *astronaut.size) and masks.logits.shape == (3, 256, 256)
    again = model.decode(embedding, MaskPrompt(((225.0, 120.0, True),), previous=masks.logits[0]))  # type: ignore[union-attr]
    assert all(0 <= score <= 1 for score in (*masks.scores, *again.scores))


@pytest.mark.torture
def test_file_of_another_variant_is_named_as_such(folder: Path, random_vit_b: Path) -> None:
    offer = add(folder, random_vit_b, kind="sam-vit-l")
    with pytest.raises(RuntimeMissing, match="not a checkpoint of SAM vit_l"):
        offer.load(folder)


def test_file_of_another_kind_is_named_as_such(folder: Path, file: Path) -> None:
    offer = add(folder, file, kind="sam-vit-l")
    with pytest.raises(RuntimeMissing, match="not a checkpoint of SAM vit_l"):
        offer.load(folder)


@pytest.mark.parametrize("variant", meta_sam.VARIANTS)
def test_every_variant_gives_embeddings_of_one_shape(variant: str) -> None:
    with torch.device("meta"):  # shapes without the gigabytes
        model = sam_model_registry[variant]()
        features = model.image_encoder(torch.empty(1, 3, 1024, 1024))
    assert features.shape == (1, 256, 64, 64)
