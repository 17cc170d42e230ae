"""What there is to be told of, each kind once: its name, what it says to people, and whether it is about money."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True)
class Kind:
    """A kind of message. What is about money is told to an organization's own subscriptions alone."""

    name: str
    title: str | Promise
    money: bool = False

    @property
    def of_task(self) -> bool:
        return self.name.startswith("task.")


ALL = (
    Kind("task.decided", _("A task is decided")),
    Kind("task.superseded", _("A task is decided anew")),
    Kind("task.reopened", _("A task is asked again")),
    Kind("task.archived", _("A decided task goes into the archive")),
    Kind("task.cancelled", _("A task is cancelled undecided")),
    Kind("batch.done", _("All tasks of a batch are decided")),
    Kind("batch.closed", _("A batch is closed")),
    Kind("batch.cancelled", _("A batch is cancelled")),
    Kind("import.done", _("A file is loaded")),
    Kind("import.failed", _("A file couldn't be loaded")),
    Kind("model.deployed", _("A model answers in a project, or for another share of it")),
    Kind("model.withdrawn", _("A model answers no more")),
    Kind("model.evaluated", _("A model was compared with the one that answers")),
    Kind("model.rollout", _("A model on its way to answer went a step on, was held, or went back")),
    Kind("delivery.done", _("A delivery is made")),
    Kind("delivery.failed", _("A delivery couldn't be made")),
    Kind("payout.paid", _("A payout is paid"), money=True),
)
KINDS = {one.name: one for one in ALL}
OF_TASKS = [one.name for one in ALL if one.of_task]
PING = "ping"
