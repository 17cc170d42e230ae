"""Where texts and images lie by models behind other hosts: a vector for each, made of numbers, as long as ever before;
what is anything else is refused by name."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from assist.adapters import catalogue, outside_embedder
from assist.adapters.budget import Budget
from assist.adapters.bundle import Bundle, Terms
from assist.adapters.devices import CPU
from assist.adapters.manifest import ManifestProblem, parse
from assist.adapters.outside_embedder import pieces_of
from assist.errors import CopilotError
from assist.runtime import doctor
from tests.support.assist import brought
from tests.support.assist.brought import Backend

WAYS = ("http", "openai")
LIES = {"praise": [2.0, 0.0], "complaint": [0.0, 3.0], "soup": [-1.0, 0.0]}


def lies(text: str) -> list[float]:
    """By the words in it; to the left and up where there is none."""
    found = [place for word, place in LIES.items() if word in text] or [[0.0, 1.0]]
    return [float(one) for one in np.mean(found, axis=0)]


def saying(vector: Callable[[str], Any], **said: Any) -> Callable[[str, Any], tuple[int, Any]]:
    """A host that speaks both ways, and tells the vectors in the wrong order where it may."""

    def reply(path: str, body: Any) -> tuple[int, Any]:
        if path == "/predict":
            return 200, {"version": "4", "outputs": [{"vector": vector(one.get("text", ""))} for one in body["inputs"]]}
        assert path == "/embeddings" and body["encoding_format"] == "float"
        data = [{"index": n, "embedding": vector(one)} for n, one in enumerate(body["input"])]
        return 200, {"model": "small", "data": data[::-1], "usage": {"prompt_tokens": 7}} | said

    return reply


@pytest.fixture
def host(monkeypatch: pytest.MonkeyPatch) -> Iterator[Backend]:
    with brought.serving(saying(lies)) as backend:
        monkeypatch.setenv("TANDEM_OUTBOUND", "http://127.0.0.1")
        monkeypatch.setenv("TANDEM_OUTBOUND_PRIVATE", "127.0.0.1")
        yield backend


def model(host: Backend, way: str, store: Path, capability: str = "classify", **options: Any) -> Any:
    terms = Terms(f"{way}-embedder", options={"url": host.url, "seconds": 5.0, "model": "small"} | options)
    load = outside_embedder.load_http if way == "http" else outside_embedder.load_openai
    return load(Bundle("far@4", capability, {}, terms, store), CPU)


@pytest.mark.parametrize("way", WAYS)
def test_texts_lie_where_the_host_says_and_labels_by_their_words(host: Backend, way: str, tmp_path: Path) -> None:
    far = model(host, way, tmp_path, batch=2)
    rows = far.vectors(["praise", " ", "complaint", "soup"])
    assert rows.dtype == np.float32 and np.allclose(rows, [[1, 0], [0, 0], [0, 1], [-1, 0]])
    assert [len(body.get("inputs") or body["input"]) for _, body in host.asked] == [2, 1], "nothing of a blank text"
    assert far.classify("a complaint", ["praise", "complaint"])[1] > 0.9
    assert far.vectors([]).shape == (0, 2)


def test_a_long_text_lies_in_the_middle_of_its_pieces(host: Backend, tmp_path: Path) -> None:
    assert pieces_of("one two  three", 7) == ["one two", "three"] and pieces_of("abcdef", 4) == ["abcd", "ef"]
    assert len(pieces_of("a " * 1_000, 5)) == 32 and pieces_of(" \n", 5) == []
    terms = Terms("http-embedder", input={"most_characters": 9}, options={"url": host.url, "prefix": "query: "})
    far = outside_embedder.load_http(Bundle("far@4", "classify", {}, terms, tmp_path), CPU)
    assert np.allclose(far.vectors(["praise praise complaint complaint"])[0], [0.5**0.5, 0.5**0.5])
    assert [one["text"] for one in host.asked[0][1]["inputs"]] == [
        f"query: {x}" for x in ("praise", "praise", "complaint", "complaint")
    ]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    "vector, why",
    [
        ([0.5, 1e999], "no JSON"),
        ([0.5, float("nan")], "no JSON"),
        ([0.5, 10**400], "finite numbers"),
        ([0.5, "1"], "finite numbers"),
        ([True, 0.5], "finite numbers"),
        ([0.0, 0.0], "lie nowhere"),
        ([], "0 numbers"),
        ([0.1] * 9_000, "9,000 numbers"),
        ("all", "is no list"),
        (None, "is no list"),
    ],
)
def test_what_is_no_vector_is_refused_by_name(host: Backend, way: str, tmp_path: Path, vector: Any, why: str) -> None:
    host.reply = saying(lambda text: vector)
    with pytest.raises(CopilotError) as problem:
        model(host, way, tmp_path).vectors(["praise"])
    assert problem.value.code == "no-answer" and why in problem.value.text


@pytest.mark.parametrize("way", WAYS)
def test_a_host_that_says_other_numbers_one_day_is_found_out_after_a_restart_too(
    host: Backend, way: str, tmp_path: Path
) -> None:
    model(host, way, tmp_path).vectors(["praise"])
    host.reply = saying(lambda text: [*lies(text), 1.0])
    with pytest.raises(CopilotError, match="far@4 says 3 numbers where 2 are its vectors"):
        model(host, way, tmp_path).vectors(["praise"])
    assert model(host, way, tmp_path, width=3).vectors(["praise"]).shape == (1, 3), "as its page says"
    host.reply = saying(lies)
    with pytest.raises(CopilotError, match="2 numbers where 3"):
        model(host, way, tmp_path / "other", width=3).vectors(["praise"])


def test_an_endpoint_is_believed_no_number_too_few_and_no_other_model(host: Backend, tmp_path: Path) -> None:
    def said(**row: Any) -> Any:
        host.reply = saying(lies, **row)
        with pytest.raises(CopilotError) as problem:
            model(host, "openai", tmp_path).vectors(["praise", "soup"])
        return problem.value.text

    assert "'huge' answered, not 'small'" in said(model="huge")
    one = {"index": 0, "embedding": [1.0, 0.0]}
    lost = {"embedding": one["embedding"]}
    for data in ([one], [one] * 2, [one] * 3, [one, lost], [one, lost | {"index": True}], [one, lost | {"index": [1]}]):
        assert "one vector for each of 2 inputs" in said(data=data)
    assert "is no object" in said(data=[1, 2]) and "is no list" in said(data=None)
    host.reply = lambda path, body: (200, {"version": "4", "outputs": [{"vector": [1.0, 0.0]}]})
    with pytest.raises(CopilotError, match="1 outputs for 2 inputs"):
        model(host, "http", tmp_path).vectors(["praise", "soup"])


def test_what_an_endpoint_costs_never_passes_its_budget(host: Backend, tmp_path: Path) -> None:
    far, spent = model(host, "openai", tmp_path, budget_tokens=40), Budget(tmp_path, "far@4", None)
    far.vectors(["praise"])
    assert spent.spent == 7, "by its own word"
    host.reply = saying(lies, usage={"prompt_tokens": "few"})
    far.vectors(["praise"])
    assert spent.spent == 7 + 6 + outside_embedder.ASIDE, "all that it could have cost"
    host.reply = lambda path, body: (401, {})
    assert code_of(lambda: far.vectors(["praise"])) == "backend-refused" and spent.spent == 21
    asked = len(host.asked)
    assert code_of(lambda: far.vectors(["praise " * 10])) == "over-budget" and len(host.asked) == asked


def code_of(ask: Callable[[], Any]) -> str:
    with pytest.raises(CopilotError) as problem:
        ask()
    return problem.value.code


@pytest.mark.parametrize("way", WAYS)
def test_a_host_that_is_slow_away_or_not_allowed_is_named(
    host: Backend, way: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    far = model(host, way, tmp_path)
    for status, code in ((500, "backend-down"), (302, "backend-refused")):
        host.reply = lambda path, body, status=status: (status, {})  # type: ignore[misc]
        assert code_of(lambda: far.vectors(["praise"])) == code
    monkeypatch.setenv("TANDEM_OUTBOUND", "https://elsewhere.example")
    assert code_of(lambda: far.vectors(["praise"])) == "backend-refused"


PAGE = 'name="far"\nversion="4"\ncapability="embed"\nlicence="MIT"\nadapter="%s"\n[options]\nurl="http://127.0.0.1:9"\n'


def test_images_lie_somewhere_too_where_the_page_says_so(host: Backend, tmp_path: Path) -> None:
    host.reply = saying(lambda text: [3.0, 4.0])
    rows = model(host, "http", tmp_path, "embed-image").image_vectors([np.zeros((40, 60, 3), np.uint8)])
    assert np.allclose(rows, [[0.6, 0.8]]) and host.asked[0][1]["inputs"][0]["width"] == 60
    assert host.asked[0][1]["capability"] == "embed"
    page = PAGE % "http-embedder"
    assert parse(page.encode()).capability == "embed"
    assert parse(f'{page}[input]\nkind="image"\n'.encode()).capability == "embed-image"
    with pytest.raises(ManifestProblem, match="doesn't do this with images"):
        parse(f'{PAGE % "openai-embedder"}model="small"\n[input]\nkind="image"\n'.encode())
    with pytest.raises(ManifestProblem, match=r"options.model"):
        parse((PAGE % "openai-embedder").encode())
    classes = page.replace("http-embedder", "http").replace('"embed"', '"classify"')
    assert parse(classes.encode()).capability == "classify", "of texts, where nothing else is said"


@pytest.mark.parametrize("kind, told", [("text", "nearest to a complaint about a product"), ("image", "a vector of 2")])
def test_its_first_question_says_how_wide_it_is(host: Backend, tmp_path: Path, kind: str, told: str) -> None:
    options = f'[options]\nurl = "{host.url}"\n[input]\nkind = "{kind}"\n'
    source = brought.folder(
        tmp_path / "m", options, name="far", version="4", capability="embed", adapter="http-embedder"
    )
    with brought.checked(source) as (offer, files):
        assert offer.lays is (kind == "text") and offer.capability == ("classify" if kind == "text" else "embed-image")
        catalogue.enter(tmp_path / "store", offer, files)
    (finding,) = doctor.examine([offer], tmp_path / "store")
    assert finding.well and told in finding.lines[1], finding.lines
