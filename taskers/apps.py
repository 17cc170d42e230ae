"""The part of people and money, and what it does once at the start."""

from django.apps import AppConfig


class TaskersConfig(AppConfig):
    """Hears of sign-ins, and tells the secret box where it has something, once the models are there."""

    name = "taskers"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from taskers.credentials import idempotency, second_step_secrets, secret_box, sign_ins
        from taskers.people import payees

        sign_ins.listen()
        secret_box.PLACES.extend([second_step_secrets.PLACE, idempotency.PLACE, payees.PLACE])
