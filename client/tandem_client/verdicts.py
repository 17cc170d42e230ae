"""Verdicts as they are decided, superseded, reopened, archived: a feed that misses nothing."""

import time
from collections.abc import Callable, Iterator

from tandem_client.answers import Answers, Keeping
from tandem_client.lists import pages
from tandem_client.models import FeedLine
from tandem_client.transport import Request, Transport, at


class Verdicts:
    """The feeds of the projects that the token's person manages."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def pages(self, project_id: str, after: str = "0") -> Iterator[tuple[list[FeedLine], str]]:
        """What was told after a place, up to now, in pages; each with the place to go on from."""
        for found, reached in pages(
            self._transport, at("projects", project_id, "verdicts"), FeedLine, after=after or "0"
        ):
            yield found, reached or after

    def end(self, project_id: str) -> str:
        """The place in the feed where it ends now: after it comes what is told from now on."""
        answer = self._transport.ask(Request("GET", at("projects", project_id, "verdicts"), query={"after": "end"}))
        return str(answer["next"])

    def follow(
        self,
        project_id: str,
        answers: Keeping | None = None,
        *,
        every: float | None = None,
        sleep: Callable[[float], object] = time.sleep,
    ) -> Iterator[FeedLine]:
        """Each change since `answers.after`, which has it taken already: they hold exactly the answers that stand.

        It ends where the feed does; with `every`, it asks again after so many seconds and never ends. A line is done
        with when the next one is asked for: whoever is stopped before is told it once more by the next run.
        """
        kept = Answers() if answers is None else answers
        while True:
            for found, reached in self.pages(project_id, kept.after):
                for line in found:
                    kept.take(line)
                    yield line
                if reached != kept.after:
                    kept.reached(reached)
            if every is None:
                return
            sleep(every)
