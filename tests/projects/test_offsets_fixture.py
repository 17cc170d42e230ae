"""Span offsets count Unicode code points: what the studio tests its conversion with is what Python says."""

import json
from pathlib import Path

FIXTURE = Path(__file__).parents[1] / "fixtures" / "offsets.json"


def test_fixture_counts_code_points_as_python_does() -> None:
    for case in json.loads(FIXTURE.read_text(encoding="utf-8")):
        assert len(case["text"]) == case["length"], case["name"]
        for start, end, words in case["spans"]:
            assert case["text"][start:end] == words, case["name"]
