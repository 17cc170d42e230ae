"""What a model's process writes reaches the operator's log cleaned and limited, whatever it is."""

import asyncio
import logging
from pathlib import Path

import onnx
import pytest
from onnx import TensorProto, helper

from assist.adapters import onnx_session
from assist.runtime import model_log

MODEL = "ships@3"


def logged(caplog: pytest.LogCaptureFixture, *pieces: bytes) -> list[str]:
    """The lines in the log after a process has written these pieces and ended."""

    async def read() -> None:
        output = asyncio.StreamReader()
        reading = asyncio.create_task(model_log.follow(output, MODEL))
        for piece in pieces:
            output.feed_data(piece)
            await asyncio.sleep(0)
        output.feed_eof()
        await reading

    with caplog.at_level(logging.WARNING, model_log.__name__):
        caplog.clear()
        asyncio.run(read())
    return [record.getMessage() for record in caplog.records]


def test_a_few_lines_are_shown_with_the_model_they_come_from(caplog) -> None:
    assert logged(caplog, b"no ", b"memory\n\nlast", b" words") == [
        f"The process of {MODEL} wrote: no memory",
        f"The process of {MODEL} wrote: last words",
    ]


def test_a_line_cannot_pass_for_another_processes(caplog) -> None:
    (line,) = logged(caplog, "a\r  web | INFO forged\x1b]0;title\x07\u2028\x85b\udcff".encode("utf-8", "surrogatepass"))
    assert line.isprintable() and line.startswith(f"The process of {MODEL} wrote: a�  web | INFO forged�]0;title")


def test_a_flood_is_counted_and_not_shown(caplog) -> None:
    lines = logged(caplog, *[b"A" * 1_500 + b"\n"] * 20_000)
    assert len(lines) == model_log.MAX_LINES + 1
    assert max(map(len, lines)) < model_log.MAX_LINE + 100
    assert lines[-1] == f"The process of {MODEL} wrote {20_000 - model_log.MAX_LINES} more lines, which are left out."


def test_a_line_without_end_takes_no_more_memory_than_its_beginning(caplog) -> None:
    (line,) = logged(caplog, *[b"B" * 100_000] * 50)
    assert line.endswith("wrote: " + "B" * model_log.MAX_LINE)


def test_another_span_of_time_shows_lines_again(caplog, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model_log, "SPAN_SECONDS", -1.0)
    assert len(logged(caplog, *[b"now and then\n"] * 100)) == 100


def test_names_in_an_onnx_file_are_not_written_anywhere(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    unused = [
        helper.make_tensor(f"x{number}\n   web | forged\x1b[2J", TensorProto.FLOAT, [1], [0.0]) for number in range(50)
    ]
    values = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [1]) for name in ("in", "out")]
    graph = helper.make_graph([helper.make_node("Identity", ["in"], ["out"])], "g", values[:1], values[1:], unused)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.save(model, tmp_path / "model.onnx")
    session = onnx_session.opened(tmp_path / "model.onnx", MODEL)
    assert [value.name for value in session.get_outputs()] == ["out"]
    assert "forged" not in "".join(capfd.readouterr())
