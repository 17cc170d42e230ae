"""Small things are asked for once more from near: in a part of the image, laid back into the whole."""

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from assist.adapters import RUNTIMES, MaskPrompt, Masks, Segmenter, close_up, mask_size
from assist.adapters.close_up import Part
from assist.adapters.fake import FakeMasks
from assist.errors import CopilotError
from assist.runtime.lanes import Lane
from assist.runtime.near import Near, asked_of, part_for, told
from assist.runtime.operations import sharper_mask
from benchmarks.models import prompts, scenes

SIZE = (3000, 4000)  # twelve megapixels
THING = (1000.0, 900.0, 120.0, 80.0)


def of(thing: close_up.Box) -> Part | None:
    return close_up.part_of(MaskPrompt(box=thing), np.zeros((1, 1), bool), SIZE)


def test_a_part_lies_around_the_thing_and_within_the_image() -> None:
    part = of(THING)
    assert part is not None and part.width == part.height >= close_up.MARGIN * 120
    assert part.x < 1000 and part.y < 900 and part.x + part.width > 1120 and part.y + part.height > 980
    corner = of((3990.0, 0.0, 10.0, 10.0))
    assert corner is not None and corner.x + corner.width == 4000 and corner.y == 0
    assert of((1001.0, 901.0, 119.0, 79.0)) == part, "another mask of it asks for the same part"


@pytest.mark.parametrize("thing", [(0.0, 0.0, 2000.0, 90.0), (5.0, 5.0, 0.0, 0.0)])
def test_what_is_large_or_nothing_isnt_looked_at_from_near(thing: close_up.Box) -> None:
    assert of(thing) is None


def test_what_was_clicked_has_to_be_smaller_than_what_was_boxed() -> None:
    mask = np.zeros(mask_size(SIZE), bool)
    mask[100:356, 100:356] = True
    assert close_up.box_of(mask, SIZE) == (390.625, 390.625, 1000.0, 1000.0)
    assert close_up.part_of(MaskPrompt(points=((500.0, 500.0, True),)), mask, SIZE) is None
    boxed = of((390.0, 390.0, 1000.0, 1000.0))
    assert boxed is not None and not boxed.tiny


def test_a_prompt_is_told_in_pixels_of_the_part_without_what_lies_beyond() -> None:
    part = Part(100, 200, 50, 50, True)
    prompt = MaskPrompt(points=((110.0, 220.0, True), (10.0, 20.0, False)), box=(90.0, 210.0, 30.0, 20.0))
    assert close_up.seen_from(prompt, part) == MaskPrompt(points=((10.0, 20.0, True),), box=(-10.0, 10.0, 30.0, 20.0))
    assert close_up.seen_from(MaskPrompt(points=((1.0, 1.0, True), (110.0, 220.0, False))), part) is None


def answered(*marked: np.ndarray) -> Masks:
    return Masks(np.stack(marked), np.zeros((len(marked), 256, 256), np.float16), (0.9, 0.8), 0)


def test_masks_of_a_part_lie_in_the_whole_where_they_were_and_the_likest_leads() -> None:
    part, size = Part(1000, 800, 400, 400, True), mask_size(SIZE)
    disc, other = np.zeros((400, 400), bool), np.zeros((400, 400), bool)
    disc[100:300, 120:280] = True
    other[:40, :40] = True
    first = np.zeros(size, bool)
    scale = size[1] / SIZE[1]
    first[round(900 * scale) : round(1100 * scale), round(1120 * scale) : round(1280 * scale)] = True
    found = close_up.laid(answered(other, disc), part, SIZE, first)
    assert found is not None and found[0].shape == size and found[1] == 0.8
    assert close_up._overlap(found[0], first) > 0.93
    assert close_up.laid(answered(other, other), part, SIZE, first) is None, "another thing takes nobody's place"


async def test_a_part_is_encoded_once_and_the_image_asked_for_only_then() -> None:
    picture = Image.new("RGB", (800, 600), "white")
    file = io.BytesIO()
    picture.save(file, "PNG")
    model, lane, near = FakeMasks(), Lane("encodes", 4), Near()
    box = [100.0, 100.0, 40.0, 40.0]
    first = model.decode(model.embed(np.asarray(picture)), MaskPrompt(box=(100.0, 100.0, 40.0, 40.0)))
    mask = told(first)[0]
    question: dict = {"image": "a" * 64, "asker": "p", "points": [], "box": box, "mask": mask, "image_size": [600, 800]}
    with pytest.raises(CopilotError) as problem:
        await near.ask(lane, "fake@1", model, question, None)
    assert problem.value.code == "need-image"
    reply = await near.ask(lane, "fake@1", model, question | {"data": file.getvalue()}, None)
    assert sharper_mask(reply) == mask and reply["masks"][reply["best"]] == mask, "askers of before read it too"
    assert await near.ask(lane, "fake@1", model, question, None) == reply, "what was made of the part is kept"
    large = question | {"box": [0.0, 0.0, 700.0, 500.0]}
    nothing = await near.ask(lane, "fake@1", model, large, None)
    assert sharper_mask(nothing) is None and nothing["masks"] == []
    more = question | {"box": [100.0, 100.0, 60.0, 60.0]}
    assert await near.ask(lane, "fake@1", model, more, None) == nothing, "first is gone"
    other = question | {"box": [300.0, 300.0, 40.0, 40.0]}
    assert await near.ask(lane, "fake@1", model, other, None) == nothing, (
        "the image came along once, for all that is small in it"
    )
    lane.close()


def test_small_things_that_were_drawn_are_found_more_exactly_from_near(model_folder: Path) -> None:
    sam: Segmenter = RUNTIMES["mobile-sam@0.2.0"].load(model_folder)  # type: ignore[assignment]
    seen = scenes.scene("small", 3)
    size, embedding = seen.pixels.shape[:2], sam.embed(seen.pixels)
    before, now = [], []
    for thing in prompts.things(seen)[:2]:
        first = sam.decode(embedding, thing.box)
        mask = first.pixels[first.best]
        part = part_for(sam, thing.box, mask, size)
        assert part is not None
        asked = asked_of(sam, thing.box, part, size, mask, first.logits[first.best])
        assert asked is not None
        found = close_up.laid(sam.decode(sam.embed(part.of(seen.pixels)), asked), part, size, mask)
        assert found is not None
        before.append(prompts.overlap(mask, thing.mask))
        now.append(prompts.overlap(found[0], thing.mask))
    assert np.mean(now) > np.mean(before) + 0.02
