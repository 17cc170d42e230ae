"""The benchmark of exports says yes of what it measured alone."""

import sys
from contextlib import nullcontext

import pytest

from benchmarks.exports import __main__ as benchmark


@pytest.fixture(autouse=True)
def nothing_started(monkeypatch) -> None:
    monkeypatch.setattr(benchmark.database, "fresh", nullcontext)


def said(monkeypatch, *words: str) -> None:
    monkeypatch.setattr(sys, "argv", ["benchmark", *words])


def test_where_nothing_was_measured_it_cannot_tell(monkeypatch, capsys) -> None:
    for words in (("--minutes", "1e-9"), ("--formats", "coco", "--kinds", "text_spans")):
        said(monkeypatch, *words)
        assert benchmark.main() == 1
        assert capsys.readouterr().out.endswith("cannot tell.\n")


def test_what_cannot_be_measured_is_refused_by_name(monkeypatch, capsys) -> None:
    for words in (("--formats", "coco,dm_camvid"), ("--kinds", "dm_camvid")):
        said(monkeypatch, *words)
        with pytest.raises(SystemExit):
            benchmark.main()
        assert "can't be measured: dm_camvid" in capsys.readouterr().err
