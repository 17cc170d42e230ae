"""Saying something of a task: a comment to its reviewer, a question to a manager, a word to whoever does it next."""

import re
from uuid import UUID

from django.db import transaction

from projects.errors import Refused
from projects.models import Assignment, Comment, Task, limits
from taskers.errors import KeyReused
from taskers.models import Person
from taskers.outbox.events import emit

MOST = 50  # of one person, about one piece of work
MARK = re.compile(r"[A-Za-z0-9._:-]{0,64}")


@transaction.atomic
def say(assignment: Assignment, tasker: Person, key: UUID, *, to: str, words: str, mark: str = "") -> Comment:
    """Say something over one's own work, held or handed in; `mark` names the region or span it is about, or nothing.

    The same key again gives the same comment. Raises Refused or KeyReused.
    """
    if to not in (Comment.To.REVIEWER, Comment.To.MANAGER):
        raise Refused("A comment goes to the reviewer or to a manager.", code="bad-comment", place="to")
    if not MARK.fullmatch(mark):
        raise Refused("This names no mark.", code="bad-comment", place="mark")
    mine = Comment.objects.filter(assignment=assignment, author=tasker)
    if mine.count() >= MOST and not mine.filter(public_id=key).exists():
        text = "You have said %(most)s things about this task; that is as much as it takes."
        raise Refused(text, code="too-many-comments", place="words", most=MOST)
    event = "asked" if to == Comment.To.MANAGER else "commented"
    task = assignment.task
    return write(key, tasker, words, event=event, task=task, assignment=assignment, to=to, mark=mark)


@transaction.atomic
def tell_taskers(task: Task, by: Person, words: str, key: UUID) -> Comment:
    """Leave a word for whoever does the task next: it is shown with it in the studio. Raises Refused or KeyReused."""
    return write(key, by, words, event="commented", task=task, assignment=None, to=Comment.To.TASKERS)


def write(key: UUID, author: Person, words: str, *, event: str, task: Task, **said: object) -> Comment:
    """The row, once for each key, and the event with it."""
    words = words.replace("\r\n", "\n").replace("\x00", "").strip()
    if not words:
        raise Refused("Say something first.", code="bad-comment", place="words")
    if len(words) > limits.COMMENT:
        raise Refused("At most %(most)s characters, please.", code="bad-comment", place="words", most=limits.COMMENT)
    made, new = Comment.objects.get_or_create(
        public_id=key, defaults={"project": task.project, "task": task, "author": author, "words": words, **said}
    )
    if not new:
        if (made.author_id, made.task_id, made.words) != (author.pk, task.pk, words):
            raise KeyReused()
        return made
    emit(
        event,
        organization_id=task.project.organization_id,
        actor_id=author.pk,
        project_key=task.project.public_id,
        subject=f"task:{task.public_id}",
        task=task.pk,
        comment=made.pk,
    )
    return made
