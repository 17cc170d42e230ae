"""The help report finds what was planted, and nothing where nothing was."""

import numpy as np
import pytest

from assist.suggestions.help_report import Item, by, measure, planted_error_rates

PEOPLE = 12
EACH = 60  # pieces of work of a person


def tasks(seed: int, *, saving: float = 0.0, gain: float = 0.0, model: str = "sam@1") -> list[Item]:
    """Twelve people of very different speed, a quarter of whose work is control; help saves this share of time."""
    dice = np.random.default_rng(seed)
    items = []
    for person, level in enumerate(dice.normal(3.0, 0.6, PEOPLE)):
        for _ in range(EACH):
            helped = bool(dice.random() > 0.25)
            seconds = np.exp(level + dice.normal(0, 0.5)) * (1 - saving if helped else 1)
            score = float(np.clip(0.8 + (gain if helped else 0) + dice.normal(0, 0.1), 0, 1))
            items.append(Item(f"tasker {person}", helped, float(seconds), score, model if helped else ""))
    return items


@pytest.mark.parametrize("seed", range(8))
def test_planted_saving_of_a_fifth_is_found(seed: int) -> None:
    help = measure(tasks(seed, saving=0.2))
    assert help.finding == "saves"
    assert help.saved is not None and 0.1 < help.saved.value < 0.3
    assert help.saved.low < 0.2 + 0.08 and help.saved.high > 0.2 - 0.08


def test_intervals_hold_the_truth_as_often_as_they_say() -> None:
    planted = [measure(tasks(seed, saving=0.2)).saved for seed in range(200)]
    none = [measure(tasks(1000 + seed)) for seed in range(200)]
    held = np.mean([one.low <= 0.2 <= one.high for one in planted if one])
    wrong = np.mean([one.finding != "unclear" for one in none])
    assert held >= 0.9
    assert wrong <= 0.09, "where nothing was planted, about one in twenty is found by chance, as 95 % says"
    assert np.mean([one.finding == "saves" for one in map(measure, (tasks(s, saving=0.2) for s in range(50)))]) > 0.95


def test_better_quality_is_found_beside_equal_speed() -> None:
    help = measure(tasks(3, gain=0.06))
    assert help.better is not None and help.better.low > 0 and 0.03 < help.better.value < 0.09
    plain = measure(tasks(4))
    assert plain.better is not None and not plain.better.clear


def test_one_fast_person_with_all_the_help_does_not_look_like_help() -> None:
    """A fast person who is nearly always helped and a slow one who hardly is: compared with themselves, nothing."""
    dice = np.random.default_rng(5)
    items = []
    for tasker, level, share in (("fast", 2.0, 0.9), ("slow", 4.0, 0.1)):
        for _ in range(200):
            items.append(Item(tasker, bool(dice.random() < share), float(np.exp(level + dice.normal(0, 0.4)))))
    naive = np.log([row.seconds for row in items if row.helped]).mean()
    naive -= np.log([row.seconds for row in items if not row.helped]).mean()
    assert naive < -1, "the raw averages are worlds apart"
    assert measure(items).finding == "unclear"


def test_too_little_says_so_and_slips_do_not_count() -> None:
    assert measure([]).finding == "too-little"
    assert measure([Item("ann", True, 10.0)] * 50).finding == "too-little"
    items = tasks(6, saving=0.2)
    slips = [Item("tasker 0", True, 0.01)] * 500 + [Item("tasker 0", False, 1e6)] * 500
    assert measure([*items, *slips]) == measure(items)


def test_fast_help_with_many_marks_is_not_taken_for_slips() -> None:
    """Ten marks in four seconds with the copilot, in forty without: under half a second each, and work all the same."""
    items = [Item("ann", n % 2 == 0, (4.0 if n % 2 == 0 else 40.0) + n / 100, parts=10) for n in range(40)]
    help = measure(items)
    assert (help.helped, help.control, help.finding) == (20, 20, "saves")
    assert help.saved is not None and 0.88 < help.saved.value < 0.92


def test_each_model_is_compared_with_the_same_control() -> None:
    good, idle = tasks(7, saving=0.3, model="good@1"), tasks(8, model="idle@1")
    control = [row for row in good if not row.helped]
    found = by([*control, *(row for row in good + idle if row.helped)], "model")
    assert found["good@1"].finding == "saves"
    assert found["idle@1"].helped and found["good@1"].control == len(control)
    assert set(by(good, "tasker")) == {f"tasker {number}" for number in range(PEOPLE)}


def test_who_takes_traps_is_flagged_and_who_rarely_slips_is_not() -> None:
    shown = [("careless", True)] * 9 + [("careless", False)] * 3
    shown += [("careful", False)] * 30 + [("careful", True)]
    shown += [("new", True)]
    rows = {row.tasker: row for row in planted_error_rates(shown)}
    assert rows["careless"].flagged and not rows["careful"].flagged
    assert not rows["new"].flagged, "one is not enough to say anything"
    assert planted_error_rates(shown)[0].tasker == "careless"


def together(seed: int) -> list[Item]:
    """Three of six people answer each task, of which some are hard; a fifth goes without, half of it task by task."""
    dice, items = np.random.default_rng(seed), []
    for task in range(150):
        lot, hard = dice.random(), dice.normal(0, 0.4)
        for person in dice.choice(6, 3, replace=False):
            helped = lot >= 0.2 * (1.5 if dice.random() < 0.5 else 0.5)
            items.append(Item(f"{person}", bool(helped), float(np.exp(3 + hard + dice.normal(0, 0.3))), task=f"{task}"))
    return items


def test_answers_to_one_task_are_no_evidence_of_their_own() -> None:
    """Where nothing was planted; taken for as many tasks, the interval held that in 88 of a hundred."""
    found = [measure(together(seed)).saved for seed in range(120)]
    assert np.mean([one.low <= 0 <= one.high for one in found if one]) >= 0.92
