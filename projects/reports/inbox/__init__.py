"""What people are told of their projects. A new kind is one file and one line here."""

from projects.reports.inbox import (
    alerts,
    approvals,
    comments,
    contested,
    course,
    jobs,
    listed,
    mentions,
    questions,
    returned,
    sent_back,
    work,
)
from taskers.notifications.told import Kind

KINDS: list[Kind] = [
    alerts.KIND,
    approvals.KIND,
    jobs.KIND,
    comments.KIND,
    questions.KIND,
    mentions.KIND,
    sent_back.KIND,
    returned.KIND,
    contested.KIND,
    work.KIND,
    listed.KIND,
    course.KIND,
]
