"""Which hosts may be asked, and at which addresses: what the operator says, and nothing else.

`TANDEM_OUTBOUND` names hosts, `TANDEM_OUTBOUND_PRIVATE` those of them that may lie at private addresses; without the
first no request is made at all. Where clouds keep their keys nothing leads, whatever is listed. A host is looked up
once, every address it has must be allowed, and the connection is made to the very address that was: a name that says
something else a moment later changes nothing.
"""

import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from ipaddress import IPv6Address, ip_address, ip_network

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from taskers.errors import Problem
from taskers.outbound import destination
from taskers.outbound.destination import BadAddress, Destination
from taskers.outbound.special_addresses import (
    METADATA_NAMES,
    Address,
    Network,
    is_metadata,
    is_private,
    is_public,
    spelled,
)

Resolver = Callable[[str, int], Sequence[str]]


class OutboundRefused(Problem):
    """This host may not be asked from here."""

    code = "host-not-allowed"
    status = 422


class MetadataRefused(OutboundRefused):
    """%(host)s leads to where a cloud keeps its keys. Nothing is ever asked there."""

    code = "metadata-address"


@dataclass(frozen=True)
class Route:
    """A destination, and the address that it was found at and that is connected to."""

    destination: Destination
    address: str

    @property
    def url(self) -> str:
        """What a client is told to ask, so that it looks nothing up again."""
        host = f"[{self.address}]" if ":" in self.address else self.address
        return f"{self.destination.scheme}://{host}:{self.destination.port}{self.destination.path}"


@dataclass(frozen=True)
class Pattern:
    """A line of the operator's lists: a host, `*.name` for all below one, `*` for all, or a network."""

    host: str = ""
    network: Network | None = None
    plain: bool = False  # http, too
    port: int | None = None

    def fits(self, host: str, address: Address | None) -> bool:
        if self.network is not None:
            return address is not None and address in self.network
        if self.host.startswith("*"):
            return address is None and host.endswith(self.host[1:])
        return host == self.host


@dataclass(frozen=True)
class Guard:
    """What is allowed."""

    hosts: Sequence[Pattern] = ()
    private: Sequence[Pattern] = ()
    lookup: Resolver = field(default=lambda host, port: _addresses(host, port))

    def check(self, url: str) -> Destination:
        """The destination, if its host may be asked, before it is looked up. Raises BadAddress, OutboundRefused."""
        return self.admit(destination.read(url))

    def admit(self, wanted: Destination) -> Destination:
        """The same of one that was read already."""
        if wanted.host in METADATA_NAMES:
            raise MetadataRefused(host=wanted.host)
        if not self.hosts:
            raise OutboundRefused("This Tandem asks no other host: its operator allows none.", code="outbound-off")
        fitting = [one for one in self.hosts if one.fits(wanted.host, wanted.address)]
        if not fitting:
            raise OutboundRefused("The operator doesn't allow the host %(host)s.", host=wanted.host)
        if not any(one.port in {None, wanted.port} for one in fitting):
            raise OutboundRefused("The operator doesn't allow this port of %(host)s.", host=wanted.host)
        if wanted.scheme != "https" and not any(one.plain for one in fitting):
            raise OutboundRefused("%(host)s may be asked by https alone.", code="scheme-not-allowed", host=wanted.host)
        if wanted.address is not None:
            self._admit_address(wanted, wanted.address)
        return wanted

    def route(self, url: str) -> Route:
        """The destination with the address to connect to: looked up once, all that is found must be allowed. Raises
        BadAddress, OutboundRefused."""
        wanted = self.check(url)
        found = [str(wanted.address)] if wanted.address else self.lookup(wanted.host, wanted.port)
        if not found:
            raise OutboundRefused("The host %(host)s isn't known.", code="unknown-host", host=wanted.host)
        for one in found:
            self._admit_address(wanted, ip_address(one))
        return Route(wanted, min(found, key=lambda one: ":" in one))  # IPv4 first: it is there nearly everywhere

    def _admit_address(self, wanted: Destination, address: Address) -> None:
        if is_metadata(address):
            raise MetadataRefused(host=wanted.host)
        if is_public(address):
            return
        for listed in self.private:
            by_name = listed.network is None and listed.fits(wanted.host, wanted.address) and is_private(address)
            if by_name or (listed.network is not None and spelled(address) in listed.network):
                return
        text = "%(host)s lies at an address of a private network, which the operator doesn't allow."
        raise OutboundRefused(text, code="private-address", host=wanted.host)


def guard() -> Guard:
    """The guard that the settings describe."""
    return _guard(tuple(settings.OUTBOUND), tuple(settings.OUTBOUND_PRIVATE))


@lru_cache(maxsize=8)
def _guard(hosts: tuple[str, ...], private: tuple[str, ...]) -> Guard:
    return Guard([pattern(one) for one in hosts], [pattern(one) for one in private])


def pattern(word: str) -> Pattern:
    """A line of the operator's: `[http://]host[:port]`, `*.name`, `*`, an address or a network. Raises
    ImproperlyConfigured."""
    scheme, _mark, rest = word.rpartition("://")
    try:
        if scheme.lower() not in {"", "http", "https"}:
            raise ValueError
        plain = scheme.lower() == "http"
        if "/" in rest.rstrip("/"):
            return Pattern(network=ip_network(rest), plain=plain)
        found = destination.AUTHORITY.fullmatch(rest.rstrip("/"))
        if found is None and ":" in rest:  # an IPv6 address by itself
            return Pattern(host=str(IPv6Address(rest)), plain=plain)
        if found is None:
            raise ValueError
        return Pattern(_host_pattern(found[1]), None, plain, int(found[2]) if found[2] else None)
    except (ValueError, BadAddress):
        text = f"TANDEM_OUTBOUND and TANDEM_OUTBOUND_PRIVATE list hosts, *.names, addresses and networks, not {word!r}."
        raise ImproperlyConfigured(text) from None


def _host_pattern(text: str) -> str:
    if text == "*":
        return text
    if text.startswith("*."):
        return f"*.{destination.host_of(text[2:])}"
    return destination.host_of(text)


def _addresses(host: str, port: int) -> list[str]:
    """All addresses of a host, as the system looks them up."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return []
    return list(dict.fromkeys(str(where[0]).partition("%")[0] for *_rest, where in found))
