"""One keyed hash draws for the queue: always the same, and nobody's to guess."""

from collections import Counter

from django.test import override_settings

from projects.queue import draws


def test_a_word_always_falls_the_same_way_and_otherwise_for_another_purpose() -> None:
    assert draws.digest("sides", "1:2") == draws.digest("sides", "1:2")
    assert draws.rng("turn", "1:2").random() == draws.rng("turn", "1:2").random()
    assert len({draws.rng(purpose, "1:2").random() for purpose in ("sides", "turn", "settling")}) == 3


def test_who_knows_the_word_and_not_the_key_can_not_tell_how_it_falls() -> None:
    ours = draws.digest("sides", "1:2")
    with override_settings(SECRET_KEY="another"):
        assert draws.digest("sides", "1:2") != ours


def test_words_fall_evenly() -> None:
    fallen = Counter(draws.rng("turn", str(number)).randrange(4) for number in range(4000))
    assert all(850 < fallen[place] < 1150 for place in range(4))
