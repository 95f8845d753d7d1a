"""Recipients are read as people write them, each bad one is named, and nothing reaches a header that is no address."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.recipients import Recipient, RecipientsError, parse_recipient, parse_recipients


def test_plain_named_and_quoted_addresses_are_read() -> None:
    recipients = parse_recipients(to='ann@x.example, Bob Smith <bob@x.example>, "Lee, Cleo" <cleo@x.example>')

    assert [str(one) for one in recipients.to] == [
        "ann@x.example",
        "Bob Smith <bob@x.example>",
        '"Lee, Cleo" <cleo@x.example>',
    ]


def test_every_bad_address_is_named_with_its_list() -> None:
    with pytest.raises(RecipientsError) as caught:
        parse_recipients(to="ann@x.example, nobody", cc="a@b@c.example, fine@x.example", bcc="<>")

    assert caught.value.problems == {
        "to": ["“nobody” is not an e-mail address; write name@example.com."],
        "cc": ["“a@b@c.example” has characters before the @ that are not allowed."],
        "bcc": ["“” is not an e-mail address; write name@example.com."],
    }


def test_duplicates_over_the_three_lists_are_removed_and_the_first_list_keeps_them() -> None:
    recipients = parse_recipients(
        to="a@x.example, A@X.example", cc="b@x.example, a@x.example", bcc="B@x.example, c@x.example"
    )

    assert recipients.as_lists() == {"to": ["a@x.example"], "cc": ["b@x.example"], "bcc": ["c@x.example"]}


def test_fifty_addresses_are_the_most() -> None:
    fifty = ", ".join(f"p{number}@x.example" for number in range(50))

    assert len(parse_recipients(to=fifty)) == 50
    with pytest.raises(RecipientsError, match="51 different addresses; at most 50"):
        parse_recipients(to=fifty, bcc="one.more@x.example")


def test_to_must_hold_an_address() -> None:
    with pytest.raises(RecipientsError, match="To: Enter at least one address"):
        parse_recipients(to=" , ;", bcc="a@x.example")


@pytest.mark.parametrize(
    "hostile",
    [
        "a@x.example\nBcc: thief@evil.example",
        "a@x.example\r\nSubject: hello",
        "Ann\r\n <a@x.example>",
        "a@x.example\0",
        "a@x.example\x0bBcc: b@evil.example",
        "“a\u2028b” <a@x.example>",
        "a\u202e@x.example",
        "a b@x.example",
        "a@x..example",
        "a@-x.example",
        "<a@x.example> <b@evil.example>",
        "a@x.example>",
        "a@[127.0.0.1]",
        '"a b"@x.example',
        f"{'a' * 65}@x.example",
        f"a@{'x' * 250}.example",
    ],
)
def test_what_is_no_address_is_refused(hostile) -> None:
    with pytest.raises(RecipientsError):
        parse_recipients(to=hostile)


def test_an_international_domain_is_sent_in_its_ascii_form() -> None:
    assert parse_recipient("Zoë <z@müller.example>") == Recipient("z@xn--mller-kva.example", "Zoë")


def test_open_recipients_of_several_organisations_are_pointed_out() -> None:
    apart = parse_recipients(to="a@one.example", cc="b@two.example")
    hidden = parse_recipients(to="a@one.example", bcc="b@two.example")

    assert ["one.example, two.example" in warning for warning in apart.warnings] == [True]
    assert hidden.warnings == []


@given(st.text(max_size=60), st.text(max_size=60))
def test_whatever_is_typed_reads_back_to_itself_or_is_refused(name, address) -> None:
    try:
        recipients = parse_recipients(to=f"{name} <{address}@x.example>, {address}")
    except RecipientsError:
        return

    for one in recipients:
        assert parse_recipient(str(one)) == one
        assert not set("\r\n\0") & set(str(one))
