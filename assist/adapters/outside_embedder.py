"""Where texts or images lie by a model behind another host: by the plain HTTP contract, or by an OpenAI-compatible
`/embeddings`.

Nothing is believed before it was checked: there is a vector for each input, made of finite numbers, not all of them
zero, and of as many as ever before, since what lies in other numbers can't be compared. How many that is is kept beside
the model files: a host that changes its model is found out after a restart, too.
"""

import contextlib
import json
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from assist.adapters import answers
from assist.adapters.budget import FREE, Budget, written
from assist.adapters.bundle import Bundle
from assist.adapters.devices import Device
from assist.adapters.http_contract import Contract, pictured
from assist.adapters.label_words import LabelWords
from assist.adapters.outside import Host
from assist.errors import CopilotError

SHARPNESS = 12.0  # as of the other models of sentences
BATCH = 32  # inputs of one question
MOST_CHARACTERS = 8_000  # of a text that is sent in one piece
MOST_PIECES = 32  # of one text
WIDEST = 8_192  # numbers of a vector: a task each is kept
ASIDE = 8  # tokens of an input beside its letters

Ask = Callable[[list[Any]], list[Any]]  # inputs -> what is said of each, which nobody has checked


def load_http(bundle: Bundle, device: Device) -> "OutsideEmbedder":
    """Nothing is asked yet: a host that is away now may be back when it is needed."""
    contract = Contract(bundle, "embed")
    return OutsideEmbedder(bundle, lambda inputs: [one.get("vector") for one in contract.outputs(inputs)], _as_input)


def load_openai(bundle: Bundle, device: Device) -> "OutsideEmbedder":
    """The same."""
    return OutsideEmbedder(bundle, Endpoint(bundle).vectors, str)


class OutsideEmbedder:
    """Texts or images in, unit vectors or shares of labels out; it may be shared by threads."""

    device = "another host"

    def __init__(self, bundle: Bundle, ask: Ask, as_input: Callable[[Any], Any]) -> None:
        options = bundle.terms.options
        self._ask, self._as_input = ask, as_input
        self._prefix, self._batch = options.get("prefix", ""), options.get("batch", BATCH)
        self._longest = bundle.terms.input.get("most_characters", MOST_CHARACTERS)
        self._width = Width(bundle.state, bundle.key, options.get("width"))
        self._words = LabelWords(self.vectors, SHARPNESS)

    def vectors(self, texts: Sequence[str]) -> np.ndarray:
        """float32, one unit row for each text; of one longer than is sent at once the middle of its pieces', of one in
        which there is nothing to read zeros. Raises CopilotError."""
        pieces = [pieces_of(text, self._longest) for text in texts]
        asked = [self._prefix + one for some in pieces for one in some]
        told = iter(self._rows(asked if asked or self._width.known else ["a"]))
        found = [[next(told) for _ in some] for some in pieces]
        width = self._width.known or 0
        rows = [_unit(np.mean(some, axis=0)) if some else np.zeros(width) for some in found]
        return np.array(rows, np.float32).reshape(len(texts), width)

    def classify(self, text: str, labels: Sequence[str]) -> list[float]:
        """A share for each label, in [0, 1], adding up to 1."""
        return self._words.shares(text, labels)

    def image_vectors(self, images: Sequence[np.ndarray]) -> np.ndarray:
        """float32, one unit row for each image. Raises CopilotError."""
        return np.array(self._rows(images), np.float32)

    def _rows(self, subjects: Sequence[Any]) -> list[np.ndarray]:
        rows: list[np.ndarray] = []
        for at in range(0, len(subjects), self._batch):
            some = [self._as_input(one) for one in subjects[at : at + self._batch]]
            said = self._ask(some)
            if len(said) != len(some):
                raise answers.broken(f"{len(said)} vectors for {len(some)} inputs")
            rows += [self._checked(one) for one in said]
        return rows

    def _checked(self, said: Any) -> np.ndarray:
        numbers = answers.a_list(said, "a vector")
        if not all(map(answers.is_number, numbers)):
            raise answers.broken("a vector is not made of finite numbers")
        self._width.check(len(numbers))
        row = np.array(numbers, float)
        if not row.any():
            raise answers.broken("a vector is made of zeros, which lie nowhere")
        return _unit(row)


class Width:
    """Of how many numbers a model's vectors are: as its manifest says, or else as they were at first."""

    def __init__(self, folder: Path, key: str, said: int | None) -> None:
        self._file, self._key, self._lock = folder / ".widths" / f"{key}.json", key, threading.Lock()
        self.known = said if said is not None else self._kept()

    def check(self, width: int) -> None:
        """Raises CopilotError "no-answer"."""
        with self._lock:
            if self.known is None and 1 <= width <= WIDEST:
                self.known = width
                with contextlib.suppress(OSError):  # a full disk: it is learnt again at the next start
                    self._file.parent.mkdir(parents=True, exist_ok=True)
                    written(self._file, width)
        if self.known is None:
            raise answers.broken(f"{self._key} says {width:,} numbers; from 1 to {WIDEST:,} can be kept")
        if width != self.known:
            raise answers.broken(f"{self._key} says {width:,} numbers where {self.known:,} are its vectors")

    def _kept(self) -> int | None:
        with contextlib.suppress(OSError, ValueError):
            found = json.loads(self._file.read_text())
            return found if type(found) is int else None
        return None


class Endpoint:
    """`POST /embeddings` of one server."""

    def __init__(self, bundle: Bundle) -> None:
        options = bundle.terms.options
        self._host, self._model = Host.of(bundle), options["model"]
        self._budget = Budget(bundle.state, bundle.key, options.get("budget_tokens"))

    def vectors(self, texts: list[Any]) -> list[Any]:
        """In the order of the texts. What they may cost is set aside before: a token is a byte at least. Raises
        CopilotError."""
        most = sum(len(one.encode()) + ASIDE for one in texts)
        self._budget.set_aside(most)
        try:
            reply = self._host.ask("/embeddings", {"model": self._model, "input": texts, "encoding_format": "float"})
        except CopilotError as problem:
            if problem.code in FREE:
                self._budget.settle(most, 0)
            raise
        row = answers.a_table(reply, "the answer")
        usage = row.get("usage")
        tokens = usage.get("prompt_tokens") if isinstance(usage, dict) else None
        self._budget.settle(most, tokens if type(tokens) is int and tokens > 0 else most)
        if row.get("model") != self._model:
            raise answers.broken(f"{str(row.get('model'))[:60]!r} answered, not {self._model!r}")
        return _in_order(answers.a_list(row.get("data"), "data"), len(texts))


def pieces_of(text: str, longest: int) -> list[str]:
    """A text in pieces that are no longer, cut between words where there are any; of very many some from all over it.
    None of one in which there is nothing to read."""
    pieces, rest = list[str](), text.strip()
    while len(rest) > longest:
        at = rest.rfind(" ", 1, longest + 1)
        at = at if at > 0 else longest
        pieces.append(rest[:at].strip())
        rest = rest[at:].strip()
    pieces += [rest] if rest else []
    if len(pieces) > MOST_PIECES:
        pieces = [pieces[place] for place in np.linspace(0, len(pieces) - 1, MOST_PIECES).astype(int)]
    return pieces


def _in_order(data: Sequence[Any], count: int) -> list[Any]:
    """By the number that each has: servers may answer in another order."""
    rows = [answers.a_table(one, "a vector") for one in data]
    places: list[Any] = [row.get("index") for row in rows]
    if not all(type(one) is int for one in places) or sorted(places) != list(range(count)):
        raise answers.broken(f"there isn't one vector for each of {count} inputs")
    return [rows[places.index(place)].get("embedding") for place in range(count)]


def _as_input(subject: Any) -> dict[str, Any]:
    return {"text": subject} if isinstance(subject, str) else pictured(subject)


def _unit(row: np.ndarray) -> np.ndarray:
    """Of length one; of numbers however large."""
    scaled = row / max(float(np.abs(row).max()), 1e-300)
    return scaled / max(float(np.linalg.norm(scaled)), 1e-12)
