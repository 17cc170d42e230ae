"""Programs that work with somebody's API token on a running Tandem."""

from tandem_client import Tandem
from tests.support.browser.site import Site

ISSUE = """
from taskers.credentials import tokens
from taskers.models import Organization, Person
person = Person.objects.get(email="{name}@riverside.example")
owner = Organization.objects.get(pk=person.memberships.first().organization_id)
print(tokens.issue(person, owner, name="Pipeline", scopes=["{scope}"])[1])
"""


def secret_of(site: Site, name: str, scope: str) -> str:
    """A new token of one of the demo's people."""
    return site.script(ISSUE.format(name=name, scope=scope))


def program(site: Site, name: str, scope: str) -> Tandem:
    """A client that is signed in as one of them."""
    return Tandem(site.url, secret_of(site, name, scope))
