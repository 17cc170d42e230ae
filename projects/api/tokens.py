"""The organization's API tokens, for its office: who has one, how long they may work, and ending one.

People make theirs on their own pages; those of service accounts are made by program too (service_accounts.py)."""

from typing import Any
from uuid import UUID

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from projects.api.endpoint import Endpoint, described
from projects.api.pagination import asked, page
from projects.api.people import Office
from projects.api.serializers import PageQuery
from taskers.access import require
from taskers.credentials import tokens
from taskers.errors import NotAllowed
from taskers.models import ApiToken, Membership, Person, Scope
from taskers.models.limits import TOKEN_DAYS
from taskers.models.people import Role
from taskers.web import token_list


class TokenShape(serializers.Serializer):
    id = serializers.UUIDField(source="public_id")
    name = serializers.CharField()
    person = serializers.UUIDField(source="person.public_id")
    person_name = serializers.CharField(source="person.name")
    email = serializers.EmailField(source="person.email")
    prefix = serializers.CharField(help_text="how its secret begins")
    made_at = serializers.DateTimeField(source="created_at")
    last_used_at = serializers.DateTimeField(allow_null=True, help_text="to the minute")
    expires_at = serializers.DateTimeField(allow_null=True)
    scopes = serializers.ListField(child=serializers.ChoiceField(Scope.values), help_text="what it opens")
    replaces = serializers.UUIDField(
        source="replaces.public_id", allow_null=True, default=None, help_text="whose place it took"
    )


class TokenPage(serializers.Serializer):
    results = TokenShape(many=True)
    next = serializers.CharField(allow_null=True)
    more = serializers.BooleanField()


class Tokens(Office):
    """Those that open something."""

    scopes = {"GET": (Scope.PEOPLE,)}

    @described("List API tokens", {200: TokenPage}, operation_id="tokens_list", parameters=[PageQuery])
    def get(self, request: Request) -> Response:
        self.enter()
        after, limit = asked(request)
        rows = list(token_list.live(self.organization).filter(pk__gt=after).order_by("pk")[: limit + 1])
        return Response(page(rows, after, limit, lambda given: TokenShape(given, many=True).data))


class OneToken(Office):
    """One of them."""

    scopes = {"DELETE": (Scope.PEOPLE,)}

    @described("Revoke an API token", {204: None}, operation_id="tokens_revoke")
    def delete(self, request: Request, token_id: UUID) -> Response:
        self.enter()
        token_list.revoke(self.organization, token_id, by=self.person)
        return Response(status=204)


class TokenPolicy(serializers.Serializer):
    """For how long a token may work at most. A shorter time than before ends older ones sooner."""

    days = serializers.IntegerField(allow_null=True, **TOKEN_DAYS.bounds, help_text="null: as its maker says")


class Policy(Office):
    """The organization's rule for all its tokens, which its owners make."""

    scopes = {"GET": (Scope.PEOPLE,), "PUT": (Scope.PEOPLE,)}

    @described("Get how long tokens may work", {200: TokenPolicy}, operation_id="tokens_policy")
    def get(self, request: Request) -> Response:
        self.enter()
        return Response({"days": self.organization.token_days})

    @described(
        "Set how long tokens may work", {200: TokenPolicy}, request=TokenPolicy, operation_id="tokens_set_policy"
    )
    def put(self, request: Request) -> Response:
        require(self.person, self.organization, Role.OWNER)
        body = TokenPolicy(data=request.data)
        body.is_valid(raise_exception=True)
        tokens.limit(self.organization, body.validated_data["days"], by=self.person)
        return Response({"days": self.organization.token_days})


class RoleShape(serializers.Serializer):
    role = serializers.ChoiceField(Role.values)
    project = serializers.UUIDField(allow_null=True, help_text="null: all projects")


class MeShape(serializers.Serializer):
    """Who asks, where, as what, and what the token opens."""

    id = serializers.UUIDField(source="person.public_id")
    name = serializers.CharField(source="person.name")
    kind = serializers.ChoiceField(Person.Kind.values, source="person.kind")
    organization = serializers.CharField()
    organization_id = serializers.UUIDField(source="organization.public_id")
    currency = serializers.CharField(source="organization.currency")
    roles = RoleShape(many=True)
    token = TokenShape()


class Me(Endpoint):
    """Whoever asks."""

    scopes = {"GET": tuple(Scope)}

    @described("See who you are", {200: MeShape}, operation_id="tokens_me")
    def get(self, request: Request) -> Response:
        rows = Membership.objects.live().filter(person=self.person, organization=self.organization).order_by("pk")
        roles = [{"role": role, "project": key} for role, key in rows.values_list("role", "project_key")]
        return Response(
            MeShape(
                {"person": self.person, "organization": self.organization, "roles": roles, "token": self.token}
            ).data
        )


class MadeToken(TokenShape):
    secret = serializers.CharField(help_text="what to send, shown this once")


class RotateMine(Endpoint):
    """Another token in the place of the one that asks, which works on for a day.

    For service accounts alone: a person makes theirs on their own page, right after signing in.
    """

    scopes = {"POST": tuple(Scope)}

    @described("Rotate the token that asks", {201: MadeToken}, request=None, operation_id="tokens_rotate_mine")
    def post(self, request: Request) -> Response:
        if self.person.kind != Person.Kind.SERVICE:
            raise NotAllowed("Make another on your profile page; this is for service accounts.")
        return Response(made(*tokens.rotate(self.token, by=self.person)), status=201)


def made(token: ApiToken, secret: str) -> dict[str, Any]:
    """A token as it goes over the wire once, with its secret."""
    return TokenShape(token).data | {"secret": secret}
