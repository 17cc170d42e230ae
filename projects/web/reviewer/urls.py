"""Where reviewers work; included below /review/."""

from django.urls import path

from projects.web.reviewer import comments, decisions, returns, review, second_look

urlpatterns = [
    path("", review.waiting, name="review-list"),
    path("next/", review.start, name="review-next"),
    path("decisions/", decisions.page, name="review-decisions"),
    path("<uuid:task_id>/take-back/", decisions.take_back, name="review-take-back"),
    path("second/", second_look.proposals, name="second-looks"),
    path("second/<uuid:task_id>/", second_look.decided, name="second-look"),
    path("second/<uuid:task_id>/dismiss/", second_look.dismiss, name="second-look-dismiss"),
    path("<uuid:task_id>/", review.page, name="review"),
    path("<uuid:task_id>/decide", review.decide, name="review-decide"),
    path("<uuid:task_id>/heartbeat", review.heartbeat, name="review-heartbeat"),
    path("<uuid:task_id>/back", returns.send_back, name="review-back"),
    path("<uuid:task_id>/mistake", returns.note, name="review-mistake"),
    path("<uuid:task_id>/release", review.release, name="review-release"),
    path("comments/<uuid:comment_id>/answer", comments.answer_in_review, name="review-answer"),
    path("<uuid:task_id>/draft", review.draft, name="review-draft"),
]
