"""What people read when a company cannot be read: what, where, Intacct's own words, and who does what next."""

import re

import pytest

from usage.gateway.error_advice import ADVICE
from usage.gateway.errors import Action, ErrorFamily, Failure, GatewayError, Level

STOPS_RUN = {"sender_credentials", "request_format", "cdn_block", "proxy_sign_in", "blocked"}
OF_READING_ALONE = {ErrorFamily.DATA_CHANGED, ErrorFamily.INTERRUPTED}
CONNECTION_FAULTS = {"unreachable", "timed_out", "tls", "proxy", "proxy_sign_in"}


def make_error(family: str, *, level: Level = Level.AUTHENTICATION, **facts: object) -> GatewayError:
    error = GatewayError(ErrorFamily(family), Failure(level, **facts), support_id="AbC~def")
    error.company_id = "UK_Acme"
    return error


def test_a_message_tells_company_number_meaning_words_and_next_step() -> None:
    error = make_error("sender_not_authorised", errorno="XL03000006", text="Invalid Web Services Authorization.")

    assert str(error) == error.message == (
        "Sender ID not authorised in this company (UK_Acme, XL03000006). The company does not list the sender ID among "
        "its Web Services authorizations. The answer says: “Invalid Web Services Authorization”. Ask the administrator "
        "of that company to add the sender ID (upper and lower case count) under Company, Setup, Company, Security, "
        "Web Services authorizations, then run the company again. Support ID: AbC~def."
    )  # fmt: skip


@pytest.mark.parametrize("family", sorted(set(ErrorFamily) - OF_READING_ALONE))
def test_a_trial_of_credentials_gives_no_advice_for_a_run(family: ErrorFamily) -> None:
    message = make_error(family.value).message_of_a_trial

    assert (
        re.findall(r"run the company|scheduled run|next run|start the run|exceptions list|API Credentials", message)
        == []
    )


def test_a_network_message_is_the_one_of_the_connection() -> None:
    error = GatewayError(
        ErrorFamily.UNREACHABLE, Failure(Level.NETWORK, text="The address of x was not found. Check it.")
    )
    error.attempts = 5

    assert error.message == "Intacct cannot be reached. The address of x was not found. Check it. Tried 5 times."


def test_an_http_failure_shows_its_status_in_place_of_a_number() -> None:
    error = make_error("server", level=Level.HTTP, http_status=502, text="The answer is empty.", own_words=True)

    assert error.message == (
        "Intacct server error (UK_Acme, HTTP 502). Intacct answered with a server error instead of data. The answer is "
        "empty. Look at the Sage Intacct status page. The next scheduled run tries again. Support ID: AbC~def."
    )


def test_words_of_the_answer_can_neither_forge_lines_nor_show_secrets() -> None:
    error = make_error(
        "function_error", errorno="X\n1", text="a\r\nERROR forged \u202e <password>sesame</password>" + "x" * 5000
    )

    assert "\n" not in error.message + error.errorno
    assert "\\r\\nERROR forged \\u202e <password>[redacted]</password>" in error.text
    assert len(error.text) <= 1000


@pytest.mark.parametrize("family", ErrorFamily)
def test_every_family_has_a_label_a_meaning_and_a_next_step(family: ErrorFamily) -> None:
    advice = ADVICE[family]

    assert re.fullmatch(r"[A-Z][^.]{5,60}", advice.label)
    assert re.fullmatch(r"[A-Z].{20,}\.", advice.meaning)
    assert re.fullmatch(r"[A-Z].{20,}\.", advice.suggested_action)


@pytest.mark.parametrize("family", ErrorFamily)
def test_only_what_every_company_would_meet_stops_the_run(family: ErrorFamily) -> None:
    error = make_error(family)

    assert error.stops_run == (error.action is Action.STOP_RUN) == (family in STOPS_RUN)
    assert error.credential_class == (family == "user_credentials")
    assert error.connection_fault == (family in CONNECTION_FAULTS)


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        ("Not readable: [APIUSAGEDETAIL: [POLICYID, status] ]", ("POLICYID", "STATUS")),
        ("[ A : [X] ] and [B:[Y,Z]]", ("X", "Y", "Z")),
        ("nothing named", ()),
    ],
)
def test_the_fields_an_answer_names_are_read_from_it(text: str, fields: tuple[str, ...]) -> None:
    assert make_error("fields", text=text).unreadable_fields == fields
