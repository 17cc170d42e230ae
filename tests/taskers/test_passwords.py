"""What a guesser tries first is no password."""

import pytest
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

from taskers.credentials import passwords
from taskers.credentials.passwords import Guessable, free
from taskers.models import Person
from taskers.people import invitations
from tests.support.cast import Cast

POOR = [
    "aaaaaaaaaaaa",
    "123456789012",
    "987654321098",
    "abcabcabcabc",
    "abcdefghijklmnop",
    "qwertyuiop123",
    "asdfghjkl;'123",
    "121212121212",
    "hunterhunter",
    "aaaaaabbbbbbcccccc",
    "1q1q1q1q1q1q1q",
]
GOOD = ["correct horse battery", "a long walk by the sea", "Tr0ub4dor&3-xkcd", "gXn7!pQ2#vLd9", "river stone 1974 lamp"]


@pytest.mark.django_db
@pytest.mark.parametrize("password", POOR)
def test_repeats_and_runs_are_refused_with_a_word_that_helps(password: str) -> None:
    with pytest.raises(ValidationError) as refused:
        validate_password(password)
    assert "Take four or five words" in str(refused.value.messages)


@pytest.mark.django_db
@pytest.mark.parametrize("password", GOOD)
def test_words_and_chance_are_taken(password: str) -> None:
    validate_password(password)


@pytest.mark.django_db
def test_names_that_all_know_are_refused(cast: Cast) -> None:
    for password in ("tandemtandem1", "Tandem-2026-!", "Riverside2026"):
        with pytest.raises(ValidationError, match="little more than the name|Repeats"):
            validate_password(password, cast.alice)
    validate_password("Riverside2026", cast.ned)  # his organization has another name
    validate_password("riverside otters dig at night", cast.alice)
    invitations.invite(cast.riverside, cast.mina, email="ada@example.org", role="tasker")
    with pytest.raises(ValidationError, match="riverside"):
        validate_password("Riverside2026", Person(email="ada@example.org", name="Ada"))


def test_of_a_password_of_a_million_characters_two_hundred_are_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    judged: list[int] = []

    def watched(text: str) -> int:
        judged.append(len(text))
        assert len(text) <= 200, "the work grows with the square of it"
        return free(text)

    monkeypatch.setattr(passwords, "free", watched)
    for text in ("correct horse battery " * 50_000, "".join(chr(0x4E00 + n % 20_011) for n in range(1_000_000))):
        Guessable().validate(text)
    with pytest.raises(ValidationError):
        Guessable().validate("abc" * 300_000)
    assert max(judged) == 200


def test_free_counts_what_does_not_follow() -> None:
    assert (free("aaaa"), free("1234"), free("abcabc"), free("kwpx"), free("")) == (1, 1, 1, 4, 0)
