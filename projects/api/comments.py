"""What taskers report and ask, and what the office says to them."""

from typing import Any
from uuid import UUID, uuid4

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from projects import access, queue
from projects.api.endpoint import Endpoint, described
from projects.api.rule_serializers import PersonShape
from projects.api.serializers import KnownFields, PageShape
from projects.models import Comment, Task, limits
from projects.queue import broken
from projects.web.shared.comments import answerable
from projects.workflow import task_actions
from projects.workflow.comments import answering, reading, saying
from taskers.errors import NotFound
from taskers.models import Scope

MOST = 200


class WordsBody(KnownFields):
    """What is said; the same `id` again says it once."""

    words = serializers.CharField(max_length=limits.COMMENT)
    id = serializers.UUIDField(required=False)

    def said(self) -> tuple[str, UUID]:
        return self.validated_data["words"], self.validated_data.get("id") or uuid4()


class SayBody(WordsBody):
    to = serializers.ChoiceField(["reviewer", "manager"])
    mark = serializers.CharField(
        required=False, allow_blank=True, max_length=limits.KEY, default="", help_text="id of the part it is about"
    )


class ReplyShape(serializers.Serializer):
    words = serializers.CharField()
    at = serializers.DateTimeField()
    mine = serializers.BooleanField()
    new = serializers.BooleanField()


class ThreadShape(serializers.Serializer):
    """A comment and its answers."""

    id = serializers.UUIDField()
    to = serializers.CharField()
    mark = serializers.CharField(allow_blank=True)
    words = serializers.CharField()
    at = serializers.DateTimeField()
    mine = serializers.BooleanField()
    answers = ReplyShape(many=True)


class ThreadList(serializers.Serializer):
    results = ThreadShape(many=True)


class QuestionShape(ThreadShape):
    task = serializers.UUIDField()


class QuestionPage(PageShape):
    results = QuestionShape(many=True)


class QuestionQuery(KnownFields):
    answered = serializers.BooleanField(required=False, default=False, help_text="those that were, else those waiting")
    after = serializers.RegexField(r"^\d{1,18}$", required=False, help_text="`next` of the page before")


class ReportShape(serializers.Serializer):
    tasker = PersonShape()
    note = serializers.CharField(allow_blank=True)
    at = serializers.DateTimeField()


class ReportedShape(serializers.Serializer):
    """A task that taskers say is broken."""

    task = serializers.UUIDField(source="task.public_id")
    external_id = serializers.CharField(source="task.external_id")
    reports = ReportShape(many=True)


class ReportedList(serializers.Serializer):
    results = ReportedShape(many=True)
    more = serializers.BooleanField()


class SettleBody(KnownFields):
    outcome = serializers.ChoiceField(["broken", "fine"], help_text="nobody gets it any more; or it is handed out")


class Reports(Endpoint):
    """The tasks that people say are broken, those longest waiting first."""

    scopes = {"GET": (Scope.READ,)}

    @described("List reported tasks", {200: ReportedList}, operation_id="reports_list")
    def get(self, request: Request, project_id: UUID) -> Response:
        rows = list(broken.reported(self.project(project_id, *access.MANAGE))[: MOST + 1])
        lines = broken.with_reports(rows[:MOST])
        return Response({"results": ReportedShape(lines, many=True).data, "more": len(rows) > MOST})


class SettleReport(Endpoint):
    """Saying whether a task is broken."""

    scopes = {"POST": (Scope.MANAGE,)}

    @described("Settle a report", {204: None}, request=SettleBody, operation_id="reports_settle")
    def post(self, request: Request, project_id: UUID, task_id: UUID) -> Response:
        project = self.project(project_id, *access.MANAGE)
        body = SettleBody(data=request.data)
        body.is_valid(raise_exception=True)
        task = Task.objects.select_related("project").filter(project=project, public_id=task_id).first()
        if task is None:
            raise NotFound()
        if body.validated_data["outcome"] == "broken":
            queue.uphold(task, by=self.person)
        else:
            task_actions.dismiss_reports(task, by=self.person)
        return Response(status=204)


class Questions(Endpoint):
    """What taskers ask the managers, the newest first."""

    scopes = {"GET": (Scope.READ,)}

    @described("List questions", {200: QuestionPage}, operation_id="questions_list", parameters=[QuestionQuery])
    def get(self, request: Request, project_id: UUID) -> Response:
        project = self.project(project_id, *access.MANAGE)
        query = QuestionQuery(data=request.query_params)
        query.is_valid(raise_exception=True)
        said = query.validated_data
        before = int(said["after"]) if said.get("after") else None
        threads, following = reading.questions(project, waiting=not said["answered"], before=before)
        rows = [_told(one, self) | {"task": one.first.task.public_id} for one in threads]
        more = {"next": str(following) if following else None, "more": following is not None}
        return Response(more | {"results": QuestionShape(rows, many=True).data})


class Answer(Endpoint):
    """Answering a question or a comment, for the office."""

    scopes = {"POST": (Scope.MANAGE, Scope.REVIEW)}

    @described("Answer a comment", {200: ThreadShape}, request=WordsBody, operation_id="comments_answer")
    def post(self, request: Request, comment_id: UUID) -> Response:
        comment = self._here(answerable(self.person, comment_id), lambda found: found.task.project)
        body = WordsBody(data=request.data)
        body.is_valid(raise_exception=True)
        words, key = body.said()
        answering.answer(comment, self.person, words, key)
        return Response(ThreadShape(_thread(comment, self)).data)


class Tell(Endpoint):
    """A task's comments, and a word for whoever does it next."""

    scopes = {"GET": (Scope.READ,), "POST": (Scope.MANAGE,)}

    @described("List a task's comments", {200: ThreadList}, operation_id="comments_list")
    def get(self, request: Request, task_id: UUID) -> Response:
        threads = reading.of_task(self.task(task_id, *access.MANAGE), *Comment.To.values)
        return Response(ThreadList({"results": [_told(one, self) for one in threads]}).data)

    @described("Say something to its taskers", {201: ThreadShape}, request=WordsBody, operation_id="comments_tell")
    def post(self, request: Request, task_id: UUID) -> Response:
        task = self.task(task_id, *access.MANAGE)
        body = WordsBody(data=request.data)
        body.is_valid(raise_exception=True)
        return Response(ThreadShape(_thread(saying.tell_taskers(task, self.person, *body.said()), self)).data, 201)


class Mine(Endpoint):
    """What was said over a piece of one's own work; what is shown counts as read."""

    scopes = {"POST": (Scope.LABEL,), "GET": (Scope.LABEL,)}

    @described("Read what was said over your work", {200: ThreadList}, operation_id="comments_mine")
    def get(self, request: Request, assignment_id: UUID) -> Response:
        threads = reading.over(self.assignment(assignment_id), self.person)
        told = ThreadList({"results": [_told(one, self) for one in threads]}).data
        reading.seen(self.person, threads)
        return Response(told)

    @described("Say something over your work", {201: ThreadShape}, request=SayBody, operation_id="comments_say")
    def post(self, request: Request, assignment_id: UUID) -> Response:
        assignment = self.assignment(assignment_id)
        body = SayBody(data=request.data)
        body.is_valid(raise_exception=True)
        words, key = body.said()
        said = {"to": body.validated_data["to"], "mark": body.validated_data["mark"]}
        made = saying.say(assignment, self.person, key, words=words, **said)
        return Response(ThreadShape(_thread(made, self)).data, status=201)


class SayMore(Endpoint):
    """More in a thread of one's own: it waits for an answer again."""

    scopes = {"POST": (Scope.LABEL,)}

    @described("Say more in a thread of yours", {200: ThreadShape}, request=WordsBody, operation_id="comments_more")
    def post(self, request: Request, comment_id: UUID) -> Response:
        rows = Comment.objects.filter(public_id=comment_id, author=self.person, thread=None)
        comment = rows.filter(project__organization=self.organization).first()
        if comment is None:
            raise NotFound()
        body = WordsBody(data=request.data)
        body.is_valid(raise_exception=True)
        words, key = body.said()
        answering.answer(comment, self.person, words, key)
        return Response(ThreadShape(_thread(comment, self)).data)


def _told(talk: reading.Talk, asker: Endpoint) -> dict[str, Any]:
    return reading.told(talk, asker.person)


def _thread(comment: Comment, asker: Endpoint) -> dict[str, Any]:
    """The thread that a comment stands in."""
    first = comment.thread or comment
    talks = reading.of_task(first.task, first.to)
    return next(_told(one, asker) for one in talks if one.first.pk == first.pk)
