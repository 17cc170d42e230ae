"""Reviewing by program: what waits, one review at a time, the decision; audits and other second looks."""

from typing import Any
from uuid import UUID

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from projects import access, queue
from projects.api.endpoint import Endpoint, described
from projects.api.serializers import KnownFields, ObjectJSON, PageQuery, PageShape
from projects.api.work import size_of
from projects.api.work_serializers import DeadlineShape, DraftBody, TokenOnly, VersionShape
from projects.models import Assignment, Draft, Project, SecondLook, Task, Verdict, limits
from projects.quality import second_looks
from projects.queue import drafts
from projects.web.reviewer import review
from projects.web.reviewer.combining import matches_json
from projects.web.shared import work_body
from projects.web.shared.json_view import taken
from projects.workflow import corrections, submission
from taskers import access as roles
from taskers.errors import NotAllowed, NotFound
from taskers.models import Scope

MOST = 200
REVIEW = (Scope.REVIEW,)


class WaitingQuery(PageQuery):
    after = serializers.UUIDField(  # type: ignore[assignment]
        required=False, help_text="`next` of the page before"
    )
    project = serializers.UUIDField(required=False, help_text="only this one")


class WaitingShape(serializers.Serializer):
    """A task that waits for a reviewer."""

    task = serializers.UUIDField(source="public_id")
    project = serializers.UUIDField(source="project.public_id")
    batch = serializers.UUIDField(source="batch.public_id")
    external_id = serializers.CharField()
    wanted = serializers.IntegerField(help_text="judgements")


class WaitingPage(PageShape):
    results = WaitingShape(many=True)


class ReviewedAnswer(serializers.Serializer):
    """An answer, with its giver's name hidden. One that was changed behind our back shows nothing."""

    id = serializers.UUIDField()
    answer = serializers.DictField()
    agreement = serializers.FloatField(allow_null=True, help_text="with the others on average, in [0, 1]")
    changed = serializers.BooleanField()


class ReviewDraft(serializers.Serializer):
    version = serializers.IntegerField()
    answer = serializers.DictField()


class ReviewShape(serializers.Serializer):
    """A review in the asker's hands until `deadline`; `token` proves it on every later call.

    Of an audit (`blind`) neither the verdict nor how far the answers agree is said.
    """

    task = serializers.UUIDField()
    token = serializers.UUIDField()
    deadline = serializers.DateTimeField(allow_null=True)
    blind = serializers.BooleanField()
    payload = serializers.DictField()
    answers = ReviewedAnswer(many=True)
    matches = serializers.ListField(
        child=serializers.ListField(child=serializers.ListField(child=serializers.IntegerField())),
        help_text="which parts are about one thing: [[number of the answer, number of its part], …]",
    )
    verdict = serializers.DictField(allow_null=True)
    draft = ReviewDraft(allow_null=True)


class DecideBody(TokenOnly):
    answer = ObjectJSON()
    base = serializers.UUIDField(required=False, allow_null=True, help_text="the answer that this began with")
    note = serializers.CharField(required=False, allow_blank=True, max_length=limits.NOTE, default="")


class DecidedShape(serializers.Serializer):
    task = serializers.UUIDField()
    next = serializers.UUIDField(allow_null=True, help_text="the task that comes next, of this project")


class LookQuery(KnownFields):
    project = serializers.UUIDField(required=False, help_text="only this one")
    audits = serializers.BooleanField(required=False, default=False, help_text="only those drawn for an audit")


class LookShape(serializers.Serializer):
    """A verdict that a reviewer is asked to look at. Of an audit it says no more than that."""

    task = serializers.UUIDField(source="task.public_id")
    project = serializers.UUIDField(source="project.public_id")
    external_id = serializers.CharField(source="task.external_id")
    verdict = serializers.UUIDField(source="verdict.public_id")
    reason = serializers.ChoiceField(SecondLook.Reason.values)
    now = serializers.SerializerMethodField(help_text="the chance that it is right, by what is known now")

    def get_now(self, look: SecondLook) -> float | None:
        return None if look.is_blind else look.now


class LookList(serializers.Serializer):
    results = LookShape(many=True)
    more = serializers.BooleanField()


class _Reviewing(Endpoint):
    """For reviewers."""

    def reviewable(self, chosen: UUID | None) -> list[Project]:
        """The projects whose reviews the asker may do, or the one that is named."""
        if chosen:
            return [self.project(chosen, *access.REVIEW)]
        keys = roles.project_keys_of(self.person, self.organization, *access.REVIEW)
        if keys is not None and not keys:
            raise NotAllowed("Reviewing needs the role reviewer; ask a manager.")
        return list(access.reviewable_for(self.person, self.organization))

    def held(self, task_id: UUID, token: UUID) -> Assignment:
        """The review of a task that this token is of."""
        return review.own_review(self.person, self.task(task_id, *access.REVIEW).public_id, token)


class Waiting(_Reviewing):
    """What waits for a reviewer, where a decision tells most first."""

    scopes = {"GET": REVIEW}

    @described("List what waits for review", {200: WaitingPage}, operation_id="reviews_list", parameters=[WaitingQuery])
    def get(self, request: Request) -> Response:
        query = WaitingQuery(data=request.query_params)
        query.is_valid(raise_exception=True)
        said = query.validated_data
        projects, limit = self.reviewable(said.get("project")), said["limit"]
        after = Task.objects.filter(public_id=said.get("after"), project__in=projects).first()
        if "after" in said and after is None:
            raise NotFound()
        rows = queue.waiting_for_review(projects, after=after, number=limit + 1)
        found = list(rows.select_related("project", "batch"))
        given, more = found[:limit], len(found) > limit
        last = str(given[-1].public_id) if given else str(said["after"]) if after else None
        return Response({"next": last, "more": more, "results": WaitingShape(given, many=True).data})


class Review(_Reviewing):
    """The review of one task. Whoever holds it already gets that one again."""

    scopes = {"POST": REVIEW}
    has_own_key = True

    @described("Take a task to review it", {200: ReviewShape}, request=None, operation_id="reviews_claim")
    def post(self, request: Request, task_id: UUID) -> Response:
        task = self.task(task_id, *access.REVIEW)
        held = corrections.open_review(task, self.person)
        look = second_looks.of_task(task)
        return Response(ReviewShape(shown(held, blind=bool(look and look.is_blind))).data)


def shown(held: Assignment, *, blind: bool) -> dict[str, Any]:
    """A review as the wire shows it."""
    task = held.task
    settings = task.project.settings.get(version=held.settings_version or 0)
    saved = Draft.objects.filter(assignment=held).first()
    verdict = None if blind else Verdict.objects.current().filter(task=task).first()
    answers = review.answers_json(task, settings)
    return {
        "task": task.public_id,
        "token": held.token,
        "deadline": held.deadline,
        "blind": blind,
        "payload": task.payload,
        "answers": [one | ({"agreement": None} if blind else {}) for one in answers],
        "matches": matches_json(task.project.task_type, answers, settings),
        "verdict": {"answer": verdict.answer, "method": verdict.method, "note": verdict.note} if verdict else None,
        "draft": {"version": saved.version, "answer": saved.answer} if saved else None,
    }


class Decide(_Reviewing):
    """The decision becomes the verdict."""

    scopes = {"POST": REVIEW}
    has_own_key = True

    @described("Decide a task", {200: DecidedShape}, request=DecideBody, operation_id="reviews_decide")
    def post(self, request: Request, task_id: UUID) -> Response:
        body = DecideBody(data=request.data)
        body.is_valid(raise_exception=True)
        said = body.validated_data
        held = self.held(task_id, said["token"])
        base = review.base_of(held.task, str(said["base"]) if said.get("base") else None)
        submission.decide(held, self.person, said["token"], said["answer"], base=base, note=said["note"])
        following = queue.next_review([held.task.project], self.person, after=held.task_id)
        return Response({"task": task_id, "next": following.public_id if following else None})


class RenewReview(_Reviewing):
    """A sign of life: the lease starts anew."""

    scopes = {"POST": REVIEW}
    has_own_key = True

    @described("Renew a review's lease", {200: DeadlineShape}, request=TokenOnly, operation_id="reviews_heartbeat")
    def post(self, request: Request, task_id: UUID) -> Response:
        token = work_body.token_of(taken(request.data))
        return Response({"deadline": queue.renew(self.held(task_id, token), self.person, token)})


class ReleaseReview(_Reviewing):
    """Giving a review back undecided."""

    scopes = {"POST": REVIEW}
    has_own_key = True

    @described("Release a review", {204: None}, request=TokenOnly, operation_id="reviews_release")
    def post(self, request: Request, task_id: UUID) -> Response:
        token = work_body.token_of(taken(request.data))
        queue.release(self.held(task_id, token), self.person, token)
        return Response(status=204)


class DraftReview(_Reviewing):
    """An undecided decision."""

    scopes = {"PUT": REVIEW}

    @described("Keep a draft of a review", {200: VersionShape}, request=DraftBody, operation_id="reviews_draft")
    def put(self, request: Request, task_id: UUID) -> Response:
        sent = work_body.draft_of(taken(request.data))
        held = self.held(task_id, sent.token)
        version = drafts.save(
            held, self.person, sent.token, version=sent.version, answer=sent.answer, size=size_of(request)
        )
        return Response({"version": version})


class SecondLooks(_Reviewing):
    """Verdicts worth a second look, the least likely first; audits, as they were drawn. Each is taken like a review."""

    scopes = {"GET": REVIEW}

    @described("List second looks", {200: LookList}, operation_id="second_looks_list", parameters=[LookQuery])
    def get(self, request: Request) -> Response:
        query = LookQuery(data=request.query_params)
        query.is_valid(raise_exception=True)
        projects = self.reviewable(query.validated_data.get("project"))
        found = second_looks.audits_in if query.validated_data["audits"] else second_looks.open_in
        rows = list(found(projects)[: MOST + 1])
        return Response({"results": LookShape(rows[:MOST], many=True).data, "more": len(rows) > MOST})


class DismissLook(_Reviewing):
    """Leaving a verdict as it is. Refused of audits, which are decided without knowing it."""

    scopes = {"POST": REVIEW}

    @described("Leave a verdict as it is", {204: None}, request=None, operation_id="second_looks_dismiss")
    def post(self, request: Request, task_id: UUID) -> Response:
        task = self.task(task_id, *access.REVIEW)
        second_looks.dismiss(task, by=self.person)
        return Response(status=204)
