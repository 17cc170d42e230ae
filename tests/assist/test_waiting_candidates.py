"""While a candidate waits for evidence more is done without help; once it is judged or given up, that goes back."""

from datetime import timedelta

import pytest
from django.utils import timezone

from assist.learning import waiting_candidates
from assist.learning.drift import audits
from assist.learning.plans import plans, rounds
from assist.models import Evaluation, ModelVersion, PlanRound, RaisedAudits, Snapshot, TrainingRun
from assist.registry import registry
from projects.configuration import configure
from projects.models import Project
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


def judged(cast: Cast, project: Project, candidate: ModelVersion, outcome: str = "cannot-tell") -> Evaluation:
    made = Evaluation.objects.create(
        project=project,
        candidate=candidate,
        champion=registry.model_version(FAKE[1]),
        margin=0.05,
        rules=1,
        begun_by=cast.mina,
    )
    finding = FINDING | {"outcome": outcome}
    Evaluation.objects.filter(pk=made.pk).update(
        state="done", outcome=outcome, findings=[finding], ended_at=timezone.now()
    )
    made.refresh_from_db()
    return made


def shares(project: Project) -> tuple[float, float]:
    now = project.settings_now()
    return now.audit_share, now.control_share


def test_shares_rise_while_a_candidate_waits_and_go_back_once_it_is_judged(cast, project, candidate, emil) -> None:
    assert waiting_candidates.settle() == 0 and shares(project) == (0.05, 0.1)
    first = judged(cast, project, candidate)
    assert (waiting_candidates.settle(), waiting_candidates.settle()) == (1, 0) and shares(project) == (0.2, 0.2)
    for page in (("copilot-plans",), ("copilot-evaluation", first.public_id)):
        assert "made@1 waits for evidence: 20.0 % of what is decided" in shown(emil, page[0], project, *page[1:])
    again = judged(cast, project, candidate)
    assert waiting_candidates.settle() == 0 and RaisedAudits.objects.get().evaluation == again, "it waits still"
    judged(cast, project, candidate, "refused")
    assert waiting_candidates.settle() == 1 and shares(project) == (0.05, 0.1)
    assert "waits for evidence" not in shown(emil, "copilot-plans", project)
    told = Event.objects.filter(kind__in=[audits.RAISED, audits.LOWERED]).order_by("pk")
    assert [(one.kind, one.data["share"]) for one in told] == [(audits.RAISED, 0.2), (audits.LOWERED, 0.05)]


def test_whoever_gives_it_up_has_the_shares_back_and_it_is_not_asked_for_again(cast, project, candidate, emil) -> None:
    first = judged(cast, project, candidate)
    waiting_candidates.settle()
    emil.post(at("copilot-evidence-off", project, first.public_id))
    assert shares(project) == (0.05, 0.1) and waiting_candidates.settle() == 0 and shares(project) == (0.05, 0.1)
    with pytest.raises(StateConflict):
        waiting_candidates.give_up(first, by=cast.mina)
    mine = Api(cast.mina, cast.riverside)
    refused(mine.post("evaluation-wait-no-longer", project.public_id, first.public_id), 409, "state-conflict")
    second = judged(cast, project, candidate)
    assert mine.post("evaluation-wait-no-longer", project.public_id, second.public_id).status_code == 204
    assert waiting_candidates.settle() == 0, "given up before anything rose"


@pytest.mark.parametrize("ends", ["removed", "deployed", "late"])
def test_what_is_gone_answers_or_waited_too_long_waits_no_more(cast, project, candidate, ends: str) -> None:
    found = judged(cast, project, candidate)
    waiting_candidates.settle()
    if ends == "removed":
        ModelVersion.objects.filter(pk=candidate.pk).update(removed_at=timezone.now())
    elif ends == "deployed":
        work.deployed(project, candidate, share=5, by=cast.mina)
    else:
        RaisedAudits.objects.update(until=timezone.now())
        assert audits.lower_due() == 1
    assert waiting_candidates.settle() == (0 if ends == "late" else 1) and shares(project) == (0.05, 0.1)
    assert found.outcome == "cannot-tell"


def test_drift_and_evidence_lie_over_each_other_and_people_have_the_last_word(cast, project, candidate) -> None:
    drifted = audits.raise_for(project)
    assert drifted is not None and shares(project) == (0.2, 0.1)
    judged(cast, project, candidate)
    waiting_candidates.settle()
    assert shares(project) == (0.2, 0.2)
    assert audits.lower(project, by=cast.mina) and shares(project) == (0.2, 0.2), "evidence keeps it up"
    assert audits.raise_for(project).before == 0.05
    configure.change(project, cast.mina, control_share=0.3)
    judged(cast, project, candidate, "passed")
    assert waiting_candidates.settle() == 1 and shares(project) == (0.2, 0.3), "drift keeps one, Mina chose the other"
    assert audits.lower(project, by=None) and shares(project) == (0.05, 0.3)


def test_a_plans_candidate_is_judged_anew_once_the_evidence_is_there(cast, project, candidate) -> None:
    plan = plans.arrange(project, "spacy-entities", by=cast.mina, every_days=1)
    terms = {"cut": timezone.now(), "settings_version": 1, "schema": 1, "made_by": cast.mina}
    taken = Snapshot.objects.create(project=project, state="ready", sha256=64 * "a", **terms)
    found = judged(cast, project, candidate)
    going = PlanRound.objects.create(plan=plan, why="schedule", snapshot=taken, state="evidence", evaluation=found)
    going.steps.create(number=1, state="evidence")
    batch = make.batch(project)

    def decided(number: int) -> None:
        for _ in range(number):
            make.tasks(batch)
            make.judged(cast.alice, project, make.MARIA)
        verdict_index.add(Event.objects.filter(project_key=project.public_id))

    decided(24)
    assert rounds.move(plan.pk, now=timezone.now()) == "evidence"
    decided(1)
    assert rounds.move(plan.pk, now=timezone.now()) == "evaluating"
    going.refresh_from_db()
    assert going.evaluation != found and going.evaluation.candidate == candidate
    judging = {"state": "done", "outcome": "cannot-tell", "findings": [], "ended_at": timezone.now()}
    Evaluation.objects.filter(pk=going.evaluation.pk).update(**judging)
    assert rounds.move(plan.pk, now=timezone.now()) == "evidence"
    late = timezone.now() + waiting_candidates.WAITS + timedelta(days=1)
    assert rounds.move(plan.pk, now=late) == "cannot-tell" and not TrainingRun.objects.exists()
