"""Texts that are longer than a model takes at once."""

import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assist.adapters import RUNTIMES, FoundSpan
from assist.adapters.fake import FakeSpans
from assist.runtime import serving, windows
from assist.runtime.client import RuntimeClient
from assist.runtime.embedding_store import EmbeddingStore
from assist.runtime.serving import HeldModel, Serving

WORDS = st.text(alphabet="ab \n", max_size=400)


def names(text: str) -> list[FoundSpan]:
    """Each word in capitals, as a model of short texts would find it."""
    return [FoundSpan(hit.start(), hit.end(), "NAME", 0.9) for hit in re.finditer(r"\b[A-Z]+\b", text)]


@given(text=WORDS, most=st.integers(1, 60))
def test_parts_cover_the_text_and_none_is_too_long(text: str, most: int) -> None:
    parts = windows.parts(text, most)
    assert all(len(part) <= most and text[at : at + len(part)] == part for at, part in parts)
    seen = {at + n for at, part in parts for n in range(len(part))}
    assert {n for n, sign in enumerate(text) if not sign.isspace()} <= seen
    assert parts[-1][0] + len(parts[-1][1]) == len(text)


def test_what_lies_across_a_border_is_found_whole_and_once() -> None:
    text = "so OSLO and then BERGEN went by and TROMSO stayed " * 30
    parts = windows.parts(text, 90)
    assert len(parts) > 10
    assert windows.spans(parts, [names(part) for _, part in parts]) == names(text)
    assert windows.spans(parts, [names(part) if n else None for n, (_, part) in enumerate(parts)]) is None


def test_shares_of_parts_are_weighed_by_their_length_and_unknown_where_one_is() -> None:
    parts = [(0, "x" * 30), (30, "x" * 10)]
    found = windows.shares(parts, [{"glad": 1.0, "sad": 0.0}, {"glad": 0.0, "sad": 1.0}])
    assert found == {"glad": 0.75, "sad": 0.25}
    assert windows.shares(parts, [{"glad": None}, {"glad": 0.5}]) == {"glad": None}
    assert windows.shares(parts, [None, {"glad": 0.5}]) is None, "nobody knows what the rest says"


class Near(RuntimeClient):
    """Asks a runtime in this process, and counts what each question takes."""

    def __init__(self, runtime: Serving) -> None:
        super().__init__("unix:/nowhere")
        self.runtime = runtime
        self.questions: list[int] = []

    async def ask(self, op: str, **fields: Any) -> dict[str, Any]:
        reply = await getattr(self.runtime, op)(fields)
        read = fields["texts"][: len(reply["spans"])]
        self.questions.append(sum(len(windows.parts(text, 100)) for text in read))
        return reply


async def test_no_question_and_no_go_takes_long_however_long_the_texts_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever is at one thing for minutes is taken for hung, and ended."""
    goes: list[int] = []
    read = FakeSpans.spans_of

    def counted(self: FakeSpans, texts: list[str]) -> Any:
        goes.append(len(texts))
        return read(self, texts)

    monkeypatch.setattr(FakeSpans, "spans_of", counted)
    monkeypatch.setattr(HeldModel, "parts", lambda self, text: windows.parts(text, 100))
    runtime = Serving([RUNTIMES["fake-spans@1"]], tmp_path, EmbeddingStore(tmp_path, 1, 1))
    client = Near(runtime)
    texts = [f"day {n}: Maria went from Oslo to Bergen and back again, " * 20 for n in range(10, 26)] + ["Oslo"] * 40
    found = await client.spans_of("fake-spans@1", texts)
    runtime.close()
    assert [len(one or ()) for one in found] == [80] * 16 + [1] * 40
    assert max(goes) <= serving.MOST_PARTS and max(client.questions) <= serving.PARTS_A_QUESTION
    assert sum(goes) == sum(client.questions) > 3 * serving.PARTS_A_QUESTION
