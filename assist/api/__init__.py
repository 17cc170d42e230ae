"""The copilot over the wire: its terms in a project, which models there are and answer, evaluations, overrides."""

from django.urls import path

from assist.api import (
    atlas,
    copilot,
    deciding,
    defaults,
    drift,
    erasures,
    evaluations,
    improvement,
    likeness,
    models,
    plans,
    rollouts,
    searches,
    selection,
    training,
)

HERE = "projects/<uuid:project_id>/copilot/"

urlpatterns = [
    path("models/", models.Brought.as_view(), name="api-brought-models"),
    path("models/<uuid:version_id>/", models.OneBrought.as_view(), name="api-brought-model"),
    path("models/<uuid:version_id>/again/", models.Again.as_view(), name="api-brought-model-again"),
    path("models/defaults/", defaults.Defaults.as_view(), name="api-defaults"),
    path("models/defaults/<uuid:version_id>/", defaults.OneDefault.as_view(), name="api-default"),
    path("models/consent/", defaults.Consent.as_view(), name="api-training-consent"),
    path(HERE, copilot.Copilot.as_view(), name="api-copilot"),
    path(f"{HERE}deployments/", copilot.Deployments.as_view(), name="api-deployments"),
    path(f"{HERE}deployments/<uuid:version_id>/", copilot.OneDeployment.as_view(), name="api-deployment"),
    path(f"{HERE}nearly-the-same/", likeness.NearlyTheSameTasks.as_view(), name="api-nearly"),
    path(f"{HERE}annotators/", copilot.Place.as_view(), name="api-copilot-place"),
    path(f"{HERE}evaluations/", evaluations.Evaluations.as_view(), name="api-evaluations"),
    path(f"{HERE}evaluations/<uuid:evaluation_id>/", evaluations.OneEvaluation.as_view(), name="api-evaluation"),
    path(f"{HERE}evaluations/<uuid:evaluation_id>/worst/", evaluations.Worst.as_view(), name="api-evaluation-worst"),
    path(f"{HERE}evaluations/<uuid:evaluation_id>/slices/", evaluations.Slices.as_view(), name="api-evaluation-slices"),
    path(
        f"{HERE}evaluations/<uuid:evaluation_id>/promote/", evaluations.Promote.as_view(), name="api-evaluation-promote"
    ),
    path(
        f"{HERE}evaluations/<uuid:evaluation_id>/wait-no-longer/",
        plans.WaitNoLonger.as_view(),
        name="api-evaluation-wait-no-longer",
    ),
    path(f"{HERE}plans/", plans.Plans.as_view(), name="api-plans"),
    path(f"{HERE}plans/<str:recipe>/", plans.OnePlan.as_view(), name="api-plan"),
    path(f"{HERE}rollouts/", rollouts.Rollouts.as_view(), name="api-rollouts"),
    path(f"{HERE}rollouts/<uuid:rollout_id>/", rollouts.OneRollout.as_view(), name="api-rollout"),
    path(f"{HERE}snapshots/", training.Snapshots.as_view(), name="api-snapshots"),
    path(f"{HERE}erasures/", erasures.Erasures.as_view(), name="api-erasures"),
    path(f"{HERE}training/", training.Runs.as_view(), name="api-runs"),
    path(f"{HERE}training/<uuid:run_id>/", training.OneRun.as_view(), name="api-run"),
    path(f"{HERE}searches/", searches.Searches.as_view(), name="api-searches"),
    path(f"{HERE}searches/<uuid:search_id>/", searches.OneSearch.as_view(), name="api-search"),
    path(f"{HERE}searches/<uuid:search_id>/winner/", searches.Winner.as_view(), name="api-search-winner"),
    path(f"{HERE}improve/", improvement.Improve.as_view(), name="api-improve"),
    path(f"{HERE}next/", selection.LabelledNext.as_view(), name="api-next"),
    path(f"{HERE}checks/", improvement.Checks.as_view(), name="api-label-checks"),
    path(f"{HERE}checks/looks/", improvement.SecondLooks.as_view(), name="api-label-looks"),
    path(f"{HERE}map/", atlas.Map.as_view(), name="api-map"),
    path(f"{HERE}map/groups/", atlas.MapGroups.as_view(), name="api-map-groups"),
    path(f"{HERE}drift/", drift.Drift.as_view(), name="api-drift"),
    path(f"{HERE}drift/<str:what>/accept/", drift.AcceptedDrift.as_view(), name="api-drift-accept"),
    path(f"{HERE}cards/<uuid:version_id>/", improvement.Card.as_view(), name="api-model-card"),
    path(f"{HERE}deciding/", deciding.DecidingFloors.as_view(), name="api-deciding"),
    path(f"{HERE}overrides/", evaluations.Overrides.as_view(), name="api-overrides"),
    path(f"{HERE}overrides/<uuid:override_id>/", evaluations.OneOverride.as_view(), name="api-override"),
    path("batches/<uuid:batch_id>/precompute/", copilot.Ahead.as_view(), name="api-precompute"),
]
