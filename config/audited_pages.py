"""Which pages, looked at, leave a record: lists of people, money, what is carried away, and the trail itself.

They are named by their addresses' names, in one list. Nothing on the way of claiming and submitting work is among them.
"""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase

from taskers.audit import trail
from taskers.audit.trail import Kind

AUDITED: dict[str, Kind] = {
    **dict.fromkeys(("people", "person", "skill", "people-conflicts", "project-exclusions"), Kind.PEOPLE_LISTED),
    **dict.fromkeys(("project-quality", "agreement", "project-course", "project-in-progress"), Kind.PEOPLE_LISTED),
    **dict.fromkeys(("api-skill-people", "api-exclusions", "api-conflicts", "api-course-people"), Kind.PEOPLE_LISTED),
    **dict.fromkeys(("api-people", "api-person", "api-quality", "api-agreement"), Kind.PEOPLE_LISTED),
    **dict.fromkeys((f"api-money-{one}" for one in ("owed", "transfers", "payouts", "payout")), Kind.MONEY_VIEWED),
    **dict.fromkeys((f"admin:taskers_{one}_changelist" for one in ("grade", "standing", "event")), Kind.PEOPLE_LISTED),
    **dict.fromkeys(
        (f"admin:taskers_{one}_changelist" for one in ("transfer", "payout", "dispute")), Kind.MONEY_VIEWED
    ),
    **dict.fromkeys((f"admin:taskers_{one}_change" for one in ("transfer", "payout", "dispute")), Kind.MONEY_VIEWED),
    "admin:taskers_payout_owed": Kind.MONEY_VIEWED,
    **dict.fromkeys(
        ("money", "money-payouts", "money-payout", "money-item", "money-earning", "money-person"), Kind.MONEY_VIEWED
    ),
    **dict.fromkeys(("money-bonuses", "project-spending", "disputes", "dispute"), Kind.MONEY_VIEWED),
    "project-bonus-rules": Kind.MONEY_VIEWED,
    **dict.fromkeys(("money-processor", "money-statement", "money-year-totals", "money-year-books"), Kind.EXPORTED),
    "admin:taskers_payout_processor": Kind.EXPORTED,
    **dict.fromkeys(("export-download", "api-export"), Kind.EXPORTED),
    **dict.fromkeys((f"project-delivery-{one}" for one in ("file", "manifest", "differences")), Kind.EXPORTED),
    **dict.fromkeys((f"api-made-delivery-{one}" for one in ("file", "manifest", "differences")), Kind.EXPORTED),
    **dict.fromkeys(("tokens", "api-tokens"), Kind.TOKENS_LISTED),
    "audit": Kind.AUDIT_READ,
}
PLACES = (
    "project_id",
    "person_id",
    "skill_key",
    "object_id",
    "payout_id",
    "payout_key",
    "item_id",
    "transfer_id",
    "dispute_key",
)


class AuditedPages:
    """Writes down who looked, or was refused because they may not. Who isn't signed in saw nothing."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        found = request.resolver_match
        kind = AUDITED.get(found.view_name) if found and request.method == "GET" else None
        if found and kind and (response.status_code < 300 or response.status_code == 403):
            named = next(
                (f"{place.partition('_')[0]}:{found.kwargs[place]}" for place in PLACES if place in found.kwargs), ""
            )
            trail.saw(request, kind, named, refused=response.status_code == 403)
        return response
