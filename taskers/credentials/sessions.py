"""Sessions as Django keeps them in the database; what each click asks for is a prepared statement."""

from django.contrib.sessions.backends import db
from django.contrib.sessions.models import Session
from django.utils import timezone

from taskers.database.prepared import ask_models, columns

LIVE = f"""
SELECT {columns(Session, "s")} FROM django_session s
WHERE s.session_key = %(key)s::text AND s.expire_date > %(now)s::timestamptz
"""


class SessionStore(db.SessionStore):
    """The settings name this module (SESSION_ENGINE)."""

    def _get_session_from_db(self) -> Session | None:
        found = ask_models(LIVE, {"key": self.session_key, "now": timezone.now()}, s=Session)
        if not found:
            self._session_key = None
            return None
        return found[0][0]
