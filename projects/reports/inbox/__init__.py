"""What people are told of their projects. A new kind is one file and one line here."""

from projects.reports.inbox import alerts, comments, course, jobs, mentions, questions, returned, work
from taskers.notifications.told import Kind

KINDS: list[Kind] = [
    alerts.KIND,
    jobs.KIND,
    comments.KIND,
    questions.KIND,
    mentions.KIND,
    returned.KIND,
    work.KIND,
    course.KIND,
]
