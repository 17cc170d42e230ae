"""Models that somebody brings: taken in, asked a first question, chosen, and what goes wrong said in words."""

import io
import stat
from pathlib import Path

import numpy as np
import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction

from assist.adapters import Offer, catalogue
from assist.adapters.files import WeightsProblem
from assist.errors import CopilotError
from assist.models import Deployment, ModelVersion
from assist.registry import registry, resolution, trial
from assist.runtime import doctor, model_launch, smoke
from taskers.errors import StateConflict
from tests.support.assist import brought, work
from tests.support.assist.sandboxed import ending
from tests.support.cast import Cast

IMAGE = np.full((100, 200, 3), 90, np.uint8)


@pytest.fixture
def store(tmp_path: Path, settings) -> Path:
    settings.MODELS_DIR = str(tmp_path / "models")
    return tmp_path / "models"


def entered(store: Path, source: Path):
    """The model, loaded."""
    with brought.checked(source) as (offer, files):
        catalogue.enter(store, offer, files)
    return catalogue.find(offer.key, store).load(store)


def test_spacy_pipeline_of_another_language_marks_its_names(store: Path, tmp_path: Path) -> None:
    model = entered(store, brought.spans_folder(tmp_path / "m"))
    found = model.spans("Maria wohnt in Köln.")
    assert [(one.start, one.end, one.label) for one in found] == [(0, 5, "NAME"), (15, 19, "ORT")]
    assert {one.score for one in found} == {None}
    assert [len(one) for one in model.spans_of(["Köln", "nichts", ""])] == [1, 0, 0]
    assert not list(store.glob(".folder-*")), "nothing is left of how it was read"


def test_detector_tells_boxes_in_pixels_of_the_whole_image(store: Path, tmp_path: Path) -> None:
    model = entered(store, brought.detector_folder(tmp_path / "m"))
    one, other = model.boxes(IMAGE, (200, 400)).found
    assert (one.label, one.score) == ("thing", 0.9) and other.label == "other"
    assert (one.x, one.y, one.width, one.height) == pytest.approx((100, 50, 200, 50), abs=0.5)


def test_letterbox_is_taken_off_again(store: Path, tmp_path: Path) -> None:
    model = entered(store, brought.detector_folder(tmp_path / "m", page=f"{brought.DETECTOR}fit = 'letterbox'\n"))
    one = model.boxes(IMAGE).found[0]  # twice as wide as high: 64×32 of the window, 16 rows of ground above
    assert (one.x, one.y, one.width, one.height) == pytest.approx((50, 0, 100, 50), abs=0.5)


def test_classifier_gives_a_share_for_each_of_its_labels(store: Path, tmp_path: Path) -> None:
    (shares,) = entered(store, brought.classifier_folder(tmp_path / "m")).shares([IMAGE], [])
    assert sum(shares.values()) == pytest.approx(1, abs=1e-3) and max(shares, key=shares.get) == "green"


def test_classifier_of_no_numbers_or_too_few_labels_gives_no_answer(store: Path, tmp_path: Path) -> None:
    broken = entered(store, brought.classifier_folder(tmp_path / "m", (float("nan"), 1.0, 2.0)))
    with pytest.raises(CopilotError, match="not made of numbers"):
        broken.shares([IMAGE], [])
    short = entered(store, brought.classifier_folder(tmp_path / "n", (1.0, 2.0), version="2"))
    with pytest.raises(CopilotError, match="2 numbers for 3 labels"):
        short.shares([IMAGE], [])


def test_embedder_gives_unit_vectors(store: Path, tmp_path: Path) -> None:
    terms = {"capability": "embed", "adapter": "onnx-embedder", "labels": []}
    rows = entered(store, brought.classifier_folder(tmp_path / "m", (3.0, 4.0), **terms)).image_vectors([IMAGE, IMAGE])
    assert rows.tolist() == [[pytest.approx(0.6), pytest.approx(0.8)]] * 2


def test_doctor_says_what_a_model_answers_and_what_is_wrong(store: Path, tmp_path: Path) -> None:
    nothing = np.full((2, 6), np.nan)
    for name, source in {
        "well": brought.detector_folder(tmp_path / "a", name="well"),
        "sick": brought.detector_folder(tmp_path / "b", nothing, name="sick"),
        "torn": brought.folder(tmp_path / "c", brought.DETECTOR, {"model.onnx": brought.torn()}, **DETECT, name="torn"),
        "large": brought.detector_folder(tmp_path / "d", page=f"{brought.DETECTOR}{HUGE}", name="large"),
        "strange": brought.spans_folder(tmp_path / "e", name="strange"),
    }.items():
        with brought.checked(source) as (offer, files):
            catalogue.enter(store, offer, files)
        assert offer.name == name
    found = {one.key: one for one in doctor.examine(list(catalogue.offers(store).values())[-5:], store)}
    assert found["well@1"].well and "thing 0.90, other 0.30" in found["well@1"].lines[1]
    assert not found["sick@1"].well and "2 boxes can't be used: not-a-number" in found["sick@1"].lines[2]
    assert "is no ONNX model that runs here" in found["torn@1"].lines[0]
    assert "needs 999,999,999 MB of memory" in found["large@1"].lines[0]
    assert found["strange@1"].well and "in a sentence: Maria (NAME)" in found["strange@1"].lines[1]


DETECT = {"capability": "detect", "adapter": "onnx-detector", "labels": ["thing", "other"]}
HUGE = "[resources]\nmemory_mb = 999999999\n"


def test_model_that_takes_its_process_along_is_reported(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model_launch, "start", ending("false"))
    finding = smoke.examine("fake-spans@1", store)
    assert not finding.well and "ended at the first question (code 1)" in finding.lines[0]
    monkeypatch.setattr(model_launch, "start", ending("true"))
    assert "code 0" in smoke.examine("fake-spans@1", store).lines[0]


def test_folder_of_the_first_question_lets_the_user_of_the_sandbox_pass(
    store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    modes = []

    async def refused(_offer: Offer, place: Path, **_options: object) -> None:
        modes.append(stat.S_IMODE(place.parent.stat().st_mode))
        raise OSError("No process is started here.")

    monkeypatch.setattr(model_launch, "start", refused)
    smoke.examine("fake-spans@1", store)
    assert modes == [0o711]


def test_command_takes_a_folder_in_asks_it_and_lets_it_be_chosen(cast: Cast, store: Path, tmp_path: Path) -> None:
    said = io.StringIO()
    call_command("models", "add", str(brought.detector_folder(tmp_path / "m")), stdout=said)
    version = ModelVersion.objects.get(name="things")
    assert (version.smoke, version.capability, version.terms["labels"]) == ("passed", "detect", ["thing", "other"])
    assert "in a photograph: thing 0.90" in version.smoke_said and version.metrics["image seconds"] >= 0
    assert "things@1: well" in said.getvalue()
    project = work.image_project(cast.riverside)
    made = registry.deploy(project, version, share=100, by=cast.mina, grounds=registry.FIRST)
    assert made.basis == Deployment.Basis.FIRST and resolution.chosen(project.public_id, "detect", "x") == "things@1"


def test_command_names_what_is_wrong_with_a_folder(db: None, store: Path, tmp_path: Path) -> None:
    model = brought.detector_folder(tmp_path / "m")
    (model / "model.onnx").write_bytes(b"changed")
    with pytest.raises(CommandError, match=r"model\.onnx: Its sha256 is"):
        call_command("models", "add", str(model))
    assert not ModelVersion.objects.filter(name="things").exists() and not store.exists()


def test_untried_model_is_not_chosen_by_the_verb_nor_by_the_database(cast: Cast, store: Path, tmp_path: Path) -> None:
    version = registry.bring(store, brought.detector_folder(tmp_path / "m"))
    project = work.image_project(cast.riverside)
    assert version.smoke == "waiting" and version not in registry.usable(project)
    with pytest.raises(StateConflict, match="hasn't answered a first question"):
        registry.deploy(project, version, share=100, by=cast.mina, grounds=registry.FIRST)
    row = Deployment(project=project, version=version, share=100, basis="first", started_by=cast.mina)
    with pytest.raises(IntegrityError, match="has not answered a first question"), transaction.atomic():
        row.save(force_insert=True)


def test_broken_model_fails_its_first_question_and_says_why(db: None, store: Path, tmp_path: Path) -> None:
    source = brought.folder(tmp_path / "m", brought.DETECTOR, {"model.onnx": brought.torn()}, **DETECT)
    version = trial.ask(registry.bring(store, source), store)
    assert version.smoke == "failed" and "is no ONNX model" in version.smoke_said


def test_model_of_an_organization_is_its_own_alone(cast: Cast, store: Path, tmp_path: Path) -> None:
    source = brought.detector_folder(tmp_path / "m")
    own = registry.tried(registry.bring(store, source, organization=cast.riverside), well=True, said="", figures={})
    theirs = registry.bring(store, source, organization=cast.hilltop)
    assert own != theirs and own.name.startswith("things+") and str(own) in catalogue.offers(store)
    here, there = work.image_project(cast.riverside), work.image_project(cast.hilltop)
    assert own in registry.usable(here) and own not in registry.usable(there)
    row = Deployment(project=there, version=own, share=100, basis="first", started_by=cast.mina)
    with pytest.raises(IntegrityError, match="another organization"), transaction.atomic():
        row.save(force_insert=True)


def test_the_same_again_is_once_and_another_under_its_name_is_refused(db: None, store: Path, tmp_path: Path) -> None:
    source = brought.detector_folder(tmp_path / "m")
    assert registry.bring(store, source) == registry.bring(store, source)
    changed = brought.detector_folder(tmp_path / "n", page=f"{brought.DETECTOR}score = 0.5\n")
    with pytest.raises(WeightsProblem, match="another version"):
        registry.bring(store, changed)
    registry.remove(store, "things@1")
    with pytest.raises(WeightsProblem, match="was another model"):
        registry.bring(store, changed)
    assert registry.bring(store, source).removed_at is None
