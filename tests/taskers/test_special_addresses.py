"""Which addresses are the public network's: every row of IANA's registries of special-purpose addresses."""

from ipaddress import ip_address, ip_network

import pytest

from taskers.outbound.special_addresses import is_metadata, is_private, is_public

# https://www.iana.org/assignments/iana-ipv4-special-registry and iana-ipv6-special-registry: a network, and whether it
# is globally reachable; None where the registry says neither.
REGISTRY = {
    "0.0.0.0/8": False,
    "0.0.0.0/32": False,
    "10.0.0.0/8": False,
    "100.64.0.0/10": False,
    "127.0.0.0/8": False,
    "169.254.0.0/16": False,
    "172.16.0.0/12": False,
    "192.0.0.0/24": False,
    "192.0.0.0/29": False,
    "192.0.0.8/32": False,
    "192.0.0.9/32": True,
    "192.0.0.10/32": True,
    "192.0.0.170/32": False,
    "192.0.0.171/32": False,
    "192.0.2.0/24": False,
    "192.31.196.0/24": True,
    "192.52.193.0/24": True,
    "192.88.99.0/24": None,
    "192.168.0.0/16": False,
    "192.175.48.0/24": True,
    "198.18.0.0/15": False,
    "198.51.100.0/24": False,
    "203.0.113.0/24": False,
    "240.0.0.0/4": False,
    "255.255.255.255/32": False,
    "::1/128": False,
    "::/128": False,
    "::ffff:0:0/96": False,
    "64:ff9b::/96": True,
    "64:ff9b:1::/48": False,
    "100::/64": False,
    "100:0:0:1::/64": False,
    "2001::/23": False,
    "2001::/32": None,
    "2001:1::1/128": True,
    "2001:1::2/128": True,
    "2001:1::3/128": True,
    "2001:2::/48": False,
    "2001:3::/32": True,
    "2001:4:112::/48": True,
    "2001:10::/28": None,
    "2001:20::/28": True,
    "2001:30::/28": True,
    "2001:db8::/32": False,
    "2002::/16": None,
    "2620:4f:8000::/48": True,
    "3fff::/20": False,
    "5f00::/16": False,
    "fc00::/7": False,
    "fe80::/10": False,
}
# Reachable, but assigned to protocols: no host that could be asked lies there.
PROTOCOLS = ("192.0.0.0/24", "2001::/23")
# Another spelling of IPv4 addresses: the address that is meant decides.
SPELLINGS = ("::ffff:0:0/96", "64:ff9b::/96")


def within(word: str, networks: tuple[str, ...]) -> bool:
    network = ip_network(word)
    return any(ip_network(one).version == network.version and network.subnet_of(ip_network(one)) for one in networks)


@pytest.mark.parametrize("word", [word for word in REGISTRY if word not in SPELLINGS])
def test_no_address_is_public_that_iana_does_not_call_reachable(word: str) -> None:
    network = ip_network(word)
    reachable = REGISTRY[word] is True and not within(word, PROTOCOLS)
    for address in {network[0], network[network.num_addresses // 2], network[-1]}:
        assert is_public(address) == reachable, address
        assert not (is_public(address) and is_private(address))


@pytest.mark.parametrize("before", ["::ffff:", "64:ff9b::", "::ffff:0:"])
def test_another_spelling_of_an_address_is_that_address(before: str) -> None:
    assert is_public(ip_address(f"{before}93.184.216.34"))
    for inner in ("10.0.0.1", "127.0.0.1", "192.0.0.192", "198.18.0.1", "240.0.0.1"):
        assert not is_public(ip_address(f"{before}{inner}")), inner
    assert is_private(ip_address(f"{before}10.0.0.1")) and is_metadata(ip_address(f"{before}169.254.1.1"))


def test_multicast_and_what_was_never_given_to_anybody_is_not_public() -> None:
    for address in ("224.0.0.1", "239.255.255.255", "ff02::1", "ff0e::1", "4000::1", "1fff::1", "e000::1", "fec0::1"):
        assert not is_public(ip_address(address)), address


def test_ordinary_hosts_are_public() -> None:
    for address in ("1.1.1.1", "93.184.216.34", "100.128.0.1", "169.253.1.1", "172.32.0.1", "192.0.1.1", "223.255.0.1"):
        assert is_public(ip_address(address)) and not is_metadata(ip_address(address)), address
    for address in ("2001:200::1", "2606:4700::1111", "2a00:1450::1", "3ffe::1", "3fff:1000::1", "2001:db7::1"):
        assert is_public(ip_address(address)) and not is_metadata(ip_address(address)), address
