"""A tasker's own pages; included at the root."""

from django.urls import path

from projects import correcting, tasker_pages, tasker_talk

urlpatterns = [
    path("", tasker_pages.home, name="home"),
    path("my-work/", tasker_pages.my_work, name="my-work"),
    path("my-work/courses/<uuid:project_id>/", tasker_pages.course, name="my-course"),
    path("my-work/questions/", tasker_talk.mine, name="my-questions"),
    path("my-work/questions/<uuid:remark_id>/more/", tasker_talk.more, name="my-question-more"),
    path("my-work/<uuid:annotation_id>/", tasker_pages.piece, name="my-work-piece"),
    path("my-work/<uuid:annotation_id>/correct/", correcting.page, name="my-work-correct"),
    path("my-work/<uuid:annotation_id>/contest/", tasker_pages.contest, name="my-work-contest"),
]
