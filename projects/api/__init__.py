"""The REST API, version 1: what programs may ask for. Each view translates and makes one call into a verb."""

from django.urls import path, re_path

from projects.api import batches, endpoint, files, projects, verdicts, work

urlpatterns = [
    path("projects/", projects.Projects.as_view(), name="api-projects"),
    path("projects/<uuid:project_id>/", projects.OneProject.as_view(), name="api-project"),
    path("projects/<uuid:project_id>/batches/", batches.Batches.as_view(), name="api-batches"),
    path("projects/<uuid:project_id>/claim/", work.Claim.as_view(), name="api-claim"),
    path("projects/<uuid:project_id>/verdicts/", verdicts.Verdicts.as_view(), name="api-verdicts"),
    path("projects/<uuid:project_id>/export/<slug:format>/", files.Export.as_view(), name="api-export"),
    path("batches/<uuid:batch_id>/", batches.OneBatch.as_view(), name="api-batch"),
    path("batches/<uuid:batch_id>/move/", batches.Move.as_view(), name="api-batch-move"),
    path("batches/<uuid:batch_id>/tasks/", batches.Tasks.as_view(), name="api-batch-tasks"),
    path("batches/<uuid:batch_id>/intakes/", batches.Intakes.as_view(), name="api-batch-intakes"),
    path("intakes/<uuid:intake_id>/", batches.OneIntake.as_view(), name="api-intake"),
    path("tasks/<uuid:task_id>/", verdicts.OneTask.as_view(), name="api-task"),
    path("tasks/<uuid:task_id>/verdicts/", verdicts.TaskVerdicts.as_view(), name="api-task-verdicts"),
    path("tasks/<uuid:task_id>/media/", files.media, name="api-task-media"),
    path("assignments/<uuid:assignment_id>/heartbeat/", work.Heartbeat.as_view(), name="api-heartbeat"),
    path("assignments/<uuid:assignment_id>/draft/", work.KeepDraft.as_view(), name="api-draft"),
    path("assignments/<uuid:assignment_id>/submit/", work.Submit.as_view(), name="api-submit"),
    path("assignments/<uuid:assignment_id>/skip/", work.Skip.as_view(), name="api-skip"),
    path("assignments/<uuid:assignment_id>/release/", work.Release.as_view(), name="api-release"),
    re_path("", endpoint.Nowhere.as_view()),
]
