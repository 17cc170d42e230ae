"""What programs may ask of the copilot's models, below /api/v1/."""

from django.urls import path

from assist.api import models

urlpatterns = [path("models/", models.Brought.as_view(), name="api-brought-models")]
