"""Answering what was said of a task. Who began the talk reads it; their own word more asks again."""

from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from projects.errors import Refused
from projects.models import Comment
from projects.queue.clock import Clock
from projects.workflow.comments.saying import write
from taskers.models import Person

MOST = 100  # answers to one comment


@transaction.atomic
def answer(comment: Comment, by: Person, words: str, key: UUID) -> Comment:
    """Add an answer to a comment. The caller has checked that this person may.

    The office's answer goes to whoever began the talk; more from that person opens it again. The same key again gives
    the same answer. Raises Refused or KeyReused.
    """
    if comment.thread_id is not None or comment.to == Comment.To.TASKERS:
        raise Refused(_("This isn't something to be answered."), code="bad-comment", place="comment")
    first = Comment.objects.select_for_update(of=("self",)).select_related("task__project").get(pk=comment.pk)
    replies = Comment.objects.filter(thread=first)
    if replies.count() >= MOST and not replies.filter(public_id=key).exists():
        raise Refused(_("This talk is long enough."), code="too-many-comments", place="words")
    asks_again = by.pk == first.author_id
    said = {"assignment": first.assignment, "thread": first, "to": first.to, "mark": first.mark}
    made = write(
        key,
        by,
        words,
        event="asked" if asks_again else "answered",
        task=first.task,
        reader=None if asks_again else first.author,
        **said,
    )
    Comment.objects.filter(pk=first.pk).update(answered_at=None if asks_again else Clock())
    return made
