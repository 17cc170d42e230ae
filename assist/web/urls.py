"""Addresses of the copilot's pages, below /projects/."""

from django.urls import path

from assist.web import overview, views

urlpatterns = [
    path("models/", overview.models, name="models-overview"),
    path("<uuid:project_id>/copilot/", views.page, name="project-copilot"),
    path("<uuid:project_id>/copilot/report/", views.report, name="copilot-report"),
    path("<uuid:project_id>/copilot/deploy/", views.deploy, name="copilot-deploy"),
    path("<uuid:project_id>/copilot/place/", views.place, name="copilot-place"),
    path("<uuid:project_id>/copilot/withdraw/", views.withdraw, name="copilot-withdraw"),
    path("<uuid:project_id>/copilot/prepared/", views.prepared, name="copilot-prepared"),
    path("batches/<uuid:batch_id>/prepare/", views.prepare, name="batch-prepare"),
    path("batches/<uuid:batch_id>/prepare/stop/", views.stop, name="batch-prepare-stop"),
]
