"""Answers of the gateway as they come over the wire, written out by hand from its documentation."""

CONTROL = (
    "<control><status>{}</status><senderid>usagewatch</senderid><controlid>c1</controlid>"
    "<uniqueid>false</uniqueid><dtdversion>3.0</dtdversion></control>"
)
SIGNED_IN = (
    "<authentication><status>success</status><userid>usage_reader</userid><companyid>acme</companyid>"
    "<locationid></locationid><sessiontimestamp>2026-09-01T07:00:00+00:00</sessiontimestamp>"
    "<sessiontimeout>2026-09-01T19:00:00-08:00</sessiontimeout></authentication>"
)
NO_DATA = '<data listtype="APIUSAGEDETAIL" totalcount="0" offset="0" count="0" numremaining="0"/>'


def document(inner: str, *, control: str = "success") -> bytes:
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<response>{CONTROL.format(control)}{inner}</response>'.encode()


def error(errorno: str = "", description: str = "", description2: str = "", correction: str = "") -> str:
    return (
        f"<error><errorno>{errorno}</errorno><description>{description}</description>"
        f"<description2>{description2}</description2><correction>{correction}</correction></error>"
    )


def errors(*parts: str) -> str:
    return f"<errormessage>{''.join(parts)}</errormessage>"


def control_failure(*parts: str) -> bytes:
    """Form B."""
    return document(errors(*parts), control="failure")


def short_failure(errorno: str, description: str) -> bytes:
    """Form C: only a status in control, only number and description in the error."""
    return (
        '<?xml version="1.0" encoding="UTF-8"?><response><control><status>failure</status></control><errormessage>'
        f"<error><errorno>{errorno}</errorno><description>{description}</description></error></errormessage></response>"
    ).encode()


def sign_in_failure(*parts: str, user: str = "usage_reader") -> bytes:
    """Form D."""
    refused = (
        f"<authentication><status>failure</status><userid>{user}</userid><companyid>acme</companyid></authentication>"
    )
    return document(f"<operation>{refused}{errors(*parts)}</operation>")


def function_failure(*parts: str, status: str = "failure", data: str = "", signed_in: str = SIGNED_IN) -> bytes:
    """Forms E and F; `data` stands before the errors."""
    result = f"<status>{status}</status><function>query</function><controlid>f1</controlid>{data}{errors(*parts)}"
    return document(f"<operation>{signed_in}<result>{result}</result></operation>")


def success(data: str = NO_DATA) -> bytes:
    """Form A."""
    result = f"<status>success</status><function>query</function><controlid>f1</controlid>{data}"
    return document(f"<operation>{SIGNED_IN}<result>{result}</result></operation>")


def page(*rows: str, **attributes: object) -> bytes:
    """A page of rows, with right counts unless others are given; None leaves an attribute out."""
    counts = {"totalcount": len(rows), "offset": 0, "count": len(rows), "numremaining": 0, **attributes}
    shown = "".join(f' {name}="{value}"' for name, value in counts.items() if value is not None)
    return success(f'<data listtype="APIUSAGEDETAIL"{shown}>{"".join(rows)}</data>')
