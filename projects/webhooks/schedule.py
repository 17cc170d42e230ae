"""When a message that couldn't be delivered is tried again: twenty times in about a day, never all at one moment."""

from random import Random

# Seconds before each further try. They add up to a day.
WAITS = (5, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, *[8774] * 9)
TRIES = len(WAITS) + 1
GIVE_UP_AFTER = 24 * 3600 + 2 * 3600  # seconds, whatever the number of tries: waiting for its turn counts too
BROKEN = 3  # failures in a row, those at the same moment counted once, after which a receiver is left alone for a while
LONGEST_PAUSE = 1800  # seconds for which it is
JITTER = 0.1  # of the wait, either way
LONGEST_ASKED = 3600  # seconds that a receiver may ask to be left alone for


def wait(tries: int, dice: Random) -> float:
    """Seconds until the next try after so many that failed, at least one."""
    usual = WAITS[min(tries, len(WAITS)) - 1]
    return usual * dice.uniform(1 - JITTER, 1 + JITTER)


def pause(failures: int, dice: Random) -> float | None:
    """Seconds for which a receiver is left alone that failed so often in a row; None where it isn't yet."""
    return min(LONGEST_PAUSE, wait(failures - BROKEN + 1, dice)) if failures >= BROKEN else None


def asked_for(retry_after: str) -> float:
    """The seconds that a receiver asks for by `Retry-After`; 0 where it names none, or a date."""
    return float(min(int(retry_after), LONGEST_ASKED)) if retry_after.isascii() and retry_after.isdigit() else 0.0
