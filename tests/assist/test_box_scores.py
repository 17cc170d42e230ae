"""What a detector's boxes are worth beside what people marked: each thing once, by its label, from half an overlap; and
the curve of precision read as COCO reads it."""

import asyncio
import contextlib
import io
from typing import Any

import numpy as np
import pytest
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from assist.errors import CopilotError
from assist.learning import box_scores, confused, figures, scores, slices
from assist.learning.asked import NO_ANSWER, Asked, Scores
from assist.learning.blind_verdicts import Decided
from assist.learning.box_scores import Found, Picture
from assist.suggestions.seen_boxes import Seen
from projects.inference.geometry import mask_from_bitmap
from tests.support.assist.eyes import Eyes, box, decided, version

CAT, DOG = [10, 10, 20, 20], [60, 10, 30, 30]


PETS = Asked(frozenset({"cat", "dog", "ship"}), {}, (), minimum_score=0.5, versions=(version("cat", "dog"),) * 2)


def scored(eyes: Eyes, asked: Asked, *rows: Decided) -> Scores:
    return asyncio.run(box_scores.boxes(eyes, asked.versions[0], asked, rows))  # type: ignore[arg-type]


def test_what_would_be_offered_is_compared_with_what_people_marked() -> None:
    eyes = Eyes(
        both=[[*CAT, "cat", 0.9, ""], [*DOG, "dog", 0.8, ""]],
        unsure=[[*CAT, "cat", 0.9, ""], [*DOG, "dog", 0.3, ""]],
        swapped=[[*CAT, "dog", 0.9, ""]],
        twice=[[*CAT, "cat", 0.9, ""], [11, 10, 20, 20, "cat", 0.8, ""]],
        beside=[[25, 10, 20, 20, "cat", None, ""]],
        empty=[],
        ghost=[[*CAT, "cat", 0.9, ""]],
    )
    asked = PETS.twice()[0]
    cat, dog = box("cat", *CAT), box("dog", *DOG)
    rows = [
        decided(1, "both", cat, dog),
        decided(2, "unsure", cat, dog),
        decided(3, "swapped", cat),
        decided(4, "twice", cat),
        decided(5, "beside", cat),
        decided(6, "empty"),
        decided(7, "ghost"),
        decided(8, "spoilt", cat),
        decided(9, "both", cat, blind=False),
        decided(10, "", cat),
    ]
    found = scored(eyes, asked, *rows)
    assert found == [1.0, pytest.approx(2 / 3), 0.0, pytest.approx(2 / 3), 0.0, 1.0, 0.0, None, None]
    assert asked.heard[2]["regions"] == [cat] and 8 not in asked.evidence and 9 not in asked.heard
    assert [one.offered for one in asked.evidence[2].found] == [True, False], "what is unsure still tells of the curve"
    assert [right for _, right in asked.meter.said[4]] == [True, False], "how sure it was, of what it would offer"
    assert len(asked.meter.said[2]) == 1 and 9 not in asked.meter.said
    with pytest.raises(CopilotError):
        scored(eyes, asked, decided(11, "down", cat))


def test_a_picture_that_cant_be_read_tells_of_no_model_and_one_without_an_answer_is_missed() -> None:
    asked, cat, eyes = PETS.twice()[0], box("cat", *CAT), Eyes(heavy=[[*CAT, "cat", 0.9, ""]])
    names = ("spoilt", "odd", "odd", "dense", "heavy")
    marked = ((cat,), (cat,), (), (), (cat,))
    rows = [decided(at, name, *some) for at, (name, some) in enumerate(zip(names, marked, strict=True))]
    assert scored(eyes, asked, *rows) == [None, 0.0, 0.0, 0.0, 1.0]
    assert eyes.asked.count("dense") == eyes.asked.count("heavy") == 2, "what takes too long is asked once more"
    assert [asked.heard[key]["fault"] for key in (1, 2, 3)] == [NO_ANSWER] * 3
    assert sorted(asked.evidence) == [1, 2, 3, 4] and asked.marked == {1: True, 2: False, 3: False, 4: True}


def test_where_neither_model_has_a_name_for_anything_no_picture_tells() -> None:
    ships, eyes = Asked(frozenset({"ship"}), {}, (), versions=(version("cat"),) * 2).twice()[0], Eyes(a=[])
    assert scored(eyes, ships, decided(1, "a", box("ship", *CAT)), decided(2, "a")) == [None, None]
    assert not eyes.asked and not ships.marked


def test_what_neither_model_has_a_name_for_is_asked_of_none() -> None:
    asked = PETS.twice()[0]
    ship, spot = box("ship", 5, 5, 50, 50), {"label": "cat", "shape": {"type": "point", "x": 3, "y": 4}}
    eyes = Eyes(a=[[*CAT, "cat", 0.9, ""]])
    rows = [decided(1, "a", ship), decided(2, "a", ship, box("cat", *CAT)), decided(3, "a", spot)]
    assert scored(eyes, asked, *rows) == [0.0, 1.0, 0.0], "a cat where there is only a ship is one too many"
    assert asked.marked == {1: False, 2: True, 3: False}
    assert scored(Eyes(a=[]), asked, rows[0]) == [1.0], "which tells nothing unless the other finds something there"
    theirs = Asked(PETS.labels, {}, (), versions=(version("cat"), version()))
    assert scored(eyes, theirs, rows[0]) == [0.0], "a model that doesn't say what it knows may know ships"


def test_masks_and_polygons_are_found_by_their_boxes() -> None:
    ys, xs = np.mgrid[:100, :100]
    disc = mask_from_bitmap((xs - 20) ** 2 + (ys - 20) ** 2 <= 100)
    ring = {"type": "polygon", "points": [[60, 10], [90, 10], [75, 40]]}
    marked = ({"label": "cat", "shape": disc}, {"label": "dog", "shape": ring})
    eyes = Eyes(a=[[*CAT, "cat", 0.9, ""], [*DOG, "dog", 0.9, ""]])
    asked = PETS.twice()[0]
    assert scored(eyes, asked, decided(1, "a", *marked)) == [1.0]
    assert min(asked.evidence[1].overlaps) > 0.85


def test_labels_that_are_taken_for_each_other_are_listed_with_their_tasks() -> None:
    eyes = Eyes(a=[[*CAT, "dog", 0.9, ""]], b=[[*CAT, "cat", 0.9, ""], [*DOG, "dog", 0.9, ""]])
    asked, rows = PETS.twice()[0], [decided(1, "a", box("cat", *CAT)), decided(2, "b", box("cat", *CAT))]
    scored(eyes, asked, *rows)
    lines = confused.lines([(one.task.pk, one.answer) for one in rows], asked.heard)
    assert {(one["decided"], one["said"], *one["tasks"]) for one in lines} == {("cat", "dog", 1), ("", "dog", 2)}
    dogs = confused.lines([(one.task.pk, one.answer) for one in rows], asked.heard, {"dog"})
    assert [(one["decided"], one["said"], one["number"]) for one in dogs] == [("", "dog", 2)], "cats have no name there"
    assert confused.lines([(one.task.pk, one.answer) for one in rows], asked.heard, ()) == []
    told = {key: {**said, "labels": "told"} for key, said in asked.heard.items()}
    assert confused.lines([(one.task.pk, one.answer) for one in rows], told) == [], "a mask model was told the label"


def test_images_with_small_things_are_a_slice() -> None:
    small, large = decided(1, "a", box("cat", 0, 0, 9, 9)), decided(2, "a", box("cat", 0, 0, 9, 9), box("cat", *DOG))
    found, _ = slices.slices_of([small, large, decided(3, "a")], "image_regions")
    named = [sorted(name for name in own if name.startswith("regions")) for own in found]
    assert named == [["regions below 1% of the image"], ["regions from 1% of the image"], []]


def test_images_with_something_to_find_are_protected_however_few() -> None:
    rows = [decided(1, "a", box("cat", *CAT)), *(decided(key, "a") for key in range(2, 12))]
    found, protected = slices.slices_of(rows, "image_regions", {one.task.pk: one.task.pk == 1 for one in rows})
    assert [slices.MARKED in own for own in found] == [True] + [False] * 10 and slices.MARKED in protected
    assert slices.MARKED not in slices.slices_of(rows[:1], "image_regions", {1: True})[1], "they are all there are"


def test_who_is_measured_by_what_follows_the_model_in_place() -> None:
    detector, reader, masks = (version("cat", capability=one) for one in ("detect", "read", "segment"))
    keeps = Asked(PETS.labels, {}, (), written={"cat": "words"})
    by = scores.measured_by
    assert by(reader, detector, keeps) is by(detector, detector, keeps) is scores.MEASURES["detect"]
    assert by(detector, reader, keeps) is by(reader, reader, keeps) is scores.MEASURES["read"]
    assert by(reader, reader, PETS) is scores.MEASURES["detect"], "nothing that is written is kept there"
    assert by(masks, masks, keeps) is scores.MEASURES["segment"]


def drawn(rng: np.random.Generator) -> tuple[list[dict[str, Any]], list[dict[str, Any]], list[Picture]]:
    """Forty pictures of two labels: as COCO's own code takes them, and as ours compares them."""
    asked = Asked(frozenset({"a", "b"}), {}, (), minimum_score=0.5)
    true: list[dict[str, Any]] = []
    said: list[dict[str, Any]] = []
    pictures = []
    for image in range(1, 41):
        marked, found = [], []
        for _ in range(rng.integers(0, 5)):
            place, label = (*rng.uniform(0, 80, 2), *rng.uniform(15, 40, 2)), rng.integers(1, 3)
            marked.append((" ab"[label], place))
            area = place[2] * place[3]
            known = {"id": len(true) + 1, "image_id": image, "category_id": label, "bbox": list(place), "area": area}
            true.append(known | {"iscrowd": 0})
            for _ in range(rng.integers(0, 3)):
                near = tuple(np.array(place) + rng.normal(0, 3, 4))
                found.append(Seen(near, " ab"[label], "", float(rng.uniform(0.3, 1)), {}))
        for _ in range(rng.integers(0, 3)):
            far = (*rng.uniform(0, 80, 2), *rng.uniform(15, 40, 2))
            found.append(Seen(far, " ab"[rng.integers(1, 3)], "", float(rng.uniform(0, 0.7)), {}))
        said += [
            {"image_id": image, "category_id": " ab".index(one.label), "bbox": list(one.box), "score": one.score}
            for one in found
        ]
        pictures.append(box_scores.compared(found, marked, PETS.versions[0], asked))
    return true, said, pictures


def test_average_precision_is_what_cocos_own_code_says() -> None:
    true, said, pictures = drawn(np.random.default_rng(4))
    with contextlib.redirect_stdout(io.StringIO()):
        known = COCO()
        names = [{"id": 1, "name": "a"}, {"id": 2, "name": "b"}]
        known.dataset = {"images": [{"id": n} for n in range(1, 41)], "annotations": true, "categories": names}
        known.createIndex()
        judge = COCOeval(known, known.loadRes(said), "bbox")
        judge.evaluate()
        judge.accumulate()
        judge.summarize()
    ours = box_scores.average_precision(pictures)(np.ones(len(pictures)))
    assert 0.2 < ours < 0.9 and ours == pytest.approx(judge.stats[1], abs=1e-6)


def test_what_is_as_sure_as_the_rest_hangs_on_no_order() -> None:
    right, wrong = Picture({"a": 1}, [Found("a", 1.0, 0.8, True)]), Picture({"a": 1}, [Found("a", 1.0, 0.0, True)])
    orders = ([right, wrong, wrong, wrong], [wrong, wrong, wrong, right])
    values = [box_scores.average_precision(one)(np.ones(4)) for one in orders]
    assert values[0] == values[1] == pytest.approx(0.25 * 26 / 101)


def test_a_picture_that_is_drawn_twice_counts_twice() -> None:
    _, _, pictures = drawn(np.random.default_rng(5))
    counts = np.random.default_rng(6).integers(0, 3, len(pictures))
    again = [one for one, times in zip(pictures, counts, strict=True) for _ in range(times)]
    for kind in box_scores.FIGURES:
        assert kind.of(pictures)(counts.astype(float)) == pytest.approx(kind.of(again)(np.ones(len(again))), abs=0.01)


def test_figures_are_told_by_slice_and_their_spread_by_group() -> None:
    good = Picture({"a": 1}, [Found("a", 0.9, 0.8, True)])
    bad = Picture({"a": 1}, [])
    odd = frozenset({"odd"})
    told = [
        figures.Told(f"image {n % 30}", odd if n % 2 else frozenset(), good, good if n % 3 else bad) for n in range(60)
    ]
    rows = figures.beside(box_scores.FIGURES, told, ["odd"], np.random.default_rng(1))
    assert [(one.figure, one.slice, one.tasks, one.groups) for one in rows] == [
        ("average-precision", "all", 60, 30), ("overlap", "all", 60, 30),
        ("average-precision", "odd", 30, 15), ("overlap", "odd", 30, 15),
    ]  # fmt: skip
    whole = rows[0]
    assert whole.candidate == 1.0 and whole.champion == pytest.approx(2 / 3, abs=0.01)
    assert whole.low and whole.high and 0.1 < whole.low < whole.difference < whole.high < 0.6
    apart = figures.beside(box_scores.FIGURES[:1], told[:9], [], np.random.default_rng(1))
    assert (apart[0].low, apart[0].high) == (None, None), "of nine groups no spread is told"
    alike = [figures.Told(f"image {n}", frozenset(), good, good) for n in range(12)]
    for one in figures.beside(box_scores.FIGURES, alike, [], np.random.default_rng(1)):
        assert one.low is not None and one.low < -0.05 and one.high > 0.05, "twelve that are alike are no proof"
    nothing = [figures.Told("image", frozenset(), Picture({}, []), Picture({}, []))]
    assert figures.beside(box_scores.FIGURES, nothing, [], np.random.default_rng(1)) == []
