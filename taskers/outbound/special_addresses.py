"""What an address is: one of the public network's, one of a private network's, or one where a cloud keeps its keys.

By the registries of special-purpose addresses that IANA keeps for IPv4 and IPv6, written out here: what Python's own
`is_global` says differs between its versions, and some clouds answer at addresses that these registries give to nobody.
"""

from collections.abc import Iterator
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

# Not globally reachable, deprecated, or multicast. Assignments to protocols (192.0.0.0/24, 2001::/23) are left out
# whole, those within that are reachable as well: no host that could be asked lies there.
NOT_PUBLIC_IPV4 = tuple(
    map(
        IPv4Network,
        (
            *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12"),
            *("192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24"),
            *("203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4"),
        ),
    )
)
PUBLIC_IPV6 = IPv6Network("2000::/3")  # all that was ever given to hosts, and out of it:
NOT_PUBLIC_IPV6 = tuple(map(IPv6Network, ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20")))

# Where a name may lead that the operator allowed as a private one. Anywhere else only a listed network leads.
PRIVATE: tuple[Network, ...] = (
    *map(IPv4Network, ("10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")),
    *map(IPv4Network, ("198.18.0.0/15",)),
    *map(IPv6Network, ("::1/128", "fc00::/7", "fec0::/10")),
)

# Where clouds hand out keys to whatever runs on a machine of theirs.
LINK_LOCAL: tuple[Network, ...] = (IPv4Network("169.254.0.0/16"), IPv6Network("fe80::/10"))
METADATA_ADDRESSES: frozenset[Address] = frozenset(
    (
        IPv4Address("169.254.169.254"),  # nearly all of them
        IPv4Address("168.63.129.16"),  # Azure
        IPv4Address("100.100.100.200"),  # Alibaba
        IPv4Address("192.0.0.192"),  # Oracle
        *map(IPv6Address, ("fd00:ec2::254", "fd00:ec2::23")),  # Amazon: instances, pods
        IPv6Address("fd20:ce::254"),  # Google
        IPv6Address("fd00:c1::a9fe:a9fe"),  # Oracle
        IPv6Address("fd00:42::42"),  # Scaleway
    )
)
METADATA_NAMES = frozenset(
    (
        *("metadata", "metadata.google.internal", "metadata.goog", "metadata.azure.internal"),
        *("instance-data", "instance-data.ec2.internal", "metadata.tencentyun.com", "api.metadata.cloud.ibm.com"),
        *("metadata.platformequinix.com", "metadata.packet.net"),
    )
)

# IPv6 addresses that are another spelling of an IPv4 one, which stands in their last 32 bits.
SPELLINGS = tuple(map(IPv6Network, ("::ffff:0:0/96", "::ffff:0:0:0/96", "::/96", "64:ff9b::/96")))
LOCAL_TRANSLATION = IPv6Network("64:ff9b:1::/48")  # where the IPv4 one stands is up to whoever runs it
TRANSLATION_PREFIXES = (48, 56, 64)  # bits before it (RFC 6052), beside the last 32
ISATAP = (0x00005EFE, 0x02005EFE)  # the third quarter of an address that carries an IPv4 one in its last


def spelled(address: Address) -> Address:
    """The IPv4 address that an IPv6 one is another spelling of, else itself."""
    if isinstance(address, IPv6Address) and int(address) > 1 and any(address in network for network in SPELLINGS):
        return _last(address)
    return address


def is_public(address: Address) -> bool:
    """Whether it lies in the network of everybody, and leads to nowhere else through a tunnel."""
    address = spelled(address)
    if isinstance(address, IPv4Address):
        return not any(address in network for network in NOT_PUBLIC_IPV4)
    if address not in PUBLIC_IPV6 or any(address in network for network in NOT_PUBLIC_IPV6):
        return False
    return all(map(is_public, _carried(address)))


def is_private(address: Address) -> bool:
    """Whether it is a host's of an ordinary private network."""
    address = spelled(address)
    return any(address in network for network in PRIVATE)


def is_metadata(address: Address) -> bool:
    """Whether a cloud keeps keys there, in whatever way the address is written or carried."""
    carried = [*_carried(address), _last(address)] if isinstance(address, IPv6Address) else []
    if not METADATA_ADDRESSES.isdisjoint({address, *carried}):
        return True
    return any(one in network for one in (spelled(address), *_carried(address)) for network in LINK_LOCAL)


def _carried(address: Address) -> Iterator[IPv4Address]:
    """The IPv4 addresses to which a tunnel or a translator would send what is sent to this one."""
    if isinstance(address, IPv4Address):
        return
    if address.sixtofour:
        yield address.sixtofour
    if address.teredo:
        yield from address.teredo
    if any(address in network for network in SPELLINGS) or int(address) >> 32 & 0xFFFFFFFF in ISATAP:
        yield _last(address)
    if address in LOCAL_TRANSLATION:
        yield _last(address)
        yield from (_after(address, bits) for bits in TRANSLATION_PREFIXES)


def _last(address: IPv6Address) -> IPv4Address:
    return IPv4Address(int(address) & 0xFFFFFFFF)


def _after(address: IPv6Address, bits: int) -> IPv4Address:
    """The 32 bits after a prefix of so many, without bits 64 to 71, which stay empty."""
    before, after = int(address) >> 64, int(address) & (1 << 56) - 1
    return IPv4Address((before << 56 | after) >> (120 - bits - 32) & 0xFFFFFFFF)
