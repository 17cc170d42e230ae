"""tandem watch: how a project goes on, and what is decided, as it happens."""

import argparse
import time
from typing import Any

from tandem_client.answers import Answers
from tandem_client.client import Tandem
from tandem_client.codec import encoded
from tandem_client.command.batches import batch_of
from tandem_client.command.output import Output
from tandem_client.models import Batch, FeedLine, Progress

SOONEST = 0.5  # seconds between two looks


def add(commands: Any, everywhere: argparse.ArgumentParser) -> None:
    """The command and what it takes."""
    one = commands.add_parser("watch", parents=[everywhere], help="tell progress and new verdicts as they come")
    one.add_argument("--project", required=True, help="its name or id")
    one.add_argument("--batch", help="its name or id; all of the project's are watched otherwise")
    begin = one.add_mutually_exclusive_group()
    begin.add_argument("--from-start", action="store_true", help="tell what was decided before, too")
    begin.add_argument("--from-now", action="store_true", help="tell what is decided from now on: so it is anyway")
    one.add_argument("--until-done", action="store_true", help="end when all tasks that are watched are decided")
    one.add_argument("--every", type=float, default=5.0, metavar="SECONDS", help="how often to ask: 5")
    one.set_defaults(run=watch)


class Told:
    """What was told already."""

    def __init__(self, answers: Answers) -> None:
        self.answers = answers
        self.progress: dict[str, tuple[str, Progress]] = {}


def watch(asked: argparse.Namespace, output: Output) -> None:
    """Until everything is decided where that is asked, else until it is stopped."""
    with Tandem() as tandem:
        project = tandem.projects.find(asked.project)
        only = batch_of(tandem, project.id, asked.batch).id if asked.batch else None
        told = Told(Answers("0" if asked.from_start else tandem.verdicts.end(project.id)))
        while True:
            batches = [tandem.batches.get(only)] if only else list(tandem.batches.list(project.id))
            for line in tandem.follow_verdicts(project.id, told.answers):
                output.show({"verdict": line}, _verdict(line))
                told.answers.by_task.clear()  # only the place is needed
            for batch in batches:
                if told.progress.get(batch.id) != (batch.state, batch.progress):
                    told.progress[batch.id] = (batch.state, batch.progress)
                    output.show({"batch": encoded(batch)}, _progress(batch))
            if asked.until_done and _done(batches):
                return
            time.sleep(max(SOONEST, asked.every))


def _done(batches: list[Batch]) -> bool:
    open_ones = [one for one in batches if one.state in ("draft", "live", "paused")]
    return bool(batches) and all(one.progress.tasks and one.progress.decided >= one.progress.tasks for one in open_ones)


def _progress(batch: Batch) -> str:
    said = batch.progress
    review = f", {said.in_review:,} in review" if said.in_review else ""
    return f"{batch.name} ({batch.state}): {said.decided:,} of {said.tasks:,} tasks decided{review}"


def _verdict(line: FeedLine) -> str:
    sure = f"  {line.confidence:.2f} by {line.method}" if line.confidence is not None else ""
    return f"{line.at:%H:%M:%S}  {line.kind:<10}  {line.external_id}{sure}"
