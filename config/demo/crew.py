"""The people who did the work of the past weeks, and how each of them answers."""

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple
from uuid import uuid4

from config.demo import calls, minutes
from projects import queue
from projects.models import Assignment, Project
from projects.workflow import submission
from projects.workflow.comments import saying
from taskers.audit import origin, trail
from taskers.models import Person

Offers = Sequence[Any]  # assist's, where it is installed
Course = Iterator[float]  # what somebody does; gives the seconds until they go on


class Worker(NamedTuple):
    """Somebody of the crew: how often they are right by themselves, their seconds for a call, how often they take a
    suggestion that they would not have made, and from which hour they work."""

    email: str
    name: str
    skill: float
    seconds: float
    led: float
    hour: int


CREW = (
    Worker("sofia@riverside.example", "Sofia Marchetti", 0.95, 17, 0.05, 8),
    Worker("daniel@riverside.example", "Daniel Osei", 0.96, 11, 0.1, 9),
    Worker("mei@riverside.example", "Mei-Ling Chow", 0.93, 20, 0.1, 8),
    Worker("rafael@riverside.example", "Rafael Duarte", 0.9, 15, 0.25, 13),
    Worker("ewa@riverside.example", "Ewa Nowak", 0.88, 31, 0.2, 10),
    Worker("tariq@riverside.example", "Tariq Haddad", 0.84, 23, 0.4, 14),
)
CARELESS = Worker("brian@riverside.example", "Brian Keller", 0.15, 4, 0.2, 9)

COMMENTS = (
    ("manager", "Two things in one call. Which of them counts?"),
    ("reviewer", "I chose what has to be done first; the other office will want to know, too."),
    ("manager", "The caller doesn't say which street. Do we guess?"),
    ("reviewer", "Could be either. I went by what is asked for, not by where it is."),
    ("manager", "Is there an office for things that cross the county line?"),
    ("manager", "Should I mark this one as broken, or choose by the one word that is there?"),
)
AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"


@dataclass(frozen=True)
class Desk:
    """A project that is worked at: what its tasks are, by external id, and how somebody answers one."""

    project: Project
    items: Mapping[str, Any]
    right: Callable[[Any], dict]  # the answer that the office holds right
    answer: Callable[[Worker, Any, Offers, random.Random], tuple[dict, list[str]]]
    offer: Callable[[Assignment, Person, Any, random.Random], Offers]  # what the copilot offers for it
    times: float  # as long as a call takes
    helped: float  # share of the time that it takes with the copilot


def sign_in(person: Person, address: int, outcome: str = trail.Outcome.DONE) -> None:
    """Somebody comes in, from the office's network."""
    with origin.coming_from(origin.Origin(f"198.51.100.{address}", AGENT)):
        trail.record(trail.Kind.SIGN_IN, actor=person, person=person, outcome=outcome)


def sit(
    worker: Worker, person: Person, desk: Desk, number: int, dice: random.Random, comments: list[tuple[str, str]]
) -> Course:
    """Somebody at a desk: the next task, an answer, and so on, until that many are done or nothing is left.

    `comments` are what is to be said of hard tasks, to whom and in which words.
    """
    sign_in(person, 20 + person.pk % 200)
    for _ in range(number):
        mine = queue.claim(person, desk.project, rng=dice)
        if not isinstance(mine, Assignment) or mine.token is None:
            return
        item = desk.items[mine.task.external_id]
        offers = desk.offer(mine, person, item, dice) if mine.copilot else []
        seconds = worker.seconds * desk.times * dice.lognormvariate(0, 0.35) * (desk.helped if offers else 1)
        yield seconds
        fallen = dice.random()
        if item.text.startswith(calls.CUT_OFF) and worker.skill > 0.8:
            queue.report(mine, person, mine.token, note="Nothing was noted of this call.")
        elif fallen < 0.01:
            queue.skip(mine, person, mine.token, reason=dice.choice(["unclear", "too-hard"]))
        elif fallen < 0.014:
            return  # called away; the lease runs out
        else:
            if comments and getattr(item, "hard", False):
                to, words = comments.pop(0)
                saying.say(mine, person, uuid4(), to=to, words=words)
            answer, refused = desk.answer(worker, item, offers, dice)
            submission.submit(mine, person, mine.token, answer, active_ms=int(seconds * 1000), refused=refused)
        yield dice.uniform(1, 4)


def chosen(label: str, offer: Any = None) -> dict:
    """The answer of a classification, taken from an offer or by oneself."""
    return {"fields": [{"field": "label", "kind": "choice", "value": label, "provenance": _from(offer)}]}


def of_call(worker: Worker, call: calls.Call, offers: Offers, dice: random.Random) -> tuple[dict, list[str]]:
    """What somebody says of a call, and which offers they turned down."""
    label = call.right
    if dice.random() > worker.skill - 0.45 * call.hard:
        label = call.rival if call.hard or dice.random() < 0.6 else dice.choice(list(calls.ABOUT))
    if not offers:
        return chosen(label), []
    (offer,) = offers
    if offer.output["value"] == label or dice.random() < worker.led:
        return chosen(offer.output["value"], offer), []
    return chosen(label), [str(offer.public_id)]


def marked(spans: Sequence[tuple[int, int, str]], offers: Offers = ()) -> dict:
    """The answer of spans; each that an offer was the same as, or lay over, is taken from it."""
    return {
        "spans": [
            {"id": f"s{index}", "start": start, "end": end, "label": label, "attributes": {}}
            | {"provenance": _from(_under(offers, start, end), start, end, label)}
            for index, (start, end, label) in enumerate(spans)
        ]
    }


def of_entry(worker: Worker, entry: minutes.Entry, offers: Offers, dice: random.Random) -> tuple[dict, list[str]]:
    """What somebody marks in an entry, and which offers they turned down. An offer reminds them of what they missed."""
    slips, spans = 1 - worker.skill, []
    for start, end, label in entry.right:
        if dice.random() < slips * (0.3 if _under(offers, start, end) else 1):
            continue
        if dice.random() < slips * 0.5:
            start += entry.text[start:end].find(" ") + 1
        if dice.random() < slips * 0.5 and label in ("organization", "place"):
            label = "place" if label == "organization" else "organization"
        spans.append((start, end, label))
    taken = [_under(offers, start, end) for start, end, _label in spans]
    return marked(spans, offers), [str(one.public_id) for one in offers if one not in taken]


def _under(offers: Offers, start: int, end: int) -> Any:
    return next((one for one in offers if one.output["start"] < end and start < one.output["end"]), None)


def _from(offer: Any, *span: object) -> dict:
    if offer is None:
        return {"source": "human"}
    same = not span or [offer.output[name] for name in ("start", "end", "label")] == list(span)
    return {"source": "suggestion" if same else "edited", "suggestion": str(offer.public_id)}
