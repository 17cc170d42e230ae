"""An address outside, read strictly and once: what is checked is what the request is then made of.

Parsers differ over odd addresses, and a guard that reads one otherwise than the client does is none. Whatever two could
read differently is refused: names and passwords, backslashes, blanks, numbers that are no plain IPv4 address.
"""

import re
from dataclasses import dataclass
from ipaddress import AddressValueError, IPv4Address, IPv6Address
from urllib.parse import quote, urljoin, urlsplit

import idna

from taskers.errors import Problem

LONGEST = 2000
PORTS = {"https": 443, "http": 80}
AUTHORITY = re.compile(r"(\[[0-9a-fA-F:.]+\]|[^\[\]:]+)(?::([0-9]{1,5}))?")
LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
SAFE = "/%:@!$&'()*+,;=~?"


class BadAddress(Problem):
    """This is no address that can be asked: https://, a host, perhaps a port, and a path."""

    code = "bad-address"
    status = 422


@dataclass(frozen=True)
class Destination:
    """Where a request would go. `host` is in lower case and ASCII, without a dot at its end: a name, or an address as
    Python writes it."""

    scheme: str
    host: str
    port: int
    path: str  # with the query

    @property
    def address(self) -> IPv4Address | IPv6Address | None:
        """Where it is an address already, and no name."""
        return _literal(self.host)

    @property
    def authority(self) -> str:
        """What stands in the header `Host`."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def origin(self) -> str:
        return f"{self.scheme}://{self.authority}"

    def __str__(self) -> str:
        return f"{self.origin}{self.path}"


def read(url: str) -> Destination:
    """The parts of an address. Raises BadAddress."""
    if len(url) > LONGEST or not url.isprintable() or any(one in url for one in " \\\u3000\xa0"):
        raise BadAddress()
    try:
        parts = urlsplit(url)
    except ValueError:
        raise BadAddress() from None
    found = AUTHORITY.fullmatch(parts.netloc)
    if parts.scheme.lower() not in PORTS or found is None or "@" in parts.netloc:
        raise BadAddress()
    scheme, port = parts.scheme.lower(), int(found[2] or 0)
    if found[2] and not 0 < port < 65536:
        raise BadAddress()
    path = quote(parts.path or "/", safe=SAFE) + (f"?{quote(parts.query, safe=SAFE)}" if parts.query else "")
    return Destination(scheme, host_of(found[1]), port or PORTS[scheme], path)


def redirected(before: Destination, location: str) -> Destination:
    """Where an answer leads on to, to be checked like any other. Raises BadAddress, also where it leaves https."""
    after = read(urljoin(str(before), location))
    if before.scheme == "https" != after.scheme:
        raise BadAddress("This leads from https to http.")
    return after


def host_of(text: str) -> str:
    """A host as it is compared: a name in ASCII, or an address as Python writes it. Raises BadAddress."""
    if text.startswith("["):
        try:
            return str(IPv6Address(text.strip("[]")))
        except AddressValueError:
            raise BadAddress() from None
    try:
        name = text if text.isascii() else idna.encode(text, uts46=True, std3_rules=True).decode()
    except (idna.IDNAError, UnicodeError):
        raise BadAddress() from None
    name = name.lower().removesuffix(".")
    labels = name.split(".")
    if not all(LABEL.fullmatch(one) for one in labels) or len(name) > 253:
        raise BadAddress()
    if NUMBER.fullmatch(labels[-1]) and _literal(name) is None:
        raise BadAddress("A host that is a number must be a plain address of four numbers.")
    return name


def _literal(host: str) -> IPv4Address | IPv6Address | None:
    try:
        return IPv6Address(host) if ":" in host else IPv4Address(host)
    except AddressValueError:
        return None
