"""What looks like a secret is removed although nobody registered it; what only sounds like one stays."""

from time import thread_time

import pytest

from intacct_usage.lib.redaction import MASK, redact

SECRETS = {
    "URL": ("GET https://user:s3cret@host/x", f"GET https://{MASK}@host/x"),
    "URL, user alone": ("http://s3cret@host", f"http://{MASK}@host"),
    "database URL": ("postgres://me:s3cr@et@db/x failed", f"postgres://{MASK}@db/x failed"),
    "XML": ("<password>s3cret</password>", f"<password>{MASK}</password>"),
    "XML, several lines": ("<password>\ns3c\nret\n</password>", f"<password>{MASK}</password>"),
    "XML, attributes and case": ('<Password a="b">s3cret</PASSWORD >', f'<Password a="b">{MASK}</PASSWORD >'),
    "XML, cut": ("<control><password>s3cret", f"<control><password>{MASK}"),
    "XML, escaped": ("&lt;password&gt;s3cret&lt;/password&gt;", f"&lt;password&gt;{MASK}&lt;/password&gt;"),
    "session": ("<sessionid>s3cret..</sessionid>", f"<sessionid>{MASK}</sessionid>"),
    "query string": ("/list?token=s3cret&page=2", f"/list?token={MASK}&page=2"),
    "access token": ("access_token=s3cret", f"access_token={MASK}"),
    "client secret": ("client_secret = 's3 cret' sent", f"client_secret = {MASK} sent"),
    "API key": ("X-API-KEY=s3cret", f"X-API-KEY={MASK}"),
    "JSON": ('{"password": "s3\\"cret", "a": 1}', f'{{"password": "{MASK}", "a": 1}}'),
    "Python": ("{'refresh_token': 's3cret'}", f"{{'refresh_token': \"{MASK}\"}}"),
    "header": ("Authorization: Basic czNjcmV0\r\nX: y", f"Authorization: Basic {MASK}\r\nX: y"),
    "proxy header": ("proxy-authorization: s3cret", f"proxy-authorization:  {MASK}"),
    "header in Python": ("('Authorization', 'Bearer eyJ0.s3c_ret-1')", f"('Authorization', 'Bearer {MASK}')"),
    "cookie": ("Set-Cookie: id=s3cret; Path=/", f"Set-Cookie: {MASK}"),
}
ORDINARY = [
    "Wrong sender ID or sender password (acme, XL03000006).",
    "Invalid Web Services Authorization, ask the administrator.",
    "Enter the password again: it was refused.",
    "The proxy wants a user name and password (407).",
    "Basic authentication. Bearer of bad news",
    "https://api.intacct.com/ia/xml/xmlgw.phtml",
    "Mail to someone@example.com about https://example.com/a@b",
    "[UK_Acme] Cleared 5 records from 2026-02-10 onward",
    "status code=404",
    "<password/> and <companyid>acme</companyid>",
]


@pytest.mark.parametrize(("text", "expected"), SECRETS.values(), ids=SECRETS)
def test_what_looks_like_a_secret_is_removed(text: str, expected: str) -> None:
    assert redact(text) == expected


@pytest.mark.parametrize("text", ORDINARY)
def test_ordinary_sentences_stay_as_they_are(text: str) -> None:
    assert redact(text) == text


@pytest.mark.parametrize("text", ["<password>" * 3000, "a://" + "b" * 60000, "token='" * 5000, "&lt;password" * 3000])
def test_hostile_texts_are_worked_through_quickly(text: str) -> None:
    started = thread_time()  # of the processor, not of the clock: others use it too
    redact(text)

    assert thread_time() - started < 1
