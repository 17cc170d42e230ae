"""A recipe that made a poor model says so beside its figures."""

import pytest

from assist.learning.training_warnings import warnings_of

GOOD = {"model": {"f1": 0.9, "kept": 0.99}, "began from": {"f1": 0.2}, "texts": {"train": 100.0}}


@pytest.mark.parametrize(
    "recipe, metrics, words",
    [
        ("spacy-entities", GOOD, []),
        ("spacy-entities", GOOD | {"model": {"f1": 0.32}}, ["too seldom to help (0.32)"]),
        ("spacy-entities", GOOD | {"model": {"f1": 0.1}}, ["too seldom", "(0.10 against 0.20)"]),
        ("text-classes", {"model": {"accuracy": 0.922}, "baseline": {"accuracy": 0.94}}, ["(0.92 against 0.94)"]),
        ("text-classes", {"model": {"accuracy": 0.94}, "baseline": {"accuracy": 0.94}}, []),
        ("a recipe of last year", GOOD, []),
        ("spacy-entities", {}, []),
    ],
)
def test_a_poor_model_is_warned_of(recipe: str, metrics: dict, words: list[str]) -> None:
    warnings = warnings_of(recipe, metrics)
    assert len(warnings) == len(words)
    assert all(part in warning for part, warning in zip(words, warnings, strict=True))
