"""The site, and beside it a bare view to compare it with: the same sign-in, one indexed SELECT, one INSERT."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, JsonResponse
from django.urls import path
from django.views.decorators.http import require_POST

from config.urls import urlpatterns as tandem
from projects.models import Task
from taskers.models import Event


@require_POST
@login_required
def bare(request: HttpRequest, task_key: int) -> JsonResponse:
    """What the least that a web application can do costs."""
    task = Task.objects.get(pk=task_key)
    made = Event.objects.create(organization_id=0, kind="bench", subject=str(task.public_id))
    return JsonResponse({"task": str(task.public_id), "event": made.pk})


urlpatterns = [path("bare/<int:task_key>/", bare), *tandem]
