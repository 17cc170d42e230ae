"""Asking one more person about what somebody answered and nobody decided yet."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from projects.models import Assignment, RuleConsequence, Task, Verdict
from projects.workflow import task_actions
from projects.workflow.automatic_rules.actions.protocol import Action
from taskers.errors import Problem

MOST = 50  # tasks, the newest


def act(consequence: RuleConsequence, reason: str) -> dict[str, Any]:
    """Tasks that can't be asked of more people stay as they are."""
    theirs = Assignment.objects.submitted().filter(
        tasker=consequence.person, kind="judge", batch__project=consequence.rule.project
    )
    open_ones = theirs.exclude(task__in=Verdict.objects.current().values("task")).order_by("-pk")[:MOST]
    raised = 0
    for task in Task.objects.filter(pk__in=[one.task_id for one in open_ones]).order_by("pk"):
        try:
            task_actions.raise_overlap(task, task.wanted + 1, by=None)
        except Problem:
            continue
        raised += 1
    return {"tasks": raised}


ACTION = Action(_("Ask one more person about their work"), act, told=False)
