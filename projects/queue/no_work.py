"""The answer when there is nothing to hand out."""

from dataclasses import dataclass

from django.utils.translation import gettext as _


@dataclass(frozen=True)
class Nothing:
    """There is nothing to hand out: why, in words, and in how many seconds asking again may help."""

    code: str
    text: str
    retry_seconds: int | None = None


class AskAgain(Exception):
    """There is work, but not at this very moment: others have it locked, or it just came back."""


def not_live() -> Nothing:
    """A project that isn't live."""
    return Nothing("project-not-live", _("This project isn't handing out work at the moment."))


def none_live() -> Nothing:
    """None of an organization's projects is."""
    return Nothing("all-done", _("No project hands out work to you at the moment."))


def crowded() -> Nothing:
    """There is work, but each time it was asked for others were at it."""
    return Nothing("ask-again", _("Everybody is asking at once; trying again."), retry_seconds=1)


def all_done() -> Nothing:
    """This tasker did something here; nothing is left for them, and nothing will come back."""
    return Nothing("all-done", _("You have done everything there is for you here. Thank you!"))


def done_by_others() -> Nothing:
    """Nothing is left, and this tasker did none of it."""
    return Nothing("all-done", _("Everything here is done already."))


def for_others() -> Nothing:
    """What is open isn't for this tasker, who did none of it: they are kept apart from whoever did."""
    return Nothing("all-done", _("What is left here is for others."))


def nothing_yet() -> Nothing:
    """A project without tasks."""
    return Nothing("empty", _("There are no tasks here yet."))


def stopped() -> Nothing:
    """There are tasks, and none of them is handed out: they wait for their manager, or are over."""
    return Nothing("empty", _("Nothing is handed out here at the moment."))


def training_first() -> Nothing:
    """A course is to be passed before this."""
    text = _("This project begins with a course, one image at a time: leave this page and open the project again.")
    return Nothing("training-first", text)


def nothing_listed() -> Nothing:
    """A project where people work by list, for somebody with nothing left on theirs."""
    text = _("Nothing on your list is open here. Tasks come as soon as somebody puts them on it.")
    return Nothing("nothing-listed", text, retry_seconds=60)


def waiting(seconds: float) -> Nothing:
    """What is left is in others' hands; the first of it may come back in so many seconds."""
    minutes = max(1, round(seconds / 60))
    text = _("Others are working on what is left. If they don't finish, it comes back in about %(minutes)s min.")
    return Nothing("waiting", text % {"minutes": minutes}, retry_seconds=max(5, min(int(seconds), 60)))


def loading(since: float) -> Nothing:
    """A file has been on its way in for so many seconds; the longer it takes, the more rarely people ask."""
    text = _("Tasks are being loaded here. The first is yours as soon as it is in.")
    return Nothing("loading", text, retry_seconds=max(2, min(int(since / 5), 30)))
