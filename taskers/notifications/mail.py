"""Mail, where a mail server is configured. Everything mailed can also be copied from the page."""

import logging
from smtplib import SMTPException

from django.conf import settings
from django.core.mail import send_mail
from django.utils.translation import gettext as _

from taskers.models import Invitation

logger = logging.getLogger(__name__)


def send_invitation(invitation: Invitation, link: str) -> bool:
    """Mail an invitation's link to its address; says whether it went out. A broken mail server stops nothing."""
    if not settings.EMAIL_HOST:
        return False
    # A name from before names were kept on one line must not break the head of the letter.
    organization, by = (" ".join(one.split()) for one in (invitation.organization.name, str(invitation.invited_by)))
    body = _(
        "%(by)s invites you to %(organization)s on Tandem, as %(role)s.\n\nOpen this link to come in:\n%(link)s\n\n"
        "It works once, until %(until)s."
    ) % {
        "by": by,
        "organization": organization,
        "role": invitation.get_role_display(),  # type: ignore[attr-defined]
        "link": link,
        "until": f"{invitation.expires_at:%Y-%m-%d}",
    }
    try:
        send_mail(_("%(by)s invites you to Tandem") % {"by": by}, body, None, [invitation.email])
    except (SMTPException, OSError):
        logger.exception("The mail server took no invitation.")
        return False
    return True
