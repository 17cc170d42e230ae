"""Addresses of the network: how one is written, and what is counted as one. Pure, since web processes begin with it."""

from ipaddress import IPv6Address, ip_address, ip_network


def plain(text: str) -> str | None:
    """An address in the one form that it is kept in, or None where it is none.

    An IPv4 address that a server for both protocols tells in the form of the newer one is told in its own, and no zone
    is kept: it means something on that machine alone.
    """
    try:
        found = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return str((isinstance(found, IPv6Address) and found.ipv4_mapped) or found)


def sender(text: str) -> str:
    """What counts as one address: an IPv4 address, or the network that one IPv6 customer is given."""
    address = plain(text)
    return str(ip_network(f"{address}/64", strict=False)) if address and ":" in address else address or text
