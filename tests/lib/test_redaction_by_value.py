"""A registered secret is removed from any text, however it is written."""

import base64
import json
from collections.abc import Iterator
from urllib.parse import quote, quote_plus
from xml.sax.saxutils import escape, quoteattr

import pytest

from intacct_usage.lib.redaction import MASK, forget, redact, register_secret

SECRET = "pä$s & <w0rd>\"'/+"


@pytest.fixture(autouse=True)
def _registered() -> Iterator[None]:
    register_secret(SECRET)
    yield
    forget(SECRET)


def basic(user: str, password: str) -> str:
    return base64.b64encode(f"{user}:{password}".encode()).decode()


FORMS = {
    "clear": SECRET,
    "percent-encoded": quote(SECRET, safe=""),
    "percent-encoded, lower case": quote(SECRET, safe="").replace("%C3%A4", "%c3%a4"),
    "percent-encoded as a path": quote(SECRET),
    "as a form": quote_plus(SECRET),
    "XML text": escape(SECRET),
    "XML attribute": quoteattr(SECRET + "x")[1:-2],
    "XML with character references": escape(SECRET).encode("ascii", "xmlcharrefreplace").decode(),
    "JSON": json.dumps(SECRET)[1:-1],
    "JSON, not ASCII": json.dumps(SECRET, ensure_ascii=False)[1:-1],
    "Python": repr(SECRET)[1:-1],
    "Python bytes": repr(SECRET.encode())[2:-1],
    "hexadecimal": SECRET.encode().hex(),
    "base64": base64.b64encode(SECRET.encode()).decode(),
    "base64 for URLs": base64.urlsafe_b64encode(SECRET.encode()).decode(),
}


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_every_form_of_a_secret_is_removed(form: str) -> None:
    assert redact(f"before {form} after") == f"before {MASK} after"


@pytest.mark.parametrize("user", ["a", "ab", "abc", "reader@acme"])
def test_base64_of_user_and_password_shows_nothing_of_the_password(user: str) -> None:
    redacted = redact(f"sent {basic(user, SECRET)}.")

    decoded = base64.b64decode(redacted.removeprefix("sent ").partition(MASK)[0] + "===")
    assert MASK in redacted
    assert decoded.decode("utf-8", "ignore").removeprefix(f"{user}:") in ("", "p")


def test_a_secret_inside_a_longer_text_is_removed_each_time() -> None:
    assert redact(f"x{SECRET}y{SECRET}\n{SECRET}") == f"x{MASK}y{MASK}\n{MASK}"


def test_a_forgotten_secret_is_an_ordinary_text_again() -> None:
    register_secret("open sesame")
    assert redact("open sesame") == MASK

    forget("open sesame")
    forget("never known")

    assert redact("open sesame") == "open sesame"


def test_words_too_short_to_be_secrets_are_left_alone() -> None:
    register_secret("")
    register_secret("a")
    register_secret("abc")

    assert redact("an abc of a") == "an abc of a"


def test_the_longer_of_two_secrets_is_removed_whole() -> None:
    register_secret("sesame")
    register_secret("sesame-street")

    assert redact("sesame-street sesame") == f"{MASK} {MASK}"
    forget("sesame")
    forget("sesame-street")
