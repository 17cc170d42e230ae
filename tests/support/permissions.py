"""Who may ask what of which address: one line for each address and method, with a body that would be taken.

tests/test_permissions.py sends each body as everybody: whoever may do it succeeds, and it does something; whoever may
not is refused, and it does nothing. The addresses are compared with the URL configuration, so that a new one fails the
test until it has its line here.

What stands in an address, and "@name" in a body, is a thing of full_organization.py; `on` chooses among several.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.support import make
from tests.support.projects.managing import FORM

# --- people -------------------------------------------------------------------------------------------------------
#
#   nobody    isn't signed in                            alice   a tasker; holds the work that addresses name
#   sam       signed in, and belongs nowhere             bob     a tasker, too; holds none of it
#   hugo      owns the neighbour, and does tasks there   rita    reviews          finn   pays
#   eve       may do everything in another project       mina    manages          olga   owns
#   pia       manages these projects, and nothing else   emil    looks after models
#   hilltops  (programs alone) may do everything at Riverside, and brings a token for Hilltop

TASKERS = frozenset({"alice", "bob"})
FINANCE = frozenset({"olga", "finn"})
OFFICE = frozenset({"olga", "mina"})
MANAGE = OFFICE | {"pia"}
REVIEW = MANAGE | {"rita"}
MODELS = MANAGE | {"emil"}
DISPUTES = OFFICE | {"rita", "finn"}
MEMBERS = TASKERS | MODELS | REVIEW | FINANCE
INSIDE = MEMBERS | {"eve"}
SIGNED_IN = INSIDE | {"sam", "hugo"}
EVERYBODY = SIGNED_IN | {"nobody"}
OUTSIDE = frozenset({"sam", "hugo", "eve", "hilltops"})
PEOPLE = EVERYBODY
PROGRAMS = PEOPLE | {"hilltops"}
STAFF = SIGNED_IN - TASKERS - {"sam"}  # who may open the admin; what they see there is another matter
# What names nothing of Riverside's: those from elsewhere see their own.
THEIRS = frozenset({"hugo"})
THEIRS_TOO = frozenset({"hugo", "eve"})


def only(*names: str) -> frozenset[str]:
    """These people."""
    return frozenset(names)


# --- bodies -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Body:
    """What is sent: a form, JSON, or the form that stands on the address's own page, with some fields changed."""

    kind: str
    said: Any = field(default_factory=dict)


@dataclass(frozen=True)
class File:
    """A file of a form."""

    name: str
    text: str


def form(**said: Any) -> Body:
    return Body("form", said)


def named(said: Mapping[str, Any]) -> Body:
    """A form with names that Python can't say."""
    return Body("form", dict(said))


def json(said: Any = None, **fields: Any) -> Body:
    return Body("json", fields if said is None else said)


def page(**changes: Any) -> Body:
    """The form as it stands on the page that the address shows."""
    return Body("page", changes)


NOTHING = form()
TOKEN = json(token="@token")
ANSWER = make.MARIA_AND_OSLO
TILE = {"fields": [{"field": "label", "value": "cat"}]}
DRAFT = json(token="@token", version=0, answer={"tiles": {"@tile": TILE}})
TERMS = {"target_error": "5", "assurance": "95", "audit_share": "10"}
MOVED = {f"@annotator-{name}": value for name, value in (TERMS | {"mode": "count", "reason": "Good"}).items()}
OVERRIDE = {"override-version": "@version", "override-share": "40", "override-reason": "Better"}
REMOTE = """name = "far"
version = "1"
capability = "spans"
adapter = "http"
licence = "MIT"
[options]
url = "https://models.example.com"
"""
KEYS = '{"studio.submit": ["ctrl+enter"]}'
PAIR = {"form": "pair", "pair-one": "@alice", "pair-other": "@carol", "pair-relation": "household"}
COURSE = {"training_tasks": "1", "shown": "end", "training_pass": "90", "training_tries": "3", "training_wait": "12"}
HOOK = "https://hooks.example.com/in"
BOOKS_FORM = form(name="Books", url=HOOK, kinds="payout.paid")
HOOK_FORM = form(name="New", url=HOOK, kinds="task.decided")
COURSE |= {"skill_name": "Names of ports", "training_days": "30", "training_rate": "0.02"}


# --- lines --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Row:
    """One line: `who` may do this. Outsiders find nothing (404), members are told that they may not (403); `own` things
    of one person nobody else finds; `but` says who is answered otherwise, with the status or the address of the answer.

    `reads`: it changes nothing even for whoever may do it. `by_link`: what it shows is for whoever has the link.
    `asked_by`: these alone ask, since each answer takes a second.
    """

    name: str  # of the address, or its path where it has none
    method: str
    who: frozenset[str]
    body: Body | None = None
    on: str = ""
    own: bool = False
    reads: bool = False
    by_link: bool = False
    asked_by: frozenset[str] | None = None
    but: Mapping[str, int | str] = field(default_factory=dict)

    @property
    def id(self) -> str:
        return " ".join([self.method, self.name, *([self.on] if self.on else [])])


def get(name: str, who: frozenset[str], **terms: Any) -> Row:
    return Row(name, "GET", who, **terms)


def post(name: str, who: frozenset[str], body: Body = NOTHING, **terms: Any) -> Row:
    return Row(name, "POST", who, body, **terms)


def put(name: str, who: frozenset[str], body: Body, **terms: Any) -> Row:
    return Row(name, "PUT", who, body, **terms)


def patch(name: str, who: frozenset[str], body: Body, **terms: Any) -> Row:
    return Row(name, "PATCH", who, body, **terms)


def delete(name: str, who: frozenset[str], **terms: Any) -> Row:
    return Row(name, "DELETE", who, json(), **terms)


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
    get("people-conflicts", OFFICE | THEIRS),
    post("people-conflicts", OFFICE, named(PAIR), but={"hugo": 422}),  # whose form doesn't know our people
    post("conflict-end", OFFICE),
    post("exclusion-lift", MANAGE),
    post("exclusion-lift", OFFICE, on="whole"),
]

OWN = [
    get("home", SIGNED_IN),
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
    get("my-course", MEMBERS),
    get("my-questions", INSIDE | THEIRS),
    post("my-question-more", only("alice"), form(words="And the ears?"), own=True),
    get("my-work-piece", only("alice"), own=True),
    get("my-work-correct", only("alice"), on="corrected", own=True),
    post("my-work-contest", only("alice"), form(text="It is a name."), own=True),
]

MANAGERS = [
    get("projects", MANAGE | THEIRS_TOO),
    get("overview", MANAGE | THEIRS_TOO),
    get("project-new", OFFICE | THEIRS),
    post("project-new", OFFICE | THEIRS, named(FORM)),
    post("instructions-preview", OFFICE | THEIRS, form(instructions="# Ships"), reads=True),
    get("project", MANAGE),
    get("project-progress", MANAGE),
    get("project-dashboard", MANAGE),
    get("project-figure", MANAGE),
    post("project-move", MANAGE, form(state="paused")),
    post("project-settle", MANAGE),
    get("project-settings", MANAGE),
    post("project-settings", MANAGE, page(instructions="Other ones")),
    get("project-rules", MANAGE),
    post("project-rules", MANAGE, page(priority="7")),
    get("project-in-progress", MANAGE),
    post("in-progress-release", MANAGE, form(assignment="@assignment_id")),
    get("project-exclusions", MANAGE),
    post("project-exclusions", MANAGE, form(tasker="@alice", kind="paused", reason="Until Monday")),
    get("project-gold", MANAGE),
    post("gold-act", MANAGE, form(act="retire", why="Old"), on="gold"),
    get("project-course", MANAGE),
    post("project-course", MANAGE, named(COURSE)),
    post("course-item", MANAGE, form(act="explain", explanation="So.", shown="end"), on="item"),
    post("course-again", MANAGE, on="course"),
    get("project-reports", MANAGE),
    post("report-settle", MANAGE, form(act="broken"), on="reported"),
    get("project-questions", MANAGE),
    post("comment-answer", MANAGE, form(words="It is.")),
    get("load", MANAGE),
    post("load", MANAGE, form(file=File("more.txt", "A line.\n"), batch_name="More", live="on")),
    get("import", MANAGE),
    get("import-errors", MANAGE),
    get("import-lost", MANAGE),
    post("load-from", OFFICE, form(connector="@connector_id", pictures="copied", batch_name="New")),
    get("import", MANAGE, on="planned"),
    get("import-sample", MANAGE, on="planned"),
    post("import-choose", MANAGE, form(answers="leave"), on="planned"),
    post("import-drop", MANAGE, on="planned"),
    get("connectors", OFFICE | THEIRS),
    post("connectors", OFFICE | {"hugo"}, form(kind="urls", name="List", urls="https://hooks.example.com/a.png")),
    post("connector-end", OFFICE),
    post("import-go-on", MANAGE),
    get("tasks", MANAGE),
    get("agreement", MANAGE),
    get("agreement-figures", MANAGE),
    post("agreement-renew", MANAGE),
    get("project-quality", MANAGE),
    get("quality-run", MANAGE),
    post("quality-estimate", MANAGE),
    get("ranking", MANAGE, on="pairs"),
    post("ranking-renew", MANAGE, on="pairs"),
    get("models", MANAGE),
    post("models", MANAGE, form(name="Newest model", **TERMS)),
    post("model-move", MANAGE, named(MOVED)),
    post("model-token", MANAGE),
    get("project-webhooks", MANAGE),
    post("project-webhooks", MANAGE, HOOK_FORM),
    get("webhooks", OFFICE | {"finn"} | THEIRS),
    post("webhooks", OFFICE | {"hugo"}, HOOK_FORM, but={"finn": 422}),  # whose form offers payouts alone
    post(
        "webhooks", FINANCE | THEIRS, form(name="Books", url=HOOK, kinds="payout.paid"), on="money", but={"mina": 422}
    ),
    get("webhook", MANAGE),
    get("webhook", OFFICE, on="whole hook"),
    get("webhook", FINANCE, on="money"),
    post("webhook", MANAGE, HOOK_FORM),
    post("webhook-switch", MANAGE, form(state="off")),
    post("webhook-rotate", MANAGE),
    post("webhook-ping", MANAGE),
    post("webhook-remove", MANAGE),
    post("webhook-again", MANAGE),
    get("delivery", MANAGE),
    post("delivery-again", MANAGE),
    get("export", MANAGE),
    post("export", MANAGE, form(format="jsonl", target="download:", note="Ours")),
    get("project-delivery", MANAGE),
    post("project-delivery-go-on", MANAGE, on="failed delivery"),
    get("project-delivery-file", MANAGE),
    get("project-delivery-manifest", MANAGE),
    get("project-delivery-differences", MANAGE),
    get("export-download", MANAGE),
    post("batch-move", MANAGE, form(state="paused")),
    get("batch-end", MANAGE),
    post("batch-archive", MANAGE, on="over"),
    post("batch-arrange", MANAGE, named({"@place-priority": "3"})),
    get("task", MANAGE),
    post("task-requeue", MANAGE, on="withheld"),
    post("task-withhold", MANAGE, form(note="Blank")),
    post("task-keep", MANAGE, form(pool="control"), on="decided"),
    post("task-gold", MANAGE, form(act="course"), on="out"),
    post("task-overlap", MANAGE, form(wanted="3")),
    post("task-comment", MANAGE, form(words="Mind the ears.")),
    post("assignment-release", MANAGE),
    post("assignment-rework", MANAGE, form(reason="Again"), on="doubt"),
    get("task-media", MEMBERS, on="pictures"),
    get("task-thumbnail", MEMBERS, on="pictures"),
    get("task-media-second", MEMBERS, on="pairs"),
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

# Rita holds this review: other reviewers are told so.
ANOTHERS = dict.fromkeys(MANAGE, 409)

REVIEWERS = [
    get("review-list", REVIEW | THEIRS_TOO),
    get("review-next", REVIEW | THEIRS_TOO),
    get("second-looks", REVIEW | THEIRS_TOO),
    get("second-look", REVIEW, on="audited"),
    post("second-look-dismiss", REVIEW, on="audited"),
    get("review", REVIEW, on="doubt"),
    post("review-decide", only("rita"), json(token="@token", answer=make.MARIA), on="reviewed", but=ANOTHERS),
    post("review-heartbeat", only("rita"), TOKEN, on="reviewed", but=ANOTHERS),
    post("review-release", only("rita"), TOKEN, on="reviewed", but=ANOTHERS),
    put("review-draft", only("rita"), json(token="@token", version=0, answer=ANSWER), on="reviewed", but=ANOTHERS),
    post("review-answer", REVIEW, json(id="@new", words="It is."), on="told"),
    post("review-answer", MANAGE, json(id="@new", words="It is.")),
]

COPILOT = [
    get("models-overview", MODELS | THEIRS_TOO),
    post("model-add", OFFICE | {"emil"} | THEIRS, form(page=REMOTE)),
    post("model-again", OFFICE | {"emil"}, on="brought"),
    post("model-remove", OFFICE | {"emil"}, on="brought"),
    get("project-copilot", MANAGE),
    post("project-copilot", MANAGE, page(control_share="25")),
    get("copilot-report", MANAGE),
    # Nothing runs here that a first model could be asked of.
    post("copilot-deploy", MANAGE, form(version="@version", share="40"), reads=True, but=dict.fromkeys(MANAGE, 409)),
    post("copilot-evaluate", MANAGE, form(version="@version", share="40"), on="evaluated"),
    get("copilot-evaluation", MANAGE, on="evaluated"),
    post("copilot-promote", MANAGE, form(share="40"), on="evaluated"),
    post("copilot-override", MANAGE, named(OVERRIDE), on="evaluated"),
    post("override-confirm", MANAGE, on="evaluated"),
    post("override-decline", MANAGE, on="evaluated"),
    post("copilot-place", MANAGE, named({"annotator-version": "@version"})),
    get("copilot-training", MODELS),
    post("copilot-snapshot", MODELS, form()),
    post("copilot-train", MODELS, form(snapshot="@snapshot", recipe="spacy-entities", seed="0"), on="deployed"),
    get("copilot-run", MODELS),
    post("copilot-run-stop", MODELS, form()),
    post("copilot-withdraw", MANAGE, form(version="@version"), on="deployed"),
    get("copilot-prepared", MANAGE),
    post("batch-prepare", MANAGE, on="deployed"),
    post("batch-prepare-stop", MANAGE, on="running"),
]

API = [
    get("api-projects", INSIDE | {"hugo", "hilltops"}),
    post(
        "api-projects",
        OFFICE | {"hugo", "hilltops"},
        json(name="Ships", task_type="text_spans", labels=[{"name": "A"}]),
    ),
    get("api-project", MANAGE),
    patch("api-project", MANAGE, json(name="Riverside's secret project 2", instructions="Look twice.")),
    post("api-project-move", MANAGE, json(state="paused")),
    post("api-project-settle", MANAGE, json()),
    post("api-project-clone", OFFICE, json(name="Another")),
    post("api-project-template", OFFICE, json(name="Pattern")),
    patch("api-label", MANAGE, json(name="Persons")),
    delete("api-label", MANAGE),
    post("api-label-merge", MANAGE, json(into="@other_label")),
    get("api-templates", OFFICE | {"hugo", "hilltops"}),
    post("api-template", OFFICE, json(name="After the pattern")),
    delete("api-template", OFFICE),
    get("api-tasks", MANAGE),
    get("api-bulk", MANAGE),
    post("api-bulk", MANAGE, json(verb="hold", filter={"batch": "@batch_id"})),
    get("api-bulk-action", MANAGE),
    post("api-bulk-stop", MANAGE, json()),
    post("api-task-act", MANAGE, json(verb="hold")),
    get("api-batches", MANAGE),
    post("api-batches", MANAGE, json(name="By program")),
    get("api-rules", MANAGE),
    patch("api-rules", MANAGE, json(priority=9)),
    get("api-qualifying", MANAGE),
    get("api-leases", MANAGE),
    post("api-leases", MANAGE, json(assignment="@assignment_id")),
    get("api-gold", MANAGE),
    post("api-gold", MANAGE, json(task="@spare", answer=ANSWER)),
    post("api-gold-move", MANAGE, json(move="retire", why="Old"), on="gold"),
    get("api-ranking", MANAGE, on="pairs"),
    get("api-brought-models", OFFICE | {"emil", "hugo", "hilltops"}),
    post("api-brought-models", OFFICE | {"emil", "hugo", "hilltops"}, json(page=REMOTE)),
    get("api-models", MANAGE),
    post("api-models", MANAGE, json(name="Newest model")),
    get("api-model", MANAGE),
    patch("api-model", MANAGE, json(mode="count", reason="Good")),
    get("api-course", MANAGE),
    patch("api-course", MANAGE, json(pass_mark=0.9), on="course"),
    post("api-course-items", MANAGE, json(task="@spare", answer=ANSWER, explanation="So.")),
    put("api-course-items", MANAGE, json(tasks=["@second"])),
    put("api-course-item", MANAGE, json(explanation="So.", shown=False), on="item"),
    delete("api-course-item", MANAGE, on="item"),
    get("api-course-mine", TASKERS),
    get("api-course-people", MANAGE),
    post("api-course-again", MANAGE, json(), on="course"),
    get("api-project-webhooks", MANAGE),
    post("api-project-webhooks", MANAGE, json(name="New", url=HOOK, kinds=["task.decided"])),
    get("api-webhooks", OFFICE | {"finn", "hugo", "hilltops"}),
    post(
        "api-webhooks",
        OFFICE | {"hugo", "hilltops"},
        json(name="New", url=HOOK, kinds=["task.decided"]),
        but={"finn": 422},
    ),
    get("api-webhook", MANAGE),
    get("api-webhook", FINANCE, on="money"),
    patch("api-webhook", MANAGE, json(name="Newer", state="off")),
    delete("api-webhook", MANAGE),
    post("api-webhook-rotate", MANAGE, json()),
    post("api-webhook-ping", MANAGE, json()),
    get("api-deliveries", MANAGE),
    post("api-deliveries", MANAGE, json()),
    get("api-delivery", MANAGE),
    post("api-delivery-again", MANAGE, json()),
    get("api-me", INSIDE | {"hugo", "hilltops"}),
    post("api-me-rotate", only(), json(), but=dict.fromkeys(INSIDE | {"hugo", "hilltops"}, 403)),
    get("api-token-policy", OFFICE | {"hugo", "hilltops"}),
    put("api-token-policy", only("olga", "hugo", "hilltops"), json(days=90)),
    get("api-service-accounts", OFFICE | {"hugo", "hilltops"}),
    post("api-service-accounts", only("olga", "hugo", "hilltops"), json(name="Loader", role="manager")),
    post("api-service-accounts", OFFICE | {"hugo", "hilltops"}, json(name="Reader", role="reviewer")),
    delete("api-service-account", only("olga")),
    get("api-service-account-tokens", OFFICE),
    post("api-service-account-tokens", only("olga"), json(name="Nightly", scopes=["people"])),
    post("api-service-account-rotate", only("olga"), json(), on="service"),
    get("api-tokens", OFFICE | {"hugo", "hilltops"}),
    delete("api-token", OFFICE),
    get("api-skills", OFFICE | {"hugo", "hilltops"}),
    post("api-skills", OFFICE | {"hugo", "hilltops"}, json(name="Spanish", kind="language")),
    get("api-skill-people", OFFICE),
    put("api-skill-person", OFFICE, json(value=3)),
    delete("api-skill-person", OFFICE, on="skilled"),
    get("api-exclusions", OFFICE | {"hugo", "hilltops"}),
    post("api-exclusions", OFFICE, json(tasker="@alice", kind="paused", reason="Until Monday")),
    post(
        "api-exclusions", MANAGE, json(tasker="@alice", project="@project_id", kind="paused", reason="Rest"), on="here"
    ),
    delete("api-exclusion", MANAGE),
    delete("api-exclusion", OFFICE, on="whole"),
    get("api-conflicts", OFFICE | {"hugo", "hilltops"}),
    post("api-conflicts", OFFICE, json(one="@alice", other="@carol", relation="training")),
    delete("api-conflict", OFFICE),
    post("api-claim-any", INSIDE | {"hugo", "hilltops"}, json()),
    post("api-claim", TASKERS, json()),
    get("api-verdicts", MANAGE),
    get("api-export", MANAGE),
    get("api-formats", MANAGE),
    get("api-made-deliveries", MANAGE),
    post("api-made-deliveries", MANAGE, json(format="jsonl", terms={"confidence": 0.1})),
    get("api-made-delivery", MANAGE),
    post("api-made-delivery-go-on", MANAGE, json(), on="failed delivery"),
    get("api-made-delivery-file", MANAGE),
    get("api-made-delivery-manifest", MANAGE),
    get("api-made-delivery-differences", MANAGE),
    get("api-batch", MANAGE),
    put("api-batch-place", MANAGE, json(priority=7, deadline=None)),
    post("api-batch-move", MANAGE, json(state="paused")),
    post("api-batch-tasks", MANAGE, json([{"external_id": "new", "payload": {"text": "A line."}}])),
    post("api-batch-imports", MANAGE, form(file=File("more.txt", "A line.\n"))),
    get("api-import", MANAGE),
    post("api-import-choice", MANAGE, json(answers="leave"), on="planned"),
    post("api-import-drop", MANAGE, json(), on="planned"),
    get("api-connectors", OFFICE | {"hugo", "hilltops"}),
    post(
        "api-connectors",
        OFFICE | {"hugo", "hilltops"},
        json(kind="urls", name="List", settings={"urls": "https://hooks.example.com/a.png"}),
    ),
    delete("api-connector", OFFICE),
    get("api-task", MANAGE),
    get("api-task-judgements", MANAGE),
    post("api-task-judgements", MANAGE, json(judgement="@assignment_id", reason="Again"), on="doubt"),
    get("api-task-verdicts", MANAGE),
    get("api-task-media", MEMBERS, on="pictures"),
    get("api-task-media-second", MEMBERS, on="pairs"),
    post("api-heartbeat", only("alice"), TOKEN, own=True),
    put("api-draft", only("alice"), json(token="@token", version=0, answer=ANSWER), own=True),
    post("api-submit", only("alice"), json(token="@token", answer=ANSWER), own=True),
    post("api-skip", only("alice"), json(token="@token", reason="too-hard"), own=True),
    post("api-release", only("alice"), TOKEN, own=True),
    get("api-figures", MANAGE),
    get("api-agreement", MANAGE),
    post("api-agreement", MANAGE, json()),
    get("api-quality", MANAGE),
    post("api-quality", MANAGE, json()),
    get("api-reports", MANAGE),
    post("api-report-settle", MANAGE, json(outcome="broken"), on="reported"),
    get("api-questions", MANAGE),
    put("api-batches-place", MANAGE, json(batches=["@batch_id"], priority=3, deadline=None)),
    get("api-batch-closing", MANAGE),
    post("api-batch-archive", MANAGE, json(), on="over"),
    post("api-comment-answer", MANAGE, json(words="It is.")),
    post("api-comment-answer", REVIEW, json(words="It is."), on="told"),
    post("api-comment-more", only("alice"), json(words="And the ears?"), own=True),
    get("api-task-comments", MANAGE),
    post("api-task-comments", MANAGE, json(words="Mind the ears.")),
    get("api-comments-mine", only("alice"), own=True),
    post("api-comments-mine", only("alice"), json(to="manager", words="A tail?"), own=True),
    post("api-report", only("alice"), json(token="@token", note="Blank"), own=True),
    put("api-correct", only("alice"), json(token="@token", version=1, answer=ANSWER), on="corrected", own=True),
    post("api-correct", only("alice"), json(token="@token", answer=ANSWER), on="corrected", own=True),
    delete("api-correct", only("alice"), on="corrected", own=True),
    post("api-correct-begin", only("alice"), json(), on="corrected", own=True, reads=True),
    get("api-reviews", REVIEW | {"eve", "hugo", "hilltops"}),
    post("api-review", REVIEW, json(), on="doubt"),
    post("api-review-decide", only("rita"), json(token="@token", answer=make.MARIA), on="reviewed", but=ANOTHERS),
    post("api-review-heartbeat", only("rita"), TOKEN, on="reviewed", but=ANOTHERS),
    post("api-review-release", only("rita"), TOKEN, on="reviewed", but=ANOTHERS),
    put("api-review-draft", only("rita"), json(token="@token", version=0, answer=ANSWER), on="reviewed", but=ANOTHERS),
    get("api-second-looks", REVIEW | {"eve", "hugo", "hilltops"}),
    post("api-second-look-dismiss", REVIEW, json(), on="audited"),
    get("api-people", OFFICE | {"hugo", "hilltops"}),
    get("api-person", OFFICE),
    post("api-person-roles", OFFICE, json(role="reviewer")),
    delete("api-person-role", OFFICE),
    post("api-person-deactivate", OFFICE, json()),
    post("api-person-reactivate", OFFICE, json(role="tasker"), on="gone"),
    get("api-invitations", OFFICE | {"hugo", "hilltops"}),
    post("api-invitations", OFFICE | {"hugo", "hilltops"}, json(email="newer@example.org", role="tasker")),
    post("api-invitations-list", OFFICE | {"hugo", "hilltops"}, json(text="newer@example.org,Newer,tasker")),
    delete("api-invitation", OFFICE),
    get("api-money-owed", FINANCE | {"hugo", "hilltops"}),
    get("api-money-transfers", FINANCE | {"hugo", "hilltops"}),
    get("api-money-payouts", FINANCE | {"hugo", "hilltops"}),
    get("api-money-payout", FINANCE),
    post("api-disputes", only("alice"), json(annotation="@annotation_id", text="It is a name."), own=True),
    post("api-model-token", MANAGE, json()),
    get("api-copilot", MANAGE),
    patch("api-copilot", MANAGE, json(control_share=0.25)),
    get("api-deployments", MANAGE, on="deployed"),
    # Nothing runs here that a first model could be asked of.
    post("api-deployments", MANAGE, json(version="@version", share=40), reads=True, but=dict.fromkeys(MANAGE, 409)),
    delete("api-deployment", MANAGE, on="deployed"),
    post("api-copilot-place", MANAGE, json(version="@version")),
    get("api-evaluations", MANAGE, on="evaluated"),
    post("api-evaluations", MANAGE, json(version="@version"), on="evaluated"),
    get("api-evaluation", MANAGE, on="evaluated"),
    get("api-snapshots", MODELS),
    post("api-snapshots", MODELS, json()),
    get("api-runs", MODELS),
    post("api-runs", MODELS, json(snapshot="@snapshot", recipe="spacy-entities"), on="deployed"),
    get("api-run", MODELS),
    post("api-run", MODELS, json()),
    post("api-evaluation-promote", MANAGE, json(share=40), on="evaluated"),
    get("api-overrides", MANAGE, on="evaluated"),
    post("api-overrides", MANAGE, json(version="@version", share=40, reason="Better"), on="evaluated"),
    post("api-override", MANAGE, json(answer="confirm"), on="evaluated"),
    get("api-precompute", MANAGE, on="running"),
    post("api-precompute", MANAGE, json(), on="deployed"),
    delete("api-precompute", MANAGE, on="running"),
    get("/api/v1/nothing/", only(), but=dict.fromkeys(PROGRAMS, 404)),
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
    get("admin:search", STAFF, asked_by=FEW),
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

TABLE = [*PEOPLES, *OWN, *MANAGERS, *STUDIO, *REVIEWERS, *COPILOT, *API, *ADMIN, *OPEN, *ACCOUNTS]

# Websockets: the thing that stands in the address, and whose line is kept; everybody else's is hung up.
SOCKETS = {
    "ws/assist/<uuid:subject>/": ("assignment_id", only("alice")),
    "ws/assist/try/<uuid:subject>/": ("task_id", MANAGE),
}
