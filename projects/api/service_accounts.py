"""Service accounts over the wire: programs of the organization's own, and their tokens."""

from datetime import datetime, timedelta
from uuid import UUID

from django.utils import timezone
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from projects.access import MANAGE
from projects.api.endpoint import ScopeMissing, described
from projects.api.people import Office
from projects.api.serializers import KnownFields
from projects.api.tokens import MadeToken, TokenShape, made
from taskers.models import Scope, ServiceAccount
from taskers.models.limits import NAME, SERVICE_NOTE, TOKEN_DAYS, TOKEN_NAME
from taskers.models.people import Role
from taskers.people import service_accounts

ROLES = [one for one in Role.values if one != Role.TASKER]


class NewAccount(KnownFields):
    name = serializers.CharField(max_length=NAME)
    role = serializers.ChoiceField(ROLES)
    project = serializers.UUIDField(required=False, allow_null=True, default=None, help_text="null: all projects")
    note = serializers.CharField(max_length=SERVICE_NOTE, required=False, allow_blank=True, default="")


class AccountShape(serializers.Serializer):
    id = serializers.UUIDField(source="public_id")
    person = serializers.UUIDField(source="person.public_id", help_text="by which it is known where people are")
    name = serializers.CharField()
    note = serializers.CharField(allow_blank=True)
    made_by = serializers.CharField(source="made_by.name")
    made_at = serializers.DateTimeField()


class AccountList(serializers.Serializer):
    results = AccountShape(many=True)


class NewToken(KnownFields):
    """What it is for and what it opens: never more than the token that asks for it."""

    name = serializers.CharField(max_length=TOKEN_NAME)
    scopes = serializers.ListField(child=serializers.ChoiceField(Scope.values), min_length=1, max_length=len(Scope))
    expires_at = serializers.DateTimeField(required=False, allow_null=True, default=None)

    def validate_expires_at(self, value: datetime | None) -> datetime | None:
        if value is not None and value <= timezone.now():
            raise serializers.ValidationError("This time is over already.")
        if value is not None and value > timezone.now() + timedelta(days=TOKEN_DAYS.most):
            raise serializers.ValidationError("This is too far away.")
        return value


class AccountTokens(serializers.Serializer):
    results = TokenShape(many=True)


class Accounts(Office):
    """Those in use."""

    scopes = {"GET": (Scope.PEOPLE,), "POST": (Scope.PEOPLE,)}

    @described("List service accounts", {200: AccountList}, operation_id="service_accounts_list")
    def get(self, request: Request) -> Response:
        self.enter()
        return Response(AccountList({"results": service_accounts.of(self.organization)}).data)

    @described(
        "Make a service account", {201: AccountShape}, request=NewAccount, operation_id="service_accounts_create"
    )
    def post(self, request: Request) -> Response:
        self.enter()
        body = NewAccount(data=request.data)
        body.is_valid(raise_exception=True)
        terms = dict(body.validated_data)
        if key := terms.pop("project"):
            terms["project_key"] = self.project(key, *MANAGE).public_id
        made = service_accounts.create(self.organization, by=self.person, **terms)
        return Response(AccountShape(made).data, status=201)


class _OfOne(Office):
    def account(self, account_id: UUID) -> ServiceAccount:
        self.enter()
        return service_accounts.one_of(self.organization, account_id)

    def require_over(self, scopes: list[str]) -> None:
        """Raises ScopeMissing for what the token that asks doesn't open itself."""
        if Scope.EVERYTHING not in self.token.scopes and not set(scopes) <= set(self.token.scopes):
            raise ScopeMissing("A token gives no more than it opens itself.", place="scopes")


class OneAccount(_OfOne):
    """One of them."""

    scopes = {"DELETE": (Scope.PEOPLE,)}

    @described("End a service account and its tokens", {204: None}, operation_id="service_accounts_end")
    def delete(self, request: Request, account_id: UUID) -> Response:
        service_accounts.end(self.account(account_id), by=self.person)
        return Response(status=204)


class Tokens(_OfOne):
    """Its tokens."""

    scopes = {"GET": (Scope.PEOPLE,), "POST": (Scope.PEOPLE,)}

    @described("List a service account's tokens", {200: AccountTokens}, operation_id="service_accounts_tokens")
    def get(self, request: Request, account_id: UUID) -> Response:
        found = service_accounts.tokens_of(self.account(account_id)).select_related("person", "replaces")
        return Response(AccountTokens({"results": found}).data)

    @described(
        "Make a token of a service account",
        {201: MadeToken},
        request=NewToken,
        operation_id="service_accounts_issue",
    )
    def post(self, request: Request, account_id: UUID) -> Response:
        account = self.account(account_id)
        body = NewToken(data=request.data)
        body.is_valid(raise_exception=True)
        self.require_over(body.validated_data["scopes"])
        return Response(made(*service_accounts.issue(account, by=self.person, **body.validated_data)), status=201)


class Rotate(_OfOne):
    """Another token in the place of one of its own, which works on for a day."""

    scopes = {"POST": (Scope.PEOPLE,)}

    @described(
        "Rotate a service account's token",
        {201: MadeToken},
        request=None,
        operation_id="service_accounts_rotate",
    )
    def post(self, request: Request, account_id: UUID, token_id: UUID) -> Response:
        account = self.account(account_id)
        for token in service_accounts.tokens_of(account).filter(public_id=token_id):
            self.require_over(token.scopes)
        return Response(made(*service_accounts.rotate(account, token_id, by=self.person)), status=201)
