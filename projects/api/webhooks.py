"""Webhooks over the wire: who is told of what, and how each message fared."""

from typing import Any
from uuid import UUID

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from projects import access
from projects.api.endpoint import Endpoint, described
from projects.api.etags import tagged, unchanged
from projects.api.pagination import asked, page
from projects.api.serializers import KnownFields, PageQuery, PageShape
from projects.models import Project, Subscription, WebhookDelivery, limits
from projects.webhooks import deliveries, subscriptions
from projects.webhooks.kinds import KINDS
from taskers.access import require
from taskers.errors import NotFound
from taskers.models import Scope
from taskers.models.people import Role

FARING = ("failing_since", "retry_at", "old_secret_until")  # what changes by itself
OFFICE = (*access.MANAGE, Role.FINANCE)


class NewSubscription(KnownFields):
    """Whom to tell, and of what."""

    name = serializers.CharField(max_length=limits.NAME)
    url = serializers.CharField(max_length=limits.URL, help_text="of a host that the operator allows")
    kinds = serializers.ListField(child=serializers.ChoiceField(list(KINDS)), min_length=1, max_length=len(KINDS))
    callbacks = serializers.BooleanField(
        default=False, help_text="`url` is no address but where tasks' own `callback_url` must begin"
    )


class SubscriptionChange(serializers.Serializer):
    """What is left out stays."""

    name = serializers.CharField(max_length=limits.NAME, required=False)
    url = serializers.CharField(max_length=limits.URL, required=False)
    kinds = serializers.ListField(
        child=serializers.ChoiceField(list(KINDS)), min_length=1, max_length=len(KINDS), required=False
    )
    state = serializers.ChoiceField(["on", "off"], required=False)


class SubscriptionShape(serializers.Serializer):
    id = serializers.UUIDField(source="public_id")
    project = serializers.UUIDField(source="project.public_id", allow_null=True, default=None)
    name = serializers.CharField()
    url = serializers.CharField()
    kinds = serializers.ListField(child=serializers.ChoiceField(list(KINDS)))
    callbacks = serializers.BooleanField()
    state = serializers.ChoiceField(Subscription.State.values, help_text="gone: it answered 410")
    failing_since = serializers.DateTimeField(allow_null=True)
    retry_at = serializers.DateTimeField(allow_null=True, help_text="when it is asked again, while it fails")
    old_secret_until = serializers.DateTimeField(source="old_until", allow_null=True)
    made_at = serializers.DateTimeField()


class SubscriptionList(serializers.Serializer):
    results = SubscriptionShape(many=True)


class WithSecret(SubscriptionShape):
    secret = serializers.CharField(help_text="what its messages are signed with, shown this once")


class DeliveryQuery(PageQuery):
    state = serializers.ChoiceField(WebhookDelivery.State.values, required=False)


class DeliveryShape(serializers.Serializer):
    id = serializers.UUIDField(source="public_id", help_text="the message's id, the same each time it is sent")
    kind = serializers.CharField()
    state = serializers.ChoiceField(WebhookDelivery.State.values)
    url = serializers.CharField(allow_blank=True, help_text="where that isn't the subscription's")
    tries = serializers.IntegerField()
    made_at = serializers.DateTimeField()
    due_at = serializers.DateTimeField(help_text="when it is tried next, while it waits")
    tried_at = serializers.DateTimeField(allow_null=True)
    status = serializers.IntegerField(allow_null=True, help_text="of the last answer")
    fault = serializers.CharField(allow_blank=True, help_text="why there was no answer: timed-out, no-connection, …")
    beginning = serializers.CharField(allow_blank=True, help_text="of the last answer")
    took = serializers.FloatField(allow_null=True, help_text="seconds")
    body = serializers.CharField()


class FailureShape(serializers.Serializer):
    at = serializers.DateTimeField()
    status = serializers.IntegerField(allow_null=True)
    fault = serializers.CharField(allow_blank=True)
    beginning = serializers.CharField(allow_blank=True)
    took = serializers.FloatField(allow_null=True, help_text="seconds")


class DeliveryWithFailures(DeliveryShape):
    failures = FailureShape(many=True, help_text="its tries that failed, also those before it was sent again")


class DeliveryPage(PageShape):
    results = DeliveryShape(many=True)


class Redelivered(serializers.Serializer):
    messages = serializers.IntegerField()


class _Subscribing(Endpoint):
    """Lists and makes subscriptions of a place."""

    def listed(self, project: Project | None) -> Response:
        rows = subscriptions.of(self.person, self.organization, project)
        return Response({"results": SubscriptionShape(rows, many=True).data})

    def made(self, request: Request, project: Project | None) -> Response:
        body = NewSubscription(data=request.data)
        body.is_valid(raise_exception=True)
        found, secret = subscriptions.create(self.organization, project, by=self.person, **body.validated_data)
        return Response(_with_secret(found, secret), status=201)


class OfProject(_Subscribing):
    """Who is told of what happens in a project."""

    scopes = {"GET": (Scope.READ,), "POST": (Scope.MANAGE,)}

    @described("List a project's webhooks", {200: SubscriptionList}, operation_id="webhooks_of_project")
    def get(self, request: Request, project_id: UUID) -> Response:
        return self.listed(self.project(project_id, *access.MANAGE))

    @described(
        "Subscribe to a project", {201: WithSecret}, request=NewSubscription, operation_id="webhooks_create_in_project"
    )
    def post(self, request: Request, project_id: UUID) -> Response:
        return self.made(request, self.project(project_id, *access.MANAGE))


class OfOrganization(_Subscribing):
    """Who is told of what happens in all projects, and of payouts."""

    scopes = {"GET": (Scope.READ,), "POST": (Scope.MANAGE,)}

    @described("List the organization's webhooks", {200: SubscriptionList}, operation_id="webhooks_list")
    def get(self, request: Request) -> Response:
        require(self.person, self.organization, *OFFICE)
        return self.listed(None)

    @described("Subscribe to all projects", {201: WithSecret}, request=NewSubscription, operation_id="webhooks_create")
    def post(self, request: Request) -> Response:
        require(self.person, self.organization, *OFFICE)
        return self.made(request, None)


class _OfOne(Endpoint):
    def subscription(self, subscription_id: UUID) -> Subscription:
        found = subscriptions.one(self.person, subscription_id)
        if found.organization_id != self.organization.pk:
            raise NotFound()
        return found


class OneSubscription(_OfOne):
    """One of them."""

    scopes = {"GET": (Scope.READ,), "PATCH": (Scope.MANAGE,), "DELETE": (Scope.MANAGE,)}

    @described("Get a webhook", {200: SubscriptionShape}, operation_id="webhooks_get")
    def get(self, request: Request, subscription_id: UUID) -> Response:
        return tagged(SubscriptionShape(self.subscription(subscription_id)).data, *FARING)

    @described(
        "Change a webhook, or switch it on or off",
        {200: SubscriptionShape},
        request=SubscriptionChange,
        operation_id="webhooks_change",
    )
    def patch(self, request: Request, subscription_id: UUID) -> Response:
        found = self.subscription(subscription_id)
        body = SubscriptionChange(data=request.data)
        body.is_valid(raise_exception=True)
        new, held = dict(body.validated_data), Subscription.objects.filter(pk=found.pk)
        state = new.pop("state", None)
        with unchanged(request, held, lambda: SubscriptionShape(held.get()).data, *FARING):
            found = subscriptions.change(found, by=self.person, **new)
            if state:
                found = subscriptions.switch(found, state, by=self.person)
        return tagged(SubscriptionShape(found).data, *FARING)

    @described("Remove a webhook and its deliveries", {204: None}, operation_id="webhooks_remove")
    def delete(self, request: Request, subscription_id: UUID) -> Response:
        subscriptions.remove(self.subscription(subscription_id), by=self.person)
        return Response(status=204)


class Rotate(_OfOne):
    """Another secret; the one before signs beside it for a day."""

    scopes = {"POST": (Scope.MANAGE,)}

    @described("Rotate a webhook's secret", {200: WithSecret}, request=None, operation_id="webhooks_rotate")
    def post(self, request: Request, subscription_id: UUID) -> Response:
        found = self.subscription(subscription_id)
        return Response(_with_secret(found, subscriptions.rotate(found, by=self.person)))


class Ping(_OfOne):
    """A message that says nothing, to see whether it arrives."""

    scopes = {"POST": (Scope.MANAGE,)}

    @described("Ping a webhook", {202: DeliveryShape}, request=None, operation_id="webhooks_ping")
    def post(self, request: Request, subscription_id: UUID) -> Response:
        made = subscriptions.ping(self.subscription(subscription_id), by=self.person)
        made.refresh_from_db()
        return Response(DeliveryShape(made).data, status=202)


class Deliveries(_OfOne):
    """Its messages, in the order in which they came about; those that were given up can all be sent again."""

    scopes = {"GET": (Scope.READ,), "POST": (Scope.MANAGE,)}

    @described(
        "List a webhook's deliveries",
        {200: DeliveryPage},
        operation_id="webhooks_deliveries",
        parameters=[DeliveryQuery],
    )
    def get(self, request: Request, subscription_id: UUID) -> Response:
        found = self.subscription(subscription_id)
        query = DeliveryQuery(data=request.query_params)
        query.is_valid(raise_exception=True)
        after, limit = asked(request, DeliveryQuery)
        rows = found.deliveries.filter(pk__gt=after).order_by("pk")
        if state := query.validated_data.get("state"):
            rows = rows.filter(state=state)
        return Response(page(list(rows[: limit + 1]), after, limit, lambda given: DeliveryShape(given, many=True).data))

    @described(
        "Send again what was given up", {202: Redelivered}, request=None, operation_id="webhooks_redeliver_given_up"
    )
    def post(self, request: Request, subscription_id: UUID) -> Response:
        return Response({"messages": deliveries.redeliver_dead(self.subscription(subscription_id))}, status=202)


class OneDelivery(_OfOne):
    """One message with all that became of it."""

    scopes = {"GET": (Scope.READ,)}

    @described("Get a delivery", {200: DeliveryWithFailures}, operation_id="webhooks_delivery")
    def get(self, request: Request, subscription_id: UUID, delivery_id: UUID) -> Response:
        found = deliveries.one_of(self.subscription(subscription_id), delivery_id)
        said = DeliveryShape(found).data
        return Response(said | {"failures": FailureShape(deliveries.failures_of(found), many=True).data})


class Redeliver(_OfOne):
    """One message once more, under the id it has."""

    scopes = {"POST": (Scope.MANAGE,)}

    @described("Send a message again", {202: DeliveryShape}, request=None, operation_id="webhooks_redeliver")
    def post(self, request: Request, subscription_id: UUID, delivery_id: UUID) -> Response:
        found = deliveries.one_of(self.subscription(subscription_id), delivery_id)
        return Response(DeliveryShape(deliveries.redeliver(found)).data, status=202)


def _with_secret(found: Subscription, secret: str) -> dict[str, Any]:
    return SubscriptionShape(found).data | {"secret": secret}
