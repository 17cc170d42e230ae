"""The messages, against the fixture that the JavaScript twin reads too."""

import json
from pathlib import Path
from typing import Any

import pytest

from assist.session import protocol
from assist.session.protocol import (
    BadMessage,
    BoxesFound,
    Cancel,
    ClassesFound,
    Error,
    MasksFound,
    OfferedBox,
    OfferedClass,
    OfferedMask,
    OfferedRegion,
    OfferedShape,
    OfferedSpan,
    Open,
    Ping,
    Pong,
    Prompt,
    Ready,
    RegionsFound,
    SearchProgress,
    SpansFound,
    WordsFound,
)

FIXTURE = json.loads((Path(__file__).parent.parent / "fixtures" / "assist_protocol.json").read_text())


def frame_of(line: dict[str, Any]) -> str:
    return line["frame"] if "frame" in line else "".join(text * times for text, times in line["parts"])


def named(line: dict[str, Any]) -> str:
    return line["name"].replace(" ", "-")


def built(message: dict[str, Any]) -> protocol.ServerMessage:
    """The message object that stands for a server's frame."""
    fields = {key: value for key, value in message.items() if key != "type"}
    match message["type"]:
        case "ready":
            return Ready(**fields)
        case "masks":
            fields["masks"] = tuple(OfferedMask(**mask) for mask in fields["masks"])
            return MasksFound(**fields)
        case "spans":
            fields["spans"] = tuple(OfferedSpan(**span) for span in fields["spans"])
            return SpansFound(**fields)
        case "classes":
            fields["classes"] = tuple(OfferedClass(**one) for one in fields["classes"])
            return ClassesFound(**fields)
        case "words":
            return WordsFound(**fields)
        case "regions":
            fields["regions"] = tuple(OfferedRegion(**one) for one in fields["regions"])
            return RegionsFound(**fields)
        case "boxes":
            masks = [one["mask"] and OfferedShape(**one["mask"]) for one in fields["boxes"]]
            rows = zip(fields["boxes"], masks, strict=True)
            fields["boxes"] = tuple(OfferedBox(**one | {"mask": mask}) for one, mask in rows)
            return BoxesFound(**fields)
        case "progress":
            return SearchProgress(**fields)
        case "pong":
            return Pong(**fields)
    return Error(**fields)


@pytest.mark.parametrize("line", FIXTURE["client_good"], ids=named)
def test_page_may_say(line: dict[str, Any]) -> None:
    message = line["message"]
    read = protocol.parse(json.dumps(message))
    assert read.id == message["id"]
    match read:
        case Open(token=token):
            assert str(token) == message["token"]
        case Prompt():
            prompt = message["prompt"]
            assert read.text == prompt.get("text", False)
            assert [[x, y, int(include)] for x, y, include in read.points] == prompt.get("points", [])
            assert (list(read.box) if read.box else None) == prompt.get("box")
            assert read.previous == prompt.get("previous")
        case Cancel() | Ping():
            assert message["type"] == type(read).__name__.lower()


@pytest.mark.parametrize("line", FIXTURE["client_bad"], ids=named)
def test_page_may_not_say(line: dict[str, Any]) -> None:
    with pytest.raises(BadMessage) as caught:
        protocol.parse(frame_of(line))
    assert (caught.value.code, caught.value.id) == (line["code"], line["id"])
    assert caught.value.text


@pytest.mark.parametrize("line", FIXTURE["server_good"], ids=named)
def test_server_says(line: dict[str, Any]) -> None:
    assert json.loads(protocol.dump(built(line["message"]))) == line["message"]


def test_no_answer_carries_a_number_that_is_none() -> None:
    masks = (OfferedMask((3, 4), "04P1", float("nan"), "a"),)
    with pytest.raises(ValueError):
        protocol.dump(MasksFound("p1", "s", "m@1", masks, 0, (3, 4), 5))
