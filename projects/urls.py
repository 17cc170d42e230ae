"""Addresses of the work: the manager's pages, the studio, the reviewer's pages, media."""

from django.urls import include, path

from projects import media, studio

STUDIO = [
    path("<uuid:project_id>/", studio.page, name="studio"),
    path("<uuid:project_id>/claim", studio.claim, name="studio-claim"),
    path("<uuid:project_id>/try", studio.try_claim, name="studio-try"),
    path("<uuid:project_id>/try/submit", studio.try_submit, name="studio-try-submit"),
    path("assignments/<uuid:assignment_id>/heartbeat", studio.heartbeat, name="studio-heartbeat"),
    path("assignments/<uuid:assignment_id>/draft", studio.draft, name="studio-draft"),
    path("assignments/<uuid:assignment_id>/submit", studio.submit, name="studio-submit"),
    path("assignments/<uuid:assignment_id>/skip", studio.skip, name="studio-skip"),
    path("assignments/<uuid:assignment_id>/release", studio.release, name="studio-release"),
    path("assignments/<uuid:assignment_id>/report", studio.report, name="studio-report"),
]

urlpatterns = [
    path("", include("projects.tasker_urls")),
    path("studio/", include(STUDIO)),
    path("review/", include("projects.review_urls")),
    path("media/<uuid:task_id>/", media.task_media, name="task-media"),
    path("media/<uuid:task_id>/small/", media.task_thumbnail, name="task-thumbnail"),
]
