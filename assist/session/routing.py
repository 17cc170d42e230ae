"""The websocket addresses of this app."""

from django.urls import path

from assist.session.consumers import AssistConsumer, TrialConsumer

websocket_urlpatterns = [
    path("ws/assist/<uuid:subject>/", AssistConsumer.as_asgi()),
    path("ws/assist/try/<uuid:subject>/", TrialConsumer.as_asgi()),
]
