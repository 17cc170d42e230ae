"""What a password must be like, and what ends when it is changed."""

from taskers import audit, origin, tokens
from taskers.models import Person


class AccessEnds:
    """A validator that refuses nothing: Django tells validators of every real change, whichever way it came.

    It says nothing where only the hash was renewed. Sessions end by themselves: each knows the hash it began with.
    """

    def validate(self, password: str, user: Person | None = None) -> None:
        """Nothing."""

    def get_help_text(self) -> str:
        return ""

    def password_changed(self, password: str, user: Person | None = None) -> None:
        """Write it down, and end the person's tokens: what was given out under the old password opens nothing.

        The actor is whoever is signed in where it is done, who may not be the person.
        """
        if user is not None:
            audit.record(audit.Kind.PASSWORD_CHANGED, person=user)
            tokens.revoke_all(user, by=origin.here().person, why="password changed")
