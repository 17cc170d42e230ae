"""Addresses of the copilot's pages, below /projects/."""

from django.urls import path

from assist.web import (
    brought,
    canary,
    defaults,
    drift,
    improvement,
    likeness,
    model_card,
    overview,
    rollouts,
    samples,
    searches,
    training,
    views,
)

EVALUATION = "<uuid:project_id>/copilot/evaluations/<uuid:evaluation_id>"
ROLLOUT = "<uuid:project_id>/copilot/rollouts/<uuid:rollout_id>"

urlpatterns = [
    path("models/", overview.models, name="models-overview"),
    path("models/add/", brought.add, name="model-add"),
    path("models/default/", defaults.begin, name="default-begin"),
    path("models/default/<uuid:version_id>/end/", defaults.end, name="default-end"),
    path("models/consent/", defaults.give_consent, name="consent-give"),
    path("models/consent/withdraw/", defaults.withdraw_consent, name="consent-withdraw"),
    path("models/<uuid:version_id>/again/", brought.again, name="model-again"),
    path("models/<uuid:version_id>/remove/", brought.remove, name="model-remove"),
    path("<uuid:project_id>/copilot/", views.page, name="project-copilot"),
    path("<uuid:project_id>/copilot/report/", views.report, name="copilot-report"),
    path("<uuid:project_id>/copilot/samples/", samples.shown, name="copilot-samples"),
    path("<uuid:project_id>/copilot/deploy/", rollouts.deploy, name="copilot-deploy"),
    path("<uuid:project_id>/copilot/evaluate/", rollouts.evaluate, name="copilot-evaluate"),
    path("<uuid:project_id>/copilot/evaluations/<uuid:evaluation_id>/", rollouts.evaluation, name="copilot-evaluation"),
    path(
        "<uuid:project_id>/copilot/evaluations/<uuid:evaluation_id>/deploy/", rollouts.promote, name="copilot-promote"
    ),
    path(
        "<uuid:project_id>/copilot/evaluations/<uuid:evaluation_id>/rollout/",
        canary.begin,
        name="copilot-rollout-begin",
    ),
    path(f"{ROLLOUT}/", canary.page, name="copilot-rollout"),
    path(f"{ROLLOUT}/hold/", canary.hold, name="rollout-hold"),
    path(f"{ROLLOUT}/go-on/", canary.go_on, name="rollout-go-on"),
    path(f"{ROLLOUT}/roll-back/", canary.roll_back, name="rollout-back"),
    path("<uuid:project_id>/copilot/overrides/", rollouts.override, name="copilot-override"),
    path("<uuid:project_id>/copilot/overrides/<uuid:override_id>/confirm/", rollouts.confirm, name="override-confirm"),
    path("<uuid:project_id>/copilot/overrides/<uuid:override_id>/decline/", rollouts.decline, name="override-decline"),
    path("<uuid:project_id>/copilot/training/", training.page, name="copilot-training"),
    path("<uuid:project_id>/copilot/training/snapshot/", training.take, name="copilot-snapshot"),
    path("<uuid:project_id>/copilot/training/begin/", training.begin, name="copilot-train"),
    path("<uuid:project_id>/copilot/training/<uuid:run_id>/", training.run, name="copilot-run"),
    path("<uuid:project_id>/copilot/training/<uuid:run_id>/stop/", training.stop, name="copilot-run-stop"),
    path("<uuid:project_id>/copilot/searches/begin/", searches.begin, name="copilot-search-begin"),
    path("<uuid:project_id>/copilot/searches/<uuid:search_id>/", searches.page, name="copilot-search"),
    path("<uuid:project_id>/copilot/searches/<uuid:search_id>/stop/", searches.stop, name="copilot-search-stop"),
    path("<uuid:project_id>/copilot/searches/<uuid:search_id>/train/", searches.train, name="copilot-search-train"),
    path("<uuid:project_id>/copilot/improve/", improvement.page, name="copilot-improve"),
    path("<uuid:project_id>/copilot/improve/tasks/", improvement.tasks, name="copilot-improve-tasks"),
    path("<uuid:project_id>/copilot/improve/check/", improvement.check, name="copilot-improve-check"),
    path("<uuid:project_id>/copilot/improve/looks/", improvement.looks, name="copilot-improve-looks"),
    path("<uuid:project_id>/copilot/drift/", drift.page, name="copilot-drift"),
    path("<uuid:project_id>/copilot/drift/<str:what>/accept/", drift.accept, name="drift-accept"),
    path("<uuid:project_id>/copilot/cards/<uuid:version_id>/", model_card.page, name="copilot-card"),
    path("<uuid:project_id>/copilot/cards/<uuid:version_id>/json/", model_card.export, name="copilot-card-json"),
    path("<uuid:project_id>/copilot/nearly-the-same/", likeness.choose, name="copilot-nearly"),
    path("<uuid:project_id>/copilot/place/", views.place, name="copilot-place"),
    path("<uuid:project_id>/copilot/withdraw/", rollouts.withdraw, name="copilot-withdraw"),
    path("<uuid:project_id>/copilot/prepared/", views.prepared, name="copilot-prepared"),
    path("batches/<uuid:batch_id>/prepare/", views.prepare, name="batch-prepare"),
    path("batches/<uuid:batch_id>/prepare/everything/", views.prepare_everything, name="batch-prepare-everything"),
    path("batches/<uuid:batch_id>/prepare/stop/", views.stop, name="batch-prepare-stop"),
]
