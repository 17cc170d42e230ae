"""A manager tries a task as a tasker would: one address that hands a task out and checks what comes back."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse

from projects import studio


def trial(request: HttpRequest, project_id: UUID) -> HttpResponse:
    """Without an answer in its body a POST asks for a task, with one it asks whether the answer would be taken."""
    answered = b'"answer"' in request.body
    return (studio.try_submit if answered else studio.try_claim)(request, project_id=project_id)
