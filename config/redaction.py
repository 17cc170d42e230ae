"""No secret in a log: links that open something, tokens, and queries that carry either.

What is written down is cut where it is formatted, so it doesn't matter which logger said it. A page whose own address
is a secret asks browsers to name only the host in what they ask for next: no proxy's log has it as the referrer.
"""

import re
from collections.abc import Callable
from urllib.parse import unquote

from django.http import HttpRequest, HttpResponseBase

CUT = "…"
END = r"[^/?#&\s\"'<>\\]+"
SLASH = r"(?:/|%2[fF])"
# Each keeps its first group and loses the rest. A slash may be written %2F, as where a link is the `next` of a sign-in.
PATHS = (
    rf"(?<!/people)(?<!%2Fpeople)({SLASH}invitations{SLASH}){END}?(?={SLASH}|[?#&\s\"'<>\\]|$)",
    rf"({SLASH}people{SLASH}password{SLASH}){END}?{SLASH}{END}?(?={SLASH}|[?#&\s\"'<>\\]|$)",
    rf"({SLASH}accounts{SLASH}password{SLASH}reset{SLASH}key{SLASH}){END}?(?={SLASH}|[?#&\s\"'<>\\]|$)",
    rf"({SLASH}accounts{SLASH}confirm-email{SLASH}){END}?(?={SLASH}|[?#&\s\"'<>\\]|$)",
)
NAMES = "access_token|refresh_token|id_token|token|secret|password|passwd|code|key|signature|sig|sessionid|csrftoken"
QUERIES = (
    rf"((?:[?&;]|%26|%3[fF])(?:{NAMES})(?:=|%3[dD])){END}",
    r"(\btdm_)[\w-]{8,}",
    r"(\bBearer\s+)[\w.~+/=-]+",
)
SECRETS = re.compile("|".join(PATHS + QUERIES), re.IGNORECASE)


def redact(text: str) -> str:
    """The text with each secret in it cut out, as in `/invitations/…/`."""
    return SECRETS.sub(lambda found: next(kept for kept in found.groups() if kept) + CUT, text)


class QuietReferrer:
    """Where a page's own address holds a secret, what is asked for next names the host alone."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        asked = unquote(request.get_full_path())
        if redact(asked) != asked:
            # Not `no-referrer`: browsers would then call a form's origin "null", and it would be refused.
            response["Referrer-Policy"] = "strict-origin"
        return response
