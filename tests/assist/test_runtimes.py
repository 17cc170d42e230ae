"""The models themselves, with their real weights."""

import io
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch
from PIL import Image
from scipy import ndimage
from skimage import data

from assist.adapters import (
    DEFAULTS,
    RUNTIMES,
    Embedding,
    MaskPrompt,
    Segmenter,
    SpanFinder,
    files,
    mask_size,
    sam_frame,
    sam_levels,
    spacy_spans,
)
from assist.adapters.priority import Aside
from assist.adapters.sam_frame import frame_size, preprocess
from assist.adapters.spacy_folder import SpacyFolder
from assist.runtime.decoding import BadPicture, pixels_of
from tests.support.assist.pictures import Picture

pytestmark = pytest.mark.xdist_group("runtimes")  # one process of tests loads the model of masks

FACE = (180.0, 65.0, 90.0, 110.0)  # the astronaut's, x, y, width, height


def iou(a: np.ndarray, b: np.ndarray) -> float:
    return float((a & b).sum() / (a | b).sum())


@pytest.fixture(scope="module")
def sam(model_folder: Path) -> Segmenter:
    return RUNTIMES["mobile-sam@0.2.0"].load(model_folder)  # type: ignore[return-value]


@pytest.fixture(scope="module")
def astronaut_embedding(sam: Segmenter, astronaut: Picture) -> Embedding:
    return sam.embed(astronaut.pixels)


def test_each_default_model_is_in_the_registry() -> None:
    assert {RUNTIMES[key].capability for key in DEFAULTS} == {"segment", "spans", "classify"}
    assert all(key == offer.key for key, offer in RUNTIMES.items())


def test_box_around_a_face_finds_the_head(sam: Segmenter, astronaut_embedding: Embedding, astronaut: Picture) -> None:
    masks = sam.decode(astronaut_embedding, MaskPrompt(box=FACE))
    assert masks.pixels.shape == (3, *astronaut.size)
    best = masks.pixels[masks.best]
    assert best[120, 225], "the nose is in it"
    assert not best[40, 40] and not best[400, 250], "the flag and the suit are not"
    inside = best[65:175, 180:270].sum() / best.sum()
    assert inside > 0.85
    assert all(0 <= score <= 1 for score in masks.scores)


def test_cat_is_found_by_a_click_on_its_nose(sam: Segmenter, cat: Picture) -> None:
    masks = sam.decode(sam.embed(cat.pixels), MaskPrompt(points=((235.0, 150.0, True),)))
    widest = max(masks.pixels, key=lambda pixels: pixels.sum())
    assert widest.mean() > 0.3, "one of the three is the whole cat"
    assert not widest[10, 10]


def test_three_masks_differ_about_one_click(sam: Segmenter, astronaut_embedding: Embedding) -> None:
    masks = sam.decode(astronaut_embedding, MaskPrompt(points=((225.0, 120.0, True),)))
    assert min(iou(masks.pixels[a], masks.pixels[b]) for a, b in ((0, 1), (0, 2), (1, 2))) < 0.9


def test_second_click_takes_away_what_it_points_at(sam: Segmenter, astronaut_embedding: Embedding) -> None:
    suit = (230.0, 330.0, True)
    first = sam.decode(astronaut_embedding, MaskPrompt(points=(suit,)))
    widest = max(range(3), key=lambda i: first.pixels[i].sum())
    face = (225.0, 120.0, False)
    second = sam.decode(astronaut_embedding, MaskPrompt(points=(suit, face), previous=first.logits[widest]))
    assert second.best == 0, "from the second click on, the token for clear prompts leads"
    assert second.pixels[0][330, 230] and not second.pixels[0][120, 225]


def test_previous_mask_changes_the_answer(sam: Segmenter, astronaut_embedding: Embedding) -> None:
    click = ((225.0, 120.0, True),)
    plain = sam.decode(astronaut_embedding, MaskPrompt(points=click))
    led = sam.decode(astronaut_embedding, MaskPrompt(points=click, previous=plain.logits[2]))
    assert not np.array_equal(plain.logits, led.logits)


def test_masks_come_without_the_specks_that_the_model_makes(sam: Segmenter, cat: Picture) -> None:
    """Handed back as `previous`, they are as the model said them."""
    embedding = sam.embed(cat.pixels)
    raw = cleaned = 0
    for x, y in ((235.0, 150.0), (100.0, 60.0), (400.0, 250.0)):
        masks = sam.decode(embedding, MaskPrompt(points=((x, y, True),)))
        said = sam_frame.grow(torch.from_numpy(masks.logits.astype(np.float32))[None], cat.size)[0] > 0
        raw += parts_of(said.numpy())
        cleaned += parts_of(masks.pixels)
        assert min(iou(one, other) for one, other in zip(masks.pixels, said.numpy(), strict=True)) > 0.9
    assert cleaned < raw / 3, f"{cleaned} parts and holes of {raw}"


def parts_of(masks: np.ndarray) -> int:
    """How many parts and grounds there are in all of these masks."""
    return sum(ndimage.label(bits)[1] for mask in masks for bits in (mask, ~mask))


def test_prompt_that_points_at_nothing_is_refused(sam: Segmenter, astronaut_embedding: Embedding) -> None:
    with pytest.raises(ValueError):
        sam.decode(astronaut_embedding, MaskPrompt())


def test_decoder_agrees_with_the_graph_it_was_read_from(sam, model_folder: Path) -> None:
    """The graph picks one mask; that one's logits are ours, to within rounding."""
    session = onnxruntime.InferenceSession(
        str(files.verify(files.DECODER, model_folder)), providers=["CPUExecutionProvider"]
    )
    features = np.random.default_rng(0).normal(size=(1, 256, 64, 64)).astype(np.float16)
    theirs = session.run(
        None,
        {
            "image_embeddings": features.astype(np.float32),
            "point_coords": np.array([[[420, 510], [900, 1000]]], np.float32),
            "point_labels": np.array([[2, 3]], np.float32),
            "mask_input": np.zeros((1, 1, 256, 256), np.float32),
            "has_mask_input": np.zeros(1, np.float32),
            "orig_im_size": np.array([1024, 1024], np.float32),
        },
    )
    ours = sam.decode(Embedding(features, (1024, 1024)), MaskPrompt(box=(420, 510, 480, 490)))
    gaps = np.abs(ours.logits.astype(np.float32) - theirs[2][0, 0]).max(axis=(1, 2))
    assert gaps.min() < 0.05, "half precision keeps three digits of logits up to forty"
    assert min(abs(score - float(theirs[1][0, 0])) for score in ours.scores) < 1e-3


def test_half_precision_changes_no_mask_to_speak_of(sam, astronaut: Picture) -> None:
    (exact,) = sam._encoder.run(None, {"input": preprocess(astronaut.pixels)})
    prompt = MaskPrompt(points=((225.0, 120.0, True),))
    full = sam.decode(Embedding(exact, astronaut.size), prompt)
    half = sam.decode(Embedding(exact.astype(np.float16), astronaut.size), prompt)
    assert min(iou(full.pixels[i], half.pixels[i]) for i in range(3)) > 0.995


def test_two_threads_never_get_each_others_masks(sam: Segmenter, astronaut: Picture, cat: Picture) -> None:
    embeddings = [sam.embed(astronaut.pixels), sam.embed(cat.pixels)]
    prompts = [MaskPrompt(points=((225.0, 120.0, True),)), MaskPrompt(points=((235.0, 150.0, True),))]
    alone = [sam.decode(*pair).logits for pair in zip(embeddings, prompts, strict=True)]
    with ThreadPoolExecutor(2) as pool:
        jobs = [(i % 2, pool.submit(sam.decode, embeddings[i % 2], prompts[i % 2])) for i in range(8)]
        for which, job in jobs:
            np.testing.assert_allclose(job.result().logits, alone[which], atol=0.05)


def test_levels_looked_up_are_the_levels_worked_out() -> None:
    image = np.random.default_rng(3).integers(0, 256, (768, 1024, 3), np.uint8)
    plain = (image.astype(np.float32) - sam_levels.MEAN) / sam_levels.DEVIATION
    assert (preprocess(image)[0, :, :768] == plain.transpose(2, 0, 1)).all()


def test_padding_is_zero_after_normalising() -> None:
    frame = preprocess(np.full((10, 20, 3), 255, np.uint8))
    assert frame.shape == (1, 3, 1024, 1024)
    assert (frame[0, :, :512] > 2).all() and (frame[0, :, 512:] == 0).all()


@pytest.mark.parametrize(
    ("image", "frame", "mask"),
    [
        ((512, 512), (1024, 1024), (512, 512)),
        ((683, 1024), (683, 1024), (683, 1024)),
        ((3000, 4000), (768, 1024), (768, 1024)),
        ((1, 5000), (1, 1024), (1, 1024)),
        ((300, 451), (681, 1024), (300, 451)),
    ],
)
def test_sizes(image: tuple[int, int], frame: tuple[int, int], mask: tuple[int, int]) -> None:
    assert frame_size(image) == frame
    assert mask_size(image) == mask


def test_large_image_gets_masks_of_1024(sam: Segmenter, astronaut: Picture) -> None:
    large = np.asarray(Image.fromarray(astronaut.pixels).resize((2048, 1536)))
    embedding = sam.embed(large)
    assert embedding.image_size == (1536, 2048)
    masks = sam.decode(embedding, MaskPrompt(box=(720, 195, 360, 330)))
    assert masks.pixels.shape == (3, 768, 1024)
    assert masks.pixels[masks.best][180, 450]


def test_spacy_finds_people_places_and_dates_by_code_points(model_folder: Path) -> None:
    finder: SpanFinder = RUNTIMES["en-core-web-sm@3.8.0"].load(model_folder)  # type: ignore[assignment]
    text = "🚑 Maria Lopez of the World Bank visited Denver on 4 March 2024."
    found = {(text[span.start : span.end], span.label) for span in finder.spans(text)}
    assert {("Maria Lopez", "PERSON"), ("Denver", "GPE"), ("4 March 2024", "DATE")} <= found
    assert ("the World Bank", "ORG") in found
    assert all(0.5 < (span.score or 0) <= 1 for span in finder.spans(text))
    assert finder.spans("") == []


def test_spacy_is_less_sure_of_what_could_be_two_things(model_folder: Path) -> None:
    finder: SpanFinder = RUNTIMES["en-core-web-sm@3.8.0"].load(model_folder)  # type: ignore[assignment]
    texts = ["The Jordan plan was signed in Paris, Texas.", "Next Tuesday May and April will go to Reading."]
    plan, dates = finder.spans_of(texts)
    sure = {texts[0][one.start : one.end]: one.score for one in plan}
    assert sure["Jordan"] < 0.8 < sure["Paris"], "a person's name or a country's"  # type: ignore[operator]
    assert dates[0].score < 0.5, "days and people run together"  # type: ignore[operator]
    bare = spacy_spans.pipeline.load(exclude=spacy_spans.UNUSED)
    theirs = [[(one.start_char, one.end_char, one.label_) for one in document.ents] for document in bare.pipe(texts)]
    assert [[(one.start, one.end, one.label) for one in found] for found in (plan, dates)] == theirs
    folder = SpacyFolder(bare)  # the same pipeline as somebody brings it: entities first, their chances after
    assert folder.spans_of(texts) == [plan, dates]


def test_fakes_answer_the_same_to_the_same(tmp_path: Path, square: Picture) -> None:
    fake: Segmenter = RUNTIMES["fake-masks@1"].load(tmp_path)  # type: ignore[assignment]
    embedding = fake.embed(square.pixels)
    masks = fake.decode(embedding, MaskPrompt(box=(10, 5, 20, 10)))
    assert masks.pixels.shape == (3, 30, 40)
    assert masks.pixels[0].sum() == 200, "the first mask is the box"
    assert masks.pixels[0].sum() < masks.pixels[1].sum() < masks.pixels[2].sum()
    again = fake.decode(fake.embed(square.pixels), MaskPrompt(box=(10, 5, 20, 10)))
    assert np.array_equal(masks.pixels, again.pixels)


def test_photograph_is_turned_upright() -> None:
    file, exif = io.BytesIO(), Image.Exif()
    exif[0x0112] = 6  # turned by a quarter
    Image.new("RGB", (40, 30)).save(file, "JPEG", exif=exif)
    pixels, size = pixels_of(file.getvalue())
    assert pixels.shape == (40, 30, 3) and size == (40, 30)


def test_transparency_is_laid_on_white() -> None:
    file = io.BytesIO()
    Image.new("RGBA", (2, 2), (0, 0, 0, 0)).save(file, "PNG")
    assert (pixels_of(file.getvalue())[0] == 255).all()


def test_bytes_that_are_no_image_are_refused_with_a_reason(astronaut: Picture) -> None:
    for file in (b"", b"hello", astronaut.file[:2000]):
        with pytest.raises(BadPicture):
            pixels_of(file)


@pytest.mark.parametrize("turn", [1, 6])
@pytest.mark.parametrize(("wide", "high"), [(4001, 3001), (3500, 200), (1500, 900), (640, 480)])
def test_large_photograph_is_read_at_the_size_that_the_model_sees(turn: int, wide: int, high: int) -> None:
    exif, file = Image.Exif(), io.BytesIO()
    exif[0x0112] = turn
    Image.fromarray(data.astronaut()).resize((wide, high)).save(file, "JPEG", exif=exif)
    whole, size = pixels_of(file.getvalue())
    small, same = pixels_of(file.getvalue(), 1024)
    assert size == same == whole.shape[:2] == ((high, wide) if turn == 1 else (wide, high))
    assert small.shape[:2] == (frame_size(size) if max(size) > 1024 else size)
    assert np.abs(preprocess(small, size) - preprocess(whole)).mean() < 0.02, "of a range of about four"


def test_masks_of_a_large_photograph_are_those_of_all_its_pixels(sam: Segmenter, astronaut: Picture) -> None:
    grain = np.random.default_rng(2).normal(0, 12, (3000, 3000, 3))  # as fine as a camera's
    large = Image.fromarray(astronaut.pixels).resize((3000, 3000), Image.Resampling.BICUBIC)
    file = io.BytesIO()
    Image.fromarray((np.asarray(large) + grain).clip(0, 255).astype(np.uint8)).save(file, "JPEG", quality=92)
    face = MaskPrompt(box=tuple(side * 3000 / 512 for side in FACE))  # type: ignore[arg-type]
    whole = sam.decode(sam.embed(*pixels_of(file.getvalue())), face)
    small = sam.decode(sam.embed(*pixels_of(file.getvalue(), 1024)), face)
    assert min(iou(a, b) for a, b in zip(whole.pixels, small.pixels, strict=True)) > 0.99


def test_image_encoded_ahead_is_the_same_and_steps_back_for_clicks(sam: Segmenter, astronaut: Picture) -> None:
    ahead, now = sam.embed_ahead(astronaut.pixels), sam.embed(astronaut.pixels)
    assert np.array_equal(ahead.features, now.features) and ahead.image_size == now.image_size
    niceness = partial(os.getpriority, os.PRIO_PROCESS, 0)  # of the thread that asks
    assert Aside().run(niceness) > niceness()
    assert Aside().run(lambda: _started(niceness)) > niceness(), "and what it starts steps back with it"


def _started(work: Callable[[], int]) -> int:
    with ThreadPoolExecutor(1) as other:
        return other.submit(work).result()


def test_bomb_is_refused_before_it_is_unpacked() -> None:
    file = io.BytesIO()
    Image.new("1", (20_000, 10_000)).save(file, "PNG")
    with pytest.raises(BadPicture) as caught:
        pixels_of(file.getvalue())
    assert "pixels" in str(caught.value)


# The first four numbers of each by sentence-transformers 6, all of one call: the shorter ones are filled up.
SENTENCES = {
    "Maria Lopez crossed to Oslo.": (0.03503, 0.07875, 0.00218, 0.10279),
    "the harbour was closed for repairs": (-0.02388, 0.05307, 0.08749, 0.02834),
    "naïve façade 東京 🙂": (0.06336, 0.08545, 0.07948, -0.05754),
    "word " * 250: (-0.00782, -0.09514, -0.0387, 0.04939),
}


def test_sentences_are_told_apart_by_their_meaning(model_folder: Path) -> None:
    model = RUNTIMES["all-minilm-l6@2"].load(model_folder)
    labels = ("a complaint about delivery", "praise for the cook", "a question about opening hours")
    texts = ("My parcel never arrived.", "The soup was wonderful!", "When do you close on Sundays?")
    rows = model.vectors([*texts, texts[0]])  # type: ignore[union-attr]
    assert list((rows[:3] @ model.vectors(labels).T).argmax(1)) == [0, 1, 2]  # type: ignore[union-attr]
    assert rows.shape == (4, 384) and np.allclose((rows**2).sum(axis=1), 1, atol=1e-4)
    assert np.allclose(rows[0], rows[3], atol=1e-4)
    known = model.vectors(list(SENTENCES))[:, :4]  # type: ignore[union-attr]
    assert np.allclose(known, list(SENTENCES.values()), atol=2e-5), "as sentence-transformers reads it"


def test_a_text_longer_than_the_model_reads_is_read_to_its_end(model_folder: Path) -> None:
    """What it says after the first 256 word pieces counts as much as what it says before."""
    model = RUNTIMES["all-minilm-l6@2"].load(model_folder)
    soup, match = "Fry the onions and simmer the soup. ", "The striker scored and the team won the match. "
    both, other = soup * 40 + match * 120, match * 120 + soup * 40
    rows = model.vectors([both, other, soup, match])  # type: ignore[union-attr]
    assert float(rows[0] @ rows[1]) > 0.97, "wherever it stands"
    assert float(rows[0] @ rows[3]) > float(rows[0] @ rows[2]), "most of it is about the match"
    assert np.allclose((rows**2).sum(axis=1), 1, atol=1e-4)
    assert model.vectors(["x " * 60_000]).shape == (1, 384)  # type: ignore[union-attr]


def test_many_texts_at_once_give_the_same_spans(model_folder: Path) -> None:
    finder = RUNTIMES["en-core-web-sm@3.8.0"].load(model_folder)
    texts = ["Maria Lopez visited Denver.", "", "The World Bank lent $5 million in 2024."]
    assert finder.spans_of(texts) == [finder.spans(text) for text in texts]  # type: ignore[union-attr]
