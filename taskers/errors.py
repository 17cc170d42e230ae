"""What can go wrong, as named errors. Each becomes a page notice in HTML and problem+json (RFC 9457) in the API."""


class Problem(Exception):
    """Something was refused, with the reason and the place.

    `code` is for programs (kebab-case), `text` one sentence for a person, `place` where in the input it happened
    ("regions[2].label", "line 14", or ""), `status` the HTTP status that fits.
    """

    code = "problem"
    status = 400

    def __init__(self, text: str = "", *, code: str = "", place: str = "", status: int = 0) -> None:
        self.text = text or (self.__doc__ or "").strip().splitlines()[0]
        self.code = code or type(self).code
        self.place = place
        self.status = status or type(self).status
        super().__init__(self.text)

    def as_json(self) -> dict:
        """The body of an `application/problem+json` answer."""
        return {
            "type": f"urn:tandem:problem:{self.code}",
            "title": self.code.replace("-", " "),
            "status": self.status,
            "detail": self.text,
            "code": self.code,
            "place": self.place,
        }


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


class KeyReused(Problem):
    """This key was already used for something else."""

    code = "key-reused"
    status = 409
