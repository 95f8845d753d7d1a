"""Which addresses may be reached: judged by what is connected to, not by how it is written (D18)."""

import socket
from ipaddress import ip_address

import pytest

from intacct_usage.lib.outbound import OutboundError, OutboundPolicy, OutboundSession, open_connection
from intacct_usage.lib.outbound_guard import address_kind, checked_addresses
from intacct_usage.lib.outbound_sockets import DeadlineSocket
from tests.lib.servers import ScriptedServer, answering, says, session_for, silence

LOOPBACK_IN_DISGUISE = [
    *("127.0.0.1", "127.1", "2130706433", "0x7f.1", "0x7f000001", "0177.0.0.1", "127.0.0.1.", "localhost", "LOCALHOST"),
    *("[::1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[64:ff9b::7f00:1]", "0.0.0.0", "[::]", "①27.0.0.1"),
    *("x.localhost", "[::127.0.0.1]", "[2002:7f00:1::]"),
]
FORBIDDEN = [
    *("169.254.169.254", "169.254.1.1", "100.100.100.200", "168.63.129.16", "10.0.0.1", "172.16.0.1", "172.31.255.255"),
    *("192.168.1.1", "100.64.0.1", "224.0.0.1", "239.255.255.250", "255.255.255.255", "240.0.0.1", "0.1.2.3"),
    *(
        "192.0.0.192",
        "192.0.2.1",
        "198.18.0.1",
        "198.51.100.1",
        "203.0.113.1",
        "[fe80::1]",
        "[fc00::1]",
        "[fd00:ec2::254]",
    ),
    *("[ff02::1]", "[2001::1]", "[2001:db8::1]", "[100::1]", "[64:ff9b::8.8.8.8]", "[fec0::1]", "[4000::1]"),
]


@pytest.mark.parametrize("host", LOOPBACK_IN_DISGUISE)
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_no_way_of_writing_loopback_reaches_it(host: str, scheme: str) -> None:
    with ScriptedServer(silence) as server, OutboundSession(OutboundPolicy()) as session:
        with pytest.raises(OutboundError) as refused:
            session.get(f"{scheme}://{host}:{server.port}/")

        assert refused.value.kind == "blocked"
        assert server.connections == 0


@pytest.mark.parametrize("host", FORBIDDEN)
def test_addresses_outside_the_public_internet_are_blocked(host: str) -> None:
    with (
        OutboundSession(OutboundPolicy(connect_timeout_seconds=0.2)) as session,
        pytest.raises(OutboundError) as refused,
    ):
        session.get(f"https://{host}/")

    assert refused.value.kind == "blocked"


@pytest.mark.parametrize("text", ["8.8.8.8", "104.16.0.1", "172.32.0.1", "100.128.0.1", "2606:4700::1", "2a00:1450::1"])
def test_public_addresses_are_not_blocked(text: str) -> None:
    addresses = checked_addresses(text, 443, OutboundPolicy(), timeout_seconds=1)

    assert [address[0] for address in addresses] == [text]
    assert address_kind(ip_address(text)) is None


def test_the_refusal_says_exactly_what_to_add() -> None:
    with OutboundSession(OutboundPolicy()) as session, pytest.raises(OutboundError) as refused:
        session.get("https://10.1.2.3:8443/companies?token=sesame")

    assert refused.value.message == (
        "10.1.2.3:8443 was not contacted, because its address is of a blocked kind (private). If this is meant, an "
        "administrator adds OUTBOUND_ALLOW=10.1.2.3:8443 to the settings and restarts the program."
    )


def test_the_allow_list_opens_exactly_one_host_and_port() -> None:
    with answering(says(b"in")) as listed, answering(says(b"out")) as unlisted, session_for(listed) as session:
        assert session.get(listed.url()).body == b"in"

        with pytest.raises(OutboundError, match="blocked kind"):
            session.get(unlisted.url())
        with pytest.raises(OutboundError, match=f"OUTBOUND_ALLOW=localhost:{listed.port} "):
            session.get(f"http://localhost:{listed.port}/")
        assert unlisted.connections == 0


def test_a_public_name_that_leads_inside_is_blocked(monkeypatch: pytest.MonkeyPatch) -> None:
    with ScriptedServer(silence) as server, OutboundSession(OutboundPolicy()) as session:
        resolve_to(monkeypatch, ["127.0.0.1"])

        with pytest.raises(OutboundError) as refused:
            session.get(f"https://companies.example.com:{server.port}/")

        assert refused.value.kind == "blocked"
        assert server.connections == 0


def test_one_inner_address_among_public_ones_blocks_the_name(monkeypatch: pytest.MonkeyPatch) -> None:
    resolve_to(monkeypatch, ["8.8.8.8", "10.0.0.1"])

    with pytest.raises(OutboundError) as refused:
        open_connection("companies.example.com", 443, policy=OutboundPolicy())

    assert refused.value.kind == "blocked"


def test_the_connection_goes_to_the_address_that_was_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    lookups = resolve_to(monkeypatch, ["8.8.8.8"], ["127.0.0.1"])
    connected: list[tuple[str, int]] = []

    def refuse(_sock: socket.socket, address: tuple[str, int]) -> None:
        connected.append(address)
        raise ConnectionRefusedError(111, "refused")

    monkeypatch.setattr(DeadlineSocket, "connect", refuse)
    with OutboundSession(OutboundPolicy()) as session, pytest.raises(OutboundError, match="connection refused"):
        session.get("https://rebinding.example.com/")

    assert connected == [("8.8.8.8", 443)]
    assert lookups == ["rebinding.example.com"]


def test_a_listed_name_may_lead_inside_but_never_to_metadata(monkeypatch: pytest.MonkeyPatch) -> None:
    with answering(says()) as server:
        policy = OutboundPolicy(allow=frozenset({("companies.corp", server.port)}))
        resolve_to(monkeypatch, ["127.0.0.1"], ["169.254.169.254"])

        with OutboundSession(policy) as session:
            assert session.get(f"http://companies.corp:{server.port}/").status == 200
        with OutboundSession(policy) as session, pytest.raises(OutboundError, match="check the DNS entry") as refused:
            session.get(f"http://companies.corp:{server.port}/")

    assert refused.value.kind == "blocked"


def test_plain_http_needs_the_allow_list(monkeypatch: pytest.MonkeyPatch) -> None:
    lookups = resolve_to(monkeypatch, ["8.8.8.8"])

    with OutboundSession(OutboundPolicy()) as session, pytest.raises(OutboundError) as refused:
        session.get("http://companies.example.com/list?token=sesame")

    assert refused.value.message == (
        "companies.example.com:80 was not contacted, because plain http is not encrypted. Use https, or, if this is "
        "meant, have an administrator add OUTBOUND_ALLOW=companies.example.com:80 to the settings."
    )
    assert lookups == []


def resolve_to(monkeypatch: pytest.MonkeyPatch, *answers: list[str]) -> list[str]:
    """Let name lookups give these addresses, one list per lookup, the last one for ever; returns the names asked."""
    asked: list[str] = []
    real = socket.getaddrinfo

    def lookup(host: str, port: int, *, type: int, flags: int) -> list[object]:
        if flags & socket.AI_NUMERICHOST:
            return real(host, port, type=type, flags=flags)
        addresses = answers[min(len(asked), len(answers) - 1)]
        asked.append(host)
        return [(socket.AF_INET, type, 6, "", (address, port)) for address in addresses]

    monkeypatch.setattr("intacct_usage.lib.outbound_guard.socket.getaddrinfo", lookup)
    return asked
