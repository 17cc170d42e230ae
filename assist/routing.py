"""The websocket addresses of this app."""

from django.urls import path

from assist.consumers import AssistConsumer

websocket_urlpatterns = [path("ws/assist/<uuid:assignment_id>/", AssistConsumer.as_asgi())]
