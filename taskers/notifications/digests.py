"""What wasn't read yet, mailed to those who chose so: one letter for all of it, never the same thing twice."""

import logging
from datetime import timedelta
from smtplib import SMTPException

from django.conf import settings
from django.core.mail import send_mail
from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from taskers.models import MailDigest, Notification
from taskers.notifications import inbox

logger = logging.getLogger(__name__)

MOST = 50  # things in one letter
# A little less than the rhythm says, so that what is looked at by the hour isn't an hour late.
PAUSES = {MailDigest.Rhythm.HOURLY: timedelta(minutes=55), MailDigest.Rhythm.DAILY: timedelta(hours=23)}


def send_due() -> int:
    """Write to everybody whose time has come and who has something to read; returns how many letters went out."""
    if not settings.EMAIL_HOST:
        return 0
    now = timezone.now()
    due = Q()
    for rhythm, pause in PAUSES.items():
        due |= Q(rhythm=rhythm) & (Q(sent_at=None) | Q(sent_at__lt=now - pause))
    keys = MailDigest.objects.filter(due, person__is_active=True).values_list("pk", flat=True)
    return sum(_send(key) for key in list(keys))


@transaction.atomic
def _send(key: int) -> bool:
    """One letter; what is in it is marked before it goes out: rather lost with a broken server than told twice."""
    digest = MailDigest.objects.select_for_update(skip_locked=True).select_related("person").filter(pk=key).first()
    if digest is None:
        return False
    by_mail = [kind.key for kind, _in_page, mailed in inbox.choices(digest.person) if mailed]
    waiting = Notification.objects.filter(person=digest.person, read_at=None, mailed_at=None, kind__in=by_mail)
    some = list(waiting.order_by("pk")[:MOST])
    if not some:
        return False
    Notification.objects.filter(pk__in=[one.pk for one in some]).update(mailed_at=Now())
    MailDigest.objects.filter(pk=key).update(sent_at=Now())
    with translation.override(digest.person.language or settings.LANGUAGE_CODE):
        subject = ngettext("%(n)s thing to read", "%(n)s things to read", len(some)) % {"n": len(some)}
        body = _letter(some)
    try:
        send_mail(f"Tandem: {subject}", body, None, [digest.person.email])
    except (SMTPException, OSError):
        logger.exception("The mail server took no digest.")
        return False
    return True


def _letter(some: list[Notification]) -> str:
    lines = [f"- {inbox.said(one)}\n  {settings.PUBLIC_ADDRESS}{one.address}" for one in some]
    choices = settings.PUBLIC_ADDRESS + reverse("inbox-choices")
    end = _("What you are told, and how often, is yours to choose: %(address)s") % {"address": choices}
    return "\n".join([*lines, "", end])
