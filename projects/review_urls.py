"""Where reviewers work; included below /review/."""

from django.urls import path

from projects import review

urlpatterns = [
    path("", review.waiting, name="review-list"),
    path("next/", review.start, name="review-next"),
    path("<uuid:task_id>/", review.page, name="review"),
    path("<uuid:task_id>/decide", review.decide, name="review-decide"),
    path("<uuid:task_id>/heartbeat", review.heartbeat, name="review-heartbeat"),
    path("<uuid:task_id>/release", review.release, name="review-release"),
    path("<uuid:task_id>/draft", review.draft, name="review-draft"),
]
