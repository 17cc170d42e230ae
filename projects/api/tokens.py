"""The organization's API tokens, for its office: who has one, and ending it. People make them on their own pages."""

from uuid import UUID

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from projects.api.endpoint import described
from projects.api.pagination import asked, page
from projects.api.people import Office
from projects.api.serializers import PageQuery
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


class TokenPage(serializers.Serializer):
    results = TokenShape(many=True)
    next = serializers.CharField(allow_null=True)
    more = serializers.BooleanField()


class Tokens(Office):
    """Those that open something."""

    @described("List API tokens", {200: TokenPage}, operation_id="tokens_list", parameters=[PageQuery])
    def get(self, request: Request) -> Response:
        self.enter()
        after, limit = asked(request)
        rows = list(token_list.live(self.organization).filter(pk__gt=after).order_by("pk")[: limit + 1])
        return Response(page(rows, after, limit, lambda given: TokenShape(given, many=True).data))


class OneToken(Office):
    """One of them."""

    @described("Revoke an API token", {204: None}, operation_id="tokens_revoke")
    def delete(self, request: Request, token_id: UUID) -> Response:
        self.enter()
        token_list.revoke(self.organization, token_id, by=self.person)
        return Response(status=204)
