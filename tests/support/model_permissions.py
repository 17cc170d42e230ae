"""Who may ask what of the copilot's pages: one line for each address and method (permission_rows.py)."""

from tests.support.permission_rows import (
    DECIDE,
    FLOORS,
    MANAGE,
    MODELS,
    OFFICE,
    OVERRIDE,
    REMOTE,
    ROLLOUT,
    THEIRS,
    THEIRS_TOO,
    form,
    get,
    named,
    only,
    page,
    post,
)

PLAN = form(every_days="7", minutes="30", search_minutes="60", when_passed="ask", most_failures="3")
CHOOSE = OFFICE | {"emil"} | THEIRS
COPILOT = [
    get("models-overview", MODELS | THEIRS_TOO),
    post("model-add", OFFICE | {"emil"} | THEIRS, form(page=REMOTE)),
    post("model-again", OFFICE | {"emil"}, on="brought"),
    post("model-remove", OFFICE | {"emil"}, on="brought"),
    # Nothing runs here that could be asked a first question.
    post("default-begin", CHOOSE, named({"default-version": "@version"}), reads=True, but=dict.fromkeys(CHOOSE, 409)),
    post("default-end", OFFICE | {"emil"}, on="begun"),
    post("consent-give", only("olga") | THEIRS, but={"olga": 409}),  # it was given
    post("consent-withdraw", only("olga") | THEIRS, but={"hugo": 409}),  # it wasn't there
    get("project-copilot", MANAGE),
    post("project-copilot", MANAGE, page(control_share="25")),
    get("copilot-report", MANAGE),
    # Nothing runs here that a first model could be asked of.
    post("copilot-deploy", MANAGE, form(version="@version", share="40"), reads=True, but=dict.fromkeys(MANAGE, 409)),
    post("copilot-evaluate", MODELS, form(version="@version", share="40"), on="evaluated"),
    get("copilot-evaluation", MODELS, on="evaluated"),
    get("copilot-worst", MODELS, on="evaluated"),
    post("copilot-declare", MODELS, on="evaluated"),
    post("copilot-promote", MANAGE, form(share="40"), on="evaluated"),
    post("copilot-rollout-begin", MODELS, form(**ROLLOUT), on="evaluated"),
    get("copilot-rollout", MODELS),
    post("rollout-hold", MODELS, form(said="Wait")),
    post("rollout-go-on", MODELS, form(), reads=True, but=dict.fromkeys(MODELS, 409)),  # it isn't held
    post("rollout-back", MODELS, form(said="Enough")),
    post("copilot-floors", MANAGE, named(FLOORS)),
    post("copilot-decide", MANAGE, named(DECIDE), reads=True, but=dict.fromkeys(MANAGE, 422)),  # it is no annotator
    post("copilot-override", MANAGE, named(OVERRIDE), on="evaluated"),
    post("override-confirm", MANAGE, on="evaluated"),
    post("override-decline", MANAGE, on="evaluated"),
    get("copilot-samples", MANAGE),
    post("copilot-nearly", MANAGE, form(act="hold")),
    post("copilot-place", MANAGE, named({"annotator-version": "@version"})),
    get("copilot-training", MODELS),
    post("copilot-snapshot", MODELS, form()),
    post("copilot-train", MODELS, form(snapshot="@snapshot", recipe="spacy-entities", seed="0"), on="deployed"),
    post("copilot-erase", MANAGE, form(tasks="@task_id", reason="Asked to")),
    get("copilot-run", MODELS),
    post("copilot-run-stop", MODELS, form()),
    post(
        "copilot-search-begin",
        MODELS,
        form(snapshot="@snapshot", recipe="spacy-entities", trials="3", minutes="5", at_once="1", seed="0"),
        on="deployed",
    ),
    get("copilot-search", MODELS),
    get("copilot-plans", MODELS),
    post(
        "copilot-plan",
        MODELS,
        form(every_days="7", minutes="30", search_minutes="60", when_passed="ask", most_failures="3"),
    ),
    post("copilot-plan-off", MODELS, form()),
    # Its evaluation was passed: nothing is waited for.
    post("copilot-evidence-off", MODELS, form(), on="evaluated", reads=True),
    post("copilot-search-stop", MODELS, form()),
    # A model of this project is being trained already, and no verdict is doubted.
    post("copilot-search-train", MODELS, form(), reads=True),
    get("copilot-improve", MODELS),
    get("copilot-improve-tasks", MODELS, on="evaluated"),
    post("copilot-improve-check", MODELS, form()),
    post("copilot-improve-looks", MODELS, form(most="5"), reads=True),
    get("copilot-next", MODELS),
    post("copilot-next-arrange", MODELS, form(share="10", random_share="40")),
    post("copilot-next-off", MODELS, form()),
    get("copilot-map", MODELS),
    post("copilot-map-draw", MODELS, form()),
    get("copilot-groups", MODELS | {"rita"}),
    get("copilot-group", MODELS | {"rita"}),
    post("copilot-group-take", MODELS | {"rita"}, form(), reads=True),  # refused in words: in the pool nobody chooses
    post("copilot-group-tag", MANAGE, form(tag="alike")),
    get("copilot-drift", MODELS),
    post("drift-accept", MODELS, form()),
    get("copilot-card", MODELS),
    get("copilot-card-json", MODELS),
    post("copilot-withdraw", MANAGE, form(version="@version"), on="deployed"),
    get("copilot-prepared", MANAGE),
    post("batch-prepare", MANAGE, on="deployed"),
    post("batch-prepare-everything", MANAGE, on="segmented"),
    post("batch-prepare-stop", MANAGE, on="running"),
]
