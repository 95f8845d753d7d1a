"""What a proxy may be: checked when it is entered, with one sentence that says what is wrong (F37)."""

import pytest

from intacct_usage.lib.outbound import ProxySettings

FORM = "The proxy URL must be http:// or https://, a host and a port, for example http://proxy.example.com:8080."
OWN_FIELDS = "Put the user name and the password of the proxy in their own fields, not into its URL."


@pytest.mark.parametrize(
    "url",
    [
        *("", "proxy.example.com:8080", "http://proxy.example.com", "socks5://proxy.example.com:1080", "http://:8080"),
        *(
            "http://proxy.example.com:0",
            "http://proxy.example.com:99999",
            "http://proxy.example.com:x",
            "http://[::1:80",
        ),
        *("http://proxy.example.com:8080/path", "http://proxy.example.com:8080/?a=b", "http://pro xy:8080"),
        *("http://proxy.example.com:8080\r\nHost: x", "ftp://proxy.example.com:8080"),
    ],
)
def test_a_malformed_url_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="^" + FORM.replace(".", r"\.") + "$"):
        ProxySettings(url)


@pytest.mark.parametrize(
    "url", ["http://u:pw@proxy:8080", "http://u:pw@", "http://u@proxy:8080", "https://:pw@proxy:1"]
)
def test_a_password_inside_the_url_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(ValueError, match="own fields") as refused:
        ProxySettings(url)

    assert str(refused.value) == OWN_FIELDS


@pytest.mark.parametrize(("username", "password"), [("a:b", "c"), ("a", "b\r\nX: y"), ("a\n", "b")])
def test_a_user_name_or_password_that_would_break_the_request_is_refused(username: str, password: str) -> None:
    with pytest.raises(ValueError, match="user name of a proxy"):
        ProxySettings("http://proxy:8080", username, password)


def test_a_good_proxy_tells_its_parts_and_hides_its_password() -> None:
    proxy = ProxySettings("https://Proxy.Example.com:8443/", "us@er", "p:w/d é")

    assert (proxy.host, proxy.port, proxy.secured, proxy.shown) == (
        "proxy.example.com",
        8443,
        True,
        "proxy.example.com:8443",
    )
    assert proxy.authorization == "Basic dXNAZXI6cDp3L2Qgw6k="
    assert "p:w/d" not in repr(proxy)


def test_a_proxy_without_user_sends_no_authorization() -> None:
    assert ProxySettings("http://[fd00::1]:3128").authorization == ""
    assert ProxySettings("http://[fd00::1]:3128").shown == "[fd00::1]:3128"
