"""Addresses of the work: the manager's pages, the studio, the reviewer's pages, media."""

from django.urls import include, path

from projects import media, studio
from projects.views import export, listing, load, making, project, task, tasks

PROJECT = [
    path("", project.project, name="project"),
    path("progress/", project.progress, name="project-progress"),
    path("move/", project.move, name="project-move"),
    path("settings/", making.settings, name="project-settings"),
    path("load/", load.load, name="load"),
    path("tasks/", tasks.tasks, name="tasks"),
    path("export/", export.export, name="export"),
    path("export/<slug:format>/", export.download, name="export-download"),
]

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
    path("projects/", listing.projects, name="projects"),
    path("projects/new/", making.new, name="project-new"),
    path("projects/preview/", making.preview, name="instructions-preview"),
    path("projects/<uuid:project_id>/", include(PROJECT)),
    path("projects/batches/<uuid:batch_id>/move/", project.move_batch, name="batch-move"),
    path("projects/intakes/<uuid:intake_id>/", load.show, name="intake"),
    path("projects/intakes/<uuid:intake_id>/errors.csv", load.errors, name="intake-errors"),
    path("projects/tasks/<uuid:task_id>/", task.task, name="task"),
    path("projects/tasks/<uuid:task_id>/requeue/", task.requeue, name="task-requeue"),
    path("projects/tasks/<uuid:task_id>/withhold/", task.withhold, name="task-withhold"),
    path("projects/tasks/<uuid:task_id>/overlap/", task.raise_overlap, name="task-overlap"),
    path("projects/assignments/<uuid:assignment_id>/release/", task.release, name="assignment-release"),
    path("", include("projects.tasker_urls")),
    path("studio/", include(STUDIO)),
    path("review/", include("projects.review_urls")),
    path("media/<uuid:task_id>/", media.task_media, name="task-media"),
    path("media/<uuid:task_id>/small/", media.task_thumbnail, name="task-thumbnail"),
]
