"""The copilot's answer to one API request, for clients without a websocket: a session that is opened for it alone."""

import asyncio
import json
import threading
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from asgiref.sync import async_to_sync
from django.conf import settings
from django.utils import translation

from assist.errors import CopilotError
from assist.runtime.client import RuntimeClient
from assist.session.gateway import RequestGateway
from assist.session.session import Session
from taskers.errors import Problem
from taskers.models import Person

ANSWER_SECONDS = 30.0  # for all that one request asks
# Requests that one web process answers at the same time: each holds a thread, a database connection, and a place in the
# runtime's queue.
MAX_REQUESTS_PER_PERSON = 4
MAX_REQUESTS = 16
OPEN = "open"
# The work isn't this person's, or not any more: the request is refused, instead of answered without suggestions.
NO_RIGHT = frozenset({"not-yours", "wrong-token", "not-held"})
# The prompt makes no sense, or not for this task.
BAD_PROMPT = frozenset({"bad-message", "bad-prompt", "outside-image", "too-big"})
Message = dict[str, Any]


class TooManySuggestionRequests(Problem):
    """As many requests as may be wait for suggestions at the moment. Wait until one is answered, then ask again."""

    code = "too-many-suggestions"
    status = 429
    headers = {"Retry-After": "1"}  # seconds


class RequestSlots:
    """Places for so many requests at once, of one person and of all."""

    def __init__(self) -> None:
        self._by_person: Counter[int] = Counter()
        self._lock = threading.Lock()

    @contextmanager
    def taken(self, person_key: int) -> Iterator[None]:
        """A place for this person's request. Raises TooManySuggestionRequests."""
        with self._lock:
            if self._by_person[person_key] >= MAX_REQUESTS_PER_PERSON or self._by_person.total() >= MAX_REQUESTS:
                raise TooManySuggestionRequests()
            self._by_person[person_key] += 1
        try:
            yield
        finally:
            with self._lock:
                self._by_person -= Counter([person_key])  # drops the person at 0


SLOTS = RequestSlots()


@dataclass
class Answers:
    """The messages of a session, by the id of the message that they answer."""

    by_id: dict[str | None, asyncio.Future[Message]] = field(default_factory=dict)

    async def receive(self, frame: str) -> None:
        """Take one frame in. Of the messages of one answer the last one counts: it holds all of it."""
        message = json.loads(frame)
        if message["type"] == "progress" or message.get("more"):
            return
        answer = self.of(message["id"])
        if not answer.done():
            answer.set_result(message)

    def of(self, id: str | None) -> asyncio.Future[Message]:
        """The answer to this message, once it is there."""
        return self.by_id.setdefault(id, asyncio.get_running_loop().create_future())


def suggestions_for(tasker: Person, assignment_id: UUID, token: UUID) -> Message:
    """The suggestions that go out with a claim, as `SuggestionsShape` shows them. The work is claimed already, so this
    raises nothing: `problem` says what went wrong."""
    try:
        return suggest(tasker, assignment_id, token)
    except (CopilotError, TooManySuggestionRequests) as problem:
        return _without_results(problem.code, problem.text)


def suggest(tasker: Person, assignment_id: UUID, token: UUID, prompt: Mapping[str, Any] | None = None) -> Message:
    """The copilot's answer to a prompt as the websocket takes it; without one, to all prompts that point at nothing.
    As `SuggestionsShape` shows it: where the copilot is off, down or too slow, `problem` says so.

    Raises TooManySuggestionRequests, and CopilotError where the work isn't in this person's hands with this token
    (NO_RIGHT) or the prompt makes no sense (BAD_PROMPT).
    """
    with SLOTS.taken(tasker.pk):
        return async_to_sync(_suggest)(tasker.pk, assignment_id, token, prompt, translation.get_language() or "en")


async def _suggest(
    person_key: int, assignment_id: UUID, token: UUID, prompt: Mapping[str, Any] | None, language: str
) -> Message:
    answers, runtime = Answers(), RuntimeClient(settings.RUNTIME_ADDRESS)
    session = Session(RequestGateway(person_key, assignment_id), runtime, answers.receive, _hang_up, language)
    suggestions = _without_results("too-slow", translation.gettext(CopilotError("too-slow").text))
    try:
        async with asyncio.timeout(ANSWER_SECONDS):
            await session.hear(json.dumps({"type": "open", "id": OPEN, "token": str(token)}))
            ready = await answers.of(OPEN)
            if ready["type"] == "error":
                return _without_results(*_code_and_text(ready))
            suggestions |= {"capability": ready["capability"], "model": ready["model"]}
            problems = []
            for each in [prompt] if prompt else _prompts(ready):
                answer = await _answer(session, answers, each)
                if answer["type"] == "error":
                    problems.append(_code_and_text(answer))
                else:
                    suggestions["results"].append(answer)
            suggestions["problem"] = _problem(*problems[0]) if problems else None
    except TimeoutError:
        pass  # the problem says so, beside what was answered in time
    finally:
        await session.close()
        await runtime.close()
    return suggestions


def _prompts(ready: Message) -> Sequence[Mapping[str, Any]]:
    """All prompts that point at nothing."""
    if ready["capability"] != "segment":
        return [{"text": True}]
    return [{name: True} for name in ("imported", "boxes") if ready[name]]


async def _answer(session: Session, answers: Answers, prompt: Mapping[str, Any]) -> Message:
    id = f"prompt-{len(answers.by_id)}"
    await session.hear(json.dumps({"type": "prompt", "id": id, "prompt": prompt}))
    waits = [answers.of(id), answers.of(None)]  # a message that can't be read is refused without its id
    done, _ = await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    return done.pop().result()


def _code_and_text(error: Message) -> tuple[str, str]:
    """Why there is no answer. Raises CopilotError where the request itself is refused for it."""
    if error["code"] in NO_RIGHT | BAD_PROMPT:
        raise CopilotError(error["code"], error["text"])
    return error["code"], error["text"]


def _without_results(code: str, text: str) -> Message:
    return {"capability": "", "model": "", "results": [], "problem": _problem(code, text)}


def _problem(code: str, text: str) -> Message:
    return {"code": code, "text": text}


async def _hang_up(code: int) -> None:
    """Nothing to do: there is no line to cut, and the message before it said why."""
