"""While a candidate waits for evidence more is done without help; once it is judged or given up, that goes back."""

from datetime import timedelta

import pytest
from django.utils import timezone

from assist.learning import blind_verdicts, waiting_candidates
from assist.learning.drift import audits
from assist.learning.plans import plans, rounds
from assist.learning.splits import GATE, split_of
from assist.models import AnnotatorVersion, Evaluation, ModelVersion, PlanRound, RaisedAudits, Snapshot, TrainingRun
from assist.registry import registry
from projects.annotators import lifecycle
from projects.configuration import configure
from projects.models import Project, Task
from projects.reports import verdict_index
from taskers.errors import StateConflict
from taskers.models import Event
from tests.support import make
from tests.support.assist import work
from tests.support.assist.engineer import at, shown
from tests.support.assist.engineer import emil as emil  # a fixture
from tests.support.assist.running import FAKE
from tests.support.cast import Cast
from tests.support.projects.pipeline import Api, refused

pytestmark = pytest.mark.django_db
SCORES = dict.fromkeys(("candidate", "champion", "difference", "low", "high"), 0.5)
FINDING = SCORES | {"slice": "all", "tasks": 40, "groups": 40, "missing": 25, "binding": True}


@pytest.fixture
def project(cast: Cast) -> Project:
    made = make.project(cast.riverside, wanted=1, copilot=True, control_share=0.1, audit_share=0.05)
    work.deployed(made, registry.model_version(FAKE[1]), share=100, by=cast.mina)
    return made


@pytest.fixture
def candidate(cast: Cast) -> ModelVersion:
    return ModelVersion.objects.create(name="made", version="1", capability="spans", organization=cast.riverside)


def judged(
    cast: Cast, project: Project, candidate: ModelVersion, outcome: str = "cannot-tell", days_ago: float = 0, **told
) -> Evaluation:
    made = Evaluation.objects.create(
        project=project,
        candidate=candidate,
        champion=registry.model_version(FAKE[1]),
        margin=0.05,
        rules=1,
        begun_by=cast.mina,
    )
    finding = FINDING | {"outcome": outcome}
    ended = timezone.now() - timedelta(days=days_ago)
    Evaluation.objects.filter(pk=made.pk).update(
        state="done", outcome=outcome, findings=[finding], ended_at=ended, **told
    )
    made.refresh_from_db()
    return made


def shares(project: Project) -> tuple[float, float]:
    now = project.settings_now()
    return now.audit_share, now.control_share


def waiting_round(cast: Cast, project: Project, candidate: ModelVersion) -> PlanRound:
    """Of a plan, as if it had trained this candidate and the gate couldn't tell."""
    plan = plans.arrange(project, "spacy-entities", by=cast.mina, every_days=1)
    terms = {"cut": timezone.now(), "settings_version": 1, "schema": 1, "made_by": cast.mina}
    taken = Snapshot.objects.create(project=project, state="ready", sha256=64 * "a", **terms)
    learnt = {"recipe": plan.recipe, "seed": 0, "code": 64 * "b", "packages": 64 * "c", "asked_by": cast.mina}
    run = TrainingRun.objects.create(project=project, snapshot=taken, state="done", version=candidate, **learnt)
    found = judged(cast, project, candidate)
    going = PlanRound.objects.create(
        plan=plan, why="schedule", snapshot=taken, run=run, state="evidence", evaluation=found
    )
    going.steps.create(number=1, state="evidence")
    return going


def decided(cast: Cast, project: Project, texts: list[str], *, helped: bool = False) -> list[Task]:
    """Tasks that Alice decides, with the copilot's help or without."""
    batch, found = make.batch(project, f"Batch {project.batches.count()}"), []
    for task in make.texts(batch, texts):
        made = make.judged(cast.alice, project, make.MARIA)
        if helped:
            work.offered_then(made.assignment)
        found.append(task)
    verdict_index.add(Event.objects.filter(project_key=project.public_id))
    return found


def texts_of(project: Project, number: int, *, gate: bool) -> list[str]:
    """So many texts that judge models which learnt here, or that don't."""
    found, at = list[str](), 0
    while len(found) < number:
        at, text = at + 1, f"Maria is in room {at}"
        group = blind_verdicts.group_of(Task(payload={"text": text}))
        if (split_of(str(project.public_id), group) == GATE) is gate:
            found.append(text)
    return found


def test_the_share_rises_while_a_candidate_waits_and_goes_back_once_it_is_judged(
    cast, project, candidate, emil
) -> None:
    assert waiting_candidates.settle() == 0 and shares(project) == (0.05, 0.1)
    first = judged(cast, project, candidate)
    assert (waiting_candidates.settle(), waiting_candidates.settle()) == (1, 0)
    assert shares(project) == (0.05, 0.2), "an audit is of what had help: it is no evidence"
    for page in (("copilot-plans",), ("copilot-evaluation", first.public_id)):
        assert "made@1 waits for evidence: 20.0 % of the work" in shown(emil, page[0], project, *page[1:])
    again = judged(cast, project, candidate)
    assert waiting_candidates.settle() == 0 and RaisedAudits.objects.get().evaluation == again, "it waits still"
    judged(cast, project, candidate, "refused")
    assert waiting_candidates.settle() == 1 and shares(project) == (0.05, 0.1)
    assert "waits for evidence" not in shown(emil, "copilot-plans", project)
    told = Event.objects.filter(kind__in=[audits.CONTROL_RAISED, audits.CONTROL_LOWERED]).order_by("pk")
    assert [(one.kind, one.data["share"]) for one in told] == [
        (audits.CONTROL_RAISED, 0.2),
        (audits.CONTROL_LOWERED, 0.1),
    ]


def test_one_that_may_suggest_waits_to_decide_where_it_is_an_annotator_and_tasks_would_tell(
    cast, project, candidate, emil
) -> None:
    def rulings(missing: int) -> Evaluation:
        lacks = {"rule": "superior", "outcome": "cannot-tell", "missing": 40, "value": 0.01, "limit": 0}
        told = {"alone": "cannot-tell", "rulings": [lacks, lacks | {"rule": "score", "missing": missing}]}
        return judged(cast, project, candidate, "passed", **told)

    rulings(missing=5)
    assert waiting_candidates.settle() == 0, "nobody wants it to decide"
    annotator = lifecycle.give(project, name="made@1", by=cast.mina)
    AnnotatorVersion.objects.create(annotator=annotator, version=candidate, placed_by=cast.mina)
    found = rulings(missing=5)
    assert waiting_candidates.settle() == 1 and shares(project) == (0.05, 0.2)
    assert "made@1 waits for evidence" in shown(emil, "copilot-evaluation", project, found.public_id)
    rulings(missing=0)
    assert waiting_candidates.settle() == 1 and shares(project) == (0.05, 0.1), "no task tells how large a process is"
    rulings(missing=5)
    assert waiting_candidates.settle() == 1
    work.deployed(project, candidate, share=40, by=cast.mina)
    assert waiting_candidates.settle() == 0, "it suggests, and still waits to decide"
    lifecycle.move(annotator, by=cast.mina, mode="off")
    assert waiting_candidates.settle() == 1 and shares(project) == (0.05, 0.1)


def test_six_weeks_are_counted_from_when_it_first_waited(cast, project, candidate, monkeypatch) -> None:
    first = judged(cast, project, candidate, days_ago=40)
    waiting_candidates.settle()
    judged(cast, project, candidate)
    assert waiting_candidates.settle() == 0 and shares(project) == (0.05, 0.2)
    assert RaisedAudits.objects.get().until == first.ended_at + waiting_candidates.WAITS, "no later than before"
    monkeypatch.setattr(waiting_candidates, "WAITS", timedelta(days=39))
    assert waiting_candidates.settle() == 1 and shares(project) == (0.05, 0.1)
    judged(cast, project, candidate)
    assert waiting_candidates.settle() == 0, "nor anew with each evaluation"


def test_whoever_gives_it_up_has_the_share_back_and_it_is_not_asked_for_again(cast, project, candidate, emil) -> None:
    first = judged(cast, project, candidate)
    waiting_candidates.settle()
    emil.post(at("copilot-evidence-off", project, first.public_id))
    assert shares(project) == (0.05, 0.1) and waiting_candidates.settle() == 0 and shares(project) == (0.05, 0.1)
    with pytest.raises(StateConflict):
        waiting_candidates.give_up(first, by=cast.mina)
    mine = Api(cast.mina, cast.riverside)
    refused(mine.post("evaluation-wait-no-longer", project.public_id, first.public_id), 409, "state-conflict")
    judged(cast, project, candidate)
    assert waiting_candidates.settle() == 0, "whichever evaluation of it is the newest"
    second = judged(cast, project, ModelVersion.objects.create(name="made", version="2", capability="spans"))
    assert mine.post("evaluation-wait-no-longer", project.public_id, second.public_id).status_code == 204
    assert waiting_candidates.settle() == 0, "given up before anything rose"


def test_giving_up_holds_though_it_was_evaluated_anew_a_moment_before(cast, project, candidate) -> None:
    first = judged(cast, project, candidate)
    waiting_candidates.settle()
    again = judged(cast, project, candidate)
    waiting_candidates.settle()
    waiting_candidates.give_up(first, by=cast.mina)
    assert shares(project) == (0.05, 0.1) and audits.given_up(again)
    assert not audits.ask_for(again, until=timezone.now() + timedelta(days=9)), "also where it was chosen before"
    assert shares(project) == (0.05, 0.1)


@pytest.mark.parametrize("ends", ["removed", "deployed", "late", "replaced", "archived"])
def test_what_is_gone_answers_or_waited_too_long_waits_no_more(
    cast, project, candidate, monkeypatch, ends: str
) -> None:
    found = judged(cast, project, candidate)
    waiting_candidates.settle()
    if ends == "removed":
        ModelVersion.objects.filter(pk=candidate.pk).update(removed_at=timezone.now())
    elif ends == "deployed":
        work.deployed(project, candidate, share=5, by=cast.mina)
    elif ends == "replaced":
        work.deployed(project, registry.model_version("en-core-web-sm@3.8.0"), share=90, by=cast.mina)
    elif ends == "archived":
        Project.objects.filter(pk=project.pk).update(state="archived")
    else:
        monkeypatch.setattr(waiting_candidates, "WAITS", timedelta(0))
    assert waiting_candidates.settle() == 1 and shares(project) == (0.05, 0.1)
    assert found.outcome == "cannot-tell"


def test_a_pause_takes_nothing_from_one_that_waits(cast, project, candidate) -> None:
    judged(cast, project, candidate)
    Project.objects.filter(pk=project.pk).update(state="paused")
    assert waiting_candidates.settle() == 0 and shares(project) == (0.05, 0.1)
    Project.objects.filter(pk=project.pk).update(state="live")
    assert waiting_candidates.settle() == 1 and shares(project) == (0.05, 0.2)
    Project.objects.filter(pk=project.pk).update(state="paused")
    assert waiting_candidates.settle() == 0 and shares(project) == (0.05, 0.2)


def test_nobody_works_without_help_for_a_round_that_is_over(cast, project, candidate) -> None:
    going = waiting_round(cast, project, candidate)
    waiting_candidates.settle()
    assert shares(project) == (0.05, 0.2)
    plans.turn_off(going.plan, by=cast.mina)
    assert waiting_candidates.settle() == 1 and shares(project) == (0.05, 0.1)
    judged(cast, project, candidate)
    assert waiting_candidates.settle() == 1 and shares(project) == (0.05, 0.2), "a person evaluated it since"


def test_drift_and_evidence_lie_beside_each_other_and_people_have_the_last_word(cast, project, candidate) -> None:
    drifted = audits.raise_for(project)
    assert drifted is not None and shares(project) == (0.2, 0.1)
    judged(cast, project, candidate)
    waiting_candidates.settle()
    assert shares(project) == (0.2, 0.2)
    assert audits.lower(project, by=cast.mina) and shares(project) == (0.05, 0.2)
    assert audits.raise_for(project).before == 0.05
    configure.change(project, cast.mina, control_share=0.3)
    judged(cast, project, candidate, "passed")
    assert waiting_candidates.settle() == 1 and shares(project) == (0.2, 0.3), "Mina chose the one"
    assert audits.lower(project, by=None) and shares(project) == (0.05, 0.3)


def test_what_judges_is_looked_for_behind_what_had_help(cast, project, candidate, monkeypatch) -> None:
    """Where the copilot is on the newest verdicts are nearly all helped ones."""
    monkeypatch.setattr(blind_verdicts, "CHUNK", 4)
    going = waiting_round(cast, project, candidate)
    two, since = (candidate, registry.model_version(FAKE[1])), going.evaluation.begun_at
    judges = decided(cast, project, texts_of(project, 6, gate=True))
    decided(cast, project, texts_of(project, 3, gate=False))
    helped = decided(cast, project, [f"Maria is at sea {at}" for at in range(7)], helped=True)
    found = blind_verdicts.for_judging(project, two, 5)
    assert [one.task for one in found if one.blind] == judges[:0:-1]
    assert [one.task for one in found][:5] == helped[:1:-1] and len(found) == 10
    assert blind_verdicts.judges_reached(project, two, since, 6)
    assert not blind_verdicts.judges_reached(project, two, since, 7)
    assert not blind_verdicts.judges_reached(project, two, timezone.now(), 1)
    monkeypatch.setattr(blind_verdicts, "MOST_LOOKED_AT", 8)
    assert len(blind_verdicts.for_judging(project, two, 5)) == 5, "the reading has an end"


def test_a_plans_candidate_is_judged_anew_once_the_evidence_is_there(cast, project, candidate, monkeypatch) -> None:
    going = waiting_round(cast, project, candidate)
    plan, found = going.plan, going.evaluation
    texts = texts_of(project, 25, gate=True)
    decided(cast, project, texts[:24])
    assert rounds.move(plan.pk, now=timezone.now()) == "evidence"
    with monkeypatch.context() as still:
        still.setattr(waiting_candidates, "came", lambda evaluation: pytest.fail("nothing was decided since"))
        assert rounds.move(plan.pk, now=timezone.now()) == "evidence"
    decided(cast, project, texts[24:])
    assert rounds.move(plan.pk, now=timezone.now()) == "evaluating"
    going.refresh_from_db()
    assert going.evaluation != found and going.evaluation.candidate == candidate
    ended = timezone.now() + timedelta(days=30)
    judging = {"state": "done", "outcome": "cannot-tell", "findings": [], "ended_at": ended}
    Evaluation.objects.filter(pk=going.evaluation.pk).update(**judging)
    assert rounds.move(plan.pk, now=ended) == "evidence"
    first = found.ended_at + waiting_candidates.WAITS
    assert rounds.move(plan.pk, now=first - timedelta(hours=1)) == "evidence"
    assert rounds.move(plan.pk, now=first + timedelta(hours=1)) == "cannot-tell", "counted from when it first waited"
    assert TrainingRun.objects.count() == 1
