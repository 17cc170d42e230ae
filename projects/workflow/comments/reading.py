"""Reading what was said of tasks: each side sees what is meant for it, and names only where names are shown anyway."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from django.db.models import Count, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from projects.models import Assignment, Comment, Project, Task
from taskers.errors import NotFound
from taskers.models import Person

PAGE = 50


@dataclass
class Talk:
    """A comment and the answers to it, in their order."""

    first: Comment
    answers: list[Comment] = field(default_factory=list)


def over(assignment: Assignment, tasker: Person) -> list[Talk]:
    """What a tasker sees with a piece of their work: what they said, its answers, and the office's word to taskers.

    What others who did the task said stays with them: nobody's judgement is led by another's.
    """
    rows = Comment.objects.filter(task=assignment.task_id).filter(
        Q(assignment=assignment.pk) | Q(to=Comment.To.TASKERS, thread=None)
    )
    return _talks(rows)


def of_task(task: Task, *to: str) -> list[Talk]:
    """Everything said of a task to these."""
    return _talks(Comment.objects.filter(task=task, to__in=to))


def questions(project: Project, *, waiting: bool, before: int | None = None) -> tuple[list[Talk], int | None]:
    """What managers of a project are asked, 50 at a time, the newest first; and where the next page begins, if any."""
    rows = Comment.objects.questions().filter(project=project)
    rows = rows.filter(answered_at=None) if waiting else rows.exclude(answered_at=None)
    rows = rows.filter(pk__lt=before) if before else rows
    page = list(rows.select_related("author", "task").order_by("-pk")[: PAGE + 1])
    return _with_answers(page[:PAGE]), page[PAGE - 1].pk if len(page) > PAGE else None


def said_by(tasker: Person, projects: Iterable[Project], before: int | None = None) -> tuple[list[Talk], int | None]:
    """What somebody said and asked in these projects, 50 at a time, newest first; and where the next page begins."""
    rows = Comment.objects.first_ones().filter(author=tasker, project__in=projects).exclude(to=Comment.To.TASKERS)
    rows = rows.filter(pk__lt=before) if before else rows
    page = list(rows.select_related("task", "project").order_by("-pk")[: PAGE + 1])
    return _with_answers(page[:PAGE]), page[PAGE - 1].pk if len(page) > PAGE else None


def find(public_id: UUID) -> Comment:
    """A comment with its task and project; NotFound for none. The caller checks who may see it."""
    rows = Comment.objects.select_related("task__project__organization", "author", "assignment")
    found = rows.filter(public_id=public_id).first()
    if found is None:
        raise NotFound()
    return found


def with_unread(projects: QuerySet[Project], person: Person) -> QuerySet[Project]:
    """The projects, each with `unread`: how many answers somebody has yet to see there."""
    mine = Comment.objects.filter(reader=person, project=OuterRef("pk")).order_by()
    counted = mine.values("project").annotate(number=Count("pk")).values("number")
    return projects.annotate(unread=Coalesce(Subquery(counted), 0))


def seen(person: Person, talks: Sequence[Talk]) -> None:
    """These answers have been shown to their reader."""
    keys = [one.pk for talk in talks for one in talk.answers if one.reader_id == person.pk]
    if keys:
        Comment.objects.filter(pk__in=keys, reader=person).update(reader=None)


def told(talk: Talk, asker: Person) -> dict:
    """A talk as one of its sides sees it: without names."""
    first = talk.first
    return {
        "id": str(first.public_id),
        "to": first.to,
        "mark": first.mark,
        **_words(first, asker),
        "answers": [_words(one, asker) | {"new": one.reader_id == asker.pk} for one in talk.answers],
    }


def _talks(rows) -> list[Talk]:
    talks: dict[int, Talk] = {}
    for one in rows.select_related("author").order_by("pk"):
        if one.thread_id is None:
            talks[one.pk] = Talk(one)
        elif one.thread_id in talks:
            talks[one.thread_id].answers.append(one)
    return list(talks.values())


def _with_answers(page: Sequence[Comment]) -> list[Talk]:
    answers = defaultdict(list)
    for one in Comment.objects.filter(thread__in=page).select_related("author").order_by("pk"):
        answers[one.thread_id].append(one)
    return [Talk(one, answers[one.pk]) for one in page]


def _words(comment: Comment, asker: Person) -> dict:
    return {"words": comment.words, "at": comment.at.isoformat(), "mine": comment.author_id == asker.pk}
