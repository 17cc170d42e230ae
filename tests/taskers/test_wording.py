"""Numbers about a person in words."""

import pytest

from taskers.standing import grades
from taskers.web import formatting


@pytest.mark.parametrize(
    ("value", "text", "tone"),
    [
        (1.0, "Full agreement", "good"),
        (0.95, "Full agreement", "good"),
        (0.94, "Good agreement", "good"),
        (0.75, "Good agreement", "good"),
        (0.5, "Partial agreement", "warn"),
        (0.49, "Little agreement", "bad"),
        (0.0, "Little agreement", "bad"),
    ],
)
def test_agreement_in_words(value: float, text: str, tone: str) -> None:
    assert formatting.agreement(value) == formatting.Wording(text, tone)


def test_nothing_is_said_of_who_was_never_judged() -> None:
    assert formatting.standing(grades.estimate(0, 0)) == formatting.Wording("Not judged yet", "")


def test_little_evidence_is_called_early_and_judges_nobody() -> None:
    said = formatting.standing(grades.estimate(0.5, 1.5))
    assert said.text.startswith("Early days: between ") and said.tone == ""


def test_much_good_work_is_good_and_much_poor_work_is_not() -> None:
    assert formatting.standing(grades.estimate(95, 5)).tone == "good"
    assert formatting.standing(grades.estimate(40, 60)).tone == "bad"
    low, high = (grades.estimate(95, 5).low, grades.estimate(95, 5).high)
    assert formatting.standing(grades.estimate(95, 5)).text == f"Between {100 * low:.0f} and {100 * high:.0f} % good"
