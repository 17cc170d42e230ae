"""What suggests the same as something that answers already is no first model, whatever it is able to do it by: it is
evaluated, or two people vouch for it; and the two share the work between them."""

from datetime import datetime, timedelta
from importlib import import_module
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from assist.learning import canary, canary_work, evaluation, gate, rollout
from assist.models import Deployment, Evaluation, ModelVersion, Suggestion
from assist.registry import defaults, registry, resolution
from projects.errors import Refused
from projects.models import Project
from taskers.errors import StateConflict
from taskers.people import service_accounts
from tests.support import make, owner
from tests.support.cast import Cast

HEAD, EXAMPLES, TEXTS, BOXES, WRITING = "classify-image", "embed-image", "classify", "detect", "read"
LABELS = [{"key": "cat", "name": "Cat"}, {"key": "dog", "name": "Dog"}]
FIRST = "INSERT INTO assist_deployment (project_id, version_id, share, basis, reason, started_by_id)"
FIRST += " VALUES (%s, %s, 50, 'first', '', %s)"
READ = "SELECT seq_tup_read + idx_tup_fetch FROM pg_stat_xact_user_tables WHERE relname = 'assist_suggestion'"


def version(capability: str, name: str = "") -> ModelVersion:
    terms = {"capability": capability, "runtime": "onnx-classifier"}
    return ModelVersion.objects.create(name=name or capability, version="1", **terms)


@pytest.fixture
def pets(cast: Cast) -> Project:
    return make.project(cast.riverside, "Pets", "classification", labels=LABELS, copilot=True)


def offer(project: Project, model: ModelVersion, count: int = 1) -> None:
    rows = (Suggestion(assignment_key=n, task_key=n, project_key=project.public_id, model=model) for n in range(count))
    Suggestion.objects.bulk_create(rows)


def by_hand(project: Project, model: ModelVersion, cast: Cast) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(FIRST, [project.pk, model.pk, cast.mina.pk])


def passed(
    project: Project, candidate: ModelVersion, champion: ModelVersion, cast: Cast, **terms: datetime
) -> Evaluation:
    made = Evaluation.objects.create(
        project=project, candidate=candidate, champion=champion, margin=0.05, rules=gate.VERSION, begun_by=cast.mina
    )
    with owner.unguarded("assist_evaluation"):
        Evaluation.objects.filter(pk=made.pk).update(state="done", outcome="passed", **terms)
    made.refresh_from_db()
    return made


def shares(project: Project) -> dict[str, int]:
    return {one.version.name: one.share for one in resolution.everything(project)}


@pytest.mark.django_db
@pytest.mark.parametrize("how", ["deployed", "offered"])
@pytest.mark.parametrize(
    ("there", "comes"), [(EXAMPLES, HEAD), (HEAD, EXAMPLES), (BOXES, WRITING), (WRITING, BOXES)], ids=str
)
def test_the_first_of_another_kind_is_not_the_first_where_the_same_is_suggested(
    cast: Cast, pets: Project, there: str, comes: str, how: str
) -> None:
    old, new = version(there), version(comes)
    if how == "deployed":
        registry.deploy(pets, old, share=20, by=cast.mina, grounds=registry.FIRST)
    else:
        offer(pets, old)
    with pytest.raises(StateConflict, match="evaluate this one against it first"):
        rollout.first(pets, new, share=50, by=cast.mina)
    with pytest.raises(StateConflict, match="evaluate this one against it first"):
        registry.deploy(pets, new, share=50, by=cast.mina, grounds=registry.FIRST)
    with pytest.raises(IntegrityError, match="another model answered here first"):
        by_hand(pets, new, cast)


@pytest.mark.django_db
def test_what_suggests_something_else_holds_nobody_back(cast: Cast, pets: Project) -> None:
    offer(pets, version(TEXTS))
    offer(make.project(cast.riverside, "Others", "classification", labels=LABELS), version(EXAMPLES))
    registry.deploy(pets, version(BOXES), share=100, by=cast.mina, grounds=registry.FIRST)
    by_hand(pets, version(HEAD), cast)
    assert shares(pets) == {BOXES: 100, HEAD: 50}
    assert rollout.unanswered(pets, (TEXTS, HEAD, EXAMPLES, WRITING, "segment")) == ["segment"]


@pytest.mark.django_db
def test_a_head_is_measured_against_the_examples_and_takes_its_share_from_them(cast: Cast, pets: Project) -> None:
    examples, head = version(EXAMPLES), version(HEAD)
    registry.deploy(pets, examples, share=100, by=cast.mina, grounds=registry.FIRST)
    assert evaluation.begin(pets, head, by=cast.mina).champion == examples
    rollout.promote(passed(pets, head, examples, cast), share=25, by=cast.mina)
    assert shares(pets) == {HEAD: 25, EXAMPLES: 75}
    subjects = [f"assignment {number}" for number in range(60)]
    drawn = [[resolution.chosen(pets.public_id, one, subject) for one in (HEAD, EXAMPLES)] for subject in subjects]
    assert all((one is None) is not (other is None) for one, other in drawn), "each is answered by one of the two"
    assert 5 < sum(one == "classify-image@1" for one, _ in drawn) < 30
    now = Deployment.objects.order_by("-pk")[0].started_at
    then = resolution.chosen_then(pets, HEAD, [(subject, now) for subject in subjects])
    assert then == [one or other for one, other in drawn]
    rollout.promote(passed(pets, head, examples, cast), share=100, by=cast.mina)
    assert shares(pets) == {HEAD: 100}


@pytest.mark.django_db
def test_an_evaluation_is_stale_once_examples_have_begun(cast: Cast, pets: Project) -> None:
    examples, head = version(EXAMPLES), version(HEAD)
    old = passed(pets, head, examples, cast, begun_at=timezone.now() - timedelta(hours=1))
    registry.deploy(pets, examples, share=60, by=cast.mina, grounds=registry.FIRST)
    with pytest.raises(StateConflict, match="evaluate it again"):
        rollout.promote(old, share=25, by=cast.mina)


@pytest.mark.django_db
def test_what_a_head_took_from_the_examples_goes_back_to_them(cast: Cast, pets: Project) -> None:
    examples, head = version(EXAMPLES), version(HEAD)
    registry.deploy(pets, examples, share=100, by=cast.mina, grounds=registry.FIRST)
    on = canary.begin(passed(pets, head, examples, cast), by=cast.mina)
    assert shares(pets) == {HEAD: 5, EXAMPLES: 95}
    canary.roll_back(on, by=cast.mina)
    assert shares(pets) == {EXAMPLES: 100}


def vouched(project: Project, model: ModelVersion, share: int, cast: Cast) -> Deployment:
    """Live beside whatever is there, as before these shared one hundred percent."""
    terms = {"basis": "override", "reason": "Both are good", "seconded_by": cast.olga, "started_by": cast.mina}
    return Deployment.objects.create(project=project, version=model, share=share, **terms)


@pytest.mark.django_db
@pytest.mark.parametrize("how", ["harm", "by hand"])
def test_one_that_does_harm_ends_also_where_two_have_more_than_all(cast: Cast, pets: Project, how: str) -> None:
    head, examples, candidate = version(HEAD), version(EXAMPLES), version(HEAD, "candidate")
    registry.deploy(pets, head, share=100, by=cast.mina, grounds=registry.FIRST)
    on = canary.begin(passed(pets, candidate, head, cast), by=cast.mina)
    vouched(pets, examples, 100, cast)
    assert shares(pets) == {HEAD: 95, "candidate": 5} and resolution.champion(pets, EXAMPLES) == head
    assert resolution.shares_then(pets, EXAMPLES, [timezone.now()]) == [{"classify-image@1": 95, "candidate@1": 5}]
    if how == "harm":
        canary._back(on, canary.Reason.HARM, harm="refused")
    else:
        canary.roll_back(on, by=cast.mina)
    assert shares(pets) == {HEAD: 95, EXAMPLES: 5} and resolution.champion(pets, EXAMPLES) == head
    live = Deployment.objects.live().filter(project=pets)
    assert dict(live.values_list("version__name", "share")) == {HEAD: 95, EXAMPLES: 100}, "nothing else has changed"


@pytest.mark.django_db
def test_work_tells_nothing_of_a_champion_that_is_never_drawn(cast: Cast, pets: Project, monkeypatch) -> None:
    examples, candidate = version(EXAMPLES), version(HEAD, "candidate")
    registry.deploy(pets, examples, share=100, by=cast.mina, grounds=registry.FIRST)
    on = canary.begin(passed(pets, candidate, examples, cast), by=cast.mina)
    work: Any = [SimpleNamespace(assignment=SimpleNamespace(held_at=timezone.now(), public_id=1), at=None, tasker_id=1)]
    monkeypatch.setattr(canary_work, "subject_of", lambda assignment: "1")
    monkeypatch.setattr(resolution, "chosen_then", lambda *asked: [str(candidate)])
    monkeypatch.setattr(resolution, "shares_then", lambda *asked: [{str(candidate): 100, "another@1": 100}])
    assert list(canary_work._pieces(on, work, {})) == []


OVER = import_module("assist.migrations.0019_shares_of_rivals").OVER


@pytest.mark.django_db
def test_an_upgrade_leaves_one_hundred_percent_to_those_that_are_drawn(cast: Cast, pets: Project) -> None:
    others, few = (make.project(cast.riverside, name, "classification", labels=LABELS) for name in ("Others", "Few"))
    head, examples, waiting = version(HEAD), version(EXAMPLES), version(EXAMPLES, "waiting")
    boxes, writing = version(BOXES), version(WRITING)
    for project, model, share in [
        (pets, examples, 100), (pets, head, 60), (pets, waiting, 30), (pets, writing, 100), (pets, boxes, 100),
        (others, examples, 70), (others, head, 60), (few, examples, 40), (few, head, 60),
    ]:  # fmt: skip
        vouched(project, model, share, cast)
    untouched = set(Deployment.objects.filter(project=few).values_list("pk", flat=True))
    ModelVersion.objects.filter(pk=waiting.pk).update(smoke="waiting")
    drawn = [shares(one) for one in (pets, others, few)]
    upgraded()
    assert drawn[0] == {HEAD: 60, EXAMPLES: 40, BOXES: 100} and [shares(one) for one in (pets, others, few)] == drawn
    live = Deployment.objects.live()
    told = {one: dict(live.filter(project=one).values_list("version__name", "share")) for one in (pets, others, few)}
    assert told == {
        pets: {HEAD: 60, EXAMPLES: 40, BOXES: 100},
        others: {HEAD: 60, EXAMPLES: 40},
        few: {HEAD: 60, EXAMPLES: 40},
    }
    kept = live.get(project=pets, version=examples)
    assert (kept.basis, kept.reason, kept.seconded_by, kept.started_by) == (
        "override", "Both are good", cast.olga, cast.mina
    )  # fmt: skip
    assert untouched == set(live.filter(project=few).values_list("pk", flat=True))
    count = Deployment.objects.count()
    upgraded()
    assert Deployment.objects.count() == count, "nothing is left to do"


@pytest.mark.django_db
def test_what_may_not_begin_anew_ends_where_it_would_be_shortened(cast: Cast, pets: Project) -> None:
    head, examples = version(HEAD), version(EXAMPLES)
    vouched(pets, head, 60, cast)
    vouched(pets, examples, 100, cast)
    ModelVersion.objects.filter(pk=examples.pk).update(smoke="waiting")
    upgraded()
    assert list(Deployment.objects.live().values_list("version", "share")) == [(head.pk, 60)]


def upgraded() -> None:
    with connection.cursor() as cursor:
        cursor.execute(OVER)


@pytest.mark.django_db
def test_a_rollout_takes_its_share_from_what_it_was_measured_against(cast: Cast, pets: Project) -> None:
    """Of two that have as much, the one that is drawn first is the champion, also where the other was there first."""
    examples, head, candidate = version(EXAMPLES), version(HEAD), version(HEAD, "candidate")
    registry.deploy(pets, examples, share=50, by=cast.mina, grounds=registry.FIRST)
    vouched(pets, head, 50, cast)
    assert resolution.champion(pets, HEAD) == head
    on = canary.begin(passed(pets, candidate, head, cast), by=cast.mina)
    assert shares(pets) == {HEAD: 45, "candidate": 5, EXAMPLES: 50}
    canary.roll_back(on, by=cast.mina)
    assert shares(pets) == {HEAD: 50, EXAMPLES: 50}


@pytest.mark.django_db
def test_where_what_it_was_measured_against_has_too_little_the_largest_gives(cast: Cast, pets: Project) -> None:
    examples, head, candidate = version(EXAMPLES), version(HEAD), version(HEAD, "candidate")
    registry.deploy(pets, examples, share=80, by=cast.mina, grounds=registry.FIRST)
    vouched(pets, head, 20, cast)
    rollout.promote(passed(pets, candidate, head, cast), share=50, by=cast.mina)
    assert shares(pets) == {HEAD: 20, "candidate": 50, EXAMPLES: 30}


@pytest.mark.django_db
def test_where_nothing_is_left_to_compare_with_two_people_are_asked(cast: Cast, pets: Project) -> None:
    """The runtime has no model of its own for images: nobody is measured against what doesn't answer."""
    gone = registry.deploy(pets, version(EXAMPLES), share=100, by=cast.mina, grounds=registry.FIRST)
    registry.withdraw(gone, by=cast.mina)
    head = version(HEAD)
    with pytest.raises(StateConflict, match="Nothing answers here to compare"):
        evaluation.begin(pets, head, by=cast.mina)
    wish = rollout.ask_override(pets, head, share=100, reason="Nothing else is there", by=cast.mina)
    loader = service_accounts.create(cast.riverside, name="Loader", role="manager", by=cast.olga)
    with pytest.raises(Refused, match="a program is none"):
        rollout.confirm_override(wish, by=loader.person)
    assert rollout.confirm_override(wish, by=cast.olga).basis == "override" and shares(pets) == {HEAD: 100}


@pytest.mark.django_db
def test_a_default_takes_no_place_of_what_suggests_the_same(cast: Cast, pets: Project) -> None:
    offered, fresh = (make.project(cast.riverside, name, "classification", labels=LABELS) for name in ("One", "Two"))
    examples, head = version(EXAMPLES), version(HEAD)
    registry.deploy(pets, examples, share=40, by=cast.mina, grounds=registry.FIRST)
    offer(offered, examples)
    defaults.begin(cast.riverside, head, by=cast.mina)
    assert [shares(one) for one in (pets, offered, fresh)] == [{EXAMPLES: 40}, {}, {HEAD: 100}]


@pytest.mark.django_db
def test_the_page_offers_an_evaluation_where_examples_answer(cast: Cast, pets: Project, client: Client) -> None:
    client.force_login(cast.mina, "django.contrib.auth.backends.ModelBackend")
    page, head = reverse("project-copilot", args=[pets.public_id]), version(HEAD)
    ways = {name: reverse(f"copilot-{name}", args=[pets.public_id]) for name in ("evaluate", "override")}
    assert not any(one in client.get(page).content.decode() for one in ways.values())
    registry.deploy(pets, version(EXAMPLES), share=100, by=cast.mina, grounds=registry.FIRST)
    shown = client.get(page)
    assert all(one in shown.content.decode() for one in ways.values())
    assert head in shown.context["deploy_form"].fields["version"].queryset
    assert head not in shown.context["more_form"].fields["version"].queryset
    sent = {"version": head.public_id, "share": 50}
    assert client.post(reverse("copilot-deploy", args=[pets.public_id]), sent).status_code == 422
    assert client.post(ways["evaluate"], sent).status_code == 302 and Evaluation.objects.get().candidate == head


@pytest.mark.django_db
def test_who_answered_is_known_however_much_was_offered(cast: Cast, pets: Project) -> None:
    """Of three thousand suggestions of the very version that is to be the first a handful is read."""
    head = version(HEAD)
    offer(pets, head, 3_000)
    owner.execute("ANALYZE assist_suggestion")
    before = rows_read()
    assert not rollout.others_answered(pets, head)
    by_hand(pets, head, cast)
    defaults.begin(cast.riverside, version(HEAD, "another"), by=cast.mina)
    assert rows_read() - before < 50
    assert Suggestion.objects.exclude(prompt={}).count() == 0 and rows_read() - before >= 3_000, (
        "what a whole look costs"
    )


def rows_read() -> int:
    """Of suggestions, in this transaction."""
    with connection.cursor() as cursor:
        cursor.execute(READ)
        return cursor.fetchone()[0]
