"""Every line of who may ask what of which address (permission_rows.py): of pages, here, and of the API."""

from tests.support import make
from tests.support.api_permissions import API
from tests.support.manager_permissions import MANAGERS
from tests.support.model_permissions import COPILOT
from tests.support.permission_rows import (
    ANOTHERS,
    ANSWER,
    DISPUTES,
    DRAFT,
    EVERYBODY,
    FINANCE,
    INSIDE,
    KEYS,
    MANAGE,
    MEMBERS,
    MISTAKE,
    NOT_THEIRS,
    OFFICE,
    PAIR,
    PEOPLE,
    PROGRAMS,
    REVIEW,
    SIGNED_IN,
    STAFF,
    TASKERS,
    THEIRS,
    THEIRS_TOO,
    TILE,
    TOKEN,
    Row,
    form,
    get,
    json,
    named,
    only,
    post,
    put,
)

PEOPLES = [
    get("people", OFFICE | THEIRS),
    post("people-invite", OFFICE | THEIRS, form(email="newer@example.org", role="tasker")),
    get("people-invite-list", OFFICE | THEIRS),
    post("people-invite-list", OFFICE | THEIRS, form(text="newer@example.org,Newer,tasker")),
    post("invitation-withdraw", OFFICE),
    get("audit", only("olga") | THEIRS),
    get("tokens", OFFICE | THEIRS),
    post("office-token-revoke", OFFICE),
    post("token-days", only("olga") | THEIRS, form(days="90")),
    get("service-accounts", OFFICE | THEIRS),
    post("service-accounts", OFFICE | THEIRS, form(name="Loader", role="reviewer")),
    get("service-account", OFFICE),
    post("service-account-issue", only("olga"), form(name="Nightly", days="30", scopes="load")),
    post("service-account-rotate", only("olga"), on="service"),
    post("service-account-end", only("olga")),
    get("skills", OFFICE | THEIRS),
    post("skills", OFFICE | THEIRS, form(name="Spanish", kind="language")),
    get("skill", OFFICE),
    post("skill", OFFICE, form(person="@bob", value="2")),
    post("skill-withdraw", OFFICE, form(person="@alice")),
    get("person", OFFICE),
    post("person-give-role", OFFICE, form(role="reviewer")),
    post("person-end-role", OFFICE, form(role="tasker")),
    post("person-deactivate", OFFICE),
    post("person-reactivate", OFFICE, form(role="tasker"), on="gone"),
    post("person-password-link", OFFICE),
    get("person-work", MANAGE | only("eve")),
    post(
        "person-keep-out",
        OFFICE,
        form(kind="paused", reason="Until Monday"),
        on="skilled",
        but={"pia": 422, "eve": 422},
    ),
    post("person-message", MANAGE | only("eve"), form(words="Look twice.")),
    post("person-retrain", MANAGE, form(project="@course_project"), on="passed"),
    get("people-conflicts", OFFICE | THEIRS),
    post("people-conflicts", OFFICE, named(PAIR), but={"hugo": 422}),  # whose form doesn't know our people
    post("conflict-end", OFFICE),
    post("exclusion-lift", MANAGE),
    post("exclusion-lift", OFFICE, on="whole"),
]

OWN = [
    get("home", SIGNED_IN),
    get("inbox", SIGNED_IN),
    get("inbox-badge", EVERYBODY),
    post("inbox-read-all", SIGNED_IN, reads=True),  # what is one's own; most have nothing
    get("inbox-choices", SIGNED_IN),
    post("inbox-choices", SIGNED_IN, form(page="alert", mail="alert", rhythm="daily")),
    post("inbox-open", only("alice"), own=True),
    get("profile", SIGNED_IN),
    post("profile", SIGNED_IN, form(name="Somebody", time_zone="Europe/Oslo", language="")),
    get("keys", SIGNED_IN),
    post("keys", SIGNED_IN, form(keys=KEYS)),
    post("submit-on-choice", SIGNED_IN, json(on=True)),
    post("token-issue", INSIDE | THEIRS, form(name="Mine", days="30", scopes="read")),
    post("token-revoke", only("mina"), own=True),
    post("token-rotate", only("mina"), own=True),
    post("organization-switch", INSIDE, form(organization="@organization"), reads=True),
    get("my-work", INSIDE | THEIRS),
    get("my-quality", INSIDE | THEIRS),
    get("my-statement", INSIDE | THEIRS),
    get("my-statement-file", INSIDE | THEIRS),
    get("my-payee", INSIDE | THEIRS),
    post("my-payee", INSIDE | THEIRS, form(legal_name="Some Body", country="NO", account="12345678")),
    get("my-course", MEMBERS),
    get("my-questions", INSIDE | THEIRS),
    post("my-question-more", only("alice"), form(words="And the ears?"), own=True),
    get("my-list", TASKERS | REVIEW, on="listed"),
    post("my-list-open", TASKERS | REVIEW, form(task="@listed_task"), on="listed"),
    get("my-work-piece", only("alice"), own=True),
    get("my-work-correct", only("alice"), on="corrected", own=True),
    post("my-work-contest", only("alice"), form(text="It is a name."), own=True),
]

MONEY = [
    get("money", FINANCE | THEIRS),
    post("money-run", FINANCE | THEIRS, form(who="all")),
    get("money-payouts", FINANCE | THEIRS),
    get("money-payout", FINANCE),
    post("money-payout-step", FINANCE, form(act="approve")),
    get("money-processor", FINANCE, on="approved"),
    post("money-reconcile", FINANCE, form(text="payment_key,status\n", apply="yes"), on="with the processor"),
    get("money-item", FINANCE),
    get("money-earning", FINANCE),
    post("money-return", FINANCE, form(act="ask", reason="No account"), on="with the processor"),
    get("money-person", FINANCE),
    post("money-person", FINANCE, form(amount="5", project="@project_id", reason="Help")),
    get("money-statement", FINANCE),
    post("money-details", FINANCE, reads=True),
    get("money-bonuses", FINANCE | THEIRS),
    post("money-bonus-act", FINANCE, form(act="refuse")),
    post("money-bonus-rule-act", FINANCE, form(act="end")),
    get("money-unreviewed", FINANCE | THEIRS),
    post("money-unreviewed-act", FINANCE, form(act="decline")),
    get("money-terms", FINANCE | THEIRS),
    post(
        "money-terms",
        FINANCE | THEIRS,
        form(hold_days="3", minimum="5.00", bonus_alone="10", dispute_days="20", answer_days="5"),
    ),
    get("money-years", FINANCE | THEIRS),
    post("money-years", FINANCE | THEIRS, form(year="2020")),
    get("money-year-totals", FINANCE | THEIRS),
    get("money-year-books", FINANCE, on="closed"),
]

STUDIO = [
    get("studio-any", TASKERS | THEIRS),
    post("studio-any-claim", INSIDE | THEIRS, json()),
    get("studio", TASKERS),
    post("studio-claim", TASKERS, json()),
    get("studio-examples", TASKERS | REVIEW),
    post("studio-try", MANAGE, json(), reads=True),
    post("studio-try-submit", MANAGE, json(task="@spare", answer=ANSWER), reads=True),
    post("studio-try-keep", MANAGE, json(task="@spare", answer=ANSWER)),
    post("studio-heartbeat", only("alice"), TOKEN, own=True),
    post("studio-lookahead", only("alice"), TOKEN, own=True, reads=True),
    put("studio-draft", only("alice"), json(token="@token", version=0, answer=ANSWER), own=True),
    post("studio-submit", only("alice"), json(token="@token", answer=ANSWER, active_ms=900), own=True),
    post("studio-skip", only("alice"), json(token="@token", reason="too-hard"), own=True),
    post("studio-release", only("alice"), TOKEN, own=True),
    post("studio-report", only("alice"), json(token="@token", note="Blank"), own=True),
    post("studio-comments", only("alice"), json(), own=True, reads=True),
    post("studio-say", only("alice"), json(id="@new", to="manager", words="A tail?"), own=True),
    post("grid-claim", TASKERS, json(), on="grid"),
    post("grid-heartbeat", only("alice"), TOKEN, on="grid", own=True),
    put("grid-draft", only("alice"), DRAFT, on="grid", but=dict.fromkeys(PEOPLE - {"alice", "nobody"}, 409)),
    post("grid-submit", only("alice"), json(token="@token", answers={"@tile": TILE}), on="grid", own=True),
    post("grid-groups", only("alice"), TOKEN, on="grid", own=True, reads=True),
    post("grid-skip", only("alice"), json(token="@token", id="@tile", reason="too-hard"), on="grid", own=True),
    post("grid-report", only("alice"), json(token="@token", id="@tile", note="Blank"), on="grid", own=True),
    post("grid-release", only("alice"), TOKEN, on="grid", own=True),
    post("correct-claim", only("alice"), json(), on="corrected", own=True, reads=True),
    post("correct-heartbeat", only("alice"), TOKEN, on="corrected", own=True, reads=True),
    post("correct-lookahead", only("alice"), TOKEN, on="corrected", own=True, reads=True),
    put("correct-draft", only("alice"), json(token="@token", version=1, answer=ANSWER), on="corrected", own=True),
    post("correct-submit", only("alice"), json(token="@token", answer=ANSWER), on="corrected", own=True),
    post("correct-skip", only("alice"), TOKEN, on="corrected", own=True),
    post("correct-release", only("alice"), TOKEN, on="corrected", own=True),
    post("correct-report", only(), TOKEN, on="corrected", own=True, but={"alice": 409}),  # nor may she any more
    post("correct-comments", only("alice"), json(), on="corrected", own=True, reads=True),
    post("correct-say", only("alice"), json(id="@new", to="manager", words="A tail?"), on="corrected", own=True),
]


REVIEWERS = [
    get("review-list", REVIEW | THEIRS_TOO),
    get("review-next", REVIEW | THEIRS_TOO),
    get("review-decisions", REVIEW | THEIRS_TOO),
    post("review-take-back", only("rita"), on="decided by rita", but=NOT_THEIRS),
    get("disputes", DISPUTES | THEIRS),
    get("dispute", DISPUTES),
    post("dispute-answer", DISPUTES, form(state="upheld", answer="You are right.")),
    get("second-looks", REVIEW | THEIRS_TOO),
    get("second-look", REVIEW, on="ruled"),
    post("second-look-dismiss", REVIEW, on="ruled"),
    get("review", REVIEW, on="doubt"),
    post("review-decide", only("rita"), json(token="@token", answer=make.MARIA), on="reviewed", but=ANOTHERS),
    post("review-heartbeat", only("rita"), TOKEN, on="reviewed", but=ANOTHERS),
    post("review-release", only("rita"), TOKEN, on="reviewed", but=ANOTHERS),
    post("review-back", only("rita"), MISTAKE, on="reviewed", but=ANOTHERS),
    post("review-mistake", only("rita"), MISTAKE, on="reviewed", but=ANOTHERS),
    put("review-draft", only("rita"), json(token="@token", version=0, answer=ANSWER), on="reviewed", but=ANOTHERS),
    post("review-answer", REVIEW, json(id="@new", words="It is."), on="told"),
    post("review-answer", MANAGE, json(id="@new", words="It is.")),
]


def rows_of(name: str, who: frozenset[str]) -> list[Row]:
    """A list of the admin's, to be looked at and never edited. Who may see such rows elsewhere sees those alone."""
    return [
        get(f"/admin/{name.replace('_', '/')}/1/", STAFF),  # on to the next, there or not
        get(f"admin:{name}_changelist", who | (THEIRS_TOO if "pia" in who else THEIRS)),
        get(f"admin:{name}_change", who, on=name),
        get(f"admin:{name}_history", who, on=name),
        post(f"admin:{name}_add", only()),
        post(f"admin:{name}_delete", only(), form(post="yes"), on=name),
    ]


# These pages take long, and are the same for all whom the admin lets in.
FEW = only("nobody", "alice", "hugo", "mina")
ADMIN = [
    get("admin:index", STAFF, asked_by=FEW),
    get("/admin/taskers/", STAFF - {"emil"}),
    get("/admin/projects/", REVIEW | THEIRS_TOO),
    get("admin:jsi18n", STAFF, asked_by=FEW),
    get("admin:password_change", STAFF, asked_by=FEW),
    get("admin:password_change_done", STAFF, asked_by=FEW),
    get("admin:autocomplete", only()),
    get("admin:login", only(), but=dict.fromkeys(STAFF, "/admin/") | dict.fromkeys(TASKERS | {"sam"}, 403)),
    post("admin:logout", STAFF, reads=True, asked_by=FEW, but=dict.fromkeys(PEOPLE - STAFF, "/admin/")),
    get("/admin/r/1/1/", only()),
    get("/admin/nothing", only()),
    *rows_of("taskers_payout", FINANCE),
    *rows_of("taskers_dispute", DISPUTES),
    *rows_of("taskers_transfer", FINANCE),
    *rows_of("taskers_grade", MANAGE),
    *rows_of("taskers_standing", MANAGE),
    *rows_of("taskers_event", MANAGE),
    *rows_of("projects_task", REVIEW),
    *rows_of("projects_verdict", REVIEW),
    *rows_of("projects_assignment", MANAGE),
    *rows_of("projects_annotation", MANAGE),
    get("admin:taskers_payout_owed", FINANCE | THEIRS),
    post("admin:taskers_payout_propose", FINANCE | THEIRS),
    post("admin:taskers_payout_approve", FINANCE),
    post("admin:taskers_payout_settle", FINANCE, form(reference="SEPA 1"), on="approved"),
    post("admin:taskers_payout_cancel", FINANCE),
    post("admin:taskers_payout_keep", FINANCE, on="called off"),
    get("admin:taskers_payout_processor", FINANCE, on="approved"),
    post("admin:taskers_dispute_answer", DISPUTES, form(state="upheld", answer="You are right.")),
]

# Open to everybody on purpose: health, the API's description, and links whose secret is the key.
OPEN = [
    get("healthz", EVERYBODY),
    get("readyz", EVERYBODY),
    get("system", only(), but=dict.fromkeys(SIGNED_IN, 404)),  # for operators, who are none of these people
    get("metrics", only(), but=dict.fromkeys(PROGRAMS, 404)),  # the operator's token opens it, and nobody's sign-in
    get("javascript-catalog", EVERYBODY),
    get("schema", only("nobody", "hugo"), asked_by=only("nobody", "sam", "hugo")),
    get("api-page", PROGRAMS - {"sam"}),
    get("invitation", EVERYBODY, by_link=True),
    post(
        "invitation",
        only("nobody"),
        form(name="Newcomer", password="long enough a password"),
        by_link=True,
        but=dict.fromkeys(SIGNED_IN, 422),
    ),
    get("password-link", EVERYBODY, on="reset", by_link=True),
    post("password-link", EVERYBODY, form(password="long enough a password"), on="reset", by_link=True),
]

# What other packages bring: signing in, second steps, other sign-ins, of which none is set up. Three people ask, since
# roles mean nothing there.
ASKERS = only("nobody", "sam", "mina")
DOORS = (
    *("account_login", "account_logout", "account_signup", "account_inactive", "account_email_verification_sent"),
    *("account_reset_password", "account_reset_password_done", "account_reset_password_from_key_done"),
    *("account_confirm_login_code", "mfa_authenticate", "socialaccount_login_cancelled", "socialaccount_signup"),
    *("/accounts/confirm-email/x/", "/accounts/password/reset/key/x-x/", "/accounts/saml/x/acs/"),
    *(f"/accounts/social/{name}/" for name in ("login/cancelled", "login/error", "signup", "connections")),
)
OWN_SIGN_IN = (
    *("account_reauthenticate", "account_request_reauthentication_code", "account_confirm_reauthentication_code"),
    *("account_change_password", "account_set_password", "socialaccount_connections", "mfa_index"),
    *("mfa_reauthenticate", "mfa_activate_totp", "mfa_generate_recovery_codes", "mfa_list_webauthn"),
    *("mfa_add_webauthn", "mfa_reauthenticate_webauthn"),
    *("/accounts/2fa/webauthn/keys/1/remove/", "/accounts/2fa/webauthn/keys/1/edit/"),
)
NOT_SET_UP = ("mfa_deactivate_totp", "mfa_view_recovery_codes", "mfa_download_recovery_codes")
SHUT = (
    *("/accounts/email/", "/accounts/oidc/x/login/", "/accounts/oidc/x/login/callback/"),
    *(f"/accounts/saml/x/{name}/" for name in ("acs/finish", "sls", "metadata", "login")),
)
ACCOUNTS = [
    *(get(name, ASKERS, asked_by=ASKERS) for name in DOORS),
    *(get(name, ASKERS - {"nobody"}, asked_by=ASKERS) for name in OWN_SIGN_IN),
    *(get(name, only(), own=True, asked_by=ASKERS) for name in NOT_SET_UP),
    *(get(name, only(), asked_by=ASKERS, but=dict.fromkeys(ASKERS, 404)) for name in SHUT),
    get("socialaccount_login_error", only(), asked_by=ASKERS, but=dict.fromkeys(ASKERS, "sign-in")),
]

TABLE = [*PEOPLES, *OWN, *MONEY, *MANAGERS, *STUDIO, *REVIEWERS, *COPILOT, *API, *ADMIN, *OPEN, *ACCOUNTS]

# Websockets: the thing that stands in the address, and whose line is kept; everybody else's is hung up.
SOCKETS = {
    "ws/assist/<uuid:subject>/": ("assignment_id", only("alice")),
    "ws/assist/try/<uuid:subject>/": ("task_id", MANAGE),
}
