"""A tasker's own pages; included at the root."""

from django.urls import path

from projects.web.annotator import comments, correcting, my_list, my_work, own_account

urlpatterns = [
    path("", my_work.home, name="home"),
    path("my-work/", my_work.my_work, name="my-work"),
    path("my-work/rules/<uuid:consequence_id>/contest/", my_work.contest_rule, name="rule-contest"),
    path("my-work/statement/", own_account.page, name="my-statement"),
    path("my-work/statement.csv", own_account.file, name="my-statement-file"),
    path("my-work/payee/", own_account.payee, name="my-payee"),
    path("my-work/quality/", my_work.quality, name="my-quality"),
    path("my-work/lists/<uuid:project_id>/", my_list.page, name="my-list"),
    path("my-work/lists/<uuid:project_id>/open/", my_list.open_task, name="my-list-open"),
    path("my-work/courses/<uuid:project_id>/", my_work.course, name="my-course"),
    path("my-work/questions/", comments.mine, name="my-questions"),
    path("my-work/questions/<uuid:comment_id>/more/", comments.more, name="my-question-more"),
    path("my-work/<uuid:annotation_id>/", my_work.piece, name="my-work-piece"),
    path("my-work/<uuid:annotation_id>/correct/", correcting.page, name="my-work-correct"),
    path("my-work/<uuid:annotation_id>/contest/", my_work.contest, name="my-work-contest"),
]
