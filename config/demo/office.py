"""What the office did in the past weeks: reviews, audits, questions, reports, somebody kept out, payouts, disputes."""

import random
from collections.abc import Sequence
from statistics import median
from uuid import uuid4

from config.demo import crew
from config.demo.crew import Course, Desk
from projects import queue
from projects.models import Annotation, Comment, Exclusion, SecondLook, Task, Verdict
from projects.quality import second_looks
from projects.queue import broken
from projects.workflow import submission, void_work
from projects.workflow.comments import answering
from taskers.audit import trail
from taskers.models import Organization, Person
from taskers.money import disputes, payouts
from taskers.standing import grades

ANSWERS = (
    "What has to be done first counts. I have put it into the instructions.",
    "Leave it to whoever mends it; choose by the thing, not by the place.",
    "Thank you for asking. Report such notes as broken.",
)
TOO_LOW = 0.6  # a standing with which Maya doesn't wait for more
ENOUGH = 9  # graded pieces of work, before somebody is kept out for them
AT_A_GLANCE = 6_000  # ms; whoever is as quick hasn't read. Whoever reads and was unlucky in a few stays


def review(reviewer: Person, desks: Sequence[Desk], number: int, dice: random.Random) -> Course:
    """A reviewer decides what people disagree on, and looks at audits."""
    crew.sign_in(reviewer, 12)
    by_project = {desk.project.pk: desk for desk in desks}
    projects = [desk.project for desk in desks]
    for _ in range(number):
        task = queue.next_review(projects, reviewer)
        if task is None:
            break
        mine = queue.claim_review(task, reviewer)
        yield dice.uniform(30, 120)
        answer = _right(by_project[task.project_id], task)
        base = next((one for one in Annotation.objects.current().filter(task=task) if _same(one.answer, answer)), None)
        note = (
            "" if base else dice.choice(["See the instructions: what is asked for counts.", "Whole names, please.", ""])
        )
        assert mine.token is not None
        submission.decide(mine, reviewer, mine.token, answer, base=base, note=note)
    for look in list(second_looks.audits_in(projects)[:4])[:-1]:  # the newest can wait
        yield dice.uniform(20, 60)
        _audit(look, reviewer, _right(by_project[look.project_id], look.task))


def _right(desk: Desk, task: Task) -> dict:
    return desk.right(desk.items[task.external_id])


def _audit(look: SecondLook, reviewer: Person, answer: dict) -> None:
    """What is right, said without looking at the verdict."""
    mine = queue.claim_review(look.task, reviewer)
    assert mine.token is not None
    note = "" if _same(look.verdict.answer, answer) else "The verdict was another; see the instructions."
    submission.decide(mine, reviewer, mine.token, answer, note=note)


def _same(one: dict, other: dict) -> bool:
    def plain(answer: dict) -> list:
        return [
            {name: part.get(name) for name in ("value", "start", "end", "label")}
            for parts in answer.values()
            for part in parts
        ]

    return plain(one) == plain(other)


def morning(manager: Person, desk: Desk, dice: random.Random) -> Course:
    """A manager answers questions, settles reports of broken tasks, and keeps out who can't be relied on."""
    crew.sign_in(manager, 11)
    waiting = Comment.objects.questions().filter(project=desk.project, answered_at=None).order_by("pk")
    for comment in list(waiting[:1]):
        yield dice.uniform(40, 200)
        answering.answer(comment, manager, dice.choice(ANSWERS), uuid4())
    reported = list(broken.reported(desk.project)[:2])
    if len(reported) > 1:  # the newest can wait
        yield dice.uniform(20, 60)
        queue.uphold(reported[0], by=manager)
    for standing in grades.Standing.objects.filter(project_key=desk.project.public_id).select_related("tasker"):
        low = standing.good + standing.poor > ENOUGH and grades.mean(standing.good, standing.poor) < TOO_LOW
        if low and _seldom_reads(standing.tasker, desk):
            yield 300.0
            _keep_out(standing.tasker, desk, manager)


def _seldom_reads(tasker: Person, desk: Desk) -> bool:
    mine = Annotation.objects.filter(tasker=tasker, task__project=desk.project, assignment__kind="judge")
    times = list(mine.values_list("active_ms", flat=True))
    return bool(times) and median(times) < AT_A_GLANCE


def _keep_out(tasker: Person, desk: Desk, manager: Person) -> None:
    if Exclusion.objects.filter(tasker=tasker, project=desk.project, lifted_at=None).exists():
        return
    reason = "Most of your answers to these calls were wrong, and took four seconds each"
    made = void_work.keep_out(tasker, Exclusion.Kind.BANNED, reason=reason, by=manager, project=desk.project)
    after: int | None = 0
    while after is not None:
        after = void_work.void_work(made, by=manager, after=after)


def contest(taskers: Sequence[Person], manager: Person | None, desk: Desk) -> Course:
    """One of these contests the newest verdict that they were alone against; a manager answers, if one is named."""
    theirs = Annotation.objects.filter(tasker__in=taskers, task__project=desk.project, assignment__kind="judge")
    for annotation in theirs.select_related("task", "tasker").order_by("-pk"):
        verdict = Verdict.objects.current().filter(task=annotation.task).first()
        if verdict and (verdict.agreements.get(str(annotation.pk)) or 0.0) < 0.5:
            break
    else:
        return
    tasker = annotation.tasker
    crew.sign_in(tasker, 30)
    yield 240.0
    text = "The note says who has to come first, and that is what I chose. Please look again."
    contested = disputes.open(desk.project.organization, tasker, subject=f"task:{annotation.task.public_id}", text=text)
    if manager is None:
        return
    yield 20_000.0
    words = "I see why; the other office has to come first all the same, see the second line of the instructions."
    disputes.answer(contested, manager, state="refused", text=words)


def export(manager: Person, desk: Desk) -> Course:
    """A manager takes the verdicts away."""
    crew.sign_in(manager, 11)
    yield 60.0
    page = {"page": f"/projects/{desk.project.public_id}/export/jsonl/"}
    subject = f"project:{desk.project.public_id}"
    trail.record(
        trail.Kind.EXPORTED, organization=desk.project.organization, actor=manager, subject=subject, detail=page
    )


def pay(organization: Organization, first: Person, second: Person, *, reference: str = "") -> Course:
    """One of finance makes a run; where the bank's reference is given, another approves it, and it is paid."""
    crew.sign_in(first, 14)
    yield 120.0
    run = payouts.propose(organization, first)
    if not reference:
        return
    yield 3000.0
    crew.sign_in(second, 15)
    run = payouts.approve(run, second)
    payouts.export(run, second)
    yield 86_400.0
    payouts.settle(run, second, reference=reference)
