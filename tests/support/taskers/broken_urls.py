"""An address that breaks, to see what people are told then."""

from django.urls import path


def _broken(request):
    raise RuntimeError("broken on purpose")


urlpatterns = [path("broken/", _broken)]
