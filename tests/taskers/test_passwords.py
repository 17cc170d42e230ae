"""What a guesser tries first is no password."""

import pytest
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.utils import translation

from taskers.credentials import passwords
from taskers.credentials.passwords import Guessable, free
from taskers.models import Organization, Person
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
STOLEN = ["iloveyou1234", "ILoveYou1234", "teamomucho12", "letmein12345", "1qaz2wsx3edc"]
WORDS = [
    *("Summer2026!!", "Winter2025!!", "Password2026!", "iloveyou!234", "P@ssw0rd2026!", "Pa55word!Pa55"),
    *("Verano2026!!", "Invierno2025!", "Contraseña2026", "CONTRASEN\u0303A.2026", "Bienvenido2026", "¡Septiembre2031!"),
    *("dragonmonkey1", "maria19840412", "2026-Summer-2026", "Barcelona2026!", "M4r1p0s4!2027", "NewYork2026!!"),
]
GOOD = [
    *("correct horse battery", "a long walk by the sea", "Tr0ub4dor&3-xkcd", "gXn7!pQ2#vLd9", "river stone 1974 lamp"),
    *("copper lantern violet tuesday", "summer monkey dragon tiger", "lluvia mesa barco limón", "copperlanternviolet"),
    *("Otoño-gato-verde-lejos", "q7Zk2fXw9RbT4mHc8LpV", "hT$9w!kQz@4Lr&7x", "vkqzjwxhyrpbtdmfgclu"),
]


@pytest.mark.django_db
@pytest.mark.parametrize("password", POOR)
def test_repeats_and_runs_are_refused_with_a_word_that_helps(password: str) -> None:
    with pytest.raises(ValidationError) as refused:
        validate_password(password)
    assert "Take four or five words" in str(refused.value.messages)


@pytest.mark.django_db
@pytest.mark.parametrize("password", STOLEN)
def test_stolen_passwords_are_refused(password: str) -> None:
    with pytest.raises(ValidationError, match="on lists of stolen ones.*Take four or five words"):
        validate_password(password)


@pytest.mark.django_db
@pytest.mark.parametrize("password", WORDS)
def test_a_common_word_with_a_year_or_some_signs_is_refused_by_its_name(password: str) -> None:
    with pytest.raises(ValidationError, match="little more than “.+”, which is guessed first.*Take four or five words"):
        validate_password(password)


@pytest.mark.django_db
def test_why_is_said_in_the_readers_language() -> None:
    with translation.override("es"), pytest.raises(ValidationError, match="poco más que «verano»"):
        validate_password("Verano2026!!")


@pytest.mark.django_db
@pytest.mark.parametrize("password", GOOD)
def test_words_and_chance_are_taken(password: str) -> None:
    validate_password(password)


@pytest.mark.django_db
def test_names_that_all_know_are_refused(cast: Cast) -> None:
    for password in ("tandemtandem1", "Tandem-2026-!", "Tandem2026!!", "Riverside2026", "2031.riverside"):
        with pytest.raises(ValidationError, match="little more than the name|Repeats"):
            validate_password(password, cast.alice)
    Organization.objects.filter(pk=cast.riverside.pk).update(name="Qorvexa")
    with pytest.raises(ValidationError, match="little more than the name “qorvexa”"):
        validate_password("Qorvexa2026!!", cast.alice)
    validate_password("Qorvexa2026!!", cast.ned)  # his organization has another name
    Organization.objects.filter(pk=cast.riverside.pk).update(name="Riverside")
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
