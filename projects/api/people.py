"""Skills and who has them; exclusions and conflicts of interest."""

from uuid import UUID

from rest_framework.request import Request
from rest_framework.response import Response

from projects import access
from projects.api.endpoint import Endpoint, described
from projects.api.pagination import asked, page
from projects.api.rule_serializers import (
    ConflictPage,
    ConflictShape,
    ExclusionPage,
    ExclusionShape,
    GrantBody,
    NewConflict,
    NewExclusion,
    QualificationPage,
    QualificationShape,
    SkillList,
    SkillShape,
)
from projects.api.serializers import PageQuery
from projects.models import ConflictOfInterest, Exclusion
from projects.workflow import void_work
from projects.workforce import conflicts_of_interest, rules
from taskers import access as roles
from taskers.errors import NotFound
from taskers.models import Person, Scope, Skill
from taskers.skills import skills


class Office(Endpoint):
    """For whoever manages the whole organization."""

    def enter(self) -> None:
        """Raises NotAllowed for everybody else."""
        roles.require(self.person, self.organization, *access.MANAGE)

    def member(self, public_id: UUID) -> Person:
        """Somebody of the organization; everybody else is not found."""
        found = skills.people_of(self.organization).filter(public_id=public_id).first()
        if found is None:
            raise NotFound("There is nobody here with this id.")
        return found

    def skill(self, key: str) -> Skill:
        """One of the organization's skills."""
        found = Skill.objects.filter(organization=self.organization, key=key).first()
        if found is None:
            raise NotFound()
        return found


class Skills(Office):
    """What the organization's projects may ask for."""

    scopes = {"GET": (Scope.PEOPLE,), "POST": (Scope.PEOPLE,)}

    @described("List skills", {200: SkillList}, operation_id="skills_list")
    def get(self, request: Request) -> Response:
        self.enter()
        return Response(SkillList({"results": skills.skills_of(self.organization)}).data)

    @described("Define a skill", {201: SkillShape}, request=SkillShape, operation_id="skills_define")
    def post(self, request: Request) -> Response:
        self.enter()
        body = SkillShape(data=request.data)
        body.is_valid(raise_exception=True)
        made = skills.define(self.organization, by=self.person, **body.validated_data)
        return Response(SkillShape(made).data, status=201)


class Holders(Office):
    """Who has a skill."""

    scopes = {"GET": (Scope.PEOPLE,)}

    @described("List who has a skill", {200: QualificationPage}, operation_id="skills_people", parameters=[PageQuery])
    def get(self, request: Request, skill_key: str) -> Response:
        self.enter()
        after, limit = asked(request)
        rows = skills.held_of(self.skill(skill_key)).filter(pk__gt=after).order_by("pk")
        found = list(rows[: limit + 1])
        return Response(page(found, after, limit, lambda given: QualificationShape(given, many=True).data))


class Holder(Office):
    """One person's value in a skill."""

    scopes = {"PUT": (Scope.PEOPLE,), "DELETE": (Scope.PEOPLE,)}

    @described("Give a skill", {200: QualificationShape}, request=GrantBody, operation_id="skills_grant")
    def put(self, request: Request, skill_key: str, person_id: UUID) -> Response:
        self.enter()
        skill, person = self.skill(skill_key), self.member(person_id)
        body = GrantBody(data=request.data)
        body.is_valid(raise_exception=True)
        given = skills.grant(person, skill, by=self.person, **body.validated_data)
        given.refresh_from_db()
        return Response(QualificationShape(given).data)

    @described("Take a skill away", {204: None}, operation_id="skills_withdraw")
    def delete(self, request: Request, skill_key: str, person_id: UUID) -> Response:
        self.enter()
        skills.withdraw(self.member(person_id), self.skill(skill_key), by=self.person)
        return Response(status=204)


class Exclusions(Office):
    """Exclusions."""

    scopes = {"GET": (Scope.PEOPLE,), "POST": (Scope.PEOPLE,)}

    @described("List exclusions", {200: ExclusionPage}, operation_id="exclusions_list", parameters=[PageQuery])
    def get(self, request: Request) -> Response:
        self.enter()
        after, limit = asked(request)
        rows = Exclusion.objects.filter(organization=self.organization, lifted_at=None, pk__gt=after)
        found = list(rows.select_related("tasker", "project").order_by("pk")[: limit + 1])
        return Response(page(found, after, limit, lambda given: ExclusionShape(given, many=True).data))

    @described("Keep somebody out", {201: ExclusionShape}, request=NewExclusion, operation_id="exclusions_create")
    def post(self, request: Request) -> Response:
        body = NewExclusion(data=request.data)
        body.is_valid(raise_exception=True)
        data = body.validated_data
        project = self.project(data["project"], *access.MANAGE) if data["project"] else None
        if project is None:
            self.enter()
        made = void_work.keep_out(
            self.member(data["tasker"]),
            data["kind"],
            reason=data["reason"],
            until=data["until"],
            by=self.person,
            project=project,
            organization=None if project else self.organization,
        )
        made.refresh_from_db()
        return Response(ExclusionShape(made).data, status=201)


class OneExclusion(Office):
    """An exclusion, lifted by deleting it; it stays in the history."""

    scopes = {"DELETE": (Scope.PEOPLE,)}

    @described("Let somebody work again", {204: None}, operation_id="exclusions_lift")
    def delete(self, request: Request, exclusion_id: UUID) -> Response:
        rows = Exclusion.objects.filter(organization=self.organization).select_related("project", "tasker")
        found = rows.filter(public_id=exclusion_id).first()
        if found is None:
            raise NotFound()
        if found.project:
            self.project(found.project.public_id, *access.MANAGE)
        else:
            self.enter()
        rules.lift(found, by=self.person)
        return Response(status=204)


class Conflicts(Office):
    """Who must not judge the same task."""

    scopes = {"GET": (Scope.PEOPLE,), "POST": (Scope.PEOPLE,)}

    @described("List conflicts of interest", {200: ConflictPage}, operation_id="conflicts_list", parameters=[PageQuery])
    def get(self, request: Request) -> Response:
        self.enter()
        after, limit = asked(request)
        rows = list(conflicts_of_interest.pairs_of(self.organization).filter(pk__gt=after).order_by("pk")[: limit + 1])
        return Response(page(rows, after, limit, lambda given: ConflictShape(given, many=True).data))

    @described("Add a conflict of interest", {201: ConflictShape}, request=NewConflict, operation_id="conflicts_create")
    def post(self, request: Request) -> Response:
        self.enter()
        body = NewConflict(data=request.data)
        body.is_valid(raise_exception=True)
        data = body.validated_data
        made = conflicts_of_interest.keep_apart(
            self.organization,
            self.member(data["one"]),
            self.member(data["other"]),
            relation=data["relation"],
            note=data["note"],
            by=self.person,
        )
        made.refresh_from_db()
        return Response(ConflictShape(made).data, status=201)


class OneConflict(Office):
    """A pair, ended by deleting it; it stays in the history."""

    scopes = {"DELETE": (Scope.PEOPLE,)}

    @described("End a conflict of interest", {204: None}, operation_id="conflicts_end")
    def delete(self, request: Request, pair_id: UUID) -> Response:
        self.enter()
        found = ConflictOfInterest.objects.filter(organization=self.organization, public_id=pair_id).first()
        if found is None:
            raise NotFound()
        conflicts_of_interest.bring_together(found, by=self.person)
        return Response(status=204)
