"""What suggests the same as something that answers already is no first model, whatever it is able to do it by: it is
evaluated, or two people vouch for it; and the two share the work between them."""

import asyncio
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from assist.errors import CopilotError
from assist.learning import canary, evaluation, rollout, scores
from assist.learning.blind_verdicts import Decided
from assist.learning.scores import Asked
from assist.models import Deployment, Evaluation, ModelVersion, Suggestion
from assist.registry import defaults, registry, resolution
from assist.suggestions.prototypes import Choices
from projects.models import Project
from taskers.errors import StateConflict
from tests.support import make
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
        project=project, candidate=candidate, champion=champion, margin=0.05, rules=1, begun_by=cast.mina
    )
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


@pytest.mark.django_db
def test_where_nothing_is_left_to_compare_with_two_people_are_asked(cast: Cast, pets: Project) -> None:
    """The runtime has no model of its own for images: nobody is measured against what doesn't answer."""
    gone = registry.deploy(pets, version(EXAMPLES), share=100, by=cast.mina, grounds=registry.FIRST)
    registry.withdraw(gone, by=cast.mina)
    head = version(HEAD)
    with pytest.raises(StateConflict, match="Nothing answers here to compare"):
        evaluation.begin(pets, head, by=cast.mina)
    wish = rollout.ask_override(pets, head, share=100, reason="Nothing else is there", by=cast.mina)
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
    assert client.post(reverse("copilot-deploy", args=[pets.public_id]), sent).status_code == 409
    assert client.post(ways["evaluate"], sent).status_code == 302 and Evaluation.objects.get().candidate == head


@pytest.mark.django_db
def test_who_answered_is_known_however_much_was_offered(cast: Cast, pets: Project) -> None:
    """Of three thousand suggestions of the very version that is to be the first a handful is read."""
    head = version(HEAD)
    offer(pets, head, 3_000)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE assist_suggestion")
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


KIND = Choices("kind", "choice", {"cat": ("cat",), "dog": ("dog",), "hen": ("hen",)})


class Embedder:
    """Lays cats along one axis and dogs along the other; one picture can't be read."""

    async def image_vector(self, model: str, image: str, supply: Any) -> np.ndarray:
        if image == "spoilt":
            raise CopilotError("no-image")
        return np.array([1.0, 0.1] if image.startswith("cat") else [0.1, 1.0], np.float32)


def seen(key: int, picture: str, label: str, blind: bool = True) -> Decided:
    asset = SimpleNamespace(sha256=picture, height=4, width=4, file=SimpleNamespace(name=picture))
    task: Any = SimpleNamespace(pk=key, payload={}, asset=asset if picture else None)
    entry: Any = SimpleNamespace(task=task)
    return Decided(entry, {"fields": [{"field": "kind", "kind": "choice", "value": label}]}, blind)


def told(asked: Asked, *rows: Decided) -> scores.Scores:
    few: Any = Embedder()
    return asyncio.run(scores.examples(few, ModelVersion(name="few", version="1"), asked, rows))


def test_examples_are_measured_by_what_all_other_verdicts_show() -> None:
    asked = Asked(frozenset(KIND.phrases), {}, (KIND,))
    rows = [
        seen(1, "cat 1", "cat"),
        seen(2, "dog 1", "dog"),
        seen(3, "cat 2", "dog"),  # decided otherwise than it looks
        seen(4, "cat 3", "cat", blind=False),
        seen(5, "dog 2", "dog", blind=False),
        seen(6, "", "cat"),
        seen(7, "spoilt", "cat"),
        seen(8, "cat 4", "retired"),
    ]
    assert told(asked, *rows) == [1.0, 1.0, 0.0, None, 0.0, None]
    assert asked.heard[1] == {"fields": [{"field": "kind", "kind": "choice", "value": "cat"}]}
    assert asked.heard[7] == {"fault": scores.NO_ANSWER} and 4 not in asked.heard and 6 not in asked.heard
    alike = [seen(1, "cat 1", "cat"), seen(2, "cat 2", "cat")]
    assert told(asked, *alike) == [0.0, 0.0], "of one label alone nothing is guessed at work either"
