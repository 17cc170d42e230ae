"""Verdicts on images become a head that tells their classes, and the runtime answers with it."""

import io
import shutil
import tempfile
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import numpy as np
import pytest
from PIL import Image
from safetensors.numpy import load_file, save_file

from assist.adapters import RUNTIMES, RuntimeMissing, catalogue, files, image_head
from assist.adapters.bundle import Bundle, Terms
from assist.adapters.devices import CPU
from assist.adapters.files import path_of
from assist.annotators import work as placing
from assist.errors import CopilotError
from assist.learning import abandoned, evaluation, pictures, snapshot_file, snapshots, training
from assist.learning.recipes import image_classes
from assist.learning.recipes.recipe import Made, Report, Unfit, Work
from assist.learning.search import searches, trials
from assist.learning.snapshot_file import Line
from assist.learning.splits import GATE, TRAIN, VALIDATION
from assist.models import Snapshot
from assist.registry import registry
from projects.models import Annotation, Asset, Project
from projects.reports import verdict_index
from taskers.models import Event
from tests.support import make
from tests.support.assist import brought, digits, reports, weights, work
from tests.support.assist.running import running
from tests.support.assist.scripts import played as played
from tests.support.cast import Cast
from tests.support.projects.judging import said

RECIPE = "image-classes"
TEXTS = ["text-classes", "text-encoder"]
DIGITS = [{"key": "d0", "name": "Zero"}, {"key": "d1", "name": "One"}]


@pytest.fixture(scope="session")
def models(model_folder: Path) -> Path:
    """The folder of models, with the embedder in it."""
    files.fetch(model_folder, artifacts=RUNTIMES[image_classes.EMBEDDER].artifacts)
    return model_folder


def learnt(folder: Path, lines: list[Line], models: Path, **more: Path) -> tuple[Made, list[Report]]:
    """What comes of these lines, and what was reported; the pictures lie in `pictures` beside."""
    (folder / "model").mkdir(parents=True)
    reported: list[Report] = []
    told = {"pictures": folder.parent / "pictures", "models": models} | more
    parameters = {"strength": 100.0, "balanced": True}
    file = reports.written(lines, folder)
    asked = Work(file, {}, {}, parameters, 7, folder / "model", reported.append, **told)
    return image_classes.train(asked), reported


def test_a_head_learns_digits_beside_a_plain_baseline_and_the_same_again(tmp_path: Path, models: Path) -> None:
    lines = digits.laid(tmp_path / "pictures", 60, 0, 1)
    kept = tmp_path / "kept"
    kept.mkdir()
    made, reported = learnt(tmp_path / "one", lines, models, kept=kept)
    assert made.metrics["model"]["accuracy"] >= 0.9 and 0 <= made.metrics["baseline"]["accuracy"] <= 1
    judged = sum(one.split == GATE for one in lines)
    assert made.metrics["images"] == {
        "train": sum(one.split == TRAIN for one in lines),
        "validation": sum(one.split == VALIDATION for one in lines),
    }
    assert judged and reported[-1].step == reported[-1].of == 60 - judged
    _, again = learnt(tmp_path / "next trial", lines, models, kept=kept)
    assert not again, "the next trial of a search looks at no image again"
    learnt(tmp_path / "elsewhere", lines, models)
    heads = {(tmp_path / at / "model" / "head.safetensors").read_bytes() for at in ("one", "next trial", "elsewhere")}
    assert len(heads) == 1


def test_what_cannot_be_read_is_left_out_and_told(tmp_path: Path, models: Path) -> None:
    lines = digits.laid(tmp_path / "pictures", 60, 0, 1)
    first, second, third, fourth = [one for one in lines if one.split == TRAIN][:4]
    (tmp_path / "pictures" / first.asset).unlink()
    (tmp_path / "pictures" / second.asset).write_bytes(b"no picture at all")
    cut_off = (tmp_path / "pictures" / third.asset).read_bytes()
    (tmp_path / "pictures" / third.asset).write_bytes(cut_off[: len(cut_off) // 2])
    lines.append(replace(fourth, asset=""))  # a text among them has no image, and is none that is missing
    made, _ = learnt(tmp_path / "run", lines, models)
    assert made.metrics["images"]["left out"] == 3 and made.metrics["model"]["accuracy"] >= 0.9


def test_what_is_too_little_to_learn_from_is_named(tmp_path: Path, models: Path) -> None:
    lines = digits.laid(tmp_path / "pictures", 60, 0, 1)
    alike = [replace(one, answer=lines[0].answer) for one in lines]
    with pytest.raises(Unfit, match="10 images of two labels"):
        learnt(tmp_path / "one class", alike, models)
    with pytest.raises(Unfit, match="No image is left to compare"):
        learnt(tmp_path / "no validation", [one for one in lines if one.split == TRAIN], models)
    with pytest.raises(Unfit, match="models fetch efficientnet-lite0@1"):
        learnt(tmp_path / "no embedder", lines, tmp_path / "nothing here")
    for file in (tmp_path / "pictures").iterdir():
        file.write_bytes(b"")
    with pytest.raises(Unfit, match="None of the images could be read"):
        learnt(tmp_path / "none readable", lines, models)


def test_an_image_of_another_kind_is_no_crash(tmp_path: Path) -> None:
    """One pixel, transparent, and much wider than high: each gives as many plain numbers."""
    for size, mode in (((1, 1), "RGB"), ((3000, 1), "RGBA"), ((7, 900), "L")):
        file = io.BytesIO()
        Image.new(mode, size).save(file, "PNG")
        image, whole = image_classes.pixels_of(file.getvalue(), image_classes.LONGEST_SIDE)
        numbers = image_classes._plain(image, whole)
        assert numbers.shape == (3 * 8 * 8 + 4**3 + 2,) and np.isfinite(numbers).all()


def test_a_head_that_fits_no_embedder_is_said(tmp_path: Path, models: Path) -> None:
    parts = {
        "kind/weights": np.ones((2, 5), np.float32),
        "kind/bias": np.zeros(2, np.float32),
        "kind/labels": np.frombuffer(b"a\nb", np.uint8),
    }
    save_file(parts, tmp_path / "head.safetensors")
    (embedder,) = RUNTIMES[image_classes.EMBEDDER].artifacts
    terms = RUNTIMES[image_classes.EMBEDDER].terms
    assert terms is not None
    own = {"head.safetensors": tmp_path / "head.safetensors"}
    alone = Bundle("mine@1", "classify-image", own, Terms("image-head"), tmp_path)
    with pytest.raises(RuntimeMissing, match=r"no \.onnx file"):
        image_head.load(alone, CPU)
    shutil.copyfile(path_of(embedder, models), tmp_path / "model.onnx")
    both = Bundle("mine@1", "classify-image", own | {"model.onnx": tmp_path / "model.onnx"}, terms, tmp_path)
    head = image_head.load(both, CPU)
    with pytest.raises(CopilotError) as problem:
        head.shares([np.zeros((9, 9, 3), np.uint8)], [])
    assert problem.value.code == "no-answer" and "takes 5 numbers" in problem.value.text


@pytest.fixture
def places(settings, tmp_path: Path, models: Path) -> None:
    settings.MEDIA_ROOT, settings.DATA_DIR = tmp_path / "media", tmp_path
    settings.MODELS_DIR = weights.linked(tmp_path / "models")


@pytest.fixture
def project(cast: Cast, places: None) -> Project:
    return make.project(cast.riverside, "Digits", "classification", wanted=1, labels=DIGITS)


def answer(digit: str) -> dict:
    part = {"field": "label", "kind": "choice", "value": f"d{digit}", "provenance": {"source": "human"}}
    return {"fields": [part]}


def taken(cast: Cast, project: Project, number: int) -> Snapshot:
    """A snapshot of so many zeros and ones, each of which Alice has told, alone."""
    batch = make.batch(project)
    for at, (file, digit) in zip(range(number), digits.pictures(0, 1), strict=False):
        said(cast.alice, work.image_task(batch, file, f"{at}.png", wanted=1), answer(digit))
    made = snapshots.take(project, by=cast.mina)
    assert snapshots.run(made.pk) == "ready"
    made.refresh_from_db()
    return made


def shown(snapshot: Snapshot, folder: Path, *splits: str) -> set[str]:
    """The images of these splits."""
    folder.mkdir()
    lines = snapshot_file.read(snapshots.fetch(snapshot, folder))
    return {one.asset for one in lines if one.split in splits}


LISTS = """
seen = pathlib.Path(told["kept"]) / f"seen {parameters['strength']}"
seen.write_text(" ".join(os.listdir(told["pictures"])))
made(accuracy=0.5)
"""
WHICH = {"mine": (TRAIN, VALIDATION), "judging": (GATE,)}
SEVEN = next(digits.pictures(7))[0]


@pytest.mark.django_db
def test_a_recipe_gets_the_pictures_of_its_lines_and_none_that_judges_models(
    cast: Cast, project: Project, played, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = taken(cast, project, 60)
    mine, judging = (shown(made, tmp_path / name, *some) for name, some in WHICH.items())
    gone, spoilt, *_ = sorted(mine)
    (tmp_path / "media" / Asset.objects.get(sha256=gone).file.name).unlink()
    (tmp_path / "media" / Asset.objects.get(sha256=spoilt).file.name).write_bytes(b"something else")
    theirs = work.image_task(make.batch(make.project(cast.hilltop, "Theirs", "classification", labels=DIGITS)), SEVEN)
    played(LISTS)
    monkeypatch.setattr(trials.shutil, "rmtree", lambda *args, **kwargs: None)
    search = searches.begin(made, RECIPE, by=cast.mina, most=2)
    while (waiting := search.trials.filter(state="waiting").first()) is not None:
        assert trials.run(waiting.pk) == "done"
    seen = [set(one.read_text().split()) for one in trials._folder(search).glob("seen *")]
    assert len(seen) == 2 and seen[0] == seen[1] == mine - {gone, spoilt}
    assert judging and not seen[0] & judging and theirs.asset.sha256 not in seen[0]


@pytest.mark.django_db
def test_a_disk_without_room_and_a_stop_meanwhile_are_named(
    cast: Cast, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = taken(cast, project, 4)
    with monkeypatch.context() as full:
        full.setattr(pictures, "SPARE", 1 << 62)
        run = training.begin(made, RECIPE, by=cast.mina)
        assert training.run(run.pk) == "failed"
    run.refresh_from_db()
    assert "MB are free here" in run.reason and run.version is None
    run = training.begin(made, RECIPE, by=cast.mina)
    read = pictures._read

    def stopped_then_read(asset: Asset) -> bytes | None:
        training.stop(run)
        return read(asset)

    monkeypatch.setattr(pictures, "_read", stopped_then_read)
    assert training.run(run.pk) == "stopped"


@pytest.mark.django_db
def test_no_image_stays_of_a_run_whose_worker_was_killed(
    cast: Cast, project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    run = training.begin(taken(cast, project, 4), RECIPE, by=cast.mina)
    left, other = (tmp_path / f"{training.FOLDER}{key.hex}-abc" for key in (run.public_id, uuid4()))
    (left / "pictures").mkdir(parents=True)
    other.mkdir()
    abandoned.sweep()
    assert left.exists(), "a worker may be at it"
    assert training.run(run.pk) == "failed", "it has too little to learn from"
    abandoned.sweep()
    assert not left.exists() and other.exists(), "whose that one is isn't known here"
    assert len(list(tmp_path.glob(f"{training.FOLDER}*"))) == 1


@pytest.mark.django_db
def test_an_image_project_is_offered_what_learns_from_images_alone(cast: Cast, project: Project) -> None:
    assert set(training.recipes_for(project)) == {*TEXTS, RECIPE}, "nothing is loaded yet"
    texts = make.project(cast.riverside, "Letters", "classification", labels=DIGITS)
    make.tasks(make.batch(texts))
    work.image_task(make.batch(project), SEVEN)
    assert training.recipes_for(project) == [RECIPE] and training.recipes_for(texts) == TEXTS
    make.tasks(make.batch(project, "Texts too"))
    assert set(training.recipes_for(project)) == {*TEXTS, RECIPE}


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_verdicts_on_images_become_a_model_that_answers_and_is_measured(
    cast: Cast, project: Project, settings, tmp_path: Path
) -> None:
    run = training.begin(taken(cast, project, 70), RECIPE, by=cast.mina, seed=7)
    training.run(run.pk)
    run.refresh_from_db()
    assert run.state == "done", run.reason
    version = run.version
    assert version is not None and (version.capability, version.smoke) == ("classify-image", "passed")
    assert str(version.parent) == "efficientnet-lite0@1" and "Apache-2.0" in version.licence
    assert version.organization == cast.riverside and run.metrics["model"]["accuracy"] >= 0.9
    store = Path(settings.MODELS_DIR)
    assert load_file(store / version.artifacts["head.safetensors"])["label/weights"].shape == (2, 1280)
    plain = registry.bring(store, brought.classifier_folder(tmp_path / "plain", labels=["d0", "d1", "d2"]))
    registry.tried(plain, well=True, said="", figures={})
    offers = catalogue.offers(store)
    assert {str(version), str(plain)} <= offers.keys()
    with running(str(version), str(plain), weights=store, more=("--alone",)) as runtime:
        runtime.until_ready()
        settings.RUNTIME_ADDRESS = runtime.address
        work.deployed(project, plain, share=100, by=cast.mina)
        verdict_index.add(Event.objects.order_by("pk"))
        made = evaluation.begin(project, version, by=cast.mina)
        evaluation.run(made.pk)
        made.refresh_from_db()
        assert made.state == "done" and made.findings[0]["candidate"] > 0.9 > made.findings[0]["champion"], made.reason
        fresh = make.batch(project, "Fresh")
        more = list(digits.pictures(0, 1))[100:106]
        tasks = [work.image_task(fresh, file, f"fresh {at}", wanted=1) for at, (file, _) in enumerate(more)]
        annotator = placing.place(project, version, by=cast.mina, target_error=0.1, audit_share=0.2)
        assert placing.run(annotator.pk) == len(tasks)
    told = dict(Annotation.objects.filter(task__in=tasks).values_list("task", "answer"))
    right = [told[task.pk]["fields"][0]["value"] == f"d{digit}" for task, (_, digit) in zip(tasks, more, strict=True)]
    assert sum(right) >= 5
