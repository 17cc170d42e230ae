"""What can go wrong, as named errors. Each becomes a page notice in HTML and problem+json (RFC 9457) in the API.

The first line of an error's docstring is what a person reads, in their language where the catalogue has it.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.utils.translation import gettext

from taskers.telemetry import request_ids

MEDIA_TYPE = "application/problem+json"
# What a place in the input may be called, before its number or name; all else in a place is a name of the input's own.
PLACES = {
    "action": "action %(name)s",
    "annotation": "annotation %(name)s",
    "byte": "byte %(name)s",
    "column": "column %(name)s",
    "document": "document %(name)s",
    "frame": "frame %(name)s",
    "item": "item %(name)s",
    "line": "line %(name)s",
    "object": "object %(name)s",
    "part": "part %(name)s",
    "point": "point %(name)s",
    "row": "row %(name)s",
    "span": "span %(name)s",
    "token": "token %(name)s",
    "track": "track %(name)s",
}


class Word(str):
    """A value in a sentence that is a word of ours, such as "a number", and so is said in the reader's language too."""


class Place(str):
    """A value in a sentence that is a place in the input, such as "line 14": said in the reader's language too."""


class Sentence(str):
    """A sentence with values in it that remembers what it was made of, so that it can be said in another language."""

    template: str = ""
    values: Mapping[str, object] = {}


def sentence(template: str, /, **values: object) -> Sentence:
    """ "%(name)s is open" with its values, in the reader's language where the catalogue has it."""
    said = {name: _said(one) for name, one in values.items()}
    made = Sentence(gettext(template) % said if said else gettext(template))
    made.template, made.values = template, values
    return made


def where(place: str) -> str:
    """A place in the input as a page names it: "a.jsonl, line 14" with its words in the reader's language. Programs
    read it as it stands."""
    return ", ".join(_named_place(one) for one in place.split(", "))


def _said(value: object) -> object:
    if isinstance(value, Word):
        return gettext(value)
    return where(value) if isinstance(value, Place) else value


def _named_place(part: str) -> str:
    kind, _, name = part.partition(" ")
    ours = name.isdecimal() or kind == "column" and name
    return gettext(PLACES[kind]) % {"name": name} if ours and kind in PLACES else part


class Problem(Exception):
    """Something was refused, with the reason and the place.

    `code` is for programs (kebab-case), `text` one sentence for a person, `place` where in the input it happened
    ("regions[2].label", "line 14", or ""), `status` the HTTP status that fits.

    A sentence with values in it is given as a template, "%(name)s is open", and they by name, so that who refuses needs
    to know no language: it is said in the one that is in force where the text is read, as on the wire.
    """

    code = "problem"
    status = 400
    headers: Mapping[str, str] = {}  # of its answer

    def __init__(self, text: str = "", *, code: str = "", place: str = "", status: int = 0, **values: object) -> None:
        self.template = text or (self.__doc__ or "").strip().splitlines()[0]
        self.values: dict[str, Any] = values
        self.code = code or type(self).code
        self.place = place
        self.status = status or type(self).status
        super().__init__(self.template)

    def __str__(self) -> str:
        return self.text

    @property
    def text(self) -> str:
        """The sentence, in the reader's language where the catalogue has it."""
        return str(self.sentence)

    @property
    def sentence(self) -> Sentence:
        """The same, such that it can be kept with what it was made of."""
        return sentence(self.template, **self.values)

    def kept(self) -> dict[str, Any]:
        """Its place and what its sentence was made of, to be kept beside the text (`reason_again`)."""
        return {"place": self.place} | made_of(self.sentence)

    def as_json(self) -> dict:
        """The body of an `application/problem+json` answer; `request` is the one to look for in the log."""
        id = request_ids.current()
        return {
            "type": f"urn:tandem:problem:{self.code}",
            "title": self.code.replace("-", " "),
            "status": self.status,
            "detail": self.text,
            "code": self.code,
            "place": self.place,
        } | ({"request": id} if id else {})


def said_again(kept: str, templates: Iterable[str]) -> str:
    """A sentence that was kept in English, in the reader's language: made anew of the template that it came from and
    the values in it, each of which may be such a sentence itself. What came from none is said as it stands."""
    known = list(templates)
    for template in known:
        if found := _made_from(template).fullmatch(kept):
            values = {
                name: said_again(value, known) if name == "why" else _words_again(value, known)
                for name, value in found.groupdict().items()
            }
            return gettext(template) % values if values else gettext(template)
    return kept


def made_of(text: str) -> dict[str, Any]:
    """What a sentence with values was made of, to be kept beside it; nothing of one that says all by itself."""
    if not isinstance(text, Sentence) or not text.values:
        return {}
    used = {name: one for name, one in text.values.items() if f"%({name})s" in text.template}
    return {
        "template": text.template,
        "values": {name: str(one) for name, one in used.items()},
        "words": [name for name, one in used.items() if isinstance(one, Word)],
        "places": [name for name, one in used.items() if isinstance(one, Place)],
    }


def told_again(text: str, kept: Mapping[str, Any]) -> str:
    """A sentence that was kept in English, in the reader's language: made anew of what was kept beside it, or looked up
    as it stands."""
    if "template" not in kept:
        return gettext(text) if text else ""
    kinds = dict.fromkeys(kept["words"], Word) | dict.fromkeys(kept.get("places", ()), Place)
    return sentence(kept["template"], **{name: kinds.get(name, str)(one) for name, one in kept["values"].items()})


# Kept of what hasn't failed, or is tried anew: both fields of a reason at once.
NO_REASON: dict[str, Any] = {"reason": "", "reason_of": {}}


def reason_again(reason: str, kept: Mapping[str, Any]) -> str:
    """Why something failed as a whole, of a problem that was `kept`: in the reader's language, and where."""
    if not reason:
        return ""
    said, place = told_again(reason, kept), kept.get("place")
    return f"{said} ({where(place)})" if place else said


def _words_again(listed: str, known: Sequence[str]) -> str:
    """A value, which may be a list of words of ours."""
    return ", ".join(gettext(one) if one in known else one for one in listed.split(", "))


def _made_from(template: str) -> re.Pattern[str]:
    """What sentences look like that this template made."""
    texts = re.split(r"%\((\w+)\)s", template)
    return re.compile("".join(f"(?P<{one}>.+)" if at % 2 else re.escape(one) for at, one in enumerate(texts)), re.S)


class NotAllowed(Problem):
    """You may not do this here."""

    code = "not-allowed"
    status = 403


class NotFound(Problem):
    """There is nothing at this address, or it isn't yours to see."""

    code = "not-found"
    status = 404


class StateConflict(Problem):
    """Somebody or something else was there first; look again."""

    code = "state-conflict"
    status = 409


class FormsAlone(Problem):
    """This address takes what a form sends: go back to the form’s page. Nothing was sent just now."""

    code = "method-not-allowed"
    status = 405


class KeyReused(Problem):
    """This key was already used for something else."""

    code = "key-reused"
    status = 409


class Unstorable(Problem):
    """There is a character or number here that can't be kept: NUL, half of a pair, NaN or infinity. Take it out."""

    code = "unstorable"
    status = 400


class StorageFull(Problem):
    """The server's disk is full: nothing of this was kept. Tell whoever runs this Tandem."""

    code = "storage-full"
    status = 507


class DatabaseAway(Problem):
    """The database doesn't answer just now, so nothing of this was saved. Try again in a moment."""

    code = "database-away"
    status = 503
    headers = {"Retry-After": "5"}  # seconds


class Unexpected(Problem):
    """Something unexpected went wrong (%(kind)s)."""

    code = "unexpected"
    status = 500
