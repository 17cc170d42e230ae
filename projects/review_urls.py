"""Where reviewers work; included below /review/."""

urlpatterns: list = []
