"""What pairs compare, ranked: planted strengths and a planted liking for the left are found; nothing else moves."""

import numpy as np
import pytest
from django.db import Error
from django.urls import reverse
from django.utils import timezone

from projects import queue
from projects.configuration.terms import terms_of
from projects.data.exporting import export, file_name
from projects.errors import Refused
from projects.inference.preference import LEFT, Votes, as_the_crowd_sees, infer_preferences
from projects.models import Annotation, Assignment, Batch, Ranking, Task, Verdict
from projects.quality import estimating, rankings
from projects.quality.votes import gather
from projects.workflow import submission
from taskers.models import Person
from tests.support import make
from tests.support.projects.pipeline import Api
from tests.support.projects.preference import pairs, said

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

STRENGTHS = {"large": 1.5, "medium": 0.5, "=small": -0.5, "tiny": -1.5}
TIES = -1.0


def compared(batch: Batch, people: list[Person], votes: int, *, side: float, seed: int = 7) -> int:
    """Votes on planted strengths, drawn with a liking for the left side; how many are ties."""
    ties = 0
    random, names = np.random.default_rng(seed), list(STRENGTHS)
    for number in range(votes):
        first, second = random.permutation(names)[:2]
        left = ("first", "second")[random.integers(2)]
        push = (STRENGTHS[first] - STRENGTHS[second]) * (1 if left == "first" else -1) + side
        chances = np.exp([push / 2, -push / 2, TIES])
        outcome = random.choice(3, p=chances / chances.sum())
        other = "second" if left == "first" else "first"
        value, items = (left, other, "tie")[outcome], (str(first), str(second))
        judged(batch, people[number % len(people)], number, items, value, left)
        ties += value == "tie"
    return ties


def judged(batch: Batch, who: Person, number: int, items: tuple, value: str, left: str | None) -> Annotation:
    """One vote on a task of its own, as it lies in the database."""
    first, second = ({"text": text} | ({"item": item} if item else {}) for text, item in zip("AB", items, strict=True))
    task = Task.objects.create(
        project=batch.project,
        batch=batch,
        external_id=f"{batch.name}-{number}",
        payload={"first": first, "second": second},
        payload_hash=f"{number}",
        wanted=1,
    )
    queue.open_slots([task.pk])
    mine = make.held(who, batch.project)
    assert mine.task == task and mine.token
    return submission.submit(mine, who, mine.token, said(value, **({"left": left} if left else {})))


@pytest.fixture
def answers(cast):
    """A batch of pairs, one judgement each."""
    return make.batch(pairs(cast, wanted=1))


def estimated(cast, project) -> Ranking:
    estimating.run(estimating.start(project, by=cast.mina).pk)
    found = rankings.newest(project)
    assert found is not None
    return found


def test_planted_strengths_and_a_liking_for_the_left_are_found(cast, answers) -> None:
    ties = compared(answers, [cast.alice, cast.bob, cast.carol], 200, side=1.0)
    before = list(Verdict.objects.order_by("pk").values_list("answer", "superseded_at"))
    found = estimated(cast, answers.project)
    items = rankings.items(found)
    assert [one.item for one in items] == list(STRENGTHS)
    assert sum(one.low <= STRENGTHS[one.item] <= one.high for one in items) >= 3, items
    assert all(one.beats_low < one.beats < one.beats_high for one in items)
    assert 0.6 < found.left < 0.85, "σ(1) is 0.73"
    assert (found.votes, found.unkeyed, found.ties) == (200, 0, ties / 200)
    assert sum(one.won for one in items) == sum(one.lost for one in items) == 200 - ties
    assert all(one.votes == one.won + one.lost + one.tied for one in items)
    habits = rankings.habits(found)
    assert {one.tasker for one in habits} == {cast.alice, cast.bob, cast.carol}
    assert all(one.reliability > 0.4 and one.left > 0.5 for one in habits)
    assert list(Verdict.objects.order_by("pk").values_list("answer", "superseded_at")) == before


def test_without_the_sides_the_liking_would_be_taken_for_nothing(cast, answers) -> None:
    """A vote that says nothing of sides was seen in the payload's order."""
    for number in range(12):
        judged(answers, cast.alice, number, ("old", "new"), "first", "first" if number % 2 else None)
    found = estimated(cast, answers.project)
    assert found.left > 0.5
    assert [one.item for one in rankings.items(found)] == ["old", "new"]


def test_a_vote_for_the_second_on_the_left_is_one_for_the_left(cast, answers) -> None:
    judged(answers, cast.alice, 1, ("old", "new"), "second", "second")
    found = rankings.Comparisons()
    task = Task.objects.get()
    found.add(task, gather(terms_of(answers.project), [task])[task.pk])
    assert found.votes == [rankings.Compared("new", "old", cast.alice.pk, LEFT)]


def test_what_has_no_key_ranks_nothing_and_the_page_says_so(cast, client, answers) -> None:
    client.force_login(cast.mina)
    address = reverse("ranking", args=[answers.project.public_id])
    assert "Nothing is ranked yet" in client.get(address).content.decode()
    judged(answers, cast.alice, 1, ("old", None), "first", "first")
    judged(answers, cast.alice, 2, ("old", "old"), "second", "first")
    assert (estimated(cast, answers.project).unkeyed, rankings.newest(answers.project).items) == (2, [])  # type: ignore[union-attr]
    assert "The candidates have no keys" in client.get(address).content.decode()


def test_mina_reads_the_ranking_and_takes_it_away(cast, client, answers) -> None:
    project = answers.project
    compared(answers, [cast.alice, cast.bob], 40, side=0.0)
    found = estimated(cast, project)
    client.force_login(cast.mina)
    page = client.get(reverse("ranking", args=[project.public_id])).content.decode()
    assert "From 40 votes" in page and "large" in page and "Alice" in page and "50 % would be no bias" in page
    assert client.post(reverse("ranking-renew", args=[project.public_id]), follow=True).status_code == 200
    table = b"".join(export(project, "ranking")).decode().splitlines()
    assert table[0].lstrip("\ufeff") == "place,item,strength,low,high,votes,won,lost,tied,group"
    assert len(table) == 5 and any(",'=small," in line for line in table), "no formula for a spreadsheet"
    names = {file_name(project, key) for key in ("ranking", "table")} | {file_name(project, "table", batch=answers)}
    assert len(names) == 3, "the table, the ranking and a batch's table aren't written over each other"
    with pytest.raises(Refused) as refused:
        export(project, "ranking", batch=answers)
    assert refused.value.code == "wrong-batch"
    told = Api(cast.mina, cast.riverside).get("ranking", project.public_id).json()
    assert [one["item"] for one in told["items"]] == [one["item"] for one in found.items]
    assert {one["tasker"] for one in told["taskers"]} == {str(cast.alice.public_id), str(cast.bob.public_id)}


def test_what_comes_from_one_place_is_ranked_together_and_says_where_it_comes_from(cast, client, answers) -> None:
    """Answers of two models: one that was hardly compared is held to be as good as its model's others."""
    for number in range(36):
        pair, left = (f"good/{number % 3}", f"bad/{number % 3}"), ("first", "second")[number % 2]
        judged(answers, (cast.alice, cast.bob)[number % 2], number, pair, "first" if number % 7 else "second", left)
    judged(answers, cast.carol, 40, ("good/new", "bad/new"), "tie", "first")
    apart = {one.item: one.strength for one in rankings.items(estimated(cast, answers.project))}
    assert abs(apart["good/new"] - apart["bad/new"]) < 0.1
    for task in Task.objects.all():
        task.payload = {
            side: candidate | {"group": candidate["item"].split("/")[0]} for side, candidate in task.payload.items()
        }
        task.save()
    items = {one.item: one for one in rankings.items(estimated(cast, answers.project))}
    assert {one.group for one in items.values()} == {"good", "bad"}
    assert items["good/new"].strength > items["bad/new"].strength + 0.5
    client.force_login(cast.mina)
    page = client.get(reverse("ranking", args=[answers.project.public_id])).content.decode()
    assert '<th scope="col">Group</th>' in page
    table = b"".join(export(answers.project, "ranking")).decode().splitlines()
    assert all(line.endswith((",good", ",bad")) for line in table[1:])


def test_other_projects_have_no_ranking(cast, client) -> None:
    names = make.project(cast.riverside)
    estimating.run(estimating.start(names, by=cast.mina).pk)
    assert not Ranking.objects.exists()
    client.force_login(cast.mina)
    assert client.get(reverse("ranking", args=[names.public_id])).status_code == 404
    assert (
        reverse("ranking", args=[names.public_id])
        not in client.get(reverse("project", args=[names.public_id])).content.decode()
    )


def test_intervals_hold_the_planted_strengths_about_nine_times_in_ten() -> None:
    """Also where strengths and reliabilities trade their scale: 30 items, and votes enough to tell them apart."""
    held = []
    for seed in range(12):
        random = np.random.default_rng(seed)
        strength = random.normal(0, 1, 30)
        strength -= strength.mean()
        left = random.integers(0, 30, 2000)
        right = (left + random.integers(1, 30, 2000)) % 30
        worker = random.integers(0, 15, 2000)
        push = strength[left] - strength[right] + 0.5
        chance = np.exp(np.column_stack([push / 2, -push / 2, np.full(2000, -1.0)]))
        chance /= chance.sum(1, keepdims=True)
        votes = Votes(left, right, worker, (random.random(2000)[:, None] > chance.cumsum(1)).sum(1))
        seen, spread = as_the_crowd_sees(votes, infer_preferences(votes, 30, 15))
        held.append((np.abs(seen - strength) <= 1.6449 * spread).mean())
    assert 0.8 <= np.mean(held) <= 0.98


def test_nothing_compared_is_ranked_as_nothing() -> None:
    nothing = Votes(*(np.zeros(0, dtype=np.int64) for _ in range(4)))
    strength, spread = as_the_crowd_sees(nothing, infer_preferences(nothing, 0, 0))
    assert strength.size == spread.size == 0


def test_a_ranking_is_kept_as_it_was_made(cast, answers) -> None:
    judged(answers, cast.alice, 1, ("old", "new"), "first", "first")
    found = estimated(cast, answers.project)
    with pytest.raises(Error):
        Ranking.objects.filter(pk=found.pk).update(votes=0)


def test_a_vote_that_was_voided_ranks_nothing(cast, answers) -> None:
    kept = judged(answers, cast.alice, 1, ("old", "new"), "first", "first")
    Assignment.objects.filter(pk=kept.assignment_id).update(voided_at=timezone.now())
    assert estimated(cast, answers.project).votes == 0
