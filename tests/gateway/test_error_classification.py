"""The error catalogue of the gateway: one row per cause, found by level and text, not by number alone."""

import pytest

from usage.gateway.errors import ErrorFamily, Failure, Level, classify

CATALOGUE = [
    ("control", "XL03000006", "Incorrect Intacct XML Partner ID or password.", None, "sender_credentials"),
    ("control", "XL03000006", "'x' is not a valid transport policy.", None, "request_format"),
    ("authentication", "XL03000006", "Sign-in information is incorrect", None, "user_credentials"),
    ("authentication", "XL03000006", "Invalid Web Services Authorization", None, "sender_not_authorised"),
    ("authentication", "XL03000006", "The sender ID 'x' is not authorized to make Web Services requests to company ID "
     "'y'.", None, "sender_not_authorised"),
    ("authentication", "XL03000006", "Invalid session AbC..", None, "session"),
    ("function", "XL03000006", "Fields not readable: [APIUSAGEDETAIL: [POLICYID, STATUS] ]", None, "fields"),
    ("function", "XL03000006", "Something else", None, "function_error"),
    ("control", "XL03000003", "XML Parse schema error", None, "request_format"),
    ("control", "XL03000003", "XML Parse error", None, "request_format"),
    ("function", "XL03000009", "The entire transaction in this operation has been rolled back", None, "function_error"),
    ("function", "XL03000009", "There was an error processing the function Object definition X not found", None,
     "object_missing"),
    ("function", "Query Failed", "Object definition X not found", None, "object_missing"),
    ("function", "WS", "Object definition X not found", None, "object_missing"),
    ("function", "Invalid fields list RECORDNO,FOO", "", None, "fields"),
    ("function", "PL04000005", "You do not have permission for API operation READ on objects of type x", None,
     "permission"),
    ("control", "PL04000055", "This company is a demo company and has expired.", None, "company_inactive"),
    ("function", "DL02000001", "There was an error processing the request.", None, "data_layer"),
    ("function", "XL03000009", "The Service is Temporarily Off-line", None, "offline"),
    ("function", "X", "It failed. Please Try Again Later", None, "try_later"),
    ("control", "X", "Please try again later.", None, "try_later"),
    ("function", "X", "There are too many operations running for this company (200024)", None, "too_many_operations"),
    ("authentication", "X", "There are too many operations running for this company (200024)", None,
     "too_many_operations"),
    ("http", "", '{"message":"API rate limit exceeded"}', 200, "rate_limit"),
    ("control", "GW-0010", "", 429, "rate_limit"),
    ("http", "", "", 429, "rate_limit"),
    ("control", "GW-0011", "Invalid Request", 400, "company_unknown"),
    ("control", "invalidRequest", "Invalid Request", 400, "company_unknown"),
    ("http", "", "", 400, "company_unknown"),
    ("control", "XMLGW_JPP0002", "Sign-in information is incorrect. Please check.", 401, "user_credentials"),
    ("control", "UJPP0002", "Anything", 401, "user_credentials"),
    ("http", "", "", 401, "user_credentials"),
    ("control", "GW-0099", "", 401, "user_credentials"),
    ("control", "UJPP0007", "New", 200, "request_refused"),
    ("authentication", "XL03000016", "New", 200, "sign_in_refused"),
    ("authentication", "X", "Please try again later", 200, "sign_in_refused"),
    ("authentication", "X", "The user is locked out", 200, "user_credentials"),
    ("authentication", "X", "Your password has expired", 200, "user_credentials"),
    ("authentication", "X", "The company acme is suspended", 200, "company_inactive"),
    ("authentication", "X", "IP address denied", 200, "address_denied"),
    ("function", "BL03000003", "New", 200, "function_error"),
    ("function", "BL01001973", "Sign in to the moon", 200, "function_error"),
    ("function", "BL03000018", "Illegal format for x", 200, "function_error"),
    ("http", "", "cf-error-details", 403, "cdn_block"),
    ("http", "", "", 500, "server"),
    ("http", "", "", 599, "server"),
    ("http", "", "", 524, "cdn_timeout"),
    ("control", "GW-0500", "", 503, "server"),
    ("http", "", "", 200, "unreadable_answer"),
]  # fmt: skip


@pytest.mark.parametrize(("level", "errorno", "text", "http_status", "family"), CATALOGUE)
def test_each_cause_has_its_family(level: str, errorno: str, text: str, http_status: int | None, family: str) -> None:
    assert classify(Failure(Level(level), errorno, text, http_status)) == ErrorFamily(family)


@pytest.mark.parametrize("text", ["SIGN-IN INFORMATION IS INCORRECT", "sign-in\ninformation"])
def test_texts_are_compared_in_any_case(text: str) -> None:
    family = classify(Failure(Level.CONTROL, "X", text))

    assert family == ("user_credentials" if "INCORRECT" in text else "request_refused")
