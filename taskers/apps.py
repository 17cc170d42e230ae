"""The part of people and money, and whom it listens to."""

from django.apps import AppConfig


class TaskersConfig(AppConfig):
    """Hears of sign-ins once the models are there."""

    name = "taskers"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from taskers import sign_ins

        sign_ins.listen()
