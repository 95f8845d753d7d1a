"""Addresses that lead inside, at every door that takes one: nobody is connected to (S7).

Two watch: a listener on loopback, at the port of every address, and Python's own audit hook, which sees each attempt
of this process to connect anywhere.
"""

import sys
from collections.abc import Callable, Iterator

import pytest

from intacct_usage.lib.outbound import OutboundError, OutboundPolicy, OutboundSession, open_connection
from tests.lib.servers import ScriptedServer, silence
from tests.lib.test_outbound_addresses import FORBIDDEN, LOOPBACK_IN_DISGUISE
from usage.companies.entries import CompanyListError
from usage.companies.list_source import ListRequest, LoadLimits, read_company_list
from usage.outbound_connections import ProxyRefusedError, settings_to_try
from usage.outbound_connections import test_proxy as walk_through_proxy

HOSTS = [*LOOPBACK_IN_DISGUISE, *FORBIDDEN,
         "0x7f.0x0.0x0.0x1", "017700000001", "[::ffff:0:127.0.0.1]", "[::ffff:10.0.0.1]",
         "[64:ff9b::a9fe:a9fe]", "[2002:a9fe:a9fe::]", "127.0.0.1%00.example.com", "localhost.", "0", "[::1%25lo]",
         "127。0。0。1", "[::ffff:169.254.169.254]", "[fd12:3456:789a::1]"]  # fmt: skip
QUICK = OutboundPolicy(connect_timeout_seconds=0.3, deadline_seconds=1)
attempts: list[object] = []
_watching: list[bool] = []


def _watch(event: str, arguments: tuple[object, ...]) -> None:
    if _watching and event == "socket.connect":
        attempts.append(arguments[1])


sys.addaudithook(_watch)


@pytest.fixture
def listener() -> Iterator[ScriptedServer]:
    attempts.clear()
    with ScriptedServer(silence) as server:
        _watching.append(True)
        yield server
        _watching.clear()


def load_companies(host: str, port: int) -> str:
    with OutboundSession(QUICK) as session, pytest.raises((CompanyListError, OutboundError)) as refused:
        read_company_list(session, ListRequest(url=f"https://{host}:{port}/list"), LoadLimits(total_seconds=1))
    return refused.value.message


def use_as_proxy(host: str, port: int) -> str:
    try:
        hops = walk_through_proxy(settings_to_try(url=f"http://{host}:{port}"), seconds=1)
    except ProxyRefusedError as refused:
        return refused.message
    assert not hops[0].ok
    return hops[0].message


def send_mail(host: str, port: int) -> str:
    with pytest.raises(OutboundError) as refused:
        open_connection(host.strip("[]"), port, policy=QUICK)
    return refused.value.message


PRIVATE = ("10.", "172.16.", "172.31.", "192.168.", "100.64.", "[fc", "[fd", "[fec0", "[::ffff:10.")
"""A proxy may stand in a private network: for it these are no hostile addresses."""


@pytest.mark.parametrize("door", [load_companies, use_as_proxy, send_mail], ids=lambda door: door.__name__)
def test_no_address_that_leads_inside_is_connected_to(
    db: None, listener: ScriptedServer, door: Callable[[str, int], str], settings: object
) -> None:
    settings.OUTBOUND_POLICY = QUICK
    hosts = [host for host in HOSTS if door is not use_as_proxy or not host.startswith(PRIVATE)]

    said = {host: door(host, listener.port) for host in hosts}

    assert len(hosts) >= (50 if door is use_as_proxy else 60)
    assert (attempts, listener.connections) == ([], 0)
    assert all(said.values())


def test_the_watchers_see_a_connection(listener: ScriptedServer) -> None:
    policy = OutboundPolicy(allow=frozenset({("127.0.0.1", listener.port)}))

    open_connection("127.0.0.1", listener.port, policy=policy).close()

    assert [place[:2] for place in attempts] == [("127.0.0.1", listener.port)]
