"""What stops a start: always one sentence for the person at the terminal, never a traceback."""


class CannotStart(Exception):
    """Tandem, or a part of it, cannot start; the text says what is wrong, where, and what to do."""
