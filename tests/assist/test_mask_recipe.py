"""The mask decoder learns what people mark, and what comes of it answers like any model of masks."""

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from assist.adapters import Embedding, MaskPrompt, RuntimeMissing, catalogue, familiar, sam_decoder, sam_frame
from assist.adapters.files import DECODER, verify
from assist.learning import snapshots, training
from assist.learning.recipes import pointing, rehearsal
from assist.learning.recipes import sam_decoder as recipe
from assist.learning.recipes.recipe import Report, Unfit, Work
from assist.learning.snapshot_file import Line
from assist.learning.splits import TRAIN, VALIDATION, split_of
from assist.registry import registry
from assist.runtime.embedding_store import EmbeddingStore
from assist.runtime.serving import Serving
from projects.inference.geometry import mask_from_bitmap
from tests.support import make
from tests.support.assist import brought, reports, scenes, weights
from tests.support.assist import work as work_of
from tests.support.projects import judging

USUAL = {"passes": 1, "learn_rate": 0.001, "rehearsal": False}
SIDE = scenes.SIDE


def work(folder: Path, lines: Sequence[Line], reported: list[Report] | None = None, **terms: float) -> Work:
    """What the recipe is given; embeddings are kept beside the pictures, for whoever comes next."""
    folder.mkdir(exist_ok=True)
    model = folder / f"model{len(list(folder.iterdir()))}"
    model.mkdir()
    return Work(
        snapshot=reports.written(list(lines), folder),
        labels={"cell": "Cell"},
        label_map={},
        parameters=USUAL | terms,
        seed=7,
        folder=model,
        report=(reported if reported is not None else []).append,
        kept=folder,
        pictures=folder / "pictures",
    )


@pytest.fixture
def little(monkeypatch: pytest.MonkeyPatch, model_folder: Path) -> None:
    """A few regions are enough, and each step counts."""
    monkeypatch.setattr(recipe, "LEAST_REGIONS", 1)
    monkeypatch.setattr(recipe, "WARM_UP", 1)


def encoded(at: Work, lines: Sequence[Line], worst: float = 1.0) -> None:
    """In place of the encoder, which takes a second and a half: numbers by chance, the largest of them `worst`."""
    assert at.kept is not None
    store = EmbeddingStore(at.kept / "embeddings")
    for n, line in enumerate(lines):
        features = np.random.default_rng(n).normal(0, 0.1, (1, 256, 64, 64)).astype(np.float16)
        features[0, 0, 0, 0] = worst
        store.write((line.asset, recipe.NAME), Embedding(features, (SIDE, SIDE)))


def digest(made: Work) -> str:
    return hashlib.sha256((made.folder / recipe.FILE).read_bytes()).hexdigest()


@pytest.mark.torture
def test_a_habit_that_the_model_did_not_know_is_learnt_from_ten_regions(tmp_path: Path, model_folder: Path) -> None:
    lines, told = scenes.lines_of([TRAIN, TRAIN, VALIDATION], tmp_path / "pictures", discs=5), list[Report]()
    found = recipe.train(work(tmp_path, lines, told, passes=3, learn_rate=0.0003)).metrics
    assert found["model"]["overlap"] > found["began from"]["overlap"] + 0.05
    steps = [one for one in told if one.step]
    assert [one.step for one in steps] == [1, 2, 3] and steps[-1].loss < steps[0].loss
    assert max(one.validation for one in steps) == found["model"]["overlap"], "it is as it was at its best"


def test_the_same_seed_gives_the_same_bytes_and_what_cannot_be_read_is_told(tmp_path: Path, little: None) -> None:
    lines = scenes.lines_of([TRAIN, VALIDATION, TRAIN, TRAIN], tmp_path / "pictures", discs=1)
    one, other = work(tmp_path, lines), work(tmp_path, lines)
    encoded(one, lines[:2])
    (tmp_path / "pictures" / lines[2].asset).write_bytes(b"no picture")
    (tmp_path / "pictures" / lines[3].asset).unlink()
    both = [recipe.train(each) for each in (one, other)]
    assert digest(one) == digest(other) and both[0].metrics == both[1].metrics
    assert digest(one) != hashlib.sha256(_untaught(tmp_path)).hexdigest()
    counts = both[0].metrics["pictures"]
    assert counts == {"train": 1, "train unreadable": 2, "validation": 1, "validation unreadable": 0}
    assert both[0].metrics["began from"].keys() == {"overlap", "click", "box"} == both[0].metrics["model"].keys()


def test_what_it_knew_is_kept_by_rehearsal_and_by_taking_less_of_what_it_learnt(
    tmp_path: Path, little: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rehearsal, "PRACTISED", 2)
    monkeypatch.setattr(rehearsal, "CHECKED", 1)
    monkeypatch.setattr(rehearsal, "SHARES", (1.0, 0.1))
    monkeypatch.setattr(rehearsal, "RIGHT", 1.1)  # nothing tells these pictures apart
    lines = scenes.lines_of([TRAIN, VALIDATION], tmp_path / "pictures", discs=1)
    given = [work(tmp_path, lines, rehearsal=known, learn_rate=0.001) for known in (False, True, True)]
    encoded(given[0], lines)
    practised = rehearsal.names()
    encoded(given[0], [replace(lines[0], asset=name) for name in practised])
    monkeypatch.setattr(rehearsal, "picture", lambda number: pytest.fail("it is encoded already"))
    alone, *both = [recipe.train(each) for each in given]
    assert digest(given[1]) == digest(given[2]) != digest(given[0]), "the same again, and not as without"
    assert load_file(given[1].folder / recipe.FILE).keys() == load_file(given[0].folder / recipe.FILE).keys()
    kept = both[0].metrics["kept"]
    assert "kept" not in alone.metrics and kept["share"] in (1.0, 0.1, 0.0)
    assert kept["overlap"] >= rehearsal.KEPT and kept == both[1].metrics["kept"]
    base, learnt = (sam_decoder.load(verify(DECODER, weights.pinned())) for _ in range(2))
    known = rehearsal.Rehearsal(base, recipe.Encoded(tmp_path / "embeddings", weights.pinned()).of)
    learnt.mask_decoder.load_state_dict(load_file(given[0].folder / recipe.FILE))
    assert known.kept(base) == 1.0 and known.kept(learnt) < 1.0
    monkeypatch.setattr(rehearsal, "KEPT", 1.1)
    assert known.mix(learnt) == (0.0, 1.0), "where nothing of it may be taken it is as it was"
    monkeypatch.setattr(rehearsal, "RIGHT", 0.0)
    known.tell_apart([lines[0].asset], [lines[1].asset])
    assert known.familiar is not None and not known.familiar(torch.full((1, 256, 64, 64), np.nan), (SIDE, SIDE))
    assert all(torch.equal(one, learnt.mask_decoder.state_dict()[name]) for name, one in known.began_from.items())


def test_it_practises_on_pictures_that_are_drawn_or_cut_and_checks_by_others() -> None:
    seen = [rehearsal.picture(number) for number in range(rehearsal.PRACTISED - 2, rehearsal.PRACTISED + 2)]
    assert all(one.dtype == np.uint8 and one.ndim == 3 and one.shape[2] == 3 and one.std() > 5 for one in seen)
    assert np.array_equal(rehearsal.picture(3), rehearsal.picture(3))
    assert len({one.tobytes() for one in seen}) == 4


def test_what_is_made_of_the_pictures_lies_in_the_runs_own_folder(
    tmp_path: Path, little: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So that it goes with the run where the process is killed."""
    made = list[Path]()

    class Nowhere(recipe.Encoded):
        def __init__(self, folder: Path, models: Path) -> None:
            made.append(folder)
            raise Unfit("Stopped.")

    monkeypatch.setattr(recipe, "Encoded", Nowhere)
    given = work(tmp_path, scenes.lines_of([TRAIN, VALIDATION], tmp_path / "pictures", discs=1))
    with pytest.raises(Unfit):
        recipe.train(replace(given, kept=None))
    (folder,) = made
    assert folder.is_relative_to(given.folder.parent) and not folder.is_relative_to(given.folder)
    assert not folder.exists()


def _untaught(folder: Path) -> bytes:
    path = folder / "untaught.safetensors"
    save_file(dict(sam_decoder.load(verify(DECODER, weights.pinned())).mask_decoder.state_dict()), path)
    return path.read_bytes()


def test_a_loss_that_is_no_number_is_named(tmp_path: Path, little: None) -> None:
    lines = scenes.lines_of([TRAIN, VALIDATION], tmp_path / "pictures", discs=1)
    given = work(tmp_path, lines)
    encoded(given, lines, worst=np.nan)
    with pytest.raises(Unfit, match="became no number"):
        recipe.train(given)
    assert not list(given.folder.iterdir()), "nothing half made is left"


@pytest.mark.parametrize(
    ("splits", "shape", "why"),
    [
        ((TRAIN, VALIDATION), {"type": "box", "x": 1, "y": 1, "width": 9, "height": 9}, "to learn from"),
        ((TRAIN, VALIDATION), {"type": "mask", "size": [SIDE, SIDE], "counts": ""}, "to learn from"),
        ((TRAIN, VALIDATION), mask_from_bitmap(np.ones((4, 4))), "to learn from"),
        ((TRAIN,), None, "left to compare"),
    ],
    ids=["boxes alone", "nothing marked", "of another picture", "nothing to choose by"],
)
def test_regions_without_an_area_teach_nothing(tmp_path: Path, splits, shape, why: str) -> None:
    lines = scenes.lines_of(splits, tmp_path / "pictures", discs=5)
    if shape is not None:
        if shape.get("counts") == "":
            shape = mask_from_bitmap(np.zeros((SIDE, SIDE)))
        lines = [scenes.marked(one, [shape]) for one in lines]
    else:
        lines = [*lines, *(lines * 2)]
    given = work(tmp_path, lines)
    encoded(given, lines)
    with pytest.raises(Unfit, match=why):
        recipe.train(given)


def test_people_are_played_within_what_they_mark() -> None:
    draw = np.random.default_rng(3)
    bitmap = np.zeros((400, 800), bool)
    bitmap[100:300, 200:240] = True
    region = pointing.region_of(mask_from_bitmap(bitmap), (400, 800))
    assert region is not None and region.inside == (128, 256) and region.box == (256, 128, 307.2, 384)
    clicks = [pointing.first_click(region.mask, draw) for _ in range(40)]
    assert all(region.mask[int(y / 4), int(x / 4)] and adds for x, y, adds in clicks) and len(set(clicks)) > 10
    boxes = np.array([pointing.drawn_box(region, draw) for _ in range(40)])
    assert (np.abs(boxes - region.box) <= pointing.FARTHEST).all() and boxes.std(0).min() > 1
    nothing, all_of_it = np.zeros_like(region.mask), np.ones_like(region.mask)
    assert (
        pointing.correction(region.mask, nothing, draw)[2] and not pointing.correction(region.mask, all_of_it, draw)[2]
    )
    x, y, adds = pointing.correction(region.mask, region.mask, draw)
    assert adds and region.mask[int(y / 4), int(x / 4)], "nothing is wrong: somewhere within"
    assert pointing.region_of(mask_from_bitmap(np.eye(4000, 4000, 0)[:1] > 0), (1, 4000)) is None, (
        "too small to be seen"
    )


@pytest.fixture
def version(tmp_path: Path) -> tuple[Path, str]:
    """The store and the key of a version whose decoder answers the other way round: what is marked isn't any more."""
    store = weights.linked(tmp_path / "models")
    decoder = sam_decoder.load(verify(DECODER, store))
    state = dict(decoder.mask_decoder.state_dict())
    for n in range(4):
        for part in ("weight", "bias"):
            name = f"output_hypernetworks_mlps.{n}.layers.2.{part}"
            state[name] = -state[name]
    source = tmp_path / "source"
    source.mkdir()
    line = familiar.Familiar(torch.eye(256)[0], torch.tensor(0.0))  # by the first channel alone
    save_file(state | line.tensors(), source / recipe.FILE)
    brought.folder(source, "", name="ours", capability="segment", adapter="sam-decoder")
    with brought.checked(source) as (offer, files):
        catalogue.enter(store, offer, files)
    return store, offer.key


def test_pictures_are_told_apart_where_they_can_be() -> None:
    draw = torch.Generator().manual_seed(3)
    ours, theirs = (torch.randn(30, 256, generator=draw) + shift for shift in (0.0, 0.7))
    line = familiar.fitted(ours[:10], theirs[:20])
    right = [(some @ line.weight + line.bias > 0).float().mean() for some in (ours[10:], theirs[20:])]
    assert right[0] > 0.9 and right[1] < 0.1
    frame = torch.zeros(1, 256, 64, 64)
    frame[0, :, :32] = theirs[25][:, None, None]
    frame[0, :, 32:] = ours[25][:, None, None]
    assert not line(frame, (400, 800)), "what lies beyond the picture doesn't count"
    tensors = line.tensors()
    assert familiar.taken_from(tensors) == line and not tensors and familiar.taken_from({}) is None


async def test_a_version_answers_from_the_embedding_that_its_base_made(version: tuple[Path, str]) -> None:
    store, key = version
    kept, features = EmbeddingStore(None), np.random.default_rng(3).normal(0, 0.1, (1, 256, 64, 64))
    features[:, 0] += 0.5
    embedding = Embedding(features.astype(np.float16), (SIDE, SIDE))
    kept.write(("a picture", recipe.NAME), embedding)
    serving = Serving([catalogue.find(key, store)], store, kept)
    box = (60.0, 65.0, 90.0, 110.0)
    try:  # without the picture: it would be asked for
        reply = await serving.segment({"model": key, "image": "a picture", "owner": "o", "points": [], "box": box})
        model = await serving._models[key].ready()
    finally:
        serving.close()
    assert reply["image_size"] == [SIDE, SIDE] and len(reply["masks"]) == 3
    base = sam_decoder.load(verify(DECODER, store))
    with torch.inference_mode():
        told = torch.from_numpy(embedding.features.astype(np.float32))
        logits, _ = base(told, *sam_frame.tensors(MaskPrompt(box=box), (SIDE, SIDE)))
    ours = model.decode(embedding, MaskPrompt(box=box))  # type: ignore[union-attr]
    assert np.allclose(ours.logits, -logits[0, 1:].numpy(), atol=0.05), "these are its own weights"
    assert np.argmax(ours.scores) == ours.best, "and its own estimate says which is best"
    features[:, 0] -= 1
    unlike = Embedding(features.astype(np.float16), (SIDE, SIDE))
    theirs = model.decode(unlike, MaskPrompt(box=box))  # type: ignore[union-attr]
    with torch.inference_mode():
        told = torch.from_numpy(unlike.features.astype(np.float32))
        logits, _ = base(told, *sam_frame.tensors(MaskPrompt(box=box), (SIDE, SIDE)))
    assert np.allclose(theirs.logits, logits[0, 1:].numpy(), atol=0.05), "elsewhere the default model's answer"


def test_weights_that_do_not_fit_are_said(version, tmp_path: Path) -> None:
    store, key = version
    offer = catalogue.find(key, store)
    path = store / offer.artifacts[0].sha256
    state = load_file(path)
    for wrong, said in (
        ({"a": torch.ones(2)}, "no mask decoder"),
        ({name: one * np.nan for name, one in state.items()}, "no number"),
        ({name: one for name, one in state.items() if name != familiar.BIAS}, "half of what"),
    ):
        source = tmp_path / said.replace(" ", "-")
        source.mkdir()
        save_file(wrong, source / recipe.FILE)
        brought.folder(source, "", name=source.name, capability="segment", adapter="sam-decoder")
        with brought.checked(source) as (bad, files):
            catalogue.enter(store, bad, files)
        with pytest.raises(RuntimeMissing, match=said):
            bad.load(store)


@pytest.mark.torture
@pytest.mark.django_db
def test_verdicts_become_a_version_that_may_answer(cast, tmp_path: Path, settings) -> None:
    settings.MEDIA_ROOT, settings.MODELS_DIR = tmp_path / "media", weights.linked(tmp_path / "models")
    project = work_of.image_project(cast.riverside)
    batch, wanted = make.batch(project, "Scenes"), [TRAIN, TRAIN, VALIDATION]
    for number in range(200):
        (line,) = scenes.lines_of([TRAIN], tmp_path / "pictures", discs=5, first=number)
        split = split_of(str(project.public_id), line.asset)
        if split in wanted:
            wanted.remove(split)
            task = work_of.image_task(batch, (tmp_path / "pictures" / line.asset).read_bytes(), f"{number}.png")
            shapes = [one["shape"] for one in line.said["regions"]]
            own = {"label": "cat", "provenance": {"source": "human"}}
            answer = {"regions": [{"id": f"r{n}", "shape": one, **own} for n, one in enumerate(shapes)]}
            judging.said(cast.alice, task, answer)
            judging.said(cast.bob, task, answer)
    assert not wanted
    taken = snapshots.take(project, by=cast.mina)
    snapshots.run(taken.pk)
    taken.refresh_from_db()
    run = training.begin(taken, "sam-decoder", by=cast.mina, parameters={"passes": 1}, seed=7)
    training.run(run.pk)
    run.refresh_from_db()
    assert run.state == "done", run.reason
    assert run.metrics["began from"]["box"] > 0 and run.metrics["pictures"]["train"] == 2
    assert run.version is not None and run.version.smoke == "passed" and run.version in registry.usable(project)
    assert run.version not in registry.usable(make.project(cast.hilltop))
