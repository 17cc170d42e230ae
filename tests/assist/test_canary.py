"""A version that passed climbs by steps, and comes back at the first sign of harm or silence; the database holds it."""

import json
from collections.abc import Iterator
from dataclasses import asdict, replace
from datetime import timedelta

import numpy as np
import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from assist.adapters import RUNTIMES, catalogue
from assist.learning import canary, canary_report, guardrails, rollout, shadow
from assist.learning.guardrails import BLIND, OF_WORK, REFUSED, Piece
from assist.models import Deployment, Evaluation, ModelVersion, Precomputed, Rollout, ShadowAnswer, Suggestion
from assist.registry import registry, resolution
from assist.suggestions import record
from assist.web import figures
from projects.models import Annotation, Project, Verdict
from projects.reports import verdict_index
from projects.workflow import submission
from taskers.errors import StateConflict
from taskers.models import Event
from tests.support import make, owner
from tests.support.assist import work
from tests.support.assist.running import FAKE, Runtime, running
from tests.support.cast import Cast

pytestmark = pytest.mark.django_db
NEXT = replace(RUNTIMES[FAKE[1]], version="2", artifacts=())  # the same rule under another version
NAMES = ("Maria", "Jonas", "Amira", "Pedro", "Ingrid")


@pytest.fixture(scope="module")
def runtime(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runtime]:
    """Two versions of a rule."""
    folder = tmp_path_factory.mktemp("models")
    (folder / catalogue.LISTED).write_text(json.dumps([asdict(NEXT)]))
    with running(FAKE[1], weights=folder) as found:
        found.until_ready()
        yield found


@pytest.fixture
def project(cast: Cast) -> Project:
    return make.project(cast.riverside, wanted=1, copilot=True)


@pytest.fixture
def champion(cast: Cast, project: Project) -> ModelVersion:
    """What answers all of the work."""
    version = registry.model_version(FAKE[1])
    work.deployed(project, version, share=100, by=cast.mina)
    return version


@pytest.fixture
def passed(cast: Cast, project: Project, champion: ModelVersion) -> Evaluation:
    """The next version lost nothing against it."""
    return _passed(project, registry._written(NEXT), champion, cast)


def _passed(project: Project, candidate: ModelVersion, champion: ModelVersion, cast: Cast) -> Evaluation:
    made = Evaluation.objects.create(
        project=project, candidate=candidate, champion=champion, margin=0.05, rules=1, begun_by=cast.mina
    )
    Evaluation.objects.filter(pk=made.pk).update(state="done", outcome="passed", ended_at=timezone.now())
    made.refresh_from_db()
    return made


def shares(project: Project) -> dict[str, int]:
    return {str(row.version): row.share for row in resolution.deployed(project, "spans")}


def seen(on: Rollout, harm: float, champion_harm: float, pieces: int, seed: int = 1) -> None:
    """As if people had handed in this many pieces of work."""
    rng, watch = np.random.default_rng(seed), guardrails.read(on.watch)
    for _ in range(pieces):
        mine = bool(rng.random() < on.share / 100)
        harms = dict.fromkeys(OF_WORK, float(rng.random() < (harm if mine else champion_harm)))
        watch = watch.after(Piece(mine, on.share / 100, str(rng.integers(5)), harms), canary.within(on))
    Rollout.objects.filter(pk=on.pk).update(watch=watch.plain())


def told(on: Rollout) -> list[tuple[str, str, int]]:
    return list(on.timeline.order_by("number").values_list("kind", "reason", "share"))


def moved(on: Rollout, hours: float = 0) -> str:
    state = canary.move(on.pk, now=timezone.now() + timedelta(hours=hours))
    on.refresh_from_db()
    return state


def promoted(passed: Evaluation, cast: Cast) -> Rollout:
    """It was sound, and answers all of the work."""
    on = canary.begin(passed, by=cast.mina)
    for _ in range(2):
        seen(on, 0.2, 0.2, 1_500)
        moved(on)
    assert on.state == "promoted"
    return on


def test_a_sound_version_climbs_to_all_of_the_work_and_goes_back_by_one_click(
    cast: Cast, project: Project, passed: Evaluation
) -> None:
    on = canary.begin(passed, by=cast.mina)
    assert shares(project) == {NEXT.key: 5, FAKE[1]: 95}
    assert moved(on) == "live" and on.share == 5, "nothing was seen yet"
    seen(on, 0.2, 0.2, 1_500)
    assert moved(on) == "live" and shares(project) == {NEXT.key: 25, FAKE[1]: 75}
    seen(on, 0.2, 0.2, 1_500)
    assert moved(on) == "promoted" and shares(project) == {NEXT.key: 100}
    assert moved(on) == "", "it is over"
    canary.roll_back(on, by=cast.olga, said="The customer asked")
    assert shares(project) == {FAKE[1]: 100}
    assert told(on) == [
        ("begun", "", 0),
        ("stepped", "", 5),
        ("stepped", "evidence", 25),
        ("promoted", "evidence", 100),
        ("back", "by-hand", 0),
    ]
    back = Deployment.objects.live().get(project=project)
    assert (back.basis, back.rollout) == ("first", on), "on what it rested on before"
    assert Event.objects.filter(kind="model_rollout").count() == 5
    with pytest.raises(StateConflict, match="moved on"):
        canary.roll_back(on, by=cast.olga)


def test_harm_takes_it_back_and_it_has_to_pass_anew(cast: Cast, project: Project, passed: Evaluation) -> None:
    on = canary.begin(passed, by=cast.mina)
    seen(on, 0.5, 0.2, 3_000)
    assert moved(on) == "back" and shares(project) == {FAKE[1]: 100}
    last = on.timeline.order_by("number").last()
    assert (last.kind, last.reason, last.harm) == ("back", "harm", REFUSED)
    assert last.figures[REFUSED]["candidate"] > last.figures[REFUSED]["champion"] + 0.1
    with pytest.raises(StateConflict, match="evaluate it again"):
        canary.begin(passed, by=cast.mina)
    with pytest.raises(StateConflict, match="evaluate it again"):
        rollout.promote(passed, share=5, by=cast.mina)


def test_harm_takes_it_back_also_while_what_answered_before_is_untried(
    cast: Cast, project: Project, passed: Evaluation
) -> None:
    on = canary.begin(passed, by=cast.mina)
    registry.waits(on.champion)
    seen(on, 0.5, 0.2, 3_000)
    assert moved(on) == "back" and shares(project) == {FAKE[1]: 95}, "nothing is begun anew that wasn't tried"
    assert told(on)[-1] == ("back", "harm", 0)
    with pytest.raises(StateConflict, match="hasn't answered a first question"):
        registry.deploy(project, on.champion, share=100, by=cast.mina, grounds=registry.FIRST)
    with pytest.raises(StateConflict, match="has to answer its first question again"):
        registry._begun(project, on.champion, 5, cast.mina, registry.FIRST)


def test_after_promotion_an_untried_predecessor_stays_away(cast: Cast, project: Project, passed: Evaluation) -> None:
    on = promoted(passed, cast)
    registry.waits(on.champion)
    canary.roll_back(on, by=cast.olga)
    assert shares(project) == {}, "the runtime's own answers"


def test_what_was_promoted_goes_back_also_after_it_gave_some_of_its_work_up(
    cast: Cast, project: Project, passed: Evaluation
) -> None:
    on = promoted(passed, cast)
    third = registry._written(replace(NEXT, version="3"))
    registry.deploy(project, third, share=1, by=cast.mina, grounds=registry.override("To see", cast.olga))
    assert shares(project) == {NEXT.key: 99, str(third): 1}
    canary.roll_back(on, by=cast.olga)
    assert shares(project) == {FAKE[1]: 99, str(third): 1}


def test_one_rollout_that_fails_does_not_keep_the_others(
    cast: Cast, project: Project, passed: Evaluation, monkeypatch: pytest.MonkeyPatch, caplog
) -> None:
    on = canary.begin(passed, by=cast.mina)
    elsewhere = make.project(cast.riverside, "Elsewhere", wanted=1, copilot=True)
    work.deployed(elsewhere, on.champion, share=100, by=cast.mina)
    other = canary.begin(_passed(elsewhere, on.version, on.champion, cast), by=cast.mina)
    for one in (on, other):
        seen(one, 0.5, 0.2, 3_000)
    put_back = registry.put_back

    def fails(rollout: Rollout, **terms) -> None:
        if rollout.pk == on.pk:
            raise IntegrityError("no")
        put_back(rollout, **terms)

    monkeypatch.setattr(registry, "put_back", fails)
    assert canary.move_all() == 2 and "couldn't be looked at" in caplog.text
    states = dict(Rollout.objects.values_list("pk", "state"))
    assert states == {on.pk: "live", other.pk: "back"}


def test_silence_holds_it_and_then_takes_it_back_unless_something_is_heard(
    cast: Cast, project: Project, passed: Evaluation
) -> None:
    on = canary.begin(passed, by=cast.mina, quiet_hours=10)
    assert moved(on, 9) == "live" and moved(on, 11) == "held" and shares(project)[NEXT.key] == 5
    Rollout.objects.filter(pk=on.pk).update(heard_at=timezone.now() + timedelta(hours=12))
    assert moved(on, 12) == "live" and told(on)[-1] == ("let-on", "heard", 5)
    assert moved(on, 23) == "held" and moved(on, 34) == "back"
    assert told(on)[-2:] == [("held", "quiet", 5), ("back", "quiet", 0)] and shares(project) == {FAKE[1]: 100}


def test_what_shows_nothing_within_its_time_goes_back(cast: Cast, project: Project, passed: Evaluation) -> None:
    on = canary.begin(passed, by=cast.mina, quiet_hours=720, step_days=2)
    canary.hold(on, by=cast.mina, said="Until Monday")
    seen(on, 0.2, 0.2, 1_500)
    assert moved(on) == "held", "by hand, so nothing lets it on"
    with pytest.raises(StateConflict):
        canary.hold(on, by=cast.mina)
    canary.go_on(on, by=cast.olga)
    assert moved(on) == "live" and on.share == 25
    assert moved(on, 49) == "back" and told(on)[-1] == ("back", "time-out", 0)


def test_a_champion_that_is_withdrawn_holds_it_and_a_candidate_that_is_withdrawn_ends_it(
    cast: Cast, project: Project, passed: Evaluation
) -> None:
    on = canary.begin(passed, by=cast.mina, quiet_hours=10)
    registry.withdraw(Deployment.objects.live().get(version=on.champion), by=cast.mina)
    assert moved(on) == "held" and on.reason == "champion-gone"
    assert moved(on, 11) == "back" and shares(project) == {}, "what somebody withdrew stays so"
    registry.deploy(project, on.champion, share=100, by=cast.mina, grounds=registry.override("Again", cast.olga))
    again = canary.begin(_passed(project, on.version, on.champion, cast), by=cast.mina)
    registry.withdraw(Deployment.objects.live().get(version=on.version), by=cast.mina)
    assert moved(again) == "back" and again.reason == "withdrawn" and shares(project) == {FAKE[1]: 95}


def test_one_at_a_time_and_no_step_beside_it(cast: Cast, project: Project, passed: Evaluation) -> None:
    on = canary.begin(passed, by=cast.mina)
    with pytest.raises(StateConflict, match="one after the other"):
        canary.begin(passed, by=cast.mina)
    with pytest.raises(StateConflict, match="step by step"):
        rollout.promote(passed, share=100, by=cast.mina)
    with pytest.raises(StateConflict, match="step by step"):
        registry.deploy(project, on.version, share=9, by=cast.mina, grounds=registry.override("Now", cast.olga))
    Rollout.objects.filter(pk=on.pk).update(share=25)
    with pytest.raises(StateConflict):
        registry.deploy(project, on.version, share=100, by=cast.mina, grounds=registry.step(on))
    assert shares(project)[NEXT.key] == 5


INSERT = """INSERT INTO assist_deployment (project_id, version_id, share, basis, evaluation_id, reason, started_by_id,
    rollout_id) VALUES (%s, %s, %s, %s, %s, '', %s, %s)"""


def test_the_database_itself_refuses_steps_and_ways_back_that_no_rollout_says(
    cast: Cast, project: Project, champion: ModelVersion, passed: Evaluation
) -> None:
    on = canary.begin(passed, by=cast.mina)
    mina, new = cast.mina.pk, on.version_id
    with owner.unguarded("assist_deployment"):
        Deployment.objects.filter(project=project).update(ended_at=timezone.now() - timedelta(days=1))
    never = [
        (project.pk, new, 100, "passed", passed.pk, mina, None),  # on its way, and past it
        (project.pk, new, 25, "passed", passed.pk, mina, on.pk),  # not its step
        (project.pk, new, 5, "first", None, mina, on.pk),
        (project.pk, champion.pk, 100, "first", None, mina, on.pk),  # nothing went back
        (project.pk, champion.pk, 100, "first", None, mina, None),
    ]
    with connection.cursor() as cursor:
        for values in never:
            with pytest.raises(IntegrityError), transaction.atomic():
                cursor.execute(INSERT, values)
        Rollout.objects.filter(pk=on.pk).update(state="back", ended_at=timezone.now() - timedelta(days=1))
        with pytest.raises(IntegrityError), transaction.atomic():
            cursor.execute(INSERT, (project.pk, champion.pk, 100, "first", None, mina, on.pk))  # long over


def handed_in(cast: Cast, project: Project, *, takes: bool) -> tuple[str, Annotation]:
    """A piece of work with the copilot: the drawn version offered something that was taken as it was, or wasn't."""
    batch = project.batches.first() or make.batch(project)
    make.tasks(batch, text=f"the ferry took Maria across, {batch.tasks.count()}")
    mine = make.held(cast.alice, project)
    (version,) = resolution.chosen_then(project, "spans", [(str(mine.public_id), mine.held_at)])
    offer = work.offered(mine, work.span_offer(15, 20), version)
    answer = make.spans((15, 20) if takes else (0, 3))
    answer["spans"][0]["provenance"] = (
        {"source": "suggestion", "suggestion": str(offer.public_id)} if takes else {"source": "human"}
    )
    done = submission.submit(mine, cast.alice, mine.token, answer)
    record.settle(done)
    return version, done


def test_each_piece_of_work_counts_once_for_the_version_that_was_drawn_for_it(
    cast: Cast, project: Project, passed: Evaluation
) -> None:
    on = canary.begin(passed, by=cast.mina)
    Rollout.objects.filter(pk=on.pk).update(share=25)
    on.refresh_from_db()
    registry.deploy(project, on.version, share=25, by=cast.mina, grounds=registry.step(on))
    drawn = [handed_in(cast, project, takes=number % 2 == 0)[0] for number in range(60)]
    open_one = make.tasks(project.batches.get(), text="The last one")
    assert open_one and 0 < drawn.count(NEXT.key) < 60
    assert moved(on) == "live" and guardrails.read(on.watch).guardrails[REFUSED].seen == 0, "others may come before"
    for _ in range(2):
        moved(on, 0.1)
        one = guardrails.read(on.watch).guardrails[REFUSED]
        assert (one.seen, one.candidates) == (60, drawn.count(NEXT.key))
        assert one.total == 30 and on.read_upto == Annotation.objects.latest("pk").pk
    assert guardrails.read(on.watch).guardrails["silent"].total == 0


def test_work_whose_offers_are_not_settled_yet_is_waited_for_but_not_for_ever(
    cast: Cast, project: Project, passed: Evaluation
) -> None:
    on = canary.begin(passed, by=cast.mina)
    _, done = handed_in(cast, project, takes=True)
    Suggestion.objects.update(outcome="offered", settled_at=None)
    moved(on, 0.1)
    assert on.read_upto < done.pk
    moved(on, 1)
    assert on.read_upto == done.pk and guardrails.read(on.watch).guardrails[REFUSED].total == 1


def test_masks_of_all_that_stands_apart_are_no_harm(cast: Cast, project: Project, passed: Evaluation) -> None:
    """Whoever wants a few of fifty refuses most, and waits for all: that says nothing of the model."""
    on = canary.begin(passed, by=cast.mina)
    _, done = handed_in(cast, project, takes=True)
    work.everything_offered(done, Suggestion.objects.get().model, 50)
    moved(on, 1)
    watched = guardrails.read(on.watch).guardrails
    assert on.read_upto == done.pk
    assert (watched[REFUSED].seen, watched[REFUSED].total, watched["slow"].total) == (1, 0, 0)
    (line,) = figures.acceptance(project)
    assert (line.taken, line.settled) == (1.0, 1)


def decided(cast: Cast, project: Project, count: int) -> None:
    """Texts that Alice reads without help; whatever she marks, the rule marks as well."""
    batch = project.batches.first() or make.batch(project)
    since = batch.tasks.count()
    said = [(f"on day {since + number} the ferry took ", NAMES[number % len(NAMES)]) for number in range(count)]
    make.texts(batch, [f"{before}{name} across" for before, name in said])
    for before, name in said:
        make.judged(cast.alice, project, make.spans((len(before), len(before) + len(name))))
    verdict_index.add(Event.objects.filter(project_key=project.public_id))


def test_in_shadow_it_is_compared_once_a_verdict_is_there_and_nobody_ever_sees_it(
    cast: Cast, project: Project, passed: Evaluation, runtime: Runtime, settings, monkeypatch
) -> None:
    settings.RUNTIME_ADDRESS = runtime.address
    decided(cast, project, 3)
    on = canary.begin(passed, by=cast.mina, shadow_verdicts=10)
    assert shares(project) == {FAKE[1]: 100} and told(on) == [("begun", "", 0)]
    decided(cast, project, 12)
    monkeypatch.setattr(shadow, "NEWEST", 3)  # what came before those waits no less
    assert shadow.run(on.pk) == 12 and shadow.run(on.pk) == 0
    rows = ShadowAnswer.objects.filter(rollout=on)
    assert set(rows.values_list("blind", "candidate", "champion")) == {(True, 1.0, 1.0)}
    assert not Suggestion.objects.exists() and not Precomputed.objects.exists()
    assert not Annotation.objects.exclude(tasker=cast.alice).exists() and Verdict.objects.count() == 15
    assert moved(on) == "live" and on.share == 5, "it has been compared on enough"
    assert guardrails.read(on.watch).guardrails[BLIND].candidates == 12
    # The same texts once more, and a new one twice: what shows the same tells once.
    make.texts(project.batches.get(), [f"on day 3 the ferry took {NAMES[0]} across", *["Maria"] * 2])
    for _ in range(3):
        make.judged(cast.alice, project, make.spans((0, 5)))
    verdict_index.add(Event.objects.filter(project_key=project.public_id))
    assert shadow.run(on.pk) == 3
    on.refresh_from_db()
    assert guardrails.read(on.watch).guardrails[BLIND].candidates == 13


def test_one_that_gives_no_answers_in_shadow_is_held(
    cast: Cast, project: Project, passed: Evaluation, settings
) -> None:
    on = canary.begin(passed, by=cast.mina, quiet_hours=10)
    decided(cast, project, 2)
    settings.RUNTIME_ADDRESS = "unix:/nowhere/at.all"
    assert shadow.run(on.pk) == 0
    Rollout.objects.filter(pk=on.pk).update(heard_at=timezone.now() + timedelta(hours=11))
    assert moved(on, 11) == "held" and on.reason == "shadow"


def test_the_step_in_shadow_says_when_it_can_be_judged_at_the_rate_until_now(passed: Evaluation, cast: Cast) -> None:
    """A quarter of the verdicts that it waits for came in ten hours: thirty hours are left."""
    on = canary.begin(passed, by=cast.mina, shadow_verdicts=40)
    begun_at = timezone.now() - timedelta(hours=10)
    Rollout.objects.filter(pk=on.pk).update(begun_at=begun_at)
    on.refresh_from_db()
    client, page = Client(), reverse("copilot-rollout", args=[on.project.public_id, on.public_id])
    client.force_login(cast.mina)
    assert canary_report.outlook_of(on, timezone.now()).at is None, "nothing was compared yet"
    shown = client.get(page).content.decode()
    assert "Compared on 0 of 40 tasks decided without help." in shown and "can’t be told yet" in shown

    canary.take_in(on, [(0.9, 0.8)] * 10, on.verdicts_upto)
    on.refresh_from_db()
    outlook = canary_report.outlook_of(on, begun_at + timedelta(hours=10))
    assert (outlook.seen, outlook.at) == (10, begun_at + timedelta(hours=40))
    shown = client.get(page).content.decode()
    assert "Compared on 10 of 40 tasks decided without help." in shown and "can be judged in about 1" in shown


def test_a_step_says_when_it_can_be_judged_at_the_rate_until_now(passed: Evaluation, cast: Cast) -> None:
    on = canary.begin(passed, by=cast.mina)
    now = on.begun_at + timedelta(hours=10)
    seen(on, 0.1, 0.1, 30)
    on.refresh_from_db()
    assert canary_report.outlook_of(on, now).at is None, "too little was seen"
    seen(on, 0.1, 0.1, 370)
    on.refresh_from_db()
    outlook = canary_report.outlook_of(on, now)
    assert outlook.seen == 400 and 8 < outlook.candidates < 40 and outlook.at > now
    expected = 400 * ((outlook.at - on.begun_at) / timedelta(hours=10))
    pieces = 400
    while not guardrails.read(on.watch).clears(canary.within(on)):
        seen(on, 0.1, 0.1, 50, seed=pieces)
        on.refresh_from_db()
        pieces += 50
    assert expected / 3 < pieces < 3 * expected, (expected, pieces)
    assert canary_report.outlook_of(on, now).at == now, "it can be judged now"


def test_nobody_can_say_when_a_step_of_one_that_is_worse_is_judged(passed: Evaluation, cast: Cast) -> None:
    on = canary.begin(passed, by=cast.mina)
    seen(on, 0.9, 0.1, 300)
    on.refresh_from_db()
    assert canary_report.outlook_of(on, timezone.now()).at is None
