"""Webhooks: who is told of what, and how each message fared. `signatures` checks what arrives."""

from collections.abc import Iterator, Sequence

from tandem_client.codec import decoded
from tandem_client.lists import listed
from tandem_client.models import NewWebhook, Webhook, WebhookDelivery, WebhookDeliveryState
from tandem_client.transport import Request, Transport, at, new_key


class Webhooks:
    """The webhooks of an organization; where a project is named, those of the project."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def list(self, project_id: str | None = None) -> Iterator[Webhook]:
        """All of them."""
        return listed(self._transport, _place(project_id), Webhook)

    def create(
        self,
        name: str,
        url: str,
        kinds: Sequence[str],
        *,
        project_id: str | None = None,
        callbacks: bool = False,
        key: str = "",
    ) -> NewWebhook:
        """Add one; its secret is told this once. With `callbacks`, `url` is where tasks' own addresses must begin."""
        body = {"name": name, "url": url, "kinds": list(kinds), "callbacks": callbacks}
        request = Request("POST", _place(project_id), json=body, key=key or new_key())
        return decoded(NewWebhook, self._transport.ask(request))

    def get(self, webhook_id: str) -> Webhook:
        """One of them."""
        return decoded(Webhook, self._transport.ask(Request("GET", at("webhooks", webhook_id))))

    def change(
        self,
        webhook_id: str,
        *,
        name: str | None = None,
        url: str | None = None,
        kinds: Sequence[str] | None = None,
        state: str | None = None,
    ) -> Webhook:
        """Change what is said; `state` "on" or "off" switches it."""
        said = {"name": name, "url": url, "kinds": list(kinds) if kinds else None, "state": state}
        body = {field: value for field, value in said.items() if value is not None}
        request = Request("PATCH", at("webhooks", webhook_id), json=body, key=new_key())
        return decoded(Webhook, self._transport.ask(request))

    def remove(self, webhook_id: str) -> None:
        """Take it away with its deliveries."""
        self._transport.ask(Request("DELETE", at("webhooks", webhook_id)))

    def rotate(self, webhook_id: str, *, key: str = "") -> NewWebhook:
        """Another secret; the old one signs beside it for a day."""
        request = Request("POST", at("webhooks", webhook_id, "rotate"), key=key or new_key())
        return decoded(NewWebhook, self._transport.ask(request))

    def ping(self, webhook_id: str, *, key: str = "") -> WebhookDelivery:
        """A message that says nothing, to see whether it arrives."""
        request = Request("POST", at("webhooks", webhook_id, "ping"), key=key or new_key())
        return decoded(WebhookDelivery, self._transport.ask(request))

    def deliveries(self, webhook_id: str, state: WebhookDeliveryState | None = None) -> Iterator[WebhookDelivery]:
        """Its messages and how they fared."""
        return listed(self._transport, at("webhooks", webhook_id, "deliveries"), WebhookDelivery, {"state": state})

    def redeliver(self, webhook_id: str, delivery_id: str, *, key: str = "") -> WebhookDelivery:
        """Send one again, under the id that it has."""
        path = at("webhooks", webhook_id, "deliveries", delivery_id, "again")
        return decoded(WebhookDelivery, self._transport.ask(Request("POST", path, key=key or new_key())))

    def redeliver_dead(self, webhook_id: str, *, key: str = "") -> int:
        """Send all again that was given up; gives how many that are."""
        request = Request("POST", at("webhooks", webhook_id, "deliveries"), key=key or new_key())
        return int(self._transport.ask(request)["messages"])


def _place(project_id: str | None) -> str:
    return at("projects", project_id, "webhooks") if project_id else at("webhooks")
