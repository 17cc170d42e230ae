"""The part of people and money, and what it does once at the start."""

import threading

import scipy
from django.apps import AppConfig


class TaskersConfig(AppConfig):
    """Hears of sign-ins, and tells the secret box where it has something, once the models are there."""

    name = "taskers"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from taskers.credentials import idempotency, second_step_secrets, secret_box, sign_ins
        from taskers.people import payees

        one_part_at_a_time()
        sign_ins.listen()
        secret_box.PLACES.extend([second_step_secrets.PLACE, idempotency.PLACE, payees.PLACE])


def one_part_at_a_time() -> None:
    """Have one thread at a time read parts of scipy, which it reads when they are first asked for: two that ask at once
    for parts which need each other find the other's half read, and fail."""
    reading, read = threading.RLock(), scipy.__getattr__

    def in_turn(name: str) -> object:
        with reading:
            return read(name)

    scipy.__getattr__ = in_turn
