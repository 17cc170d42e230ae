"""Who reads the outbox. A reader is a function that handles the next events and returns how many there were."""

from collections.abc import Callable

from assist.learning.follow import teach
from assist.suggestions import follow
from projects.annotators import outcomes
from projects.reports import progress, task_words, verdict_index
from projects.webhooks import telling
from projects.workflow import corrections
from taskers.notifications import inbox

READERS: dict[str, Callable[[], int]] = {
    "submissions": corrections.follow_submissions,
    "rollups": progress.catch_up,
    "verdict_index": verdict_index.catch_up,
    "task_words": task_words.catch_up,
    "webhooks": telling.catch_up,
    "inbox": inbox.catch_up,
    "model_outcomes": outcomes.catch_up,
    "suggestion_outcomes": follow.settle_outcomes,
    "assist_embeddings": follow.make_ready,
    "assist_classes": teach,
}
