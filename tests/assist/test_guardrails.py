"""Sound versions are hardly ever taken back however often one looks; harm is seen soon; silence lets nothing on."""

import numpy as np
import pytest

from assist.learning import guardrails
from assist.learning.canary_work import harms_of
from assist.learning.guardrails import ALPHA, OF_WORK, Piece, Watch
from assist.models import Suggestion
from benchmarks.loop import canaries
from projects.inference.betting import CAREFUL, opened
from projects.inference.confidence_sequence import UpperEnd

MARGIN = 0.1


def test_a_few_sound_canaries_climb_to_all_of_the_work_and_none_is_taken_back() -> None:
    rng = np.random.default_rng(3)
    found = [canaries.life(rng, 0.2, 0.2).end for _ in range(6)]
    assert found.count("back") <= 1 and found.count("promoted") >= 5  # two of six are surely too many


def test_refusals_that_rise_are_seen_within_two_hundred_suggestions() -> None:
    rng = np.random.default_rng(4)
    found = [canaries.refusing(rng) for _ in range(9)]
    assert {one.end for one in found} == {"back"} and np.median([one.own for one in found]) <= 200


def test_a_loss_of_ten_points_in_shadow_is_named_within_150_blind_verdicts() -> None:
    rng = np.random.default_rng(5)
    assert sum(canaries.named(rng, 0.1, 0.0, 150) is not None for _ in range(60)) >= 51  # of 54 that are asked
    assert sum(canaries.named(rng, 0.05, 0.05, 150) is not None for _ in range(60)) <= 6, "one that loses nothing isn't"


@pytest.mark.torture
def test_of_a_thousand_sound_canaries_looked_at_with_each_piece_one_in_twenty_is_ever_taken_back() -> None:
    rng = np.random.default_rng(6)
    found = [canaries.life(rng, 0.2, 0.2).end for _ in range(1_000)]
    assert found.count("back") <= 38  # then one in twenty lies above the 95 % interval


@pytest.mark.torture
def test_a_loss_of_ten_points_in_shadow_is_named_in_nine_of_ten_of_a_thousand() -> None:
    rng = np.random.default_rng(7)
    assert sum(canaries.named(rng, 0.1, 0.0, 150) is not None for _ in range(1_000)) >= 900


def test_bets_and_upper_ends_keep_their_word_at_the_edge_of_the_claim() -> None:
    """Two hundred lives at the very edge: the claim is true, and so it is hardly ever refuted; nor does the mean rise
    above its upper end more often than said."""
    rng, refuted, above = np.random.default_rng(8), 0, 0
    for _ in range(200):
        bets, upper, out = opened(CAREFUL), UpperEnd(), False
        for value in rng.choice([-1.0, 1.0, 4.0], 300, p=[0.62, 0.25, 0.13]) - 0.15:
            bets = bets.after(value, -1.15).restarted()
            upper = upper.after(value, 3.85, variance=2.5, within=0.3)
            out = out or upper.at(ALPHA) < 0.0
        refuted += bets.capital >= 1 / ALPHA
        above += out
    assert refuted <= 18 and above <= 18  # of 10 that are allowed; more would be surer than 99 % to be too many


def test_silence_and_faults_count_as_harm_and_nothing_seen_clears_nothing() -> None:
    watch = Watch()
    assert not watch.harm and not watch.clears(1.0)
    assert watch.capital == pytest.approx(1.0)
    rng = np.random.default_rng(9)
    for _ in range(600):
        mine = bool(rng.random() < 0.25)
        harms = {**dict.fromkeys(OF_WORK, 0.0), "silent": float(mine)}
        watch = watch.after(Piece(mine, 0.25, "alice", harms), MARGIN)
    assert watch.harm == "silent" and not watch.clears(MARGIN)


@pytest.mark.parametrize("share", [0.05, 0.25])
@pytest.mark.parametrize(("refused", "harmed"), [(0.3, False), (0.9, True)])
def test_beside_a_model_that_says_nothing_one_that_is_mostly_right_does_no_harm(
    share: float, refused: float, harmed: bool
) -> None:
    nothing, taken, left = (
        harms_of([Suggestion(outcome=one, latency_ms=5) for one in said]) for said in ([], ["accepted"], ["refused"])
    )
    watch, rng, within = Watch(), np.random.default_rng(10), 0.4 if share < 0.1 else 0.2
    for _ in range(900):
        mine = bool(rng.random() < share)
        own = left if rng.random() < refused else taken
        watch = watch.after(Piece(mine, share, "alice", own if mine else nothing), within)
        if watch.harm or watch.clears(within):
            break
    assert bool(watch.harm) == harmed and watch.clears(within) != harmed


def test_what_was_seen_survives_being_written_down() -> None:
    watch = Watch().after(Piece(True, 0.05, "alice", dict.fromkeys(OF_WORK, 0.5)), MARGIN).compared(0.5, 1.0, MARGIN)
    assert guardrails.read(watch.plain()) == watch and guardrails.read({}) == Watch()
