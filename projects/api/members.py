"""Who belongs to the organization, in which roles, and who is invited."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from projects.access import MANAGE
from projects.api.endpoint import described
from projects.api.pagination import asked, page
from projects.api.people import Office
from projects.api.serializers import KnownFields, PageQuery, PageShape
from projects.api.tokens import RoleShape
from taskers.errors import NotFound
from taskers.models import Invitation, Membership, Person, Scope
from taskers.models.limits import NAME
from taskers.models.people import Role
from taskers.people import bulk_invite, invitations

PEOPLE = (Scope.PEOPLE,)
LONGEST = 1_000_000  # characters of a list


class RoleBody(KnownFields):
    role = serializers.ChoiceField(Role.values)
    project = serializers.UUIDField(required=False, allow_null=True, default=None, help_text="null: all projects")


class MemberShape(serializers.Serializer):
    """Somebody of the organization; without roles, they were shown out."""

    id = serializers.UUIDField(source="public_id")
    name = serializers.CharField()
    email = serializers.EmailField()
    kind = serializers.ChoiceField(Person.Kind.values)
    roles = RoleShape(many=True)


class MemberPage(PageShape):
    results = MemberShape(many=True)


class InvitationShape(serializers.Serializer):
    id = serializers.UUIDField(source="public_id")
    email = serializers.EmailField()
    name = serializers.CharField(allow_blank=True)
    role = serializers.ChoiceField(Role.values)
    project = serializers.UUIDField(source="project_key", allow_null=True)
    invited_by = serializers.CharField(source="invited_by.name")
    expires_at = serializers.DateTimeField()


class InvitationPage(PageShape):
    results = InvitationShape(many=True)


class NewInvitation(RoleBody):
    email = serializers.EmailField()
    name = serializers.CharField(max_length=NAME, required=False, allow_blank=True, default="")


class MadeInvitation(InvitationShape):
    link = serializers.CharField(help_text="the path that lets them in, shown this once")


class InvitationLines(serializers.Serializer):
    """Many at once, as CSV: `ada@example.org,Ada Byron,tasker`, a line each."""

    text = serializers.CharField(max_length=LONGEST, trim_whitespace=False)


class InvitedLine(serializers.Serializer):
    line = serializers.IntegerField(source="number")
    email = serializers.CharField(allow_blank=True)
    link = serializers.SerializerMethodField(help_text="empty where there is a problem")
    problem = serializers.CharField(source="why", allow_blank=True)

    def get_link(self, line: Any) -> str:
        return f"/invitations/{line.secret}/" if line.secret else ""


class InvitedLines(serializers.Serializer):
    results = InvitedLine(many=True)


class _Members(Office):
    def role(self, request: Request) -> dict[str, Any]:
        """The role that the body names, as invitations' verbs take it."""
        body = RoleBody(data=request.data)
        body.is_valid(raise_exception=True)
        said = dict(body.validated_data)
        return {"role": said["role"], "project_key": self.key_of(said["project"])}

    def key_of(self, project: UUID | None) -> UUID | None:
        """The key of a project that the asker may manage."""
        return self.project(project, *MANAGE).public_id if project else None

    def anybody(self, person_id: UUID) -> Person:
        """Somebody who belongs here or did; everybody else is not found."""
        here = Membership.objects.filter(organization=self.organization).values("person")
        found = Person.objects.filter(pk__in=here, public_id=person_id).first()
        if found is None:
            raise NotFound()
        return found

    def shown(self, people: list[Person]) -> list[dict[str, Any]]:
        """These people with what they are here."""
        rows = Membership.objects.live().filter(organization=self.organization, person__in=people).order_by("pk")
        roles: dict[int, list[dict[str, Any]]] = {}
        for one in rows:
            roles.setdefault(one.person_id, []).append({"role": one.role, "project": one.project_key})
        for person in people:
            person.roles = roles.get(person.pk, [])  # type: ignore[attr-defined]
        return list(MemberShape(people, many=True).data)


class Members(_Members):
    """Everybody who belongs here, or did."""

    scopes = {"GET": PEOPLE}

    @described("List people", {200: MemberPage}, operation_id="people_list", parameters=[PageQuery])
    def get(self, request: Request) -> Response:
        self.enter()
        after, limit = asked(request)
        here = Membership.objects.filter(organization=self.organization).values("person")
        rows: QuerySet[Person] = Person.objects.filter(pk__in=here, pk__gt=after).order_by("pk")
        return Response(page(list(rows[: limit + 1]), after, limit, lambda given: self.shown(list(given))))


class Member(_Members):
    """One of them."""

    scopes = {"GET": PEOPLE}

    @described("Get a person", {200: MemberShape}, operation_id="people_get")
    def get(self, request: Request, person_id: UUID) -> Response:
        self.enter()
        return Response(self.shown([self.anybody(person_id)])[0])


class GiveRole(_Members):
    """One more role, for all projects or for one."""

    scopes = {"POST": PEOPLE}

    @described("Give a role", {200: MemberShape}, request=RoleBody, operation_id="people_give_role")
    def post(self, request: Request, person_id: UUID) -> Response:
        self.enter()
        person = self.anybody(person_id)
        invitations.give(self.organization, person, by=self.person, **self.role(request))
        return Response(self.shown([person])[0])


class ProjectQuery(KnownFields):
    project = serializers.UUIDField(required=False, help_text="the role in this one; else the one in all projects")


class EndRole(_Members):
    """One role less."""

    scopes = {"DELETE": PEOPLE}

    @described("Take a role away", {200: MemberShape}, operation_id="people_end_role", parameters=[ProjectQuery])
    def delete(self, request: Request, person_id: UUID, role: str) -> Response:
        self.enter()
        person, query = self.anybody(person_id), ProjectQuery(data=request.query_params)
        query.is_valid(raise_exception=True)
        rows = Membership.objects.filter(organization=self.organization, person=person, ended_at=None)
        key = self.key_of(query.validated_data.get("project"))
        found = rows.filter(role=role, project_key=key).select_related("person").first()
        if found is None:
            raise NotFound("They don't have this role.")
        invitations.end(found, by=self.person)
        return Response(self.shown([person])[0])


class Deactivate(_Members):
    """Showing somebody out: every role ends, and their tokens."""

    scopes = {"POST": PEOPLE}

    @described("Show somebody out", {200: MemberShape}, request=None, operation_id="people_deactivate")
    def post(self, request: Request, person_id: UUID) -> Response:
        self.enter()
        person = self.anybody(person_id)
        invitations.deactivate(self.organization, person, by=self.person)
        return Response(self.shown([person])[0])


class OnlyRole(KnownFields):
    role = serializers.ChoiceField(Role.values)


class Reactivate(_Members):
    """Letting somebody back in, in one role."""

    scopes = {"POST": PEOPLE}

    @described("Let somebody back in", {200: MemberShape}, request=OnlyRole, operation_id="people_reactivate")
    def post(self, request: Request, person_id: UUID) -> Response:
        self.enter()
        person, body = self.anybody(person_id), OnlyRole(data=request.data)
        body.is_valid(raise_exception=True)
        invitations.reactivate(self.organization, person, body.validated_data["role"], by=self.person)
        return Response(self.shown([person])[0])


class Invitations(_Members):
    """Who is on the way in."""

    scopes = {"GET": PEOPLE, "POST": PEOPLE}

    @described("List open invitations", {200: InvitationPage}, operation_id="invitations_list", parameters=[PageQuery])
    def get(self, request: Request) -> Response:
        self.enter()
        after, limit = asked(request)
        rows = Invitation.objects.filter(organization=self.organization, accepted_at=None, withdrawn_at=None)
        found = list(rows.filter(pk__gt=after).select_related("invited_by").order_by("pk")[: limit + 1])
        return Response(page(found, after, limit, lambda given: InvitationShape(given, many=True).data))

    @described("Invite somebody", {201: MadeInvitation}, request=NewInvitation, operation_id="invitations_create")
    def post(self, request: Request) -> Response:
        self.enter()
        body = NewInvitation(data=request.data)
        body.is_valid(raise_exception=True)
        said = dict(body.validated_data)
        said["project_key"] = self.key_of(said.pop("project"))
        made, secret = invitations.invite(self.organization, self.person, **said)
        return Response(InvitationShape(made).data | {"link": f"/invitations/{secret}/"}, status=201)


class InviteList(_Members):
    """Inviting many: good lines are invited, whatever is wrong with others."""

    scopes = {"POST": PEOPLE}

    @described("Invite many", {200: InvitedLines}, request=InvitationLines, operation_id="invitations_create_many")
    def post(self, request: Request) -> Response:
        self.enter()
        body = InvitationLines(data=request.data)
        body.is_valid(raise_exception=True)
        lines = bulk_invite.invite_all(self.organization, self.person, body.validated_data["text"])
        return Response(InvitedLines({"results": lines}).data)


class OneInvitation(Office):
    """One of them, withdrawn by deleting it."""

    scopes = {"DELETE": PEOPLE}

    @described("Withdraw an invitation", {204: None}, operation_id="invitations_withdraw")
    def delete(self, request: Request, invitation_id: UUID) -> Response:
        self.enter()
        rows = Invitation.objects.filter(organization=self.organization, public_id=invitation_id)
        found = rows.select_related("organization").first()
        if found is None:
            raise NotFound()
        invitations.withdraw(found, self.person)
        return Response(status=204)
