"""Which addresses may be sent an Intacct password, configured or returned."""

import pytest

from intacct_usage.lib.outbound import OutboundPolicy, parse_outbound_allow
from usage.gateway.endpoint import DEFAULT_ENDPOINT, checked_endpoint
from usage.gateway.errors import GatewayError

PATH = "/ia/xml/xmlgw.phtml"
NOTHING_ALLOWED = OutboundPolicy()
ALLOWED = OutboundPolicy(allow=parse_outbound_allow("127.0.0.1:8001 gateway.test:443"))


@pytest.mark.parametrize(
    ("url", "plain"),
    [
        (DEFAULT_ENDPOINT, DEFAULT_ENDPOINT),
        (f"https://na12.intacct.com{PATH}", f"https://na12.intacct.com{PATH}"),
        (f"https://NA12.Intacct.COM:443{PATH}", f"https://na12.intacct.com{PATH}"),
        (f"https://a.b.intacct.com{PATH}", f"https://a.b.intacct.com{PATH}"),
    ],
)
def test_addresses_of_intacct_are_accepted_and_made_plain(url: str, plain: str) -> None:
    assert checked_endpoint(url, NOTHING_ALLOWED) == plain


@pytest.mark.parametrize(
    "url",
    [
        *("", "intacct", f"https://intacct.com{PATH}", f"https://evilintacct.com{PATH}", f"https://example.com{PATH}"),
        *(f"https://api.intacct.com.evil.net{PATH}", f"https://api.intacct.com.{PATH}", f"https://.intacct.com{PATH}"),
        *(f"http://api.intacct.com{PATH}", f"ftp://api.intacct.com{PATH}", f"https://api.intacct.com:8443{PATH}"),
        *(f"https://api.intacct.com:0{PATH}", f"https://api.intacct.com:x{PATH}", "https://api.intacct.com"),
        *("https://api.intacct.com/", f"https://api.intacct.com{PATH}/", f"https://api.intacct.com{PATH}?x=1"),
        *(f"https://api.intacct.com{PATH}#x", f"https://api.intacct.com/x{PATH}", f"https://u:p@api.intacct.com{PATH}"),
        *(f"https://evil.net@api.intacct.com{PATH}", f"https://api.intacct.com@evil.net{PATH}"),
        *(f"https://evil.net\\.intacct.com{PATH}", f"https://evil.net%2f.intacct.com{PATH}"),
        *(f"https://evil.net\n.intacct.com{PATH}", f" https://api.intacct.com{PATH}", f"https://api.intaсct.com{PATH}"),
        *(f"https://127.0.0.1:8001{PATH}", f"https://[::1]{PATH}", f"//api.intacct.com{PATH}"),
    ],
)
def test_every_other_address_is_refused(url: str) -> None:
    with pytest.raises(GatewayError) as refused:
        checked_endpoint(url, NOTHING_ALLOWED)

    assert refused.value.family == "endpoint_refused"


@pytest.mark.parametrize(
    "url", [f"http://127.0.0.1:8001{PATH}", f"https://127.0.0.1:8001{PATH}", f"https://gateway.test{PATH}"]
)
def test_a_test_gateway_is_accepted_when_it_is_allowed_by_name(url: str) -> None:
    assert checked_endpoint(url, ALLOWED) == url.replace("gateway.test", "gateway.test:443")


@pytest.mark.parametrize(
    "url",
    [
        *(f"http://127.0.0.1:8002{PATH}", f"http://localhost:8001{PATH}", f"http://gateway.test{PATH}"),
        *("http://127.0.0.1:8001/", f"http://u:p@127.0.0.1:8001{PATH}", f"http://api.intacct.com{PATH}"),
    ],
)
def test_the_allow_list_opens_exactly_what_it_names(url: str) -> None:
    with pytest.raises(GatewayError, match="Gateway address refused"):
        checked_endpoint(url, ALLOWED)


def test_the_refusal_says_why_and_what_to_do() -> None:
    with pytest.raises(GatewayError) as refused:
        checked_endpoint(f"https://evil.example.net{PATH}", NOTHING_ALLOWED)

    assert refused.value.message == (
        "Gateway address refused. The gateway address is not one of Intacct (https, a host under .intacct.com, path "
        "/ia/xml/xmlgw.phtml), so no password was sent to it. The address was refused: evil.example.net:443 is not a "
        "host under .intacct.com. Check INTACCT_ENDPOINT_URL. If Intacct itself named the address, tell your "
        "administrator before you do anything else. A test gateway must be listed in OUTBOUND_ALLOW as host:port."
    )
