"""The models themselves, with their real weights."""

import io
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
from PIL import Image

from assist import weights
from assist.pictures import BadPicture, pixels_of
from assist.runtimes import DEFAULTS, RUNTIMES, Embedding, MaskPrompt, Segmenter, SpanFinder, mask_size
from assist.runtimes.mobile_sam import frame_size, preprocess
from tests.assist.conftest import Picture

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
    assert {RUNTIMES[key].capability for key in DEFAULTS} == {"segment", "spans"}
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


def test_prompt_that_points_at_nothing_is_refused(sam: Segmenter, astronaut_embedding: Embedding) -> None:
    with pytest.raises(ValueError):
        sam.decode(astronaut_embedding, MaskPrompt())


def test_decoder_agrees_with_the_graph_it_was_read_from(sam, model_folder: Path) -> None:
    """The graph picks one mask; that one's logits are ours, to within rounding."""
    session = onnxruntime.InferenceSession(
        str(weights.verify(weights.DECODER, model_folder)), providers=["CPUExecutionProvider"]
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
    assert all(span.score is None for span in finder.spans(text))
    assert finder.spans("") == []


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
    assert pixels_of(file.getvalue()).shape == (40, 30, 3)


def test_transparency_is_laid_on_white() -> None:
    file = io.BytesIO()
    Image.new("RGBA", (2, 2), (0, 0, 0, 0)).save(file, "PNG")
    assert (pixels_of(file.getvalue()) == 255).all()


def test_bytes_that_are_no_image_are_refused_with_a_reason(astronaut: Picture) -> None:
    for data in (b"", b"hello", astronaut.file[:2000]):
        with pytest.raises(BadPicture):
            pixels_of(data)


def test_bomb_is_refused_before_it_is_unpacked() -> None:
    file = io.BytesIO()
    Image.new("1", (20_000, 10_000)).save(file, "PNG")
    with pytest.raises(BadPicture) as caught:
        pixels_of(file.getvalue())
    assert "pixels" in str(caught.value)
