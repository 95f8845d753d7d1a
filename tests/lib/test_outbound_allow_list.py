"""How the allow list is written, and what is said when it is written wrong."""

import pytest

from intacct_usage.lib.outbound import OutboundPolicy, parse_outbound_allow


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", set()),
        ("127.0.0.1:8000", {("127.0.0.1", 8000)}),
        (
            "a.example.com:443, B.Example.com.:8443\n[::1]:80",
            {("a.example.com", 443), ("b.example.com", 8443), ("::1", 80)},
        ),
        ("[0:0:0:0:0:0:0:1]:80", {("::1", 80)}),
        ("bücher.example:443", {("xn--bcher-kva.example", 443)}),
        ("my_host:1,,my_host:65535", {("my_host", 1), ("my_host", 65535)}),
    ],
)
def test_the_list_is_read(text: str, expected: set[tuple[str, int]]) -> None:
    assert parse_outbound_allow(text) == expected


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("localhost", "“localhost” is not host:port, for example companies.example.com:443 or [::1]:8443."),
        ("https://a.example.com:443", "“https://a.example.com:443” is not host:port, for example "
         "companies.example.com:443 or [::1]:8443."),
        ("::1:80", "“::1:80” is not host:port, for example companies.example.com:443 or [::1]:8443."),
        ("user:sesame@host:80", "“host:80” is not host:port, for example companies.example.com:443 or [::1]:8443."),
        ("10.0.0.0/8:443", "“10.0.0.0/8:443” is not host:port, for example companies.example.com:443 or [::1]:8443."),
        ("*:443", "“*:443” does not name a host, for example companies.example.com:443."),
        ("host:0", "“host:0” has no port between 1 and 65535."),
        ("host:65536", "“host:65536” has no port between 1 and 65535."),
    ],
)  # fmt: skip
def test_a_mistake_is_named_in_one_sentence(text: str, sentence: str) -> None:
    with pytest.raises(ValueError, match="host") as wrong:
        parse_outbound_allow(text)

    assert str(wrong.value) == sentence


def test_names_are_compared_without_case_and_final_dot() -> None:
    policy = OutboundPolicy(allow=parse_outbound_allow("Companies.Corp:443 [FD00::1]:80"))

    assert policy.allows("companies.corp.", 443)
    assert policy.allows("[fd00::1]", 80)
    assert not policy.allows("companies.corp", 444)
    assert not policy.allows("x.companies.corp", 443)
