"""SAM 2 by file: the two usual exports, by a tiny pair of the same inputs and outputs, as the studio asks."""

from pathlib import Path

import numpy as np
import onnx
import pytest

from assist.adapters import Embedding, MaskPrompt, RuntimeMissing, Segmenter, catalogue
from assist.errors import CopilotError
from assist.runtime import doctor
from tests.support.assist import brought, sam2

HEIGHT, WIDTH = 300, 600  # of an image that is drawn out to a square


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Both exports."""
    at = tmp_path_factory.mktemp("sam2")
    for name, names in (("ours", sam2.OURS), ("others", sam2.OTHERS)):
        with brought.checked(sam2.folder(at / name, names, name=name)) as (offer, files):
            catalogue.enter(at / "store", offer, files)
    return at / "store"


@pytest.fixture(scope="module", params=["ours", "others"])
def model(request: pytest.FixtureRequest, store: Path) -> Segmenter:
    return catalogue.find(f"{request.param}@1", store).load(store)  # type: ignore[return-value]


@pytest.fixture(scope="module")
def embedding(model: Segmenter) -> Embedding:
    """Of an image that is bright to the right of its middle."""
    image = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    image[:, WIDTH // 2 :] = 255
    return model.embed(image)


def test_features_of_three_sizes_are_kept_as_one_array_and_come_back_in_place(
    model: Segmenter, embedding: Embedding
) -> None:
    assert embedding.features.shape == (1, 1024, 64, 64) and embedding.features.dtype == np.float16
    assert embedding.image_size == (HEIGHT, WIDTH)
    masks = model.decode(embedding, MaskPrompt(points=((60, 60, True),)))
    assert masks.pixels.shape == (3, HEIGHT, WIDTH) and masks.scores == pytest.approx(sam2.SURE) and masks.best == 0
    for bright in masks.pixels[1:]:
        assert bright[:, WIDTH // 2 + 5 :].all() and not bright[:, : WIDTH // 2 - 5].any()


def test_a_click_a_box_and_a_click_that_takes_away(model: Segmenter, embedding: Embedding) -> None:
    clicked = model.decode(embedding, MaskPrompt(points=((150, 100, True),))).pixels[0]
    ys, xs = np.nonzero(clicked)
    assert (xs.mean(), ys.mean()) == (pytest.approx(150, abs=2), pytest.approx(100, abs=2))
    drawn_out = (np.ptp(xs) / WIDTH, np.ptp(ys) / HEIGHT)
    assert drawn_out == (pytest.approx(2 * sam2.RADIUS / 1024, abs=0.01),) * 2, "a circle of the square"
    boxed = model.decode(embedding, MaskPrompt(box=(100, 50, 200, 90))).pixels[0]
    assert boxed[52:138, 102:298].all() and boxed.sum() == pytest.approx(200 * 90, rel=0.05)
    less = model.decode(embedding, MaskPrompt(points=((200, 95, False),), box=(100, 50, 200, 90))).pixels[0]
    assert not less[95, 200] and less[52:60, 102:120].all() and less.sum() < boxed.sum()


def test_the_mask_before_goes_along(model: Segmenter, embedding: Embedding) -> None:
    first = model.decode(embedding, MaskPrompt(box=(20, 20, 80, 60)))
    assert first.logits.shape == (3, 256, 256) and first.logits.dtype == np.float16
    more = 20 * first.logits[0].clip(-0.1, 2)
    second = model.decode(embedding, MaskPrompt(points=((400, 200, True),), previous=more)).pixels[0]
    assert second[50, 60] and second[200, 400] and not first.pixels[0][200, 400]


def test_large_images_and_prompts_that_point_at_nothing(model: Segmenter) -> None:
    large = model.embed(np.zeros((512, 1024, 3), np.uint8), (1500, 3000))
    assert large.image_size == (1500, 3000)
    masks = model.decode(large, MaskPrompt(box=(1000, 500, 1000, 500)))
    assert masks.pixels.shape == (3, 512, 1024) and masks.pixels[0][256, 512] and not masks.pixels[0][10, 10]
    with pytest.raises(ValueError):
        model.decode(large, MaskPrompt())


def test_first_question_is_a_face_in_a_photograph(store: Path) -> None:
    (finding,) = doctor.examine([catalogue.find("others@1", store)], store)
    assert finding.well and "a face in a photograph" in finding.lines[1] and "encode seconds" in finding.figures


def entered(tmp_path: Path, **files: onnx.ModelProto) -> Segmenter:
    content = {f"{name}.onnx": model.SerializeToString() for name, model in files.items()}
    source = brought.folder(tmp_path / "m", "", content, name="sam2", capability="segment", adapter="sam2-onnx")
    with brought.checked(source) as (offer, found):
        catalogue.enter(tmp_path / "store", offer, found)
    return catalogue.find("sam2@1", tmp_path / "store").load(tmp_path / "store")  # type: ignore[return-value]


def test_files_that_are_no_such_pair_say_what_is_missing(tmp_path: Path) -> None:
    with pytest.raises(RuntimeMissing, match="needs two ONNX files, an encoder and a decoder; it has 1"):
        entered(tmp_path / "one", decoder=sam2.decoder())
    with pytest.raises(RuntimeMissing, match="encoder has no image_embed or image_embeddings"):
        entered(tmp_path / "two", one=sam2.decoder(), other=onnx.load_from_string(brought.constant(np.zeros((1, 4)))))
    odd = sam2.decoder()
    odd.graph.input.append(onnx.helper.make_tensor_value_info("time", onnx.TensorProto.FLOAT, [1]))
    odd.graph.node.append(onnx.helper.make_node("Identity", ["time"], ["then"]))
    with pytest.raises(RuntimeMissing, match="input 'time' isn't expected"):
        entered(tmp_path / "three", encoder=sam2.encoder(), decoder=odd)


def test_what_is_no_mask_is_no_answer(tmp_path: Path) -> None:
    broken = sam2.decoder()
    for one in broken.graph.initializer:
        if one.name == "sure":
            one.CopyFrom(onnx.numpy_helper.from_array(np.array([[0.9, np.nan, 0.1]], np.float32), "sure"))
    model = entered(tmp_path, encoder=sam2.encoder(), decoder=broken)
    embedding = model.embed(np.zeros((20, 30, 3), np.uint8))
    with pytest.raises(CopilotError, match="not made of numbers"):
        model.decode(embedding, MaskPrompt(points=((3, 3, True),)))
