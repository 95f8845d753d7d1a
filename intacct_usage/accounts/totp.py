"""Time-based one-time codes (RFC 6238) as every authenticator app makes them: six digits, 30 seconds, SHA-1."""

import base64
import secrets
from datetime import datetime
from typing import Final

from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP

DIGITS: Final = 6
STEP_SECONDS: Final = 30
SECRET_BYTES: Final = 20
EARLIER_AND_LATER: Final = (0, -1, 1)
"""Codes of the present step and its neighbours are good: clocks differ, and people type slowly."""


def new_secret() -> str:
    """160 random bits in base32, as apps take them by hand."""
    return base64.b32encode(secrets.token_bytes(SECRET_BYTES)).decode()


def code_at(secret: str, step: int) -> str:
    return _totp(secret).generate(step * STEP_SECONDS).decode()


def matching_step(secret: str, code: str, now: datetime) -> int | None:
    """The time step that this code belongs to; None if it is wrong or from another time."""
    present = int(now.timestamp()) // STEP_SECONDS
    found = None
    for distance in EARLIER_AND_LATER:
        if secrets.compare_digest(code_at(secret, present + distance).encode(), code.encode()):
            found = present + distance
    return found


def provisioning_uri(secret: str, *, account: str, issuer: str) -> str:
    """What the QR code says. It holds the secret."""
    return _totp(secret).get_provisioning_uri(account, issuer)


def _totp(secret: str) -> TOTP:
    return TOTP(base64.b32decode(secret), DIGITS, SHA1(), STEP_SECONDS)  # noqa: S303 - HMAC-SHA-1 is what the apps know
