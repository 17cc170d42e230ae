"""What can go wrong, by what a program would do about it. The message is for people: what happened, and where."""

from typing import Any


class TandemError(Exception):
    """Anything that this package raises by itself."""

    advice = ""  # what to do, in one sentence

    @property
    def code(self) -> str:
        """What it is, for programs."""
        return "client-error"

    def said(self) -> dict[str, Any]:
        """The same for a program that reads it as JSON."""
        return {"code": self.code, "detail": str(self), "advice": self.advice}


class Unreachable(TandemError):
    """The server can't be reached, or went silent."""

    advice = "See whether the address is right and the server runs, then ask again."

    @property
    def code(self) -> str:
        return "unreachable"


class IncompleteAnswer(Unreachable):
    """The answer began well and broke off."""

    advice = (
        "Nothing incomplete is under the file's name. Ask again; if it breaks off each time, look for the request in "
        "the server's log, or order a delivery instead."
    )

    @property
    def code(self) -> str:
        return "incomplete-answer"


class UnexpectedAnswer(TandemError):
    """Something answered, and not as Tandem does: another program, or a version too far from this one."""

    advice = "See whether the address is Tandem's, and whether this package is of the server's version."

    @property
    def code(self) -> str:
        return "unexpected-answer"


class NoLogin(TandemError):
    """Nobody said which server, or with which token."""

    advice = "Sign in with `tandem login`, or set TANDEM_SERVER and TANDEM_TOKEN."

    @property
    def code(self) -> str:
        return "no-login"


class BadSignature(TandemError):
    """A message that isn't from who it says, or is too old."""

    advice = "Answer 401 and do nothing with it; see whether the secret is the webhook's."

    @property
    def code(self) -> str:
        return "bad-signature"


class BadInput(TandemError):
    """What was given here can't be sent: a file that isn't there, a row that is no JSON."""

    @property
    def code(self) -> str:
        return "bad-input"


class NotThere(BadInput):
    """Nothing that is yours to see has this name."""

    @property
    def code(self) -> str:
        return "not-found"


class FileChanged(TandemError):
    """A file isn't any more what it was when it was begun to be sent."""

    advice = "Send it again once nobody writes to it."

    @property
    def code(self) -> str:
        return "file-changed"


class DeliveryFailed(TandemError):
    """The server couldn't make a delivery."""

    advice = "Mend what the reason says; then order another, or have this one made again on the project's page Export."

    @property
    def code(self) -> str:
        return "delivery-failed"


class ImportFailed(TandemError):
    """The server took a file and couldn't load it."""

    advice = "Correct the file and send it again: rows that went in before are known and stay as they are."

    @property
    def code(self) -> str:
        return "import-failed"


class ApiError(TandemError):
    """The server said no: an RFC 9457 problem with Tandem's `code`, the place in the input, and the request's id."""

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        *,
        place: str = "",
        request: str = "",
        retry_after: float | None = None,
    ) -> None:
        super().__init__(f"{detail} ({place})" if place else detail)
        self.status, self.detail, self.place, self.request = status, detail, place, request
        self.retry_after = retry_after
        self._code = code

    @property
    def code(self) -> str:
        """Tandem's code of the problem, which never changes its meaning."""
        return self._code

    def said(self) -> dict[str, Any]:
        return super().said() | {
            "detail": self.detail,
            "status": self.status,
            "place": self.place,
            "request": self.request,
        }


class NotSignedIn(ApiError):
    """The token is missing, unknown, expired or revoked."""

    advice = "Make a token on your profile page and sign in with `tandem login`."


class NotAllowed(ApiError):
    """The token's person may not do this."""

    advice = "Ask your office for the role, or use the token of somebody who has it."


class NotFound(ApiError):
    """There is nothing there, or it isn't yours to see."""

    advice = "See whether the id is right, and whether the token is of the organization that owns it."


class Conflict(ApiError):
    """Somebody or something was there first."""


class Invalid(ApiError):
    """It was read, and can't be taken."""


class TooManyRequests(ApiError):
    """Too much at once, and waiting didn't help."""

    advice = "Ask again later, or ask for less at once."


class ServerFault(ApiError):
    """The server failed, and asking again didn't help."""

    advice = "Ask again later; if it stays, send whoever runs the server the request's id."


_BY_STATUS = {401: NotSignedIn, 403: NotAllowed, 404: NotFound, 409: Conflict, 412: Conflict, 429: TooManyRequests}


def kind_of(status: int) -> type[ApiError]:
    """The exception for a status."""
    return _BY_STATUS.get(status) or (ServerFault if status >= 500 else Invalid)
