"""Estimating a project's people and posteriors anew: what changes is what is known, never a verdict, grade or cent.

A run goes in two strides. First the people: all answers together say what holds for the crowd and for each tasker, and
known answers say how far the method is to be believed. Then the tasks, piece by piece: each is weighed again by that,
and a verdict that no longer looks right is proposed for a second look. Both strides may be cut off anywhere and are
taken up where they stood; the same rows give the same result. The only writer of AccuracyModel and Estimation.
"""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace

from django.db import IntegrityError, transaction
from django.db.models import F, Max
from procrastinate.contrib.django import app

from projects.configuration import methods
from projects.configuration.terms import Terms, terms_of
from projects.inference.incremental import accuracy_model_of, parameters_of
from projects.inference.reliability import first_accuracy_model
from projects.inference.vetting import vet
from projects.models import AccuracyModel, Annotation, AnnotatorParameters, BatchPace, Estimation, Project, Task
from projects.quality import aggregation, calibrating, rankings, second_looks
from projects.quality.aggregation import Weighed, weigh
from projects.quality.audits import Reviewed, reviewed
from projects.quality.dataset import Ballots, Crowded, estimate_classes, estimate_groups, estimate_parts
from projects.quality.gold import contradictions
from projects.quality.votes import Vote, gather
from projects.queue.clock import Clock
from taskers.errors import StateConflict
from taskers.models import Person
from taskers.outbox.events import emit

JOB = "projects.jobs.estimate"
PIECE = 100  # tasks weighed in one transaction
READ = 500  # tasks read at once for the people
ESTIMATES = {methods.CATEGORICAL: estimate_classes, methods.STANDING: estimate_groups}  # others part by part


@transaction.atomic
def start(project: Project, *, by: Person | None) -> Estimation:
    """Begin a run, done by the worker. Raises StateConflict while one is on its way."""
    newest = Annotation.objects.aggregate(newest=Max("pk"))["newest"] or 0
    try:
        with transaction.atomic():
            made = Estimation.objects.create(project=project, upto=newest, started_by=by)
    except IntegrityError:
        raise StateConflict("An estimate of this project is on its way already.", code="estimating") from None
    _defer(made)
    _tell("estimation_started", made, by)
    return made


def _defer(estimation: Estimation) -> None:
    job = app.configure_task(JOB, queue="jobs", lock=f"estimation:{estimation.project_id}")
    job.defer(estimation_key=estimation.pk)


def start_due() -> int:
    """Begin a run in each live project that was worked on since its last one; returns how many.

    Runs whose worker gave up are taken up again first; asking twice does no harm.
    """
    begun = 0
    for unfinished in Estimation.objects.exclude(state=Estimation.State.DONE).order_by("pk"):
        _defer(unfinished)
    for project in Project.objects.filter(state=Project.State.LIVE).order_by("pk"):
        last = Estimation.objects.filter(project=project).order_by("-pk").first()
        worked = BatchPace.objects.filter(batch__project=project, measured_at__isnull=False)
        if last is not None:
            worked = worked.filter(measured_at__gt=last.started_at)
        if worked.exists():
            try:
                start(project, by=None)
                begun += 1
            except StateConflict:
                continue
    return begun


def run(key: int) -> Estimation:
    """Take a run to its end, from wherever it stands; one that is done stays as it is."""
    while step(key):
        pass
    return Estimation.objects.get(pk=key)


@transaction.atomic
def step(key: int, *, piece: int = PIECE) -> bool:
    """The next stretch of a run, in one transaction; False once there is nothing left."""
    rows = Estimation.objects.select_for_update(of=("self",)).select_related("project__organization")
    estimation = rows.get(pk=key)
    if estimation.state == Estimation.State.DONE:
        return False
    if estimation.accuracy_model_id is None:
        if estimation.state == Estimation.State.WAITING:
            Estimation.objects.filter(pk=key).update(state=Estimation.State.PEOPLE)
            return True
        _people(estimation)
        return True
    return _tasks(estimation, piece)


def latest(project: Project) -> Estimation | None:
    """The newest run of a project."""
    return (
        Estimation.objects.filter(project=project)
        .select_related("accuracy_model", "started_by")
        .order_by("-pk")
        .first()
    )


def _people(estimation: Estimation) -> None:
    project = estimation.project
    terms = terms_of(project)
    contradictions.mark(project)
    ballots = Ballots(terms, _every_task(estimation, terms))
    method = terms.estimated_by
    crowded = ESTIMATES.get(method, estimate_parts)(ballots)
    newest = AccuracyModel.objects.filter(project=project).aggregate(newest=Max("version"))["newest"] or 0
    accuracy_model = AccuracyModel.objects.create(
        project=project,
        version=newest + 1,
        method=method,
        labels=list(crowded.labels),
        numbers=_numbers(method, crowded),
        answers=ballots.answers,
        tasks=ballots.tasks,
        upto=estimation.upto,
        copies=[asdict(one) for one in crowded.copies],
    )
    AnnotatorParameters.objects.bulk_create(_parameters(accuracy_model, crowded), batch_size=500)
    AnnotatorParameters.objects.filter(accuracy_model__project=project, accuracy_model__version__lte=newest).delete()
    for key, judged in crowded.judged.items():
        calibrating.renew(terms, key, judged, contradictory=ballots.contradictory)
    if rankings.ranks(project):
        rankings.renew(project, _every_task(estimation, terms))
    Estimation.objects.filter(pk=estimation.pk).update(accuracy_model=accuracy_model, state=Estimation.State.TASKS)


def _numbers(method: str, crowded: Crowded) -> dict:
    if crowded.estimate is not None:
        words = {label: one.to_json() for label, one in crowded.words.items()}
        more = asdict(crowded.more_people) if crowded.more_people else {}
        beside = {"words": words, "naming": crowded.naming.to_json(), "more_people": more}
        return accuracy_model_of(crowded.estimate).to_json() | {key: one for key, one in beside.items() if one}
    # Nobody answered yet: what is held before any estimate.
    return {} if method == methods.STANDING else first_accuracy_model(max(len(crowded.labels), 1)).to_json()


def _every_task(estimation: Estimation, terms: Terms) -> Iterator[tuple[Task, list[Vote], Reviewed | None]]:
    """Each task with the votes that the run looks at, and what a reviewer holds right of it, if one decided it."""
    after = 0
    while tasks := _tasks_after(estimation.project, after, READ):
        found = gather(terms, tasks)
        right = reviewed(tasks)
        for task in tasks:
            votes = [one for one in found[task.pk] if one.votes and one.annotation.pk <= estimation.upto]
            yield task, votes, right.get(task.pk)
        after = tasks[-1].pk


def _parameters(accuracy_model: AccuracyModel, crowded: Crowded) -> list[AnnotatorParameters]:
    if crowded.estimate is None:
        return [
            AnnotatorParameters(accuracy_model=accuracy_model, tasker_id=key, mean=[chance])
            for key, chance in sorted(crowded.chances.items())
        ]
    worths = vet(crowded.estimate)
    return [
        AnnotatorParameters(
            accuracy_model=accuracy_model,
            tasker_id=key,
            finding=worths[place].finding,
            **parameters_of(crowded.estimate, place).to_json(),
        )
        for place, key in enumerate(crowded.taskers)
    ]


def _tasks_after(project: Project, after: int, limit: int) -> list[Task]:
    return list(Task.objects.filter(project=project, pk__gt=after).order_by("pk")[:limit])


def _tasks(estimation: Estimation, piece: int) -> bool:
    project = estimation.project
    tasks = _tasks_after(project, estimation.position, piece)
    if not tasks:
        _end(estimation)
        return False
    method = _method_of(estimation)
    terms = terms_of(project, method=method)
    found = weighed_anew(terms, tasks, estimation)
    if terms.settings.aggregation == method:
        aggregation.keep_in_order(terms, [(task, found[task.pk]) for task in tasks if found[task.pk].votes])
    # While the crowd doesn't tell what is true all verdicts are in doubt alike: known answers are asked for, not looks.
    proposed = second_looks.propose(terms, estimation, found) if terms.accuracy_model.identified else 0
    Estimation.objects.filter(pk=estimation.pk).update(
        position=tasks[-1].pk, weighed=F("weighed") + len(tasks), proposed=F("proposed") + proposed
    )
    return True


def _method_of(estimation: Estimation) -> str:
    """By which method its people were estimated. Asked by key: a row that waited for its lock was joined before."""
    return AccuracyModel.objects.values_list("method", flat=True).get(pk=estimation.accuracy_model_id or 0)


def weighed_anew(terms: Terms, tasks: Sequence[Task], estimation: Estimation) -> dict[int, Weighed]:
    """Task key -> its answers, up to where the run looks, weighed by what it found of their taskers."""
    found = gather(terms, tasks)
    method = _method_of(estimation)
    taskers = {one.annotation.tasker_id for votes in found.values() for one in votes}
    chances: dict[int, float] = {}
    if method == methods.STANDING:
        rows = AnnotatorParameters.objects.filter(
            accuracy_model=estimation.accuracy_model_id, tasker__in=sorted(taskers)
        )
        chances = {one.tasker_id: one.mean[0] for one in rows}
    return {
        key: weigh(
            terms,
            [
                replace(one, standing=chances.get(one.annotation.tasker_id, one.standing))
                for one in votes
                if one.annotation.pk <= estimation.upto
            ],
            method=method,
        )
        for key, votes in found.items()
    }


def _end(estimation: Estimation) -> None:
    Estimation.objects.filter(pk=estimation.pk).update(state=Estimation.State.DONE, ended_at=Clock())
    estimation.refresh_from_db()
    _tell("estimation_done", estimation, None, weighed=estimation.weighed, proposed=estimation.proposed)


def _tell(kind: str, estimation: Estimation, by: Person | None, **data: object) -> None:
    project = estimation.project
    emit(
        kind,
        organization_id=project.organization_id,
        actor_id=by.pk if by else None,
        project_key=project.public_id,
        subject=f"project:{project.public_id}",
        estimation=estimation.pk,
        **data,
    )
