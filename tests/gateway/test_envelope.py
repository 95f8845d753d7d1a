"""Requests are built element by element, in Intacct's order, and no value can break out of its element (T14)."""

import pytest
from lxml import etree

from usage.gateway.envelope import (
    EnvelopeError,
    Login,
    Query,
    Sender,
    Session,
    build_request,
    lookup_function,
    open_session_function,
    query_function,
)
from usage.gateway.filters import Order, all_of, equal_to, is_null

SENDER = Sender("usagewatch", "SENDER-SECRET")
LOGIN = Login("usage_reader", "acme", "USER-SECRET")
HARD = ["& < ]]> \" ' >", "pässwörd 漢字 😀", "</password><x>", "&amp;", "<![CDATA[x]]>", " leading and trailing "]


def build(**changes: object) -> etree._Element:
    parts = {"sender": SENDER, "authentication": LOGIN, "control_id": "run-1", "function_id": "f-1", **changes}
    return etree.fromstring(build_request(open_session_function(), **parts))


def test_a_sign_in_looks_exactly_as_documented() -> None:
    request = build_request(
        open_session_function(), sender=SENDER, authentication=LOGIN, control_id="run-1", function_id="f-1"
    )

    assert request.decode() == (
        "<?xml version='1.0' encoding='UTF-8'?>\n"
        "<request><control><senderid>usagewatch</senderid><password>SENDER-SECRET</password><controlid>run-1</controlid>"
        "<uniqueid>false</uniqueid><dtdversion>3.0</dtdversion><includewhitespace>false</includewhitespace></control>"
        '<operation transaction="false"><authentication><login><userid>usage_reader</userid><companyid>acme</companyid>'
        "<password>USER-SECRET</password></login></authentication><content>"
        '<function controlid="f-1"><getAPISession/></function></content></operation></request>'
    )


def test_a_session_stands_in_place_of_the_sign_in() -> None:
    authentication = build(authentication=Session("ExAmPlE..")).find("operation/authentication")

    assert etree.tostring(authentication) == b"<authentication><sessionid>ExAmPlE..</sessionid></authentication>"


@pytest.mark.parametrize("text", HARD)
def test_passwords_of_any_characters_arrive_unchanged(text: str) -> None:
    request = build(sender=Sender(text, text), authentication=Login(text, "acme", text))

    assert request.findtext("control/password") == request.findtext("control/senderid") == text
    assert request.findtext("operation/authentication/login/password") == text
    assert len(request.findall(".//password")) == 2


@pytest.mark.parametrize("character", ["\x00", "\n", "\r", "\t", "\x1b", "\x7f", "\x85", "\u2028", "\ud800", "\uffff"])
def test_control_characters_are_refused_without_showing_the_value(character: str) -> None:
    with pytest.raises(EnvelopeError) as refused:
        build(sender=Sender("usagewatch", f"open{character}sesame"))

    assert str(refused.value) == "The sender password holds a control character."


@pytest.mark.parametrize(
    "company_id", ["acme", "UK_Acme-2.0", "acme imp", "Größe", "console|client", "console|client|entity"]
)
def test_company_ids_may_name_console_and_entity(company_id: str) -> None:
    assert build(authentication=Login("u", company_id, "p")).findtext(".//companyid") == company_id


@pytest.mark.parametrize("company_id", ["", "a<b", 'a"b', "a&b", "a|b|c|d", "|b", "a>b", "x" * 101])
def test_what_cannot_be_a_company_id_is_refused(company_id: str) -> None:
    with pytest.raises(EnvelopeError, match="company ID"):
        build(authentication=Login("u", company_id, "p"))


def test_a_query_looks_exactly_as_documented() -> None:
    query = Query(
        "APIUSAGEDETAIL",
        ["RECORDNO", "N_TRANS"],
        filters=all_of(equal_to("STATUS", "a & b"), is_null("POLICYID")),
        order_by=["CREATED_TIME", Order("RECORDNO", descending=True)],
        page_size=2000,
        offset=4000,
    )

    assert etree.tostring(query_function(query)).decode() == (
        "<query><object>APIUSAGEDETAIL</object><select><field>RECORDNO</field><field>N_TRANS</field></select>"
        "<filter><and><equalto><field>STATUS</field><value>a &amp; b</value></equalto>"
        "<isnull><field>POLICYID</field></isnull></and></filter>"
        "<orderby><order><field>CREATED_TIME</field><ascending/></order>"
        "<order><field>RECORDNO</field><descending/></order></orderby>"
        "<pagesize>2000</pagesize><offset>4000</offset></query>"
    )


def test_lookup_names_its_object() -> None:
    assert etree.tostring(lookup_function("APIUSAGEDETAIL")) == b"<lookup><object>APIUSAGEDETAIL</object></lookup>"


@pytest.mark.parametrize(
    "changes",
    [
        *({"page_size": 0}, {"page_size": 2001}, {"offset": -1}, {"fields": []}, {"fields": ["A B"]}),
        *({"object_name": "x</object>"}, {"order_by": ["a<b"]}, {"filters": equal_to("a>b", 1)}),
    ],
)
def test_a_query_that_intacct_would_refuse_is_not_built(changes: dict[str, object]) -> None:
    with pytest.raises(EnvelopeError):
        query_function(Query(**{"object_name": "X", "fields": ["A"], **changes}))
