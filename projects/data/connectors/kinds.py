"""The kinds of places by name. A new kind is one new file and one line here."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import Any, NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from projects.data.connectors import clouds, server_folder, urls
from projects.data.connectors.files import Files
from taskers.models import Organization


class Asked(NamedTuple):
    """A field of a connector's form."""

    name: str
    label: Promise | str
    help: Promise | str = ""
    widget: str = "text"  # text, long, secret
    required: bool = True


Given = Mapping[str, str]
Kept = tuple[dict[str, Any], dict[str, Any]]  # what is shown, and what is sealed


System = AbstractContextManager[tuple[Any, str]]  # one of fsspec's, and where in it a place leads


class Kind(NamedTuple):
    """What is asked of whoever adds a place of this kind, how that is checked, how its files are reached, and, where it
    can be written to, how that is."""

    key: str
    title: Promise | str
    asked: tuple[Asked, ...]
    check: Callable[[Organization, Given], Kept]  # raises Refused with the place
    opened: Callable[[Organization, Mapping[str, Any], Mapping[str, Any]], AbstractContextManager[Files]]
    system: Callable[[Mapping[str, Any], Mapping[str, Any]], System] | None = None


def _bucket() -> Any:
    """The module of buckets, loaded once somebody reaches for one: its client is as much to load as all of Django."""
    from projects.data.connectors import bucket

    return bucket


def _folder(organization: Organization, given: Given) -> Kept:
    return {"folder": str(server_folder.within(organization, str(given.get("folder", ""))))}, {}


PREFIX = Asked("prefix", _("Only keys that begin with"), required=False)

KINDS: dict[str, Kind] = {
    one.key: one
    for one in (
        Kind(
            "s3",
            _("A bucket that speaks S3"),
            (
                Asked("endpoint", _("Address"), _("Such as https://s3.eu-central-1.amazonaws.com"), required=False),
                Asked("region", _("Region"), required=False),
                Asked("bucket", _("Bucket")),
                PREFIX,
                Asked("key", _("Access key id"), _("Leave it empty for a public bucket."), required=False),
                Asked("secret", _("Secret access key"), _("It is never shown again."), "secret", required=False),
            ),
            lambda _organization, given: _bucket().check(given),
            lambda _organization, settings, secret: _bucket().opened(settings, secret),
            lambda settings, secret: _bucket().as_system(settings, secret),
        ),
        Kind(
            "gcs",
            _("A bucket of Google Cloud Storage"),
            (
                Asked("bucket", _("Bucket")),
                PREFIX,
                Asked(
                    "key",
                    _("Key of a service account"),
                    _("Its JSON, whole. It is never shown again. Leave it empty for a public bucket."),
                    "long",
                    required=False,
                ),
            ),
            lambda _organization, given: clouds.check_google(given),
            lambda _organization, settings, secret: clouds.opened(clouds.GOOGLE, settings, secret),
            lambda settings, secret: clouds.system_of(clouds.GOOGLE, settings, secret),
        ),
        Kind(
            "azure",
            _("A container of Azure Blob Storage"),
            (
                Asked("account", _("Storage account")),
                Asked("bucket", _("Container")),
                PREFIX,
                Asked("key", _("Account key"), _("It is never shown again."), "secret", required=False),
            ),
            lambda _organization, given: clouds.check_azure(given),
            lambda _organization, settings, secret: clouds.opened(clouds.AZURE, settings, secret),
            lambda settings, secret: clouds.system_of(clouds.AZURE, settings, secret),
        ),
        Kind(
            "urls",
            _("A list of addresses"),
            (
                Asked(
                    "urls", _("Addresses"), _("One a line. They may hold keys, so they are never shown again."), "long"
                ),
            ),
            lambda _organization, given: urls.check(given),
            lambda _organization, _settings, secret: urls.opened(secret),
        ),
        Kind(
            "folder",
            _("A folder on the server"),
            (Asked("folder", _("Folder"), _("One that your operator allows, or below one.")),),
            _folder,
            lambda organization, settings, _secret: server_folder.opened(
                server_folder.within(organization, settings["folder"])
            ),
        ),
    )
}
