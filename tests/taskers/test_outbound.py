"""The guard over what is asked of other hosts: every way around it that anybody has found elsewhere is shut."""

import asyncio
from collections.abc import Sequence

import pytest
from django.core.exceptions import ImproperlyConfigured
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.webhooks.receiver import receiving
from taskers.errors import Problem
from taskers.outbound import destination, sending
from taskers.outbound.destination import BadAddress
from taskers.outbound.guard import Guard, MetadataRefused, OutboundRefused, guard, pattern
from taskers.outbound.sending import Limits


def allowing(*hosts: str, private: Sequence[str] = (), at: Sequence[str] = ("93.184.216.34",)) -> Guard:
    """A guard that allows these hosts, all of which lie at these addresses."""
    return Guard([pattern(one) for one in hosts], [pattern(one) for one in private], lambda _host, _port: at)


def refused(within: Guard, url: str) -> str:
    with pytest.raises(Problem) as refusal:
        within.route(url)
    return refusal.value.code


def test_without_the_operators_word_nothing_is_asked_nor_looked_up() -> None:
    looked_up: list[str] = []

    def lookup(host: str, _port: int) -> list[str]:
        looked_up.append(host)
        return ["93.184.216.34"]

    assert refused(Guard(lookup=lookup), "https://hooks.example.com/") == "outbound-off"
    assert refused(Guard(lookup=lookup), "https://93.184.216.34/") == "outbound-off"
    assert looked_up == []


def test_the_settings_allow_nothing_unless_they_are_told(settings) -> None:
    assert guard().hosts == [] and guard().private == []
    settings.OUTBOUND = ["hooks.example.com"]
    assert guard().check("https://hooks.example.com/x").host == "hooks.example.com"


@pytest.mark.parametrize(
    ("allowed", "url", "code"),
    [
        ("hooks.example.com", "https://hooks.example.com/a?b=c", ""),
        ("hooks.example.com", "https://HOOKS.Example.com./a", ""),
        ("hooks.example.com", "https://hooks.example.com:8443/", ""),
        ("hooks.example.com:443", "https://hooks.example.com:8443/", "host-not-allowed"),
        ("hooks.example.com:443", "https://hooks.example.com/", ""),
        ("hooks.example.com", "https://example.com/", "host-not-allowed"),
        ("hooks.example.com", "https://hooks.example.com.evil.org/", "host-not-allowed"),
        ("hooks.example.com", "http://hooks.example.com/", "scheme-not-allowed"),
        ("http://hooks.example.com", "http://hooks.example.com/", ""),
        ("*.example.com", "https://a.b.example.com/", ""),
        ("*.example.com", "https://example.com/", "host-not-allowed"),
        ("*.example.com", "https://badexample.com/", "host-not-allowed"),
        ("*", "https://anywhere.org/", ""),
        ("*", "https://93.184.216.34/", "host-not-allowed"),  # no host by name
        ("93.184.216.34", "https://93.184.216.34/", ""),
        ("93.184.216.0/24", "https://93.184.216.34/", ""),
        ("93.184.216.0/24", "https://93.184.217.34/", "host-not-allowed"),
        ("bücher.example", "https://xn--bcher-kva.example/", ""),
        ("xn--bcher-kva.example", "https://BÜCHER.example/", ""),
        ("[2606:4700::1111]:443", "https://[2606:4700:0::1111]/", ""),
        ("2606:4700::1111", "https://[2606:4700:0::1111]/", ""),
    ],
)
def test_what_the_operators_list_allows(allowed: str, url: str, code: str) -> None:
    if code:
        assert refused(allowing(allowed), url) == code
    else:
        assert allowing(allowed).route(url).destination.host


PRIVATE = (
    *("127.0.0.1", "127.8.8.8", "10.1.2.3", "172.16.0.1", "192.168.1.1", "100.64.0.1", "0.0.0.0"),
    *("224.0.0.1", "240.0.0.1", "255.255.255.255", "198.18.0.1", "192.0.0.1"),
    *("::1", "::", "fc00::1", "ff02::1", "fec0::1", "2001:db8::1", "3fff::1", "3fff:fff:ffff::1", "5f00::1"),
    *("::ffff:127.0.0.1", "::127.0.0.1", "64:ff9b::10.0.0.1", "::ffff:0:10.0.0.1", "2002:7f00:1::", "2002:808:808::1"),
    *("64:ff9b:1::1", "2001:0:0:0:0:0:80ff:fffe", "2606:4700::5efe:10.0.0.1", "2606:4700::200:5efe:127.0.0.1"),
    *("4000::1", "100::1", "100:0:0:1::1", "192.0.0.10", "192.88.99.1"),
)
METADATA = (
    *("169.254.169.254", "169.254.170.2", "168.63.129.16", "100.100.100.200", "192.0.0.192", "fe80::1"),
    *("fd00:ec2::254", "fd00:ec2::23", "fd20:ce::254", "fd00:c1::a9fe:a9fe", "fd00:42::42", "fe80::a9fe:a9fe"),
    *("::ffff:169.254.169.254", "::169.254.169.254", "::ffff:0:169.254.169.254", "64:ff9b::168.63.129.16"),
    *("2002:a9fe:a9fe::1", "2001:0:0:0:0:0:5601:5601", "2001:0:a9fe:a9fe::1", "2606:4700::5efe:a9fe:a9fe"),
    *("64:ff9b:1::a9fe:a9fe", "64:ff9b:1:a9fe:a9:fe00::", "64:ff9b:1:a9:fe:a900:fe00:0", "64:ff9b:1:0:a9:fea9:fe00:0"),
    *("2606:4700::6464:64c8", "fd12::192.0.0.192"),  # by a translator of somebody's own
)


@pytest.mark.parametrize("address", PRIVATE)
def test_no_name_leads_into_a_private_network(address: str) -> None:
    assert refused(allowing("*", at=[address]), "https://hooks.example.com/") == "private-address"
    both = allowing("*", at=["93.184.216.34", address])
    assert refused(both, "https://hooks.example.com/") == "private-address", "one bad address is enough"


@pytest.mark.parametrize("address", PRIVATE)
def test_nor_does_an_address_that_was_allowed_for_another_reason(address: str) -> None:
    host = f"[{address}]" if ":" in address else address
    assert refused(allowing("0.0.0.0/0", "::/0"), f"https://{host}/") in {"private-address", "bad-address"}


def test_the_operator_may_allow_a_private_host_or_network() -> None:
    inside = allowing("hooks.intern", private=["hooks.intern"], at=["10.1.2.3"])
    assert inside.route("https://hooks.intern/").url == "https://10.1.2.3:443/"
    by_network = allowing("hooks.intern", private=["10.1.0.0/16"], at=["10.1.2.3"])
    assert by_network.route("https://hooks.intern/x").address == "10.1.2.3"
    assert refused(allowing("hooks.intern", private=["10.2.0.0/16"], at=["10.1.2.3"]), "https://hooks.intern/")
    assert (
        allowing("http://127.0.0.1", private=["127.0.0.1/32"]).route("http://127.0.0.1:9000/").destination.port == 9000
    )
    assert allowing("*", private=["10.0.0.0/8"], at=["::ffff:10.1.1.1"]).route("https://a.example/")


def test_a_private_name_leads_into_no_network_but_an_ordinary_one() -> None:
    for special in ("0.0.0.0", "224.0.0.1", "255.255.255.255", "192.0.0.170", "192.0.2.7", "5f00::1", "4000::1"):
        inside = allowing("hooks.intern", private=["hooks.intern"], at=[special])
        assert refused(inside, "https://hooks.intern/") == "private-address"
    network = allowing("hooks.intern", private=["192.0.2.0/24"], at=["192.0.2.7"])
    assert network.route("https://hooks.intern/"), "who names the network means it"


EVERYTHING = ("*", "0.0.0.0/0", "::/0", "hooks.intern", "http://169.254.169.254")


@pytest.mark.parametrize("address", METADATA)
def test_nothing_leads_to_where_clouds_keep_their_keys_whatever_is_listed(address: str) -> None:
    for listed in EVERYTHING, ("*",):
        inside = allowing(*EVERYTHING, private=listed, at=[address])
        assert refused(inside, "https://hooks.intern/") == "metadata-address"
        many = allowing(*EVERYTHING, private=listed, at=["93.184.216.34", "2606:4700::1111", address])
        assert refused(many, "https://hooks.intern/") == "metadata-address", "one of many is enough"
    host = f"[{address}]" if ":" in address else address
    inside = allowing("0.0.0.0/0", "::/0", private=["0.0.0.0/0", "::/0"])
    with pytest.raises(Problem) as refusal:
        inside.check(f"https://{host}/latest/meta-data/")
    assert refusal.value.code == "metadata-address"


@pytest.mark.parametrize("name", ["metadata.google.internal", "METADATA.google.internal.", "metadata", "instance-data"])
def test_the_names_of_such_places_are_refused_before_they_are_looked_up(name: str) -> None:
    def lookup(host: str, _port: int) -> list[str]:
        raise AssertionError(f"{host} was looked up")

    everything = [pattern(word) for word in EVERYTHING]
    assert refused(Guard(everything, everything, lookup), f"https://{name}/") == "metadata-address"


@pytest.mark.parametrize(
    "url",
    [
        "https://2130706433/",
        "https://0x7f000001/",
        "https://0177.0.0.1/",
        "https://127.1/",
        "https://0x7f.1/",
        "https://127.0.0.0x1/",
        "https://1.2.3.4.5/",
        "https://１２７.1/",
        "https://user@hooks.example.com/",
        "https://hooks.example.com@evil.org/",
        "https://hooks.example.com:443@127.0.0.1/",
        "https://hooks.example.com\\@127.0.0.1/",
        "https://hooks.example.com\n.evil.org/",
        "https://hooks.exam\tple.com/",
        " https://hooks.example.com/",
        "https://hooks.example.com /",
        "https:///a",
        "https://",
        "hooks.example.com",
        "//hooks.example.com/",
        "https://hooks..example.com/",
        "https://hooks.example.com../",
        "https://-a.example.com/",
        "https://a_b.example.com/",
        "https://%68ooks.example.com/",
        "https://hooks.example.com:0/",
        "https://hooks.example.com:70000/",
        "https://hooks.example.com:44a/",
        "https://[::1%25eth0]/",
        "https://[::1/",
        "https://[hooks.example.com]/",
        "ftp://hooks.example.com/",
        "file:///etc/passwd",
        "gopher://hooks.example.com/",
        "javascript:alert(1)",
        "data:text/plain,hi",
        "https://hooks.example.com/" + "a" * 2000,
        "https://" + "a" * 64 + ".example.com/",
    ],
)
def test_an_address_that_could_be_read_in_two_ways_is_read_in_none(url: str) -> None:
    assert refused(allowing("*", "0.0.0.0/0", private=["0.0.0.0/0"]), url) == "bad-address"


@pytest.mark.parametrize("dots", ["hooks。example。com", "ｈｏｏｋｓ.example.com", "HOOKS.EXAMPLE.COM"])
def test_a_name_in_other_letters_is_the_name_that_is_asked(dots: str) -> None:
    route = allowing("hooks.example.com").route(f"https://{dots}/")
    assert route.destination.host == route.destination.authority == "hooks.example.com"


def test_wide_digits_are_an_address_like_others() -> None:
    assert refused(allowing("*", "0.0.0.0/0"), "https://１２７.0.0.1/") == "private-address"


@given(url=st.text(max_size=60).map(lambda text: f"https://{text}"))
def test_whatever_is_sent_is_refused_by_name_or_asked_where_it_says(url: str) -> None:
    try:
        route = allowing("*").route(url)
    except (BadAddress, OutboundRefused):
        return
    assert destination.read(str(route.destination)) == route.destination
    assert route.url.startswith("https://93.184.216.34:")


def test_a_host_is_looked_up_once_and_that_address_is_asked() -> None:
    answers = iter([["93.184.216.34"], ["127.0.0.1"]])
    rebinding = Guard([pattern("*")], [], lambda _host, _port: next(answers))
    route = rebinding.route("https://hooks.example.com/in?x=1")
    assert route.url == "https://93.184.216.34:443/in?x=1"
    assert route.destination.authority == "hooks.example.com"
    assert refused(rebinding, "https://hooks.example.com/in") == "private-address"


def test_a_host_that_nobody_knows_is_said() -> None:
    assert refused(allowing("*", at=[]), "https://hooks.example.com/") == "unknown-host"


def test_where_an_answer_leads_is_read_as_strictly_and_never_out_of_https() -> None:
    first = destination.read("https://hooks.example.com/a/b")
    assert str(destination.redirected(first, "../c?d")) == "https://hooks.example.com/c?d"
    assert str(destination.redirected(first, "//other.org/")) == "https://other.org/"
    for away in ("http://hooks.example.com/", "file:///etc/passwd", "https://a@b.org/"):
        with pytest.raises(BadAddress):
            destination.redirected(first, away)
    for keys in ("https://169.254.169.254/", "https://168.63.129.16/", "https://metadata.google.internal/"):
        with pytest.raises(MetadataRefused):
            allowing("*", "0.0.0.0/0", private=["0.0.0.0/0"]).admit(destination.redirected(first, keys))


@pytest.mark.parametrize("word", ["ftp://a.org", "10.0.0.1/8", "a b", "*.", "**", "http://", "999.1.1.1", "a.org:x"])
def test_a_list_that_makes_no_sense_stops_the_start(word: str) -> None:
    with pytest.raises(ImproperlyConfigured):
        pattern(word)


# --- the request itself, to a receiver on this machine ------------------------------------------------------------

QUICK = Limits(seconds=1.0, connect=1.0, read=100)
HERE = allowing("http://receiver.example", private=["127.0.0.0/8"], at=["127.0.0.1"])


def asked(url: str) -> sending.Answer:
    async def ask() -> sending.Answer:
        async with sending.connection() as over:
            return await sending.post(over, HERE.route(url), {"X-Word": "hello"}, b"{}", QUICK)

    return asyncio.run(ask())


def test_the_request_goes_to_the_address_that_was_found_and_names_the_host() -> None:
    with receiving() as receiver:
        answer = asked(f"http://receiver.example:{receiver.port}/ok?a=b")
        (message,) = receiver.messages
    assert (answer.status, answer.beginning) == (200, b"ok")
    assert message.headers["host"] == f"receiver.example:{receiver.port}"
    assert (message.path, message.headers["x-word"], message.body) == ("/ok?a=b", "hello", b"{}")


def test_a_redirect_is_an_answer_and_is_never_followed() -> None:
    with receiving() as receiver:
        receiver.leads_to = receiver.at("/ok")
        assert asked(f"http://receiver.example:{receiver.port}/away").status == 302
        assert [one.path for one in receiver.messages] == ["/away"]


@pytest.mark.parametrize("path", ["/hang", "/drip"])
def test_who_answers_too_slowly_is_left(path: str) -> None:
    with receiving() as receiver:
        answer = asked(f"http://receiver.example:{receiver.port}{path}")
    assert answer.fault == "timed-out" or (path == "/drip" and answer.status is None)


def test_of_an_answer_without_end_the_beginning_is_read() -> None:
    with receiving() as receiver:
        answer = asked(f"http://receiver.example:{receiver.port}/big")
    assert (answer.status, len(answer.beginning)) == (200, 100)


def test_who_isnt_there_is_said() -> None:
    with receiving() as receiver:
        port = receiver.port
    assert asked(f"http://receiver.example:{port}/ok").fault == "no-connection"
    assert asked(f"https://receiver.example:{port}/ok").fault in {"no-connection", "tls-failed"}


def test_proxies_of_the_environment_are_not_asked(monkeypatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    with receiving() as receiver:
        assert asked(f"http://receiver.example:{receiver.port}/ok").status == 200
