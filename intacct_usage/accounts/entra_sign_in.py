"""The way to Microsoft and back: OpenID Connect, authorization code with PKCE, state and nonce.

The addresses are made from the settings and never taken from an answer: the client secret goes to no other host. What
is kept between the two steps lies in the session, once, for ten minutes.
"""

import base64
import hashlib
import json
import logging
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import urlencode

from django.utils.crypto import constant_time_compare
from django.utils.dateparse import parse_datetime

from intacct_usage.accounts.entra_settings import EntraSettings
from intacct_usage.accounts.id_tokens import IdentityRefusedError, Person, verified_person
from intacct_usage.lib.outbound import OutboundError, OutboundSession
from intacct_usage.lib.redaction import redact

logger = logging.getLogger(__name__)

WAITS_FOR: Final = timedelta(minutes=10)
DEADLINE_SECONDS: Final = 20.0
MOST_BYTES: Final = 1024 * 1024
OK: Final = 200
NOT_REACHED: Final = (
    "Microsoft could not be reached, so nobody can be signed in that way now. Try again, or use a local account."
)
NOT_BEGUN_HERE: Final = "This sign-in was not begun in this browser, or too long ago. Please start again."
REFUSED_THERE: Final = "Microsoft did not sign you in. Please start again, or ask an administrator."


@dataclass(frozen=True)
class Waiting:
    """What only this browser and this server know of a sign-in that is under way."""

    state: str = field(repr=False)
    nonce: str = field(repr=False)
    verifier: str = field(repr=False)
    target: str
    until: str

    def kept(self) -> dict[str, str]:
        return asdict(self)


def begin(entra: EntraSettings, *, redirect_uri: str, target: str, now: datetime) -> tuple[str, Waiting]:
    """The address at Microsoft to go to, and what to keep until the answer comes."""
    waiting = Waiting(
        state=secrets.token_urlsafe(32),
        nonce=secrets.token_urlsafe(32),
        verifier=secrets.token_urlsafe(64),
        target=target,
        until=(now + WAITS_FOR).isoformat(),
    )
    challenge = base64.urlsafe_b64encode(hashlib.sha256(waiting.verifier.encode()).digest()).rstrip(b"=")
    asked = {
        "client_id": entra.client_id,
        "response_type": "code",
        "response_mode": "query",
        "redirect_uri": redirect_uri,
        "scope": "openid profile email",
        "state": waiting.state,
        "nonce": waiting.nonce,
        "code_challenge": challenge.decode(),
        "code_challenge_method": "S256",
    }
    return f"{entra.authority}/oauth2/v2.0/authorize?{urlencode(asked)}", waiting


def still_waiting(kept: Mapping[str, str] | None, state: str, now: datetime) -> Waiting:
    """What was kept, if the answer belongs to it. Raises IdentityRefusedError."""
    until = parse_datetime(kept["until"]) if kept else None
    if kept is None or until is None or until < now or not constant_time_compare(kept["state"], state):
        raise IdentityRefusedError(NOT_BEGUN_HERE, "state does not match")
    return Waiting(**kept)


def finish(entra: EntraSettings, session: OutboundSession, *, code: str, waiting: Waiting, redirect_uri: str) -> Person:
    """Exchange the code for an ID token and check that. Raises IdentityRefusedError."""
    form = {
        "client_id": entra.client_id,
        "client_secret": entra.client_secret,
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": redirect_uri,
        "code_verifier": waiting.verifier,
        "scope": "openid profile email",
    }
    try:
        answer = session.post(
            f"{entra.authority}/oauth2/v2.0/token", data=form, deadline_seconds=DEADLINE_SECONDS, max_bytes=MOST_BYTES
        )
        told = _object(answer.body)
        if answer.status != OK or not isinstance(told.get("id_token"), str):
            raise IdentityRefusedError(REFUSED_THERE, f"token endpoint: {answer.status} {_said(told)}")
        return verified_person(told["id_token"], entra, session, nonce=waiting.nonce)
    except OutboundError as error:
        raise IdentityRefusedError(NOT_REACHED, error.message) from None


def refused_there(error: str, description: str) -> IdentityRefusedError:
    """What Microsoft said instead of a code, in the log; the person is told no more than that."""
    return IdentityRefusedError(REFUSED_THERE, redact(f"{error}: {description}")[:300])


def _object(body: bytes) -> dict[str, Any]:  # Any: JSON
    try:
        found = json.loads(body)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _said(told: Mapping[str, Any]) -> str:  # Any: JSON
    return redact(f"{told.get('error', '')} {told.get('error_description', '')}")[:300]
